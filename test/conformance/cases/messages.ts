/** Sections 2 and 3: messages are values; in order, at most once; what finds nobody is a dead letter. */
import { namedRef, OverloadError } from '@troupe/core'
import { expect } from 'vitest'
import { Subject } from '../actors/subject.ts'
import type { Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

export const messages: readonly Case[] = [
  {
    promise: '2.1',
    name: 'what the sender changes after the tell, the receiver does not see',
    async check(bench) {
      const actor = await subject(bench)
      expect(await actor.ask('mutate')).toEqual({ list: 1, bytes: 1, map: 1 })
    },
  },
  {
    promise: '2.1',
    name: 'a receiver that changes a message fails',
    async check(bench) {
      const actor = await subject(bench)
      expect(await actor.ask('mutateReceived', { list: [2, 1], map: new Map() })).toBe('refused refused refused')
    },
  },
  {
    promise: '2.1',
    name: 'plain data, collections, dates, bytes, errors, references and odd keys arrive as they were',
    async check(bench) {
      const actor = await subject(bench)
      const value = {
        list: [1, 'two', null, undefined, -0, Number.NaN, 2n ** 70n],
        map: new Map<unknown, unknown>([[{ key: 1 }, new Set(['a'])]]),
        date: new Date(5),
        bytes: new Uint8Array([1, 2]),
        odd: JSON.parse('{"__proto__":1,"constructor":2}'),
        lone: '\ud800',
        ref: actor.ref,
      }
      const back = (await actor.ask('echo', value)) as typeof value
      expect(back).toStrictEqual(value)
      expect(Object.is(back.list[4], -0)).toBe(true)
      expect(Object.keys(back.odd)).toEqual(['__proto__', 'constructor'])
      const error = (await actor.ask('echo', new RangeError('far'))) as Error
      expect(error).toBeInstanceOf(RangeError)
      expect(error.message).toBe('far')
      const troupe = (await actor.ask('echo', new OverloadError('too much', { to: 'a' }))) as OverloadError
      expect(troupe).toBeInstanceOf(OverloadError)
      expect(troupe).toMatchObject({ message: 'too much', code: 'ERR_TROUPE_OVERLOAD', facts: { to: 'a' } })
    },
  },
  {
    promise: '2.1',
    name: 'an error that is changed after it was sent is not seen so, and one without a stack arrives without one',
    async check(bench) {
      const actor = await subject(bench)
      const error = Object.assign(new RangeError('first', { cause: { of: [1] } }), { facts: { at: 1 } })
      delete error.stack
      const asked = actor.ask('echo', error) as Promise<typeof error>
      error.message = 'second'
      error.facts.at = 2
      const back = await asked
      expect(back).toMatchObject({ message: 'first', cause: { of: [1] }, facts: { at: 1 } })
      expect(back.stack).toBeUndefined()
    },
  },
  {
    promise: '2.6',
    name: 'holes, boxed primitives, views and Buffers arrive as structured clone has them, on the same node and on another',
    async check(bench) {
      for (const node of [bench.node, bench.otherNode]) {
        const actor = await subject(bench, {}, { node })
        const last = 2 ** 32 - 2
        const sparse: unknown[] = []
        sparse[last] = { n: 1 }
        sparse[3] = 'three'
        const value = {
          boxed: [new Number(-0), new String('abc'), new Boolean(false), Object(5n)],
          some: Object.assign(new Array(4), { 1: 'one', 2: undefined }),
          buffer: Buffer.from('abc'),
          part: new Uint8Array(100).fill(7).subarray(10, 13),
          pattern: /a+/giu,
        }
        const back = (await actor.ask('echo', value)) as typeof value
        expect(back.boxed.map((boxed) => Object.prototype.toString.call(boxed))).toEqual([
          '[object Number]',
          '[object String]',
          '[object Boolean]',
          '[object BigInt]',
        ])
        expect(back.boxed.map((boxed) => boxed.valueOf())).toEqual([-0, 'abc', false, 5n])
        expect(back.some).toStrictEqual(value.some)
        expect(back.buffer).toStrictEqual(new Uint8Array([97, 98, 99]))
        expect([back.part, back.part.buffer.byteLength]).toStrictEqual([new Uint8Array([7, 7, 7]), 3])
        expect(String(back.pattern)).toBe('/a+/giu')
        const far = (await actor.ask('echo', sparse)) as unknown[]
        expect([far.length, Object.keys(far), far[last]]).toEqual([last + 1, ['3', String(last)], { n: 1 }])
      }
    },
  },
  {
    promise: '2.6',
    name: 'a Buffer that is moved arrives as the Uint8Array that it is, and nothing is said of it',
    async check(bench) {
      const warnings: string[] = []
      const warned = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`)
      process.on('warning', warned)
      try {
        for (const node of [bench.node, bench.otherNode]) {
          const actor = await subject(bench, {}, { node })
          const bytes = Buffer.from(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)
          const transfer = [bytes.buffer]
          expect(await actor.askWith({ transfer }, 'echo', bytes)).toStrictEqual(new Uint8Array([2, 3]))
          expect(transfer[0]?.detached).toBe(true)
        }
        // Warnings are told one tick later.
        await new Promise((resolve) => process.nextTick(resolve))
      } finally {
        process.off('warning', warned)
      }
      expect(warnings).toEqual([])
    },
  },
  {
    promise: '2.7',
    name: 'what stays behind between nodes stays behind on one node',
    async check(bench) {
      for (const node of [bench.node, bench.otherNode]) {
        const actor = await subject(bench, {}, { node })
        let count = 1
        const value = {
          get count() {
            return count
          },
          list: Object.assign([1, 2], { more: 3 }),
          bare: Object.assign(Object.create(null), { a: 1 }),
        }
        const asked = actor.ask('echo', value) as Promise<typeof value>
        count = 2
        const back = await asked
        expect(back.count).toBe(1)
        expect(Object.keys(back.list)).toEqual(['0', '1'])
        expect(back.bare).toStrictEqual({ a: 1 })
      }
    },
  },
  {
    promise: '2.7',
    name: 'what is refused between nodes is refused on one node, and a thousand levels are not',
    async check(bench) {
      const nested = (levels: number) => {
        let value: unknown = 0
        for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { value } : [value]
        return value
      }
      const refused = [
        new (class Table extends Map {})(),
        new (class Bag extends Set {})(),
        new (class List extends Array {})(),
        new (class Bytes extends Uint8Array {})(1),
        new (class Day extends Date {})(),
        Object.create({ a: 1 }),
        (function* () {})(),
        new Blob([]),
        nested(1_001),
      ]
      for (const node of [bench.node, bench.otherNode]) {
        const actor = await subject(bench, {}, { node })
        for (const value of refused) {
          const attempt = async () => actor.ask('echo', value)
          await expect(attempt()).rejects.toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
        }
        expect(await actor.ask('echo', nested(1_000))).toStrictEqual(nested(1_000))
      }
    },
  },
  {
    promise: '2.2',
    name: 'a function in a message is refused where it is sent, with its place',
    async check(bench) {
      const actor = await subject(bench)
      expect(await actor.ask('sendFunction')).toMatch(/^ERR_TROUPE_NOT_SENDABLE payload\.deep\[0\]/)
    },
  },
  {
    promise: '3.1',
    name: 'from one sender to one receiver, first in first out',
    async check(bench) {
      const sender = await subject(bench)
      sender.tell('countTo', { to: 500, peer: bench.to })
      expect(await notes(bench, 500)).toEqual(Array.from({ length: 500 }, (_, index) => String(index + 1)))
    },
  },
  {
    promise: '3.1',
    name: 'from one sender to one receiver between nodes too, at most once',
    needs: ['several nodes'],
    async check(bench) {
      const sender = await subject(bench, {}, { node: bench.otherNode })
      for (let round = 0; round < 2; round++) sender.tell('countTo', { to: 500, peer: bench.to })
      sender.tell('note', 'end')
      const expected = Array.from({ length: 500 }, (_, index) => String(index + 1))
      expect(await notes(bench, 1_001)).toEqual([...expected, ...expected, 'end'])
    },
  },
  {
    promise: '3.2',
    name: 'a message to an actor that is gone is a dead letter',
    async check(bench) {
      const actor = await subject(bench)
      await actor.stop()
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'note')
      actor.tell('note', 'too late')
      expect(await letter).toMatchObject({ name: 'note', payload: 'too late', reason: 'no-such-actor' })
    },
  },
  {
    promise: '3.2',
    name: 'what waited for an actor when it stopped is a dead letter',
    async check(bench) {
      const actor = await subject(bench)
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'note')
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      actor.tell('stopSelf')
      actor.tell('note', 'behind the stop')
      bench.gate.tell('open')
      expect(await letter).toMatchObject({ payload: 'behind the stop' })
    },
  },
  {
    promise: '3.2',
    name: 'a message that an actor does not take is a dead letter, and the actor goes on',
    async check(bench) {
      const actor = await subject(bench)
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'whatever')
      const sender = await subject(bench)
      sender.tell('tellUnknown', actor.ref)
      expect(await letter).toMatchObject({ reason: 'unknown-message' })
      expect(await actor.ask('count')).toBe(0)
    },
  },
  {
    promise: '3.2',
    name: 'a message to a node that is not there is a dead letter',
    async check(bench) {
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'note')
      bench.system.tell(namedRef(Subject, { node: 'no-such-node', name: 'a' }), 'note', 'to nowhere')
      expect(await letter).toMatchObject({ reason: 'node-down' })
    },
  },
  {
    promise: '3.3',
    name: 'a named reference means whoever has the name when the message arrives',
    async check(bench) {
      const { node } = bench
      const named = namedRef(Subject, { node, name: 'holder' })
      const first = await subject(bench, {}, { name: 'holder' })
      await bench.system.ask(named, 'note', 'to the first')
      await first.stop()
      const second = await subject(bench, {}, { name: 'holder' })
      await bench.system.ask(named, 'note', 'to the second')
      expect(await second.ask('count')).toBe(1)
      expect(await notes(bench, 2)).toEqual(['to the first', 'to the second'])
    },
  },
]
