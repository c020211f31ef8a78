/** The properties of a check: what they are, when they are looked at, and what is known of them in the end. */
import { CheckerError } from './checker-error.ts'
import type { Explorer } from './explorer.ts'
import { type Lasso, StateGraph } from './state-graph.ts'

/** A predicate over states. A function of the state alone, without effects. */
export type Predicate<View> = (view: View) => boolean

/** What a system is to be, by name. */
export interface Properties<View> {
  /** What must be true of every state. A violation ends the search with the shortest counterexample. */
  readonly always?: Readonly<Record<string, Predicate<View>>>
  /** What must be true of some state. */
  readonly sometimes?: Readonly<Record<string, Predicate<View>>>
  /**
   * What must become true on every run, whatever the order of steps: violated by a run that ends, or goes round a
   * cycle, without it. Nothing is assumed to be fair: a step that can be put off for ever may be.
   */
  readonly eventually?: Readonly<Record<string, Predicate<View>>>
  /**
   * Whether a state may be the last of a run, which has no step then: `false` or a predicate makes the others deadlocks,
   * which are violations. Default `true`.
   */
  readonly mayEnd?: boolean | Predicate<View>
  /** Ends the search at the first violation. `false` sees every state and notes the first violation of each. Default `true`. */
  readonly stopAtViolation?: boolean
}

/** Whether a property holds; `unknown` when the search ended before it could tell. */
export type Verdict = 'holds' | 'fails' | 'unknown'

/** What kind of property a run violates: `failed` is a handler, or an action, that threw. */
export type ViolationKind = 'always' | 'eventually' | 'deadlock' | 'failed'

/** A violation, as numbers. */
export interface Violation {
  readonly kind: ViolationKind
  readonly property: string | undefined
  readonly lasso: Lasso
  /** The step that threw; `undefined` for other kinds. */
  readonly failed: unknown
}

type Named<View> = readonly (readonly [string, Predicate<View>])[]

export class PropertyChecks<View> {
  /** In the order of their finding; of one property the first. */
  readonly violations: Violation[] = []
  readonly #always: Named<View>
  readonly #sometimes: Named<View>
  readonly #eventually: Named<View>
  readonly #mayEnd: Predicate<View>
  readonly #stopAtViolation: boolean
  readonly #unseen: Map<string, Predicate<View>>
  /** For each `eventually`, whether it holds in each state. */
  readonly #holds: boolean[][]
  #eventuallyVerdicts: Verdict[] = []
  readonly #explorer: Explorer<any>

  constructor(properties: Properties<View>, explorer: Explorer<any>) {
    this.#always = Object.entries(properties.always ?? {})
    this.#sometimes = Object.entries(properties.sometimes ?? {})
    this.#eventually = Object.entries(properties.eventually ?? {})
    const { mayEnd = true } = properties
    this.#mayEnd = typeof mayEnd === 'boolean' ? () => mayEnd : mayEnd
    this.#stopAtViolation = properties.stopAtViolation ?? true
    this.#unseen = new Map(this.#sometimes)
    this.#holds = this.#eventually.map(() => [])
    this.#explorer = explorer
  }

  /** Looks at a new state; true to end the search. */
  found(view: View, id: number): boolean {
    for (const [name, predicate] of this.#unseen) if (holds(name, predicate, view)) this.#unseen.delete(name)
    for (const [index, held] of this.#holds.entries()) {
      const [name, predicate] = this.#eventually[index] as readonly [string, Predicate<View>]
      held[id] = holds(name, predicate, view)
    }
    for (const [name, predicate] of this.#always) {
      if (!holds(name, predicate, view) && this.#violated('always', name, id, undefined)) return true
    }
    return false
  }

  /** A state without a step; true to end the search. */
  ended(view: View, id: number): boolean {
    return !holds('mayEnd', this.#mayEnd, view) && this.#violated('deadlock', undefined, id, undefined)
  }

  /** A step that threw; true to end the search. */
  failed(step: unknown, id: number): boolean {
    return this.#violated('failed', undefined, id, step)
  }

  /** Looks for runs that violate `eventually`, once the search is over. */
  conclude(): void {
    if (this.#eventually.length === 0) return
    const explorer = this.#explorer
    if (explorer.cut === 'violation') {
      this.#eventuallyVerdicts = this.#eventually.map(() => 'unknown')
      return
    }
    const graph = new StateGraph(explorer)
    this.#eventuallyVerdicts = this.#eventually.map(([property], index) => {
      const held = this.#holds[index] as boolean[]
      const avoided = graph.avoid((id) => held[id] as boolean)
      if (avoided === undefined) return 'holds'
      if (avoided === 'unknown') return 'unknown'
      this.violations.push({ kind: 'eventually', property, lasso: avoided, failed: undefined })
      return 'fails'
    })
  }

  /** What is known of each property. */
  verdicts(): Record<'always' | 'sometimes' | 'eventually', Readonly<Record<string, Verdict>>> {
    const complete = this.#explorer.cut === undefined
    const otherwise = (verdict: Verdict): Verdict => (complete ? verdict : 'unknown')
    const of = (named: Named<View>, verdict: (name: string, index: number) => Verdict) =>
      Object.fromEntries(named.map(([name], index) => [name, verdict(name, index)]))
    return {
      always: of(this.#always, (name) => (this.#isViolated('always', name) ? 'fails' : otherwise('holds'))),
      sometimes: of(this.#sometimes, (name) => (this.#unseen.has(name) ? otherwise('fails') : 'holds')),
      eventually: of(this.#eventually, (_name, index) => this.#eventuallyVerdicts[index] as Verdict),
    }
  }

  #violated(kind: ViolationKind, property: string | undefined, id: number, failed: unknown): boolean {
    if (!this.#isViolated(kind, property)) {
      const lasso = { path: this.#explorer.path(id), loopsTo: undefined }
      this.violations.push({ kind, property, lasso, failed })
    }
    return this.#stopAtViolation
  }

  #isViolated(kind: ViolationKind, property: string | undefined): boolean {
    return this.violations.some((violation) => violation.kind === kind && violation.property === property)
  }
}

/** What `predicate` says of `view`; a `CheckerError` that names the property when it throws. */
export function holds<View>(name: string, predicate: Predicate<View>, view: View): boolean {
  try {
    return predicate(view)
  } catch (cause) {
    throw new CheckerError(`property ${name} threw: ${String(cause)}`, { property: name }, { cause })
  }
}
