/** The live progress display: a service for the actor that hears of progress, drawn by listr2. */
import { defineActor, defineService } from '@troupe/core'
import { Listr } from 'listr2'
import type { Watching } from './worker.ts'

const Display = defineService<ProgressDisplay>('display')

/** Hears how far the workers are. It has no module: it lives on the thread that owns the terminal. */
export const Watcher = defineActor<Watching>()({
  name: 'Watcher',
  init: () => ({}),
  on: {
    progress(_state, { worker, done, of }, ctx) {
      ctx.use(Display).update(worker, done, of)
    },
  },
})

/** One line for each worker, until its list is done. */
export class ProgressDisplay {
  readonly #workers = new Map<string, { title: string; done: number; of: number; finish: () => void }>()
  readonly #finished: Promise<unknown>

  constructor(workers: readonly { readonly name: string; readonly tasks: number }[]) {
    const list = new Listr(
      workers.map(({ name, tasks }) => ({
        title: name,
        task: (_context, line) =>
          new Promise<void>((finish) => {
            const worker = {
              done: 0,
              of: tasks,
              finish,
              get title() {
                return line.title
              },
              set title(title: string) {
                line.title = title
              },
            }
            this.#workers.set(name, worker)
          }),
      })),
      { concurrent: true },
    )
    this.#finished = list.run()
  }

  update(name: string, done: number, of: number): void {
    const worker = this.#workers.get(name)
    if (worker === undefined) return
    const width = 24
    const filled = Math.round((done / of) * width)
    worker.title = `${name}  ${'█'.repeat(filled)}${'░'.repeat(width - filled)}  ${done} of ${of} tasks`
    if (done >= of) worker.finish()
  }

  /** Resolves when every worker's line is done. */
  async finished(): Promise<void> {
    await this.#finished
  }
}
