/** One search from options to result, whatever the system: limits, properties, symmetry, counterexamples. */
import { requireOption } from '@troupe/core/host'
import { type Cut, Explorer, type Inspection, type Narrowing, type SearchProgress } from './explorer.ts'
import type { ActionOf } from './fairness.ts'
import { holds, type Predicate, type Properties, PropertyChecks, type Verdict, type Violation } from './properties.ts'
import { type SymmetricSystem, Symmetry } from './symmetry.ts'
import type { SystemStep, TransitionSystem } from './transition-system.ts'

/** What a search may cost. */
export interface SearchLimits {
  /** Distinct states to hold before giving up. Default 1,000,000; one takes 11 to 22 bytes and 4 to 8 for each actor or variable. */
  readonly statesMax?: number
  /** States at this depth are not expanded; the initial state's depth is 1. Default: none. */
  readonly depthMax?: number
  /** Seconds of real time before giving up. Default: none. */
  readonly secondsMax?: number
}

/** What every check can be told. */
export interface SearchOptions<View> extends Properties<View>, SearchLimits {
  /** States for which this is false are left out, as if no step led there. */
  readonly boundary?: Predicate<View>
  /**
   * Sets of ids that can be exchanged for one another: states that differ only in which is which count as one. An id is a
   * string, and every equal string in states and messages (keys too) is that id; for actors it is a name of actors or of
   * nodes. Properties must not tell symmetric ids apart.
   */
  readonly symmetry?: readonly (readonly string[])[]
  /**
   * Called while the search goes on, after every 256 states that are expanded or fewer. Counts fall where a search with a
   * reduction begins anew. What it throws ends the search. Of one thread: `checkParallel` has its own. Default: none.
   */
  readonly progress?: (found: SearchProgress) => void
}

/** What a search found. */
export interface SearchResult<Counterexample> {
  /** Distinct reachable states, the initial ones included. */
  readonly distinct: number
  /** The initial states and every transition taken, each time it was. */
  readonly generated: number
  /** States on the longest of the shortest paths from an initial state, that one included. */
  readonly depth: number
  /** True when every reachable state was seen. */
  readonly complete: boolean
  /** Why not, when not. */
  readonly cut: Cut | undefined
  /** A property that holds held in every state of a complete search. */
  readonly always: Readonly<Record<string, Verdict>>
  /** A property that holds was true in a state that was seen, even if the search is not complete. */
  readonly sometimes: Readonly<Record<string, Verdict>>
  /** `unknown` also where a run left the boundary before the property was true. */
  readonly eventually: Readonly<Record<string, Verdict>>
  /** The shortest way to the first violation; of `eventually`, a shortest way to where it ends or begins to go round. */
  readonly counterexample: Counterexample | undefined
  /** One for each property that is violated: more than one only if the search did not stop at the first. */
  readonly counterexamples: readonly Counterexample[]
}

/** A system with the view of its states and the way to tell of a run. */
export interface Searched<View, Step extends SystemStep, Counterexample> {
  readonly system: TransitionSystem<Step> & SymmetricSystem
  /** The view of `tuple`, valid until the next call. */
  view(tuple: Int32Array): View
  trace(
    violation: Violation,
    run: { readonly tuples: readonly Int32Array[]; readonly steps: readonly Step[] },
  ): Counterexample
  /** Fewer steps with the same verdicts, where asked for, as long as properties look at what is in `footprint` only. */
  readonly reduce?: ((footprint: ReadonlySet<unknown>) => Narrowing<Step>['reduction']) | undefined
  /** What action a step is, for fairness. */
  readonly actionOf: ActionOf<Step>
  /** What properties have looked at so far. */
  readonly seen?: ReadonlySet<unknown>
}

/** The limits of `options`, with defaults. Throws a `ConfigurationError` for what is no limit. */
export function limitsOf(options: SearchLimits) {
  const { statesMax = 1_000_000, depthMax, secondsMax = Number.POSITIVE_INFINITY } = options
  const isTime = typeof secondsMax === 'number' && secondsMax > 0
  requireOption(isTime, 'check: secondsMax', 'a number above 0', secondsMax)
  return {
    statesMax: wholeFrom('statesMax', 1, statesMax),
    depthMax: depthMax === undefined ? Number.POSITIVE_INFINITY : wholeFrom('depthMax', 1, depthMax),
    secondsMax,
  }
}

/** Searches, and says what was found. */
export function search<View, Step extends SystemStep, Counterexample>(
  searched: Searched<View, Step, Counterexample>,
  options: SearchOptions<View>,
): SearchResult<Counterexample> {
  const limits = limitsOf(options)
  functionOrNothing('progress', options.progress)
  const representative = representativeOf(searched, options)
  const { reduce, seen = new Set() } = searched
  const explore = () => {
    const checks = new PropertyChecks<View>(options)
    const narrowing = { representative, reduction: reduce?.(new Set(seen)) }
    const explorer = new Explorer<Step>(searched.system, inspectionOf(searched, options, checks), narrowing)
    explorer.run(limits, options.progress)
    return { explorer, checks }
  }
  let seenBefore = seen.size
  let { explorer, checks } = explore()
  // Each time properties have looked at one more actor, so this ends.
  while (reduce !== undefined && seen.size > seenBefore) {
    seenBefore = seen.size
    ;({ explorer, checks } = explore())
  }
  return resultOf(searched, explorer, checks)
}

/**
 * The same where steps take time: `settle` calls a function until it throws no more for want of them. Goes with neither
 * symmetry nor a reduction.
 */
export async function searchAsync<View, Step extends SystemStep, Counterexample>(
  searched: Searched<View, Step, Counterexample>,
  options: SearchOptions<View>,
  settle: <Found>(find: () => Found) => Promise<Found>,
): Promise<SearchResult<Counterexample>> {
  const limits = limitsOf(options)
  await settle(() => searched.system.initial())
  const checks = new PropertyChecks<View>(options)
  const system = {
    width: searched.system.width,
    initial: () => searched.system.initial(),
    expand: whole(searched.system),
  }
  const explorer = new Explorer<Step>(system, inspectionOf(searched, options, checks))
  for (const { cause } of explorer.rounds(limits, options.progress)) {
    let isKnown = false
    await settle(() => {
      if (isKnown) return
      isKnown = true
      throw cause
    })
  }
  return settle(() => resultOf(searched, explorer, checks))
}

/** Visits the steps of a state once all of them are known. */
function whole<Step extends SystemStep>(system: TransitionSystem<Step>): TransitionSystem<Step>['expand'] {
  return (tuple, visit) => {
    const steps: { readonly step: Step; readonly next: Int32Array }[] = []
    system.expand(tuple, (step, next) => {
      steps.push({ step, next: next.slice() })
      return false
    })
    return steps.some(({ step, next }) => visit(step, next))
  }
}

/** What the properties and the boundary of `options` say of the states of a search. */
export function inspectionOf<View, Step extends SystemStep>(
  { view }: Pick<Searched<View, Step, unknown>, 'view'>,
  { boundary }: SearchOptions<View>,
  checks: PropertyChecks<View>,
): Inspection<Step> {
  functionOrNothing('boundary', boundary)
  return {
    found: (tuple, id) => checks.reached(view(tuple), id),
    failed: (_step, id) => checks.failed(id),
    ended: (tuple, id) => checks.ended(view(tuple), id),
    within: boundary && ((tuple) => holds('boundary', boundary, view(tuple))),
  }
}

/** The state that stands for all symmetric ones, where symmetry was declared. Throws when the beginning is not symmetric. */
export function representativeOf<View>(
  { system }: Pick<Searched<View, any, unknown>, 'system'>,
  options: SearchOptions<View>,
): Narrowing<never>['representative'] {
  if (options.symmetry === undefined) return undefined
  const areSets = Array.isArray(options.symmetry) && options.symmetry.every(Array.isArray)
  requireOption(areSets, 'check: symmetry', "a list of lists of ids, such as [['a', 'b']]", options.symmetry)
  const symmetry = new Symmetry(system, system.width, options.symmetry)
  symmetry.assertSymmetric(system.initial())
  return symmetry.representative
}

/** The result of a search that is over. */
export function resultOf<View, Step extends SystemStep, Counterexample>(
  searched: Searched<View, Step, Counterexample>,
  explorer: Explorer<Step>,
  checks: PropertyChecks<View>,
): SearchResult<Counterexample> {
  const { violations, verdicts } = checks.conclude(explorer, searched.actionOf)
  const counterexamples = violations.map((violation) => {
    const { path, loopsTo, actions } = violation.lasso
    const suits = (step: Step, place: number) => {
      const index = place - (loopsTo ?? 0) - 1
      return actions === undefined || index < 0 || searched.actionOf(step) === actions[index]
    }
    const closed = loopsTo === undefined ? path : [...path, path[loopsTo] as number]
    return searched.trace(violation, explorer.runAlong(closed, suits))
  })
  const { cut, depth, generated, states } = explorer
  return {
    distinct: states.count,
    generated,
    depth,
    complete: cut === undefined,
    cut,
    ...verdicts,
    counterexample: counterexamples[0],
    counterexamples,
  }
}

/** `value`, when it is a whole number from `least`; throws a `ConfigurationError` otherwise. */
export function wholeFrom(option: string, least: number, value: number): number {
  requireOption(Number.isInteger(value) && value >= least, `check: ${option}`, `a whole number from ${least}`, value)
  return value
}

function functionOrNothing(option: string, value: unknown): void {
  requireOption(value === undefined || typeof value === 'function', `check: ${option}`, 'a function', value)
}
