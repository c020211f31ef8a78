/**
 * Faults at the worst moments of a round: a process goes between what it has stored and what it sends of it, or right
 * after, and is back before the round is over; what others send meanwhile is held up.
 */
import type { SimulatedWorld, TraceEvent } from '@troupe/simulation'

/** The share of the turns that are struck, and means of exponential distributions, in virtual milliseconds. */
const share = 0.04
const gapMs = 15
/** Of the decisions. */
const decidedShare = 0.6
const soonMs = 6
const downMs = 8
const holdMs = 60
const cutMs = 150
/** The messages whose turns take a process further. */
const turns = new Set(['propose', 'report', 'proposal', 'estimate', 'ack', 'nack', 'decide', 'round', 'suspicion'])

/** Until `untilMs`: strikes the processes of `definition`. */
export function strikeRounds(world: SimulatedWorld, definition: string, untilMs: number): void {
  const { random } = world
  const draw = (meanMs: number) => Math.min(10 * meanMs, -meanMs * Math.log(1 - random.float()))
  if (random.chance(0.4)) void cutOffOne(world, draw)
  let nextMs = 0
  const strike = (node: string, meanMs: number) => {
    const now = world.now()
    // At once: before anything that the turn wrote is synced. Soon: when some of what it sent is there.
    const atMs = now + (random.chance(0.5) ? 0 : draw(meanMs))
    world.at(atMs).crash(node).after(draw(downMs)).restart(node)
    for (const to of world.nodes) {
      if (to === node || !random.chance(0.4)) continue
      const spell = world.hold([node], [to])
      void world.sleep(draw(holdMs)).then(() => spell.end())
    }
    nextMs = now + draw(gapMs)
  }
  const isDue = () => world.now() >= nextMs && world.now() < untilMs
  const strikeAt = (event: TraceEvent) => {
    if (event.type !== 'turn' || event.definition !== definition || !turns.has(event.message)) return
    if (isDue() && random.chance(share)) strike(event.ref.node, soonMs)
  }
  world.observe(strikeAt, { only: ['turn'] })
  world.events.on('log', ({ node, message }) => {
    if (message === 'decided' && world.now() < untilMs && random.chance(decidedShare)) strike(node, 4 * soonMs)
  })
}

/** One node, most often the first coordinator, neither hears nor is heard, long enough to be suspected; then link by link it is. */
async function cutOffOne(world: SimulatedWorld, draw: (meanMs: number) => number): Promise<void> {
  const { random, nodes } = world
  const one = random.chance(0.6) ? (nodes[1 % nodes.length] as string) : random.pick(nodes)
  await world.sleep(random.int(30))
  for (const other of nodes) {
    if (other === one) continue
    for (const spell of [world.hold([one], [other]), world.hold([other], [one])])
      void world.sleep(cutMs + draw(cutMs)).then(() => spell.end())
  }
}
