/**
 * A worker: it gets a list of tasks, each a range of texts, and counts one task a turn, so that it can be asked or
 * stopped in between. When the list is done it sends what it counted to the reducer.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import { Corpus } from './corpus.ts'
import type { Reducing } from './reducer.ts'
import { countTerms, type TermCounts } from './terms.ts'

/** Texts `from` to `to`, without `to`. */
export interface Task {
  readonly from: number
  readonly to: number
}

/** Who wants to know how far the workers are. */
export type Watching = {
  progress: (message: { worker: string; done: number; of: number }) => void
}

export type Working = {
  /** A list of tasks. Several lists are worked off one after the other. */
  work: (job: Job) => void
  /** The next task of the current list: the worker's message to itself. */
  next: () => void
}

export interface Job {
  readonly name: string
  readonly tasks: readonly Task[]
  readonly reducer: ActorRef<Reducing>
  readonly watcher?: ActorRef<Watching>
}

export const Worker = defineActor<Working>()({
  name: 'Worker',
  module: import.meta.url,
  init: () => ({ jobs: [] as Job[], done: 0, counts: new Map() as TermCounts }),
  on: {
    work(state, job, ctx) {
      state.jobs.push(job)
      if (state.jobs.length === 1) ctx.tell(ctx.self, 'next')
    },
    next(state, _none, ctx) {
      const [job] = state.jobs
      if (job === undefined) return
      const task = job.tasks[state.done]
      if (task !== undefined) {
        countTerms(ctx.use(Corpus).texts().slice(task.from, task.to), state.counts)
        state.done++
        if (job.watcher !== undefined) {
          ctx.tell(job.watcher, 'progress', { worker: job.name, done: state.done, of: job.tasks.length })
        }
      }
      if (state.done >= job.tasks.length) {
        ctx.tell(job.reducer, 'partial', state.counts)
        state.jobs.shift()
        state.done = 0
        state.counts = new Map()
      }
      if (state.jobs.length > 0) ctx.tell(ctx.self, 'next')
    },
  },
})
