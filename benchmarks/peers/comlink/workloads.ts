/// <reference path="./node-adapter.d.ts" />
/** comlink 4: an object on a worker. Every call has an answer; as many as may be are under way at once. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Remote, releaseProxy, transfer, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { restedLatencies } from '../low-load.ts'
import { batchSize, bytesPerAcknowledgement, largeBytes, nestedMessage, pipelineDepth } from '../workloads.ts'
import type { Counter } from './worker.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': onWorker((counter) => async (count) => {
    await inBatches(count, batchSize, () => counter.add(1))
    return verified('total', await counter.total(), count)
  }),
  'xthread-nested': onWorker((counter) => async (count) => {
    await inBatches(count, batchSize, (slot) => counter.accept(nestedMessage(slot)))
    return verified('total', await counter.total(), count)
  }),
  'xthread-ask': onWorker((counter, variant) => async (count) => {
    if (variant === 'rested') return restedLatencies(count, () => counter.echo(1))
    const latencies = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const started = performance.now()
      await counter.echo(1)
      latencies[index] = (performance.now() - started) * 1e6
    }
    return { completed: count, latencies }
  }),
  'xthread-pipelined-ask': onWorker((counter) => async (count) => {
    let left = count
    let replies = 0
    const lane = async () => {
      while (left-- > 0) {
        const reply = await counter.echo(1)
        replies += reply
      }
    }
    await Promise.all(Array.from({ length: pipelineDepth }, lane))
    return verified('replies', replies, count)
  }),
  'xthread-bytes': {
    variants: ['copied', 'transferred'],
    open: onWorker((counter, variant) => async (count) => {
      const copied = new Uint8Array(largeBytes)
      await inBatches(count, 2 * bytesPerAcknowledgement, () => {
        const bytes = variant === 'copied' ? copied : new Uint8Array(largeBytes)
        bytes[0] = 1
        return counter.bytes(variant === 'copied' ? bytes : transfer(bytes, [bytes.buffer]))
      })
      return verified('messages', await counter.total(), count)
    }),
  },
}

/** Makes `count` calls, `size` of them under way at once. */
async function inBatches(count: number, size: number, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: size }, lane))
}

function onWorker(prepare: (counter: Remote<Counter>, variant: string) => Session['run']): Open {
  return async (variant) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    await once(worker, 'online')
    const counter = wrap<Counter>(nodeEndpoint(worker))
    const close = () => {
      counter[releaseProxy]()
      return worker.terminate()
    }
    return { run: prepare(counter, variant), close }
  }
}
