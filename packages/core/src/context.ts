/**
 * The context: an actor's only way out. What a handler cannot reach through it does not exist in a simulation.
 */

import type { ActorDefinition, ArgsOf, ProtocolOf } from './actor-definition.ts'
import type { ActorRef, ReplyToken } from './actor-ref.ts'
import type { EventArguments } from './event-versions.ts'
import type { NodeChoice } from './placement.ts'
import type { RandomStream } from './ports/random.ts'
import type { MessageName, PayloadArguments, ReplyOf, TakerOf } from './protocol.ts'
import type { Service } from './service.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { TaskDefinition, TaskOptions } from './task-definition.ts'

/**
 * What a handler gets beside the state and the message. Valid during its turn only. `Behavior` are the names of the
 * definition's behaviors.
 */
export interface ActorContext<Self = any, Events = any, Behavior = any> {
  /** This actor's own reference. */
  readonly self: ActorRef<Self>
  /** Who sent the message of this turn; `undefined` when it came from outside the actors. */
  readonly sender: ActorRef<any> | undefined
  /** The name of the node that this actor lives on. */
  readonly node: string
  /**
   * Aborted when nobody waits for the reply of this turn's message any more (the asker aborted, timed out or ended), or
   * when this turn is cut short. It stays that of the message while its reply is deferred. Give it to what takes long.
   */
  readonly signal: AbortSignal
  /** Random draws from this actor's own stream. */
  readonly random: RandomStream
  /** Timers that deliver messages to this actor. */
  readonly timers: Timers<Self>
  /** The name of the current behavior; `undefined` while `on` alone answers. */
  readonly behavior: Behavior | undefined
  /** Structured logging with the actor's path. */
  readonly log: ActorLog

  /** Sends a message and forgets it. Never throws because the receiver is gone or overloaded. */
  tell<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void
  /** {@link ActorContext.tell} with options. */
  tellWith<Protocol, Name extends MessageName<Protocol>>(
    options: TellOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void
  /**
   * Sends without waiting for this turn's events to be durable, in a lane of its own (first in, first out among early
   * tells). Only for what is safe to be heard of even if this actor forgets it. The same as `tell` when not durable.
   */
  tellEarly<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void
  /**
   * Sends a message and waits for the reply, which holds this actor's mailbox until the turn settles. Always ends:
   * rejects with the callee's failure, `ActorStoppedError`, `NodeDownError`, `OverloadError`, `AskAbortedError`,
   * `AskCycleError` (it closes a cycle of asks, none of which could be answered) or `AskTimeoutError` (after 5,000 ms unless
   * {@link ActorContext.askWith} says otherwise). When the handler answers with an `AsyncIterable`, so does the ask: to be
   * iterated once, in this turn, with the same errors and the timeout for each item.
   */
  ask<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>>
  /** {@link ActorContext.ask} with options, which come first so that they are never taken for the payload. */
  askWith<Protocol, Name extends MessageName<Protocol>>(
    options: AskOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>>
  /**
   * Sends a message and goes on: the reply becomes a message of this actor's own, as `then` says, and so does the error where
   * none comes. The quick form of an ask between actors: it makes no promise, and this actor handles other messages
   * meanwhile. One of the two messages comes, once, as a turn of its own, with who was asked as its sender, and a full mailbox
   * does not drop it; the errors are those of {@link ActorContext.ask}. None comes when this actor was restarted or ended
   * before. A reply that is a stream is a `ConfigurationError`, and so is, in development,
   * a message that this actor's definition does not handle. Throws what is wrong with the message itself, as a
   * tell does, and an `OverloadError` when this actor waits for 100,000 replies so. A durable actor may ask so after it persisted.
   *
   * ```ts
   * ctx.askThen({ onReply: 'priced', onError: 'unpriced' }, state.prices, 'priceOf', item)
   * ```
   */
  askThen<Protocol, Name extends MessageName<Protocol>>(
    then: AskThen<Self, ReplyOf<Protocol, Name>>,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void
  /**
   * Sends a message and resolves once the receiver's mailbox has taken it: a sender that awaits it goes no faster than its
   * receiver. Waits while a full mailbox, or the channel to it, has no room (`mailbox.overflow` says what
   * happens there), and holds this actor's mailbox until the turn settles. Always ends: rejects with an `OverloadError`
   * (also after 5,000 ms unless {@link ActorContext.sendWith} says otherwise; then the message was not handled, or over a
   * network perhaps it was), an `ActorStoppedError`, a `NodeDownError` or an `AskAbortedError`. Sends that are awaited
   * keep their order with tells to the same receiver; while a send waits, a tell does not overtake it.
   */
  send<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<void>
  /** {@link ActorContext.send} with options. */
  sendWith<Protocol, Name extends MessageName<Protocol>>(
    options: SendOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<void>
  /**
   * Takes the reply of this turn's message into the actor's own hands: return the token from the handler, and no
   * reply is sent until {@link ActorContext.reply} is called with it, by this actor or by one it was sent to.
   */
  deferReply<Reply>(): ReplyToken<Reply>
  /** Replies to an ask whose reply was deferred. A second reply, or one after the ask ended, is a dead letter. */
  reply<Reply>(token: ReplyToken<Reply>, value: Reply): void
  /** Fails an ask whose reply was deferred; class and code of `error` arrive at the asker. */
  replyError(token: ReplyToken<any>, error: Error): void

  /**
   * Sends the message of this turn on to another actor, as it is: the receiver sees the original sender, and the reply,
   * if one is waited for, is left to it; what this turn's handler returns is not sent. Returns the token of that reply,
   * for a handler that must return one. (A turn that fails afterwards fails its ask all the same, and the first answer
   * counts.) Throws a `ConfigurationError` in a turn that has no message, such as `started`.
   */
  forward(to: ActorRef<any>): ReplyToken<any>

  /** Starts a child on this node and returns its reference at once. Throws when `init` throws or the name is taken. */
  spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SpawnOptions,
  ): ActorRef<ProtocolOf<Definition>>
  /**
   * Starts an actor under another node's guardian, linked to this one: it stops when this actor does. The node is a name,
   * `local` (this one), `spread` (the nodes that are up in turn), `{ near: ref }`, `{ key }` or a placement policy's name.
   */
  spawnOn<Definition extends ActorDefinition<any, any>>(
    node: NodeChoice,
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SpawnOptions,
  ): Promise<ActorRef<ProtocolOf<Definition>>>
  /**
   * Stops an actor gracefully: it handles what its mailbox holds when the stop arrives, then its children stop, then
   * itself. Without an argument this actor stops after its turn and the rest of its mailbox become dead letters.
   */
  stop(ref?: ActorRef): void
  /**
   * Ends an actor at once, on any node: an asynchronous turn under way has no effect any more, its mailbox becomes dead
   * letters, `stopped` does not run, its children are killed too, watchers hear `killed`. Without an argument this actor,
   * right after the part of its turn that nothing can interrupt. What a durable actor committed stays.
   */
  kill(ref?: ActorRef): void
  /**
   * Ties this actor and another together, in both directions: when one ends by `failed`, `killed` or `node-down`, or
   * was not there to begin with, the other is stopped as failed. A plain stop does not spread. Kept by a restart.
   */
  link(ref: ActorRef): void
  /** Takes a link back, whichever side made it. */
  unlink(ref: ActorRef): void
  /** Asks for `terminated(ref)`, exactly once, after the last message from it; at once when it is already dead. */
  watch(ref: ActorRef): void
  /** Withdraws a watch; no `terminated` for it comes after this call. */
  unwatch(ref: ActorRef): void

  /**
   * Changes which handlers answer from the next message on: those of the named behavior, then those of `on`, then `otherwise`. The name is
   * part of the actor as its state is; a restart, and the recovery of a durable actor, begin in `on` alone. A timeout
   * that an earlier `become` set is cancelled.
   */
  become(behavior: Behavior): void
  /** The same with a timeout: this actor gets the message unless another `become` or `unbecome` comes before. */
  become<Name extends MessageName<Self>>(
    behavior: Behavior,
    timeout: BehaviorTimeout,
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /** Goes back to the behavior before this one; 8 are remembered. When there is none, `on` alone answers. */
  unbecome(): void
  /**
   * Puts the message of this turn aside, with its asker, until {@link ActorContext.unstashAll}. What the handler returns
   * is no reply then. Throws a `StashOverflowError` when the stash is full (`mailbox.stashCapacity`, default 1,000).
   * A restart puts the stash back, a stop makes it dead letters; a turn that fails takes its own message with it.
   */
  stash(): void
  /** Puts all messages that were put aside back to the front of the mailbox, in their order. */
  unstashAll(): void

  /** The living actor at `/node/parent/child`, on any node that is up; `undefined` when there is none. Ends as an ask does. */
  lookup(path: string): Promise<ActorRef<any> | undefined>
  /** How many messages wait for an actor of this node, with the one that it is busy with; `undefined` for any other. */
  backlog(ref: ActorRef): number | undefined

  /** Milliseconds since the Unix epoch, by this node's clock. */
  now(): number
  /**
   * Milliseconds since some moment of this node's own, with fractions: for how long something took. It never goes back and
   * does not follow the clock when that is set. Not to be stored or sent: another node, or this one once it is started
   * again, counts from another moment.
   */
  monotonicNow(): number
  /** Applies the event to the state now, and makes it durable before anything this turn lets out leaves the actor. */
  persist<Name extends MessageName<Events>>(name: Name, ...event: EventArguments<Events, Name>): void
  /**
   * Timers that outlive this durable actor, and its node: each delivers its message until a turn that handled it is
   * durable, and takes effect once, since its end is stored in one record with that turn's events.
   */
  readonly reminders: Reminders<Self>
  /** Stores the state as it is after this turn, so that a recovery replays no event before it. */
  snapshot(): void
  /**
   * Forgets this durable actor's history, with its reminders, and stops the actor after this turn. Its durable id
   * begins anew with the next actor of that id. A turn that throws forgets nothing.
   */
  forget(): void
  /** The host's implementation of a service; throws `ServiceMissingError` when it was given none. */
  use<Implementation>(service: Service<Implementation>): Implementation
  /**
   * Runs a task away from this node's actors and waits for its result, which holds this actor's mailbox until the turn
   * settles. Rejects with a `TaskError` when it throws, dies, is aborted or times out, an `OverloadError` when too many
   * wait already, a `DefinitionNotFoundError` when no thread can find it. Ends with this generation of the actor.
   */
  task<Args, Result>(task: TaskDefinition<Args, Result>, args: NoInfer<Args>, options?: TaskOptions): Promise<Result>
  /**
   * A place in the code, by a name of the program's choice, where a simulation may crash the node, throw, pause the node or
   * delay this turn. Everywhere else it does nothing and returns `undefined`. An asynchronous turn awaits it, or else
   * only crashes and errors happen right here.
   */
  faultPoint(name: string): Promise<void> | undefined
}

/** Options of an ask. */
export interface AskOptions {
  /** How long to wait for the reply, in milliseconds; above 0. Default 5,000. */
  readonly timeoutMs?: number
  /** Items that a stream may be ahead of its consumer; a whole number from 1. Default 16. */
  readonly window?: number
  /**
   * Aborting it ends the ask with an `AskAbortedError` whose cause is the signal's reason. A message that still waits is
   * then not handled; a turn under way has its `ctx.signal` aborted. Give one to an ask that is raced against something
   * outside the runtime: it says that the turn may go on without the reply, so that no cycle of asks is seen in it.
   */
  readonly signal?: AbortSignal
  /**
   * Buffers in the payload that are moved and not copied: they are detached at once, here, and views on them arrive as
   * views. Default: none. A message that is refused detaches nothing.
   */
  readonly transfer?: readonly ArrayBuffer[]
}

/**
 * What the end of an ask becomes: the names of messages of `Self`, the asker's own protocol, that take the reply and the error;
 * and what else can be said of an ask.
 */
export interface AskThen<Self = any, Reply = any> extends Pick<AskOptions, 'timeoutMs' | 'signal' | 'transfer'> {
  readonly onReply: TakerOf<Self, Reply>
  readonly onError: TakerOf<Self, Error>
}

/** Options of a tell. */
export interface TellOptions {
  /**
   * Buffers in the payload that are moved and not copied: they are detached at once, here, and views on them arrive as
   * views. Default: none. A message that is refused detaches nothing.
   */
  readonly transfer?: readonly ArrayBuffer[]
}

/** Options of a send. */
export interface SendOptions {
  /** How long to wait for room, in milliseconds; above 0. Default 5,000. */
  readonly timeoutMs?: number
  /** Aborting it ends the wait with an `AskAbortedError`; a message that still waits does not come in. */
  readonly signal?: AbortSignal
  /**
   * Buffers in the payload that are moved and not copied: they are detached at once, here, and views on them arrive as
   * views. Default: none. A message that is refused detaches nothing.
   */
  readonly transfer?: readonly ArrayBuffer[]
}

/** Durable timers of one actor, keyed: setting a key again replaces it. */
export interface Reminders<Self> {
  /**
   * Delivers the message once, `delayMs` milliseconds from now or at the time `atMs`, by the clock of the node; at once
   * when that has passed while nobody of this durable id lived. A failed turn is followed by the reminder again, after
   * the restart, or after 1,000 ms when the actor resumed. At most 10,000 at a time.
   */
  set<Name extends MessageName<Self>>(
    reminder: ReminderTime & { readonly key: string },
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /** Cancels the reminder, with this turn: its message is not delivered after this call, even if it was already due. */
  cancel(key: string): void
}

/** When a reminder is due: so many milliseconds from now, or at a time in milliseconds since the Unix epoch. */
export type ReminderTime =
  | { readonly delayMs: number; readonly atMs?: undefined }
  | { readonly atMs: number; readonly delayMs?: undefined }

/** Timers of one actor, keyed: starting a key again replaces it. A restart or a stop cancels them all. */
export interface Timers<Self> {
  /** Delivers the message once, `delayMs` milliseconds from now. */
  once<Name extends MessageName<Self>>(
    timer: { readonly key: string; readonly delayMs: number },
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /** Delivers the message again and again, each time `delayMs` milliseconds after the last one was handled. */
  fixedDelay<Name extends MessageName<Self>>(
    timer: FixedDelay,
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /**
   * Delivers the message every `periodMs` milliseconds by the clock, whatever handling it takes. One of them waits in the
   * mailbox at most; an actor that was late gets those it missed at once, up to 16, and what it missed beyond never.
   */
  fixedRate<Name extends MessageName<Self>>(
    timer: FixedRate,
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /** Cancels the timer; its message is not delivered after this call, even if it was already due. */
  cancel(key: string): void
  /** Cancels all timers of this actor. The timeout of its behavior goes on. */
  cancelAll(): void
  /** True while a message of the timer is to come. */
  isActive(key: string): boolean
}

/** A timer that repeats, counted from the end of each turn. */
export interface FixedDelay {
  /** Does not begin with `@`. */
  readonly key: string
  /** Milliseconds, from 1. */
  readonly delayMs: number
  /** Milliseconds until the first message, from 0. Default `delayMs`. */
  readonly initialDelayMs?: number
}

/** A timer that repeats by the clock. */
export interface FixedRate {
  /** Does not begin with `@`. */
  readonly key: string
  /** Milliseconds, from 1. */
  readonly periodMs: number
  /** Milliseconds until the first message, from 0. Default `periodMs`. */
  readonly initialDelayMs?: number
}

/** How long a behavior may last: `ctx.become('open', { afterMs: 500 }, 'close')`. */
export interface BehaviorTimeout {
  /** Milliseconds, from 0. */
  readonly afterMs: number
}

/** Structured log entries of one actor. */
export interface ActorLog {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Plain data logged beside a message. */
export type LogFields = Readonly<Record<string, unknown>>
/** Severity of a log entry. */
export type LogLevel = keyof ActorLog

/** How severe the entries of a level are, in order. */
export const logSeverity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
