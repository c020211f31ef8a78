/** States that outgrow one record of the journal: nothing is lost, and who lags or is new gets them all the same. */
import { replicate, startReplicated } from '@troupe/consensus'
import { JournalRecordSizeError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const options = { electionTimeoutMs: 200 }
const wait = { timeoutMs: 30_000 }

function run(nodes: number, program: (world: SimulatedWorld) => Promise<void>) {
  return simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)
}

/** A counter whose snapshots are larger than a record of the journal. */
const Heavy = replicate(
  { name: 'Heavy', snapshotEvery: 10 },
  {
    initial: () => ({ count: 0 }),
    apply: (state: { count: number }, by: number) => (state.count += by),
    query: ({ count }, _what: undefined) => count,
    snapshot: ({ count }) => ({ count, ballast: 'x'.repeat(65 * 1024 ** 2) }),
    restore: ({ count }: { count: number }) => ({ count }),
  },
)

test('a machine whose snapshot is more than a record of the journal is told as a failure, and its log goes on', async () => {
  await run(1, async (world) => {
    const failures: { actor: string; message: string; error: Error; directive: string }[] = []
    world.events.on('failure', (failure) => failures.push(failure))
    const heavy = await startReplicated(world, Heavy, { log: 'heavy', members: world.nodes, options })
    const client = await heavy.client()
    for (let count = 1; failures.length === 0; count++) expect(await client.execute(1)).toBe(count)
    const [{ actor, message, error, directive }] = failures as [(typeof failures)[0]]
    expect({ actor, message, directive }).toMatchObject({ message: 'snapshot', directive: 'resume' })
    expect(actor).toContain('/node-1/log.heavy')
    expect(error).toBeInstanceOf(JournalRecordSizeError)
    expect(error.message).toContain('in one record of the journal, which holds 67108864 at most')
    const reached = await client.execute(0)
    world.crash('node-1')
    await world.restart('node-1')
    expect(await client.execute(1, { timeoutMs: 20_000 })).toBe((reached as number) + 1)
  })
})

test('a new replica and one that lags get a state that is more than a record of the journal, and keep it', async () => {
  await run(4, async (world) => {
    const [a, b, c, d] = world.nodes as [string, string, string, string]
    const failed: string[] = []
    world.events.on('failure', ({ message, directive }) => {
      if (message !== 'snapshot') failed.push(`${message}: ${directive}`)
    })
    const chunkBytes = 8 * 1024 ** 2
    const given = { log: 'heavy', members: [a, b, c], options: { ...options, keepEntries: 2, chunkBytes } }
    const heavy = await startReplicated(world, Heavy, given)
    const client = await heavy.client()
    await client.execute(1)
    world.crash(c)
    for (let count = 2; count <= 8; count++) expect(await client.execute(1, wait)).toBe(count)
    const { trimmed } = await heavy.status(a)
    expect(trimmed).toBeGreaterThan(2)
    await world.restart(c)
    await heavy.startReplica(d)
    for (const lagging of [c, d]) while ((await heavy.status(lagging)).applied < trimmed) await world.sleep(50)
    expect(await client.changeMembers([b, c, d], wait)).toBe(2)
    // Both have stored it.
    for (const node of world.nodes) world.crash(node)
    for (const node of [c, d]) {
      await world.restart(node)
      expect((await heavy.status(node)).applied).toBeGreaterThanOrEqual(trimmed)
    }
    await world.restart(b)
    expect(await client.read(undefined, wait)).toBe(8)
    expect(await client.execute(1, wait)).toBe(9)
    expect(failed).toEqual([])
  })
})
