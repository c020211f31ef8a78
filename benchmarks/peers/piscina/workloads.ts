/** piscina 5: one thread, as many tasks queued on it as may be, atomics on, which is its fastest. */
import { Piscina } from 'piscina'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { restedLatencies } from '../low-load.ts'
import { batchSize, bytesPerAcknowledgement, largeBytes, nestedMessage, pipelineDepth } from '../workloads.ts'
import type { Task } from './task.ts'

export const workloads: PeerWorkloads = {
  'xthread-tell': onPool(
    batchSize,
    (run) => async (count) =>
      verified('total', await sumOf(count, batchSize, () => run({ type: 'add', by: 1 })), count),
  ),
  'xthread-nested': onPool(
    batchSize,
    (run) => async (count) =>
      verified('total', await sumOf(count, batchSize, (slot) => run(nestedMessage(slot))), count),
  ),
  'xthread-ask': onPool(1, (run, variant) => async (count) => {
    if (variant === 'rested') return restedLatencies(count, () => run({ type: 'add', by: 1 }))
    const latencies = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const started = performance.now()
      await run({ type: 'add', by: 1 })
      latencies[index] = (performance.now() - started) * 1e6
    }
    return { completed: count, latencies }
  }),
  'xthread-pipelined-ask': onPool(
    pipelineDepth,
    (run) => async (count) =>
      verified('replies', await sumOf(count, pipelineDepth, () => run({ type: 'add', by: 1 })), count),
  ),
  'xthread-bytes': {
    variants: ['copied', 'transferred'],
    open: onPool(2 * bytesPerAcknowledgement, (run, variant) => async (count) => {
      const copied = new Uint8Array(largeBytes)
      const sum = await sumOf(count, 2 * bytesPerAcknowledgement, () => {
        const bytes = variant === 'copied' ? copied : new Uint8Array(largeBytes)
        bytes[0] = 1
        return run({ type: 'bytes', bytes }, variant === 'copied' ? [] : [bytes.buffer as ArrayBuffer])
      })
      return verified('messages', sum, count)
    }),
  },
}

type Run = (task: Task, transferList?: ArrayBuffer[]) => Promise<number>

/** The sum of `count` tasks' results, `lanes` of them under way at once. */
async function sumOf(count: number, lanes: number, run: (index: number) => Promise<number>): Promise<number> {
  let next = 0
  let sum = 0
  const lane = async () => {
    while (next < count) {
      const result = await run(next++)
      sum += result
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return sum
}

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
