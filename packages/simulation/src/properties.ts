/**
 * The properties of a run: what must always hold, what a campaign must reach, what must come to hold once the faults are
 * over. All are looked at after every step, from outside the actors.
 */
import { type ActorDefinition, ConfigurationError } from '@troupe/core'
import {
  isDefinition,
  isThenable,
  type KnownOptions,
  refuseUnknownOptions,
  requireOption,
  shownValue,
  type VirtualClock,
} from '@troupe/core/host'
import type { SystemView } from './cell-view.ts'
import type { ProgramScopes } from './scopes.ts'

/** Called after a step with the system as it then is. */
export type Predicate = (view: SystemView) => boolean

/** Fails by throwing, or by returning `false`. */
export type AlwaysPredicate = (view: SystemView) => boolean | void

/** When a property is looked at. */
export interface AlwaysOptions {
  /** Now, and after steps that may have changed the state of an actor of this definition or for which `look` was called. Default: all. */
  readonly of?: ActorDefinition<any, any>
}

/** A property that always holds. */
export interface AlwaysProperty {
  /** Has it looked at after this step, whatever has changed. */
  look(): void
}

/** What is demanded of the time after the faults. */
export interface EventuallyOptions {
  /** Virtual milliseconds from the call within which it must hold at some step; above 0. */
  readonly withinMs: number
  readonly predicate: Predicate
}

/** The claims of a run by name: whether it reached them. */
export type Claims = Readonly<Record<string, boolean>>

/** A property that does not hold, or that threw. */
export interface PropertyBreach {
  readonly reason: 'always' | 'sometimes' | 'eventually'
  readonly property: string
  readonly what: string
  readonly cause?: unknown
}

/** What properties need of the run. */
export interface PropertyHost {
  readonly clock: VirtualClock
  readonly view: SystemView
  readonly hasFailed: boolean
  /** True when the step may have changed the state of an actor of this definition. */
  hasChanged(definition: ActorDefinition<any, any>): boolean
  /** Where predicates run: as the program's code. */
  programScopes(what: string): ProgramScopes
  fail(breach: PropertyBreach): void
}

/** A predicate and where it runs. */
interface Looked {
  readonly predicate: AlwaysPredicate
  readonly scopes: ProgramScopes
}

interface Always extends Looked {
  readonly name: string
  readonly of: ActorDefinition<any, any> | undefined
  isDue: boolean
}

/** One demand of `eventually` that has not come to hold yet. */
interface Demand extends Looked {
  readonly settle: () => void
}

export class Properties {
  /** Predicates evaluated so far. */
  checks = 0
  /** True once the faults were ended. */
  healed = false
  readonly #host: PropertyHost
  readonly #always = new Map<string, Always>()
  /** The same, in a list: it is gone through after every step. */
  readonly #alwaysListed: Always[] = []
  readonly #claims = new Map<string, boolean>()
  readonly #unreached = new Map<string, Looked>()
  /** The claims that are predicates. */
  readonly #predicated = new Set<string>()
  readonly #demands = new Map<string, Demand>()

  constructor(host: PropertyHost) {
    this.#host = host
  }

  /** True while something is still to come to hold. */
  get undecided(): boolean {
    return this.#demands.size > 0
  }

  get claims(): Claims {
    return Object.fromEntries(this.#claims)
  }

  always(name: string, predicate: AlwaysPredicate, options: AlwaysOptions = {}): AlwaysProperty {
    checkNamed('always', name, predicate)
    refuseUnknownOptions(`always ${name}`, options, knownOfAlways)
    const { of } = options
    requireOption(of === undefined || isDefinition(of), `always ${name}: of`, 'the definition of an actor', of)
    if (this.#always.has(name)) throw taken('always', name)
    const looked = { name, of, isDue: true, ...this.#looked('always', name, predicate) }
    this.#always.set(name, looked)
    this.#alwaysListed.push(looked)
    const look = () => {
      looked.isDue = true
    }
    return { look }
  }

  sometimes(name: string, condition: boolean | Predicate): void {
    if (typeof condition === 'boolean') {
      checkName('sometimes', name)
      if (this.#predicated.has(name)) throw taken('sometimes', name)
      this.#claims.set(name, condition || this.#claims.get(name) === true)
      return
    }
    checkNamed('sometimes', name, condition, 'true, false or a function of the view that returns one of them')
    if (this.#claims.has(name)) throw taken('sometimes', name)
    this.#predicated.add(name)
    this.#claims.set(name, false)
    this.#unreached.set(name, this.#looked('sometimes', name, condition))
  }

  eventually(name: string, options: EventuallyOptions): Promise<void> {
    refuseUnknownOptions(`eventually ${name}`, options, knownOfEventually)
    const { withinMs, predicate } = options
    checkNamed('eventually', name, predicate)
    const isTime = Number.isFinite(withinMs) && withinMs > 0
    requireOption(isTime, `eventually ${name}: withinMs`, 'a number above 0', withinMs)
    if (!this.healed) {
      throw new ConfigurationError(
        `eventually ${name}: nothing need come to hold while faults go on; await world.heal() first`,
      )
    }
    if (this.#demands.has(name)) throw taken('eventually', name)
    const { promise, resolve } = Promise.withResolvers<void>()
    const late = this.#host.clock.schedule(withinMs, () => {
      this.#demands.delete(name)
      const what = `eventually ${name}: it did not come to hold within ${withinMs} ms`
      this.#host.fail({ reason: 'eventually', property: name, what })
    })
    const settle = () => {
      late.cancel()
      resolve()
    }
    this.#demands.set(name, { ...this.#looked('eventually', name, predicate), settle })
    return promise
  }

  /** A step is over. Ends at the first that does not hold. */
  check(): void {
    const always = this.#alwaysListed
    for (let index = 0; index < always.length; index++) {
      if (this.#host.hasFailed) return
      const looked = always[index] as Always
      const { name, of, isDue } = looked
      if (of !== undefined && !isDue && !this.#host.hasChanged(of)) continue
      looked.isDue = false
      if (this.#holds('always', name, looked) !== false) continue
      this.#host.fail({ reason: 'always', property: name, what: `always ${name}: it does not hold` })
    }
    if (this.#unreached.size > 0) this.#checkUnreached()
    if (this.#demands.size > 0) this.#checkDemands()
  }

  #checkUnreached(): void {
    for (const [name, looked] of this.#unreached) {
      if (this.#host.hasFailed) return
      if (this.#holds('sometimes', name, looked) !== true) continue
      this.#unreached.delete(name)
      this.#claims.set(name, true)
    }
  }

  #checkDemands(): void {
    for (const [name, demand] of this.#demands) {
      if (this.#host.hasFailed) return
      if (this.#holds('eventually', name, demand) !== true) continue
      this.#demands.delete(name)
      demand.settle()
    }
  }

  #looked(reason: PropertyBreach['reason'], name: string, predicate: AlwaysPredicate): Looked {
    return { predicate, scopes: this.#host.programScopes(`${reason} ${name}`) }
  }

  /** What the predicate says; one that throws is a breach. */
  #holds(reason: PropertyBreach['reason'], name: string, looked: Looked): boolean | void {
    this.checks++
    try {
      return verdictOf(reason, looked.scopes.run(looked.predicate, this.#host.view))
    } catch (cause) {
      const what = `${reason} ${name}: ${cause instanceof Error ? cause.message : String(cause)}`
      this.#host.fail({ reason, property: name, what, cause })
      return undefined
    }
  }
}

const knownOfAlways: KnownOptions<AlwaysOptions> = { of: true }
const knownOfEventually: KnownOptions<EventuallyOptions> = { withinMs: true, predicate: true }

function checkName(reason: PropertyBreach['reason'], name: string): void {
  requireOption(typeof name === 'string' && name !== '', `the name of ${reason}`, 'a text that is not empty', name)
}

function checkNamed(
  reason: PropertyBreach['reason'],
  name: string,
  predicate: unknown,
  needed = 'a function of the view that returns true or false',
): void {
  checkName(reason, name)
  requireOption(typeof predicate === 'function', `${reason} ${name}`, needed, predicate)
}

function taken(reason: PropertyBreach['reason'], name: string): ConfigurationError {
  return new ConfigurationError(`${reason} ${name}: there is one of that name already; give each a name of its own`, {
    property: name,
  })
}

/** What a predicate returned; throws a `ConfigurationError` for a promise, and for what else is no verdict. */
function verdictOf(reason: PropertyBreach['reason'], verdict: unknown): boolean | undefined {
  if (typeof verdict === 'boolean' || (verdict === undefined && reason === 'always')) return verdict
  // What becomes of it is nobody's concern any more.
  if (isThenable(verdict)) Promise.resolve(verdict).catch(() => {})
  const needed = reason === 'always' ? 'true or false, or nothing and throw' : 'true or false'
  throw new ConfigurationError(`a predicate is synchronous and returns ${needed}, got ${shownValue(verdict)}`, {
    reason,
  })
}
