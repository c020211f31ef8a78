/** A run to be reported: peers on several nodes pass rumours on while everything goes wrong, until one has heard too many. */
import { type ActorRef, defineActor, namedRef } from '@troupe/core'
import { SimulationFailure, simulate } from '@troupe/simulation'

type PeerProtocol = {
  meet: (peers: readonly ActorRef<PeerProtocol>[]) => void
  rumour: (rumour: { readonly id: number; readonly hops: number }) => void
}

const Peer = defineActor<PeerProtocol>()({
  name: 'Peer',
  init: () => ({ peers: [] as readonly ActorRef<PeerProtocol>[], heard: 0, last: new Map<string, number>() }),
  on: {
    meet(state, peers) {
      state.peers = peers
    },
    rumour(state, { id, hops }, ctx) {
      state.heard++
      state.last.set('id', id).set('hops', hops)
      if (hops > 0 && state.peers.length > 0) ctx.tell(ctx.random.pick(state.peers), 'rumour', { id, hops: hops - 1 })
    },
  },
})

/** The invariant that the run breaks. */
export const invariant = 'nobody hears too much'

/** The failure of a run of at least `events` events of the trace, with every state. */
export async function failedRun(seed: number, events: number): Promise<SimulationFailure> {
  const nodes = 4
  const faults = { crash: 0.5, pause: 1, partition: 3, loss: 0.05, duplicate: 0.05, reorder: 0.1 }
  const options = { seed, nodes, faults, swarm: false, delivery: 'hostile', trace: { states: true } } as const
  const run = simulate(options, async (world) => {
    let count = 0
    world.observe(() => void count++)
    const places = world.nodes.map((node) => ({ node, name: 'peer' }))
    for (const place of places) await world.spawn(Peer, undefined, place)
    const refs = places.map((place) => namedRef(Peer, place))
    world.always(invariant, () => count < events)
    for (let id = 1; ; id++) {
      for (const ref of refs) world.tell(ref, 'meet', refs)
      world.tell(world.random.pick(refs), 'rumour', { id, hops: 30 })
      await world.sleep(20)
    }
  })
  try {
    await run
  } catch (error) {
    if (error instanceof SimulationFailure) return error
    throw error
  }
  throw new Error('the run was to fail')
}
