/** Cycles of asks over simulated nodes: random graphs, clocks that differ, probes that are lost, nodes that die. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AskerActor } from '../../core/test/ask-graph.ts'
import { askGraph, checkAnswers, runGraph, stuckAskers } from '../../core/test/ask-graph-oracle.ts'
import { type SimulateOptions, simulate } from '../src/index.ts'

const nodes = ['n1', 'n2', 'n3']

async function reportedAsTheGraphSays(options: Omit<SimulateOptions, 'seed' | 'nodes'>): Promise<void> {
  const runs = { stuck: 0, free: 0 }
  await fc.assert(
    fc.asyncProperty(askGraph, fc.nat(1_000_000), async (graph, seed) => {
      await simulate({ seed, nodes, swarm: false, ...options }, async (world) => {
        const answers = await Promise.all(await runGraph(world, graph, nodes))
        const isStuck = stuckAskers(graph).size > 0
        expect(checkAnswers(graph, answers) > 0).toBe(isStuck)
        runs[isStuck ? 'stuck' : 'free']++
      })
    }),
    { numRuns: 200 },
  )
  expect(runs.stuck).toBeGreaterThan(30)
  expect(runs.free).toBeGreaterThan(30)
}

test('over several nodes an ask fails as part of a cycle exactly when the graph has turns that never go on', () =>
  reportedAsTheGraphSays({}))

test('so it is with clocks that differ, on a slow network', () =>
  reportedAsTheGraphSays({ faults: { clockSkewMs: 60_000 }, latency: { minMs: 1, meanMs: 20 } }))

test('and with messages that come twice or late', () =>
  reportedAsTheGraphSays({ delivery: 'hostile', faults: { loss: 0, duplicate: 0.2, reorder: 0.2 } }))

test('a cycle is found though probes are lost', async () => {
  const runs = { cycle: 0, missed: 0, none: 0 }
  for (let seed = 1; seed <= 200; seed++) {
    const options = { seed, nodes, swarm: false, faults: { loss: 0.1 }, trace: true, metrics: true }
    let found = 0
    const { trace } = await simulate(options, async (world) => {
      const [a, b, c] = await Promise.all(
        nodes.map((node, index) => world.spawn(AskerActor, undefined, { node, name: 'abc'[index] as string })),
      )
      await a!.askWith({ timeoutMs: 100_000 }, 'chain', [b!.ref, c!.ref, a!.ref])
      for (const { asks } of (await world.metrics()).nodes) found += asks.ended.ERR_TROUPE_ASK_CYCLE ?? 0
    })
    let asked = 0
    for (const event of trace ?? []) {
      if (event.type === 'delivered' && event.frame === 'ask' && event.from !== 'main' && event.message === 'chain')
        asked++
    }
    const isCycle = asked === 3
    if (!isCycle) expect(found, `seed ${seed}`).toBe(0)
    runs[isCycle ? (found === 1 ? 'cycle' : 'missed') : 'none']++
  }
  // An ask that was lost makes no cycle; where all arrived, few searches lose a probe each time until the timeout.
  expect(runs.none).toBeGreaterThan(30)
  expect(runs.cycle).toBeGreaterThan(100)
  expect(runs.missed).toBeLessThan(5)
})

test('the same seed finds the same cycle in the same steps', async () => {
  const run = () =>
    simulate({ seed: 7, nodes, swarm: false, faults: { loss: 0.1 } }, async (world) => {
      const [a, b, c] = await Promise.all(
        nodes.map((node, index) => world.spawn(AskerActor, undefined, { node, name: 'abc'[index] as string })),
      )
      await a!.ask('chain', [b!.ref, c!.ref, a!.ref]).catch(() => {})
    })
  expect((await run()).hash).toBe((await run()).hash)
})

test('a node that dies ends the asks of it, and nobody takes that for a cycle', async () => {
  await simulate({ seed: 1, nodes }, async (world) => {
    const [a, b, c] = await Promise.all(
      nodes.map((node, index) => world.spawn(AskerActor, undefined, { node, name: 'abc'[index] as string })),
    )
    const asked = a!.ask('chain', [b!.ref, c!.ref, a!.ref])
    // The cycle has been seen once, and is about to be seen again.
    await world.sleep(150)
    world.crash('n3')
    expect(await asked).toMatch('caught ERR_TROUPE_NODE_DOWN')
  })
})
