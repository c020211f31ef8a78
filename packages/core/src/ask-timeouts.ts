/**
 * The timeouts of asks. They are grouped by length, and a group's asks end in the order in which they began: a list through
 * the asks, and one clock task for its first.
 *
 * Where reading the clock is dear, it is not read for each ask. Those that begin share a moment whose time is found out a
 * little later, by a task that comes once for all of them; their timeouts come that much later, never earlier.
 */

import { refKey } from './actor-ref.ts'
import { AskTimeoutError, OverloadError } from './errors.ts'
import type { PendingAsk } from './pending-ask.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'

/** When asks began. */
export interface AskMoment {
  /** By the node's clock; `undefined` until it is known. */
  at: number | undefined
}

/** A timeout is as many times as long, at least, as it may come late. */
const precision = 50

/** The asks of one timeout. */
export class TimeoutGroup {
  readonly timeoutMs: number
  first: PendingAsk | undefined = undefined
  last: PendingAsk | undefined = undefined
  task: ScheduledTask | undefined = undefined

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  add(ask: PendingAsk): void {
    const { last } = this
    if (last === undefined) this.first = ask
    else {
      ask.before = last
      last.behind = ask
    }
    this.last = ask
  }

  remove(ask: PendingAsk): void {
    const { before, behind } = ask
    if (before === undefined) this.first = behind
    else before.behind = behind
    if (behind === undefined) this.last = before
    else behind.before = before
    ask.before = undefined
    ask.behind = undefined
  }
}

export class AskTimeouts {
  readonly #clock: Clock
  readonly #slackMs: number
  readonly #expire: (ask: PendingAsk) => void
  readonly #gather: () => void
  readonly #groups = new Map<number, TimeoutGroup>()
  /** The group that was asked for last: nearly all asks wait as long as the one before. */
  #latest: TimeoutGroup | undefined
  #moment: AskMoment = { at: -1 }
  #look: ScheduledTask | undefined

  /**
   * `slackMs`: how late a timeout may come, at most a fiftieth of its length; 0: never. `expire` is called for each that
   * comes, `gather` before a moment or a group ends: asks that were not yet added are added by it.
   */
  constructor(clock: Clock, slackMs: number, expire: (ask: PendingAsk) => void, gather: () => void = () => {}) {
    this.#clock = clock
    this.#slackMs = slackMs
    this.#expire = expire
    this.#gather = gather
  }

  /** Of each timeout, its asks in the order in which they began. */
  get groups(): Iterable<TimeoutGroup> {
    return this.#groups.values()
  }

  group(timeoutMs: number): TimeoutGroup {
    const latest = this.#latest
    if (latest !== undefined && latest.timeoutMs === timeoutMs) return latest
    let group = this.#groups.get(timeoutMs)
    if (group === undefined) {
      group = new TimeoutGroup(timeoutMs)
      this.#groups.set(timeoutMs, group)
    }
    this.#latest = group
    return group
  }

  /** Now, for an ask that waits for so long. */
  moment(timeoutMs: number): AskMoment {
    if (this.#slackMs > 0 && timeoutMs >= this.#slackMs * precision) {
      if (this.#moment.at !== undefined) this.#beginMoment()
      return this.#moment
    }
    const now = this.#clock.now()
    if (this.#moment.at === undefined) this.#know(now)
    if (this.#moment.at !== now) this.#moment = { at: now }
    return this.#moment
  }

  /** The ask waits from now on. */
  add(ask: PendingAsk): void {
    const { group } = ask
    group.add(ask)
    if (group.task === undefined && ask.moment.at !== undefined) this.#schedule(group)
  }

  close(): void {
    this.#look?.cancel()
    for (const group of this.#groups.values()) group.task?.cancel()
    this.#groups.clear()
    this.#latest = undefined
  }

  #beginMoment(): void {
    this.#moment = { at: undefined }
    this.#look?.cancel()
    this.#look = this.#clock.schedule(this.#slackMs, () => {
      if (this.#moment.at === undefined) this.#know(this.#clock.now())
    })
  }

  /** The present moment is over: no ask of it began later than now. */
  #know(now: number): void {
    this.#gather()
    this.#moment.at = now
    for (const group of this.#groups.values()) if (group.task === undefined) this.#schedule(group)
  }

  #schedule(group: TimeoutGroup): void {
    const at = group.first?.moment.at
    if (at === undefined) return
    group.task = this.#clock.schedule(Math.max(0, at + group.timeoutMs - this.#clock.now()), () => {
      group.task = undefined
      this.#runOut(group)
    })
  }

  #runOut(group: TimeoutGroup): void {
    const { timeoutMs } = group
    const now = this.#clock.now()
    this.#gather()
    for (let ask = group.first; ask?.moment.at !== undefined && ask.moment.at + timeoutMs <= now; ask = group.first) {
      this.#expire(ask)
    }
    if (group.first !== undefined) {
      this.#schedule(group)
      return
    }
    this.#groups.delete(timeoutMs)
    if (this.#latest === group) this.#latest = undefined
  }
}

/** What an asker is told that has waited too long, and a sender that nobody took the message of. */
export function timedOut({ name, to, timeoutMs, isOffer }: PendingAsk): Error {
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
