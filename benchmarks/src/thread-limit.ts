/**
 * What two threads of this machine are worth, whatever the program: the same loop on one thread and on two at once, each with
 * memory of its own. `computing` stays in registers; `memory` reads and writes 64 MB at random. Virtual cores share more than
 * they say, so a program's gain from a second thread is to be read beside these.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

export type LimitKind = 'computing' | 'memory'

/** Some tens of milliseconds each. */
const rounds: Readonly<Record<LimitKind, number>> = { computing: 60_000_000, memory: 6_000_000 }

export class ThreadLimit implements AsyncDisposable {
  readonly #workers = [0, 1].map(() => new Worker(new URL(import.meta.url)))

  /** How many times as much two threads do as one, just now. */
  async gain(kind: LimitKind): Promise<number> {
    const [first] = this.#workers as [Worker, Worker]
    const alone = await this.#milliseconds([first], kind)
    return (2 * alone) / (await this.#milliseconds(this.#workers, kind))
  }

  async #milliseconds(workers: readonly Worker[], kind: LimitKind): Promise<number> {
    const answers = workers.map((worker) => once(worker, 'message'))
    for (const worker of workers) worker.postMessage(kind)
    return Math.max(...(await Promise.all(answers)).map(([milliseconds]) => milliseconds))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

if (!isMainThread) {
  const words = new Int32Array(1 << 24)
  const loops: Readonly<Record<LimitKind, (count: number) => void>> = {
    computing(count) {
      let hash = 1
      for (let index = 0; index < count; index++) {
        hash = Math.imul(hash ^ index, 0x85ebca6b)
        hash ^= hash >>> 13
      }
      words[0] = hash
    },
    memory(count) {
      let hash = 1
      for (let index = 0; index < count; index++) {
        hash = Math.imul(hash ^ index, 0x85ebca6b)
        hash ^= hash >>> 13
        const place = hash & (words.length - 1)
        words[place] = (words[place] as number) + hash
      }
    },
  }
  for (const kind of ['computing', 'memory'] as const) loops[kind](rounds[kind])
  parentPort?.on('message', (kind: LimitKind) => {
    const begun = performance.now()
    loops[kind](rounds[kind])
    parentPort?.postMessage(performance.now() - begun)
  })
}
