/** A state that is larger than one record of a journal: replicas that lack it get it, and have it after a restart. */
import { replicate, startReplicated } from '@troupe/consensus'
import { ConfigurationError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const mebibyte = 1024 ** 2
const recordBytesMax = 64 * mebibyte
const blockBytes = 14 * mebibyte
const wait = { timeoutMs: 60_000 }

/** Small commands, large state: each adds a block, and says how many there are. */
const Blocks = replicate(
  { name: 'Blocks' },
  {
    initial: () => [] as Uint8Array[],
    apply: (blocks, mark: number) => blocks.push(new Uint8Array(blockBytes).fill(mark)),
    query: (blocks, index: number) => [blocks[index]?.at(0), blocks[index]?.at(-1), blocks[index]?.length],
  },
)

const run = (program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 1, nodes: 3, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 600_000 }, program)

test('a replica that joins gets a state that no record holds, and comes back with it', async () => {
  await run(async (world) => {
    const options = { electionTimeoutMs: 200, keepEntries: 0, chunkBytes: 6 * mebibyte }
    const members = ['node-1', 'node-2']
    const store = await startReplicated(world, Blocks, { log: 'blocks', members, options })
    const client = await store.client()
    const failures: string[] = []
    world.events.on('failure', ({ error }) => failures.push(error.message))
    for (let mark = 1; mark * blockBytes < recordBytesMax + blockBytes; mark++)
      expect(await client.execute(mark, wait)).toBe(mark)
    await store.startReplica({ node: 'node-3' })
    const hasCaughtUp = async () => {
      const [one, there] = [await store.status('node-1'), await store.status({ node: 'node-3' })]
      return there.applied === one.applied
    }
    while (!(await hasCaughtUp())) await world.sleep(50)
    // Alone with the one that was there, it is needed for each command.
    await client.changeMembers(['node-2', 'node-3'], wait)
    world.crash('node-1')
    world.crash('node-3')
    await world.restart('node-3')
    expect(await client.execute(6, wait)).toBe(6)
    const alone = await client.changeMembers(['node-3'], wait)
    while ((await store.status({ node: 'node-3' })).config < alone) await world.sleep(50)
    world.crash('node-2')
    for (let index = 0; index < 6; index++)
      expect(await client.read(index, wait)).toEqual([index + 1, index + 1, blockBytes])
    expect(failures).toEqual([])
  })
})

test('a part of a snapshot may be no larger than what a record holds by far', async () => {
  await run(async (world) => {
    const options = { chunkBytes: 16 * mebibyte + 1 }
    const started = startReplicated(world, Blocks, { log: 'blocks', members: world.nodes, options })
    await expect(started).rejects.toThrow(ConfigurationError)
    await expect(started).rejects.toThrow('chunkBytes must be a whole number from 1 to 16777216, got 16777217')
  })
})
