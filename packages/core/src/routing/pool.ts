/**
 * Pools: routers that start their routees themselves, as children or on other nodes, put another in the place of one that
 * ends, and follow their load between bounds.
 *
 * ```ts
 * export const Resizers = definePool({
 *   name: 'Resizers', module: import.meta.url,
 *   routee: Resizer, on: 'spread', size: { min: 2, max: 8 }, strategy: 'smallest-mailbox',
 * })
 * const resizers = await system.spawn(Resizers, { routee: { quality: 80 } })
 * await resizers.ask('resize', image)            // answered by one of them
 * ```
 *
 * ```text
 *   a slot:  starting -> running -> (it ended) -> waiting -> starting ...      keys stay with the slot
 *                          |
 *                          +-> (shrunk away) leaving: it finishes what it accepted
 * ```
 */

import { type ActorDefinition, type ArgsOf, compiled, defineActor, type ProtocolOf } from '../actor-definition.ts'
import { type ActorRef, type ReplyToken, sameRef } from '../actor-ref.ts'
import { ConfigurationError, RoutingError, toError } from '../errors.ts'
import { unknownPriorityProblem } from '../handled-messages.ts'
import { type KnownOptions, refuseUnknownOptions } from '../known-options.ts'
import type { NodeChoice } from '../placement.ts'
import { type MailboxOptions, optionsProblem, type SpawnOptions, unknownOptionsProblem } from '../spawn-options.ts'
import type { SuperviseOptions } from '../supervision.ts'
import { defineAnchor } from './anchor.ts'
import { type PoolBounds, type PoolSize, poolBounds, resize } from './pool-size.ts'
import type { PoolProtocol, PoolStatistics } from './router-messages.ts'
import {
  addRoutee,
  askForBacklogs,
  awaitRoutees,
  checkSoon,
  isAsked,
  looksFar,
  newRouting,
  type RouterContext,
  type Routing,
  type RoutingOptions,
  type RoutingOwn,
  refuse,
  removeRoutee,
  route,
  routingHandlers,
  routingSettings,
  statisticsOf,
} from './routing.ts'
import { backlogOf, newRoutee } from './strategy.ts'

/** A routee that ended sooner than this after its start ended soon: the next waits. */
const healthyMs = 10_000
/** The second start in a row that comes to nothing is followed by this wait, which doubles with each up to the most. */
const replacementMsMin = 100
const replacementMsMax = 10_000

/** A pool's definition. Its strategy may be a function, since other nodes find the definition by its module. */
export interface PoolSpec<Routee extends ActorDefinition<any, any>> extends RoutingOptions<ProtocolOf<Routee>> {
  readonly name: string
  /** `import.meta.url` of the module that exports the pool; without it, it lives on the local node only. */
  readonly module?: string
  /** What the pool starts. None of its messages has a name that begins with `@`, unless it is a router too. */
  readonly routee: Routee
  /** How many; a number for a pool that does not change. A spawn may say otherwise. */
  readonly size: number | PoolSize
  /**
   * Where routees live: `local`, as children of the pool (the default), or on other nodes, as `ctx.spawnOn` takes them;
   * with a list, routee by routee in turn. A routee that ends is replaced by the same choice, so that one on a named node
   * comes back when the node does.
   */
  readonly on?: NodeChoice | readonly NodeChoice[]
  /** How each routee is spawned. */
  readonly options?: RouteeOptions
  /** The pool's own mailbox. */
  readonly mailbox?: MailboxOptions
}

/** Options of each routee's spawn. */
export interface RouteeOptions {
  readonly supervise?: SuperviseOptions
  readonly mailbox?: MailboxOptions
  /**
   * Makes the routees durable, under this text and their number: `accounts-1`, `accounts-2`. Their histories live where
   * they do, so that the pool must have a fixed size and routees that are `local` or on named nodes.
   */
  readonly durableId?: string
}

const known: KnownOptions<PoolSpec<any>> = {
  name: true,
  module: true,
  routee: true,
  size: true,
  on: true,
  options: true,
  mailbox: true,
  strategy: true,
  waitMs: true,
  checkMs: true,
}
const knownOfRoutee: KnownOptions<RouteeOptions> = { supervise: true, mailbox: true, durableId: true }

/** What a pool is spawned with: the arguments of each routee's `init`, and a size other than the definition's. */
export type PoolArgs<Args> = undefined extends Args
  ? { readonly routee?: Args; readonly size?: number | PoolSize } | void
  : { readonly routee: Args; readonly size?: number | PoolSize }

/** What the pool takes itself. */
type Own = RoutingOwn & {
  '@statistics': () => PoolStatistics
  '@drain': () => void
  /** The wait before a slot's next start is over. */
  '@start': (slot: number) => void
  /** From an anchor. */
  '@started': (ref: ActorRef<any>) => void
  '@notStarted': (error: Error) => void
}

/** The place of one routee. It has no `ref` while it is starting, or waits for being started again. */
interface Slot {
  readonly number: number
  ref: ActorRef<any> | undefined
  anchor: ActorRef<any> | undefined
  /** When the routee was started, in milliseconds by the node's clock. */
  startedAtMs: number
  /** Starts in a row whose routee ended soon, or never was. */
  endedSoon: number
}

interface State {
  readonly routing: Routing
  readonly args: any
  readonly bounds: PoolBounds
  readonly slots: Map<number, Slot>
  /** Routees that were taken out and are not done yet. */
  leaving: readonly ActorRef<any>[]
  /** Checks in a row that found too little to do. */
  calm: number
  draining: boolean
  /** Who waits for the end of the draining. */
  drained: ReplyToken<void>[]
  grown: number
  shrunk: number
  replaced: number
}

/**
 * Defines a pool. A reference to it is one to the protocol of its routees, and takes {@link PoolProtocol} besides. A routee
 * that fails is treated as `options.supervise` says; one that ends, for whatever reason, is replaced. A pool that stops
 * ends its children after the turn they are in: ask it `@drain` for their mailboxes' sake. Throws a `ConfigurationError`
 * for a malformed part; a spawn with malformed arguments is a `SpawnError`.
 */
export function definePool<Routee extends ActorDefinition<any, any>>(
  spec: PoolSpec<Routee>,
): ActorDefinition<PoolProtocol<ProtocolOf<Routee>>, PoolArgs<ArgsOf<Routee>>> {
  const { name, module, routee, mailbox } = spec
  const settings = routingSettings(name, spec)
  const nodes = validateSpec(spec)
  const { durableId, ...routeeOptions } = spec.options ?? {}
  const Anchor = defineAnchor(name, routee)

  /** Starts the routee of a slot. What goes wrong is tried again. */
  function start(state: State, slot: Slot, ctx: RouterContext): void {
    const node = nodes[(slot.number - 1) % nodes.length] as NodeChoice
    const options: SpawnOptions =
      durableId === undefined ? routeeOptions : { ...routeeOptions, durableId: `${durableId}-${slot.number}` }
    slot.startedAtMs = ctx.now()
    if (node !== 'local') {
      slot.anchor = ctx.spawn(Anchor, { pool: ctx.self, node, args: state.args, options })
      ctx.watch(slot.anchor)
      return
    }
    try {
      began(state, slot, ctx.spawn(routee as ActorDefinition<any, any>, state.args, options), ctx)
    } catch (thrown) {
      notStarted(toError(thrown), ctx)
      ended(state, slot, ctx)
    }
  }

  function began(state: State, slot: Slot, ref: ActorRef<any>, ctx: RouterContext): void {
    slot.ref = ref
    ctx.watch(ref)
    addRoutee(settings, state.routing, newRoutee(String(slot.number), ref), ctx)
  }

  function notStarted(error: Error, ctx: RouterContext): void {
    ctx.log.warn(`a routee of pool ${name} did not start`, { error: `${error.name}: ${error.message}` })
  }

  /** A slot has no routee any more, or got none: it gets one at once, or after a wait when this happens again and again. */
  function ended(state: State, slot: Slot, ctx: RouterContext): void {
    release(state, slot, ctx)
    slot.endedSoon = ctx.now() - slot.startedAtMs < healthyMs ? slot.endedSoon + 1 : 1
    const delayMs = Math.min(replacementMsMin * 2 ** Math.max(0, slot.endedSoon - 2), replacementMsMax)
    if (slot.endedSoon > 1) ctx.timers.once({ key: timerOf(slot), delayMs }, '@start', slot.number)
    else start(state, slot, ctx)
  }

  /** Takes the routee and the anchor of a slot from it. */
  function release(state: State, slot: Slot, ctx: RouterContext): void {
    removeRoutee(settings, state.routing, String(slot.number), ctx)
    if (slot.anchor !== undefined) {
      ctx.unwatch(slot.anchor)
      ctx.stop(slot.anchor)
    }
    slot.ref = undefined
    slot.anchor = undefined
  }

  function grow(state: State, by: number, ctx: RouterContext): void {
    for (let number = 1, left = by; left > 0; number++) {
      if (state.slots.has(number)) continue
      const slot = { number, ref: undefined, anchor: undefined, startedAtMs: 0, endedSoon: 0 }
      state.slots.set(number, slot)
      start(state, slot, ctx)
      left--
    }
  }

  /** Takes the slot with the highest number out. Its routee finishes what it accepted: the stop comes behind it. */
  function shrink(state: State, ctx: RouterContext): void {
    const slot = state.slots.get(Math.max(...state.slots.keys())) as Slot
    state.slots.delete(slot.number)
    ctx.timers.cancel(timerOf(slot))
    if (slot.ref !== undefined) {
      state.leaving = [...state.leaving, slot.ref]
      ctx.stop(slot.ref)
    }
    release(state, slot, ctx)
  }

  function checkAgain(state: State, isBusy: boolean, ctx: RouterContext): void {
    const { bounds, slots, routing } = state
    const mayChange = bounds.min < bounds.max && (isBusy || slots.size > bounds.min)
    if (mayChange || (isBusy && looksFar(settings, routing, ctx))) checkSoon(settings, routing, ctx)
  }

  function stopWhenDrained(state: State, ctx: RouterContext): void {
    if (!state.draining || state.leaving.length > 0) return
    for (const token of state.drained.splice(0)) ctx.reply(token, undefined)
    ctx.stop()
  }

  const definition = defineActor<Own>()({
    name,
    ...(module === undefined ? {} : { module }),
    ...(mailbox === undefined ? {} : { mailbox }),
    init: (args: { readonly routee?: any; readonly size?: number | PoolSize } | undefined): State => {
      const bounds = poolBounds(name, args?.size ?? spec.size)
      if (durableId !== undefined && bounds.min !== bounds.max) throw movingHistories(name)
      return {
        routing: newRouting(),
        args: args?.routee,
        bounds,
        slots: new Map(),
        leaving: [],
        calm: 0,
        draining: false,
        drained: [],
        grown: 0,
        shrunk: 0,
        replaced: 0,
      }
    },
    started(state, ctx) {
      awaitRoutees(settings, state.routing, ctx)
      grow(state, state.bounds.min, ctx)
    },
    terminated(state, ref, _reason, ctx) {
      if (state.leaving.some((leaving) => sameRef(leaving, ref))) {
        state.leaving = state.leaving.filter((leaving) => !sameRef(leaving, ref))
        stopWhenDrained(state, ctx)
        return
      }
      for (const slot of state.slots.values()) {
        if (!sameRef(slot.ref ?? slot.anchor, ref)) continue
        if (slot.ref !== undefined) state.replaced++
        ended(state, slot, ctx)
        return
      }
    },
    otherwise(state, message, ctx) {
      const { routing } = state
      if (state.draining) {
        return refuse(routing, new RoutingError(`pool ${name} is draining`, { router: name, reason: 'draining' }), ctx)
      }
      const reply = route(settings, routing, message, ctx)
      if (!routing.isChecking) checkAgain(state, true, ctx)
      return reply
    },
    on: {
      ...routingHandlers,
      '@statistics'(state, _message, ctx) {
        const { slots, leaving, grown, shrunk, replaced, routing } = state
        const starting = [...slots.values()].filter(({ ref }) => ref === undefined).length
        return { ...statisticsOf(routing, ctx), starting, leaving: leaving.length, grown, shrunk, replaced }
      },
      '@drain'(state, _message, ctx) {
        const token = ctx.deferReply<void>()
        if (isAsked(token)) state.drained.push(token)
        state.draining = true
        while (state.slots.size > 0) shrink(state, ctx)
        stopWhenDrained(state, ctx)
        return token
      },
      '@check'(state, _message, ctx) {
        const { routing, bounds, slots } = state
        if (state.draining) return
        const isBusy = askForBacklogs(routing, ctx)
        const backlog = reportedBacklog(routing, ctx)
        const { by, calm } = resize(bounds, { routees: slots.size, backlog, calm: state.calm })
        state.calm = calm
        if (by > 0) grow(state, by, ctx)
        if (by < 0) shrink(state, ctx)
        if (by !== 0) ctx.log.info(`pool ${by > 0 ? 'grew' : 'shrank'} to ${slots.size} routees`, { backlog })
        state.grown += Math.max(by, 0)
        state.shrunk += Math.max(-by, 0)
        checkAgain(state, isBusy, ctx)
      },
      '@start'(state, number, ctx) {
        const slot = state.slots.get(number)
        if (slot !== undefined) start(state, slot, ctx)
      },
      '@started'(state, ref, ctx) {
        const slot = [...state.slots.values()].find(({ anchor }) => anchor !== undefined && sameRef(anchor, ctx.sender))
        // Without a slot its anchor was told to stop, and the routee stops with it.
        if (slot !== undefined) began(state, slot, ref, ctx)
      },
      '@notStarted': (_state, error, ctx) => notStarted(error, ctx),
    },
  })
  return definition as ActorDefinition<any, any> as ActorDefinition<
    PoolProtocol<ProtocolOf<Routee>>,
    PoolArgs<ArgsOf<Routee>>
  >
}

/** The nodes of the routees in turn; throws a `ConfigurationError` for what is malformed. */
function validateSpec(spec: PoolSpec<any>): readonly NodeChoice[] {
  const { name, routee, size, on = 'local', options = {} } = spec
  refuseUnknownOptions(`pool ${name}`, spec, known)
  refuseUnknownOptions(`pool ${name}: options`, options, knownOfRoutee)
  const problem = (what: string) => new ConfigurationError(`pool ${name}: ${what}`, { definition: name })
  const { handlers, behaviors } = compiled(routee)
  const names = [handlers, ...behaviors.values()].flatMap((set) => [...set.keys()])
  const own = names.find((message) => message.startsWith('@'))
  if (own !== undefined && !names.includes('@routees')) {
    throw problem(`its routee takes ${own}, which would not reach it: names that begin with @ are the pool's own`)
  }
  poolBounds(name, size)
  const nodes: readonly NodeChoice[] = Array.isArray(on) ? on : [on]
  if (nodes.length === 0) throw problem('on must name a node')
  const given = { supervise: options.supervise, mailbox: options.mailbox }
  const malformed =
    optionsProblem(given) ?? unknownOptionsProblem(given) ?? unknownPriorityProblem(compiled(routee), options.mailbox)
  if (malformed !== undefined) throw problem(`options: ${malformed}`)
  const { durableId } = options
  if (durableId === undefined) return nodes
  if (typeof durableId !== 'string' || durableId === '') throw problem('options.durableId must be a text')
  if (nodes.some((node) => typeof node !== 'string' || node === 'spread')) throw movingHistories(name)
  return nodes
}

function movingHistories(name: string): ConfigurationError {
  return new ConfigurationError(
    `pool ${name}: the history of a durable routee stays where it is, so that the pool needs a fixed size and routees that are local or on named nodes`,
    { definition: name },
  )
}

function timerOf({ number }: Slot): string {
  return `start-${number}`
}

/** What waits for the routees, on other nodes as it was at the check before. */
function reportedBacklog({ routees }: Routing, ctx: RouterContext): number {
  let sum = 0
  for (const routee of routees) {
    const backlog = routee.ref.node === ctx.node ? backlogOf(routee, ctx) : routee.reported
    // One that is gone is about to be replaced.
    if (Number.isFinite(backlog)) sum += backlog
  }
  return sum
}
