/**
 * Writes texts, short ones by the table that both ends keep, and takes note of what a message defines: when it turns out
 * not to be sendable, nothing of that has happened.
 */
import { ByteWriter } from './byte-writer.ts'
import { TABLE_TEXT_MAX, Tag, TEXT_SLOTS, textSlotOf } from './message-format.ts'
import type { Definition } from './shape-table.ts'

/** The writer of texts of one channel. */
export abstract class TextWriter extends ByteWriter {
  /** The table: what the other end has in each slot. A text that is equal to its slot's is two bytes. */
  readonly texts: (string | undefined)[] = new Array(TEXT_SLOTS).fill(undefined)
  /** What this message defines: slots of texts, and other entries of tables. */
  readonly #defined: (number | Definition)[] = []

  /** Writes a text; the slot of the table where it may be found the next time. */
  text(text: string): number {
    const { length } = text
    if (length > TABLE_TEXT_MAX) {
      this.longText(text)
      return 0
    }
    this.reserve(TABLE_TEXT_MAX + 3)
    const { bytes } = this
    let position = this.position
    const slot = length === 0 ? 0 : textSlotOf(text, length)
    const known = this.texts[slot]
    // Two comparisons: the engine compares texts faster where it has never seen anything else.
    if (known !== undefined && known === text) {
      bytes[position] = Tag.text | (slot >> 8)
      bytes[position + 1] = slot
      this.position = position + 2
      return slot
    }
    bytes[position] = Tag.newText | (slot >> 8)
    bytes[position + 1] = slot
    bytes[position + 2] = length
    position += 3
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0xff) {
        this.longText(text)
        return 0
      }
      bytes[position + index] = unit
    }
    this.position = position + length
    this.texts[slot] = text
    this.#defined.push(slot)
    return slot
  }

  /** How many definitions this message has so far. */
  protected get definitions(): number {
    return this.#defined.length
  }

  /** Notes what this message defines: it is taken back when the message cannot be sent. */
  protected defines(definition: Definition): void {
    definition.isSent = true
    this.#defined.push(definition)
  }

  /** The message is sent: what it defines is known from now on. */
  protected settle(): void {
    if (this.#defined.length > 0) this.#defined.length = 0
  }

  /** Takes back the definitions of this message from the `from`th on: they are sent again with their next use. */
  protected undefine(from: number): void {
    const defined = this.#defined
    for (let index = defined.length - 1; index >= from; index--) {
      const what = defined[index] as number | Definition
      if (typeof what === 'number') this.texts[what] = undefined
      else what.isSent = false
    }
    defined.length = from
  }
}
