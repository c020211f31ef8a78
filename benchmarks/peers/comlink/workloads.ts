/// <reference path="./node-adapter.d.ts" />
/** comlink 4: an object on a worker. Every call has an answer; as many as may be are under way at once. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Remote, releaseProxy, transfer, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { inLanes, oneByOne } from '../round-trips.ts'
import { batchSize, bytesPerAcknowledgement, largeBytes, nestedMessage, pipelineDepth } from '../workloads.ts'
import type { Counter } from './worker.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': onWorker((counter) => async (count) => {
    await inLanes(batchSize, count, () => counter.add(1))
    return verified('total', await counter.total(), count)
  }),
  'xthread-nested': onWorker((counter) => async (count) => {
    await inLanes(batchSize, count, (slot) => counter.accept(nestedMessage(slot)))
    return verified('total', await counter.total(), count)
  }),
  'xthread-ask': onWorker((counter, variant) => (count) => oneByOne(count, variant, () => counter.echo(1))),
  'xthread-pipelined-ask': onWorker(
    (counter) => async (count) =>
      verified('replies', await inLanes(pipelineDepth, count, () => counter.echo(1)), count),
  ),
  'xthread-bytes': {
    variants: ['copied', 'transferred'],
    open: onWorker((counter, variant) => async (count) => {
      const copied = new Uint8Array(largeBytes)
      await inLanes(2 * bytesPerAcknowledgement, count, () => {
        const bytes = variant === 'copied' ? copied : new Uint8Array(largeBytes)
        bytes[0] = 1
        return counter.bytes(variant === 'copied' ? bytes : transfer(bytes, [bytes.buffer]))
      })
      return verified('messages', await counter.total(), count)
    }),
  },
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
