/** Models of shared objects: what a history would have to look like if one caller came after the other. */
import type { KnownOutput } from './operation.ts'

/**
 * A sequential object. All its functions are pure, and states are values: a step returns new ones. One that changes the state that
 * it is given is refused with a `ConfigurationError`.
 *
 * @example
 * const counter: ObjectModel<number, 'increment' | 'read', number> = {
 *   name: 'counter',
 *   init: () => 0,
 *   step(state, input, output) {
 *     const after = input === 'increment' ? state + 1 : state
 *     return output === unknownOutput || output === after ? [after] : []
 *   },
 * }
 */
export interface ObjectModel<State, Input, Output> {
  /** How texts call the object. */
  readonly name: string
  /** The state at the beginning, of one partition if the model has partitions. */
  init(): State
  /**
   * The states in which the object may be after `input` was answered by `output` in `state`: none when that answer is
   * impossible there, several when the object may choose. `output` is `unknownOutput` when the caller never learnt it:
   * then any answer will do.
   */
  step(state: State, input: Input, output: KnownOutput<Output>): readonly State[]
  /**
   * The part of the object that `input` is about, such as a key. Parts do not influence each other: an object is
   * linearizable exactly when each part is (Herlihy and Wing 1990, locality). Default: one part.
   */
  partition?(input: Input): string
  /**
   * True when the operation never changes the state, whatever that is. The search then takes it as soon as it fits and
   * never asks whether another time would do. Default: false.
   */
  readOnly?(input: Input, output: KnownOutput<Output>): boolean
  /** Equal strings for equal states. Default: the canonical form of plain data, Map, Set and references. */
  key?(state: State): string
  /** An operation as people read it. Default: JSON. */
  describe?(input: Input, output: KnownOutput<Output>): string
}
