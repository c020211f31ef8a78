/** Ben-Or and Chandra-Toueg: what they promise, on scripted runs and in a short campaign. */
import { FailureDetector, RoundObserver, startBenOr, startChandraToueg } from '@troupe/consensus'
import { type RoundAlgorithm, runRounds, seedsOf } from '@troupe/scenarios'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const algorithms: readonly RoundAlgorithm[] = ['ben-or', 'chandra-toueg']
const run = (nodes: number, program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 1, nodes, latency: { minMs: 1, meanMs: 5 }, virtualMsMax: 60_000 }, program)

test.each(algorithms)('%s: a campaign under all faults agrees, ends, and is not tame', async (algorithm) => {
  const runs = []
  for (const nodes of [3, 5])
    for (const seed of seedsOf('60')) runs.push(await runRounds(algorithm, seed, { nodes, strikes: true }))
  expect(runs.filter(({ failure }) => failure !== undefined)).toEqual([])
  expect(runs.some(({ rounds }) => rounds > 4)).toBe(true)
  expect(new Set(runs.map(({ decision }) => decision)).size).toBeGreaterThan(1)
})

test.each(algorithms)('%s: a seed replays to the same run', async (algorithm) => {
  expect(await runRounds(algorithm, 7)).toEqual(await runRounds(algorithm, 7))
})

test('Ben-Or decides in one round what all propose', async () => {
  for (const value of [0, 1] as const) {
    await run(4, async (world) => {
      const { members, instance } = await startBenOr(world, { instance: 'same', members: world.nodes })
      const decided = members.map(({ process }) => world.ask(process, 'propose', { instance, value }))
      expect(await Promise.all(decided)).toEqual([value, value, value, value])
      for (const { process } of members) expect((await world.ask(process, 'status')).round).toBe(1)
    })
  }
})

test('Ben-Or goes on without those who may be faulty, and not without one more', async () => {
  await run(5, async (world) => {
    const { members, instance } = await startBenOr(world, { instance: 'few', members: world.nodes })
    const [a, b, c, d] = members as [(typeof members)[0], ...(typeof members)[0][]]
    for (const node of [world.nodes[3], world.nodes[4]]) world.crash(node as string)
    const asked = [a, b, c].map((member) => world.ask((member as typeof a).process, 'propose', { instance, value: 1 }))
    expect(await Promise.all(asked)).toEqual([1, 1, 1])
    expect(d).toBeDefined()
    const second = await startBenOr(world, { instance: 'too-few', members: world.nodes.slice(0, 3) })
    for (const node of [world.nodes[1], world.nodes[2]]) world.crash(node as string)
    const alone = (second.members[0] as (typeof members)[0]).process
    await expect(world.ask(alone, 'propose', { instance: 'too-few', value: 0 })).rejects.toThrow('no reply')
  })
})

test('Chandra-Toueg passes by a coordinator that is gone, once its detectors suspect it', async () => {
  await run(5, async (world) => {
    const { members, instance } = await startChandraToueg(world, { instance: 'gone', members: world.nodes })
    // The coordinator of round 1 is the second member.
    world.crash(world.nodes[1] as string)
    const alive = members.filter(({ node }) => node !== world.nodes[1])
    const asked = alive.map(({ process }, index) => world.ask(process, 'propose', { instance, value: `v${index}` }))
    const decisions = await Promise.all(asked)
    expect(new Set(decisions).size).toBe(1)
    const detector = world.view.cells(FailureDetector)[0]
    expect(detector?.state.others.get(world.nodes[1] as string)?.suspected).toBe(true)
  })
})

test('a detector takes a wrong suspicion back, and is more patient from then on', async () => {
  await run(3, async (world) => {
    await startChandraToueg(world, { instance: 'slow', members: world.nodes, detectorMs: 50 })
    const [a, b] = world.nodes as [string, string]
    const seen = () => {
      const cell = world.view.cells(FailureDetector).find(({ node }) => node === a)
      return cell?.state.others.get(b) as { suspected: boolean; patience: number }
    }
    const { patience } = seen()
    world.pause(b)
    await world.sleep(1_000)
    expect(seen().suspected).toBe(true)
    world.resume(b)
    await world.sleep(500)
    expect(seen().suspected).toBe(false)
    expect(seen().patience).toBeGreaterThan(patience)
  })
})

test('members that could not work are refused', async () => {
  await run(3, async (world) => {
    const start = (given: object) => startBenOr(world, { instance: 'no', members: world.nodes, ...given })
    await expect(start({ members: [] })).rejects.toThrow('no members')
    await expect(start({ faulty: 2 })).rejects.toThrow('0 to 1 may be faulty')
    await expect(start({ members: ['node-1', 'node-1'] })).rejects.toThrow('the same id')
  })
})

test('options that nobody knows are refused, and values that could not work', async () => {
  await run(3, async (world) => {
    const common = { instance: 'typed', members: world.nodes }
    const benOr = (given: object) => startBenOr(world, { ...common, ...given })
    const chandraToueg = (given: object) => startChandraToueg(world, { ...common, ...given })
    for (const start of [benOr, chandraToueg]) {
      await expect(start({ rounds: 4 })).rejects.toThrow("there is no option 'rounds'; did you mean 'roundsMax'?")
      await expect(start({ members: [{ id: 'a', nodes: 'node-1' }] })).rejects.toThrow("did you mean 'node'?")
      for (const resendMs of [0, Number.POSITIVE_INFINITY, '40'])
        await expect(start({ resendMs })).rejects.toThrow('resendMs must be milliseconds above 0')
      await expect(start({ roundsMax: 0 })).rejects.toThrow('roundsMax must be a whole number from 1')
    }
    await expect(benOr({ detectorMs: 3 })).rejects.toThrow("startBenOr: there is no option 'detectorMs'")
    await expect(chandraToueg({ detektorMs: 3 })).rejects.toThrow("did you mean 'detectorMs'?")
    await expect(chandraToueg({ detector: { intervalMs: -4 } })).rejects.toThrow("there is no option 'detector'")
    await expect(chandraToueg({ detectorMs: -4 })).rejects.toThrow('detectorMs of instance typed must be milliseconds')
    // Nothing was started, so that the name is free.
    await benOr({})
    await chandraToueg({})
  })
})

test('the observer notices each way to break an invariant', () => {
  const broken = (...messages: [message: string, payload: object][]) => {
    const observer = new RoundObserver('i', [0, 1])
    return () => {
      for (const [message, payload] of messages) observer.sent(message, { instance: 'i', ...payload })
    }
  }
  const decide = (value: number, round?: number): [string, object] => ['decide', { value, round }]
  const report = (from: string, round: number, value: number): [string, object] => ['report', { from, round, value }]
  const proposal = (from: string, round: number, value: unknown): [string, object] => [
    'proposal',
    { from, round, value },
  ]
  expect(broken(decide(1), decide(0))).toThrow('agreement')
  expect(broken(decide(2))).toThrow('validity')
  expect(broken(report('a', 1, 0), report('a', 1, 1))).toThrow('one word')
  expect(broken(proposal('a', 1, 0), proposal('b', 1, 1))).toThrow('one proposal')
  expect(broken(decide(1, 1), report('a', 2, 0))).toThrow('locked')
  expect(broken(proposal('a', 1, 0), proposal('b', 1, 'none'), report('a', 2, 0), decide(0, 1))).not.toThrow()
  expect(broken(['estimate', { from: 'a', round: 2, estimate: 1, ts: 1 }])).toThrow('estimate')
})
