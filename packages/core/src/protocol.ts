/**
 * The type-level side of messages: what a protocol's messages carry and answer, and which types can travel.
 */
import type { ActorRef, ReplyToken } from './actor-ref.ts'

/** The names of a protocol's messages. */
export type MessageName<Protocol> = keyof Protocol & string

/** The arguments after the message's name: one payload, or none. */
export type PayloadArguments<Protocol, Name extends keyof Protocol> = Protocol[Name] extends (
  ...payload: infer Payload
) => unknown
  ? Payload
  : never

/** What an ask of the message resolves to. */
export type ReplyOf<Protocol, Name extends keyof Protocol> = Protocol[Name] extends (...payload: never[]) => infer Reply
  ? Unwrapped<Reply>
  : never

/** What whoever asks gets of what a handler returns: a promise's value, a deferred reply, a stream as such. */
export type Unwrapped<Reply> =
  Awaited<Reply> extends infer Value
    ? Value extends ReplyToken<infer Later>
      ? Later
      : Value extends AsyncIterable<infer Item>
        ? AsyncIterable<Item>
        : Value
    : never

/**
 * The messages of `Protocol` that take `Value`, or nothing: what an ask's reply, or its error, can become. A stream belongs to
 * the turn that asked, so none takes it.
 */
export type TakerOf<Protocol, Value> = 0 extends 1 & Protocol
  ? string
  : [Value] extends [AsyncIterable<any>]
    ? never
    : {
        [Name in MessageName<Protocol>]: PayloadArguments<Protocol, Name> extends infer Payload
          ? Payload extends []
            ? Name
            : [[Value] extends [void] ? undefined : Value] extends Payload
              ? Name
              : never
          : never
      }[MessageName<Protocol>]

/** Why a type is refused: the compiler prints it where the actor is spawned. */
export interface NotSendable<Reason extends string> {
  readonly notSendable: Reason
}

type Leaf =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | void
  | Date
  | RegExp
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Error
  | ActorRef<any>
  | ReplyToken<any>

/** `Type` where it can be put in a message; where it holds a function or a symbol, {@link NotSendable} stands there. */
export type Sendable<Type> = 0 extends 1 & Type
  ? Type
  : Type extends Leaf
    ? Type
    : Type extends symbol
      ? NotSendable<'a symbol cannot be put in a message'>
      : Type extends (...parameters: never[]) => unknown
        ? NotSendable<'a function cannot be put in a message'>
        : Type extends readonly (infer Item)[]
          ? SendableItems<Item>
          : Type extends ReadonlyMap<infer Key, infer Value>
            ? SendableMap<Key, Value>
            : Type extends ReadonlySet<infer Item>
              ? SendableSet<Item>
              : Type extends object
                ? { readonly [Key in keyof Type]: Sendable<Type[Key]> }
                : Type

// Interfaces, since the compiler looks into them only when it has to: a type that holds itself in a list has an end.
interface SendableItems<Item> extends ReadonlyArray<Sendable<Item>> {}
interface SendableMap<Key, Value> extends ReadonlyMap<Sendable<Key>, Sendable<Value>> {}
interface SendableSet<Item> extends ReadonlySet<Sendable<Item>> {}

type Payloads<Protocol> = { readonly [Name in keyof Protocol]: PayloadArguments<Protocol, Name> }
type SendablePayloads<Protocol> = { readonly [Name in keyof Protocol]: Sendable<PayloadArguments<Protocol, Name>> }
type Replies<Protocol> = { readonly [Name in keyof Protocol]: ReplyOf<Protocol, Name> }
type SendableReplies<Protocol> = { readonly [Name in keyof Protocol]: SendableReply<ReplyOf<Protocol, Name>> }
/** A reply is a value, or a stream of values. */
type SendableReply<Reply> = Reply extends AsyncIterable<infer Item> ? AsyncIterable<Sendable<Item>> : Sendable<Reply>

/** `Definition`, when everything that its protocol and `init` carry can travel; else a type that no spawn accepts. */
export type CheckedDefinition<Protocol, Args, Definition> = [Payloads<Protocol>, Replies<Protocol>, Args] extends [
  SendablePayloads<Protocol>,
  SendableReplies<Protocol>,
  Sendable<Args>,
]
  ? Definition
  : NotSendable<'a message, a reply or the init arguments hold a function or a symbol'>
