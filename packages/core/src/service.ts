/**
 * Services bring the outside world in by type. An actor says `ctx.use(Http)`; the host decides what that is: a real
 * client in production, a twin in simulation. A host is given a ready object, or a provider, which makes one for each
 * node and ends it with the node.
 */
import { ConfigurationError } from './errors.ts'
import type { Clock } from './ports/clock.ts'
import type { RandomStream } from './ports/random.ts'
import { shownValue } from './shown-value.ts'

declare const implementation: unique symbol
const brand = Symbol.for('troupe.service-provider')

/** A key for an implementation of type `Implementation`. */
export interface Service<Implementation> {
  /** The name under which a host is given the implementation: `services: { http: ... }`. */
  readonly name: string
  readonly [implementation]?: Implementation
}

/** Declares a service: `const Http = defineService<{ get(url: string): Promise<Response> }>('http')`. */
export function defineService<Implementation>(name: string): Service<Implementation> {
  return Object.freeze({ name })
}

/** Implementations by service name, as hosts take them: ready objects, or what {@link provideService} made. */
export type ServiceImplementations = Readonly<Record<string, unknown>>

/** What a provider is given of the node that it starts a service for. */
export interface ServiceContext {
  /** The node's name. */
  readonly node: string
  /** How often a node of this name was started before. */
  readonly epoch: number
  /** The node's clock: virtual where time is. */
  readonly clock: Clock
  /** A random stream of this service on this node, seeded where the host is. */
  readonly random: RandomStream
  /** Aborted when the time to start is up, and when the node ends, before any service stops. A crash aborts nothing. */
  readonly signal: AbortSignal
  /** A service that the provider `needs`; it has started. Throws a `ConfigurationError` for any other. */
  use<Implementation>(service: Service<Implementation>): Implementation
}

/** How a service begins and ends on one node. */
export interface ServiceProvider<Implementation> {
  /** The services that must have started before, and are stopped after this one. Default: none. */
  readonly needs?: readonly Service<any>[]
  /** Makes the node's instance. */
  readonly start: (ctx: ServiceContext) => Implementation | PromiseLike<Implementation>
  /** Ends it, once no actor of the node runs any more. Not called where the node crashes. */
  readonly stop?: (implementation: Implementation) => unknown
  /** Milliseconds that `start` may take, by the node's clock. Default 10,000. */
  readonly startTimeoutMs?: number
  /** Milliseconds that `stop` may take. Default 5,000. */
  readonly stopTimeoutMs?: number
}

/** A provider with its service, as a host takes it. */
export interface ProvidedService<Implementation = any> {
  readonly service: Service<Implementation>
  readonly needs: readonly string[]
  readonly start: (ctx: ServiceContext) => Implementation | PromiseLike<Implementation>
  readonly stop: ((implementation: any) => unknown) | undefined
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
}

/**
 * A service that each node has an instance of its own of, started before the node takes actors and stopped after they
 * have ended. Pass it to a host under the service's name. Throws a `ConfigurationError` when a part is malformed.
 *
 * ```ts
 * export const services = {
 *   store: provideService(Store, {
 *     start: async ({ node, signal }) => await openStore(`data/${node}`, { signal }),
 *     stop: (store) => store.close(),
 *   }),
 * }
 * ```
 */
export function provideService<Implementation, Instance extends Implementation>(
  service: Service<Implementation>,
  provider: ServiceProvider<Instance>,
): ProvidedService<Implementation> {
  const { needs = [], start, stop, startTimeoutMs = 10_000, stopTimeoutMs = 5_000 } = provider
  const check = (holds: boolean, what: string) => {
    if (holds) return
    throw new ConfigurationError(`provider of service ${service.name}: ${what}`, { service: service.name })
  }
  check(typeof start === 'function', 'start must be a function')
  check(stop === undefined || typeof stop === 'function', 'stop must be a function')
  check(startTimeoutMs > 0, `startTimeoutMs must be above 0, got ${shownValue(startTimeoutMs)}`)
  check(stopTimeoutMs > 0, `stopTimeoutMs must be above 0, got ${shownValue(stopTimeoutMs)}`)
  const names = serviceNames(needs)
  check(names !== undefined, 'needs must be an array of services made by defineService(...)')
  return Object.freeze({ [brand]: true, service, needs: names ?? [], start, stop, startTimeoutMs, stopTimeoutMs })
}

/** True for what {@link provideService} made, also by another instance of this module. */
export function isProvided(value: unknown): value is ProvidedService {
  return typeof value === 'object' && value !== null && brand in value
}

/** The names of services in a list; `undefined` when it is not a list of services. */
export function serviceNames(services: unknown): readonly string[] | undefined {
  if (!Array.isArray(services)) return undefined
  const names = services.map((service) => (service as Partial<Service<unknown>> | null)?.name)
  return names.every((name) => typeof name === 'string') ? (names as string[]) : undefined
}
