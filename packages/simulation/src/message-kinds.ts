/** The messages of a run by their names, each with the shapes that its payloads had. */
import { namePlace } from '@troupe/core/host'
import { type PayloadShape, shapeOfKeys } from './message-shapes.ts'
import type { TraceHash } from './trace-hash.ts'
import type { MessageListeners } from './trace-listeners.ts'
import { textHash } from './trace-words.ts'

/** Messages whose shape is remembered. */
const messagesMax = 1_000
/** Places for the messages that were asked for last: a power of two. */
const recentMax = 64
/** Different shapes of one message after which none is looked for any more. */
const changesMax = 8

/** What is known of one message. */
export class MessageKind {
  readonly name: string
  /** The hash of the name. */
  readonly word: number
  /** Who is told of its events, as the trace has it; and how many listened when that was found out. */
  listeners: MessageListeners | undefined = undefined
  listenedBy = -1
  #shape: PayloadShape | undefined
  /** All that there were, each as often as it was another than the one before. */
  readonly #shapes: PayloadShape[] = []
  #changes: number

  constructor(name: string, changes = 0) {
    this.name = name
    this.word = textHash(name)
    this.#changes = changes
  }

  /** The shape of this payload of the message; `undefined` when it has none. */
  shapeOf(payload: unknown): PayloadShape | undefined {
    if (!isKeyed(payload)) return undefined
    return this.#shape?.fits(payload) === true ? this.#shape : this.#another(payload)
  }

  /** {@link PayloadShape.send} of the shape that the payload before it had; `undefined` without one. */
  send(payload: unknown, hash: TraceHash): object | null | undefined {
    return isKeyed(payload) ? this.#shape?.send(payload, hash) : undefined
  }

  /** {@link PayloadShape.copy} of a payload, which has that shape; if none, by one that other payloads of the message had. */
  copy(payload: unknown, shape: PayloadShape | undefined): object | undefined {
    if (shape !== undefined) return shape.copy(payload)
    if (!isKeyed(payload)) return undefined
    for (const earlier of this.#shapes) if (earlier.fits(payload)) return earlier.copy(payload)
    return undefined
  }

  #another(payload: object): PayloadShape | undefined {
    if (this.#changes >= changesMax || Object.getPrototypeOf(payload) !== Object.prototype) return undefined
    this.#changes++
    this.#shape = shapeOfKeys(Object.keys(payload))
    if (this.#shape !== undefined) this.#shapes.push(this.#shape)
    return this.#shape
  }
}

/** The messages of a run by name. */
export class MessageKinds {
  readonly #kinds = new Map<string, MessageKind>()
  /** Those that were asked for last, by {@link namePlace}: that is sooner found than in a map. */
  readonly #recent: MessageKind[] = new Array(recentMax).fill(new MessageKind(''))

  of(name: string): MessageKind {
    const place = namePlace(name, recentMax)
    const recent = this.#recent[place] as MessageKind
    return recent.name === name ? recent : this.#search(name, place)
  }

  #search(name: string, place: number): MessageKind {
    const kind = this.#kinds.get(name) ?? this.#another(name)
    this.#recent[place] = kind
    return kind
  }

  #another(name: string): MessageKind {
    if (this.#kinds.size >= messagesMax) return new MessageKind(name, changesMax)
    const kind = new MessageKind(name)
    this.#kinds.set(name, kind)
    return kind
  }
}

/** True for an object whose keys are worth going through: those of lists and bytes are their places. */
function isKeyed(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
