/** A plain worker behind `postMessage`: what Node offers without a library. */
import { type PeerWorkloads, verified } from '../contract.ts'
import { cpuAtLowLoad } from '../low-load.ts'
import { inLanes, oneByOne } from '../round-trips.ts'
import { bytesPerAcknowledgement, largeBytes, nestedMessage, pipelineDepth } from '../workloads.ts'
import { onWorker } from './peer-worker.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': onWorker((worker) => async (count) => {
    for (let index = 0; index < count; index++) worker.post({ type: 'add', by: 1 })
    return verified('total', await worker.total(), count)
  }),
  'xthread-nested': onWorker((worker) => async (count) => {
    for (let slot = 0; slot < count; slot++) worker.post(nestedMessage(slot))
    return verified('total', await worker.total(), count)
  }),
  'xthread-ask': onWorker((worker, variant) => (count) => oneByOne(count, variant, () => worker.echo())),
  'xthread-pipelined-ask': onWorker(
    (worker) => async (count) => verified('replies', await inLanes(pipelineDepth, count, () => worker.echo()), count),
  ),
  'xthread-bytes': onWorker((worker, variant) => async (count) => {
    const copied = new Uint8Array(largeBytes)
    const shared = new Uint8Array(new SharedArrayBuffer(largeBytes))
    let sum = 0
    let before = Promise.resolve(0)
    for (let sent = 0; sent < count; sent += bytesPerAcknowledgement) {
      for (let index = 0; index < bytesPerAcknowledgement; index++) {
        const bytes = variant === 'copied' ? copied : variant === 'shared' ? shared : new Uint8Array(largeBytes)
        bytes[0] = 1
        worker.post({ type: 'bytes', bytes }, variant === 'transferred' ? [bytes.buffer as ArrayBuffer] : [])
      }
      const acknowledged = worker.total()
      sum += await before
      before = acknowledged
    }
    return verified('messages', sum + (await before), count)
  }),
  cpu: onWorker((worker) => async (milliseconds) => {
    const { sent, value } = await cpuAtLowLoad(milliseconds, () => worker.post({ type: 'add', by: 1 }))
    return { ...verified('messages', await worker.total(), sent, milliseconds), value }
  }),
}
