/** Section 18: routers and pools. */
import { type ActorDefinition, type ActorRef, namedRef, type RouterArgs, refKey } from '@troupe/core'
import { expect } from 'vitest'
import { Gate, Recorder } from '../actors/recorder.ts'
import {
  BroadcastRouter,
  Caller,
  ElasticPool,
  FarPool,
  Hand,
  HandPool,
  type HandPort,
  HandRouter,
  Hands,
  ImpatientRouter,
  KeyPool,
  KeyRouter,
  OddRouter,
  Pause,
  RandomRouter,
  SmallestRouter,
  StorePool,
  TwoNodePool,
} from '../actors/routed.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes } from './support.ts'

type HandProtocol = typeof HandRouter extends ActorDefinition<any, RouterArgs<infer Protocol>> ? Protocol : never

/** Hands on both nodes, and a router of them on the bench's. */
async function routed<Definition extends typeof HandRouter>(bench: Bench, definition: Definition, count = 4) {
  const { system, node, otherNode, to } = bench
  const hands: HandPort[] = []
  for (let index = 0; index < count; index++) {
    hands.push((await system.spawn(Hand, { to }, { node: index % 2 === 0 ? node : otherNode })).ref)
  }
  const args: RouterArgs<HandProtocol> = { routees: hands }
  const router = await system.spawn(definition as typeof HandRouter, args, { node })
  return { hands, router }
}

const keys = (refs: readonly ActorRef<any>[]) => refs.map(refKey).sort()
/** Resolves once `holds`, which needs time to pass. */
async function until({ system, node }: Bench, holds: () => Promise<boolean>): Promise<void> {
  const pause = await system.spawn(Pause, undefined, { node })
  while (!(await holds())) await pause.ask('after', 1)
}

const routingError = (reason: string) => ({ code: 'ERR_TROUPE_ROUTING', facts: { reason } })

export const routing: readonly Case[] = [
  {
    promise: '18.1',
    name: 'the routee sees the sender and answers the asker, with its failure too',
    async check(bench) {
      const { router } = await routed(bench, HandRouter)
      const caller = await bench.system.spawn(Caller, undefined, { node: bench.otherNode })
      for (let count = 0; count < 4; count++) {
        expect(await caller.ask('askWhoSent', router.ref)).toBe(refKey(caller.ref))
        expect(await router.ask('whoSent')).toBe('outside')
      }
      await expect(router.ask('fail')).rejects.toThrow(RangeError)
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'nonsense')
      await expect((router as any).ask('nonsense')).rejects.toMatchObject({ code: 'ERR_TROUPE_UNKNOWN_MESSAGE' })
      expect((await letter).reason).toBe('unknown-message')
      expect(await router.ask('@statistics')).toMatchObject({ routed: 10, refused: 0, waiting: 0 })
    },
  },
  {
    promise: '18.2',
    name: 'one sender through one router to one routee, near and far',
    async check(bench) {
      for (const index of [0, 1]) {
        const { system, node } = bench
        const { hands } = await routed(bench, HandRouter, 2)
        const router = await system.spawn(HandRouter, { routees: [hands[index] as HandPort] }, { node })
        const caller = await system.spawn(Caller, undefined, { node: bench.otherNode })
        const texts = Array.from({ length: 50 }, (_, number) => `${index}: ${number}`)
        await caller.ask('notes', { to: router.ref, texts })
        expect((await notes(bench, (index + 1) * 50)).slice(index * 50)).toEqual(texts)
      }
    },
  },
  {
    promise: '18.3',
    name: 'in turn, and by chance',
    async check(bench) {
      const { hands, router } = await routed(bench, HandRouter)
      const answers: string[] = []
      for (let count = 0; count < 8; count++) answers.push(await router.ask('who'))
      expect(answers).toEqual([...hands, ...hands].map(refKey))

      const { hands: others, router: random } = await routed(bench, RandomRouter)
      const drawn: string[] = []
      for (let count = 0; count < 200; count++) drawn.push(await random.ask('who'))
      // The chance that one of four is missing in 200 draws is below 1 in 10^24.
      expect([...new Set(drawn)].sort()).toEqual(keys(others))
      expect(drawn).not.toEqual(Array.from({ length: 200 }, (_, index) => refKey(others[index % 4] as HandPort)))
    },
  },
  {
    promise: '18.4',
    name: 'a broadcast tells all, and is not asked',
    async check(bench) {
      const { router } = await routed(bench, BroadcastRouter)
      router.tell('note', 'to all')
      expect(await notes(bench, 4)).toEqual(Array.from({ length: 4 }, () => 'to all'))
      await expect(router.ask('who')).rejects.toMatchObject(routingError('broadcast-ask'))
      expect(await router.ask('@statistics')).toMatchObject({ routed: 1, refused: 1 })
    },
  },
  {
    promise: '18.5',
    name: 'a key has one routee, from whatever node it is asked',
    async check(bench) {
      const { hands, router } = await routed(bench, KeyRouter)
      const { system, otherNode } = bench
      const elsewhere = await system.spawn(KeyRouter, { routees: hands }, { node: otherNode })
      const places = new Map<string, string>()
      for (let key = 0; key < 40; key++) places.set(`key ${key}`, await router.ask('who', `key ${key}`))
      expect(new Set(places.values()).size).toBe(4)
      for (const [key, place] of places) expect(await elsewhere.ask('who', key)).toBe(place)

      // Without one routee its keys move, and no others.
      const [gone] = hands as [HandPort]
      await router.ask('@remove', gone)
      for (const [key, place] of places) {
        const now = await router.ask('who', key)
        if (place === refKey(gone)) expect(now).not.toBe(place)
        else expect(now).toBe(place)
      }
    },
  },
  {
    promise: '18.6',
    name: 'the smallest mailbox, on this node and on another',
    async check(bench) {
      for (const node of [bench.node, bench.otherNode]) {
        const { system, to } = bench
        const gate = await system.spawn(Gate, undefined, { node })
        const hands: HandPort[] = []
        for (let count = 0; count < 3; count++) hands.push((await system.spawn(Hand, { to }, { node })).ref)
        const router = await system.spawn(SmallestRouter, { routees: hands }, { node: bench.node })
        router.tell('hold', gate.ref)
        router.tell('hold', gate.ref)
        await gate.ask('arrived', 2)
        const free = refKey(hands[2] as HandPort)
        // Two of three are busy, and in turn it would be theirs again.
        for (let count = 0; count < 4; count++) {
          await until(bench, async () => {
            const { routees } = await router.ask('@statistics')
            return routees.map(({ backlog }) => backlog).join() === '1,1,0'
          })
          expect(await router.ask('who')).toBe(free)
        }
        gate.tell('open')
        expect(await router.ask('@statistics')).toMatchObject({ routed: 6 })
      }
    },
  },
  {
    promise: '18.7',
    name: "a strategy of one's own, and one that fails",
    async check(bench) {
      const { hands, router } = await routed(bench, OddRouter)
      expect(await router.ask('who')).toBe(refKey(hands[0] as HandPort))
      const last = nextEvent(bench, 'deadLetter', ({ name }) => name === 'fail')
      router.tell('fail')
      expect(await last).toMatchObject({ reason: 'no-such-actor' })
      await expect(router.ask('fail')).rejects.toMatchObject(routingError('strategy-failed'))
      await expect(router.ask('whoSent')).rejects.toMatchObject(routingError('strategy-failed'))
      // It goes on, with what it had.
      router.tell('note', 'still there')
      expect(await notes(bench, 1)).toEqual(['still there'])
      const { routees } = await router.ask('@statistics')
      expect(routees.map(({ routed }) => routed)).toEqual([1, 0, 0, 1])
    },
  },
  {
    promise: '18.8',
    name: 'without a routee messages wait for one, and are refused when none comes',
    async check(bench) {
      const { system, node, to } = bench
      const patient = await system.spawn(HandRouter, { key: Hands }, { node })
      patient.tell('note', 'first')
      const answer = patient.ask('who')
      patient.tell('note', 'last')
      const hand = await system.spawn(Hand, { to, registers: true }, { node })
      expect(await answer).toBe(refKey(hand.ref))
      expect(await notes(bench, 2)).toEqual(['first', 'last'])

      const impatient = await system.spawn(ImpatientRouter, { routees: [] }, { node })
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'note')
      impatient.tell('note', 'to nobody')
      await expect(impatient.ask('who')).rejects.toMatchObject(routingError('no-routee'))
      expect(await letter).toMatchObject({ payload: 'to nobody', reason: 'no-such-actor' })
      await impatient.ask('@add', hand.ref)
      expect(await impatient.ask('who')).toBe(refKey(hand.ref))
    },
  },
  {
    promise: '18.9',
    name: 'given routees: added, removed, taken out when they end',
    async check(bench) {
      const { hands, router } = await routed(bench, HandRouter, 3)
      const [one, two, three] = hands as [HandPort, HandPort, HandPort]
      await router.ask('@remove', three)
      await router.ask('@remove', three)
      await router.ask('@add', two)
      expect(keys(await router.ask('@routees'))).toEqual(keys([one, two]))
      await router.ask('@add', three)
      await bench.system.stopActor(one)
      while ((await router.ask('@routees')).length > 2);
      expect(keys(await router.ask('@routees'))).toEqual(keys([two, three]))
      // One that is gone already is a routee for as long as it takes to hear of that.
      await router.ask('@add', one)
      while ((await router.ask('@routees')).length > 2);
      await expect(router.ask('@add', 'nobody' as never)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
      await expect(bench.system.spawn(HandRouter, {} as never, { node: bench.node })).rejects.toMatchObject({
        code: 'ERR_TROUPE_SPAWN',
      })
    },
  },
  {
    promise: '18.9',
    name: 'routees of a key come and go with its registrations, on all nodes',
    async check(bench) {
      const { system, node, otherNode, to } = bench
      const near = await system.spawn(Hand, { to, registers: true }, { node })
      const router = await system.spawn(HandRouter, { key: Hands }, { node })
      expect(await router.ask('who')).toBe(refKey(near.ref))
      const far = await system.spawn(Hand, { to, registers: true }, { node: otherNode })
      while ((await router.ask('@routees')).length < 2);
      const answers = new Set([await router.ask('who'), await router.ask('who')])
      expect([...answers].sort()).toEqual(keys([near.ref, far.ref]))
      await near.ask('unregister')
      while ((await router.ask('@routees')).length > 1);
      expect(await router.ask('who')).toBe(refKey(far.ref))
      await expect(router.ask('@add', near.ref)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    },
  },
  {
    promise: '18.10',
    name: 'a pool starts its routees, and another for one that ends; keys stay with the place',
    async check(bench) {
      const { system, node, to } = bench
      const pool = await system.spawn(KeyPool, { routee: { to } }, { node })
      const before = await pool.ask('@routees')
      expect(before.map((ref) => ref.node)).toEqual([node, node, node])
      const place = async (key: string) => keys(before).indexOf(await pool.ask('who', key))
      const kept = [...Array(30).keys()].map((key) => `key ${key}`)
      const places = await Promise.all(kept.map(place))
      expect(new Set(places).size).toBe(3)
      // One that fails is restarted where it is.
      await expect(pool.ask('fail')).rejects.toThrow('a slip of the hand')
      expect(keys(await pool.ask('@routees'))).toEqual(keys(before))
      const gone = keys(before)[places[0] as number]
      await system.stopActor(before.find((ref) => refKey(ref) === gone) as HandPort)
      while ((await pool.ask('@routees')).every((ref) => keys(before).includes(refKey(ref))));
      const after = await pool.ask('@routees')
      expect(after).toHaveLength(3)
      const [fresh] = keys(after).filter((key) => !keys(before).includes(key))
      for (const [index, key] of kept.entries()) {
        const answer = await pool.ask('who', key)
        expect(answer).toBe(places[index] === places[0] ? fresh : keys(before)[places[index] as number])
      }
      expect(await pool.ask('@statistics')).toMatchObject({ replaced: 1, starting: 0, leaving: 0 })
    },
  },
  {
    promise: '18.11',
    name: 'a pool grows for its load and shrinks without; who is taken out finishes what it accepted',
    async check(bench) {
      const { system, node, to, gate } = bench
      const other = await system.spawn(Gate, undefined, { node })
      const pool = await system.spawn(ElasticPool, { routee: { to } }, { node })
      const routees = async () => (await pool.ask('@routees')).length
      pool.tell('hold', gate.ref)
      for (let count = 0; count < 5; count++) pool.tell('note', 'first')
      await until(bench, async () => (await routees()) === 2)
      // Six went to the first, which was alone; from here on it is in turn.
      pool.tell('note', 'first')
      pool.tell('hold', other.ref)
      pool.tell('note', 'first')
      pool.tell('note', 'second')
      await gate.ask('arrived', 1)
      await other.ask('arrived', 1)
      gate.tell('open')
      expect(await notes(bench, 7)).toEqual(Array.from({ length: 7 }, () => 'first'))
      await until(bench, async () => (await routees()) === 1)
      expect(await pool.ask('@statistics')).toMatchObject({ grown: 1, shrunk: 1, leaving: 1 })
      pool.tell('note', 'for who is left')
      expect((await notes(bench, 8)).at(-1)).toBe('for who is left')
      other.tell('open')
      expect((await notes(bench, 9)).at(-1)).toBe('second')
      while ((await pool.ask('@statistics')).leaving > 0);
    },
  },
  {
    promise: '18.12',
    name: 'routees on other nodes end with their pool',
    async check(bench) {
      const { system, node, otherNode, to } = bench
      const pool = await system.spawn(FarPool, { routee: { to, life: true } }, { node })
      await notes(bench, 4)
      while ((await pool.ask('@routees')).length < 4);
      const nodes = (await pool.ask('@routees')).map((ref) => ref.node).sort()
      expect(nodes).toEqual(node === otherNode ? [node, node, node, node] : [node, node, otherNode, otherNode].sort())
      await pool.stop()
      expect((await notes(bench, 8)).slice(4)).toEqual(Array.from({ length: 4 }, () => 'stopped'))
    },
  },
  {
    promise: '18.12',
    name: 'routees of a node that died are replaced: on the nodes that are up, or where they are to be once it is back',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const { system, otherNode } = bench
      const survivor = await system.spawn(Recorder, undefined, { node: otherNode })
      const args = { routee: { to: survivor.ref, life: true } }
      const spread = await system.spawn(FarPool, args, { node: otherNode })
      const named = await system.spawn(TwoNodePool, args, { node: otherNode })
      await survivor.ask('when', 6)
      await bench.crash?.()
      expect((await survivor.ask('when', 9)).slice(6)).toEqual(['started', 'started', 'started'])
      while ((await named.ask('@routees')).length < 2);
      expect((await named.ask('@routees')).map((ref) => ref.node).sort()).toEqual(['node-1', 'node-2'])
      while ((await spread.ask('@routees')).length < 4);
      for (let count = 0; count < 4; count++) {
        await spread.ask('who')
        await named.ask('who')
      }
      expect(await spread.ask('@statistics')).toMatchObject({ replaced: 2, starting: 0 })
    },
  },
  {
    promise: '18.13',
    name: 'a pool that is drained finishes what it accepted, and stops',
    async check(bench) {
      const { system, node, to, gate } = bench
      const pool = await system.spawn(HandPool, { routee: { to } }, { node })
      for (let count = 0; count < 3; count++) pool.tell('hold', gate.ref)
      for (let count = 0; count < 6; count++) pool.tell('note', 'accepted')
      await gate.ask('arrived', 3)
      const drained = pool.ask('@drain')
      await expect(pool.ask('who')).rejects.toMatchObject(routingError('draining'))
      gate.tell('open')
      await drained
      expect(await system.terminated(pool.ref)).toMatch(/stopped|not-found/)
      expect(await bench.recorder.ask('notes')).toEqual(Array.from({ length: 6 }, () => 'accepted'))
    },
  },
  {
    promise: '18.14',
    name: 'durable routees come back with the pool, each with its own keys',
    async check(bench) {
      const { system, node, to } = bench
      const first = await system.spawn(StorePool, { routee: { to } }, { node, name: 'store' })
      const sums = new Map<string, number>()
      for (let key = 0; key < 9; key++) {
        sums.set(`key ${key}`, await first.ask('store', { key: `key ${key}`, amount: 1 }))
      }
      await first.stop()
      const again = await system.spawn(StorePool, { routee: { to } }, { node, name: 'store' })
      let total = 0
      for (const key of sums.keys()) total += await again.ask('store', { key, amount: 0 })
      // Each asked its own routee: so often does each sum count.
      let expected = 0
      for (const routee of await again.ask('@routees')) {
        const sum = await system.ask(routee, 'store', { key: '', amount: 0 })
        expected += sum * sum
      }
      expect(total).toBe(expected)
      await expect(
        system.spawn(StorePool, { routee: { to }, size: { min: 1, max: 2 } }, { node }),
      ).rejects.toMatchObject({ code: 'ERR_TROUPE_SPAWN' })
    },
  },
  {
    promise: '18.14',
    name: 'durable routees come back after the death of the node',
    needs: ['node crash'],
    async check(bench) {
      const { system, node, otherNode, crash } = bench
      const survivor = await system.spawn(Recorder, undefined, { node: otherNode })
      await system.spawn(StorePool, { routee: { to: survivor.ref } }, { node, name: 'store' })
      const store = namedRef(StorePool, { node, name: 'store' })
      const before: number[] = []
      for (let key = 0; key < 9; key++) before.push(await system.ask(store, 'store', { key: `key ${key}`, amount: 1 }))
      await crash?.()
      const after: number[] = []
      for (let key = 0; key < 9; key++) after.push(await system.ask(store, 'store', { key: `key ${key}`, amount: 0 }))
      expect(Math.max(...after)).toBe(Math.max(...before))
      expect(after.every((sum, index) => sum >= (before[index] as number))).toBe(true)
    },
  },
]
