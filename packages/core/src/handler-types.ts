/** Handlers by type: what a set of them may be, and the protocol that an inferred set takes. */
import type { ReplyToken } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import type { Unwrapped } from './protocol.ts'

/** The events of an actor that declares none. */
export type NoEvents = Record<never, never>
/** The behaviors of an actor that has none. */
export type NoSets = Record<never, never>
export type HandlersShape<State, Events, Behavior> = Record<
  string,
  (state: State, message: any, ctx: ActorContext<any, Events, Behavior>) => unknown
>

/**
 * The protocol that a set of inferred handlers takes. Replies are what an asker gets, so that a reference suits a protocol
 * written by hand whether its handlers are asynchronous or not.
 */
type ProtocolOfHandlers<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends (...parameters: infer Parameters) => infer Reply
    ? Parameters extends [unknown, infer Message, ...unknown[]]
      ? unknown extends Message
        ? () => Unwrapped<Reply>
        : [Message] extends [undefined]
          ? (message?: undefined) => Unwrapped<Reply>
          : (message: Message) => Unwrapped<Reply>
      : () => Unwrapped<Reply>
    : never
}

/** The protocol of the handlers in `on` and those in behaviors: a message of both must suit both, and answers as either. */
export type ProtocolOfBehaviors<Handlers, Sets> = [keyof Sets] extends [never]
  ? ProtocolOfHandlers<Handlers>
  : ProtocolOfHandlers<{
      [Name in keyof Handlers | NamesIn<Sets>]: EitherHandler<HandlerIn<Handlers | Sets[keyof Sets], Name>>
    }>

export type NamesIn<Sets> = { [Set in keyof Sets]: keyof Sets[Set] }[keyof Sets]
type HandlerIn<Set, Name> = Set extends unknown ? (Name extends keyof Set ? Set[Name] : never) : never
type EitherHandler<Handler> = [Handler] extends [(state: any, message: infer Message, ctx: any) => infer Reply]
  ? (state: unknown, message: Message) => Reply
  : never

export type SomeHandlers<Protocol, State, Events, Behavior> = {
  readonly [Name in keyof Protocol]?: HandlerOf<Protocol[Name], Protocol, State, Events, Behavior>
}

type HandlerOf<Message, Protocol, State, Events, Behavior> = Message extends (...payload: infer Payload) => infer Reply
  ? (
      state: State,
      message: Payload extends [] ? undefined : Payload[0],
      ctx: ActorContext<Protocol, Events, Behavior>,
    ) => MaybeLater<Reply>
  : never

/** The messages that must have a handler in `on`: all of them where there are no behaviors. */
export type InOn<Protocol, Behavior> = {
  readonly [Name in [Behavior] extends [never] ? keyof Protocol : never]: unknown
}

type MaybeLater<Reply> = Reply | ReplyToken<Reply> | Promise<Reply | ReplyToken<Reply>>
