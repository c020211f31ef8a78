/**
 * The asker's end of a stream: what an ask resolves to when the handler answered with an `AsyncIterable`. It grants the
 * producer credit for as many items as its window has room for, so what it buffers is bounded. Items carry their
 * number: those that come twice are ignored, those that come early wait for the ones before.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import { refKey } from './actor-ref.ts'
import type { RejectFor } from './ask-table.ts'
import { Deque } from './deque.ts'
import type { Envelope } from './envelope.ts'
import { AskTimeoutError } from './errors.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'

/** Items that a producer may be ahead of its consumer, unless `askWith({ window })` says otherwise. */
const streamWindowDefault = 16

/** The largest window. */
export const streamWindowMax = 65_536

/** What an incoming stream needs of its node. */
export interface IncomingPorts {
  readonly clock: Clock
  /** The producer may have sent `total` items by now. */
  grant(stream: IncomingStream, total: number): void
  /** The consumer wants no more. */
  cancel(stream: IncomingStream): void
  readonly rejectFor: RejectFor
  /** Nothing more comes. */
  closed(stream: IncomingStream): void
}

/** The ask that the stream answers. */
export interface StreamAsk {
  readonly askId: number
  /** The asker; `undefined` outside the actors. */
  readonly from: ActorCell | undefined
  readonly name: string
  readonly timeoutMs: number
  /** The message of the turn that asked, while it waits. */
  readonly during: Envelope | undefined
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void
  readonly reject: (error: Error) => void
  readonly timeout: ScheduledTask
}

const over: IteratorResult<unknown, undefined> = { done: true, value: undefined }

export class IncomingStream implements AsyncIterableIterator<unknown, undefined> {
  readonly ask: StreamAsk
  readonly producer: Ref
  /** What ends the stream when it ends: the turn that asked, or the stream which that turn was a pull of. */
  scope: object | undefined
  #window = streamWindowDefault
  readonly #ports: IncomingPorts
  readonly #ready = new Deque<unknown>()
  readonly #early = new Map<number, unknown>()
  readonly #waiters = new Deque<Waiter>()
  #granted = 0
  /** Items that came in order, and those that the consumer took. */
  #arrived = 0
  #taken = 0
  /** How many items there are in all, once that is known. */
  #count: number | undefined
  #error: Error | undefined
  #closed = false

  constructor(ask: StreamAsk, producer: Ref, scope: object | undefined, ports: IncomingPorts) {
    this.ask = ask
    this.producer = producer
    this.scope = scope
    this.#ports = ports
  }

  /** Items that the producer may be ahead; to be set before the first is asked for. */
  set window(items: number) {
    this.#window = items
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<any, undefined>> {
    if (this.#ready.length > 0) {
      const value = this.#ready.shift()
      this.#taken++
      this.#replenish()
      return Promise.resolve({ done: false, value })
    }
    if (this.#closed) {
      const error = this.#error
      this.#error = undefined
      return error === undefined ? Promise.resolve(over) : Promise.reject(error)
    }
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown, undefined>>()
    const timeout = this.#ports.clock.schedule(this.ask.timeoutMs, () => this.#expire())
    this.#waiters.push({ resolve, reject, timeout })
    this.#replenish()
    return promise
  }

  return(): Promise<IteratorResult<any, undefined>> {
    this.cancel()
    return Promise.resolve(over)
  }

  throw(error: unknown): Promise<IteratorResult<any, undefined>> {
    this.cancel()
    return Promise.reject(error)
  }

  /** Ends the stream from this side: the producer is told, what is buffered is forgotten. */
  cancel(error?: Error): void {
    while (this.#ready.length > 0) this.#ready.shift()
    if (this.#closed) return
    this.#close(error)
    this.#ports.cancel(this)
  }

  /** An item came. */
  item(index: number, value: unknown): void {
    if (this.#closed || index < this.#arrived || index >= this.#granted || this.#early.has(index)) return
    this.#early.set(index, value)
    while (this.#early.has(this.#arrived)) {
      const next = this.#early.get(this.#arrived)
      this.#early.delete(this.#arrived)
      this.#arrived++
      const waiter = this.#waiters.shift()
      if (waiter === undefined) this.#ready.push(next)
      else {
        waiter.timeout.cancel()
        this.#taken++
        waiter.resolve({ done: false, value: next })
      }
    }
    if (this.#arrived === this.#count) this.#close(undefined)
    else this.#replenish()
  }

  /** The producer is done, after `count` items. */
  end(count: number): void {
    if (this.#closed) return
    this.#count = count
    if (this.#arrived === count) this.#close(undefined)
  }

  /** The producer failed, or is no more: after what is buffered, the consumer gets the error. */
  fail(error: Error): void {
    if (!this.#closed) this.#close(error)
  }

  #close(error: Error | undefined): void {
    this.#closed = true
    this.#early.clear()
    let waiter = this.#waiters.shift()
    // Whoever waits hears of the error; if nobody does, the next to come will.
    if (waiter === undefined) this.#error = error
    while (waiter !== undefined) {
      waiter.timeout.cancel()
      const { resolve, reject } = waiter
      if (error === undefined) resolve(over)
      else this.#ports.rejectFor(this.ask.from, () => reject(error))
      waiter = this.#waiters.shift()
    }
    this.#ports.closed(this)
  }

  /** Grants credit when half the window was taken, so that one frame of credit serves many items. */
  #replenish(): void {
    if (this.#closed || this.#count !== undefined) return
    const total = this.#taken + this.#waiters.length + this.#window
    if (total - this.#granted < Math.max(1, this.#window / 2)) return
    this.#granted = total
    this.#ports.grant(this, total)
  }

  #expire(): void {
    const { name, timeoutMs } = this.ask
    const to = refKey(this.producer)
    this.cancel(
      new AskTimeoutError(
        `no item of the stream ${name} from ${to} within ${timeoutMs} ms; raise timeoutMs or see why it is busy`,
        { message: name, to, timeoutMs },
      ),
    )
  }
}
