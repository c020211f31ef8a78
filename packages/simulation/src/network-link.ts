/** The way from one node of a simulated network to another: what is under way over it, and what is wrong with it. */
import { Chain } from './agenda.ts'
import type { Flight, FlightWay } from './flight.ts'
import type { LinkLatencies } from './latency.ts'
import { LinkConditions } from './link-conditions.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { TraceWay } from './trace-words.ts'

/** What one node holds of another: whether it is down, and the latest epoch of it that was declared so. */
export interface View {
  isDown: boolean
  downEpoch: number
}

/** The way from one node to another. */
export class Link implements FlightWay {
  declare readonly from: SimulatedNode
  declare readonly to: SimulatedNode
  /** What each of the two holds of the other. */
  declare readonly viewOfTo: View
  declare readonly viewOfFrom: View
  /** One for each frame that is sent. */
  declare readonly latencies: LinkLatencies
  /** The numbers of the frames that take what was drawn; the others take the mean. `undefined`: all. */
  declare readonly late: ReadonlySet<number> | undefined
  declare readonly traceWay: TraceWay
  /** True between nodes that may fail: its messages may meet faults. */
  declare readonly mayFail: boolean
  /** What will arrive and keeps its place. */
  readonly chain = new Chain(true)
  /** Partitions that cut it now. */
  cuts = 0
  /** What else is wrong with it now. */
  readonly conditions = new LinkConditions()
  /** When the last frame arrives that keeps its place, and the last frame at all. */
  orderedUntil = 0
  busyUntil = 0
  sent = 0
  arrivedNumber = 0
  /** Frames of that epoch of the sender with a higher number were lost when it crashed; -1 before it did. */
  lostEpoch = -1
  lostAfter = 0
  /** Frames that wait: those of the runtime for a partition to heal, all of them while the link is held. */
  held: Flight[] = []
  readonly #arrived: (flight: Flight, link: Link, chain: Chain) => void

  constructor(
    ends: Pick<Link, 'from' | 'to' | 'viewOfTo' | 'viewOfFrom' | 'latencies' | 'late'>,
    arrived: (flight: Flight, link: Link, chain: Chain) => void,
  ) {
    this.from = ends.from
    this.to = ends.to
    this.viewOfTo = ends.viewOfTo
    this.viewOfFrom = ends.viewOfFrom
    this.latencies = ends.latencies
    this.late = ends.late
    this.traceWay = new TraceWay(ends.from.name, ends.to.name)
    this.mayFail = !ends.from.isMain && !ends.to.isMain
    this.#arrived = arrived
  }

  /** The earlier epochs are known to be down; what was sent to one of them is never heard by its successor. */
  get toEpoch(): number {
    return this.viewOfTo.downEpoch + 1
  }

  /** True when what is sent leaves at once. */
  get isOpen(): boolean {
    return this.cuts === 0 && !this.conditions.isHeld
  }

  /** True when the flight, which has come over it, was lost when its sender crashed. */
  hasLost(flight: Flight): boolean {
    return flight.epoch === this.lostEpoch && flight.number > this.lostAfter
  }

  arrived(flight: Flight, chain: Chain): void {
    this.#arrived(flight, this, chain)
  }
}

/**
 * How long it takes until `arrival`, or until the last frame of the link that keeps its place if that is later. Rounding
 * must not let the sum of now and what is returned come before that.
 */
export function inOrderMs(link: Link, now: number, arrival: number): number {
  const time = Math.max(arrival, link.orderedUntil)
  let delayMs = time - now
  if (now + delayMs < time) delayMs += time * Number.EPSILON
  link.orderedUntil = now + delayMs
  return delayMs
}
