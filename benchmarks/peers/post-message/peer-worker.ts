/** The main thread's side of the `postMessage` peers: a worker, and the answers that it owes, in order. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Open, Session } from '../contract.ts'
import type { ToWorker } from './messages.ts'

/** A worker and its answers. */
export class PeerWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url))
  /** Who waits, oldest first; answers come in order. */
  readonly #waiting: ((answer: number) => void)[] = []

  constructor() {
    this.#worker.on('message', (answer: number) => this.#waiting.shift()?.(answer))
  }

  async ready(): Promise<this> {
    await once(this.#worker, 'online')
    return this
  }

  post(message: ToWorker | readonly ToWorker[], transfer?: readonly ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer)
  }

  answer(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** One round trip. */
  echo(): Promise<number> {
    this.post({ type: 'echo', value: 1 })
    return this.answer()
  }

  /** What the worker has counted since it was asked last. */
  total(): Promise<number> {
    this.post({ type: 'total' })
    return this.answer()
  }

  close(): Promise<number> {
    return this.#worker.terminate()
  }
}

/** Opens a workload on a worker of its own. */
export function onWorker(prepare: (worker: PeerWorker, variant: string) => Session['run']): Open {
  return async (variant) => {
    const worker = await new PeerWorker().ready()
    return { run: prepare(worker, variant), close: () => worker.close() }
  }
}
