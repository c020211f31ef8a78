/** What a ring of messages keeps alive. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { emptyEnvelope, MessageRing } from '../src/message-ring.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('globalThis.gc') as (options?: { type: 'minor' }) => void

const payloadBytes = 4 * 1024 * 1024

test('a ring that has grown keeps no message alive by the array that it grew out of', () => {
  const ring = new MessageRing()
  // From here on its array is old: only a full collection would find out that nobody needs it.
  collect()
  collect()
  const before = process.memoryUsage().external
  const { capacity } = ring
  for (let count = 0; count < capacity; count++) ring.pushMessage('bytes', new ArrayBuffer(payloadBytes), undefined)
  ring.grow()
  expect(ring.capacity).toBe(capacity * 2)
  while (ring.shift(emptyEnvelope()) !== undefined);
  // What the first one frees is counted at the beginning of the next.
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  expect(process.memoryUsage().external - before).toBeLessThan(payloadBytes)
})
