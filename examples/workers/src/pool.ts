/** A pool of workers and their reducer, on any host: the same on threads, in a simulation and in a unit test. */
import type { ActorHandle, ActorRef, ActorSystem } from '@troupe/core'
import { Reducer, type Reducing, type Totals } from './reducer.ts'
import { type Task, type Watching, Worker, type Working } from './worker.ts'

export interface Pool {
  readonly workers: readonly ActorHandle<Working>[]
  readonly reducer: ActorHandle<Reducing>
}

/** Starts `workers` workers on the system's nodes in turn, and a reducer on the local node. */
export async function startPool(system: ActorSystem, workers: number): Promise<Pool> {
  const reducer = await system.spawn(Reducer, undefined, { name: 'reducer', node: 'local' })
  const handles: ActorHandle<Working>[] = []
  for (let number = 1; number <= workers; number++) {
    handles.push(await system.spawn(Worker, undefined, { name: `worker-${number}`, node: 'spread' }))
  }
  return { workers: handles, reducer }
}

/** Counts `texts` texts, `passes` times over, in tasks of `textsPerTask`, an equal list for each worker. */
export async function countAll(
  pool: Pool,
  job: { texts: number; textsPerTask: number; limit: number; passes?: number; watcher?: ActorRef<Watching> },
): Promise<Totals> {
  const { workers, reducer } = pool
  const { texts, textsPerTask, passes = 1 } = job
  shareTasks({ texts, textsPerTask, passes }, workers.length).forEach((tasks, index) => {
    workers[index]?.tell('work', {
      name: `worker-${index + 1}`,
      tasks,
      reducer: reducer.ref,
      ...(job.watcher === undefined ? {} : { watcher: job.watcher }),
    })
  })
  return reducer.askWith({ timeoutMs: 60_000 }, 'totals', { parts: workers.length, limit: job.limit })
}

/** The tasks of a job, dealt out like cards. */
export function shareTasks(job: { texts: number; textsPerTask: number; passes?: number }, workers: number): Task[][] {
  const { texts, textsPerTask, passes = 1 } = job
  const lists: Task[][] = Array.from({ length: workers }, () => [])
  let number = 0
  for (let pass = 0; pass < passes; pass++) {
    for (let from = 0; from < texts; from += textsPerTask) {
      lists[number++ % workers]?.push({ from, to: Math.min(texts, from + textsPerTask) })
    }
  }
  return lists
}
