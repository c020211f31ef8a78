/**
 * The producer's end of a stream: an iterator that a handler returned, pulled item by item. Each pull is a turn of the
 * actor, taken from its mailbox, and there is one only while the consumer's credit lasts.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ReplyToken } from './actor-ref.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'

/** What a pull let out: an item, or the end after so many. */
export type StreamOutput =
  | { readonly kind: 'item'; readonly index: number; readonly value: unknown }
  | { readonly kind: 'end'; readonly count: number }

export class OutgoingStream {
  readonly cell: ActorCell
  /** The ask that it answers. */
  readonly token: ReplyToken
  /** The turn of one pull. */
  readonly pullEnvelope: Envelope
  /** True once nothing more is pulled. */
  closed = false
  readonly #iterator: AsyncIterator<unknown>
  readonly #enqueue: (stream: OutgoingStream) => void
  #granted = 0
  #sent = 0
  #started = false
  #cancelled = false
  /** True while a pull waits in the mailbox or is under way. */
  #pulling = false
  /** True when the pull under way is the last: the iterator's `return`. */
  #returning = false

  constructor(
    cell: ActorCell,
    asked: Envelope,
    iterator: AsyncIterator<unknown>,
    enqueue: (s: OutgoingStream) => void,
  ) {
    this.cell = cell
    this.token = asked.replyTo as ReplyToken
    this.pullEnvelope = new Envelope(EnvelopeKind.pull, asked.name, this, asked.sender, asked.replyTo)
    this.#iterator = iterator
    this.#enqueue = enqueue
  }

  /** The consumer takes up to `total` items in all. */
  credit(total: number): void {
    this.#granted = Math.max(this.#granted, total)
    this.pullNext()
  }

  /** The consumer wants no more. True when the stream is closed by that; else a last pull lets it clean up. */
  cancel(): boolean {
    this.#cancelled = true
    if (!this.#started && !this.#pulling) this.closed = true
    this.pullNext()
    return this.closed
  }

  /** The body of a pull. */
  pull(): unknown {
    if (this.#cancelled && !this.#started) return { done: true, value: undefined }
    this.#started = true
    this.#returning = this.#cancelled
    if (!this.#returning) return this.#iterator.next()
    return this.#iterator.return?.() ?? { done: true, value: undefined }
  }

  /** A pull went well: what it lets out. Closes the stream when it was the last. */
  pulled(result: IteratorResult<unknown>): StreamOutput | undefined {
    this.#pulling = false
    if (this.#returning || result.done === true) this.closed = true
    if (this.#cancelled) return undefined
    if (result.done === true) return { kind: 'end', count: this.#sent }
    return { kind: 'item', index: this.#sent++, value: result.value }
  }

  /** Asks for the next pull, where there is credit; behind what the mailbox holds by now. */
  pullNext(): void {
    if (this.closed || this.#pulling || !(this.#cancelled || this.#sent < this.#granted)) return
    this.#pulling = true
    this.#enqueue(this)
  }
}
