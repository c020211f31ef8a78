/** Troupe's core: what writing actors needs. Hosts and tools import `@troupe/core/host` beside it. */
export {
  type ActorDefinition,
  type AnyMessage,
  type ArgsOf,
  defineActor,
  type ProtocolOf,
  type RefOf,
  type StateOf,
  type TerminationReason,
  type Unhandled,
} from './actor-definition.ts'
export { type ActorRef, namedRef, ReplyToken, refKey, sameRef } from './actor-ref.ts'
export { ActorHandle, ActorSystem, type SystemSpawnOptions } from './actor-system.ts'
export type {
  ActorContext,
  ActorLog,
  AskOptions,
  AskThen,
  BehaviorTimeout,
  FixedDelay,
  FixedRate,
  LogFields,
  LogLevel,
  Reminders,
  ReminderTime,
  SendOptions,
  TellOptions,
  Timers,
} from './context.ts'
export type { DeadLetter, DeadLetterReason } from './effects.ts'
export {
  ActorStoppedError,
  AskAbortedError,
  AskCycleError,
  AskTimeoutError,
  ConfigurationError,
  DefinitionNotFoundError,
  DurabilityError,
  DurableVersionError,
  type ErrorFacts,
  LinkedActorError,
  MalformedFrameError,
  NameTakenError,
  NodeDownError,
  NotSendableError,
  OverloadError,
  RemoteError,
  RoutingError,
  ServiceError,
  ServiceMissingError,
  SpawnError,
  StaleContextError,
  StashOverflowError,
  SystemStoppedError,
  TaskError,
  TroupeError,
  UnknownMessageError,
} from './errors.ts'
export { EventStream, type LogEntry, type SystemEvents } from './event-stream.ts'
export type { Upcasts, VersionedEvent } from './event-versions.ts'
export { type ActorKey, actorKey, group, receptionist } from './finding.ts'
export { formatTree } from './format-tree.ts'
export type {
  ActorInspection,
  InspectOptions,
  NodeInspection,
  NodeTables,
  StuckTurn,
  SystemInspection,
} from './inspection.ts'
export {
  JournalCorruptError,
  JournalFailedError,
  JournalForeignError,
  JournalRecordSizeError,
  JournalVersionError,
} from './journal/journal-errors.ts'
export { createLocalSystem, LocalSystem, type LocalSystemOptions, type RealTime } from './local-system.ts'
export { MemoryDisk } from './memory-disk.ts'
export type { MessageMode } from './message-value.ts'
export type { HistogramData } from './metrics/histogram.ts'
export type { MetricsClock } from './metrics/metrics-clock.ts'
export type {
  AskMetrics,
  DefinitionMetrics,
  NodeMetricsData,
  PeerMetrics,
  SystemMetrics,
  ThreadMetrics,
} from './metrics/metrics-data.ts'
export { prometheusText } from './metrics/prometheus.ts'
export {
  mainNode,
  type NodeChoice,
  type PlacementPolicies,
  type PlacementPolicy,
  type PlacementRequest,
} from './placement.ts'
export type { Clock, ScheduledTask } from './ports/clock.ts'
export type { Disk, DiskCallback } from './ports/disk.ts'
export type { RandomSource, RandomStream } from './ports/random.ts'
export type { MessageName, NotSendable, PayloadArguments, ReplyOf, Sendable } from './protocol.ts'
export { definePool, type PoolArgs, type PoolSpec, type RouteeOptions } from './routing/pool.ts'
export type { PoolSize } from './routing/pool-size.ts'
export { defineRouter, type RouterArgs, type RouterSpec } from './routing/router.ts'
export type {
  PoolProtocol,
  PoolStatistics,
  RoutedMessage,
  RouteeStatistics,
  RouterMessages,
  RouterProtocol,
  RouterStatistics,
} from './routing/router-messages.ts'
export type { RoutingOptions } from './routing/routing.ts'
export type { RouteeView, RoutingDraw, RoutingStrategy } from './routing/strategy.ts'
export {
  defineService,
  type ProvidedService,
  provideService,
  type Service,
  type ServiceContext,
  type ServiceImplementations,
  type ServiceProvider,
} from './service.ts'
export type { MailboxOptions, SpawnOptions } from './spawn-options.ts'
export type { Directive, DirectivesByKind, SuperviseOptions, SupervisionStrategy } from './supervision.ts'
export { defineTask, type TaskContext, type TaskDefinition, type TaskOptions } from './task-definition.ts'
