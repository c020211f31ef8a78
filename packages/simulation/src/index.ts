/** Troupe's simulated host: a whole cluster in one thread, from one seed. */
export type { CellView, MessageView, SystemView } from './cell-view.ts'
export { ClaimTally } from './claim-tally.ts'
export { allFaults, type Delivery, type FaultKind, type FaultKnobs, type InjectedFaults } from './fault-knobs.ts'
export type { Duration, FaultPlan, PlanStepOptions } from './fault-plan.ts'
export {
  type FaultPointAction,
  FaultPointError,
  type FaultPointKnobs,
  type FaultPointOdds,
  type FaultPointPassage,
  type FaultPointRule,
} from './fault-points.ts'
export type { JournalRecordView, RecordedEvent } from './journal-records.ts'
export type { LatencyDistribution, NetworkLatency } from './latency.ts'
export type { Partition } from './nemesis.ts'
export type {
  AlwaysOptions,
  AlwaysPredicate,
  AlwaysProperty,
  Claims,
  EventuallyOptions,
  Predicate,
} from './properties.ts'
export { type Replay, type ReplayOptions, replay, saveBranch } from './replay.ts'
export {
  describePlan,
  type PlannedDelivery,
  type PlannedFault,
  type PlannedStrike,
  type PlannedTrait,
  type RunPlan,
  type StrikeKind,
  type TimedKind,
  type TraitKind,
} from './run-plan.ts'
export { type Checkpoints, describeFaults, type RunRecord } from './run-record.ts'
export {
  failureKind,
  loadRun,
  type RunToSave,
  type SavedAndFailed,
  type SavedBranch,
  type SavedFailure,
  type SavedOptions,
  type SavedProgram,
  type SavedRun,
  saveFailure,
  saveRun,
} from './saved-run.ts'
export { ReplayDivergedError, SavedRunError, ScenarioNotFoundError } from './saved-run-errors.ts'
export { loadScenario, moduleName, readSavedRun, writeSavedRun } from './saved-run-file.ts'
export { checkSchedule, type ScheduleOptions, type ScheduleStrategy } from './schedule-options.ts'
export { formatShrinking, type RunSize, type Shrinking, type ShrinkOptions, shrink } from './shrink.ts'
export {
  type FaultOptions,
  type SimulateOptions,
  type SimulationProgram,
  type SimulationRun,
  simulate,
} from './simulate.ts'
export { type Campaign, type SimulateManyOptions, simulateMany } from './simulate-many.ts'
export { SimulationDivergedError, simulateTwice } from './simulate-twice.ts'
export {
  type CrashKind,
  type DiskEvent,
  type DiskFaults,
  type DiskOperation,
  type InjectedFault,
  SimulatedDisk,
  type SimulatedDiskOptions,
} from './simulated-disk.ts'
export type { SimulatedWorld } from './simulated-world.ts'
export {
  DeterminismError,
  type FailureFacts,
  type FailureReason,
  PropertyFailure,
  type Recording,
  rerunHint,
  SimulationDeadlockError,
  SimulationFailure,
  SimulationLimitError,
  VacuousCampaignError,
} from './simulation-errors.ts'
export {
  defineScenario,
  type ScenarioParameters,
  type SimulationScenario,
  type SimulationScenarioOptions,
} from './simulation-scenario.ts'
export type { Branch, StepCall } from './simulation-settings.ts'
export type { Spell } from './spells.ts'
export type { StateChange } from './state-recorder.ts'
export type {
  ActorFailureEvent,
  DeliveredEvent,
  DiskTraceEvent,
  DistortedEvent,
  DroppedEvent,
  DropReason,
  FrameName,
  NetworkEvent,
  NodeEvent,
  ObserveOptions,
  SentEvent,
  TraceEvent,
  TraceListener,
  TurnEvent,
} from './trace.ts'
