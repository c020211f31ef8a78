/**
 * The payload that was copied last, with its copy. An actor often tells several others one and the same, one after the
 * other: as long as it is what it was, and each of them lives on another node, they get the one frozen copy. None of them
 * can tell, since nothing but copies goes from one node to another.
 */
import type { MessageKind } from './message-kinds.ts'
import type { PayloadShape } from './message-shapes.ts'

export class LastCopy {
  #given: object | undefined = undefined
  #copied: object | undefined = undefined
  #shape: PayloadShape | undefined = undefined
  /** The nodes that get it, up to the count. */
  readonly #nodes: string[] = []
  #count = 0

  /**
   * A copy of a payload of that message for an actor of `node`; `undefined` when it has no shape, or holds what is not
   * copied by it.
   */
  copy(kind: MessageKind, payload: unknown, node: string): object | undefined {
    if (payload === this.#given && this.#isAlsoFor(node)) return this.#copied
    const shape = kind.shapeOf(payload)
    const copied = kind.copy(payload, shape)
    if (copied !== undefined && shape !== undefined) {
      this.#given = payload as object
      this.#copied = copied
      this.#shape = shape
      this.#nodes[0] = node
      this.#count = 1
    }
    return copied
  }

  #isAlsoFor(node: string): boolean {
    const count = this.#count
    for (let index = 0; index < count; index++) if (this.#nodes[index] === node) return false
    if (this.#shape?.isCopy(this.#given, this.#copied) !== true) return false
    this.#nodes[count] = node
    this.#count = count + 1
    return true
  }

  /** The shape of the payload, a payload of that message. */
  shapeOf(kind: MessageKind, payload: unknown): PayloadShape | undefined {
    return payload === this.#copied && payload !== undefined ? this.#shape : kind.shapeOf(payload)
  }

  /** True for the copy, when several get it: it is what it was at the first of them. */
  isShared(payload: unknown): boolean {
    return this.#count > 1 && payload === this.#copied
  }
}
