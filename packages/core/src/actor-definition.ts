/**
 * `defineActor`: an actor's behaviour as a value. Two forms: the inferred one for leaf actors, whose protocol is read
 * off its handlers, and the explicit one, `defineActor<Protocol>()({...})`, for circular, self-typed and generic actors.
 */
import type { ActorRef, ReplyToken } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import { ConfigurationError } from './errors.ts'
import type { CheckedDefinition } from './protocol.ts'

declare const typesOf: unique symbol
const brand = Symbol.for('troupe.actor-definition')

/** Why an actor that was watched is no more. */
export type TerminationReason = 'stopped' | 'failed' | 'killed' | 'node-down' | 'not-found'

/** An actor definition: pass it to `spawn`. */
export interface ActorDefinition<Protocol, Args> {
  readonly name: string
  /** The URL of the module that exports the definition: how another thread finds it. */
  readonly module: string | undefined
  readonly [typesOf]?: { readonly protocol: Protocol; readonly args: (args: Args) => void }
}

/** The messages that actors of a definition take. */
export type ProtocolOf<Definition> = Definition extends ActorDefinition<infer Protocol, any> ? Protocol : never
/** The arguments of a definition's `init`. */
export type ArgsOf<Definition> = Definition extends ActorDefinition<any, infer Args> ? Args : never
/** The reference type of a definition's actors. */
export type RefOf<Definition> = ActorRef<ProtocolOf<Definition>>

/** A message as `otherwise` gets it. */
export interface AnyMessage {
  readonly name: string
  readonly payload: unknown
}

/** The parts of a definition that do not depend on how its protocol is given. */
interface CommonSpec<State, Args, Protocol, Events> {
  readonly name: string
  readonly module?: string
  /** The state of a new actor. Pure: no context, no outside world. */
  readonly init: (args: Args) => State
  /** Each event's effect on the state; run when persisted and again at recovery. */
  readonly events?: Events & EventsShape<NoInfer<State>>
  /** The first turn of a generation, after recovery. */
  readonly started?: (state: NoInfer<State>, ctx: ActorContext<Protocol, NoInfer<Events>>) => void | Promise<void>
  /** A watched actor is no more. */
  readonly terminated?: (
    state: NoInfer<State>,
    ref: ActorRef<any>,
    reason: TerminationReason,
    ctx: ActorContext<Protocol, NoInfer<Events>>,
  ) => void | Promise<void>
  /**
   * Takes the messages that `on` does not name; what it returns is the reply. Without it such a message fails its asker
   * and is a dead letter. With it the explicit form may leave out any of the protocol's messages in `on`.
   */
  readonly otherwise?: (
    state: NoInfer<State>,
    message: AnyMessage,
    ctx: ActorContext<Protocol, NoInfer<Events>>,
  ) => unknown
  /** The last turn, after the children stopped. */
  readonly stopped?: (state: NoInfer<State>, ctx: ActorContext<Protocol, NoInfer<Events>>) => void | Promise<void>
  /** The state as a value that can be stored; default: the state itself. */
  readonly snapshot?: (state: NoInfer<State>) => unknown
  /** The state from what `snapshot` gave; default: that value. */
  readonly restore?: (snapshot: any) => NoInfer<State>
  /** A durable actor's state is stored after this many events, so that recovery replays fewer. Default 1,000. */
  readonly snapshotEvery?: number
}

/** The events of an actor that declares none. */
type NoEvents = Record<never, never>
type EventsShape<State> = Record<string, (state: State, event: any) => void>
type HandlersShape<State, Events> = Record<
  string,
  (state: State, message: any, ctx: ActorContext<any, Events>) => unknown
>

/** The protocol that a set of inferred handlers takes. */
export type ProtocolOfHandlers<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends (...parameters: infer Parameters) => infer Reply
    ? Parameters extends [unknown, infer Message, ...unknown[]]
      ? unknown extends Message
        ? () => Reply
        : [Message] extends [undefined]
          ? (message?: undefined) => Reply
          : (message: Message) => Reply
      : () => Reply
    : never
}

type HandlersOf<Protocol, State, Events> = {
  readonly [Name in keyof Protocol]: HandlerOf<Protocol[Name], Protocol, State, Events>
}

type HandlerOf<Message, Protocol, State, Events> = Message extends (...payload: infer Payload) => infer Reply
  ? (
      state: State,
      message: Payload extends [] ? undefined : Payload[0],
      ctx: ActorContext<Protocol, Events>,
    ) => MaybeLater<Reply>
  : never

type MaybeLater<Reply> = Reply | ReplyToken<Reply> | Promise<Reply | ReplyToken<Reply>>

/** The second step of the explicit form. */
export interface DefineWithProtocol<Protocol> {
  /**
   * With `otherwise`, `on` names any part of the protocol, which may be a type parameter. Whether its messages can
   * travel is then checked where they are sent.
   */
  <State, Args = void, Events extends EventsShape<State> = NoEvents>(
    spec: CommonSpec<State, Args, Protocol, Events> & {
      readonly otherwise: NonNullable<CommonSpec<State, Args, Protocol, Events>['otherwise']>
      readonly on?: {
        readonly [Name in keyof Protocol]?: HandlerOf<Protocol[Name], Protocol, NoInfer<State>, NoInfer<Events>>
      }
    },
  ): ActorDefinition<Protocol, Args>
  <State, Args = void, Events extends EventsShape<State> = NoEvents>(
    spec: CommonSpec<State, Args, Protocol, Events> & {
      readonly on: HandlersOf<Protocol, NoInfer<State>, NoInfer<Events>>
    },
  ): CheckedDefinition<Protocol, Args, ActorDefinition<Protocol, Args>>
}

/** The explicit form: `defineActor<Protocol>()({ name, module, init, on })`. */
export function defineActor<Protocol extends object>(): DefineWithProtocol<Protocol>
/**
 * The inferred form. `module: import.meta.url` lets other threads find the definition; without it the actor runs on
 * the local node only. Throws a `ConfigurationError` when a part is missing or not a function.
 */
export function defineActor<State, Handlers extends object, Args = void, Events extends EventsShape<State> = NoEvents>(
  spec: CommonSpec<State, Args, any, Events> & {
    readonly on: Handlers & HandlersShape<NoInfer<State>, NoInfer<Events>>
  },
): CheckedDefinition<ProtocolOfHandlers<Handlers>, Args, ActorDefinition<ProtocolOfHandlers<Handlers>, Args>>
export function defineActor(spec?: unknown): unknown {
  return spec === undefined ? compileDefinition : compileDefinition(spec)
}

/** A handler as the kernel calls it. */
type Handler = (state: any, message: any, ctx: ActorContext) => unknown

/** What the kernel reads of a definition. */
export interface CompiledDefinition extends ActorDefinition<any, any> {
  readonly init: (args: any) => any
  readonly handlers: ReadonlyMap<string, Handler>
  readonly events: ReadonlyMap<string, (state: any, event: any) => void>
  readonly started: ((state: any, ctx: ActorContext) => unknown) | undefined
  readonly terminated:
    | ((state: any, ref: ActorRef, reason: TerminationReason, ctx: ActorContext) => unknown)
    | undefined
  readonly stopped: ((state: any, ctx: ActorContext) => unknown) | undefined
  readonly otherwise: ((state: any, message: AnyMessage, ctx: ActorContext) => unknown) | undefined
  readonly snapshot: (state: any) => unknown
  readonly restore: (snapshot: any) => any
  readonly snapshotEvery: number
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

function compileDefinition(spec: any): CompiledDefinition {
  if (typeof spec !== 'object' || spec === null) throw new ConfigurationError('defineActor needs an object')
  const { name } = spec
  if (typeof name !== 'string' || !/^[\w.-]{1,100}$/.test(name)) {
    throw new ConfigurationError(
      `defineActor needs a name of 1 to 100 letters, digits or - _ . , got ${JSON.stringify(name)}`,
    )
  }
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
  const snapshotEvery = spec.snapshotEvery ?? 1_000
  if (!Number.isInteger(snapshotEvery) || snapshotEvery < 1) {
    throw new ConfigurationError(`actor ${name}: snapshotEvery must be a whole number from 1`, { definition: name })
  }
  return Object.freeze({
    [brand]: true,
    name,
    module: spec.module,
    init: spec.init,
    handlers: functionsOf('on', on),
    events: functionsOf('events', spec.events ?? {}),
    started: spec.started,
    terminated: spec.terminated,
    stopped: spec.stopped,
    otherwise: spec.otherwise,
    snapshot: spec.snapshot ?? identity,
    restore: spec.restore ?? identity,
    snapshotEvery,
  })

  function functionsOf(part: string, source: Record<string, unknown>): Map<string, any> {
    const functions = new Map<string, unknown>()
    for (const [key, value] of Object.entries(source)) {
      requireFunction(`${part}.${key}`, value, false)
      functions.set(key, value)
    }
    return functions
  }
}
