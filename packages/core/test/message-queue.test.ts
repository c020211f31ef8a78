/** What a queue of messages keeps alive. */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { emptyEnvelope } from '../src/envelope.ts'
import { MessageQueue } from '../src/message-queue.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('globalThis.gc') as (options?: { type: 'minor' }) => void

const payloadBytes = 4 * 1024 * 1024
/** More than a queue begins with room for. */
const messages = 6
/** Collections until the memory of what nobody needs must be given back. */
const roundsMax = 1_000

test('a queue that has grown keeps no message alive by the array that it grew out of', async () => {
  const queue = new MessageQueue()
  // From here on its array is old: only a full collection would find out that nobody needs it.
  collect()
  collect()
  const before = process.memoryUsage().external
  for (let count = 0; count < messages; count++) queue.pushMessage('bytes', new ArrayBuffer(payloadBytes), undefined)
  for (let count = 0; count < messages; count++) expect(queue.shift(emptyEnvelope())?.name).toBe('bytes')
  expect(queue.shift(emptyEnvelope())).toBeUndefined()
  // What a collection frees is counted some time after it. This function itself may still have the last message.
  const kept = () => process.memoryUsage().external - before
  for (let round = 0; round < roundsMax && kept() >= 2 * payloadBytes; round++) {
    collect({ type: 'minor' })
    await setImmediate()
  }
  expect(kept()).toBeLessThan(2 * payloadBytes)
})
