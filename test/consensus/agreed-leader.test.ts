/** The example of docs/consensus.md for the round-based algorithms: detectors of one's own, a decision, and its end. */
import { ChandraToueg, FailureDetector, startBenOr, startChandraToueg } from '@troupe/consensus'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'
import { agreeOnLeader, watch } from './agreed-leader.ts'

const run = (program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 4, nodes: 3, latency: { minMs: 1, meanMs: 3 }, virtualMsMax: 60_000 }, program)

test('detectors are asked, or tell a listener; both hear of a node that is gone and of one that is back', async () => {
  await run(async (world) => {
    const [, second] = world.nodes as [string, string, string]
    const { watcher, detectors } = await watch(world, world.nodes)
    expect(detectors.map(({ id, node }) => [id, node])).toEqual(world.nodes.map((node) => [node, node]))
    world.crash(second)
    await world.sleep(1_000)
    expect(await watcher.ask('suspects')).toEqual([second])
    for (const { node, detector } of detectors) {
      if (node !== second) expect(await world.ask(detector, 'suspected')).toEqual([second])
    }
    await world.restart(second)
    await world.sleep(1_000)
    expect(await watcher.ask('suspects')).toEqual([])
    for (const { detector } of detectors) expect(await world.ask(detector, 'suspected')).toEqual([])
  })
})

test('all agree, nothing runs afterwards, and a decision outlives its processes', async () => {
  await run(async (world) => {
    const leader = await agreeOnLeader(world, world.nodes, 1)
    expect(world.nodes).toContain(leader)
    expect(world.view.cells(ChandraToueg)).toEqual([])
    expect(world.view.cells(FailureDetector)).toEqual([])
    // What is started again under that name finds the decision on its disks, whatever is proposed.
    const { members, instance } = await startChandraToueg(world, { instance: 'leader-1', members: world.nodes })
    for (const { process } of members) {
      expect(await world.ask(process, 'propose', { instance, value: 'somebody else' })).toBe(leader)
    }
  })
})

test('what is none of this instance is refused, also after the decision', async () => {
  await run(async (world) => {
    const bit = await startBenOr(world, { instance: 'bit', members: world.nodes })
    const value = await startChandraToueg(world, { instance: 'value', members: world.nodes })
    const [coin, any] = [bit.members[0]!.process, value.members[0]!.process]
    for (const decided of [false, true]) {
      if (decided) {
        await world.ask(coin, 'propose', { instance: 'bit', value: 1 })
        await world.ask(any, 'propose', { instance: 'value', value: 'a' })
      }
      const wrong = [
        () => world.ask(coin, 'propose', { instance: 'another', value: 1 }),
        () => world.ask(coin, 'propose', { instance: 'bit', value: 2 as 1 }),
        () => world.ask(any, 'propose', { instance: 'another', value: 'a' }),
      ]
      for (const ask of wrong) await expect(ask()).rejects.toThrow(RangeError)
    }
  })
})

test('a second proposal is answered with the decision; rounds that are over are told in status, and nobody is answered', async () => {
  await run(async (world) => {
    const { members, instance } = await startBenOr(world, { instance: 'bit', members: world.nodes })
    const [first] = members as [(typeof members)[number]]
    expect(await world.ask(first.process, 'propose', { instance, value: 1 })).toBe(1)
    expect(await world.ask(first.process, 'propose', { instance, value: 0 })).toBe(1)
    const other = await startBenOr(world, { instance: 'short', members: world.nodes, roundsMax: 1 })
    const propose = other.members.map(({ process }, index) =>
      world.ask(process, 'propose', { instance: 'short', value: index === 0 ? 1 : 0 }).catch((error) => error.name),
    )
    const outcomes = await Promise.all(propose)
    const statuses = await Promise.all(other.members.map(({ process }) => world.ask(process, 'status')))
    expect(outcomes).toEqual(statuses.map(({ decision }) => decision ?? 'AskTimeoutError'))
    expect(statuses.map(({ phase }) => phase)).toContain('gave up')
  })
})
