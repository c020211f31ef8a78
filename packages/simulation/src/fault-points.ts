/**
 * Fault points: places that actor code names with `ctx.faultPoint(name)`, where a plan, the test or chance may let
 * something go wrong in the middle of a turn. They are counted, so that a campaign knows which of them it has reached.
 */
import { ConfigurationError, TroupeError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption, shownValue } from '@troupe/core/host'
import type { FaultDecisions } from './fault-decisions.ts'
import { exponential } from './fault-knobs.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** How long a pause and a delay by chance last, on average, in milliseconds. */
const pauseMs = 200
const delayMsMean = 20
/** Names of fault points in one run. */
const namesMax = 10_000

/**
 * What happens at a fault point. `crash`: the node stops right there, and comes back after a while. `throw`: a
 * {@link FaultPointError}. `pause`: the node stops for about 200 ms, and with it a turn that awaits the point.
 * `delayMs`: a turn that awaits the point goes on so many virtual milliseconds later.
 */
export type FaultPointAction = 'crash' | 'throw' | 'pause' | { readonly delayMs: number }

/** One passage of a fault point. */
export interface FaultPointPassage {
  readonly name: string
  readonly node: string
  /** The path of the actor whose turn it is. */
  readonly actor: string
  /** How often the point was reached in this run, this time with it. */
  readonly count: number
}

/** Decides at each passage; what it returns is done, `undefined` is nothing. */
export type FaultPointRule = FaultPointAction | ((passage: FaultPointPassage) => FaultPointAction | undefined)

/** The probabilities of what happens at each passage of a point; their sum is at most 1. */
export interface FaultPointOdds {
  readonly crash?: number
  readonly throw?: number
  readonly pause?: number
  /** By 20 ms on average. */
  readonly delay?: number
}

/** The odds of points by their names; `'*'` is for those that are not named. */
export type FaultPointKnobs = Readonly<Record<string, FaultPointOdds>>

/** A fault point threw, or its node crashed there. */
export class FaultPointError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_FAULT_POINT', message, facts)
  }
}

const knownOdds: KnownOptions<FaultPointOdds> = { crash: true, throw: true, pause: true, delay: true }
const oddsNames = Object.keys(knownOdds) as (keyof FaultPointOdds)[]

/** The knobs as they were given; throws a `ConfigurationError` when one is malformed. */
export function checkPoints(points: FaultPointKnobs): FaultPointKnobs {
  requireOption(typeof points === 'object' && points !== null, 'faults.points', 'odds by name', points)
  for (const [name, odds] of Object.entries(points)) {
    const where = `faults.points['${name}']`
    refuseUnknownOptions(where, odds, knownOdds)
    let sum = 0
    for (const [action, probability] of Object.entries(odds)) {
      sum += probability
      const isShare = Number.isFinite(probability) && probability >= 0 && sum <= 1
      requireOption(
        isShare,
        `${where}.${action}`,
        'a probability from 0; all of a point add up to 1 at most',
        probability,
      )
    }
  }
  return points
}

export class FaultPoints {
  /** How often each point was reached. */
  readonly reached = new Map<string, number>()
  readonly #core: SimulationCore
  readonly #knobs: FaultPointKnobs
  readonly #decisions: FaultDecisions
  readonly #rules = new Map<string, Set<FaultPointRule>>()
  readonly #crash: (node: SimulatedNode, error: Error) => void
  /** Whether anything happens by chance. */
  injecting = true

  /** `crash` ends a node that comes back. */
  constructor(
    core: SimulationCore,
    knobs: FaultPointKnobs,
    decisions: FaultDecisions,
    crash: (node: SimulatedNode, error: Error) => void,
  ) {
    this.#core = core
    this.#knobs = knobs
    this.#decisions = decisions
    this.#crash = crash
  }

  /** Lets `rule` decide at each passage of the point, until the function that it returns is called. */
  arm(name: string, rule: FaultPointRule): () => void {
    checkName(name)
    if (typeof rule !== 'function') checkAction(name, rule)
    const rules = this.#rules.get(name) ?? new Set()
    // A rule of one's own: the same action may be armed twice.
    const own: FaultPointRule = typeof rule === 'function' ? (passage) => rule(passage) : () => rule
    this.#rules.set(name, rules.add(own))
    return () => void rules.delete(own)
  }

  /** A turn on `node` has come to a point. Its own node's code may be on another epoch's stack: that one is not heard. */
  reach(node: SimulatedNode, actor: string, name: string): Promise<void> | undefined {
    checkName(name)
    const count = (this.reached.get(name) ?? 0) + 1
    if (count === 1 && this.reached.size >= namesMax) {
      throw new ConfigurationError(`${actor}: there are ${namesMax} fault points already; name places, not values`)
    }
    this.reached.set(name, count)
    const passage = { name, node: node.name, actor, count }
    const action = this.#ruled(passage) ?? this.#drawn(passage)
    if (action === undefined || node.isMain) return undefined
    return this.#carryOut(action, node, passage)
  }

  #ruled(passage: FaultPointPassage): FaultPointAction | undefined {
    for (const rule of [...(this.#rules.get(passage.name) ?? [])]) {
      const action = typeof rule === 'function' ? rule(passage) : rule
      if (action !== undefined) return checkAction(passage.name, action)
    }
    return undefined
  }

  #drawn({ name, actor }: FaultPointPassage): FaultPointAction | undefined {
    const known = Object.hasOwn(this.#knobs, name) ? this.#knobs[name] : this.#knobs['*']
    const odds = this.injecting ? known : undefined
    if (odds === undefined) return undefined
    const sum = oddsNames.reduce((all, action) => all + (odds[action] ?? 0), 0)
    const site = this.#decisions.site(`${name} in ${actor}`)
    const random = this.#decisions.strikes('faultPoint', site, sum)
    if (random === undefined) return undefined
    let draw = random.float() * sum
    for (const action of oddsNames) {
      draw -= odds[action] ?? 0
      if (draw < 0) return action === 'delay' ? { delayMs: exponential(random, delayMsMean) } : action
    }
    return undefined
  }

  #carryOut(action: FaultPointAction, node: SimulatedNode, passage: FaultPointPassage): Promise<void> | undefined {
    const { name, actor } = passage
    const what = typeof action === 'string' ? action : 'delay'
    this.#core.trace.record({ type: 'faultPoint', node: node.name, detail: `${name}: ${what} of ${actor}` })
    switch (action) {
      case 'crash': {
        const error = new FaultPointError(`the node crashed at fault point ${name} of ${actor}`, { ...passage })
        this.#crash(node, error)
        throw error
      }
      case 'throw':
        throw new FaultPointError(`${actor} was told to fail at fault point ${name}`, { ...passage })
      case 'pause': {
        const { epoch } = node
        node.pause()
        this.#core.clock.schedule(exponential(this.#core.random.stream(`fault point ${name}`), pauseMs), () => {
          if (node.epoch === epoch) node.resume()
        })
        return this.#later(node, 0)
      }
      default:
        return this.#later(node, action.delayMs)
    }
  }

  /** Resolves so much later, as an event of the node: never, if it has crashed by then. */
  #later(node: SimulatedNode, delayMs: number): Promise<void> {
    const { epoch } = node
    return new Promise((resolve) => {
      this.#core.clock.schedule(delayMs, () => {
        node.perform(epoch, () => resolve())
      })
    })
  }
}

/** Throws a `ConfigurationError` for what is no name of a fault point. */
export function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name === '*') {
    throw new ConfigurationError(`a fault point needs a name other than '*', got ${shownValue(name)}`)
  }
}

/** The action as it was given; throws a `ConfigurationError` when it is none. */
export function checkAction(name: string, action: FaultPointAction): FaultPointAction {
  const valid =
    typeof action === 'object' && action !== null
      ? Number.isFinite(action.delayMs) && action.delayMs >= 0
      : ['crash', 'throw', 'pause'].includes(action)
  if (valid) return action
  throw new ConfigurationError(
    `fault point ${name}: an action is 'crash', 'throw', 'pause' or { delayMs } from 0, got ${shownValue(action)}`,
  )
}
