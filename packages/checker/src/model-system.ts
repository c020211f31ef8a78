/**
 * A model as a transition system. A state that is an object takes one integer for each of its keys, the variables of the
 * model; any other state takes one. A variable that an action leaves alone is the same object, and keeps its number.
 */
import { ConfigurationError } from '@troupe/core'
import { requireOption } from '@troupe/core/host'
import { isPlain } from './canonical-value.ts'
import { CheckerError } from './checker-error.ts'
import { Interner } from './interner.ts'
import { type Model, Witness } from './model.ts'
import type { NumberLog } from './number-log.ts'
import { renamedValue } from './renamed-value.ts'
import type { Renaming, SymmetricSystem } from './symmetry.ts'
import type { SystemStep, TransitionSystem, Visit } from './transition-system.ts'
import { ValueTable } from './value-table.ts'

/** An action taken. */
export interface ModelStep extends SystemStep {
  readonly action: string
  readonly parameters: readonly unknown[]
}

/** An action that threw has this as its error when what it threw is nothing. */
const threwNothing = new Error('the action threw undefined')

export class ModelSystem<State> implements TransitionSystem<ModelStep>, SymmetricSystem {
  readonly width: number
  readonly #initial: readonly Int32Array[]
  readonly #actions: readonly (readonly [string, Model<State>['actions'][string]])[]
  /** The keys of every state; `undefined` when states are no objects. */
  readonly #variables: readonly string[] | undefined
  readonly #tables: readonly ValueTable[]
  readonly #next: Int32Array
  /** By renaming, then by place: what each number becomes. */
  readonly #renamed: Int32Array[][] = []
  readonly #signatures: Interner<undefined>

  constructor(model: Model<State>, log?: NumberLog) {
    this.#signatures = new Interner(log)
    this.#actions = Object.entries(model.actions)
    const given: unknown = model.init()
    const isList = typeof given === 'object' && given !== null && Symbol.iterator in given
    requireOption(isList, 'what init of a model returns', 'a list or an iterable of states', given)
    const states = [...(given as Iterable<State>)]
    if (states.length === 0) throw new ConfigurationError('model: init yields no state; give at least one')
    const [first] = states
    this.#variables = isRecord(first) ? Object.keys(first) : undefined
    this.width = this.#variables?.length ?? 1
    this.#tables = Array.from({ length: this.width }, () => new ValueTable(log))
    this.#next = new Int32Array(this.width)
    this.#initial = states.map((state) => {
      this.#number(state, undefined, undefined, 'init')
      return this.#next.slice()
    })
  }

  initial(): readonly Int32Array[] {
    return this.#initial
  }

  expand(tuple: Int32Array, visit: Visit<ModelStep>): boolean {
    const state = this.state(tuple)
    for (const [action, take] of this.#actions) {
      try {
        for (const result of take(state)) {
          const isWitness = result instanceof Witness
          this.#number(isWitness ? result.state : result, state, tuple, action)
          const parameters = isWitness ? result.parameters : []
          if (visit({ action, parameters, error: undefined }, this.#next)) return true
        }
      } catch (error) {
        if (error instanceof CheckerError) throw error
        if (visit({ action, parameters: [], error: error ?? threwNothing }, tuple)) return true
      }
    }
    return false
  }

  /** The state that `tuple` stands for. Frozen. */
  state(tuple: Int32Array): State {
    const variables = this.#variables
    if (variables === undefined) return this.#value(0, tuple) as State
    const state: Record<string, unknown> = {}
    for (let place = 0; place < this.width; place++) state[variables[place] as string] = this.#value(place, tuple)
    return Object.freeze(state) as State
  }

  renamed(tuple: Int32Array, renaming: Renaming, into: Int32Array): void {
    this.#renamed[renaming.index] ??= this.#tables.map(() => new Int32Array(64).fill(-1))
    const tables = this.#renamed[renaming.index] as Int32Array[]
    for (let place = 0; place < this.width; place++) {
      const value = tuple[place] as number
      const known = (tables[place] as Int32Array)[value] ?? -1
      into[place] = known >= 0 ? known : this.#rename(place, value, renaming, tables)
    }
  }

  signature(tuple: Int32Array, view: Renaming): number {
    const renamed = new Int32Array(this.width)
    this.renamed(tuple, view, renamed)
    return this.#signatures.intern(renamed.join(), () => undefined)
  }

  #rename(place: number, value: number, renaming: Renaming, tables: Int32Array[]): number {
    const table = this.#tables[place] as ValueTable
    const id = table.intern(renamedValue(table.get(value), renaming), 'the state', refuseIn('symmetry'))
    let known = tables[place] as Int32Array
    if (value >= known.length) {
      const wider = new Int32Array(Math.max(value + 1, known.length * 2)).fill(-1)
      wider.set(known)
      tables[place] = known = wider
    }
    known[value] = id
    return id
  }

  #value(place: number, tuple: Int32Array): unknown {
    return (this.#tables[place] as ValueTable).get(tuple[place] as number)
  }

  /** Writes the numbers of `state` to `#next`; a variable that is the same as in `before` has the number that it had. */
  #number(state: State, before: State | undefined, tuple: Int32Array | undefined, action: string): void {
    const variables = this.#variables
    if (variables === undefined) {
      this.#next[0] = (this.#tables[0] as ValueTable).intern(state, 'the state', refuseIn(action))
      return
    }
    if (!isRecord(state) || Object.keys(state).length !== this.width) throw differs(action, variables, state)
    for (let place = 0; place < this.width; place++) {
      const variable = variables[place] as string
      const value = state[variable]
      if (tuple !== undefined && value === (before as Record<string, unknown>)[variable] && value !== 0) {
        this.#next[place] = tuple[place] as number
        continue
      }
      if (value === undefined && !Object.hasOwn(state, variable)) throw differs(action, variables, state)
      this.#next[place] = (this.#tables[place] as ValueTable).intern(value, variable, refuseIn(action))
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
}

const refuseIn = (action: string) => (path: string, what: string) =>
  new CheckerError(`model, ${action}: ${path} is ${what}; states are plain data, Map, Set and references`, { action })

function differs(action: string, variables: readonly string[], state: unknown): CheckerError {
  const keys = isRecord(state) ? Object.keys(state).join(', ') : typeof state
  return new CheckerError(
    `model, ${action}: a state has ${keys || 'no keys'}, the first had ${variables.join(', ')}; give every state the same keys`,
    { action },
  )
}
