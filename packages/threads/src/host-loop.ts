/**
 * The host loop: how one thread shares itself between its actors, its channels and its event loop.
 *
 * ```text
 *   round: drain inbound channels -> turns, a bounded number and time -> flush outbound channels
 *     turns left over   -> the next round after the event loop had its turn (setImmediate)
 *     something done    -> the next round after the promises that it settled (microtask)
 *     nothing done      -> once more after promises of promises, then look for work for a moment; nothing found: once more
 *                          after the event loop's turn, then look for as long as it pays, then park;
 *                          where looking does not pay, park at once
 *     rung after a rest -> a round at once, then park
 * ```
 *
 * A parked thread costs nothing: its event loop is left alone, and timers and I/O wake the loop by
 * {@link HostLoop.wake}. Microtask rounds are counted, so that promises cannot keep the event loop from its turn.
 *
 * A thread that looks while another, which it rang, is not up yet gives up soon: the system may have put both on one core,
 * and then the other runs only when this one sleeps.
 */
import { type NodeKernel, TurnBudget } from '@troupe/core/host'
import { collectReceivedBytes, type Doorbell } from './channel/index.ts'
import type { NodeLinks } from './node-links.ts'
import { type LookBudget, SpinBudget, WakingBudget } from './spin-budget.ts'
import type { TurnBoard } from './turn-board.ts'

/** Messages taken from each channel in one round; fewer while the actors are behind, so that the senders feel it. */
const messagesPerRound = 1_024
const messagesPerRoundBehind = 64
/** Idle rounds from the microtask queue before a thread looks for work, or parks. */
const idleRoundsMax = 2
/** A sleep of so many milliseconds is a rest: the next one will hardly be shorter. */
const restMsMin = 0.5
/** Rounds run from the microtask queue before one goes through the event loop. */
const microtaskRoundsMax = 64
/** Pauses of a look that the event loop waits for, some microseconds: a turn of the event loop costs one. */
const briefPauses = 200

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

/** The global one is a getter, which costs as much as the clock. */
const clock = performance

export class HostLoop {
  private readonly kernel: NodeKernel
  private readonly links: NodeLinks
  private readonly doorbell: Doorbell
  /** How long to look for work while an ask of this node waits for its reply, and while none does. */
  private readonly replyBudget: SpinBudget
  private readonly messageBudget: SpinBudget
  /** The same while a thread that was rung for is not up yet. */
  private readonly wakingBudget: WakingBudget
  private readonly board: TurnBoard | undefined
  private readonly turns = new TurnBudget(() => clock.now())
  private running = false
  private scheduled = false
  private ended = false
  /** True when the last round left turns over. */
  private behind = false
  private microtaskRounds = 0
  /** Rounds from the microtask queue, one after the other, that found nothing to do. */
  private idleRounds = 0
  /** What the thread may have spent on looking when it parked last, and how often it had been rung for by then. */
  private parkedWith: LookBudget
  private wakes = 0
  private whenQuiet: (() => void)[] = []
  private deferred: (() => void)[] = []

  constructor({ kernel, links, doorbell, spinLimit, board }: HostLoopParts) {
    this.kernel = kernel
    this.links = links
    this.doorbell = doorbell
    this.replyBudget = new SpinBudget(spinLimit)
    this.messageBudget = new SpinBudget(spinLimit)
    this.wakingBudget = new WakingBudget(spinLimit)
    this.parkedWith = this.messageBudget
    this.board = board
  }

  /** There is something to do: a round follows soon, not from inside this call. */
  wake(): void {
    if (this.running || this.scheduled || this.ended) return
    this.scheduleSoon()
  }

  /** True while no round is under way or scheduled. */
  get isIdle(): boolean {
    return !(this.running || this.scheduled)
  }

  /** Runs `run` at the end of a round, the present one if there is one. */
  afterTurns(run: () => void): void {
    this.deferred.push(run)
    this.wake()
  }

  /** Resolves once nothing under this node's guardian lives and nothing waits to be sent. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.whenQuiet.push(resolve)
      this.wake()
    })
  }

  /** No round runs any more. */
  end(): void {
    this.ended = true
  }

  private scheduleSoon(): void {
    if (this.microtaskRounds < microtaskRoundsMax) {
      this.microtaskRounds++
      this.scheduled = true
      queueMicrotask(this.round)
    } else this.scheduleLater()
  }

  private scheduleLater(): void {
    this.scheduled = true
    setImmediate(this.roundAfterEventLoop)
  }

  private readonly round = (): void => {
    if (this.onlySends()) {
      // It leads to no other round.
      this.microtaskRounds--
      this.scheduled = false
      this.links.flush()
    } else if (this.work()) {
      this.idleRounds = 0
      this.scheduleNext()
    } else if (this.ended) return
    // What it has done by itself is nothing, and it is parked all the while.
    else if (this.doorbell.parked && this.kernel.asks.size === 0) this.park()
    else if (++this.idleRounds < idleRoundsMax) this.scheduleSoon()
    else if (this.budget().pauses === 0) this.park()
    else if (this.microtaskRounds < microtaskRoundsMax && this.look(briefPauses)) this.scheduleSoon()
    else this.scheduleLater()
  }

  private readonly roundAfterEventLoop = (): void => {
    this.microtaskRounds = 0
    this.idleRounds = 0
    if (this.work()) this.scheduleNext()
    else if (!this.ended) this.park()
  }

  /**
   * The doorbell rang. A thread that rested has its round at once, and parks after it; what is done in promises of that
   * round wakes it. Its code is in no cache any more, and what else a wake-up goes through costs as much as the round.
   */
  private readonly rung = (byPort: boolean): void => {
    this.noteSleep()
    if (this.scheduled || this.running || this.ended) return
    if (!this.isRested()) {
      this.wake()
      return
    }
    this.microtaskRounds = 0
    this.idleRounds = 0
    this.work(byPort)
    if (this.ended) return
    if (this.isRested() && !this.behind) {
      this.announceQuiet()
      this.sleep(this.messageBudget)
    } else this.scheduleNext()
  }

  /** True when the last sleep was long and looking does not pay. */
  private isRested(): boolean {
    return this.doorbell.lastWaitMs >= restMsMin && this.messageBudget.pauses === 0 && this.kernel.asks.size === 0
  }

  /** True when this thread was woken only to send: it is parked all the while, and whoever has something for it will ring. */
  private onlySends(): boolean {
    const { asks, runnable } = this.kernel
    return (
      !this.ended &&
      runnable === 0 &&
      asks.size === 0 &&
      this.deferred.length === 0 &&
      this.whenQuiet.length === 0 &&
      this.doorbell.parked
    )
  }

  private budget(): LookBudget {
    if (this.links.waking) return this.wakingBudget
    return this.kernel.asks.size > 0 ? this.replyBudget : this.messageBudget
  }

  private scheduleNext(): void {
    if (this.ended) return
    if (this.behind) this.scheduleLater()
    else this.scheduleSoon()
  }

  /** One round; true when it did anything. `isNobodys` says that it is in no scope but that of the bell. */
  private work(isNobodys = false): boolean {
    this.scheduled = false
    if (this.ended) return false
    this.running = true
    this.board?.beat()
    try {
      const received = this.links.drain(this.behind ? messagesPerRoundBehind : messagesPerRound)
      const { turns } = this.kernel
      this.behind = this.kernel.runnable > 0 && this.takeTurns(received, isNobodys)
      if (this.deferred.length > 0) for (const run of this.deferred.splice(0)) run()
      this.links.flush()
      collectReceivedBytes()
      return received > 0 || this.kernel.turns !== turns
    } finally {
      this.running = false
    }
  }

  /** The turns of a round in which so many messages came; true when some are left. */
  private takeTurns(received: number, isNobodys: boolean): boolean {
    const { kernel } = this
    // What came alone needs no clock.
    if (received === 1 && kernel.runnable === 1 && !kernel.run(1, isNobodys)) return false
    const { scopes } = kernel.ports
    // The scope is left once for all of them.
    return isNobodys || scopes === undefined ? this.takeTurnsInTime() : scopes.run(undefined, this.takeTurnsInTime)
  }

  private readonly takeTurnsInTime = (): boolean => this.turns.round(this.run)

  /** Looks for work for up to `pausesMax` pauses, and no longer than it pays; true when there is some. */
  private look(pausesMax: number): boolean {
    const budget = this.budget()
    // Nobody need ring for a thread that looks.
    this.doorbell.awaken()
    this.noteSleep()
    const pauses = this.doorbell.spin(this.hasWork, Math.min(pausesMax, budget.pauses))
    if (pauses >= 0) {
      if (budget === this.wakingBudget && pauses > this.wakingBudget.briefPauses) this.pushApart()
      budget.succeeded(pauses)
    } else if (pausesMax >= budget.pauses) budget.failed()
    return pauses >= 0
  }

  private park(): void {
    this.announceQuiet()
    if (!(this.doorbell.parked && this.kernel.asks.size === 0) && this.look(Number.POSITIVE_INFINITY)) {
      this.wake()
      return
    }
    this.sleep(this.budget())
  }

  private sleep(budget: LookBudget): void {
    this.parkedWith = budget
    if (!this.doorbell.park(this.hasWork, this.rung)) this.wake()
  }

  /** A sleep that was ended by a ring says what looking would be worth. */
  private noteSleep(): void {
    const { wakes, lastWaitMs } = this.doorbell
    if (wakes === this.wakes) return
    this.wakes = wakes
    this.parkedWith.slept(lastWaitMs)
    // After a rest a late wake-up says that the machine is busy, and not that another thread looks.
    if (lastWaitMs < restMsMin && this.wakingBudget.pushed(this.doorbell.sinceRungMs)) this.pushApart()
  }

  /** Another thread looks, or this one did, so that the system moves them apart: looking goes on. */
  private pushApart(): void {
    this.replyBudget.push()
    this.messageBudget.push()
  }

  private readonly run = (limit: number): boolean => this.kernel.run(limit, true)

  private readonly hasWork = (): boolean => this.kernel.runnable > 0 || this.links.hasWork()

  private announceQuiet(): void {
    if (this.whenQuiet.length === 0) return
    const { children } = this.kernel.guardian
    if ((children?.size ?? 0) > 0 || this.links.pending > 0) return
    for (const resolve of this.whenQuiet.splice(0)) resolve()
  }
}
