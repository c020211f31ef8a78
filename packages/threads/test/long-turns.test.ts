/** Turns that take long: the replies of those before them do not wait for them, and neither do other actors. */
import { expect, test } from 'vitest'
import { Plodder } from './fixtures/plodder.ts'
import { startSystem } from './support.ts'

test('a reply leaves while the turns behind it go on, and other actors get their turns in between', async () => {
  await using system = await startSystem({ threads: 1 })
  const heard = new Int32Array(new SharedArrayBuffer(4))
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const other = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const order: string[] = []
  const noted = (what: string, reply: Promise<unknown>) => reply.then(() => void order.push(what))
  const before = Array.from({ length: 12 }, () => plodder.ask('plod'))
  const waiting = plodder.ask('untilHeard')
  const after = Array.from({ length: 12 }, (_, index) => noted(`after ${index}`, plodder.ask('plod')))
  await before[0]
  const pong = noted('pong', other.ask('ping'))
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.store(heard, 0, 1)
  Atomics.notify(heard, 0)
  expect(await waiting).toBe(true)
  await Promise.all([...after, pong])
  expect(order.indexOf('pong')).toBeLessThan(order.indexOf('after 11'))
})

test('what nobody waits for any more is not handled by an actor that was busy meanwhile', async () => {
  await using system = await startSystem({ threads: 1 })
  const heard = new Int32Array(new SharedArrayBuffer(4))
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const late: unknown[] = []
  system.events.on('deadLetter', (letter) => late.push(letter))
  const given = new AbortController()
  const first = plodder.ask('untilHeard')
  const others = Array.from({ length: 40 }, () => plodder.askWith({ signal: given.signal }, 'plod'))
  const ended = Promise.allSettled(others)
  given.abort()
  await ended
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.store(heard, 0, 1)
  Atomics.notify(heard, 0)
  expect(await first).toBe(true)
  expect(await plodder.ask('ping')).toBe('pong')
  // But for what came with the long turn, before which the clock was not read.
  expect(late.length).toBeLessThan(4)
})
