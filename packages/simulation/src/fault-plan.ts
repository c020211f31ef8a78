/**
 * A fault plan: what goes wrong when, written down by the test, in virtual time.
 *
 *     world.at('5s').partition(['a', 'b'], ['c'], { for: '2s' }).at('8s').crash('a').after('500ms').restart('a')
 *
 * Each step is an event of the run at its time; steps of one time happen in the order in which they are written. What
 * is wrong with a step (a node that is not there, a time that has passed) is said at once, not when its time comes.
 */
import { ConfigurationError } from '@troupe/core'
import { refuseUnknownOptions, shownValue } from '@troupe/core/host'
import { checkFactor, checkGapMs, checkGroup, checkJumpMs, checkPartition, checkRing } from './fault-amounts.ts'
import { checkAction, checkName, type FaultPointAction } from './fault-points.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A time or a duration: virtual milliseconds, or a number with its unit: `'250ms'`, `'1.5s'`, `'2m'`. */
export type Duration = number | string

/** How long a step of a plan lasts. */
export interface PlanStepOptions {
  /** Default: until the run heals. */
  readonly for?: Duration
}

/** What plans are made over. */
export interface PlanHost {
  readonly world: SimulatedWorld
  /** Virtual milliseconds now. */
  now(): number
  schedule(delayMs: number, run: () => void): void
  /** A step failed: so does the run. */
  failed(error: unknown): void
  /** Whether the step that is being written takes part in this run. */
  takesPart(): boolean
  /** Throws when there is no such node that may fail. */
  checkNode(name: string): void
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** The milliseconds of a duration; throws a `ConfigurationError` when it is none. */
function millisecondsOf(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0 && duration < Number.POSITIVE_INFINITY) return duration
  } else {
    const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(duration) ?? []
    if (unit !== undefined) return Number(count) * (unitMs[unit] as number)
  }
  throw new ConfigurationError(
    `a time is milliseconds from 0 or a number with its unit, such as '250ms', '1.5s' or '2m', got ${shownValue(duration)}`,
  )
}

export class FaultPlan {
  readonly #host: PlanHost
  readonly #atMs: number

  /** Made by `world.at`. */
  constructor(host: PlanHost, at: Duration) {
    this.#host = host
    this.#atMs = millisecondsOf(at)
    if (this.#atMs < host.now()) {
      throw new ConfigurationError(`a plan's time is ${this.#atMs} ms since the start of the run, which has passed`)
    }
  }

  /** Goes on at another time since the start of the run. */
  at(time: Duration): FaultPlan {
    return new FaultPlan(this.#host, time)
  }

  /** Goes on so much later than the step before. */
  after(duration: Duration): FaultPlan {
    return new FaultPlan(this.#host, this.#atMs + millisecondsOf(duration))
  }

  /** Cuts the network between two groups, in one direction with `oneWay`. */
  partition(
    from: readonly string[],
    to: readonly string[],
    options: PlanStepOptions & { readonly oneWay?: boolean } = {},
  ): this {
    const { for: lasts, ...others } = options
    checkPartition(others)
    const { oneWay = false } = others
    return this.#lasting(groups(from, to), lasts === undefined ? {} : { for: lasts }, (world) => {
      const partition = world.partition(from, to, { oneWay })
      return () => partition.heal()
    })
  }

  /** Each of the nodes sees only its neighbours in the ring. */
  partitionRing(ring: readonly string[], options: PlanStepOptions = {}): this {
    checkRing(ring)
    return this.#lasting(ring, options, (world) => {
      const partition = world.partitionRing(ring)
      return () => partition.heal()
    })
  }

  /** What is sent waits until it ends. */
  hold(from: readonly string[], to: readonly string[], options: PlanStepOptions = {}): this {
    return this.#spell(groups(from, to), options, (world) => world.hold(from, to))
  }

  /** What is sent takes `factor` times as long. */
  slow(from: readonly string[], to: readonly string[], factor: number, options: PlanStepOptions = {}): this {
    checkFactor(factor)
    return this.#spell(groups(from, to), options, (world) => world.slow(from, to, factor))
  }

  /** One frame arrives every `gapMs` milliseconds at most. */
  clog(from: readonly string[], to: readonly string[], gapMs: number, options: PlanStepOptions = {}): this {
    checkGapMs(gapMs)
    return this.#spell(groups(from, to), options, (world) => world.clog(from, to, gapMs))
  }

  /** Tells and asks are refused, sends wait. */
  fillChannel(from: readonly string[], to: readonly string[], options: PlanStepOptions = {}): this {
    return this.#spell(groups(from, to), options, (world) => world.fillChannel(from, to))
  }

  /** The disk has no room. */
  fillDisk(node: string, options: PlanStepOptions = {}): this {
    return this.#spell([node], options, (world) => world.fillDisk(node))
  }

  /** The disk takes `factor` times as long. */
  slowDisk(node: string, factor: number, options: PlanStepOptions = {}): this {
    checkFactor(factor)
    return this.#spell([node], options, (world) => world.slowDisk(node, factor))
  }

  /** The node stops at once; with `for`, it comes back after so long. */
  crash(node: string, options: PlanStepOptions = {}): this {
    return this.#lasting([node], options, (world) => {
      world.crash(node)
      return () => void world.restart(node)
    })
  }

  /** The thread of the node ends; with `for`, it comes back after so long. */
  exit(node: string, options: PlanStepOptions = {}): this {
    return this.#lasting([node], options, (world) => {
      world.exit(node)
      return () => void world.restart(node)
    })
  }

  /** Starts a node that is down. */
  restart(node: string): this {
    return this.#step([node], (world) => void world.restart(node), false)
  }

  /** The node does nothing. */
  pause(node: string, options: PlanStepOptions = {}): this {
    return this.#lasting([node], options, (world) => {
      world.pause(node)
      return () => world.resume(node)
    })
  }

  /** Lets a paused node go on. */
  resume(node: string): this {
    return this.#step([node], (world) => world.resume(node), false)
  }

  /** Flips one bit of the node's disk. */
  rot(node: string): this {
    return this.#step([node], (world) => void world.rot(node))
  }

  /** Sets the node's clock ahead, back when below 0. */
  jumpClock(node: string, byMs: number): this {
    checkJumpMs(byMs)
    return this.#step([node], (world) => world.jumpClock(node, byMs))
  }

  /** From then on, the next passage of a fault point does this; with `for`, every passage in that time. */
  faultPoint(name: string, action: FaultPointAction, options: PlanStepOptions = {}): this {
    checkName(name)
    checkAction(name, action)
    return this.#lasting([], options, (world) => {
      const once = options.for === undefined
      const armed = world.faultPoint(name, () => {
        if (once) armed.end()
        return action
      })
      return () => armed.end()
    })
  }

  /** Ends all faults for good, those by chance too, and brings every node back; what the plan has later still happens. */
  heal(): this {
    return this.#step([], (world) => void world.heal(), false)
  }

  #spell(nodes: readonly string[], options: PlanStepOptions, begin: (world: SimulatedWorld) => { end(): void }): this {
    return this.#lasting(nodes, options, (world) => {
      const spell = begin(world)
      return () => spell.end()
    })
  }

  #lasting(nodes: readonly string[], options: PlanStepOptions, begin: (world: SimulatedWorld) => () => void): this {
    refuseUnknownOptions('a step of a plan', options, { for: true })
    const lastsMs = options.for === undefined ? undefined : millisecondsOf(options.for)
    return this.#step(nodes, (world) => {
      const end = begin(world)
      if (lastsMs !== undefined) this.#host.schedule(lastsMs, end)
    })
  }

  /** One step; what ends faults takes part in every run, whatever was taken away. */
  #step(nodes: readonly string[], run: (world: SimulatedWorld) => void, isFault = true): this {
    const { world, now, failed, checkNode, schedule } = this.#host
    for (const node of nodes) checkNode(node)
    if (isFault && !this.#host.takesPart()) return this
    schedule(this.#atMs - now(), () => {
      try {
        run(world)
      } catch (error) {
        failed(error)
      }
    })
    return this
  }
}

/** All nodes of two groups. */
function groups(from: readonly string[], to: readonly string[]): readonly string[] {
  checkGroup(from)
  checkGroup(to)
  return [...from, ...to]
}
