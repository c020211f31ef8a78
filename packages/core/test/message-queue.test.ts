/** What a queue of messages keeps alive. */
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

test('a queue that has grown keeps no message alive by the array that it grew out of', () => {
  const queue = new MessageQueue()
  // From here on its array is old: only a full collection would find out that nobody needs it.
  collect()
  collect()
  const before = process.memoryUsage().external
  for (let count = 0; count < messages; count++) queue.pushMessage('bytes', new ArrayBuffer(payloadBytes), undefined)
  for (let count = 0; count < messages; count++) expect(queue.shift(emptyEnvelope())?.name).toBe('bytes')
  expect(queue.shift(emptyEnvelope())).toBeUndefined()
  // What the first one frees is counted at the beginning of the next.
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  // This function itself may still have the last one.
  expect(process.memoryUsage().external - before).toBeLessThan(2 * payloadBytes)
})
