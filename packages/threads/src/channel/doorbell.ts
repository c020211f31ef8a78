/**
 * The doorbell: how a thread that has nothing to do sleeps, and how the others wake it.
 *
 * There is one per receiving thread, not one per channel, so that a node with a hundred inbound channels waits once.
 * It is a single word in shared memory: 1 while its thread is parked. Ringing costs the producer one atomic load as
 * long as nobody is parked there; only the one that turns the 1 into a 0 pays for a notification.
 *
 * No wake-up is lost. The receiver announces (stores 1) and then looks for work; a producer publishes and then loads
 * the word. All four are sequentially consistent, so either the receiver finds the work or the producer finds the 1.
 * And a producer that rings between the look and the wait has changed the word, which makes the wait return at once.
 *
 * Parking uses `Atomics.waitAsync`, so timers and I/O of the thread go on. It does not keep the thread alive; the host
 * holds a handle for that.
 */

const AWAKE = 0
const PARKED = 1
/** Pauses before parking when no limit is given: some ten microseconds, about what a wake-up costs. */
export const DOORBELL_SPIN_LIMIT_DEFAULT = 200

/** The shared memory of a doorbell; it can be posted to any thread. */
export type DoorbellDescriptor = SharedArrayBuffer

/** Creates a doorbell for one thread. */
export function createDoorbell(): DoorbellDescriptor {
  // A cache line and its neighbour to itself: it is polled by every producer.
  return new SharedArrayBuffer(128)
}

/** A thread's view of a doorbell: its owner parks, everyone else rings. */
export class Doorbell {
  readonly #word: Int32Array
  /** When the bell was rung last, in milliseconds of the process's clock. */
  readonly #rungAt: Float64Array
  #waiting: Promise<void> | undefined
  /** What this owner did so far: looks for work before parking, waits begun, and waits that a ring ended. */
  spins = 0
  parkings = 0
  wakes = 0
  /** How long the owner was parked the last time before the bell rang; what waking took is not in it. */
  lastWaitMs = 0

  constructor(descriptor: DoorbellDescriptor) {
    this.#word = new Int32Array(descriptor)
    this.#rungAt = new Float64Array(descriptor, 8, 1)
  }

  /** True while the owner sleeps, or is about to. */
  get parked(): boolean {
    return Atomics.load(this.#word, 0) === PARKED
  }

  /** Wakes the owner when it is parked; true when this call did. Call it after publishing, never before. */
  ring(): boolean {
    if (Atomics.load(this.#word, 0) !== PARKED) return false
    if (Atomics.compareExchange(this.#word, 0, PARKED, AWAKE) !== PARKED) return false
    // Before the wake-up, which takes microseconds of this thread too.
    this.#rungAt[0] = nowMs()
    Atomics.notify(this.#word, 0)
    return true
  }

  /** Looks for work for up to `spinLimit` pauses: how many it took until there was some, or -1. */
  spin(hasWork: () => boolean, spinLimit: number): number {
    for (let spins = 0; ; spins++) {
      if (hasWork()) return spins
      if (spins >= spinLimit) return -1
      this.spins++
      pause()
    }
  }

  /**
   * Parks the owner. Returns `undefined` when `hasWork` says, now or while spinning for up to `spinLimit` pauses, that
   * there is something to do; otherwise a promise that is fulfilled when somebody rings. Wake-ups can be spurious: look
   * for work, then park again. Parking while parked looks for work once more and returns the same promise.
   */
  park(hasWork: () => boolean, spinLimit: number = DOORBELL_SPIN_LIMIT_DEFAULT): Promise<void> | undefined {
    if (this.#waiting !== undefined && this.parked) {
      if (!hasWork()) return this.#waiting
      this.ring()
      return undefined
    }
    if (this.spin(hasWork, spinLimit) >= 0) return undefined
    Atomics.store(this.#word, 0, PARKED)
    if (hasWork()) {
      Atomics.store(this.#word, 0, AWAKE)
      return undefined
    }
    const wait = Atomics.waitAsync(this.#word, 0, PARKED)
    if (!wait.async) return undefined
    this.parkings++
    const since = nowMs()
    const waiting: Promise<void> = wait.value.then(() => {
      this.wakes++
      this.lastWaitMs = (this.#rungAt[0] as number) - since
      if (this.#waiting === waiting) this.#waiting = undefined
    })
    this.#waiting = waiting
    return waiting
  }
}

/** Tells the processor that this is a spin loop. Not in TypeScript's library yet. */
const pause: () => void = (Atomics as unknown as { pause(): void }).pause

/** One clock for all threads of the process. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
