/** Troupe's simulated host: a whole cluster in one thread, from one seed. */
export type { CellView, SystemView } from './cell-view.ts'
export { allFaults, type Delivery, type FaultKind, type FaultKnobs, type InjectedFaults } from './fault-knobs.ts'
export {
  describePlan,
  emptyPlan,
  type FaultPlan,
  type PlannedCrash,
  type PlannedFault,
  type PlannedMessageFault,
  type PlannedPartition,
  type PlannedPause,
} from './fault-plan.ts'
export type { Partition } from './nemesis.ts'
export { type Replay, type ReplayOptions, replay } from './replay.ts'
export type { Checkpoints, RunRecord } from './run-record.ts'
export {
  failureKind,
  loadRun,
  type RunToSave,
  type SavedFailure,
  type SavedOptions,
  type SavedProgram,
  type SavedRun,
  saveFailure,
  saveRun,
} from './saved-run.ts'
export { ReplayDivergedError, SavedRunError, ScenarioNotFoundError } from './saved-run-errors.ts'
export { loadScenario, moduleName, readSavedRun, writeSavedRun } from './saved-run-file.ts'
export { defineScenario, type Scenario, type ScenarioOptions, type ScenarioParameters } from './scenario.ts'
export { formatShrinking, type RunSize, type Shrinking, type ShrinkOptions, shrink } from './shrink.ts'
export { type SimulateOptions, type SimulationProgram, type SimulationRun, simulate } from './simulate.ts'
export { type Campaign, type SimulateManyOptions, simulateMany } from './simulate-many.ts'
export {
  type CrashKind,
  type DiskEvent,
  type DiskFaults,
  type DiskOperation,
  type InjectedFault,
  SimulatedDisk,
  type SimulatedDiskOptions,
} from './simulated-disk.ts'
export type { NetworkLatency } from './simulated-network.ts'
export type { Invariant, SimulatedWorld } from './simulated-world.ts'
export type { Branch, StepCall } from './simulation.ts'
export {
  DeterminismError,
  type FailureFacts,
  type FailureReason,
  SimulationDeadlockError,
  SimulationFailure,
  SimulationLimitError,
} from './simulation-errors.ts'
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
  SentEvent,
  TraceEvent,
  TraceListener,
  TurnEvent,
} from './trace.ts'
export { formatEvent as formatTraceEvent } from './trace-format.ts'
