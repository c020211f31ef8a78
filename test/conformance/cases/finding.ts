/** Section 17: finding actors. */
import { type ActorRef, refKey, sameRef } from '@troupe/core'
import { expect } from 'vitest'
import { AddressBook, Listener, Singer, Singers } from '../actors/finder.ts'
import type { Bench, Case } from '../host.ts'
import { notes, subject } from './support.ts'

const singer = ({ system, to }: Bench, node: string, options: { name?: string; registers?: boolean } = {}) =>
  system.spawn(
    Singer,
    { to, registers: options.registers ?? false },
    { node, ...(options.name === undefined ? {} : { name: options.name }) },
  )

const keysOf = (refs: readonly ActorRef<any>[]) => refs.map(refKey).sort()

/** Resolves once the system's list of singers is these, however often it changes before. */
function untilFound({ system }: Bench, expected: readonly ActorRef<any>[]): Promise<void> {
  const wanted = keysOf(expected).join()
  return new Promise((resolve) => {
    const end = system.subscribe(Singers, (refs) => {
      if (keysOf(refs).join() !== wanted) return
      // Not from inside the first call, when `end` is not there yet.
      void Promise.resolve().then(() => end())
      resolve()
    })
  })
}

export const finding: readonly Case[] = [
  {
    promise: '17.1',
    name: 'a registered actor is found by its key, until it takes that back or ends',
    async check(bench) {
      const [one, two, three] = [
        await singer(bench, bench.node),
        await singer(bench, bench.node),
        await singer(bench, bench.node),
      ]
      expect(await one.ask('found')).toEqual([])
      for (const each of [one, two, three, one]) await each.ask('register')
      expect(keysOf(await one.ask('found'))).toEqual(keysOf([one.ref, two.ref, three.ref]))
      await two.ask('unregister')
      await three.stop()
      await untilFound(bench, [one.ref])
      expect(keysOf(await one.ask('found'))).toEqual(keysOf([one.ref]))
    },
  },
  {
    promise: '17.1',
    name: 'an actor is registered from outside too, and a restart keeps its registration',
    async check(bench) {
      const one = await singer(bench, bench.node)
      await bench.system.register(Singers, one.ref)
      await expect(one.ask('fail')).rejects.toThrow('out of tune')
      await untilFound(bench, [one.ref])
      expect(keysOf(await one.ask('found'))).toEqual(keysOf([one.ref]))
    },
  },
  {
    promise: '17.2',
    name: 'other nodes hear of it',
    needs: ['several nodes'],
    async check(bench) {
      const here = await singer(bench, bench.node, { registers: true })
      const there = await singer(bench, bench.otherNode, { registers: true })
      await untilFound(bench, [here.ref, there.ref])
      await there.stop()
      await untilFound(bench, [here.ref])
    },
  },
  {
    promise: '17.2',
    name: 'a node that dies takes its registrations with it, and has the present picture when it is back',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const dying = await singer(bench, bench.node, { name: 'dying', registers: true })
      const staying = await singer(bench, bench.otherNode, { registers: true })
      await untilFound(bench, [dying.ref, staying.ref])
      await bench.crash?.()
      // It came back as a root, and registered in its first turn.
      const back = (await bench.system.lookup(`/${bench.node}/dying`)) as typeof dying.ref
      expect(sameRef(back, dying.ref)).toBe(false)
      await untilFound(bench, [back, staying.ref])
      while ((await bench.system.ask(back, 'found')).length < 2);
      expect(keysOf(await bench.system.ask(back, 'found'))).toEqual(keysOf([back, staying.ref]))
    },
  },
  {
    promise: '17.3',
    name: 'a subscriber gets the list at once and after each change, in order',
    async check(bench) {
      const one = await singer(bench, bench.node, { registers: true })
      await one.ask('sing', 'ready')
      const listener = await bench.system.spawn(Listener, { to: bench.to }, { node: bench.node })
      expect((await notes(bench, 2))[1]).toBe('singers: 1')
      const two = await singer(bench, bench.node, { registers: true })
      expect((await notes(bench, 3))[2]).toBe('singers: 2')
      await one.stop()
      expect((await notes(bench, 4))[3]).toBe('singers: 1')
      await listener.ask('unsubscribe')
      await two.ask('unregister')
      await untilFound(bench, [])
      await two.ask('sing', 'end')
      expect(await bench.recorder.ask('notes')).toHaveLength(5)
    },
  },
  {
    promise: '17.4',
    name: 'a path leads to the actor that lives there, from outside and inside, on any node',
    async check(bench) {
      const { system, node, otherNode } = bench
      const parent = await subject(bench, {}, { name: 'parent' })
      const child = await parent.ask('spawn', { name: 'child' })
      const unnamed = await system.ask(child, 'spawn', {})
      const seeker = await singer(bench, otherNode)
      for (const lookup of [(path: string) => system.lookup(path), (path: string) => seeker.ask('lookup', path)]) {
        expect(sameRef(await lookup(`/${node}/parent/child`), child)).toBe(true)
        expect(sameRef(await lookup(`/${node}/parent/child/Subject-${unnamed.incarnation}`), unnamed)).toBe(true)
        expect(await lookup(`/${node}/parent/nobody`)).toBeUndefined()
        expect(await lookup(`/${node}/parent/Subject-999999`)).toBeUndefined()
        expect(await lookup('/no-such-node/parent')).toBeUndefined()
      }
      await expect(system.lookup('parent')).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
      await parent.stop()
      expect(await system.lookup(`/${node}/parent`)).toBeUndefined()
    },
  },
  {
    promise: '17.5',
    name: 'references are values: kept in a Map and a Set, sent to another node and back, they mean the same actors',
    async check(bench) {
      const { system, node, otherNode } = bench
      const [one, two] = [await singer(bench, node), await singer(bench, otherNode)]
      const book = await system.spawn(AddressBook, undefined, { node: otherNode })
      await book.ask('keep', {
        byName: new Map([
          ['one', one.ref],
          ['two', two.ref],
        ]),
        all: new Set([one.ref, two.ref]),
      })
      const { byName, all } = await book.ask('book')
      expect(sameRef(byName.get('one'), one.ref)).toBe(true)
      expect(sameRef(byName.get('two'), two.ref)).toBe(true)
      expect(keysOf([...all])).toEqual(keysOf([one.ref, two.ref]))
      expect(await book.ask('callOn', 'one')).toBe(refKey(one.ref))
      expect(await book.ask('callOn', 'two')).toBe(refKey(two.ref))
      // What came in a message is an object of its own: it is its text that finds the actor in a Map.
      const byRef = new Map([[refKey(one.ref), 'one']])
      expect(byRef.get(refKey(byName.get('one') as typeof one.ref))).toBe('one')
    },
  },
  {
    promise: '17.6',
    name: 'a broadcast reaches every member in order, in the name of its sender',
    async check(bench) {
      const { system, node, otherNode } = bench
      const [one, two, outsider] = [
        await singer(bench, node),
        await singer(bench, otherNode),
        await singer(bench, node),
      ]
      await one.ask('join')
      await two.ask('join')
      while ((await outsider.ask('found')).length < 2);
      await outsider.ask('broadcast', ['la', 'li'])
      const from = refKey(outsider.ref)
      const heard = await notes(bench, 4)
      expect([...heard].sort()).toEqual([`la from ${from}`, `la from ${from}`, `li from ${from}`, `li from ${from}`])
      await two.ask('leave')
      await untilFound(bench, [one.ref])
      system.broadcast(Singers, 'sing', 'lo')
      expect((await notes(bench, 5))[4]).toBe('lo from outside')
    },
  },
]
