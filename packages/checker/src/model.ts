/**
 * `model({ init, actions })`: a plain transition system, for what is not worth actors, or comes from a TLA+ text. Actions
 * count as in TLC: every state that an action yields is a transition, whether it is another state or the same.
 *
 * ```ts
 * const counter = model({
 *   init: () => [{ left: 0, right: 0 }],
 *   actions: {
 *     *raise(state) { if (state.left < 3) yield { ...state, left: state.left + 1 } },
 *     *copy(state) { yield { ...state, right: state.left } },
 *   },
 * })
 * check({ model: counter, always: { 'right is behind': ({ left, right }) => right <= left } })
 * ```
 */
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'

/** One way to take an action: the state after it, and what makes it different from the action's other ways. */
export class Witness<State> {
  readonly state: State
  readonly parameters: readonly unknown[]

  constructor(state: State, parameters: readonly unknown[]) {
    this.state = state
    this.parameters = parameters
  }
}

/** Names the parameters of a step for counterexamples: `yield witness({ ...state, owner: id }, id)`. */
export function witness<State>(state: State, ...parameters: readonly unknown[]): Witness<State> {
  return new Witness(state, parameters)
}

/**
 * What may happen in a state: yields every state that the action can lead to, and nothing when it is not enabled. A
 * function of the state alone, which is frozen: yield a changed copy.
 */
export type Action<State> = (state: State) => Iterable<State | Witness<State>>

/** A plain transition system. States are plain data, Map, Set and references; objects have the same keys in every state. */
export interface Model<State> {
  /** The states in which it begins. */
  readonly init: () => Iterable<State>
  /** What may happen, by name. */
  readonly actions: Readonly<Record<string, Action<State>>>
}

const known: KnownOptions<Model<unknown>> = { init: true, actions: true }

/** Names the type of a model's states, which its actions then share. Throws a `ConfigurationError` for what is no model. */
export function model<State>(definition: Model<State>): Model<State> {
  refuseUnknownOptions('model', definition, known)
  const { init, actions } = definition
  requireOption(typeof init === 'function', 'model: init', 'a function that gives the first states', init)
  const areActions = typeof actions === 'object' && actions !== null && !Array.isArray(actions)
  requireOption(areActions, 'model: actions', 'an object of functions by name', actions)
  for (const [name, action] of Object.entries(actions)) {
    requireOption(typeof action === 'function', `model: action ${name}`, 'a function of the state', action)
  }
  return definition
}
