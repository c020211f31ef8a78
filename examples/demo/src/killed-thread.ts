/** Part two: five Paxos acceptors on threads agree; one thread is killed, and comes back from its journal. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AcceptorStatus, ballotKey, compareBallots, startPaxos } from '@troupe/consensus'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import { say, sayHeading } from './say.ts'

const members = 5
const victim = 'node-3'

/** Runs the part and prints it. */
export async function agreeWhileThreadDies(): Promise<void> {
  sayHeading(`2. Consensus: ${members} Paxos acceptors, each on a thread of its own with a journal on disk`)
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-demo-'))
  try {
    await using system = await createSystem({ threads: members, dataDirectory, log: 'none' })
    await run(system)
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function run(system: ThreadSystem): Promise<void> {
  // The phases of every ballot, as its proposer goes through them.
  const phases = new Map<string, string[]>()
  system.events.on('log', ({ actor, message, fields }) => {
    if (!actor.includes('.colour.proposer.') || typeof fields.ballot !== 'string') return
    phases.set(fields.ballot, [...(phases.get(fields.ballot) ?? []), message])
  })
  const colour = await startPaxos<string>(system, { instance: 'colour', members: system.nodes })
  const started = performance.now()
  const [first, second] = await Promise.all([
    colour.propose('blue', { via: 'node-1' }),
    colour.propose('green', { via: 'node-2' }),
  ])
  const ms = performance.now() - started
  say(
    `node-1 proposes blue, node-2 proposes green; both hear ${first}${first === second ? '' : ` and ${second}`} after ${ms.toFixed(0)} ms`,
  )
  if (first !== second) throw new Error('two proposers heard different decisions')
  const before = await colour.acceptorStatus(victim)

  const back = new Promise<void>((resolve) => {
    system.events.on('nodeUp', ({ node }) => node === victim && resolve())
  })
  const killed = performance.now()
  await system.killNode(victim)
  say(`the thread of ${victim} is killed; its acceptor had ${statusText(before)}`)
  const again = await colour.propose('red', { via: 'node-4' })
  say(`while it is gone node-4 proposes red and hears ${again}: what was decided stays decided`)
  if (again !== first) throw new Error('a decision changed')
  await back
  const after = await colour.acceptorStatus(victim)
  say(
    `${(performance.now() - killed).toFixed(0)} ms after the kill ${victim} is back on a new thread and has ${statusText(after)}`,
  )
  if (!keeps(before, after)) throw new Error('the acceptor came back with less than it had')
  for (const [ballot, names] of phases) say(`phases of ballot ${ballot}: ${names.join(', ')}`)
}

/** True when what an acceptor once said still holds: it may have promised and voted more since. */
function keeps(before: AcceptorStatus, after: AcceptorStatus): boolean {
  return (
    compareBallots(after.promised, before.promised) >= 0 &&
    compareBallots(after.accepted?.ballot, before.accepted?.ballot) >= 0
  )
}

function statusText({ promised, accepted }: AcceptorStatus): string {
  const vote = accepted === undefined ? 'no vote' : `a vote for ${String(accepted.value)}`
  return `${promised === undefined ? 'no promise' : `promised ballot ${ballotKey(promised)}`}, ${vote}`
}
