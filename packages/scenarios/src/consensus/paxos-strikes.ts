/** Faults at the worst moment: whenever a proposer has won its election and is about to ask for votes. */
import type { RandomStream } from '@troupe/core'
import type { SimulatedWorld } from '@troupe/simulation'

/** Means of exponential distributions, in virtual milliseconds. */
const holdMs = 300
const beforeCrashMs = 10
const downMs = 1
/** The share of the links from a proposer that are held. */
const heldShare = 0.7

/**
 * Until `untilMs`: holds what the proposer of each ballot sends to some of the others, each for a time of its own, and
 * lets one of the nodes crash and come back at once.
 */
export function strikeProposals(world: SimulatedWorld, untilMs: number): void {
  const { random } = world
  const strike = async (from: string) => {
    for (const to of world.nodes) {
      if (to === from || !random.chance(heldShare)) continue
      const spell = world.hold([from], [to])
      void world.sleep(exponential(random, holdMs)).then(() => spell.end())
    }
    await world.sleep(exponential(random, beforeCrashMs))
    const node = random.pick(world.nodes)
    world.crash(node)
    await world.sleep(exponential(random, downMs))
    await world.restart(node)
  }
  world.events.on('log', ({ actor, node, message }) => {
    if (message === 'proposal' && actor.includes('.proposer.') && world.now() < untilMs) void strike(node)
  })
}

/** A draw of that mean, ten times the mean at most. */
function exponential(random: RandomStream, mean: number): number {
  return Math.min(10 * mean, -mean * Math.log(1 - random.float()))
}
