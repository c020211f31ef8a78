/**
 * The turn board: where a node's thread shows which turn it is in, so that the main thread can tell although the node's
 * thread is blocked and answers nobody.
 *
 * ```text
 *   | beat | actor: slot + 1, incarnation | message: index | paths: owner, length, text  x 1,024 | names: length, text x 512 |
 * ```
 *
 * Beginning a turn is a few plain stores. An actor's path is written the first time that its slot shows, a message's
 * name the first time that it occurs; then numbers say it all. A text stands at the end of its room. The stores are racy: a reader may see a turn that is just
 * over, which harms nothing, since it only trusts what it saw twice without a beat between.
 */
import type { ActorCell, Envelope, TurnObserver } from '@troupe/core/host'

/** The shared memory of a board; it can be posted to any thread. */
export type TurnBoardDescriptor = SharedArrayBuffer

const beatWord = 0
const slotWord = 1
const incarnationWord = 2
const nameWord = 3
const headerBytes = 64

/** A text and, before it, a word of its owner and one of its length. */
const textHeaderBytes = 8
const pathBytes = 128
const paths = 1_024
const nameBytes = 64
const names = 512
const namesOffset = headerBytes + paths * pathBytes
/** The name of all messages for whose names there is no room. */
const otherName = 0

export function createTurnBoard(): TurnBoardDescriptor {
  return new SharedArrayBuffer(namesOffset + names * nameBytes)
}

/** The side of the thread whose turns are shown. */
export class TurnBoard implements TurnObserver {
  readonly #words: Int32Array
  readonly #bytes: Buffer
  /** By place in the table of paths: the incarnation whose path is there, and its last message with the index of that. */
  readonly #owners = new Int32Array(paths).fill(-1)
  readonly #lastNames: string[] = new Array(paths).fill('')
  readonly #lastIndexes = new Int32Array(paths)
  readonly #nameIndexes = new Map<string, number>()

  constructor(descriptor: TurnBoardDescriptor) {
    this.#words = new Int32Array(descriptor)
    this.#bytes = Buffer.from(descriptor)
    this.#write(namesOffset, nameBytes, 0, '(another)')
  }

  /** The thread is alive: called in each round of its loop. */
  beat(): void {
    this.#words[beatWord] = ((this.#words[beatWord] as number) + 1) | 0
  }

  turnBegins(cell: ActorCell, envelope: Envelope): void {
    const { slot, incarnation } = cell.ref
    const { name } = envelope
    const place = slot & (paths - 1)
    if (this.#owners[place] !== incarnation) this.#showPath(place, incarnation, cell)
    if (this.#lastNames[place] !== name) this.#showName(place, name)
    const words = this.#words
    words[beatWord] = ((words[beatWord] as number) + 1) | 0
    words[incarnationWord] = incarnation
    words[nameWord] = this.#lastIndexes[place] as number
    words[slotWord] = slot + 1
  }

  turnEnds(): void {
    this.#words[slotWord] = 0
  }

  #showPath(place: number, incarnation: number, cell: ActorCell): void {
    this.#owners[place] = incarnation
    const offset = headerBytes + place * pathBytes
    const end = offset + pathBytes
    const start = this.#writePath(cell, offset + textHeaderBytes, end)
    if (start < 0) this.#write(offset, pathBytes, incarnation, cell.path())
    else this.#label(offset, incarnation, end - start)
  }

  /**
   * Writes the end of an actor's path, from the back, as far as there is room: where actors live shortly, making each a
   * string costs more than all else of an actor. Returns where it starts; -1 when there is more than ASCII in it.
   */
  #writePath(cell: ActorCell, low: number, end: number): number {
    const bytes = this.#bytes
    let at = end
    for (let owner: ActorCell | undefined = cell; owner !== undefined && at > low; owner = owner.parent) {
      const { parent } = owner
      let name = parent === undefined ? owner.ref.node : owner.options.name
      if (name === undefined) {
        name = owner.definition.name
        let number = owner.ref.incarnation
        do {
          bytes[--at] = 48 + (number % 10)
          number = Math.floor(number / 10)
        } while (number > 0 && at > low)
        if (at > low) bytes[--at] = 45
      }
      for (let index = name.length - 1; index >= 0 && at > low; index--) {
        const code = name.charCodeAt(index)
        if (code > 127) return -1
        bytes[--at] = code
      }
      if (at > low) bytes[--at] = 47
    }
    return at
  }

  #showName(place: number, name: string): void {
    let index = this.#nameIndexes.get(name)
    if (index === undefined) {
      index = this.#nameIndexes.size + 1 < names ? this.#nameIndexes.size + 1 : otherName
      if (index !== otherName) {
        this.#nameIndexes.set(name, index)
        this.#write(namesOffset + index * nameBytes, nameBytes, index, name)
      }
    }
    this.#lastNames[place] = name
    this.#lastIndexes[place] = index
  }

  /** Of a text that is too long, its end remains, which says more in a path. */
  #write(offset: number, size: number, owner: number, text: string): void {
    const bytes = Buffer.from(text)
    const shown = bytes.subarray(Math.max(0, bytes.length - (size - textHeaderBytes)))
    this.#bytes.set(shown, offset + size - shown.length)
    this.#label(offset, owner, shown.length)
  }

  #label(offset: number, owner: number, length: number): void {
    this.#words[offset >> 2] = owner
    this.#words[(offset >> 2) + 1] = length
  }
}

/** What a board shows. */
export interface ShownTurn {
  /** Moves whenever the thread does anything. */
  readonly beat: number
  /** The actor's path and the message's name; `undefined` when no turn is under way. */
  readonly actor: string | undefined
  readonly message: string | undefined
}

/** Reads the board of a thread, which may be blocked. */
export function readTurnBoard(descriptor: TurnBoardDescriptor): ShownTurn {
  const words = new Int32Array(descriptor)
  const text = (offset: number, size: number) => {
    const length = Math.min(size - textHeaderBytes, Math.max(0, words[(offset >> 2) + 1] as number))
    return Buffer.from(new Uint8Array(descriptor, offset + size - length, length).slice()).toString()
  }
  const beat = Atomics.load(words, beatWord)
  const slot = Atomics.load(words, slotWord) - 1
  if (slot < 0) return { beat, actor: undefined, message: undefined }
  const incarnation = Atomics.load(words, incarnationWord)
  const pathOffset = headerBytes + (slot & (paths - 1)) * pathBytes
  const actor = words[pathOffset >> 2] === incarnation ? text(pathOffset, pathBytes) : `an actor in slot ${slot}`
  return { beat, actor, message: text(namesOffset + Atomics.load(words, nameWord) * nameBytes, nameBytes) }
}
