/** Section 2: names and keys are plain data, whatever an object has under them. */
import { AskTimeoutError, ConfigurationError, namedRef, UnknownMessageError } from '@troupe/core'
import { expect } from 'vitest'
import { named, OddlyNamed, oddNames } from '../actors/oddly-named.ts'
import { Subject } from '../actors/subject.ts'
import type { Bench, Case } from '../host.ts'
import { subject } from './support.ts'

const oddly = ({ system, node }: Bench, options: { name?: string; durableId?: string } = {}) =>
  system.spawn(OddlyNamed, undefined, { node, ...options })

export const names: readonly Case[] = [
  {
    promise: '2.4',
    name: 'messages, keys of payloads, replies and items of streams may be called __proto__ or constructor',
    async check(bench) {
      const actor = await oddly(bench)
      for (const name of oddNames) {
        const payload = { ...named((key) => [key]), list: [named((key) => key)] }
        const reply = (await actor.ask(name, payload)) as Record<string, unknown>
        expect(Object.keys(reply)).toEqual(oddNames)
        expect(Object.getPrototypeOf(reply)).toBe(Object.prototype)
        for (const key of oddNames)
          expect(Object.getOwnPropertyDescriptor(reply, key)?.value).toEqual([name, key, payload])
        const items: unknown[] = []
        for await (const item of await actor.ask('stream', name)) items.push(item)
        expect(items.map((item) => Object.keys(item as object))).toEqual([[name], oddNames])
      }
      expect(({} as { list?: unknown }).list).toBeUndefined()
    },
  },
  {
    promise: '2.4',
    name: 'so may actors, behaviors, timers, keys and services',
    async check(bench) {
      for (const name of oddNames) {
        const actor = await oddly(bench, { name })
        expect(await bench.system.ask(namedRef(OddlyNamed, { node: bench.node, name }), 'where')).toBe('nowhere')
        await actor.ask('become', name)
        expect(await actor.ask('where')).toBe(name)
        await actor.ask('join', name)
        expect(await actor.ask('members', name)).toBe(1)
        expect(await actor.ask('use', name)).toBe(`hello ${name}`)
        expect(await actor.ask('timer', name)).toBe(name)
        await actor.stop()
      }
    },
  },
  {
    promise: '2.4',
    name: 'so may events and durable ids',
    async check(bench) {
      for (const durableId of oddNames) {
        const actor = await oddly(bench, { durableId })
        for (const name of oddNames) await actor.ask('persist', name)
        const events = await actor.ask('events')
        expect(events).toEqual(oddNames.map((name) => `${name}: ${JSON.stringify(named((key) => key))}`))
        await actor.stop()
        expect(await (await oddly(bench, { durableId })).ask('events')).toEqual(events)
      }
    },
  },
  {
    promise: '2.4',
    name: 'what nobody has defined under such a name is not there',
    async check(bench) {
      const actor = await subject(bench)
      const named = await oddly(bench)
      for (const name of oddNames) {
        await expect(actor.ask(name as never)).rejects.toThrow(UnknownMessageError)
        await expect(actor.ask('become' as never, name as never)).rejects.toThrow()
        await expect(bench.system.spawn(Subject, { to: bench.to }, { node: name })).rejects.not.toThrow(AskTimeoutError)
        expect(await named.ask('members', name)).toBe(0)
      }
      await expect(named.ask('use', 'isPrototypeOf')).rejects.toMatchObject({ code: 'ERR_TROUPE_SERVICE_MISSING' })
      await expect(named.ask('become', 'isPrototypeOf' as never)).rejects.toThrow(ConfigurationError)
    },
  },
]
