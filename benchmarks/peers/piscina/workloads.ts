/** piscina 5: one thread, as many tasks queued on it as may be, atomics on, which is its fastest. */
import { Piscina } from 'piscina'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { inLanes, oneByOne } from '../round-trips.ts'
import { batchSize, bytesPerAcknowledgement, largeBytes, nestedMessage, pipelineDepth } from '../workloads.ts'
import type { Task } from './task.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': onPool(
    batchSize,
    (run) => async (count) =>
      verified('total', await inLanes(batchSize, count, () => run({ type: 'add', by: 1 })), count),
  ),
  'xthread-nested': onPool(
    batchSize,
    (run) => async (count) =>
      verified('total', await inLanes(batchSize, count, (slot) => run(nestedMessage(slot))), count),
  ),
  'xthread-ask': onPool(1, (run, variant) => (count) => oneByOne(count, variant, () => run({ type: 'add', by: 1 }))),
  'xthread-pipelined-ask': onPool(
    pipelineDepth,
    (run) => async (count) =>
      verified('replies', await inLanes(pipelineDepth, count, () => run({ type: 'add', by: 1 })), count),
  ),
  'xthread-bytes': {
    variants: ['copied', 'transferred'],
    open: onPool(2 * bytesPerAcknowledgement, (run, variant) => async (count) => {
      const copied = new Uint8Array(largeBytes)
      const sum = await inLanes(2 * bytesPerAcknowledgement, count, () => {
        const bytes = variant === 'copied' ? copied : new Uint8Array(largeBytes)
        bytes[0] = 1
        return run({ type: 'bytes', bytes }, variant === 'copied' ? [] : [bytes.buffer as ArrayBuffer])
      })
      return verified('messages', sum, count)
    }),
  },
}

type Run = (task: Task, transferList?: ArrayBuffer[]) => Promise<number>

function onPool(tasksAtOnce: number, prepare: (run: Run, variant: string) => Session['run']): Open {
  return (variant) => {
    const pool = new Piscina({
      filename: new URL('./task.ts', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: tasksAtOnce,
    })
    const run: Run = (task, transferList = []) => pool.run(task, { transferList })
    return { run: prepare(run, variant), close: () => pool.destroy() }
  }
}
