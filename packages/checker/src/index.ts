/** Troupe's checker: every schedule of a small system of unmodified actors, explored exhaustively. */
export { type CheckOptions, type CheckResult, check, type ModelCheckOptions, type ModelCheckResult } from './check.ts'
export type { CheckedActor, RefByName } from './checked-system.ts'
export { CheckerError } from './checker-error.ts'
export {
  type Counterexample,
  formatCounterexample,
  type ModelCounterexample,
  type TraceStep,
} from './counterexample.ts'
export type { Cut } from './explorer.ts'
export type { HistoryRecorder } from './history-table.ts'
export { type Action, type Model, model, type Witness, witness } from './model.ts'
export type { NetworkKind } from './network-table.ts'
export type { Predicate, Verdict, ViolationKind } from './properties.ts'
export type { TimerMessage } from './recorded-effects.ts'
export type { SearchLimits, SearchOptions, SearchResult } from './search.ts'
export type { MessageView, StateView } from './state-view.ts'
