/** A node that does not read: what waits for it is bounded in bytes, not only in messages. */
import { expect, test } from 'vitest'
import { Plodder } from './fixtures/plodder.ts'
import { startSystem } from './support.ts'

test('large tells to a node in a turn are dead letters from a bound of bytes on, asks fail, and sends wait', async () => {
  await using system = await startSystem({ threads: 1, channels: { outboundBytesMax: 1_000_000 } })
  const heard = new Int32Array(new SharedArrayBuffer(16))
  const plodder = await system.spawn(Plodder, { heard }, { node: 'node-1' })
  let letters = 0
  system.events.on('deadLetter', ({ reason }) => {
    if (reason === 'overload') letters++
  })
  const held = plodder.ask('untilHeard', 0)
  for (let seen = 0; seen < 1; seen = Atomics.load(heard, 2)) await Atomics.waitAsync(heard, 2, seen).value
  for (let count = 0; count < 12; count++) plodder.tell('take', new Uint8Array(200_000))
  expect(letters).toBe(7)
  await expect(plodder.ask('ping')).rejects.toMatchObject({ code: 'ERR_TROUPE_OVERLOAD' })
  const sent = Promise.all(Array.from({ length: 12 }, () => system.send(plodder.ref, 'take', new Uint8Array(200_000))))
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.store(heard, 0, 1)
  Atomics.notify(heard, 0)
  expect(await held).toBe(true)
  await sent
  expect(await plodder.ask('taken')).toBe(5 + 12)
  // The ask is one, too.
  expect(letters).toBe(8)
})
