/**
 * The limit that simulated deliveries are measured against: the ring of `ring.ts` as a loop over a binary heap. Each
 * delivery draws loss, duplication and latency, keeps the order of its link, copies and freezes its payload and goes
 * into a running hash. There are no actors, nodes that fail, mailboxes, or events that anybody could look at.
 */
import { type RingOptions, type Token, tokenOf } from './ring.ts'

interface BareRingOptions extends RingOptions {
  readonly nodes: number
  readonly latency: { readonly minMs: number; readonly meanMs: number }
  readonly loss: number
  readonly duplicate: number
}

/** A token, or with an `undefined` one a look of the place at what it misses. */
interface Arrival {
  readonly atMs: number
  readonly order: number
  readonly place: number
  readonly token: Token | undefined
}

export class BareRing {
  readonly #options: BareRingOptions
  readonly #heap: Arrival[] = []
  readonly #laps: number[][]
  readonly #lapsSeen: number[][]
  /** For each node, when the last frame to the next one arrives. */
  readonly #orderedUntil: number[]
  #random: number
  #order = 0
  #nowMs = 0
  hash = 0x811c9dc5 | 0

  constructor(options: BareRingOptions, seed: number) {
    this.#options = options
    this.#random = seed
    const laps = () => Array.from({ length: options.places }, () => new Array<number>(options.tokensOfEach).fill(0))
    this.#laps = laps()
    this.#lapsSeen = laps()
    this.#orderedUntil = new Array<number>(options.nodes).fill(0)
  }

  /** Lets the tokens go around for `virtualMs`; returns how many were handled. */
  run(virtualMs: number): number {
    const { places, tokensOfEach, missedAfterMs } = this.#options
    for (let place = 0; place < places; place++) {
      for (let number = 0; number < tokensOfEach; number++) this.#send(place, tokenOf(place, number, 0))
      this.#put({ atMs: missedAfterMs, order: this.#order++, place, token: undefined })
    }
    let handled = 0
    for (let arrival = this.#take(); arrival !== undefined; arrival = this.#take()) {
      const { atMs, place, token } = arrival
      if (atMs > virtualMs) break
      this.#nowMs = atMs
      if (token === undefined) this.#look(place)
      else {
        handled++
        this.#handle(place, token)
      }
    }
    return handled
  }

  #handle(place: number, token: Token): void {
    this.#mix(token)
    const { home, number, lap, label } = token
    const laps = this.#laps[place] as number[]
    if (home !== place) this.#send(place, { home, number, lap, label })
    else if (lap === laps[number]) {
      laps[number] = lap + 1
      this.#send(place, { home, number, lap: lap + 1, label })
    }
  }

  #look(place: number): void {
    const laps = this.#laps[place] as number[]
    for (const [number, lap] of laps.entries()) {
      if (lap === this.#lapsSeen[place]?.[number]) {
        laps[number] = lap + 1
        this.#send(place, tokenOf(place, number, lap + 1))
      }
    }
    this.#lapsSeen[place] = [...laps]
    this.#put({
      atMs: this.#nowMs + this.#options.missedAfterMs,
      order: this.#order++,
      place,
      token: undefined,
    })
  }

  #send(from: number, token: Token): void {
    const { loss, duplicate, places, nodes } = this.#options
    if (this.#float() < loss) return
    const place = (from + 1) % places
    const copy = Object.freeze({ ...token })
    const node = from % nodes
    if (this.#float() < duplicate) {
      this.#put({ atMs: this.#nowMs + this.#latencyMs(), order: this.#order++, place, token: copy })
    }
    const atMs = Math.max(this.#nowMs + this.#latencyMs(), this.#orderedUntil[node] as number)
    this.#orderedUntil[node] = atMs
    this.#put({ atMs, order: this.#order++, place, token: copy })
  }

  #latencyMs(): number {
    const { minMs, meanMs } = this.#options.latency
    return minMs - Math.log(1 - this.#float()) * meanMs
  }

  /** SplitMix32. */
  #float(): number {
    this.#random = (this.#random + 0x9e3779b9) | 0
    let mixed = Math.imul(this.#random ^ (this.#random >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  /** FNV-1a over words. */
  #mix({ home, number, lap, label }: Token): void {
    let { hash } = this
    hash = Math.imul(hash ^ Math.floor(this.#nowMs * 1e6), 0x01000193)
    hash = Math.imul(hash ^ home, 0x01000193)
    hash = Math.imul(hash ^ number, 0x01000193)
    hash = Math.imul(hash ^ lap, 0x01000193)
    for (let index = 0; index < label.length; index++) hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193)
    this.hash = hash
  }

  #put(arrival: Arrival): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(arrival)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(arrival, heap[parent] as Arrival)) break
      heap[index] = heap[parent] as Arrival
      index = parent
    }
    heap[index] = arrival
  }

  #take(): Arrival | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Arrival, heap[child] as Arrival)) child++
      if (!before(heap[child] as Arrival, last)) break
      heap[index] = heap[child] as Arrival
      index = child
    }
    heap[index] = last
    return first
  }
}

function before(left: Arrival, right: Arrival): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}
