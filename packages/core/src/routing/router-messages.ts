/**
 * What routers take beside the messages of their routees. Names that begin with `@` are the router's own; every other
 * message is routed.
 */
import type { ActorRef } from '../actor-ref.ts'
import type { MessageName, PayloadArguments } from '../protocol.ts'

/** A message to be routed, as strategies see it: `name` says which, and with it what `payload` is. */
export type RoutedMessage<Protocol> = {
  readonly [Name in MessageName<Protocol>]: {
    readonly name: Name
    readonly payload: PayloadArguments<Protocol, Name>[0]
  }
}[MessageName<Protocol>]

/** What every router takes. */
export type RouterMessages<Protocol> = {
  /** Who gets messages now. */
  '@routees': () => readonly ActorRef<Protocol>[]
}

/** What a router of given routees takes: their messages, and its own. */
export type RouterProtocol<Protocol> = Protocol &
  RouterMessages<Protocol> & {
    '@statistics': () => RouterStatistics<Protocol>
    /** The actor is a routee from now on; no change when it is one. A `ConfigurationError` when the routees are those of a key. */
    '@add': (ref: ActorRef<Protocol>) => void
    /** The actor is no routee any more; what was sent to it before stays its own. A `ConfigurationError` as for `@add`. */
    '@remove': (ref: ActorRef<Protocol>) => void
  }

/** What a pool takes: the messages of its routees, and its own. */
export type PoolProtocol<Protocol> = Protocol &
  RouterMessages<Protocol> & {
    '@statistics': () => PoolStatistics<Protocol>
    /**
     * Takes no more messages, lets every routee finish what it accepted, and stops the pool. Answers when all routees are
     * done.
     */
    '@drain': () => void
  }

/** What a router did since its generation began. */
export interface RouterStatistics<Protocol = any> {
  /** Messages that were sent on; a broadcast counts once. */
  readonly routed: number
  /** Messages that were refused: no routee, a strategy that failed, an ask of a broadcast, or too many waiting. */
  readonly refused: number
  /** Messages that were put aside until there is a routee. */
  readonly waiting: number
  readonly routees: readonly RouteeStatistics<Protocol>[]
}

/** One routee. */
export interface RouteeStatistics<Protocol = any> {
  readonly ref: ActorRef<Protocol>
  /** Messages that it got from this router. */
  readonly routed: number
  /** Messages that wait for it, as far as the router knows: exact on its own node, an upper estimate on others. */
  readonly backlog: number
}

export interface PoolStatistics<Protocol = any> extends RouterStatistics<Protocol> {
  /** Routees that are being started, or are to be started again after a wait. */
  readonly starting: number
  /** Routees that were taken out and finish what they accepted. */
  readonly leaving: number
  /** Routees added for load, taken out for the lack of it, and started in the place of one that ended. */
  readonly grown: number
  readonly shrunk: number
  readonly replaced: number
}
