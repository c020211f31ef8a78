/**
 * How fast the machine is right now: a fixed loop, and a cache line that goes to another thread and back. Virtual
 * machines change both from one second to the next without saying so; figures that were taken meanwhile mislead.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** The machine at one moment. */
export interface Calibration {
  /** Nanoseconds of one step of a loop that does nothing but arithmetic. */
  readonly loopNs: number
  /** Nanoseconds of a word's way to another thread and back, both spinning; the median of some. */
  readonly cacheLineNs: number
}

const loopSteps = 5_000_000
const batches = 20
const roundTripsPerBatch = 500
/** A batch that takes longer was interrupted; what it has is what counts. */
const batchMs = 20

/** Measures the machine, with one helping thread until it is disposed of. */
export class Calibrator implements AsyncDisposable {
  readonly #words = new Int32Array(new SharedArrayBuffer(8))
  readonly #worker: Worker

  private constructor() {
    this.#worker = new Worker(`(${echo.toString()})(require('node:worker_threads').workerData)`, {
      eval: true,
      workerData: this.#words,
    })
  }

  static async start(): Promise<Calibrator> {
    const calibrator = new Calibrator()
    await once(calibrator.#worker, 'online')
    return calibrator
  }

  measure(): Calibration {
    return { loopNs: Math.min(loop(), loop(), loop()), cacheLineNs: this.#cacheLine() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  /** The best batch: what the two cores take when nobody else has one of them. */
  #cacheLine(): number {
    const words = this.#words
    Atomics.store(words, 1, 1)
    Atomics.notify(words, 1)
    let best = Number.POSITIVE_INFINITY
    for (let batch = 0; batch < batches; batch++) {
      const started = performance.now()
      let trips = 0
      for (; trips < roundTripsPerBatch && performance.now() - started < batchMs; trips++) {
        Atomics.add(words, 0, 1)
        while (Atomics.load(words, 0) % 2 === 1 && performance.now() - started < batchMs * 5);
        if (Atomics.load(words, 0) % 2 === 1) break
      }
      if (trips > 0) best = Math.min(best, ((performance.now() - started) * 1e6) / trips)
    }
    Atomics.store(words, 1, 0)
    Atomics.store(words, 0, 0)
    return best
  }
}

/** Whether so much changed between two moments that what was measured between them should be measured again. */
export function differ(before: Calibration, after: Calibration): boolean {
  const apart = (left: number, right: number, factor: number) => Math.max(left, right) > Math.min(left, right) * factor
  return apart(before.loopNs, after.loopNs, 1.25) || apart(before.cacheLineNs, after.cacheLineNs, 1.6)
}

function loop(): number {
  const started = performance.now()
  let value = 1
  for (let step = 0; step < loopSteps; step++) value = (Math.imul(value, 1_103_515_245) + 12_345) | 0
  if (value === 0) throw new Error('the loop was not run')
  return ((performance.now() - started) * 1e6) / loopSteps
}

/** The other thread: sleeps until it is wanted, then makes each odd number even. Written out by `toString`. */
function echo(words: Int32Array): void {
  for (;;) {
    Atomics.wait(words, 1, 0)
    while (Atomics.load(words, 1) === 1) if (Atomics.load(words, 0) % 2 === 1) Atomics.add(words, 0, 1)
  }
}
