/**
 * The asks of a node that wait for their reply. Timeouts are grouped by length, and a group's asks end in the order
 * in which they began, so a group needs one clock task and an ask costs a queue entry.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import { refKey } from './actor-ref.ts'
import { Deque } from './deque.ts'
import type { Envelope } from './envelope.ts'
import {
  ActorStoppedError,
  AskAbortedError,
  AskTimeoutError,
  NodeDownError,
  OverloadError,
  SystemStoppedError,
} from './errors.ts'
import type { StreamAsk } from './incoming-stream.ts'
import type { ObservedAsk } from './observers.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'

/** One ask under way. */
export interface PendingAsk extends ObservedAsk {
  readonly timeoutMs: number
  readonly openedAt: number
  readonly deadline: number
  /** The message of the turn that asked, while it waits. */
  during: Envelope | undefined
  readonly signal: AbortSignal | undefined
  readonly group: TimeoutGroup
  /** True for a send, which waits for room in the receiver's mailbox and not for a reply. */
  readonly isOffer: boolean
  readonly promise: Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** True once nobody waits any more. */
  isEnded: boolean
  /** Takes the listener off the asker's signal. */
  unlisten: (() => void) | undefined
  /** The other asks of the same actor. */
  earlier: PendingAsk | undefined
  later: PendingAsk | undefined
}

interface TimeoutGroup {
  /** By deadline; asks that ended stay until they come to the front, or until they are too many. */
  queue: Deque<PendingAsk>
  /** Asks of the queue that have not ended. */
  open: number
  task: ScheduledTask | undefined
}

/**
 * Called for an ask that ended: answered, by an actor of `answeredBy` if a node is named, or given up. `error`
 * undefined: with a reply.
 */
export type AskEnded = (
  ask: PendingAsk,
  outcome: 'answered' | 'given-up',
  answeredBy: string | undefined,
  error: Error | undefined,
) => void

/** Rejects a promise that `from` waits for, or the outside, in whoever's turn that happens: it is theirs. */
export type RejectFor = (from: ActorCell | undefined, reject: () => void) => void

/** Asks that ended and are still queued: at most this many, or as many as are open. */
const endedQueuedMax = 64

/** What settles the promise that was made last: one executor for all asks, so that each makes nothing but its promise. */
const settlers = { resolve: (_value: unknown) => {}, reject: (_error: Error) => {} }
const takeSettlers = (resolve: (value: unknown) => void, reject: (error: Error) => void) => {
  settlers.resolve = resolve
  settlers.reject = reject
}

export class AskTable {
  readonly #clock: Clock
  readonly #pending = new Map<number, PendingAsk>()
  readonly #groups = new Map<number, TimeoutGroup>()
  readonly #onEnded: AskEnded
  readonly #onOpened: (ask: PendingAsk) => void
  readonly #rejectFor: RejectFor
  #nextId = 1

  /** `onEnded` is called for each ask that ends, however it does; `onOpened` for each that begins. */
  constructor(
    clock: Clock,
    onEnded: AskEnded = () => {},
    onOpened: (ask: PendingAsk) => void = () => {},
    rejectFor: RejectFor = (_from, reject) => reject(),
  ) {
    this.#clock = clock
    this.#onEnded = onEnded
    this.#onOpened = onOpened
    this.#rejectFor = rejectFor
  }

  get size(): number {
    return this.#pending.size
  }

  /** Entries of the timeout queues: the open asks, and those that ended and were not dropped yet. */
  get queued(): number {
    let queued = 0
    for (const { queue } of this.#groups.values()) queued += queue.length
    return queued
  }

  /** The asks that wait, in the order in which they began. */
  [Symbol.iterator](): Iterator<PendingAsk> {
    return this.#pending.values()
  }

  /** True while somebody waits for the ask's reply. */
  has(askId: number): boolean {
    return this.#pending.has(askId)
  }

  /** Opens an ask: its number, and the promise of its end. It ends too when `signal` is aborted; when it is already, no ask is opened. */
  open(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    timeoutMs: number,
    signal?: AbortSignal,
    isOffer = false,
  ): Pick<PendingAsk, 'askId' | 'promise'> {
    const askId = this.#nextId++
    if (signal?.aborted) return { askId, promise: Promise.reject(askAborted(name, to, signal)) }
    const promise = new Promise<unknown>(takeSettlers)
    const { resolve, reject } = settlers
    const openedAt = this.#clock.now()
    const group = this.#group(timeoutMs)
    const ask: PendingAsk = {
      askId,
      from,
      to,
      name,
      timeoutMs,
      openedAt,
      deadline: openedAt + timeoutMs,
      during: from?.context?.envelope,
      signal,
      group,
      isOffer,
      promise,
      resolve,
      reject,
      isEnded: false,
      unlisten: undefined,
      earlier: from?.lastAsk,
      later: undefined,
    }
    this.#pending.set(askId, ask)
    this.#enqueue(ask, timeoutMs)
    if (from !== undefined) {
      if (ask.earlier !== undefined) ask.earlier.later = ask
      from.lastAsk = ask
    }
    if (signal !== undefined) this.#listen(ask, signal)
    if (!isOffer) this.#onOpened(ask)
    return ask
  }

  /** The ask of that number, while it waits. */
  pending(askId: number): StreamAsk | undefined {
    return this.#pending.get(askId)
  }

  /** Ends an ask with its reply; false when nobody waits for it any more. */
  resolve(askId: number, value: unknown, answeredBy?: string): boolean {
    const ask = this.#take(askId, 'answered', answeredBy, undefined)
    ask?.resolve(value)
    return ask !== undefined
  }

  /** Ends an ask with the error that answers it; false when nobody waits for it any more. */
  reject(askId: number, error: Error, answeredBy?: string): boolean {
    const ask = this.#take(askId, 'answered', answeredBy, error)
    if (ask !== undefined) this.#rejectFor(ask.from, () => ask.reject(error))
    return ask !== undefined
  }

  /** Ends an ask that is not waited for any longer; who was asked is to know. */
  giveUp(askId: number, error: Error): void {
    const ask = this.#pending.get(askId)
    if (ask !== undefined) this.#giveUp(ask, error)
  }

  #giveUp(ask: PendingAsk, error: Error): void {
    if (this.#take(ask.askId, 'given-up', undefined, error) === undefined) return
    this.#rejectFor(ask.from, () => ask.reject(error))
  }

  #listen(ask: PendingAsk, signal: AbortSignal): void {
    const abort = () => this.#giveUp(ask, askAborted(ask.name, ask.to, signal))
    signal.addEventListener('abort', abort, { once: true })
    ask.unlisten = () => signal.removeEventListener('abort', abort)
  }

  /** Ends every ask that waits for an actor on `node`. */
  rejectNode(node: string): void {
    for (const ask of [...this.#pending.values()]) {
      if (ask.to.node !== node) continue
      this.#giveUp(ask, nodeDownError(node, ask.name, ask.to))
    }
  }

  /** Forgets the asks of an actor that is no more; their replies will be dead letters. */
  dropCell(cell: ActorCell): void {
    for (let ask = cell.lastAsk; ask !== undefined; ask = cell.lastAsk) {
      // The turn that waited is over for good: nobody else need handle this.
      ask.promise.catch(() => {})
      this.#giveUp(ask, new ActorStoppedError(`${cell.path()} stopped while it waited for ${ask.name}`))
    }
  }

  /** The node ends: asks from outside the actors fail, those of its actors are forgotten with the turns that wait. */
  close(reason: string): void {
    for (const ask of [...this.#pending.values()]) {
      const error = new SystemStoppedError(`ask ${ask.name} of ${refKey(ask.to)}: ${reason}`)
      if (ask.from !== undefined) this.#take(ask.askId, 'given-up', undefined, error)
      else this.#giveUp(ask, error)
    }
    for (const group of this.#groups.values()) group.task?.cancel()
    this.#groups.clear()
  }

  #take(
    askId: number,
    outcome: 'answered' | 'given-up',
    answeredBy: string | undefined,
    error: Error | undefined,
  ): PendingAsk | undefined {
    const ask = this.#pending.get(askId)
    if (ask === undefined) return undefined
    this.#pending.delete(askId)
    ask.isEnded = true
    ask.group.open--
    if (ask.from !== undefined) this.#unlink(ask, ask.from)
    ask.unlisten?.()
    this.#onEnded(ask, outcome, answeredBy, error)
    return ask
  }

  #unlink(ask: PendingAsk, from: ActorCell): void {
    if (ask.later === undefined) from.lastAsk = ask.earlier
    else ask.later.earlier = ask.earlier
    if (ask.earlier !== undefined) ask.earlier.later = ask.later
    // Ended asks wait in the queue of their timeout: they must not keep each other, or a message.
    ask.earlier = undefined
    ask.later = undefined
    ask.during = undefined
  }

  #group(timeoutMs: number): TimeoutGroup {
    let group = this.#groups.get(timeoutMs)
    if (group === undefined) {
      group = { queue: new Deque(), open: 0, task: undefined }
      this.#groups.set(timeoutMs, group)
    }
    return group
  }

  #enqueue(ask: PendingAsk, timeoutMs: number): void {
    const { group } = ask
    this.#dropEnded(group)
    // One slow ask at the front must not keep what ended behind it.
    if (group.queue.length - group.open > Math.max(endedQueuedMax, group.open)) this.#compact(group)
    group.queue.push(ask)
    group.open++
    this.#schedule(group, timeoutMs)
  }

  #compact(group: TimeoutGroup): void {
    const open = new Deque<PendingAsk>()
    for (let ask = group.queue.shift(); ask !== undefined; ask = group.queue.shift()) {
      if (!ask.isEnded) open.push(ask)
    }
    group.queue = open
  }

  #dropEnded(group: TimeoutGroup): void {
    let head = group.queue.peek()
    while (head?.isEnded) {
      group.queue.shift()
      head = group.queue.peek()
    }
  }

  #schedule(group: TimeoutGroup, timeoutMs: number): void {
    const head = group.queue.peek()
    if (group.task !== undefined || head === undefined) return
    group.task = this.#clock.schedule(Math.max(0, head.deadline - this.#clock.now()), () => {
      group.task = undefined
      this.#expire(group, timeoutMs)
    })
  }

  #expire(group: TimeoutGroup, timeoutMs: number): void {
    const now = this.#clock.now()
    this.#dropEnded(group)
    let head = group.queue.peek()
    while (head !== undefined && head.deadline <= now) {
      this.#giveUp(head, timedOut(head))
      this.#dropEnded(group)
      head = group.queue.peek()
    }
    if (head === undefined) this.#groups.delete(timeoutMs)
    else this.#schedule(group, timeoutMs)
  }
}

/** What an asker is told that has waited too long, and a sender that nobody took the message of. */
function timedOut({ name, to, timeoutMs, isOffer }: PendingAsk): Error {
  const facts = { message: name, to: refKey(to), timeoutMs }
  return isOffer
    ? new OverloadError(
        `${name} to ${refKey(to)} was not taken within ${timeoutMs} ms; send less, or raise timeoutMs`,
        facts,
      )
    : new AskTimeoutError(
        `no reply to ${name} from ${refKey(to)} within ${timeoutMs} ms; raise timeoutMs or see why it is busy`,
        facts,
      )
}

/** What an asker is told whose signal was aborted. */
function askAborted(name: string, to: Ref, signal: AbortSignal): AskAbortedError {
  const facts = { message: name, to: refKey(to) }
  return new AskAbortedError(`the ask ${name} to ${refKey(to)} was aborted`, facts, { cause: signal.reason })
}

/** Why an ask to an actor on a dead or unknown node failed. */
export function nodeDownError(node: string, name: string, to: Ref): NodeDownError {
  return new NodeDownError(`${name} to ${refKey(to)}: node ${node} is down or unknown`, { node, message: name })
}
