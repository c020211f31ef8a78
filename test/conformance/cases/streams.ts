/** Section 16: streams. */
import { expect } from 'vitest'
import { Streamer } from '../actors/streamer.ts'
import type { Bench, Case } from '../host.ts'
import { notes } from './support.ts'

const streamer = ({ system, to }: Bench, node: string, options = {}) =>
  system.spawn(Streamer, { to }, { node, ...options })

/** All items, and what the stream ended with. */
async function taken<Item>(stream: AsyncIterable<Item>): Promise<{ items: Item[]; error: any }> {
  const items: Item[] = []
  try {
    for await (const item of stream) items.push(item)
  } catch (error) {
    return { items, error }
  }
  return { items, error: undefined }
}

const numbers = (to: number) => Array.from({ length: to }, (_, index) => index)

export const streams: readonly Case[] = [
  {
    promise: '16.1',
    name: 'an ask of a generator is a stream of what it yields, in order, to its end',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      expect(await taken(await actor.ask('count', 100))).toEqual({ items: numbers(100), error: undefined })
      expect(await taken(await actor.ask('count', 0))).toEqual({ items: [], error: undefined })
      expect((await taken(await actor.ask('later'))).items).toEqual(['later'])
      const reader = await streamer(bench, bench.node)
      expect(await reader.ask('sum', { from: actor.ref, to: 100 })).toBe(4_950)
      expect(await notes(bench, 3)).toEqual(['ended, from outside', 'ended, from outside', 'ended, from an actor'])
    },
  },
  {
    promise: '16.1',
    name: 'between nodes too, and through another actor',
    needs: ['several nodes'],
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const other = await streamer(bench, bench.otherNode)
      expect(await other.ask('sum', { from: actor.ref, to: 100 })).toBe(4_950)
      const doubled = await taken(await other.ask('doubled', { from: actor.ref, to: 40 }))
      expect(doubled.items).toEqual(numbers(40).map((number) => 2 * number))
      expect((await taken(await other.ask('passOn', { from: actor.ref, to: 40 }))).items).toEqual(numbers(40))
    },
  },
  {
    promise: '16.2',
    name: 'each pull is a turn: it holds the mailbox while it waits, and others are handled in between',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const stream = (await actor.askWith({ window: 1 }, 'held', bench.gate.ref))[Symbol.asyncIterator]()
      expect(await stream.next()).toEqual({ done: false, value: 1 })
      const second = stream.next()
      await bench.gate.ask('arrived', 1)
      let answered = false
      const between = actor.ask('yielded').then(() => {
        answered = true
      })
      await bench.recorder.ask('notes')
      expect(answered).toBe(false)
      bench.gate.tell('open')
      await between
      expect(await second).toEqual({ done: false, value: 2 })
      expect(await stream.next()).toEqual({ done: true, value: undefined })
      const long = await actor.askWith({ window: 1 }, 'count', 5)
      for await (const number of long) expect(await actor.ask('yielded')).toBeGreaterThan(number)
    },
  },
  {
    promise: '16.3',
    name: 'a producer is at most the window ahead of its consumer',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const ahead = async (window: number | undefined, take: number) => {
        const before = await actor.ask('yielded')
        const options = window === undefined ? {} : { window }
        const stream = (await actor.askWith(options, 'count', 1_000))[Symbol.asyncIterator]()
        for (let item = 0; item < take; item++) await stream.next()
        // Each answer comes behind the pulls that wait in the mailbox.
        let yielded = 0
        for (let round = 0; round < 100; round++) yielded = await actor.ask('yielded')
        await stream.return?.()
        return yielded - before
      }
      for (const [window, size] of [
        [undefined, 16],
        [4, 4],
      ] as const) {
        const yielded = await ahead(window, 10)
        expect(yielded).toBeGreaterThanOrEqual(10)
        expect(yielded).toBeLessThanOrEqual(10 + size)
      }
    },
  },
  {
    promise: '16.4',
    name: 'a consumer that breaks cancels: the generator cleans up in a turn',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      for await (const number of await actor.ask('count', 1_000)) if (number === 3) break
      expect(await notes(bench, 1)).toEqual(['ended, from outside'])
      const thrown = (async () => {
        for await (const number of await actor.ask('count', 1_000)) if (number === 3) throw new Error('enough')
      })()
      await expect(thrown).rejects.toThrow('enough')
      await notes(bench, 2)
      expect(await actor.ask('sum', { from: (await streamer(bench, bench.otherNode)).ref, to: 1_000, atMost: 3 })).toBe(
        6,
      )
      expect((await notes(bench, 3)).at(-1)).toBe('ended, from an actor')
    },
  },
  {
    promise: '16.4',
    name: 'a stream that was never read does not begin',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      await (await actor.ask('count', 5))[Symbol.asyncIterator]().return?.()
      expect(await actor.ask('yielded')).toBe(0)
      expect(await bench.recorder.ask('notes')).toEqual([])
    },
  },
  {
    promise: '16.5',
    name: 'the end of the turn that asked, and the stop and the restart of its actor, cancel',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const reader = await streamer(bench, bench.otherNode)
      expect(await reader.ask('first', { from: actor.ref, to: 1_000 })).toBe(0)
      await notes(bench, 1)
      // A stream that a pull asked for ends with the stream of that pull.
      for await (const number of await reader.ask('doubled', { from: actor.ref, to: 1_000 })) if (number === 4) break
      await notes(bench, 2)
      for await (const number of await reader.ask('doubled', { from: actor.ref, to: 1_000 })) {
        if (number === 4) await reader.ask('fail').catch(() => {})
        if (number === 4) break
      }
      await notes(bench, 3)
      const stream = (await reader.ask('doubled', { from: actor.ref, to: 1_000 }))[Symbol.asyncIterator]()
      await stream.next()
      await reader.stop()
      await notes(bench, 4)
    },
  },
  {
    promise: '16.5',
    name: 'the death of the consumer cancels',
    needs: ['node crash'],
    async check(bench) {
      const actor = await streamer(bench, bench.otherNode)
      const reader = await streamer(bench, bench.node)
      const stop = reader.ask('firstThenHold', { from: actor.ref, to: 1_000, gate: bench.gate.ref })
      const refused = expect(stop).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
      await bench.gate.ask('arrived', 1)
      await bench.crash?.()
      await refused
      // The recorder died with that node, so the producer says itself that it is pulled no more.
      const before = await actor.ask('yielded')
      expect(before).toBeLessThanOrEqual(17)
      expect(await actor.ask('yielded')).toBe(before)
    },
  },
  {
    promise: '16.6',
    name: 'a failure, a stop and a restart of the producer are typed errors, after the items before',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const failed = await taken(await actor.ask('failAfter', 3))
      expect(failed.items).toEqual([0, 1, 2])
      expect(failed.error).toBeInstanceOf(RangeError)
      const ended = async (end: () => unknown) => {
        const stream = (await actor.ask('count', 1_000))[Symbol.asyncIterator]()
        await stream.next()
        await end()
        for (;;) if ((await stream.next()).done) return
      }
      await expect(ended(() => actor.ask('fail').catch(() => {}))).rejects.toMatchObject({
        code: 'ERR_TROUPE_ACTOR_STOPPED',
      })
      await expect(ended(() => actor.stop())).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    },
  },
  {
    promise: '16.6',
    name: 'so is the death of its node',
    needs: ['node crash'],
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const stream = (await actor.ask('count', 1_000))[Symbol.asyncIterator]()
      await stream.next()
      await bench.crash?.()
      const rest = async () => {
        for (;;) if ((await stream.next()).done) return
      }
      await expect(rest()).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
    },
  },
  {
    promise: '16.7',
    name: 'the wait for an item has the timeout of the ask',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const stream = await actor.askWith({ timeoutMs: 200 }, 'silent', bench.gate.ref)
      const { items, error } = await taken(stream)
      expect(items).toEqual([0])
      expect(error).toMatchObject({ code: 'ERR_TROUPE_ASK_TIMEOUT', facts: { message: 'silent' } })
      bench.gate.tell('open')
    },
  },
  {
    promise: '16.8',
    name: 'items are values, and what is none fails the pull',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const { items } = await taken(await actor.ask('live'))
      expect(items).toEqual([{ list: [0] }, { list: [0, 1] }])
      const { items: sent, error } = await taken(await actor.ask('unsendable'))
      expect(sent).toEqual([1])
      expect(error).toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
    },
  },
  {
    promise: '16.9',
    name: 'a durable producer holds its items until what it persisted before them is synced',
    needs: ['held disk'],
    async check(bench) {
      const { disk, idle } = bench
      const actor = await streamer(bench, bench.node, { name: 'durable', durableId: 'durable' })
      const stream = (await actor.ask('persisted', 3))[Symbol.asyncIterator]()
      disk?.hold()
      let seen = false
      const first = stream.next().then((item) => {
        seen = true
        return item
      })
      await idle?.()
      expect(seen).toBe(false)
      disk?.release()
      expect(await first).toEqual({ done: false, value: 0 })
      expect((await taken({ [Symbol.asyncIterator]: () => stream })).items).toEqual([1, 2])
    },
  },
  {
    promise: '16.9',
    name: 'a durable producer streams like any other',
    async check(bench) {
      const actor = await streamer(bench, bench.node, { name: 'durable', durableId: 'durable' })
      expect((await taken(await actor.ask('persisted', 50))).items).toEqual(numbers(50))
    },
  },
  {
    promise: '16.10',
    name: 'an actor has a thousand streams open at most',
    async check(bench) {
      const actor = await streamer(bench, bench.node)
      const asked = await Promise.all(numbers(1_000).map(() => actor.ask('count', 1)))
      await expect(actor.ask('count', 1)).rejects.toMatchObject({ code: 'ERR_TROUPE_OVERLOAD' })
      for (const stream of asked) await stream[Symbol.asyncIterator]().return?.()
      expect((await taken(await actor.ask('count', 1))).items).toEqual([0])
    },
  },
]
