/** The properties of a check: what they are, when they are looked at, and what is known of them in the end. */
import { isThenable, requireOption, shownValue } from '@troupe/core/host'
import { CheckerError } from './checker-error.ts'
import type { Explorer } from './explorer.ts'
import type { ActionOf } from './fairness.ts'
import { type Avoidance, type Lasso, StateGraph } from './state-graph.ts'
import type { SystemStep } from './transition-system.ts'

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
   * cycle, without it. Unless `fair` says so nothing is assumed to be fair: a step that can be put off for ever may be.
   */
  readonly eventually?: Readonly<Record<string, Predicate<View>>>
  /**
   * `weak`: for `eventually` a run counts only if no action is possible from some moment on without ever being taken (weak
   * fairness, `WF` of TLA+; SPIN has it by process). Actions are the arrival of one message, one timer, the end of one ask,
   * the sync of one disk, the return of one node; of a model an action with what `witness` names. The loss of a message and
   * the crash of a node need never happen. Default `none`.
   */
  readonly fair?: 'none' | 'weak'
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
}

/** A violation as the search meets it. */
export interface FoundViolation {
  readonly kind: ViolationKind
  readonly property: string | undefined
  /** The state that violates it, or from which a step threw. */
  readonly id: number
}

type Named<View> = readonly (readonly [string, Predicate<View>])[]

export class PropertyChecks<View> {
  /** In the order of their finding; of one property the first. */
  readonly found: FoundViolation[] = []
  /** The names of those that are to be true of some state, and were not yet. */
  readonly unseen: Set<string>
  readonly #always: Named<View>
  readonly #sometimes: Named<View>
  readonly #eventually: Named<View>
  readonly #mayEnd: Predicate<View>
  readonly #stopAtViolation: boolean
  /** For each `eventually`, whether it holds in each state. */
  readonly #holds: boolean[][]
  readonly #isFair: boolean

  /** Throws a `ConfigurationError` for a property that is no function. */
  constructor(properties: Properties<View>) {
    const { always = {}, sometimes = {}, eventually = {}, mayEnd = true, stopAtViolation = true } = properties
    const named = { always, sometimes, eventually }
    checkPredicates(named)
    this.#always = Object.entries(always)
    this.#sometimes = Object.entries(sometimes)
    this.#eventually = Object.entries(eventually)
    const isEnd = typeof mayEnd === 'boolean' || typeof mayEnd === 'function'
    requireOption(isEnd, 'check: mayEnd', 'true, false or a function of the view', mayEnd)
    requireOption(typeof stopAtViolation === 'boolean', 'check: stopAtViolation', 'true or false', stopAtViolation)
    this.#mayEnd = typeof mayEnd === 'boolean' ? () => mayEnd : mayEnd
    this.#isFair = properties.fair === 'weak'
    this.#stopAtViolation = stopAtViolation
    this.unseen = new Set(this.#sometimes.map(([name]) => name))
    this.#holds = this.#eventually.map(() => [])
  }

  /** Looks at a new state; true to end the search. */
  reached(view: View, id: number): boolean {
    if (this.#eventually.length > 0) this.note(view, id)
    if (this.unseen.size > 0) {
      for (const [name, predicate] of this.#sometimes) {
        if (this.unseen.has(name) && holds(name, predicate, view)) this.unseen.delete(name)
      }
    }
    for (const [name, predicate] of this.#always) {
      if (!holds(name, predicate, view) && this.#violated('always', name, id)) return true
    }
    return false
  }

  /** Notes what `eventually` needs to know of a state. */
  note(view: View, id: number): void {
    for (const [index, [name, predicate]] of this.#eventually.entries()) {
      ;(this.#holds[index] as boolean[])[id] = holds(name, predicate, view)
    }
  }

  /** A state without a step; true to end the search. */
  ended(view: View, id: number): boolean {
    return !holds('mayEnd', this.#mayEnd, view) && this.#violated('deadlock', undefined, id)
  }

  /** A step that threw; true to end the search. */
  failed(id: number): boolean {
    return this.#violated('failed', undefined, id)
  }

  /** Takes in what another thread of the search has found; `unseen`: what it has not seen. */
  merge(found: readonly FoundViolation[], unseen: readonly string[]): void {
    for (const one of found) this.#violated(one.kind, one.property, one.id)
    for (const name of this.unseen) if (!unseen.includes(name)) this.unseen.delete(name)
  }

  /** All violations and what is known of each property, once the search is over. */
  conclude<Step extends SystemStep>(explorer: Explorer<Step>, actionOf: ActionOf<Step>): Conclusion {
    const violations = this.found.map(({ kind, property, id }): Violation => {
      return { kind, property, lasso: { path: explorer.path(id), loopsTo: undefined } }
    })
    const eventually = this.#avoidances(explorer, actionOf).map((avoided, index): Verdict => {
      if (avoided === undefined) return 'holds'
      if (avoided === 'unknown') return 'unknown'
      const [property] = this.#eventually[index] as readonly [string, unknown]
      violations.push({ kind: 'eventually', property, lasso: avoided })
      return 'fails'
    })
    const otherwise = (verdict: Verdict): Verdict => (explorer.cut === undefined ? verdict : 'unknown')
    const of = (named: Named<View>, verdict: (name: string, index: number) => Verdict) =>
      Object.fromEntries(named.map(([name], index) => [name, verdict(name, index)]))
    return {
      violations,
      verdicts: {
        always: of(this.#always, (name) => (this.#isFound('always', name) ? 'fails' : otherwise('holds'))),
        sometimes: of(this.#sometimes, (name) => (this.unseen.has(name) ? otherwise('fails') : 'holds')),
        eventually: of(this.#eventually, (_name, index) => eventually[index] as Verdict),
      },
    }
  }

  /** For each `eventually`, a run that violates it. */
  #avoidances<Step extends SystemStep>(explorer: Explorer<Step>, actionOf: ActionOf<Step>): Avoidance[] {
    if (this.#eventually.length === 0) return []
    if (explorer.cut === 'violation') return this.#eventually.map(() => 'unknown')
    const graph = new StateGraph(explorer, this.#isFair ? actionOf : undefined)
    return this.#holds.map((held) => graph.avoid((id) => held[id] as boolean))
  }

  #violated(kind: ViolationKind, property: string | undefined, id: number): boolean {
    if (!this.#isFound(kind, property)) this.found.push({ kind, property, id })
    return this.#stopAtViolation
  }

  #isFound(kind: ViolationKind, property: string | undefined): boolean {
    return this.found.some((violation) => violation.kind === kind && violation.property === property)
  }
}

/** What is known in the end. */
export interface Conclusion {
  readonly violations: readonly Violation[]
  readonly verdicts: Record<'always' | 'sometimes' | 'eventually', Readonly<Record<string, Verdict>>>
}

/** What `predicate` says of `view`; a `CheckerError` that names the property when it throws, or says neither true nor false. */
export function holds<View>(name: string, predicate: Predicate<View>, view: View): boolean {
  let verdict: unknown
  try {
    verdict = predicate(view)
  } catch (cause) {
    throw new CheckerError(`property ${name} threw: ${String(cause)}`, { property: name }, { cause })
  }
  if (typeof verdict === 'boolean') return verdict
  // What becomes of it is nobody's concern any more.
  if (isThenable(verdict)) Promise.resolve(verdict).catch(() => {})
  const what = `property ${name}: a predicate is synchronous and returns true or false, got ${shownValue(verdict)}`
  throw new CheckerError(what, { property: name })
}

function checkPredicates(named: Readonly<Record<string, Readonly<Record<string, unknown>>>>): void {
  for (const [kind, predicates] of Object.entries(named)) {
    const isRecord = typeof predicates === 'object' && predicates !== null && !Array.isArray(predicates)
    requireOption(isRecord, `check: ${kind}`, 'an object of predicates by name', predicates)
    for (const [name, predicate] of Object.entries(predicates)) {
      const needed = 'a function of the view that returns true or false'
      requireOption(typeof predicate === 'function', `check: ${kind} ${name}`, needed, predicate)
    }
  }
}
