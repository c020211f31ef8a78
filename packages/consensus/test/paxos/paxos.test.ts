/** Single-decree Paxos on the local host: all members on one node, virtual time, nothing lost. */
import { type ActorSystem, ConfigurationError, createLocalSystem, type LogEntry, MemoryDisk } from '@troupe/core'
import { expect, test } from 'vitest'
import { type MemberOptions, type PaxosClient, Proposer, startPaxos } from '../../src/index.ts'
import { paxosConfiguration } from '../../src/paxos/paxos.ts'

const five: MemberOptions[] = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, node: 'local' }))
const memoryDisk = () => new MemoryDisk({ schedule: (run) => void Promise.resolve().then(run) })

/** What every learner knows. */
async function learnedBy(client: PaxosClient<string>): Promise<unknown[]> {
  const known = await Promise.all(client.configuration.members.map(({ id }) => client.learned(id)))
  return known.map((learned) => (learned.decided ? learned.value : undefined))
}

/** The phases that the proposer of member `id` goes through. */
function phasesOf(system: ActorSystem, id: string): string[] {
  const phases: string[] = []
  system.events.on('log', ({ actor, message, level }: LogEntry) => {
    if (level === 'debug' && actor.endsWith(`.proposer.${id}`)) phases.push(message)
  })
  return phases
}

test('one proposer goes through election, proposal and acceptance, and every learner learns', async () => {
  await using system = createLocalSystem({ disk: memoryDisk() })
  const phases = phasesOf(system, 'a')
  const client = await startPaxos<string>(system, { instance: 'one', members: five })
  expect((await client.proposerStatus('a')).phase).toBe('idle')
  expect(await client.propose('x', { via: 'a' })).toBe('x')
  await system.idle()
  expect(phases).toEqual(['election', 'proposal', 'acceptance', 'decided'])
  expect(await learnedBy(client)).toEqual(['x', 'x', 'x', 'x', 'x'])
})

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  'competing proposers decide one value, and every client hears it (seed %i)',
  async (seed) => {
    await using system = createLocalSystem({ disk: memoryDisk(), seed })
    const client = await startPaxos<string>(system, { instance: 'duel', members: five })
    const replies = five.map(({ id }) => client.propose(`value of ${id}`, { via: id as string }))
    await system.advance(60_000)
    const decided = new Set(await Promise.all(replies))
    expect(decided.size).toBe(1)
    expect(new Set(await learnedBy(client))).toEqual(decided)
  },
)

test('a later proposal gets the value that was decided before', async () => {
  await using system = createLocalSystem({ disk: memoryDisk() })
  const client = await startPaxos<string>(system, { instance: 'late', members: five })
  await client.propose('first', { via: 'a' })
  expect(await client.propose('second', { via: 'e' })).toBe('first')
})

test('promises, votes and the decision survive a restart of the node', async () => {
  const disk = memoryDisk()
  {
    await using system = createLocalSystem({ disk })
    const client = await startPaxos<string>(system, { instance: 'durable', members: five })
    await client.propose('kept', { via: 'b' })
    await system.idle()
  }
  await using system = createLocalSystem({ disk })
  const client = await startPaxos<string>(system, { instance: 'durable', members: five })
  const vote = { ballot: { n: 1, priority: 0, node: 'b' }, value: 'kept' }
  expect(await client.acceptorStatus('d')).toEqual({ promised: vote.ballot, accepted: vote })
  expect(await learnedBy(client)).toEqual(['kept', 'kept', 'kept', 'kept', 'kept'])
  expect(await client.propose('other', { via: 'a' })).toBe('kept')
})

test('a proposer that comes back goes on with its value under a higher ballot', async () => {
  const disk = memoryDisk()
  // The other members' node does not exist, so that a ballot stays in its election.
  const members = [{ id: 'a', node: 'local' }, ...['b', 'c'].map((id) => ({ id, node: 'elsewhere' }))]
  const configuration = paxosConfiguration({ instance: 'again', members })
  const start = (system: ActorSystem) =>
    system.spawn(Proposer, { configuration, id: 'a' }, { name: 'p', durableId: 'p' })
  {
    await using system = createLocalSystem({ disk })
    const proposer = await start(system)
    proposer.tell('propose', { instance: 'again', value: 'wish' })
    await system.advance(6_000)
    expect(await proposer.ask('status')).toEqual({ phase: 'election', ballot: { n: 1, priority: 0, node: 'a' } })
  }
  await using system = createLocalSystem({ disk })
  const proposer = await start(system)
  await system.advance(6_000)
  expect(await proposer.ask('status')).toEqual({ phase: 'election', ballot: { n: 2, priority: 0, node: 'a' } })
})

test('quorums that could miss each other are refused', async () => {
  await using system = createLocalSystem({ disk: memoryDisk() })
  const start = (election: number, acceptance: number) =>
    startPaxos(system, { instance: `q${election}${acceptance}`, members: five, quorums: { election, acceptance } })
  await expect(start(2, 3)).rejects.toThrow(ConfigurationError)
  await expect(start(2, 3)).rejects.toThrow(
    'beside an election of 2 the acceptance must be at least 4, beside an acceptance of 3 the election at least 3; majorities are 3 and 3',
  )
  await expect(start(0, 5)).rejects.toThrow('quorums.election must be a whole number from 1 to 5, got 0')
  await expect(start('3' as any, 5)).rejects.toThrow("quorums.election must be a whole number from 1 to 5, got '3'")
  const client = await start(4, 2)
  expect(await client.propose('flexible')).toBe('flexible')
})
