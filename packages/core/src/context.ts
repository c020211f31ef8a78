/**
 * The context: an actor's only way out. What a handler cannot reach through it does not exist in a simulation.
 */

import type { ActorDefinition, ArgsOf, ProtocolOf } from './actor-definition.ts'
import type { ActorRef, ReplyToken } from './actor-ref.ts'
import type { RandomStream } from './ports/random.ts'
import type { MessageName, PayloadArguments, ReplyOf } from './protocol.ts'
import type { Service } from './service.ts'
import type { SpawnOptions } from './spawn-options.ts'

/** What a handler gets beside the state and the message. Valid during its turn only. */
export interface ActorContext<Self = any, Events = any> {
  /** This actor's own reference. */
  readonly self: ActorRef<Self>
  /** Who sent the message of this turn; `undefined` when it came from outside the actors. */
  readonly sender: ActorRef<any> | undefined
  /** The name of the node that this actor lives on. */
  readonly node: string
  /** Random draws from this actor's own stream. */
  readonly random: RandomStream
  /** Timers that deliver messages to this actor. */
  readonly timers: Timers<Self>
  /** Structured logging with the actor's path. */
  readonly log: ActorLog

  /** Sends a message and forgets it. Never throws because the receiver is gone or overloaded. */
  tell<Protocol, Name extends MessageName<Protocol>>(
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
   * rejects with the callee's failure, `ActorStoppedError`, `NodeDownError`, `OverloadError` or `AskTimeoutError`
   * (after 5,000 ms unless {@link ActorContext.askWith} says otherwise).
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
   * if one is waited for, is left to it; what this turn's handler returns is not sent. (A turn that fails afterwards
   * fails its ask all the same, and the first answer counts.) Throws a `ConfigurationError` in a turn that has no
   * message, such as `started`.
   */
  forward(to: ActorRef<any>): void

  /** Starts a child on this node and returns its reference at once. Throws when `init` throws or the name is taken. */
  spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SpawnOptions,
  ): ActorRef<ProtocolOf<Definition>>
  /** Starts an actor under another node's guardian, linked to this one: it stops when this actor does. */
  spawnOn<Definition extends ActorDefinition<any, any>>(
    node: string,
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SpawnOptions,
  ): Promise<ActorRef<ProtocolOf<Definition>>>
  /**
   * Stops an actor gracefully: it handles what its mailbox holds when the stop arrives, then its children stop, then
   * itself. Without an argument this actor stops after its turn and the rest of its mailbox become dead letters.
   */
  stop(ref?: ActorRef): void
  /** Asks for `terminated(ref)`, exactly once, after the last message from it; at once when it is already dead. */
  watch(ref: ActorRef): void
  /** Withdraws a watch; no `terminated` for it comes after this call. */
  unwatch(ref: ActorRef): void

  /** Milliseconds since the Unix epoch, by this node's clock. */
  now(): number
  /** Applies the event to the state now, and makes it durable before anything this turn lets out leaves the actor. */
  persist<Name extends MessageName<Events>>(name: Name, ...event: EventArguments<Events, Name>): void
  /** The host's implementation of a service; throws `ServiceMissingError` when it was given none. */
  use<Implementation>(service: Service<Implementation>): Implementation
}

/** Options of an ask. */
export interface AskOptions {
  /** How long to wait for the reply, in milliseconds; above 0. Default 5,000. */
  readonly timeoutMs?: number
}

/** The arguments after an event's name. */
type EventArguments<Events, Name extends keyof Events> = Events[Name] extends (
  state: never,
  ...event: infer Event
) => unknown
  ? Event
  : never

/** Timers of one actor, keyed: starting a key again replaces it. A restart or a stop cancels them all. */
export interface Timers<Self> {
  /** Delivers the message once, `delayMs` milliseconds from now. */
  once<Name extends MessageName<Self>>(
    timer: { readonly key: string; readonly delayMs: number },
    name: Name,
    ...payload: PayloadArguments<Self, Name>
  ): void
  /** Cancels the timer; its message is not delivered after this call, even if it was already due. */
  cancel(key: string): void
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
