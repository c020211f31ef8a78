/** Section 21: what operators see of a system. */
import type { ActorInspection, DefinitionMetrics, LogEntry, NodeInspection } from '@troupe/core'
import { expect } from 'vitest'
import type { Bench, Case } from '../host.ts'
import { subject } from './support.ts'

async function inspected({ system, node }: Bench, options = {}): Promise<NodeInspection> {
  const found = (await system.inspect(options)).nodes.find((candidate) => candidate.node === node)
  if (found === undefined) throw new Error(`${node} was not inspected`)
  return found
}

const all = (actors: readonly ActorInspection[]): ActorInspection[] =>
  actors.flatMap((actor) => [actor, ...all(actor.children)])

async function metricsOf({ system, node }: Bench, definition: string): Promise<DefinitionMetrics | undefined> {
  const { nodes } = await system.metrics()
  return nodes
    .find((metrics) => metrics.node === node)
    ?.definitions.find((metrics) => metrics.definition === definition)
}

export const observation: readonly Case[] = [
  {
    promise: '21.1',
    name: 'an inspection shows each living actor, with what waits for it and the message in hand',
    async check(bench) {
      const { gate, node } = bench
      const parent = await subject(bench, {}, { name: 'parent' })
      await parent.ask('spawn', { name: 'child' })
      const busy = await subject(bench, {}, { name: 'busy' })
      busy.tell('hold', gate.ref)
      await gate.ask('arrived', 1)
      busy.tell('note', 'later')
      busy.tell('note', 'later still')
      const ended = await subject(bench, {}, { name: 'ended' })
      await ended.stop()
      const { status, roots, actors, omitted } = await inspected(bench)
      const byPath = new Map(all(roots).map((actor) => [actor.path, actor]))
      expect({ status, omitted }).toEqual({ status: 'up', omitted: 0 })
      expect(byPath.size).toBe(actors)
      expect(byPath.has(`/${node}/ended`)).toBe(false)
      expect(byPath.get(`/${node}/parent/child`)).toMatchObject({
        definition: 'Subject',
        phase: 'ready',
        generation: 0,
      })
      expect(byPath.get(`/${node}/busy`)).toMatchObject({ phase: 'busy', openAsks: 1, turn: { message: 'hold' } })
      gate.tell('open')
      expect(await busy.ask('count')).toBe(3)
    },
  },
  {
    promise: '21.1',
    name: 'an inspection is as large as one lets it be, and says what it left out',
    async check(bench) {
      const parent = await subject(bench, {}, { name: 'parent' })
      for (const name of ['a', 'b', 'c']) await parent.ask('spawn', { name })
      const whole = await inspected(bench)
      const shallow = await inspected(bench, { depth: 1 })
      const few = await inspected(bench, { maxActors: 2 })
      expect(all(whole.roots).length).toBe(whole.actors)
      expect(shallow.omitted).toBe(3)
      expect(all(few.roots).length).toBe(2)
      expect(few.omitted).toBe(whole.actors - 2)
    },
  },
  {
    promise: '21.2',
    name: 'metrics count every turn, failure and restart',
    async check(bench) {
      const actor = await subject(bench)
      await actor.ask('count')
      const before = await metricsOf(bench, 'Subject')
      for (let count = 0; count < 100; count++) actor.tell('note', 'counted')
      await expect(actor.ask('fail', { error: 'range' })).rejects.toThrow()
      await actor.ask('count')
      const after = await metricsOf(bench, 'Subject')
      // The restarted actor begins with a turn of its own, `started`.
      expect((after?.turns ?? 0) - (before?.turns ?? 0)).toBe(103)
      expect((after?.turnMs.count ?? 0) - (before?.turnMs.count ?? 0)).toBe(103)
      expect(after).toMatchObject({ living: 1, spawned: 1, failures: 1, restarts: 1, waiting: 0 })
    },
  },
  {
    promise: '21.2',
    name: 'metrics count an asynchronous turn once, and asks by how they ended',
    async check(bench) {
      const { gate, node, system } = bench
      const actor = await subject(bench)
      await actor.ask('count')
      const before = await metricsOf(bench, 'Subject')
      actor.tell('hold', gate.ref)
      await gate.ask('arrived', 1)
      gate.tell('open')
      await actor.ask('count')
      const after = await metricsOf(bench, 'Subject')
      expect((after?.turns ?? 0) - (before?.turns ?? 0)).toBe(2)
      expect((after?.turnMs.count ?? 0) - (before?.turnMs.count ?? 0)).toBe(2)
      const { nodes } = await system.metrics()
      const asks = nodes.find((metrics) => metrics.node === node)?.asks
      expect(asks?.ended.reply).toBeGreaterThanOrEqual(1)
      expect(asks?.opened).toBe(Object.values(asks?.ended ?? {}).reduce((sum, count) => sum + count, asks?.open ?? 0))
    },
  },
  {
    promise: '21.3',
    name: 'what an actor logs comes in order, with who it is',
    async check(bench) {
      const { node, system } = bench
      const entries: LogEntry[] = []
      const done = new Promise<void>((resolve) => {
        system.events.on('log', (entry) => {
          entries.push(entry)
          if (entry.message === 'last') resolve()
        })
      })
      const actor = await subject(bench, {}, { name: 'logger' })
      for (const text of ['first', 'second', 'last']) actor.tell('logText', text)
      await done
      expect(entries.map(({ message }) => message)).toEqual(['first', 'second', 'last'])
      const who = { level: 'info', node, actor: `/${node}/logger`, definition: 'Subject', generation: 0 }
      expect(entries[2]).toMatchObject({ ...who, fields: { text: 'last' } })
    },
  },
]
