/** Single-decree Paxos on threads: the same actors and the same `startPaxos` as in the simulation. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPaxos } from '@troupe/consensus'
import { ForgetsVote } from '@troupe/scenarios'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { type KillFigures, runKills } from './paxos-kills.ts'

test('five threads decide one value, whoever proposes', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-paxos-'))
  {
    await using system = await createSystem({ threads: 5, dataDirectory })
    const members = system.nodes.filter((node) => node !== 'main')
    const client = await startPaxos<string>(system, { instance: 'threads', members })
    const decided = await Promise.all(members.map((via) => client.propose(`value of ${via}`, { via })))
    expect(new Set(decided).size).toBe(1)
    expect(members.map((node) => `value of ${node}`)).toContain(decided[0])
  }
  await rm(dataDirectory, { recursive: true })
})

test('killed threads forget nothing that they acknowledged', async () => {
  // In a process of its own, so that an abort is a failure of this test.
  const command = new URL('./paxos-kills.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [command, '--kills', '8', '--threads', '3', '--json'])
  const { recoveries, acknowledgements, missing, disagreements } = JSON.parse(stdout) as KillFigures
  expect({ recoveries, missing, disagreements }).toEqual({ recoveries: 8, missing: [], disagreements: [] })
  expect(acknowledgements).toBeGreaterThan(100)
})

test('the kills find an acceptor that forgets its votes', async () => {
  const { missing } = await runKills({ kills: 3, threads: 2, acceptor: ForgetsVote })
  expect(missing.length).toBeGreaterThan(0)
})
