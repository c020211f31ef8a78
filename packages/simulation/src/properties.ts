/**
 * The properties of a run: what must always hold, what a campaign must reach, what must come to hold once the faults are
 * over. All are looked at after every step, from outside the actors.
 */
import { ConfigurationError } from '@troupe/core'
import type { VirtualClock } from '@troupe/core/host'
import type { SystemView } from './cell-view.ts'
import type { ProgramScopes } from './scopes.ts'

/** Called after a step with the system as it then is. */
export type Predicate = (view: SystemView) => boolean

/** Fails by throwing, or by returning `false`. */
export type AlwaysPredicate = (view: SystemView) => boolean | void

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
  readonly failed: boolean
  /** Where predicates run: as the program's code. */
  program(what: string): ProgramScopes
  breach(breach: PropertyBreach): void
  drain(): void
}

/** A predicate and where it runs. */
interface Looked {
  readonly predicate: AlwaysPredicate
  readonly scopes: ProgramScopes
}

interface NamedLooked extends Looked {
  readonly name: string
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
  readonly #always = new Map<string, NamedLooked>()
  /** The same, in a list: it is gone through after every step. */
  readonly #alwaysListed: NamedLooked[] = []
  readonly #claims = new Map<string, boolean>()
  readonly #unreached = new Map<string, Looked>()
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

  always(name: string, predicate: AlwaysPredicate): void {
    if (this.#always.has(name)) throw new ConfigurationError(`there is a property ${name} already`)
    const looked = { name, ...this.#looked('always', name, predicate) }
    this.#always.set(name, looked)
    this.#alwaysListed.push(looked)
  }

  sometimes(name: string, condition: boolean | Predicate): void {
    if (typeof condition === 'boolean') {
      this.#claims.set(name, condition || this.#claims.get(name) === true)
      if (condition) this.#unreached.delete(name)
      return
    }
    if (this.#claims.has(name)) throw new ConfigurationError(`there is a claim ${name} already`)
    this.#claims.set(name, false)
    this.#unreached.set(name, this.#looked('sometimes', name, condition))
  }

  eventually(name: string, { withinMs, predicate }: EventuallyOptions): Promise<void> {
    if (!(withinMs > 0 && withinMs < Number.POSITIVE_INFINITY)) {
      throw new ConfigurationError(`eventually ${name}: withinMs must be a number above 0, got ${withinMs}`)
    }
    if (!this.healed) {
      throw new ConfigurationError(
        `eventually ${name}: nothing need come to hold while faults go on; await world.heal() first`,
      )
    }
    if (this.#demands.has(name)) throw new ConfigurationError(`eventually ${name} is demanded already`)
    const { promise, resolve } = Promise.withResolvers<void>()
    const late = this.#host.clock.schedule(withinMs, () => {
      this.#demands.delete(name)
      const what = `eventually ${name}: it did not come to hold within ${withinMs} ms`
      this.#host.breach({ reason: 'eventually', property: name, what })
    })
    const settle = () => {
      late.cancel()
      this.#host.drain()
      resolve()
    }
    this.#demands.set(name, { ...this.#looked('eventually', name, predicate), settle })
    return promise
  }

  /** A step is over. Ends at the first that does not hold. */
  check(): void {
    const always = this.#alwaysListed
    for (let index = 0; index < always.length; index++) {
      if (this.#host.failed) return
      const looked = always[index] as NamedLooked
      const { name } = looked
      if (this.#holds('always', name, looked) !== false) continue
      this.#host.breach({ reason: 'always', property: name, what: `always ${name}: it does not hold` })
    }
    if (this.#unreached.size > 0) this.#checkUnreached()
    if (this.#demands.size > 0) this.#checkDemands()
  }

  #checkUnreached(): void {
    for (const [name, looked] of this.#unreached) {
      if (this.#host.failed) return
      if (this.#holds('sometimes', name, looked) !== true) continue
      this.#unreached.delete(name)
      this.#claims.set(name, true)
    }
  }

  #checkDemands(): void {
    for (const [name, demand] of this.#demands) {
      if (this.#host.failed) return
      if (this.#holds('eventually', name, demand) !== true) continue
      this.#demands.delete(name)
      demand.settle()
    }
  }

  #looked(reason: PropertyBreach['reason'], name: string, predicate: AlwaysPredicate): Looked {
    return { predicate, scopes: this.#host.program(`${reason} ${name}`) }
  }

  /** What the predicate says; one that throws is a breach. */
  #holds(reason: PropertyBreach['reason'], name: string, { predicate, scopes }: Looked): boolean | void {
    this.checks++
    try {
      return scopes.run(predicate, this.#host.view)
    } catch (cause) {
      const what = `${reason} ${name}: ${cause instanceof Error ? cause.message : String(cause)}`
      this.#host.breach({ reason, property: name, what, cause })
      return undefined
    }
  }
}
