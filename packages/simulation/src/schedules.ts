/**
 * The schedules beside the random one: probabilistic concurrency testing, partial-order sampling, delay-bounded. Each is
 * its paper's rule over {@link Choice}s; what may happen at all, and until when it must, is the agenda's.
 */
import type { RandomStream } from '@troupe/core'
import { type Choice, indexOfLargest, type Schedule } from './schedule.ts'

/** Random priorities from 0 to 1, each drawn when it is first asked for. */
class Priorities {
  readonly #random: RandomStream
  readonly #priorities = new WeakMap<object, number>()

  constructor(random: RandomStream) {
    this.#random = random
  }

  of(what: object): number {
    let priority = this.#priorities.get(what)
    if (priority === undefined) {
      priority = this.#random.float()
      this.#priorities.set(what, priority)
    }
    return priority
  }

  give(what: object, priority: number): void {
    this.#priorities.set(what, priority)
  }

  /** It draws anew when it is next asked for. */
  forget(what: object): void {
    this.#priorities.delete(what)
  }
}

/**
 * Priority change points. Each chain has a random priority, and the highest always goes; at `depth - 1` random steps of
 * the first `steps`, the one about to go falls below all that have not fallen. A bug that needs `depth` events in order
 * is found with a probability of at least 1 / (chains * steps^(depth - 1)), where nothing is forced by time.
 *
 * Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs,
 * ASPLOS 2010. For messages: Ozkan, Majumdar, Niksic, Befrouei, Weissenbacher: Randomized Testing of Distributed Systems
 * with Probabilistic Guarantees, OOPSLA 2018, whose chains are here the actors and the links between nodes.
 */
export class PriorityChangePoints implements Schedule {
  readonly #priorities: Priorities
  readonly #changes = new Map<number, number>()
  #step = 0

  constructor(random: RandomStream, depth: number, steps: number) {
    this.#priorities = new Priorities(random)
    // Fallen priorities are below 0, those of chains that have not fallen from 0 to 1.
    for (let change = 1; change < depth; change++) this.#changes.set(1 + random.int(steps), -change)
  }

  choose(choices: readonly Choice[]): number {
    const priority = ({ chain }: Choice) => this.#priorities.of(chain)
    const best = indexOfLargest(choices, priority)
    const fallen = this.#changes.get(++this.#step)
    if (fallen === undefined) return best
    this.#priorities.give((choices[best] as Choice).chain, fallen)
    return indexOfLargest(choices, priority)
  }
}

/**
 * Partial-order sampling. Each event has a random priority of its own, and the highest goes; those that raced with it
 * draw anew, so that orders of independent events do not crowd out orders of racing ones. Two deliveries race when they
 * are for one node; turns of different actors are taken not to, and the next turn of an actor is a new event.
 *
 * Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling, CAV 2018.
 */
export class PartialOrderSampling implements Schedule {
  readonly #priorities: Priorities

  constructor(random: RandomStream) {
    this.#priorities = new Priorities(random)
  }

  choose(choices: readonly Choice[]): number {
    const best = indexOfLargest(choices, (choice) => this.#priorities.of(choice))
    const { kind, node } = choices[best] as Choice
    if (kind === 'delivery') {
      for (const choice of choices) {
        if (choice.kind === 'delivery' && choice.node === node) this.#priorities.forget(choice)
      }
    }
    return best
  }
}

/**
 * Delay-bounded. Without a delay everything happens as early as it may, in one fixed order; at each of `delays` random
 * steps of the first `steps`, what is about to happen goes behind all else, for as long as its bound in time lets it.
 *
 * Emmi, Qadeer, Rakamaric: Delay-Bounded Scheduling, POPL 2011.
 */
export class DelayBounded implements Schedule {
  readonly #delays = new Set<number>()
  readonly #delayed = new WeakMap<Choice, number>()
  #step = 0

  constructor(random: RandomStream, delays: number, steps: number) {
    for (let delay = 0; delay < delays; delay++) this.#delays.add(1 + random.int(steps))
  }

  choose(choices: readonly Choice[]): number {
    const step = ++this.#step
    const first = this.#first(choices)
    if (!this.#delays.has(step)) return first
    this.#delayed.set(choices[first] as Choice, step)
    return this.#first(choices)
  }

  #first(choices: readonly Choice[]): number {
    let best = 0
    for (let index = 1; index < choices.length; index++) {
      if (this.#before(choices[index] as Choice, choices[best] as Choice)) best = index
    }
    return best
  }

  #before(one: Choice, other: Choice): boolean {
    const oneDelayed = this.#delayed.get(one) ?? 0
    const otherDelayed = this.#delayed.get(other) ?? 0
    if (oneDelayed !== otherDelayed) return oneDelayed < otherDelayed
    if (one.earliestMs !== other.earliestMs) return one.earliestMs < other.earliestMs
    return one.number < other.number
  }
}
