/**
 * The agenda: what may happen next in a run. Timers, disks, faults and the program have their times, on the clock. When a
 * frame arrives and which actor takes its turn is free within bounds: no time promises it, only the order of a link and
 * of an actor's mailbox does.
 *
 *     random    each free event draws its time, and the clock has them all
 *     others    heads of links, runnable actors, the next time of the clock ──> Schedule.choose ──> one of them
 *
 * A free event that has come to its bound goes before those that have not; time never passes one.
 */
import type { RandomStream } from '@troupe/core'
import type { ActorCell, ClockTask, VirtualClock } from '@troupe/core/host'
import type { Choice, Schedule } from './schedule.ts'
import type { BoundedSchedule } from './schedule-options.ts'
import type { Trace } from './trace.ts'

/** The node whose actors take turns. */
export interface TurnTaker {
  readonly name: string
  readonly isUp: boolean
  /** The cells that have something to do, in the order of the run queue. */
  readonly runnableCells: Iterable<ActorCell>
}

/** Chooses one of `count` runnable cells, by its place in the run queue. */
export type PickCell = (count: number) => number

/** Puts one turn of a node on the agenda; at most one is on it at a time. */
export interface Stepper {
  /** Times as of {@link Agenda.deliver}. */
  set(leastMs: number, drawnMs: number): void
}

/** Lets one runnable actor of a node take a turn. */
export interface TurnGiver {
  giveTurn(pick: PickCell): void
}

/** Something that is under way over a link. */
export interface Arrival {
  /** The agenda's own: when it comes by chance, and how many were put in before it. */
  atMs: number
  order: number
  /** It arrives; first it calls {@link Agenda.arrived} with the chain that it was in. */
  run(chain: Chain): void
}

/**
 * What is under way over one link, in order; or one frame that is out of order, which may come twice. On the clock a link's
 * chain stands for its first.
 */
export class Chain implements Iterable<Arrival>, ClockTask {
  /** True for a link's: none of what is in it is drawn to come before an earlier one. */
  readonly isLink: boolean
  length = 0
  /** A ring whose length is a power of two: each arrival is put into one list, and into nothing else that is old. */
  #ring: (Arrival | undefined)[] = [undefined, undefined]
  #head = 0

  constructor(isLink: boolean) {
    this.isLink = isLink
  }

  get first(): Arrival | undefined {
    return this.#ring[this.#head]
  }

  run(): void {
    this.first?.run(this)
  }

  add(arrival: Arrival): void {
    if (this.length === this.#ring.length) this.#grow()
    const ring = this.#ring
    ring[(this.#head + this.length) & (ring.length - 1)] = arrival
    this.length++
  }

  /** Takes out the first; returns the one that is the first then. */
  shift(): Arrival | undefined {
    if (this.length === 0) return undefined
    const ring = this.#ring
    ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (ring.length - 1)
    this.length--
    return ring[this.#head]
  }

  #grow(): void {
    const arrivals = [...this]
    this.#ring = arrivals.concat(new Array<undefined>(arrivals.length).fill(undefined) as never[])
    this.#head = 0
  }

  *[Symbol.iterator](): Iterator<Arrival> {
    for (let index = 0; index < this.length; index++) {
      yield this.#ring[(this.#head + index) & (this.#ring.length - 1)] as Arrival
    }
  }
}

export interface Agenda {
  /** When something may happen next; `undefined` when nothing can. */
  readonly nextTime: number | undefined
  /** Lets one thing happen, if its time is at most `limitMs`; false when there is none. */
  runNext(limitMs: number): boolean
  /**
   * A frame will reach `node`: in `drawnMs` milliseconds from now if by chance, and never before `leastMs`. Those of one
   * link arrive in the order in which they are put in.
   */
  deliver(chain: Chain, node: string, leastMs: number, drawnMs: number, arrival: Arrival): void
  /** The first of `chain` has arrived. */
  arrived(chain: Chain): void
  /** How to say that one of the node's runnable actors will take a turn, which `giver` then lets it take. */
  stepper(taker: TurnTaker, giver: TurnGiver): Stepper
  /** How much later than drawn a free event may be, in milliseconds. */
  readonly patienceMs: number
}

/**
 * The random schedule: virtual time alone decides, and a draw among the runnable actors of the node. Of each link only the
 * first arrival stands on the clock, with the place that it was given when it was sent.
 */
export class TimedAgenda implements Agenda {
  readonly patienceMs = 0
  readonly #clock: VirtualClock
  readonly #pick: PickCell

  constructor(clock: VirtualClock, random: RandomStream) {
    this.#clock = clock
    this.#pick = (count) => random.int(count)
  }

  get nextTime(): number | undefined {
    return this.#clock.nextTime
  }

  runNext(limitMs: number): boolean {
    return this.#clock.runNext(limitMs)
  }

  deliver(chain: Chain, _node: string, _leastMs: number, drawnMs: number, arrival: Arrival): void {
    const clock = this.#clock
    arrival.atMs = clock.timeIn(drawnMs)
    arrival.order = clock.takeOrder()
    // What is out of order may arrive before another one of its chain that was put in first.
    const place = chain.isLink ? chain : new Chain(false)
    if (place.length === 0) clock.setAt(arrival.atMs, arrival.order, place)
    place.add(arrival)
  }

  arrived(chain: Chain): void {
    if (!chain.isLink) return
    const next = chain.shift()
    if (next !== undefined) this.#clock.setAt(next.atMs, next.order, chain)
  }

  stepper(_taker: TurnTaker, giver: TurnGiver): Stepper {
    return new TimedStep(this.#clock, giver, this.#pick)
  }
}

/** The next turn of a node, used again for each. */
class TimedStep implements ClockTask, Stepper {
  readonly #clock: VirtualClock
  readonly #giver: TurnGiver
  readonly #pick: PickCell

  constructor(clock: VirtualClock, giver: TurnGiver, pick: PickCell) {
    this.#clock = clock
    this.#giver = giver
    this.#pick = pick
  }

  set(_leastMs: number, drawnMs: number): void {
    this.#clock.set(drawnMs, this)
  }

  run(): void {
    this.#giver.giveTurn(this.#pick)
  }
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type Pending = Mutable<Choice> & { run: () => void }

/** The step of a node, which is a choice for each of its runnable actors. */
interface Step {
  readonly earliestMs: number
  readonly latestMs: number
  readonly giver: TurnGiver
}

/** Every other schedule: a {@link Schedule} chooses among all that may happen. */
export class ChoosingAgenda implements Agenda {
  readonly patienceMs: number
  readonly #clock: VirtualClock
  readonly #schedule: Schedule
  readonly #trace: Trace
  readonly #links = new Map<Chain, Pending[]>()
  #arrivals = 0
  readonly #steps = new Map<TurnTaker, Step>()
  readonly #turns = new WeakMap<ActorCell, Pending>()
  #numbers = 0
  #time: Pending

  constructor(clock: VirtualClock, { schedule, patienceMs }: BoundedSchedule, trace: Trace) {
    this.#clock = clock
    this.#schedule = schedule
    this.patienceMs = patienceMs
    this.#trace = trace
    this.#time = this.#clockChoice()
  }

  get nextTime(): number | undefined {
    let next = this.#clock.nextTime ?? Number.POSITIVE_INFINITY
    for (const [head] of this.#links.values()) next = Math.min(next, (head as Pending).earliestMs)
    for (const { earliestMs } of this.#steps.values()) next = Math.min(next, earliestMs)
    return next === Number.POSITIVE_INFINITY ? undefined : Math.max(next, this.#clock.now())
  }

  deliver(chain: Chain, node: string, leastMs: number, drawnMs: number, arrival: Arrival): void {
    arrival.order = this.#arrivals++
    chain.add(arrival)
    const waiting = this.#links.get(chain)
    const pending: Pending = {
      kind: 'delivery',
      chain,
      node,
      ...this.#bounds(leastMs, drawnMs),
      number: this.#numbers++,
      run: () => {
        const frames = this.#links.get(chain) as Pending[]
        frames.shift()
        if (frames.length === 0) this.#links.delete(chain)
        arrival.run(chain)
      },
    }
    if (waiting === undefined) this.#links.set(chain, [pending])
    else waiting.push(pending)
  }

  arrived(chain: Chain): void {
    chain.shift()
  }

  stepper(taker: TurnTaker, giver: TurnGiver): Stepper {
    return {
      set: (leastMs, drawnMs) => void this.#steps.set(taker, { ...this.#bounds(leastMs, drawnMs), giver }),
    }
  }

  runNext(limitMs: number): boolean {
    const { nextTime } = this
    if (nextTime === undefined || nextTime > limitMs) return false
    this.#runChosen()
    return true
  }

  #runChosen(): void {
    const choices = this.#choices()
    let index = 0
    if (choices.length > 1) {
      index = this.#schedule.choose(choices)
      this.#trace.chose(index)
    }
    const chosen = choices[index]
    if (chosen === undefined) return
    if (chosen.kind !== 'time') this.#clock.moveTo(chosen.earliestMs)
    chosen.run()
  }

  #bounds(leastMs: number, drawnMs: number): { earliestMs: number; latestMs: number } {
    const now = this.#clock.now()
    return { earliestMs: now + Math.min(leastMs, drawnMs), latestMs: now + drawnMs + this.patienceMs }
  }

  /** All that may happen next without a step in time past the bound of anything. */
  #choices(): Pending[] {
    const free: Pending[] = []
    for (const [head] of this.#links.values()) free.push(head as Pending)
    for (const [taker, step] of this.#steps) this.#addTurns(free, taker, step)
    // What waits for its machine may be past its bound by then.
    let bound = Number.POSITIVE_INFINITY
    for (const { earliestMs, latestMs } of free) bound = Math.min(bound, Math.max(earliestMs, latestMs))
    const { nextTime } = this.#clock
    if (nextTime !== undefined && nextTime < bound) {
      const choices = free.filter(({ earliestMs }) => earliestMs <= nextTime)
      this.#time.earliestMs = nextTime
      this.#time.latestMs = nextTime
      choices.push(this.#time)
      return choices
    }
    const now = this.#clock.now()
    const choices = free.filter(({ earliestMs }) => earliestMs <= bound)
    const due = choices.filter(({ earliestMs, latestMs }) => latestMs <= Math.max(now, earliestMs))
    return due.length > 0 ? due : choices
  }

  #addTurns(free: Pending[], taker: TurnTaker, step: Step): void {
    let count = 0
    for (const cell of taker.isUp ? taker.runnableCells : []) {
      count++
      free.push(this.#turn(taker, step, cell))
    }
    // A machine that is gone, or whose actors have nothing to do any more, has a step that does nothing.
    if (count > 0) return
    const { earliestMs, latestMs } = step
    const run = () => this.#runStep(taker, step, undefined)
    free.push({ kind: 'turn', chain: taker, node: taker.name, earliestMs, latestMs, number: this.#numbers++, run })
  }

  #turn(taker: TurnTaker, step: Step, cell: ActorCell): Pending {
    let turn = this.#turns.get(cell)
    if (turn === undefined) {
      const { latestMs } = step
      const number = this.#numbers++
      turn = { kind: 'turn', chain: cell, node: taker.name, earliestMs: 0, latestMs, number, run: () => {} }
      this.#turns.set(cell, turn)
    }
    turn.earliestMs = step.earliestMs
    turn.run = () => this.#runStep(taker, step, cell)
    return turn
  }

  #runStep(taker: TurnTaker, step: Step, cell: ActorCell | undefined): void {
    this.#steps.delete(taker)
    if (cell !== undefined) this.#turns.delete(cell)
    step.giver.giveTurn(() => {
      // A machine that was paused meanwhile takes the turn later, when another may be the only one left.
      let index = 0
      for (const runnable of taker.runnableCells) {
        if (runnable === cell) return index
        index++
      }
      return 0
    })
  }

  #clockChoice(): Pending {
    const run = () => {
      this.#time = this.#clockChoice()
      this.#clock.runNext()
    }
    const number = this.#numbers++
    return { kind: 'time', chain: this, node: '', earliestMs: 0, latestMs: 0, number, run }
  }
}
