/**
 * The host loop: how one thread shares itself between its actors, its channels and its event loop.
 *
 * ```text
 *   round: drain inbound channels -> turns, a bounded number and time -> flush outbound channels
 *     turns left over   -> the next round after the event loop had its turn (setImmediate)
 *     something done    -> the next round after the promises that it settled (microtask)
 *     nothing done      -> once more after the event loop's turn, then look for work as long as it pays, then park;
 *                          where looking does not pay, park at once
 * ```
 *
 * A parked thread costs nothing: `Atomics.waitAsync` leaves the event loop alone, and timers and I/O wake the loop by
 * {@link HostLoop.wake}. Microtask rounds are counted, so that promises cannot keep the event loop from its turn.
 */
import type { NodeKernel } from '@troupe/core/host'
import type { Doorbell } from './channel/index.ts'
import type { NodeLinks } from './node-links.ts'
import { SpinBudget } from './spin-budget.ts'
import type { TurnBoard } from './turn-board.ts'

/** Turns of one round. More than can be drained, so that mailboxes do not grow by what comes in alone. */
const turnsPerRound = 4_096
/** A round begins no more turns after this many milliseconds, looked at once in so many turns: others wait for its end. */
const roundMsMax = 10
const turnsPerLook = 64
/** Messages taken from each channel in one round; fewer while the actors are behind, so that the senders feel it. */
const messagesPerRound = 1_024
const messagesPerRoundBehind = 64
/** Idle rounds before a thread parks that need not wait for the event loop. */
const idleRoundsBeforeParking = 2
/** Rounds run from the microtask queue before one goes through the event loop. */
const microtaskRoundsMax = 64

/** What a loop runs over. */
export interface HostLoopParts {
  readonly kernel: NodeKernel
  readonly links: NodeLinks
  /** The doorbell of this thread. */
  readonly doorbell: Doorbell
  /** Pauses spent looking for work before the thread parks, at most. */
  readonly spinLimit: number
  /** Where the thread shows that it moves. */
  readonly board?: TurnBoard
}

export class HostLoop {
  readonly #kernel: NodeKernel
  readonly #links: NodeLinks
  readonly #doorbell: Doorbell
  /** How long to look for work while an ask of this node waits for its reply, and while none does. */
  readonly #replyBudget: SpinBudget
  readonly #messageBudget: SpinBudget
  readonly #board: TurnBoard | undefined
  #running = false
  #scheduled = false
  #ended = false
  /** True when the last round left turns over. */
  #behind = false
  #microtaskRounds = 0
  /** Rounds from the microtask queue, one after the other, that found nothing to do. */
  #idleRounds = 0
  #parked: Promise<void> | undefined
  #whenQuiet: (() => void)[] = []

  constructor({ kernel, links, doorbell, spinLimit, board }: HostLoopParts) {
    this.#kernel = kernel
    this.#links = links
    this.#doorbell = doorbell
    this.#replyBudget = new SpinBudget(spinLimit)
    this.#messageBudget = new SpinBudget(spinLimit)
    this.#board = board
  }

  /** There is something to do: a round follows soon, not from inside this call. */
  wake(): void {
    if (this.#running || this.#scheduled || this.#ended) return
    this.#scheduleSoon()
  }

  /** Resolves once nothing under this node's guardian lives and nothing waits to be sent. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenQuiet.push(resolve)
      this.wake()
    })
  }

  /** No round runs any more. */
  end(): void {
    this.#ended = true
  }

  #scheduleSoon(): void {
    if (this.#microtaskRounds < microtaskRoundsMax) {
      this.#microtaskRounds++
      this.#scheduled = true
      queueMicrotask(this.#round)
    } else this.#scheduleLater()
  }

  #scheduleLater(): void {
    this.#scheduled = true
    setImmediate(this.#roundAfterEventLoop)
  }

  readonly #round = (): void => {
    if (this.#work()) {
      this.#idleRounds = 0
      this.#scheduleNext()
    } else if (this.#ended) return
    // A thread that was woken only to send is parked all the while, and whoever has something for it will ring. One that
    // hardly ever finds anything by looking need not wait for the event loop either, only for promises of promises.
    else if (this.#doorbell.parked && this.#kernel.asks.size === 0) this.#park()
    else if (this.#budget.pauses > 0) this.#scheduleLater()
    else if (++this.#idleRounds < idleRoundsBeforeParking) this.#scheduleSoon()
    else this.#park()
  }

  readonly #roundAfterEventLoop = (): void => {
    this.#microtaskRounds = 0
    this.#idleRounds = 0
    if (this.#work()) this.#scheduleNext()
    else this.#park()
  }

  get #budget(): SpinBudget {
    return this.#kernel.asks.size > 0 ? this.#replyBudget : this.#messageBudget
  }

  #scheduleNext(): void {
    if (this.#ended) return
    if (this.#behind) this.#scheduleLater()
    else this.#scheduleSoon()
  }

  /** One round; true when it did anything. */
  #work(): boolean {
    this.#scheduled = false
    if (this.#ended) return false
    this.#running = true
    this.#board?.beat()
    try {
      const received = this.#links.drain(this.#behind ? messagesPerRoundBehind : messagesPerRound)
      const { turns } = this.#kernel
      this.#behind = this.#runTurns()
      this.#links.flush()
      return received > 0 || this.#kernel.turns !== turns
    } finally {
      this.#running = false
    }
  }

  /** The turns of one round; true when some are left. */
  #runTurns(): boolean {
    const endMs = performance.now() + roundMsMax
    for (let left = turnsPerRound; left > 0; left -= turnsPerLook) {
      if (!this.#kernel.run(turnsPerLook)) return false
      if (performance.now() > endMs) return true
    }
    return true
  }

  #park(): void {
    if (this.#ended) return
    this.#announceQuiet()
    const budget = this.#budget
    if (!this.#doorbell.parked) {
      const pauses = this.#doorbell.spin(this.#hasWork, budget.pauses)
      if (pauses >= 0) {
        budget.succeeded(pauses)
        this.wake()
        return
      }
      budget.failed()
    }
    const rung = this.#doorbell.park(this.#hasWork, 0)
    if (rung === undefined) this.wake()
    else if (rung !== this.#parked) {
      this.#parked = rung
      void rung.then(() => {
        budget.slept(this.#doorbell.lastWaitMs)
        this.wake()
      })
    }
  }

  readonly #hasWork = (): boolean => this.#kernel.runnable > 0 || this.#links.hasWork()

  #announceQuiet(): void {
    if (this.#whenQuiet.length === 0) return
    const { children } = this.#kernel.guardian
    if ((children?.size ?? 0) > 0 || this.#links.pending > 0) return
    for (const resolve of this.#whenQuiet.splice(0)) resolve()
  }
}
