/** Section 8, cycles of asks. */
import type { ActorHandle } from '@troupe/core'
import { expect } from 'vitest'
import { AskerActor, type AskerProtocol, Later } from '../../../packages/core/test/ask-graph.ts'
import type { Bench, Case } from '../host.ts'

const asker = (
  bench: Bench,
  name: string,
  node = bench.node,
  durableId?: string,
): Promise<ActorHandle<AskerProtocol>> =>
  bench.system.spawn(AskerActor, undefined, { node, name, ...(durableId === undefined ? {} : { durableId }) })

const found = 'caught ERR_TROUPE_ASK_CYCLE'

export const askCycles: readonly Case[] = [
  {
    promise: '8.14',
    name: 'an actor that asks itself in an asynchronous turn is told so',
    async check(bench) {
      const a = await asker(bench, 'a')
      expect(await a.ask('chain', [a.ref])).toBe(`${found} /${bench.node}/a -[chain]-> /${bench.node}/a`)
      await expect(a.ask('askUncaught', a.ref)).rejects.toMatchObject({
        code: 'ERR_TROUPE_ASK_CYCLE',
        facts: { cycle: [{ actor: `/${bench.node}/a`, message: 'chain' }] },
      })
    },
  },
  {
    promise: '8.14',
    name: 'the ask that closes a cycle fails with the path, and the others are answered',
    async check(bench) {
      const a = await asker(bench, 'a')
      const b = await asker(bench, 'b', bench.otherNode)
      const c = await asker(bench, 'c')
      // Caught by c, whose answer goes back over b and a.
      const text = await a.ask('chain', [b.ref, c.ref, a.ref])
      const [ofA, ofB, ofC] = [`/${bench.node}/a`, `/${bench.otherNode}/b`, `/${bench.node}/c`]
      expect(text).toMatch(found)
      for (const step of [`${ofA} -[chain]-> ${ofB}`, `${ofB} -[chain]-> ${ofC}`, `${ofC} -[chain]-> ${ofA}`]) {
        expect(text).toContain(step)
      }
      expect(await a.ask('chain', [b.ref, c.ref])).toBe('end')
    },
  },
  {
    promise: '8.14',
    name: 'a cycle over asks that were sent on is found',
    async check(bench) {
      const a = await asker(bench, 'a')
      const b = await asker(bench, 'b', bench.otherNode)
      const c = await asker(bench, 'c')
      const asks = [{ to: b.ref, over: [b.ref, c.ref, a.ref] }]
      expect(await a.ask('several', { kind: 'all', asks })).toBe(
        `${found} /${bench.node}/a -[passOn]-> /${bench.node}/a`,
      )
    },
  },
  {
    promise: '8.14',
    name: 'a child that asks its parent as it starts, and is asked, closes a cycle',
    async check(bench) {
      const a = await asker(bench, 'a')
      expect(await a.ask('spawnAndAsk', bench.otherNode)).toMatch(found)
    },
  },
  {
    promise: '8.14',
    name: 'durable actors, whose asks wait for syncs, are found in a cycle',
    async check(bench) {
      const a = await asker(bench, 'a', bench.node, 'a')
      const b = await asker(bench, 'b', bench.otherNode, 'b')
      a.tell('note')
      expect(await a.ask('chain', [b.ref, a.ref])).toMatch(found)
    },
  },
  {
    promise: '8.15',
    name: 'a turn that another ask makes go on is in no cycle',
    async check(bench) {
      const a = await asker(bench, 'a')
      const b = await asker(bench, 'b', bench.otherNode)
      const later = await bench.system.spawn(Later, undefined, { node: bench.otherNode })
      const asks = [
        { to: later.ref, afterMs: 400 },
        { to: b.ref, back: true },
      ]
      expect(await a.ask('several', { kind: 'race', asks })).toBe('later')
      // What b asked meanwhile is answered behind that.
      expect(await b.ask('chain', [])).toBe('end')
    },
  },
  {
    promise: '8.15',
    name: 'who waits for the actors of a cycle and is not on it is answered',
    async check(bench) {
      const a = await asker(bench, 'a')
      const b = await asker(bench, 'b', bench.otherNode)
      const tail = await asker(bench, 'tail', bench.otherNode)
      const cycle = a.ask('chain', [b.ref, a.ref])
      expect(await tail.ask('chain', [a.ref])).toBe('end')
      expect(await cycle).toMatch(found)
    },
  },
]
