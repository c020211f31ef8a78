/** What hosts, checkers and codecs are built from: the kernel and its ports. */
export { ActorCell } from './actor-cell.ts'
export { type CompiledDefinition, compiled, isDefinition } from './actor-definition.ts'
export { Ref } from './actor-ref.ts'
export { askCyclesAfterMsDefault } from './ask-cycles.ts'
export { enterBehavior } from './behavior.ts'
export { logSeverity } from './context.ts'
export { Deferral } from './deferrals.ts'
export { DefinitionRegistry } from './definition-registry.ts'
export { Deque } from './deque.ts'
export type { Effects, TimerRequest } from './effects.ts'
export { Envelope, EnvelopeKind, startedEnvelope } from './envelope.ts'
export { carriedKeys, carry, createError, errorHead, setCause } from './error-copy.ts'
export {
  decodeError,
  type ErrorData,
  encodeError,
  registerErrors,
  toError,
  troupeErrorClass,
  withoutStack,
} from './errors.ts'
export { checkEachField, checkFrame, isErrorData } from './frame-check.ts'
export { freezeMessage } from './frozen-value.ts'
export { HandlerTable } from './handler-table.ts'
export { InPlaceTasks } from './in-place-tasks.ts'
export { downNode, type InspectionLimits, inspectNode } from './inspection.ts'
export type { OnSynced } from './journal/record-group.ts'
export type { KernelPorts } from './kernel-ports.ts'
export {
  adviceFor,
  type KnownOptions,
  refuseUnknownOptions,
  requireOption,
  unknownOptionProblem,
} from './known-options.ts'
export { buffersMoved, cloneValue, copyOfBytes, isPrepared, prepareMessage, takeMessage } from './message-value.ts'
export { type MetricsClock, metricsClockOf } from './metrics/metrics-clock.ts'
export { namePlace } from './name-place.ts'
export { NodeJournal } from './node-journal.ts'
export { NodeKernel } from './node-kernel.ts'
export { NodeServices, stopMsMax } from './node-services.ts'
export type { AskObserver, ObservedAsk, TurnObserver } from './observers.ts'
export type { StreamOutput } from './outgoing-stream.ts'
export type { AnswerNames } from './pending-ask.ts'
export { Phase } from './phase.ts'
export type { DefinitionAddress, Definitions } from './ports/definitions.ts'
export type { RunningTask, TaskOutcome, TaskRequest, TaskRunner } from './ports/task-runner.ts'
export type { Refusal, Transport } from './ports/transport.ts'
export { RecordingKernel } from './recording-kernel.ts'
export type { ReminderRequest } from './reminders.ts'
export { requireData } from './required-data.ts'
export { applyEvent, runTurn, settleTurn } from './run-turn.ts'
export { hashString, SeededRandom, SeededRandomSource } from './seeded-random.ts'
export { isProvided } from './service.ts'
export { isThenable, shownValue } from './shown-value.ts'
export { indicesOf, lengthen, sparseIndices, sparseLengthMin } from './sparse-array.ts'
export { validateSpawnOptions } from './spawn-options.ts'
export { assertStashHasRoom } from './stash.ts'
export { directiveFor, type Supervision } from './supervision.ts'
export { SystemGuardian } from './system-guardian.ts'
export { type CompiledTask, isTask } from './task-definition.ts'
export { factsOf, type TaskName, taskFailedError } from './task-table.ts'
export { TurnBudget } from './turn-budget.ts'
export type { RecordedTurn } from './turn-recorder.ts'
export { replayTurn } from './turn-replay.ts'
export {
  currentTurn,
  failingNobody,
  interceptRejections,
  promiseMade,
  type TurnScope,
  type TurnScopes,
} from './turn-scopes.ts'
export { decodeValue, encodeValue } from './value-codec.ts'
export { refExtension, replyTokenExtension, type ValueExtension } from './value-extensions.ts'
export { describeInstance, isBoxed, isDetached, nestingMax, type ViewType, viewTypes } from './value-kinds.ts'
export { approximateBytes } from './value-size.ts'
export { type ClockTask, VirtualClock } from './virtual-clock.ts'
export { type Frame, FrameKind, frameOf, isMessageFrame, WireMessage, WireReply } from './wire.ts'
