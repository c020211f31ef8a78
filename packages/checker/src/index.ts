/** Troupe's checker: every schedule of a small system of unmodified actors, explored exhaustively. */
export {
  type CheckOptions,
  type CheckResult,
  check,
  checkAsync,
  type ModelCheckOptions,
  type ModelCheckResult,
} from './check.ts'
export type { CheckedActor, RefByName } from './checked-system.ts'
export { CheckerError } from './checker-error.ts'
export {
  type Counterexample,
  formatCounterexample,
  type ModelCounterexample,
  type TraceStep,
} from './counterexample.ts'
export type { Cut, SearchProgress } from './explorer.ts'
export { parseJepsenEtcdLog } from './history/etcd-log.ts'
export { HistoryError } from './history/history-error.ts'
export { HistoryRecorder, type HistoryRecorderOptions, type OperationId } from './history/history-recorder.ts'
export {
  checkHistoryText,
  type HistoryFormat,
  type HistoryTextOptions,
  type HistoryTextResult,
  historyFormats,
} from './history/history-text.ts'
export { parseKeyValueLog } from './history/key-value-log.ts'
export { checkLinearizable } from './history/linearizability.ts'
export { type MinimizeOptions, minimizeHistory } from './history/minimize-history.ts'
export { type KeyValueInput, type KeyValueOutput, keyValueModel } from './history/models/key-value.ts'
export { type LockInput, type LockOutput, lockModel } from './history/models/lock.ts'
export { type QueueInput, type QueueOutput, queueModel } from './history/models/queue.ts'
export { type RegisterInput, type RegisterOutput, registerModel } from './history/models/register.ts'
export { type SetInput, type SetOutput, setModel } from './history/models/set.ts'
export type { ObjectModel } from './history/object-model.ts'
export { type KnownOutput, type Operation, unknownOutput } from './history/operation.ts'
export type { OrderCheckOptions, OrderCheckResult } from './history/order-check.ts'
export {
  formatOrderCounterexample,
  type OrderCounterexample,
  type OrderedOperation,
} from './history/order-counterexample.ts'
export { checkSequentiallyConsistent } from './history/sequential-consistency.ts'
export {
  type Anomaly,
  type AnomalyName,
  type CycleName,
  type CycleOrder,
  formatAnomaly,
  type ReadAnomalyName,
} from './history/transactions/anomaly.ts'
export {
  checkTransactions,
  type TransactionCheckOptions,
  type TransactionCheckResult,
} from './history/transactions/check-transactions.ts'
export type { Dependency, DependencyKind } from './history/transactions/dependency-graph.ts'
export { type IsolationLevel, isolationLevels } from './history/transactions/isolation-level.ts'
export type { ListKey, ListOperation, ListValue, Transaction } from './history/transactions/transaction.ts'
export type { CheckedHistory } from './history-table.ts'
export type { Correspondent, IsLeftover } from './leftovers.ts'
export { type Action, type Model, model, type Witness, witness } from './model.ts'
export { type NetworkKind, networkKinds } from './network-table.ts'
export type { TimerMessage } from './pending.ts'
export type { Predicate, Verdict, ViolationKind } from './properties.ts'
export { counterexampleReport, historyReport } from './report/counterexample-report.ts'
export type { SearchLimits, SearchOptions, SearchResult } from './search.ts'
export type { AskView, MessageView, StateView } from './state-view.ts'
