/**
 * Effects: everything a turn can do to the world, as one interface. `runTurn` calls a handler, the handler calls its
 * context, the context calls this. The kernel carries effects out at once; a durable actor's are held until its events
 * are synced; the checker only records them.
 */

import type { ActorCell } from './actor-cell.ts'
import type { CompiledDefinition } from './actor-definition.ts'
import type { ActorRef, Ref, ReplyToken } from './actor-ref.ts'
import type { LogFields, LogLevel } from './context.ts'
import type { Deferral } from './deferrals.ts'
import type { Envelope } from './envelope.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import type { AnswerNames } from './pending-ask.ts'
import type { NodeChoice } from './placement.ts'
import type { RandomStream } from './ports/random.ts'
import type { ReminderRequest } from './reminders.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { CompiledTask, TaskOptions } from './task-definition.ts'

/** What a turn can do. `from` is the cell whose turn it is. */
export interface Effects {
  /** Whether the options of spawns, asks and sends are looked at for names that nobody knows: in development. Default: no. */
  readonly checksOptions?: boolean
  tell(from: ActorCell, to: Ref, name: string, payload: unknown): void
  tellEarly(from: ActorCell, to: Ref, name: string, payload: unknown): void
  ask(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<unknown>
  /** Asks, and the end of the ask becomes one of the messages that `names` says, of `from`. */
  askThen(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    names: AnswerNames,
    signal?: AbortSignal,
  ): void
  /** Sends a message and resolves once the receiver's mailbox has taken it; rejects when it will not. */
  offer(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void>
  /** The actor takes the reply of its turn's message into its own hands. */
  defer(from: ActorCell, token: ReplyToken): Deferral
  reply(from: ActorCell, token: ReplyToken, value: unknown): void
  /** {@link reply} to the message of a turn, which was an ask. */
  replyToAsk(from: ActorCell, envelope: Envelope, value: unknown): void
  replyError(from: ActorCell, token: ReplyToken, error: unknown): void
  /** The handler answered with a stream: opens it towards the asker. */
  openStream(from: ActorCell, envelope: Envelope, iterable: AsyncIterable<unknown>): void
  /** A pull of a stream went well. */
  streamed(from: ActorCell, stream: OutgoingStream, result: IteratorResult<unknown>): void
  /** Sends the message of `envelope` on to `to`, with its sender and its asker. */
  forward(from: ActorCell, to: Ref, envelope: Envelope): void
  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref
  spawnOn(
    from: ActorCell,
    node: NodeChoice,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): Promise<Ref>
  /** `ref` undefined: the actor itself, after this turn. */
  stop(from: ActorCell, ref: Ref | undefined): void
  /** `ref` undefined: the actor itself. */
  kill(from: ActorCell, ref: Ref | undefined): void
  link(from: ActorCell, ref: Ref): void
  unlink(from: ActorCell, ref: Ref): void
  watch(from: ActorCell, ref: Ref): void
  unwatch(from: ActorCell, ref: Ref): void
  startTimer(from: ActorCell, timer: TimerRequest): void
  cancelTimer(from: ActorCell, key: string): void
  /** Cancels all timers but the runtime's own. */
  cancelTimers(from: ActorCell): void
  isTimerActive(from: ActorCell, key: string): boolean
  /** Puts the message of this turn aside. */
  stash(from: ActorCell, envelope: Envelope): void
  /** Puts what was put aside back, before the mailbox. */
  unstashAll(from: ActorCell): void
  persist(from: ActorCell, name: string, event: unknown): void
  setReminder(from: ActorCell, reminder: ReminderRequest): void
  cancelReminder(from: ActorCell, key: string): void
  /** Stores the state after this turn. */
  snapshot(from: ActorCell): void
  /** Forgets the actor's history with this turn, and stops it after. */
  forget(from: ActorCell): void
  /** The actor has no handler for the message. */
  unhandled(from: ActorCell, envelope: Envelope): void
  now(from: ActorCell): number
  monotonicNow(from: ActorCell): number
  random(from: ActorCell): RandomStream
  /** How many messages wait for an actor of this node, with the one that it is busy with; `undefined` for others. */
  backlog(from: ActorCell, ref: Ref): number | undefined
  /** The living actor at a path, on any node. */
  lookupPath(from: ActorCell, path: string): Promise<Ref | undefined>
  use(from: ActorCell, service: string): unknown
  task(from: ActorCell, task: CompiledTask, args: unknown, options: TaskOptions | undefined): Promise<unknown>
  log(from: ActorCell, level: LogLevel, message: string, fields: LogFields | undefined): void
  /** The turn has come to a point at which a simulation may let something go wrong. */
  faultPoint(from: ActorCell, name: string): Promise<void> | undefined
}

/** A timer to be started: after `delayMs` milliseconds the actor gets the message `name`, and again as `repeat` says. */
export interface TimerRequest {
  readonly key: string
  readonly delayMs: number
  readonly name: string
  readonly payload: unknown
  /** Each `everyMs`, counted from when the last message was handled (`delay`), or was due (`rate`). */
  readonly repeat: { readonly kind: 'delay' | 'rate'; readonly everyMs: number } | undefined
}

/** Where dead letters come from and why. */
export interface DeadLetter {
  readonly to: ActorRef
  readonly name: string
  readonly payload: unknown
  readonly sender: ActorRef | undefined
  readonly reason: DeadLetterReason
}

/** Why a message found no handler. */
export type DeadLetterReason = 'no-such-actor' | 'stopped' | 'node-down' | 'overload' | 'unknown-message' | 'late-reply'
