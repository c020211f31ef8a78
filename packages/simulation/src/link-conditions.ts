/** What is wrong with one link of the simulated network, beside partitions: several things at once, each until it ends. */

export class LinkConditions {
  #holds = 0
  #fills = 0
  readonly #slowness: number[] = []
  readonly #gapsMs: number[] = []
  /** True while neither of the two says anything: each frame asks. */
  #isPrompt = true
  #lastArrival = 0

  get isFull(): boolean {
    return this.#fills > 0
  }

  /** True while what is sent waits at its sender. */
  get isHeld(): boolean {
    return this.#holds > 0 || this.#fills > 0
  }

  /** Lets nothing leave that is sent from now on, until the function that it returns is called. */
  hold(): () => void {
    this.#holds++
    return once(() => this.#holds--)
  }

  /** The channel refuses messages or lets them wait for room, until the function that it returns is called. */
  fill(): () => void {
    this.#fills++
    return once(() => this.#fills--)
  }

  /** Makes everything take `factor` times as long, until the function that it returns is called. */
  slow(factor: number): () => void {
    return this.#delay(this.#slowness, factor)
  }

  /** Lets one frame arrive every `gapMs` milliseconds at most, until the function that it returns is called. */
  clog(gapMs: number): () => void {
    return this.#delay(this.#gapsMs, gapMs)
  }

  #delay(list: number[], value: number): () => void {
    const end = keep(list, value)
    this.#isPrompt = false
    return () => {
      end()
      this.#isPrompt = this.#slowness.length + this.#gapsMs.length === 0
    }
  }

  /** When a frame arrives that is sent now and would take `latencyMs`. */
  arrival(now: number, latencyMs: number): number {
    const arrival = this.#isPrompt ? now + latencyMs : this.#lateArrival(now, latencyMs)
    if (arrival > this.#lastArrival) this.#lastArrival = arrival
    return arrival
  }

  #lateArrival(now: number, latencyMs: number): number {
    const arrival = this.#slowness.length > 0 ? now + latencyMs * Math.max(...this.#slowness) : now + latencyMs
    return this.#gapsMs.length > 0 ? Math.max(arrival, this.#lastArrival + Math.max(...this.#gapsMs)) : arrival
  }
}

/** Puts `value` into a list; the function that it returns takes it out again. */
export function keep(list: number[], value: number): () => void {
  list.push(value)
  return once(() => list.splice(list.indexOf(value), 1))
}

/** Does it at the first call only: what has ended does not end again, and takes nothing of others with it. */
export function once(end: () => unknown): () => void {
  let ended = false
  return () => {
    if (ended) return
    ended = true
    end()
  }
}
