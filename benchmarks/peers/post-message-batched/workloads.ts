/** `postMessage` with arrays of messages, which is as fast as it gets when a sender has many. */
import { type PeerWorkloads, verified } from '../contract.ts'
import type { ToWorker } from '../post-message/messages.ts'
import { onWorker } from '../post-message/peer-worker.ts'
import { batchSize, nestedMessage } from '../workloads.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': batches(() => ({ type: 'add', by: 1 })),
  'xthread-nested': batches(nestedMessage),
}

function batches(message: (index: number) => ToWorker) {
  return onWorker((worker) => async (count) => {
    for (let sent = 0; sent < count; sent += batchSize) {
      const batch: ToWorker[] = []
      for (let index = sent; index < Math.min(sent + batchSize, count); index++) batch.push(message(index))
      worker.post(batch)
    }
    return verified('total', await worker.total(), count)
  })
}
