/** Turns that take long: the replies of those before them do not wait for them, and neither do other actors. */
import type { ActorHandle, ProtocolOf } from '@troupe/core'
import { expect, test } from 'vitest'
import type { ThreadSystem } from '../src/index.ts'
import { Plodder, Pusher } from './fixtures/plodder.ts'
import { startSystem } from './support.ts'

/** What plodders and the test tell each other by: see `plodder.ts`. */
const newHeard = () => new Int32Array(new SharedArrayBuffer(16))

function set(heard: Int32Array, place: number): void {
  Atomics.store(heard, place, 1)
  Atomics.notify(heard, place)
}

test('a reply leaves while the turns behind it go on, and other actors get their turns in between', async () => {
  await using system = await startSystem({ threads: 1 })
  const heard = newHeard()
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const other = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const order: string[] = []
  const noted = (what: string, reply: Promise<unknown>) => reply.then(() => void order.push(what))
  const before = Array.from({ length: 12 }, () => plodder.ask('plod'))
  const waiting = plodder.ask('untilHeard', 0)
  const after = Array.from({ length: 12 }, (_, index) => noted(`after ${index}`, plodder.ask('plod')))
  await before[0]
  const pong = noted('pong', other.ask('ping'))
  await new Promise((resolve) => setImmediate(resolve))
  set(heard, 0)
  expect(await waiting).toBe(true)
  await Promise.all([...after, pong])
  expect(order.indexOf('pong')).toBeLessThan(order.indexOf('after 11'))
})

/**
 * Has a plodder in the middle of a turn, with in its mailbox what `fill` sent it, all of it accepted before that turn
 * began; `go` ends the turn and resolves once the node has gone on.
 */
async function plodderBusy(system: ThreadSystem, fill: (plodder: ActorHandle<ProtocolOf<typeof Plodder>>) => void) {
  const heard = newHeard()
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const other = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const before = other.ask('untilHeard', 0)
  await begun(heard, 1)
  const turn = plodder.ask('untilHeard', 3).catch(() => undefined)
  fill(plodder)
  await published()
  set(heard, 0)
  await begun(heard, 2)
  const go = async () => {
    await published()
    set(heard, 3)
    await Promise.all([before, turn])
    expect(await other.ask('ping')).toBe('pong')
  }
  return { plodder, heard, go }
}

/** What is sent in this turn of the event loop is seen by others after it. */
function published(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function begun(heard: Int32Array, turns: number): Promise<void> {
  for (let seen = Atomics.load(heard, 2); seen < turns; seen = Atomics.load(heard, 2)) {
    await Atomics.waitAsync(heard, 2, seen).value
  }
}

test('what nobody waits for any more is not handled by an actor that was busy meanwhile', async () => {
  await using system = await startSystem({ threads: 1 })
  const given = new AbortController()
  let ended: Promise<unknown> | undefined
  const { heard, go } = await plodderBusy(system, (plodder) => {
    ended = Promise.allSettled(Array.from({ length: 40 }, () => plodder.askWith({ signal: given.signal }, 'plod')))
  })
  given.abort()
  await ended
  await go()
  expect(heard[1]).toBeLessThan(4)
})

test('a kill takes effect after the turn that goes on, and not after those that wait', async () => {
  await using system = await startSystem({ threads: 1 })
  const { plodder, heard, go } = await plodderBusy(system, (plodder) => {
    for (let count = 0; count < 40; count++) plodder.tell('plod')
  })
  const killed = plodder.kill()
  await go()
  await killed
  await expect(plodder.ask('ping')).rejects.toThrow()
  expect(heard[1]).toBeLessThan(4)
})

test('asks between two actors of one node are given up in time, and what was given up is not handled', async () => {
  await using system = await startSystem({ threads: 1 })
  const heard = newHeard()
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const asker = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  const answered = await asker.ask('hurry', { to: plodder.ref, count: 40 })
  expect(await plodder.ask('ping')).toBe('pong')
  expect(answered).toBeLessThan(8)
  expect(heard[1]).toBeLessThan(8)
})

test('who asks again at once what was refused leaves the actor beside it its turns', async () => {
  await using system = await startSystem({ threads: 1 })
  const heard = new Int32Array(new SharedArrayBuffer(16))
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1', mailbox: { capacity: 4 } })
  const pusher = await system.spawn(Pusher, undefined, { node: 'node-1' })
  const { refused, reply } = await pusher.ask('push', plodder.ref)
  expect(reply).toBe('done')
  expect(refused).toBeGreaterThan(0)
})
