/** What each thread of the pool for tasks runs. */
import { Piscina } from 'piscina'
import type { PooledTask, PostedOutcome } from './posted-task.ts'
import { runTask } from './task-thread.ts'

/** Runs one task; the buffers of its result are moved to the main thread. */
export default async function run(task: PooledTask): Promise<unknown> {
  const outcome: PostedOutcome = await runTask(task)
  if (outcome.failure !== undefined || outcome.transfer.length === 0) return outcome
  return Piscina.move({
    [Piscina.transferableSymbol]: outcome.transfer,
    [Piscina.valueSymbol]: outcome,
  } as never)
}
