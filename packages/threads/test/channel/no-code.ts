/**
 * A process in which code must not be generated from strings: objects of one shape, many of them, and random values go
 * through channels on its main thread and on a worker. Prints what it found.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { mayGenerateCode, USES_BEFORE_CODE } from '../../src/channel/shape-compiler.ts'
import { sendValues } from '../fuzz/value-round.ts'
import { openLoopback } from './loopback.ts'

const valueCount = 2_000

function arrives(): boolean {
  const { sender, receiver, drainAll } = openLoopback()
  const sent = Array.from({ length: USES_BEFORE_CODE * 3 }, (_, n) => ({ type: 'inc', n, by: { __proto__: null, n } }))
  for (const message of sent) sender.send(message)
  sender.flush()
  assert.deepEqual(structuredClone(drainAll()), structuredClone(sent))
  sender.close()
  receiver.close()
  sendValues(3, 0, valueCount)
  return true
}

if (isMainThread) {
  const main = arrives()
  const worker = new Worker(new URL(import.meta.url))
  const [inWorker] = await once(worker, 'message')
  console.log(JSON.stringify({ mayGenerateCode: mayGenerateCode(), main, worker: inWorker, values: valueCount }))
} else parentPort?.postMessage(arrives() && !mayGenerateCode())
