/**
 * Strategies: which routee gets a message. Pure functions of the message, the routees and the router's own random stream.
 *
 * The backlog of a routee on the router's node is its mailbox and the turn under way. A mailbox of another node cannot be
 * looked into, so it is asked for now and then: what was reported last, and everything sent since then. That is too high
 * while the routee works, never too low for what came through this router, so that a routee far away is not flooded.
 */
import type { ActorRef } from '../actor-ref.ts'
import type { ActorContext } from '../context.ts'
import { ConfigurationError, RoutingError, toError } from '../errors.ts'
import type { RandomStream } from '../ports/random.ts'
import { rendezvous } from '../rendezvous.ts'
import { shownValue } from '../shown-value.ts'
import type { RoutedMessage } from './router-messages.ts'

/**
 * Which routee gets a message.
 *
 * - `round-robin`: one after the other.
 * - `random`: each as likely.
 * - `broadcast`: all of them. For tells only: an ask has one answer, so asking is refused with a `RoutingError`.
 * - `smallest-mailbox`: the one for which the fewest messages wait; in turn where several have as few.
 * - `byKey`: the same routee for the same key while the routees are the same; when one comes or goes, few keys move.
 * - `choose`: a function of one's own. It gives the index of the routee, and must be pure but for `draw.random`.
 */
export type RoutingStrategy<Protocol = any> =
  | 'round-robin'
  | 'random'
  | 'broadcast'
  | 'smallest-mailbox'
  | { readonly byKey: (message: RoutedMessage<Protocol>) => string }
  | {
      readonly choose: (
        message: RoutedMessage<Protocol>,
        routees: readonly RouteeView<Protocol>[],
        draw: RoutingDraw,
      ) => number
    }

/** A routee as a strategy of one's own sees it. */
export interface RouteeView<Protocol = any> {
  readonly ref: ActorRef<Protocol>
  /** Messages that wait for it; `Infinity` when it is known to be gone. An upper estimate on other nodes. */
  readonly backlog: number
}

/** What a choice may depend on beside the message and the routees. */
export interface RoutingDraw {
  /** The router's own stream. */
  readonly random: RandomStream
  /** How many messages were routed before this one. */
  readonly routed: number
}

/** One routee, as a router keeps it. Plain data. */
export interface Routee {
  /** What its keys are found by; stays when a pool replaces the actor. */
  readonly name: string
  readonly ref: ActorRef<any>
  routed: number
  /** What its node reported last. */
  reported: number
  /** Sent before the request whose report is to come, and after it. */
  sentBefore: number
  sentAfter: number
}

export function newRoutee(name: string, ref: ActorRef<any>): Routee {
  return { name, ref, routed: 0, reported: 0, sentBefore: 0, sentAfter: 0 }
}

type Context = ActorContext<any, any, any>

/** Throws a `ConfigurationError` when a strategy is malformed. */
export function validateStrategy(router: string, strategy: RoutingStrategy): void {
  const names: readonly unknown[] = ['round-robin', 'random', 'broadcast', 'smallest-mailbox']
  if (names.includes(strategy)) return
  if (typeof strategy === 'object' && strategy !== null) {
    if ('byKey' in strategy && typeof strategy.byKey === 'function') return
    if ('choose' in strategy && typeof strategy.choose === 'function') return
  }
  throw new ConfigurationError(
    `router ${router}: strategy is ${names.join(', ')}, { byKey: (message) => text } or { choose: (message, routees, draw) => index }`,
    { definition: router },
  )
}

/** True when the strategy looks at backlogs. */
export function looksAtBacklogs(strategy: RoutingStrategy): boolean {
  return strategy === 'smallest-mailbox' || (typeof strategy === 'object' && 'choose' in strategy)
}

/** Messages that wait for a routee; `Infinity` when it is known to be gone, before its `terminated` came. */
export function backlogOf(routee: Routee, ctx: Context): number {
  if (routee.ref.node === ctx.node) return ctx.backlog(routee.ref) ?? Number.POSITIVE_INFINITY
  return routee.reported + routee.sentBefore + routee.sentAfter
}

/** What there is to choose from: at least one routee, and their names in the same order. */
export interface Choice {
  readonly routees: readonly Routee[]
  readonly names: readonly string[]
  /** How many messages were routed before. */
  readonly routed: number
}

/**
 * The index of the routee that gets `message`, by any strategy but `broadcast`. Throws a `RoutingError` when a function of
 * the strategy throws, or returns what is no key or no index.
 */
export function chooseRoutee(
  strategy: Exclude<RoutingStrategy, 'broadcast'>,
  choice: Choice,
  message: RoutedMessage<any>,
  ctx: Context,
): number {
  const { routees, names, routed } = choice
  if (strategy === 'round-robin') return routed % routees.length
  if (strategy === 'random') return ctx.random.int(routees.length)
  if (strategy === 'smallest-mailbox') return smallest(choice, ctx)
  if ('byKey' in strategy) {
    const key = called('byKey', () => strategy.byKey(message))
    if (typeof key === 'string') return rendezvous(key, names)
    throw failed(`byKey must return a string, got ${typeof key}`)
  }
  const views = routees.map((routee) => ({ ref: routee.ref, backlog: backlogOf(routee, ctx) }))
  const index = called('choose', () => strategy.choose(message, views, { random: ctx.random, routed }))
  if (Number.isInteger(index) && index >= 0 && index < routees.length) return index
  throw failed(`choose must return an index below ${routees.length}, got ${shownValue(index)}`)
}

function smallest({ routees, routed }: Choice, ctx: Context): number {
  const first = routed % routees.length
  let best = first
  let bestBacklog = backlogOf(routees[first] as Routee, ctx)
  for (let step = 1; step < routees.length && bestBacklog > 0; step++) {
    const index = (first + step) % routees.length
    const backlog = backlogOf(routees[index] as Routee, ctx)
    if (backlog < bestBacklog) {
      best = index
      bestBacklog = backlog
    }
  }
  return best
}

function called<Result>(part: string, call: () => Result): Result {
  try {
    return call()
  } catch (thrown) {
    throw failed(`${part} threw: ${toError(thrown).message}`, thrown)
  }
}

function failed(what: string, cause?: unknown): RoutingError {
  return new RoutingError(
    `the strategy's ${what}`,
    { reason: 'strategy-failed' },
    cause === undefined ? undefined : { cause },
  )
}
