/** A state that is larger than one record of a journal: replicas that lack it get it, and have it after a restart. */
import { replicate, type StateMachine, startReplicated } from '@troupe/consensus'
import { ConfigurationError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const mebibyte = 1024 ** 2
const recordBytesMax = 64 * mebibyte
const blockBytes = 14 * mebibyte
const wait = { timeoutMs: 60_000 }

/** Small commands, large state: each adds a block, and says how many there are. */
const machine: StateMachine<Uint8Array[], number, number, number, readonly unknown[]> = {
  initial: () => [],
  apply: (blocks, mark) => blocks.push(new Uint8Array(blockBytes).fill(mark)),
  query: (blocks, index) => [blocks[index]?.at(0), blocks[index]?.at(-1), blocks[index]?.length],
}
const Blocks = replicate({ name: 'Blocks' }, machine)
/** Its replicas store their own state often, the parts of a snapshot that they have got so far included. */
const StoredBlocks = replicate({ name: 'StoredBlocks', snapshotEvery: 3 }, machine)

const options = { electionTimeoutMs: 200, keepEntries: 0, chunkBytes: 6 * mebibyte }

const run = (program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 1, nodes: 3, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 600_000 }, program)

/** A log with a state larger than a record, and another replica that has caught up. */
async function caughtUp(world: SimulatedWorld, definition: typeof Blocks, members: readonly string[]) {
  const store = await startReplicated(world, definition, { log: 'blocks', members, options })
  const client = await store.client()
  for (let mark = 1; mark * blockBytes < recordBytesMax + blockBytes; mark++)
    expect(await client.execute(mark, wait)).toBe(mark)
  await store.startReplica({ node: 'node-3' })
  const { applied } = await store.status('node-1')
  while ((await store.status({ node: 'node-3' })).applied < applied) await world.sleep(50)
  return { store, client, applied }
}

test('a replica that joins gets a state that no record holds, and is needed and comes back with it', async () => {
  await run(async (world) => {
    const failures: string[] = []
    world.events.on('failure', ({ error }) => failures.push(error.message))
    const { store, client } = await caughtUp(world, Blocks, ['node-1', 'node-2'])
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

test('one that stores its own state while it gets that one comes back with it too', async () => {
  await run(async (world) => {
    const { store, applied } = await caughtUp(world, StoredBlocks, ['node-1'])
    world.crash('node-1')
    world.crash('node-3')
    await world.restart('node-3')
    expect((await store.status({ node: 'node-3' })).applied).toBe(applied)
  })
})

test('a part of a snapshot may be no larger than what a record holds by far', async () => {
  await run(async (world) => {
    const large = { ...options, chunkBytes: 16 * mebibyte + 1 }
    const started = startReplicated(world, Blocks, { log: 'blocks', members: world.nodes, options: large })
    await expect(started).rejects.toThrow(ConfigurationError)
    await expect(started).rejects.toThrow('chunkBytes must be a whole number from 1 to 16777216, got 16777217')
  })
})
