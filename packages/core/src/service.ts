/**
 * Services bring the outside world in by type. An actor says `ctx.use(Http)`; the host decides what that is: a real
 * client in production, a twin in simulation.
 */
declare const implementation: unique symbol

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

/** Implementations by service name, as hosts take them. */
export type ServiceImplementations = Readonly<Record<string, unknown>>
