/**
 * What every router does: it sends a message on as it is (`ctx.forward`), so that the routee sees the original sender and
 * answers the asker itself; keeps messages for a while when it has no routee; refuses what it cannot send on; and asks
 * other nodes how much waits for its routees there, where its strategy wants to know.
 *
 * A turn of a router never waits, so one sender's messages to one routee stay in their order.
 */
import { type ActorRef, Ref, type ReplyToken, refKey } from '../actor-ref.ts'
import type { ActorContext } from '../context.ts'
import { ConfigurationError, OverloadError, RoutingError, StashOverflowError } from '../errors.ts'
import { guardianOf } from '../guardian.ts'
import { shownValue } from '../shown-value.ts'
import type { RoutedMessage, RouterStatistics } from './router-messages.ts'
import {
  backlogOf,
  chooseRoutee,
  looksAtBacklogs,
  newRoutee,
  type Routee,
  type RoutingStrategy,
  validateStrategy,
} from './strategy.ts'

export type RouterContext = ActorContext<any, any, any>

/** How a router routes; the same for all of one definition. */
export interface RoutingSettings {
  /** The name of the router's definition. */
  readonly name: string
  readonly strategy: RoutingStrategy
  readonly waitMs: number
  readonly checkMs: number
}

/** What routers of every kind may say of themselves. */
export interface RoutingOptions<Protocol> {
  /** Which routee gets a message. Default `round-robin`. */
  readonly strategy?: RoutingStrategy<Protocol>
  /**
   * How long a router without a routee keeps messages, in milliseconds from 0, counted from when it had none. After that
   * it refuses them until it has one. It keeps as many as `mailbox.stashCapacity` says (1,000). Default 3,000.
   */
  readonly waitMs?: number
  /** Milliseconds between two looks at the backlogs of routees, from 1; none is taken while nothing is to do. Default 200. */
  readonly checkMs?: number
}

/** The settings of a definition; throws a `ConfigurationError`. */
export function routingSettings<Protocol>(name: string, options: RoutingOptions<Protocol>): RoutingSettings {
  const { strategy: given = 'round-robin', waitMs = 3_000, checkMs = 200 } = options
  const strategy = given as RoutingStrategy
  validateStrategy(name, strategy)
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new ConfigurationError(`router ${name}: ${what}`, { definition: name })
  }
  check(waitMs >= 0 && waitMs < 2 ** 31, `waitMs must be from 0 to 2^31 - 1, got ${shownValue(waitMs)}`)
  check(checkMs >= 1 && checkMs < 2 ** 31, `checkMs must be from 1 to 2^31 - 1, got ${shownValue(checkMs)}`)
  return { name, strategy, waitMs, checkMs }
}

/** The part of a router's state that is the same for all. Plain data. */
export interface Routing {
  routees: readonly Routee[]
  /** Of the routees, in the same order. */
  names: readonly string[]
  routed: number
  refused: number
  /** In the stash. */
  waiting: number
  /** True when there has been no routee for too long. */
  isRefusing: boolean
  /** True while a check of the backlogs is to come. */
  isChecking: boolean
  /** `routed` at the last check. */
  routedBefore: number
}

export function newRouting(): Routing {
  return {
    routees: [],
    names: [],
    routed: 0,
    refused: 0,
    waiting: 0,
    isRefusing: false,
    isChecking: false,
    routedBefore: 0,
  }
}

/** Sends the message of this turn on, keeps it, or refuses it. What it returns is what the handler returns. */
export function route(
  settings: RoutingSettings,
  routing: Routing,
  message: RoutedMessage<any>,
  ctx: RouterContext,
): ReplyToken | undefined {
  if (routing.routees.length === 0) return keep(settings, routing, ctx)
  const { strategy } = settings
  if (strategy === 'broadcast') return broadcast(settings, routing, ctx)
  try {
    const routee = routing.routees[chooseRoutee(strategy, routing, message, ctx)] as Routee
    const token = ctx.forward(routee.ref)
    sent(routee)
    routing.routed++
    return token
  } catch (thrown) {
    // The message's fault, or the strategy's: neither is a reason to lose the routees.
    ctx.log.warn(`${message.name} was not routed`, { error: String(thrown) })
    return refuse(routing, thrown as Error, ctx)
  }
}

function broadcast({ name }: RoutingSettings, routing: Routing, ctx: RouterContext): ReplyToken | undefined {
  const token = ctx.deferReply()
  if (isAsked(token)) {
    const what = `router ${name} broadcasts, and an ask has one answer: tell it, or ask each of what @routees answers`
    return refuse(routing, new RoutingError(what, { router: name, reason: 'broadcast-ask' }), ctx)
  }
  for (const routee of routing.routees) {
    ctx.forward(routee.ref)
    sent(routee)
  }
  routing.routed++
  return undefined
}

function sent(routee: Routee): void {
  routee.routed++
  routee.sentAfter++
}

/** There is no routee: the message waits for one, where there is time and room left. */
function keep({ name }: RoutingSettings, routing: Routing, ctx: RouterContext): ReplyToken | undefined {
  if (routing.isRefusing) {
    return refuse(routing, new RoutingError(`router ${name} has no routee`, { router: name, reason: 'no-routee' }), ctx)
  }
  try {
    ctx.stash()
    routing.waiting++
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof StashOverflowError)) throw thrown
    const what = `router ${name} has no routee, and ${routing.waiting} messages wait for one already`
    return refuse(routing, new OverloadError(what, { router: name, waiting: routing.waiting }), ctx)
  }
}

/** Fails the ask of this turn with `error`; a message that was told becomes a dead letter. */
export function refuse(routing: Routing, error: Error, ctx: RouterContext): ReplyToken {
  routing.refused++
  const token = ctx.deferReply()
  if (isAsked(token)) ctx.replyError(token, error)
  else ctx.forward(nobody(ctx))
  return token
}

/** Answers the ask of this turn with an error, and lets the router go on. */
export function answerError(error: Error, ctx: RouterContext): ReplyToken<any> {
  const token = ctx.deferReply()
  if (isAsked(token)) ctx.replyError(token, error)
  else ctx.log.warn(error.message)
  return token
}

/** The token of a message that was told has no ask. */
export function isAsked(token: ReplyToken): boolean {
  return token.askId !== 0
}

/** Whom a dead letter was for: no actor has a name like this. */
function nobody(ctx: RouterContext): ActorRef<any> {
  return new Ref(ctx.node, -1, -1, -1, '@no-routee')
}

/** The routees are these from now on; those who stay keep what is known of them. */
export function setRoutees(
  settings: RoutingSettings,
  routing: Routing,
  routees: readonly Routee[],
  ctx: RouterContext,
): void {
  const hadSome = routing.routees.length > 0
  routing.routees = routees
  routing.names = routees.map(({ name }) => name)
  if (routees.length === 0) {
    if (hadSome) awaitRoutees(settings, routing, ctx)
    return
  }
  routing.isRefusing = false
  ctx.timers.cancel('wait')
  handleKept(routing, ctx)
}

/** There is no routee, and messages are kept until `waitMs` from now. */
export function awaitRoutees({ waitMs }: RoutingSettings, routing: Routing, ctx: RouterContext): void {
  if (waitMs === 0) routing.isRefusing = true
  else ctx.timers.once({ key: 'wait', delayMs: waitMs }, '@waited')
}

export function addRoutee(settings: RoutingSettings, routing: Routing, routee: Routee, ctx: RouterContext): void {
  setRoutees(settings, routing, [...routing.routees, routee], ctx)
}

export function removeRoutee(settings: RoutingSettings, routing: Routing, name: string, ctx: RouterContext): void {
  const left = routing.routees.filter((routee) => routee.name !== name)
  if (left.length < routing.routees.length) setRoutees(settings, routing, left, ctx)
}

/** The routees at `refs`, under their addresses: those that are known stay as they are. */
export function routeesAt(routing: Routing, refs: readonly ActorRef<any>[]): Routee[] {
  const known = new Map(routing.routees.map((routee) => [routee.name, routee]))
  const names = new Map(refs.map((ref) => [refKey(ref), ref]))
  return [...names].map(([name, ref]) => known.get(name) ?? newRoutee(name, ref))
}

/** What was kept is handled before anything else. */
function handleKept(routing: Routing, ctx: RouterContext): void {
  if (routing.waiting === 0) return
  routing.waiting = 0
  ctx.unstashAll()
}

/** True when routees live on nodes whose mailboxes the router can only ask about, and its strategy looks at them. */
export function looksFar({ strategy }: RoutingSettings, routing: Routing, ctx: RouterContext): boolean {
  return looksAtBacklogs(strategy) && routing.routees.some(({ ref }) => ref.node !== ctx.node)
}

/** A check of the backlogs comes soon, by the message `@check`. */
export function checkSoon({ checkMs }: RoutingSettings, routing: Routing, ctx: RouterContext): void {
  if (routing.isChecking) return
  routing.isChecking = true
  ctx.timers.once({ key: 'check', delayMs: checkMs }, '@check')
}

/** Asks the other nodes what waits for routees there. True when there was traffic since the last check, or something waits. */
export function askForBacklogs(routing: Routing, ctx: RouterContext): boolean {
  routing.isChecking = false
  const byNode = new Map<string, ActorRef<any>[]>()
  let isBusy = routing.routed !== routing.routedBefore
  routing.routedBefore = routing.routed
  for (const routee of routing.routees) {
    const { ref } = routee
    if (!isBusy && backlogOf(routee, ctx) > 0) isBusy = true
    if (ref.node === ctx.node) continue
    routee.sentBefore += routee.sentAfter
    routee.sentAfter = 0
    const refs = byNode.get(ref.node)
    if (refs === undefined) byNode.set(ref.node, [ref])
    else refs.push(ref)
  }
  for (const [node, refs] of byNode) ctx.tell(guardianOf(node), 'backlogs', { refs, message: '@backlogs' })
  return isBusy
}

/** What another node reported. */
interface Backlog {
  readonly ref: ActorRef<any>
  readonly waiting: number
}

function reported(routing: Routing, backlogs: readonly Backlog[]): void {
  const byRef = new Map(backlogs.map(({ ref, waiting }) => [refKey(ref), waiting]))
  for (const routee of routing.routees) {
    const waiting = byRef.get(refKey(routee.ref))
    if (waiting === undefined) continue
    routee.reported = waiting
    routee.sentBefore = 0
  }
}

export function statisticsOf(routing: Routing, ctx: RouterContext): RouterStatistics {
  const { routed, refused, waiting } = routing
  const routees = routing.routees.map((routee) => {
    const backlog = backlogOf(routee, ctx)
    return { ref: routee.ref, routed: routee.routed, backlog: Number.isFinite(backlog) ? backlog : 0 }
  })
  return { routed, refused, waiting, routees }
}

/** The messages of {@link routingHandlers}, and of the checks. */
export type RoutingOwn = {
  '@routees': () => readonly ActorRef<any>[]
  '@waited': () => void
  '@backlogs': (backlogs: readonly Backlog[]) => void
  '@check': () => void
}

interface WithRouting {
  readonly routing: Routing
}

/** The handlers of a router's own messages that are the same for all. */
export const routingHandlers = {
  '@routees': ({ routing }: WithRouting) => routing.routees.map(({ ref }) => ref),
  /** There has been no routee for `waitMs`. */
  '@waited'({ routing }: WithRouting, _message: undefined, ctx: RouterContext): void {
    routing.isRefusing = true
    handleKept(routing, ctx)
  },
  /** A node's guardian answers. */
  '@backlogs': ({ routing }: WithRouting, backlogs: readonly Backlog[]) => reported(routing, backlogs),
} as const
