/** What is checked of versions, and the way from an old one to the definition's. */
import { expect, test } from 'vitest'
import { compileVersion, upcastTo } from '../src/event-versions.ts'
import { defineActor } from '../src/index.ts'

const place = { actor: '/node/actor', durableId: 'id', what: 'event e' }

const define = (events: unknown, more: object = {}) =>
  defineActor({ name: 'Versioned', init: () => ({}), on: {}, ...more, events: events as never })

test('a definition says what is wrong with its versions', () => {
  const update = () => {}
  expect(() => define({ e: 5 })).toThrow('events.e must be a function or { version, update, upcast }')
  expect(() => define({ '@e': update })).toThrow("events.@e: names that begin with @ are the runtime's own")
  expect(() => define({ e: { version: 0, update } })).toThrow('whole number from 1, got 0')
  expect(() => define({ e: { version: 3, update, upcast: { 1: update } } })).toThrow('step from version 2 is missing')
  expect(() => define({ e: { version: 2, update, upcast: { 1: 'x' } } })).toThrow('upcast.1 must be a function')
  expect(() => define({ e: { version: 2, update, upcast: { 2: update } } })).toThrow('step from version 1 is missing')
  expect(() => define({}, { snapshotVersion: 1.5 })).toThrow('snapshot: its version')
  expect(() => define({ e: { version: 4, update, upcast: { 2: update, 3: update } } })).not.toThrow()
})

test('each step is taken once, in order, and what has no way up is an error', () => {
  const step = (from: number) => (value: string) => `${value} ${from}`
  const version = compileVersion('Actor', 'events.e', 4, { 2: step(2), 3: step(3) })
  expect(upcastTo(version, 4, 'v', place)).toBe('v')
  expect(upcastTo(version, 2, 'v', place)).toBe('v 2 3')
  expect(() => upcastTo(version, 1, 'v', place)).toThrow(
    /version 1 of its event e under durableId id.*give it upcast\[1\]/,
  )
  expect(() => upcastTo(version, 5, 'v', place)).toThrow(/is at version 4: run the newer program/)
})
