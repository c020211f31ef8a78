/**
 * Simulated deliveries a second in one thread: tokens go around a ring of actors, each hop from one node to the next,
 * with latency, loss, duplicates, copied payloads and the running hash on. Beside it the limit: a bare loop that does no
 * more than that, with an agenda in a heap, the same draws, and a copy and a hash of each message, and without an actor.
 *
 * A token that is lost is missed by its home, which sends another one. What counts is a token that an actor has handled.
 * Ours and the bare loop take turns, since the machine's speed changes by the second.
 */
import { simulate } from '@troupe/simulation'
import { BareRing } from './bare-ring.ts'
import type { SuiteOptions } from './kernel.ts'
import { type Measured, median, printMeasured } from './measured.ts'
import { Place, type RingOptions } from './ring.ts'
import { simulatedLog } from './simulated-log.ts'

const ring: RingOptions = { places: 64, tokensOfEach: 2, missedAfterMs: 1_000 }
const nodes = 8
const latency = { minMs: 0.2, meanMs: 1 }
const faults = { loss: 0.005, duplicate: 0.005, reorder: 0 }
const rounds = 9

/** Runs the suite, prints it and returns its lines. */
export async function simulationSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  const virtualMs = quick ? 200 : 8_000
  const cases: readonly { readonly name: string; run(seed: number): Promise<number> | number }[] = [
    { name: 'ring of actors', run: (seed) => simulatedRing(seed, virtualMs) },
    { name: 'the same, every event kept', run: (seed) => simulatedRing(seed, virtualMs / 10, true) },
    { name: 'bare loop', run: (seed) => new BareRing({ ...ring, nodes, latency, ...faults }, seed).run(virtualMs) },
  ]
  const rates = cases.map(() => [] as number[])
  for (let round = 0; round < (quick ? 1 : rounds); round++) {
    for (const [index, { run }] of cases.entries()) {
      const begun = performance.now()
      const handled = await run(round + 1)
      rates[index]?.push((handled / (performance.now() - begun)) * 1_000)
    }
  }
  const lines = cases.map(({ name }, index): Measured => {
    const own = rates[index] as number[]
    const perSecond = median(own)
    const marginPercent = ((Math.max(...own) - Math.min(...own)) / 2 / perSecond) * 100
    return { suite: 'simulation', name, unit: 'deliveries', perSecond, marginPercent }
  })
  console.log('simulation')
  printMeasured(lines)
  await simulatedLog({ quick }, (seed) => simulatedRing(seed, virtualMs))
  return lines
}

/** Lets the tokens go around for `virtualMs`; returns how many the actors have handled by then. */
async function simulatedRing(seed: number, virtualMs: number, trace = false): Promise<number> {
  let handled = 0
  await simulate(
    { seed, nodes, latency, faults, swarm: false, delivery: 'hostile', eventsMax: 100_000_000, trace },
    async (world) => {
      const places = await Promise.all(
        Array.from({ length: ring.places }, (_, index) =>
          world.spawn(Place, { ...ring, index }, { node: `node-${1 + (index % nodes)}` }),
        ),
      )
      for (const [index, { ref }] of places.entries()) {
        const next = places[(index + 1) % ring.places] as (typeof places)[number]
        world.tell(ref, 'begin', next.ref)
      }
      await world.sleep(virtualMs)
      for (const place of places) handled += await place.ask('handled')
    },
  )
  return handled
}
