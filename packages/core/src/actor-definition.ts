/**
 * `defineActor`: an actor's behaviour as a value. Two forms: the inferred one for leaf actors, whose protocol is read
 * off its handlers, and the explicit one, `defineActor<Protocol>()({...})`, for circular, self-typed and generic actors.
 */

import type { ActorRef } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import { ConfigurationError } from './errors.ts'
import {
  type CompiledEvent,
  compileEvents,
  compileVersion,
  type EventsShape,
  type Upcasts,
  type Version,
} from './event-versions.ts'
import { unknownPriorityProblem } from './handled-messages.ts'
import { HandlerTable } from './handler-table.ts'
import type {
  HandlersShape,
  InOn,
  NamesIn,
  NoEvents,
  NoSets,
  ProtocolOfBehaviors,
  SomeHandlers,
} from './handler-types.ts'
import { type KnownOptions, refuseUnknownOptions } from './known-options.ts'
import { moduleProblemOf } from './module-url.ts'
import type { CheckedDefinition } from './protocol.ts'
import { type Service, serviceNames } from './service.ts'
import { shownValue } from './shown-value.ts'
import { type MailboxOptions, optionsProblem, unknownOptionsProblem } from './spawn-options.ts'
import type { SuperviseOptions } from './supervision.ts'

declare const typesOf: unique symbol
const brand = Symbol.for('troupe.actor-definition')

/** Why an actor that was watched is no more. */
export type TerminationReason = 'stopped' | 'failed' | 'killed' | 'node-down' | 'not-found'

/** An actor definition: pass it to `spawn`. */
export interface ActorDefinition<Protocol, Args, State = any> {
  readonly name: string
  /** The URL of the module that exports the definition: how another thread finds it. */
  readonly module: string | undefined
  readonly [typesOf]?: { readonly protocol: Protocol; readonly args: (args: Args) => void; readonly state: State }
}

/** The messages that actors of a definition take. */
export type ProtocolOf<Definition> = Definition extends ActorDefinition<infer Protocol, any> ? Protocol : never
/** The arguments of a definition's `init`. */
export type ArgsOf<Definition> = Definition extends ActorDefinition<any, infer Args> ? Args : never
/** The state of a definition's actors. */
export type StateOf<Definition> = Definition extends ActorDefinition<any, any, infer State> ? State : never
/** The reference type of a definition's actors. */
export type RefOf<Definition> = ActorRef<ProtocolOf<Definition>>

/** A message as `otherwise` gets it. */
export interface AnyMessage {
  readonly name: string
  readonly payload: unknown
}

/** The parts of a definition that do not depend on how its protocol is given. */
interface CommonSpec<State, Args, Protocol, Events, Behavior> {
  readonly name: string
  readonly module?: string
  /** The state of a new actor. Pure: no context, no outside world. */
  readonly init: (args: Args) => State
  /**
   * Each event's effect on the state; run when persisted and again at recovery. An event that changed its shape is
   * `{ version, update, upcast }`.
   */
  readonly events?: Events & EventsShape<NoInfer<State>>
  /**
   * The services that its actors cannot do without: a spawn on a node that was not given one is a `ServiceMissingError`.
   * Default: none, and `ctx.use` tells.
   */
  readonly uses?: readonly Service<any>[]
  /** The first turn of a generation, after recovery. */
  readonly started?: (
    state: NoInfer<State>,
    ctx: ActorContext<Protocol, NoInfer<Events>, NoInfer<Behavior>>,
  ) => void | Promise<void>
  /** A watched actor is no more. */
  readonly terminated?: (
    state: NoInfer<State>,
    ref: ActorRef<any>,
    reason: TerminationReason,
    ctx: ActorContext<Protocol, NoInfer<Events>, NoInfer<Behavior>>,
  ) => void | Promise<void>
  /**
   * Takes the messages that neither the current behavior nor `on` names; what it returns is the reply. Without it such a message fails its asker
   * and is a dead letter. With it the explicit form may leave out any of the protocol's messages in `on`.
   */
  readonly otherwise?: (
    state: NoInfer<State>,
    message: AnyMessage,
    ctx: ActorContext<Protocol, NoInfer<Events>, NoInfer<Behavior>>,
  ) => unknown
  /** The last turn, after the children stopped. */
  readonly stopped?: (
    state: NoInfer<State>,
    ctx: ActorContext<Protocol, NoInfer<Events>, NoInfer<Behavior>>,
  ) => void | Promise<void>
  /** The state as a value that can be stored; default: the state itself. */
  readonly snapshot?: (state: NoInfer<State>) => unknown
  /** The state from what `snapshot` gave; default: that value. */
  readonly restore?: (snapshot: any) => NoInfer<State>
  /** A durable actor's state is stored after this many events, so that recovery replays fewer. Default 1,000. */
  readonly snapshotEvery?: number
  /** The supervision of this definition's actors, where a spawn does not say otherwise. */
  readonly supervise?: SuperviseOptions
  /** The mailboxes of this definition's actors, where a spawn does not say otherwise. */
  readonly mailbox?: MailboxOptions
  /**
   * The names of the messages that are re-entrant: an asynchronous turn of one does not hold the mailbox, and one is
   * handled while the turn of another holds it, before what waits there. What the turns share is the state, which may
   * have changed after each `await`. Not for durable actors, nor for those that roll back. Default: none.
   */
  readonly reentrant?: readonly (keyof Protocol & string)[]
  /** The version of what `snapshot` gives; stored with it. A whole number from 1. Default 1. */
  readonly snapshotVersion?: number
  /** From each older version of a snapshot that is still understood to the next one. */
  readonly snapshotUpcast?: Upcasts
}

/** The second step of the explicit form. */
export interface DefineWithProtocol<Protocol> {
  /**
   * With `otherwise`, `on` and the behaviors name any part of the protocol, which may be a type parameter. Whether its
   * messages can travel is then checked where they are sent.
   */
  <State, Args = void, Events extends EventsShape<State> = NoEvents, Behavior extends string = never>(
    spec: CommonSpec<State, Args, Protocol, Events, Behavior> & {
      readonly otherwise: NonNullable<CommonSpec<State, Args, Protocol, Events, Behavior>['otherwise']>
      readonly behaviors?: {
        readonly [Name in Behavior]: SomeHandlers<Protocol, NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>>
      }
      readonly on?: SomeHandlers<Protocol, NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>>
    },
  ): ActorDefinition<Protocol, Args, State>
  <
    State,
    Args = void,
    Events extends EventsShape<State> = NoEvents,
    Behavior extends string = never,
    Sets extends object = NoSets,
    Handlers extends object = object,
  >(
    spec: CommonSpec<State, Args, Protocol, Events, Behavior> & {
      readonly behaviors?: Sets & {
        readonly [Name in Behavior]: SomeHandlers<Protocol, NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>>
      }
      readonly on: Handlers &
        SomeHandlers<Protocol, NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>> &
        InOn<Protocol, NoInfer<Behavior>>
    },
  ): [Exclude<keyof Protocol, keyof Handlers | NamesIn<Sets>>] extends [never]
    ? CheckedDefinition<Protocol, Args, ActorDefinition<Protocol, Args, State>>
    : Unhandled<Exclude<keyof Protocol, keyof Handlers | NamesIn<Sets>>>
}

/** Why a definition is refused: neither `on` nor a behavior handles these messages. No spawn accepts it. */
export interface Unhandled<Name> {
  readonly unhandled: Name
}

/** The explicit form: `defineActor<Protocol>()({ name, module, init, on })`. */
export function defineActor<Protocol extends object>(): DefineWithProtocol<Protocol>
/**
 * The inferred form. `module: import.meta.url` lets other threads find the definition; without it the actor runs on
 * the local node only. Throws a `ConfigurationError` when a part is missing or not a function.
 */
export function defineActor<
  State,
  Handlers extends object,
  Args = void,
  Events extends EventsShape<State> = NoEvents,
  Behavior extends string = never,
  Sets extends object = NoSets,
>(
  spec: CommonSpec<State, Args, any, Events, Behavior> & {
    /** Named handler sets: `ctx.become(name)` puts one before `on`. */
    readonly behaviors?: Sets & {
      readonly [Name in Behavior]: HandlersShape<NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>>
    }
    readonly on: Handlers & HandlersShape<NoInfer<State>, NoInfer<Events>, NoInfer<Behavior>>
  },
): CheckedDefinition<
  ProtocolOfBehaviors<Handlers, Sets>,
  Args,
  ActorDefinition<ProtocolOfBehaviors<Handlers, Sets>, Args, State>
>
export function defineActor(spec?: unknown): unknown {
  return spec === undefined ? compileDefinition : compileDefinition(spec)
}

/** A handler as the kernel calls it. */
export type Handler = (state: any, message: any, ctx: ActorContext) => unknown

/** What the kernel reads of a definition. */
export interface CompiledDefinition extends ActorDefinition<any, any> {
  readonly init: (args: any) => any
  /** Those of `on`. */
  readonly handlers: HandlerTable
  /** By the behavior's name: its handlers, and those of `on` that it does not have. */
  readonly behaviors: ReadonlyMap<string, HandlerTable>
  readonly events: ReadonlyMap<string, CompiledEvent>
  /** The names of the services that it declares. */
  readonly uses: readonly string[]
  readonly started: ((state: any, ctx: ActorContext) => unknown) | undefined
  readonly terminated:
    | ((state: any, ref: ActorRef, reason: TerminationReason, ctx: ActorContext) => unknown)
    | undefined
  readonly stopped: ((state: any, ctx: ActorContext) => unknown) | undefined
  readonly otherwise: ((state: any, message: AnyMessage, ctx: ActorContext) => unknown) | undefined
  readonly snapshot: (state: any) => unknown
  readonly restore: (snapshot: any) => any
  readonly snapshotEvery: number
  readonly supervise: SuperviseOptions | undefined
  readonly mailbox: MailboxOptions | undefined
  /** The names of the messages whose turns interleave with others. */
  readonly reentrant: ReadonlySet<string>
  readonly snapshotVersion: Version
}

/** The compiled side of a definition; throws a `ConfigurationError` when `value` is not one. */
export function compiled(value: unknown): CompiledDefinition {
  if (isDefinition(value)) return value
  throw new ConfigurationError(
    `spawn needs an actor definition made by defineActor(...), got ${value === null ? 'null' : typeof value}`,
  )
}

/** True for what `defineActor` made, also by another instance of this module. */
export function isDefinition(value: unknown): value is CompiledDefinition {
  return typeof value === 'object' && value !== null && brand in value
}

const identity = (value: unknown) => value

const knownParts: KnownOptions<CommonSpec<any, any, any, any, any> & { on: unknown; behaviors: unknown }> = {
  name: true,
  module: true,
  init: true,
  on: true,
  behaviors: true,
  events: true,
  uses: true,
  started: true,
  terminated: true,
  stopped: true,
  otherwise: true,
  snapshot: true,
  restore: true,
  snapshotEvery: true,
  snapshotVersion: true,
  snapshotUpcast: true,
  supervise: true,
  mailbox: true,
  reentrant: true,
}

function compileDefinition(spec: any): CompiledDefinition {
  if (typeof spec !== 'object' || spec === null) throw new ConfigurationError('defineActor needs an object')
  const { name } = spec
  if (typeof name !== 'string' || !/^[\w.-]{1,100}$/.test(name)) {
    throw new ConfigurationError(
      `defineActor needs a name of 1 to 100 letters, digits or - _ . , got ${shownValue(name)}`,
    )
  }
  refuseUnknownOptions(`actor ${name}`, spec, knownParts)
  const requireFunction = (part: string, value: unknown, optional: boolean) => {
    if ((optional && value === undefined) || typeof value === 'function') return
    throw new ConfigurationError(`actor ${name}: ${part} must be a function, got ${typeof value}`, { definition: name })
  }
  requireFunction('init', spec.init, false)
  for (const part of ['started', 'terminated', 'stopped', 'otherwise', 'snapshot', 'restore'])
    requireFunction(part, spec[part], true)
  const on = spec.on ?? (spec.otherwise === undefined ? undefined : {})
  if (typeof on !== 'object' || on === null) {
    throw new ConfigurationError(`actor ${name}: on must be an object of handlers`, { definition: name })
  }
  const moduleProblem = moduleProblemOf(spec.module)
  if (moduleProblem !== undefined) throw new ConfigurationError(`actor ${name}: ${moduleProblem}`, { definition: name })
  const snapshotEvery = spec.snapshotEvery ?? 1_000
  if (!Number.isInteger(snapshotEvery) || snapshotEvery < 1) {
    throw new ConfigurationError(`actor ${name}: snapshotEvery must be a whole number from 1`, { definition: name })
  }
  const uses = serviceNames(spec.uses ?? [])
  if (uses === undefined) {
    throw new ConfigurationError(`actor ${name}: uses must be an array of services made by defineService(...)`, {
      definition: name,
    })
  }
  const { supervise, mailbox } = spec
  const problem = optionsProblem({ supervise, mailbox }) ?? unknownOptionsProblem({ supervise, mailbox })
  if (problem !== undefined) throw new ConfigurationError(`actor ${name}: ${problem}`, { definition: name })
  const handlers = new HandlerTable(functionsOf('on', on))
  const behaviors = behaviorsOf(spec.behaviors ?? {})
  const unknown = unknownPriorityProblem({ handlers, behaviors, otherwise: spec.otherwise }, mailbox)
  if (unknown !== undefined) throw new ConfigurationError(`actor ${name}: ${unknown}`, { definition: name })
  return Object.freeze({
    [brand]: true,
    name,
    module: spec.module,
    init: spec.init,
    handlers,
    behaviors,
    events: compileEvents(name, spec.events ?? {}),
    uses,
    started: spec.started,
    terminated: spec.terminated,
    stopped: spec.stopped,
    otherwise: spec.otherwise,
    snapshot: spec.snapshot ?? identity,
    restore: spec.restore ?? identity,
    snapshotEvery,
    supervise,
    mailbox,
    reentrant: reentrantOf(spec.reentrant ?? []),
    snapshotVersion: compileVersion(name, 'snapshot', spec.snapshotVersion ?? 1, spec.snapshotUpcast),
  })

  function reentrantOf(names: unknown): ReadonlySet<string> {
    const known = (message: unknown) =>
      typeof message === 'string' &&
      (spec.otherwise !== undefined ||
        handlers.has(message) ||
        Object.values(spec.behaviors ?? {}).some((set) => Object.hasOwn(set as object, message)))
    if (!Array.isArray(names)) {
      throw new ConfigurationError(`actor ${name}: reentrant must be a list of message names`, { definition: name })
    }
    const unknown = names.find((message) => !known(message))
    if (unknown !== undefined) {
      throw new ConfigurationError(`actor ${name}: reentrant names ${String(unknown)}, for which it has no handler`, {
        definition: name,
      })
    }
    return new Set(names)
  }

  function behaviorsOf(sets: unknown): Map<string, HandlerTable> {
    const behaviors = new Map<string, HandlerTable>()
    const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
    if (!isObject(sets))
      throw new ConfigurationError(`actor ${name}: behaviors must be an object`, { definition: name })
    for (const [behavior, set] of Object.entries(sets)) {
      if (!isObject(set)) {
        throw new ConfigurationError(`actor ${name}: behaviors.${behavior} must be an object of handlers`, {
          definition: name,
        })
      }
      const own = functionsOf(`behaviors.${behavior}`, set as Record<string, unknown>)
      behaviors.set(behavior, new HandlerTable([...handlers, ...own]))
    }
    return behaviors
  }

  function functionsOf(part: string, source: Record<string, unknown>): Map<string, any> {
    const functions = new Map<string, unknown>()
    for (const [key, value] of Object.entries(source)) {
      requireFunction(`${part}.${key}`, value, false)
      functions.set(key, value)
    }
    return functions
  }
}
