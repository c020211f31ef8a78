/** Ways over other nodes, on which messages take their time: what mistakes of order need. */
import { type ActorRef, defineActor } from '@troupe/core'
import type { SimulatedWorld } from '@troupe/simulation'

/** A way over other nodes: who gets it sends it on to the next. */
interface Route {
  readonly over: readonly ActorRef<HopProtocol>[]
  readonly to: ActorRef<any>
  readonly message: string
  readonly payload?: unknown
}

/** One stop on the way. */
export type HopProtocol = { pass: (route: Route) => void }

const Hop = defineActor<HopProtocol>()({
  name: 'Hop',
  module: import.meta.url,
  init: () => ({}),
  on: {
    pass(_state, { over: [next, ...over], ...route }, ctx) {
      if (next === undefined) ctx.tell(route.to, route.message, route.payload)
      else ctx.tell(next, 'pass', { over, ...route })
    },
  },
})

/** Hops on these nodes, in this order. */
export async function hops(world: SimulatedWorld, nodes: readonly string[]): Promise<ActorRef<HopProtocol>[]> {
  return (await Promise.all(nodes.map((node) => world.spawn(Hop, undefined, { node })))).map(({ ref }) => ref)
}

/** Virtual milliseconds: long after the last message has arrived under every schedule. */
export const quietMs = 400
