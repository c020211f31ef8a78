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
 * ```
 *
 * A parked thread costs nothing: `Atomics.waitAsync` leaves the event loop alone, and timers and I/O wake the loop by
 * {@link HostLoop.wake}. Microtask rounds are counted, so that promises cannot keep the event loop from its turn.
 *
 * A thread that looks while another, which it rang, is not up yet gives up soon: the system may have put both on one core,
 * and then the other runs only when this one sleeps.
 */
import type { NodeKernel } from '@troupe/core/host'
import type { Doorbell } from './channel/index.ts'
import type { NodeLinks } from './node-links.ts'
import { BlockBudget, type LookBudget, SpinBudget, WakingBudget } from './spin-budget.ts'
import { EventLoopWatch } from './event-loop-watch.ts'
import type { TurnBoard } from './turn-board.ts'
import { TurnBudget } from './turn-budget.ts'

/** Messages taken from each channel in one round; fewer while the actors are behind, so that the senders feel it. */
const messagesPerRound = 1_024
const messagesPerRoundBehind = 64
/** Idle rounds from the microtask queue before a thread looks for work, or parks. */
const idleRoundsMax = 2
/** Rounds run from the microtask queue before one goes through the event loop. */
const microtaskRoundsMax = 64
/** Pauses of a look that the event loop waits for, some microseconds: a turn of the event loop costs one. */
const briefPauses = 200

/** The longest block of a thread whose event loop may have something else to do, and of one that blocks all the same. */
export const briefBlockMs = 0.25
/** A promise that is settled: what is to run soon is its reaction, which costs less than `queueMicrotask`. */
const soon = Promise.resolve()

/** What a loop runs over. */
export interface HostLoopParts {
  readonly kernel: NodeKernel
  readonly links: NodeLinks
  /** The doorbell of this thread. */
  readonly doorbell: Doorbell
  /** Pauses spent looking for work before the thread parks, at most. */
  readonly spinLimit: number
  /** Milliseconds that the thread may block, event loop and all, where nothing else than messages is to come; 0: never. */
  readonly blockMsMax: number
  /** Milliseconds until the node's next timer is due. */
  readonly untilTimerMs: () => number
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
  /** The same while a thread that was rung for is not up yet. */
  readonly #wakingBudget: WakingBudget
  /** How long to block, event loop and all, when looking was in vain. */
  readonly #messageBlock: BlockBudget
  readonly #replyBlock: BlockBudget
  readonly #untilTimerMs: () => number
  readonly #eventLoop = new EventLoopWatch()
  /** The turn of the event loop after which the last nap was. */
  #napTurn = -1
  readonly #board: TurnBoard | undefined
  readonly #turns = new TurnBudget(() => performance.now())
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

  constructor({ kernel, links, doorbell, spinLimit, blockMsMax, untilTimerMs, board }: HostLoopParts) {
    this.#kernel = kernel
    this.#links = links
    this.#doorbell = doorbell
    this.#replyBudget = new SpinBudget(spinLimit)
    this.#messageBudget = new SpinBudget(spinLimit)
    this.#wakingBudget = new WakingBudget(spinLimit)
    this.#messageBlock = new BlockBudget(blockMsMax)
    this.#replyBlock = new BlockBudget(spinLimit === 0 ? 0 : briefBlockMs)
    this.#untilTimerMs = untilTimerMs
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
      void soon.then(this.#round)
    } else this.#scheduleLater()
  }

  #scheduleLater(): void {
    this.#scheduled = true
    setImmediate(this.#roundAfterEventLoop)
  }

  readonly #round = (): void => {
    const worked = this.#work()
    if (this.#ended) return
    if (this.#behind) this.#scheduleLater()
    else if (worked && this.#hasWork()) {
      this.#idleRounds = 0
      this.#scheduleSoon()
    }
    // A thread that was woken only to send is parked all the while, and whoever has something for it will ring.
    else if (!worked && this.#parkedForGood) this.#park()
    else {
      const { pauses } = this.#budget
      // What is still to come of promises makes a round by itself.
      if (pauses === 0 && !this.#mayBlock) this.#park()
      else if (worked || ++this.#idleRounds < idleRoundsMax) {
        if (worked) this.#idleRounds = 0
        this.#scheduleSoon()
      } else if (pauses > 0 && this.#microtaskRounds < microtaskRoundsMax && this.#look(briefPauses)) this.#scheduleSoon()
      else if (this.#links.waking && this.#nap()) this.#scheduleSoon()
      else this.#scheduleLater()
    }
  }

  readonly #roundAfterEventLoop = (): void => {
    this.#microtaskRounds = 0
    this.#idleRounds = 0
    if (this.#work()) this.#scheduleNext()
    else if (!this.#ended) this.#rest()
  }

  get #parkedForGood(): boolean {
    return this.#doorbell.parked && this.#kernel.asks.size === 0
  }

  get #block(): BlockBudget {
    return this.#kernel.asks.size > 0 ? this.#replyBlock : this.#messageBlock
  }

  get #mayBlock(): boolean {
    return this.#block.ms > 0 && !this.#parkedForGood
  }

  get #budget(): LookBudget {
    if (this.#links.waking) return this.#wakingBudget
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
      this.#behind = this.#kernel.runnable > 0 && this.#turns.round(this.#run)
      this.#links.flush()
      return received > 0 || this.#kernel.turns !== turns
    } finally {
      this.#running = false
    }
  }

  /** Looks for work for up to `pausesMax` pauses, and no longer than it pays; true when there is some. */
  #look(pausesMax: number): boolean {
    const budget = this.#budget
    // Nobody need ring for a thread that looks.
    this.#doorbell.awaken()
    const pauses = this.#doorbell.spin(this.#hasWork, Math.min(pausesMax, budget.pauses))
    if (pauses >= 0) {
      if (budget === this.#wakingBudget && pauses > this.#wakingBudget.briefPauses) this.#pushApart()
      budget.succeeded(pauses)
    } else if (pausesMax >= budget.pauses) budget.failed()
    return pauses >= 0
  }

  /** The event loop had its turn: looks, then blocks, each for as long as it pays, and parks. */
  #rest(): void {
    this.#announceQuiet()
    if (!this.#parkedForGood && (this.#look(Number.POSITIVE_INFINITY) || this.#sleep())) this.#round()
    else this.#park()
  }

  /**
   * Blocks the thread briefly, because one that it rang is not up yet and may need its core; true when there is work. Once
   * for each turn of the event loop, which does not come first.
   */
  #nap(): boolean {
    const budget = this.#block
    const turn = this.#eventLoop.turns
    if (budget.ms === 0 || turn === this.#napTurn) return false
    this.#napTurn = turn
    const woken = this.#sleepFor(Math.min(budget.ms, briefBlockMs))
    if (woken) budget.succeeded()
    else if (budget === this.#replyBlock) budget.failed()
    return woken
  }

  /** Blocks the thread for as long as that pays; true when there is work. */
  #sleep(): boolean {
    const budget = this.#block
    if (budget.ms === 0) return false
    if (budget === this.#messageBlock && this.#eventLoop.mayHaveEvents(this.#doorbell.wakes)) return false
    const woken = this.#sleepFor(budget.ms)
    if (woken) budget.succeeded()
    else budget.failed()
    return woken
  }

  /** Blocks the thread for up to `msMax` milliseconds, and not past the node's next timer. */
  #sleepFor(msMax: number): boolean {
    const ms = Math.min(msMax, this.#untilTimerMs())
    if (ms <= 0 || !this.#doorbell.block(this.#hasWork, ms)) return false
    this.#budget.slept(this.#doorbell.lastWaitMs)
    return true
  }

  #park(): void {
    this.#announceQuiet()
    const budget = this.#budget
    const block = this.#block
    const rung = this.#doorbell.park(this.#hasWork, 0)
    if (rung === undefined) this.wake()
    else if (rung !== this.#parked) {
      this.#parked = rung
      void rung.then(() => {
        budget.slept(this.#doorbell.lastWaitMs)
        block.slept(this.#doorbell.lastWaitMs)
        if (this.#wakingBudget.pushed(this.#doorbell.lastWakeMs)) this.#pushApart()
        if (!this.#scheduled && !this.#running && !this.#ended) this.#round()
      })
    }
  }

  /** Another thread looks, or this one did, so that the system moves them apart: looking goes on. */
  #pushApart(): void {
    this.#replyBudget.push()
    this.#messageBudget.push()
  }

  readonly #run = (limit: number): boolean => this.#kernel.run(limit)

  readonly #hasWork = (): boolean => this.#kernel.runnable > 0 || this.#links.hasWork()

  #announceQuiet(): void {
    if (this.#whenQuiet.length === 0) return
    const { children } = this.#kernel.guardian
    if ((children?.size ?? 0) > 0 || this.#links.pending > 0) return
    for (const resolve of this.#whenQuiet.splice(0)) resolve()
  }
}
