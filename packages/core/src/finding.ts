/**
 * Finding actors: typed service keys, the receptionist by them, and groups. Thin helpers over messages to the
 * receptionist of the node, so that whatever holds for messages (output commit, traces) holds here.
 *
 * ```ts
 * const Search = actorKey('search', SearchShard)
 * started(state, ctx) { receptionist.register(ctx, Search) }
 * const shards = await receptionist.find(ctx, Search)
 * ```
 */
import type { ActorDefinition, ProtocolOf } from './actor-definition.ts'
import type { ActorRef } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import { ConfigurationError } from './errors.ts'
import type { MessageName, PayloadArguments } from './protocol.ts'
import { receptionistOf } from './receptionist.ts'
import { shownValue } from './shown-value.ts'

declare const membersOf: unique symbol

/** A service key: the name under which actors that take the messages of `Protocol` are found. Plain data. */
export interface ActorKey<Protocol> {
  readonly name: string
  readonly [membersOf]?: ActorRef<Protocol>
}

/** A service key for actors of a definition: `actorKey('search', SearchShard)`. Keys of one name are one key. */
export function actorKey<Definition extends ActorDefinition<any, any>>(
  name: string,
  definition: Definition,
): ActorKey<ProtocolOf<Definition>>
/** A service key for a protocol: `actorKey<SearchProtocol>('search')`. */
export function actorKey<Protocol>(name: string): ActorKey<Protocol>
export function actorKey(name: string): ActorKey<any> {
  if (typeof name !== 'string' || name.length === 0 || name.length > 200) {
    throw new ConfigurationError(`actorKey needs a name of 1 to 200 characters, got ${shownValue(name)}`)
  }
  return Object.freeze({ name })
}

/** The messages of `Self` that take the list of a key's actors. */
type ListMessage<Self, Protocol> = 0 extends 1 & Self
  ? string
  : {
      [Name in MessageName<Self>]: Self[Name] extends (message: infer Message) => unknown
        ? readonly ActorRef<Protocol>[] extends Message
          ? Name
          : never
        : never
    }[MessageName<Self>]

type AnyContext = ActorContext<any, any, any>

/**
 * The receptionist as actors use it. An actor is registered at the receptionist of its own node; the other nodes hear of
 * it soon after. Its death, or its node's, ends the registration.
 */
export const receptionist = {
  /** Registers `ref` (default: this actor) under `key`. Doing so again changes nothing; after a node's return it is needed again. */
  register<Protocol>(ctx: AnyContext, key: ActorKey<Protocol>, ref: ActorRef<Protocol> = ctx.self): void {
    ctx.tell(receptionistOf(ref.node), 'register', { key: key.name, ref })
  },
  /** Takes a registration back. */
  unregister<Protocol>(ctx: AnyContext, key: ActorKey<Protocol>, ref: ActorRef<Protocol> = ctx.self): void {
    ctx.tell(receptionistOf(ref.node), 'unregister', { key: key.name, ref })
  },
  /** Who is registered under `key`, as far as this node knows: by node name, then in order of registration. */
  async find<Protocol>(ctx: AnyContext, key: ActorKey<Protocol>): Promise<readonly ActorRef<Protocol>[]> {
    return ctx.ask(receptionistOf(ctx.node), 'find', key.name)
  },
  /**
   * From now on this actor gets `message` with the list of `key`'s actors: first as it is, then after each change, in
   * order; changes that come together are told together. The list does not say its key: give each key a message of its own.
   * Ends with {@link receptionist.unsubscribe}, or the actor.
   */
  subscribe<Self, Protocol>(
    ctx: ActorContext<Self, any, any>,
    key: ActorKey<Protocol>,
    message: ListMessage<Self, Protocol>,
  ): void {
    ctx.tell(receptionistOf(ctx.node), 'subscribe', { key: key.name, subscriber: ctx.self, message })
  },
  /** No list of `key` is sent to this actor any more; one under way may still come. */
  unsubscribe(ctx: AnyContext, key: ActorKey<any>): void {
    ctx.tell(receptionistOf(ctx.node), 'unsubscribe', { key: key.name, subscriber: ctx.self })
  },
} as const

/** Groups: the actors under a key, spoken to together. */
export const group = {
  /** This actor is a member from now on: a registration under the group's key. */
  join<Protocol>(ctx: ActorContext<any, any, any>, key: ActorKey<Protocol>): void {
    receptionist.register(ctx, key)
  },
  /** This actor is no member any more; a broadcast under way may still come. */
  leave<Protocol>(ctx: ActorContext<any, any, any>, key: ActorKey<Protocol>): void {
    receptionist.unregister(ctx, key)
  },
  /**
   * Tells all members that this node knows of, this actor too if it is one; they see it as the sender. Broadcasts of one
   * sender arrive in order at each member. They go by way of the receptionist: a tell to a member may overtake them.
   */
  broadcast<Protocol, Name extends MessageName<Protocol>>(
    ctx: ActorContext<any, any, any>,
    key: ActorKey<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void {
    ctx.tell(receptionistOf(ctx.node), 'broadcast', { key: key.name, name, payload: payload[0] })
  },
} as const
