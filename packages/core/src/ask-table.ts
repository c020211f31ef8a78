/**
 * The asks of a node that wait for their reply. Timeouts are grouped by length, and a group's asks end in the order
 * in which they began, so a group needs one clock task and an ask costs a queue entry.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import { refKey } from './actor-ref.ts'
import { Deque } from './deque.ts'
import { ActorStoppedError, AskTimeoutError, NodeDownError, SystemStoppedError } from './errors.ts'
import type { Clock } from './ports/clock.ts'

/** One ask under way. */
interface PendingAsk {
  readonly askId: number
  readonly from: ActorCell | undefined
  readonly to: Ref
  readonly name: string
  readonly deadline: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

interface TimeoutGroup {
  readonly queue: Deque<PendingAsk>
  scheduled: boolean
}

export class AskTable {
  readonly #clock: Clock
  readonly #pending = new Map<number, PendingAsk>()
  readonly #groups = new Map<number, TimeoutGroup>()
  #nextId = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#pending.size
  }

  /** Opens an ask: its number, and the promise of its end. */
  open(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    timeoutMs: number,
  ): { askId: number; promise: Promise<unknown> } {
    const askId = this.#nextId++
    const promise = new Promise<unknown>((resolve, reject) => {
      const ask: PendingAsk = { askId, from, to, name, deadline: this.#clock.now() + timeoutMs, resolve, reject }
      this.#pending.set(askId, ask)
      this.#enqueue(ask, timeoutMs)
    })
    if (from !== undefined) from.openAsks++
    return { askId, promise }
  }

  /** Ends an ask with its reply; false when nobody waits for it any more. */
  resolve(askId: number, value: unknown): boolean {
    const ask = this.#take(askId)
    ask?.resolve(value)
    return ask !== undefined
  }

  /** Ends an ask with an error; false when nobody waits for it any more. */
  reject(askId: number, error: Error): boolean {
    const ask = this.#take(askId)
    ask?.reject(error)
    return ask !== undefined
  }

  /** Ends every ask that waits for an actor on `node`. */
  rejectNode(node: string): void {
    for (const ask of [...this.#pending.values()]) {
      if (ask.to.node !== node) continue
      this.reject(ask.askId, nodeDownError(node, ask.name, ask.to))
    }
  }

  /** Forgets the asks of an actor that is no more; their replies will be dead letters. */
  dropCell(cell: ActorCell): void {
    if (cell.openAsks === 0) return
    for (const ask of [...this.#pending.values()]) {
      if (ask.from === cell) {
        this.reject(ask.askId, new ActorStoppedError(`${cell.path()} stopped while it waited for ${ask.name}`))
      }
    }
  }

  /** Ends every ask, since the node ends. */
  rejectAll(reason: string): void {
    for (const ask of [...this.#pending.values()]) {
      this.reject(ask.askId, new SystemStoppedError(`ask ${ask.name} of ${refKey(ask.to)}: ${reason}`))
    }
  }

  #take(askId: number): PendingAsk | undefined {
    const ask = this.#pending.get(askId)
    if (ask === undefined) return undefined
    this.#pending.delete(askId)
    if (ask.from !== undefined) ask.from.openAsks--
    return ask
  }

  #enqueue(ask: PendingAsk, timeoutMs: number): void {
    let group = this.#groups.get(timeoutMs)
    if (group === undefined) {
      group = { queue: new Deque(), scheduled: false }
      this.#groups.set(timeoutMs, group)
    }
    this.#dropEnded(group)
    group.queue.push(ask)
    this.#schedule(group, timeoutMs)
  }

  #dropEnded(group: TimeoutGroup): void {
    let head = group.queue.peek()
    while (head !== undefined && !this.#pending.has(head.askId)) {
      group.queue.shift()
      head = group.queue.peek()
    }
  }

  #schedule(group: TimeoutGroup, timeoutMs: number): void {
    const head = group.queue.peek()
    if (group.scheduled || head === undefined) return
    group.scheduled = true
    this.#clock.schedule(Math.max(0, head.deadline - this.#clock.now()), () => {
      group.scheduled = false
      this.#expire(group, timeoutMs)
    })
  }

  #expire(group: TimeoutGroup, timeoutMs: number): void {
    const now = this.#clock.now()
    this.#dropEnded(group)
    let head = group.queue.peek()
    while (head !== undefined && head.deadline <= now) {
      this.reject(
        head.askId,
        new AskTimeoutError(
          `no reply to ${head.name} from ${refKey(head.to)} within ${timeoutMs} ms; raise timeoutMs or see why it is busy`,
          { message: head.name, to: refKey(head.to), timeoutMs },
        ),
      )
      this.#dropEnded(group)
      head = group.queue.peek()
    }
    if (head === undefined) this.#groups.delete(timeoutMs)
    else this.#schedule(group, timeoutMs)
  }
}

/** Why an ask to an actor on a dead or unknown node failed. */
export function nodeDownError(node: string, name: string, to: Ref): NodeDownError {
  return new NodeDownError(`${name} to ${refKey(to)}: node ${node} is down or unknown`, { node, message: name })
}
