/**
 * The doorbell: how a thread that has nothing to do sleeps, and how the others wake it.
 *
 * There is one per receiving thread, not one per channel, so that a node with a hundred inbound channels waits once.
 * It is a single word in shared memory: awake, parked, or rung, from the ring until the thread runs. Ringing costs the
 * producer one atomic load as long as nobody is parked there; only the one that turns parked into rung pays for a
 * notification. Who has rung can see whether the other thread is up: while it is not, looking for its answer may be what
 * keeps it from running.
 *
 * No wake-up is lost. The receiver announces (stores that it is parked) and then looks for work; a producer publishes and then loads
 * the word. All four are sequentially consistent, so either the receiver finds the work or the producer finds it parked.
 * And a producer that rings between the look and the wait has changed the word, which makes the wait return at once.
 *
 * Parking leaves the event loop alone, so timers and I/O of the thread go on. A ring comes as a message over a port, where the
 * ringing side has one, and else as the notification of an `Atomics.waitAsync`: that holds locks which the woken thread needs
 * at once, so that on one core both sleep and wake twice for it. Neither keeps the thread alive; the host holds a handle for that.
 */
import type { MessagePort } from 'node:worker_threads'

const AWAKE = 0
const PARKED = 1
const RUNG = 2

/** The shared memory of a doorbell; it can be posted to any thread. */
export type DoorbellDescriptor = SharedArrayBuffer

/** Creates a doorbell for one thread. */
export function createDoorbell(): DoorbellDescriptor {
  // A cache line and its neighbour to itself: it is polled by every producer.
  return new SharedArrayBuffer(128)
}

/** A port to the owner: a message over it is a ring. */
export type Bell = Pick<MessagePort, 'postMessage'>

/** What a ring calls; `byPort` says that it is the event of a port, and else it is a promise. */
export type OnRing = (byPort: boolean) => void

/** A thread's view of a doorbell: its owner parks, everyone else rings. */
export class Doorbell {
  private readonly word: Int32Array
  /** When the bell was rung last, in milliseconds of the process's clock. */
  private readonly rungAt: Float64Array
  /** How this side rings, where it can: see {@link Doorbell.ring}. */
  private readonly bell: Bell | undefined
  /** The owner's own knowledge: only it turns the word to awake, and to parked. */
  private isAwake = false
  /** What to call when a ring has ended the owner's sleep. */
  private onRing: OnRing = () => {}
  /** True while a notification is awaited. The wait outlives the sleep, so that parking again costs a store. */
  private awaitsNotification = false
  /** When the owner parked last. */
  private since = 0
  /** What this owner did so far: looks for work before parking, sleeps begun, and sleeps that a ring ended. */
  spins = 0
  parkings = 0
  wakes = 0
  /** How long the owner was parked the last time before the bell rang; what waking took is not in it. */
  lastWaitMs = 0

  /** `bell` is the way by which this side rings; without it by a notification. */
  constructor(descriptor: DoorbellDescriptor, bell?: Bell) {
    this.bell = bell
    this.word = new Int32Array(descriptor)
    this.rungAt = new Float64Array(descriptor, 8, 1)
  }

  /** True while the owner sleeps, or is about to: a ring would wake it. */
  get parked(): boolean {
    return Atomics.load(this.word, 0) === PARKED
  }

  /** True from a ring that found the owner parked until the owner runs. */
  get waking(): boolean {
    return Atomics.load(this.word, 0) === RUNG
  }

  /** Wakes the owner when it is parked; true when this call did. Call it after publishing, never before. */
  ring(): boolean {
    if (Atomics.load(this.word, 0) !== PARKED) return false
    if (Atomics.compareExchange(this.word, 0, PARKED, RUNG) !== PARKED) return false
    // Before the wake-up, which takes microseconds of this thread too.
    this.rungAt[0] = nowMs()
    if (this.bell === undefined) Atomics.notify(this.word, 0)
    else this.bell.postMessage(0)
    return true
  }

  /** The owner was rung by port; this is called by the event of the port. */
  rung(byPort = true): void {
    if (!this.waking) return
    this.wake()
    this.onRing(byPort)
  }

  /** The owner is up, rung or not: nobody need ring until it parks again. */
  awaken(): void {
    if (this.isAwake) return
    this.isAwake = true
    if (Atomics.compareExchange(this.word, 0, PARKED, AWAKE) === RUNG) this.wake()
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
   * Parks the owner. False, and the owner is awake, when `hasWork` says that there is something to do. Otherwise `onRing`
   * is called when somebody rings, from the event loop; not when {@link awaken} finds that out first. Wake-ups can be
   * spurious: look for work, then park again. Parking while no ring came since looks for work once more.
   */
  park(hasWork: () => boolean, onRing: OnRing): boolean {
    const wasParked = this.parked
    if (!wasParked) {
      this.awaken()
      this.isAwake = false
      Atomics.store(this.word, 0, PARKED)
    }
    if (hasWork() || !(this.awaitsNotification || this.awaitNotification())) {
      this.awaken()
      return false
    }
    this.onRing = onRing
    if (!wasParked) {
      this.parkings++
      this.since = nowMs()
    }
    return true
  }

  /** False when the owner is not parked any more. */
  private awaitNotification(): boolean {
    const wait = Atomics.waitAsync(this.word, 0, PARKED)
    if (!wait.async) return false
    this.awaitsNotification = true
    void wait.value.then(() => {
      this.awaitsNotification = false
      // The owner may have noticed the ring by itself, and have parked again; then the next one must not be missed.
      if (this.waking || (this.parked && !this.awaitNotification())) this.rung(false)
    })
    return true
  }

  /** How long it is since the bell rang last: how long waking up took, for an owner that was just woken. */
  get sinceRungMs(): number {
    return nowMs() - (this.rungAt[0] as number)
  }

  /** The sleep has been ended by a ring. */
  private wake(): void {
    this.wakes++
    const rungAt = this.rungAt[0] as number
    this.lastWaitMs = rungAt - this.since
    this.isAwake = true
    // Nobody else changes the word until it says parked again.
    Atomics.store(this.word, 0, AWAKE)
  }
}

/** Tells the processor that this is a spin loop. Not in TypeScript's library yet. */
const pause: () => void = (Atomics as unknown as { pause(): void }).pause

const { hrtime } = process

/** One clock for all threads of the process. As a pair of numbers it is read with the least code. */
function nowMs(): number {
  const time = hrtime()
  return time[0] * 1e3 + time[1] / 1e6
}
