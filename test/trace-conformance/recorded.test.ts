/**
 * Trace conformance: what ran on threads is fed back through `runTurn`, turn by turn, and every effect and every state
 * must come out the same.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPaxos } from '@troupe/consensus'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { Gate, Recorder } from '../conformance/actors/recorder.ts'
import { cases } from '../conformance/cases/index.ts'
import { LeakyActor } from './leaky-actor.ts'
import { type ReplayFigures, replayLog } from './replay-log.ts'

/** Runs `program` on two recorded threads, and everything that it did again. */
async function replayOf(program: (system: ThreadSystem) => Promise<void>): Promise<ReplayFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'troupe-turns-'))
  const recordTurns = join(directory, 'turns')
  const servicesModule = new URL('../conformance/services.ts', import.meta.url)
  try {
    const system = await createSystem({
      threads: 2,
      dataDirectory: join(directory, 'data'),
      recordTurns,
      servicesModule,
    })
    try {
      await program(system)
    } finally {
      await system.stop()
    }
    return await replayLog(recordTurns)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

test('Paxos, with a thread killed on the way', { timeout: 60_000 }, async () => {
  const figures = await replayOf(async (system) => {
    for (let round = 0; round < 5; round++) {
      const client = await startPaxos<string>(system, { instance: `p${round}`, members: system.nodes })
      const decided = await Promise.all(
        system.nodes.map((via) => client.propose(`value via ${via}`, { via, timeoutMs: 10_000 })),
      )
      expect(new Set(decided).size).toBe(1)
      if (round === 2) {
        const up = new Promise((resolve) => system.events.once('nodeUp', resolve))
        await system.killNode('node-1')
        await up
      }
    }
  })
  expect(figures.different).toEqual([])
  // What waits for the end of an actor from outside holds a function; everything else is data.
  expect([...figures.opaque.keys()].filter((why) => !why.startsWith('Watcher: '))).toEqual([])
  expect(figures.replayed).toBeGreaterThan(100)
  expect(figures.effects).toBeGreaterThan(200)
})

/** Turns, messages, supervision, asks, timers, durable actors, behaviors: among them they use every effect. */
const sections = new Set(['1', '2', '5', '8', '10', '12', '15'])

/** Their turns leave promises that reject on purpose, and would again when they are run again. */
const strays = new Set(['5.14', '5.15', '5.16', '5.17'])

test('cases of the conformance suite', { timeout: 300_000 }, async () => {
  const chosen = cases.filter(
    ({ promise, needs = [] }) =>
      sections.has(promise.split('.')[0] as string) &&
      !strays.has(promise) &&
      needs.every((capability) => capability === 'several nodes'),
  )
  const different: string[] = []
  let replayed = 0
  let asynchronous = 0
  for (const { promise, name, check } of chosen) {
    const figures = await replayOf(async (system) => {
      const [node = '', otherNode = ''] = system.nodes
      const mailbox = { capacity: Number.POSITIVE_INFINITY }
      const recorder = await system.spawn(Recorder, undefined, { node, mailbox })
      const gate = await system.spawn(Gate, undefined, { node })
      await check({ system, node, otherNode, recorder, gate, to: recorder.ref })
    })
    different.push(...figures.different.map((difference) => `${promise} ${name}: ${difference}`))
    replayed += figures.replayed
    asynchronous += figures.asynchronous
  }
  expect(different).toEqual([])
  expect(replayed).toBeGreaterThan(500)
  expect(asynchronous).toBeGreaterThan(10)
})

test('an actor that reads what is not in its context is found', { timeout: 60_000 }, async () => {
  const { different } = await replayOf(async (system) => {
    const leaky = await system.spawn(LeakyActor, undefined)
    const recorder = await system.spawn(Recorder, undefined)
    leaky.tell('shout', recorder.ref)
    await leaky.ask('remember')
  })
  expect(different).toEqual([
    expect.stringMatching(
      /LeakyActor-\d+ shout: step 1, tell, had .*from thread \d+.*; run again it has .*from thread 0/,
    ),
    expect.stringMatching(/LeakyActor-\d+ remember: the state after the turn differs/),
  ])
})
