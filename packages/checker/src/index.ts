/** Troupe's checker: every schedule of a small system of unmodified actors, explored exhaustively. */
export { type CheckOptions, type CheckResult, check, type StatePredicate, type Verdict } from './check.ts'
export type { CheckedActor, RefByName } from './checked-system.ts'
export { CheckerError } from './checker-error.ts'
export { type Counterexample, formatCounterexample, type TraceStep } from './counterexample.ts'
export type { Cut } from './explorer.ts'
export type { NetworkKind } from './network-table.ts'
export type { TimerMessage } from './recorded-effects.ts'
export type { MessageView, StateView } from './state-view.ts'
