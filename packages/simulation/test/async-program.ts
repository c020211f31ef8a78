/** Actors whose turns await asks, plain promises and each other, over three nodes: for what must hold of such, too. */
import { type ActorRef, defineActor, namedRef } from '@troupe/core'
import type { SimulationProgram } from '../src/index.ts'

/** Answers after some promises of its own. */
const Slow = defineActor({
  name: 'Slow',
  init: () => ({ answered: 0 }),
  on: {
    async answer(state, depth: number, ctx) {
      for (let hop = 0; hop < depth; hop++) await Promise.resolve()
      const draws = await Promise.all([ctx.random.int(100), Promise.resolve(Math.random()), new Date().getHours()])
      await new Promise<void>((resolve) => queueMicrotask(resolve))
      state.answered++
      return `${state.answered}: ${draws.join(' ')} at ${new Date(Date.now()).toLocaleString()}`
    },
  },
})

/** Asks several at once, in one turn after the other. */
const Gatherer = defineActor({
  name: 'Gatherer',
  init: () => ({ heard: [] as string[] }),
  on: {
    async gather(state, { from, depth }: { from: readonly ActorRef<SlowProtocol>[]; depth: number }, ctx) {
      const replies = from.map((ref) => ctx.askWith({ timeoutMs: 100 }, ref, 'answer', depth))
      const settled = await Promise.allSettled(replies)
      for (const one of settled) {
        await undefined
        state.heard.push(one.status === 'fulfilled' ? one.value : String(one.reason?.code))
      }
      return state.heard.length
    },
  },
})

type SlowProtocol = { answer: (depth: number) => string }

/** Gathers from all nodes at once, again and again, whatever goes wrong. */
export const asyncProgram: SimulationProgram = async (world) => {
  const slow = world.nodes.map((node) => namedRef(Slow, { node, name: 'slow' }))
  for (const node of world.nodes) {
    await world.spawn(Slow, undefined, { node, name: 'slow' })
    await world.spawn(Gatherer, undefined, { node, name: 'gatherer' })
  }
  const gatherAt = async (node: string) => {
    for (let round = 0; round < 6; round++) {
      await world.sleep(world.random.int(60))
      const gatherer = namedRef(Gatherer, { node, name: 'gatherer' })
      await world.askWith({ timeoutMs: 300 }, gatherer, 'gather', { from: slow, depth: round }).catch(() => {})
    }
  }
  await Promise.all(world.nodes.map(gatherAt))
  await world.heal()
}
