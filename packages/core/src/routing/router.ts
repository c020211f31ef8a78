/**
 * Routers of given routees: actors that live by themselves, named one by one or found under a key.
 *
 * ```ts
 * export const Searches = defineRouter<ProtocolOf<typeof SearchShard>>({
 *   name: 'Searches', module: import.meta.url,
 *   strategy: { byKey: ({ payload }) => payload.document },
 * })
 * const searches = await system.spawn(Searches, { key: Search })    // whoever is registered under the key
 * await searches.ask('search', { document: 'a', text: 'actor' })    // answered by one of them
 * ```
 */

import { type ActorDefinition, defineActor } from '../actor-definition.ts'
import { type ActorRef, refKey, sameRef } from '../actor-ref.ts'
import { ConfigurationError, OverloadError } from '../errors.ts'
import { type ActorKey, receptionist } from '../finding.ts'
import { type KnownOptions, refuseUnknownOptions } from '../known-options.ts'
import type { MailboxOptions } from '../spawn-options.ts'
import type { RouterProtocol, RouterStatistics } from './router-messages.ts'
import {
  addRoutee,
  answerError,
  askForBacklogs,
  awaitRoutees,
  checkSoon,
  looksFar,
  newRouting,
  type Routing,
  type RoutingOptions,
  type RoutingOwn,
  removeRoutee,
  route,
  routeesAt,
  routingHandlers,
  routingSettings,
  setRoutees,
  statisticsOf,
} from './routing.ts'
import { newRoutee } from './strategy.ts'

/** Routees that a router may be given. */
const routeesMax = 10_000

/** A router's definition. Its strategy may be a function, since other nodes find the definition by its module. */
export interface RouterSpec<Protocol> extends RoutingOptions<Protocol> {
  readonly name: string
  /** `import.meta.url` of the module that exports the router; without it, it lives on the local node only. */
  readonly module?: string
  /** The router's own mailbox. */
  readonly mailbox?: MailboxOptions
}

const known: KnownOptions<RouterSpec<any>> = {
  name: true,
  module: true,
  mailbox: true,
  strategy: true,
  waitMs: true,
  checkMs: true,
}

/** What a router is spawned with: its routees, or the key under which they are found as they come and go. */
export type RouterArgs<Protocol> =
  | { readonly routees: readonly ActorRef<Protocol>[]; readonly key?: undefined }
  | { readonly key: ActorKey<Protocol>; readonly routees?: undefined }

/** What the router takes itself. */
type Own = RoutingOwn & {
  '@statistics': () => RouterStatistics
  '@add': (ref: ActorRef<any>) => undefined
  '@remove': (ref: ActorRef<any>) => undefined
  /** The receptionist's list of the key. */
  '@list': (refs: readonly ActorRef<any>[]) => void
}

interface State {
  readonly args: RouterArgs<any>
  readonly routing: Routing
}

/**
 * Defines a router of given routees. A reference to it is one to their protocol, and takes {@link RouterProtocol} besides.
 * It watches the routees that it was given and takes out those that end, a named one too; those of a key are whom the
 * receptionist of its node knows. A restart begins with the arguments again. Throws a `ConfigurationError` for a malformed
 * part; a spawn with malformed arguments is a `SpawnError`.
 */
export function defineRouter<Protocol extends object>(
  spec: RouterSpec<Protocol>,
): ActorDefinition<RouterProtocol<Protocol>, RouterArgs<Protocol>> {
  refuseUnknownOptions(`router ${spec.name}`, spec, known)
  const settings = routingSettings(spec.name, spec)
  const { name, module, mailbox } = spec

  const definition = defineActor<Own>()({
    name,
    ...(module === undefined ? {} : { module }),
    ...(mailbox === undefined ? {} : { mailbox }),
    init: (args: RouterArgs<any>): State => {
      validateArgs(name, args)
      return { args, routing: newRouting() }
    },
    started({ args, routing }, ctx) {
      awaitRoutees(settings, routing, ctx)
      if (args.key !== undefined) receptionist.subscribe(ctx, args.key, '@list')
      else {
        for (const ref of args.routees) ctx.watch(ref)
        if (args.routees.length > 0) setRoutees(settings, routing, routeesAt(routing, args.routees), ctx)
      }
    },
    terminated: ({ routing }, ref, _reason, ctx) => removeRoutee(settings, routing, refKey(ref), ctx),
    otherwise({ routing }, message, ctx) {
      const reply = route(settings, routing, message, ctx)
      if (!routing.isChecking && looksFar(settings, routing, ctx)) checkSoon(settings, routing, ctx)
      return reply
    },
    on: {
      '@statistics': ({ routing }, _message, ctx) => statisticsOf(routing, ctx),
      '@add'(state, ref, ctx) {
        const problem = changeProblem(name, state, ref)
        if (problem !== undefined) return answerError(problem, ctx)
        const { routing } = state
        if (routing.routees.some((routee) => sameRef(routee.ref, ref))) return undefined
        if (routing.routees.length >= routeesMax) {
          return answerError(
            new OverloadError(`router ${name} has ${routeesMax} routees, no more`, { routeesMax }),
            ctx,
          )
        }
        ctx.watch(ref)
        addRoutee(settings, routing, newRoutee(refKey(ref), ref), ctx)
        return undefined
      },
      '@remove'(state, ref, ctx) {
        const problem = changeProblem(name, state, ref)
        if (problem !== undefined) return answerError(problem, ctx)
        ctx.unwatch(ref)
        removeRoutee(settings, state.routing, refKey(ref), ctx)
        return undefined
      },
      '@list': ({ routing }, refs, ctx) =>
        setRoutees(settings, routing, routeesAt(routing, refs.slice(0, routeesMax)), ctx),
      ...routingHandlers,
      '@check'({ routing }, _message, ctx) {
        if (askForBacklogs(routing, ctx) && looksFar(settings, routing, ctx)) checkSoon(settings, routing, ctx)
      },
    },
  })
  return definition as ActorDefinition<any, any> as ActorDefinition<RouterProtocol<Protocol>, RouterArgs<Protocol>>
}

function validateArgs(name: string, args: RouterArgs<any> | undefined): void {
  const { key, routees } = args ?? {}
  const isKey = typeof key?.name === 'string'
  const areRoutees = Array.isArray(routees) && routees.length <= routeesMax && routees.every(isRef)
  if (isKey !== areRoutees) return
  throw new ConfigurationError(
    `router ${name} is spawned with { key } or with { routees }: at most ${routeesMax} references`,
    { definition: name },
  )
}

/** Why the routees are not to be changed by hand, or not by this. */
function changeProblem(name: string, { args }: State, ref: ActorRef<any>): ConfigurationError | undefined {
  if (args.key !== undefined) {
    const what = `the routees of router ${name} are those of the key ${args.key.name}: register or unregister the actor there`
    return new ConfigurationError(what, { definition: name, key: args.key.name })
  }
  return isRef(ref)
    ? undefined
    : new ConfigurationError(`router ${name}: @add and @remove take a reference`, { definition: name })
}

function isRef(ref: unknown): ref is ActorRef<any> {
  return typeof ref === 'object' && ref !== null && 'node' in ref && 'incarnation' in ref
}
