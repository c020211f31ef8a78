/**
 * The simulated network: one link for each ordered pair of nodes, with a latency drawn per frame. As promised, frames of
 * a link arrive at most once and in order, and only at the epoch of the receiver that their sender believed in; a crash
 * loses some last part of what was on its way, a partition what meets it. In `hostile` delivery messages also arrive twice or out of order. Frames of the runtime itself (watches, their
 * notices, stops) are never lost by chance or by a partition, which only holds them up: the runtime's promises about
 * deaths stand on them.
 */
import { ConfigurationError, type RandomStream } from '@troupe/core'
import { type Frame, FrameKind, isMessageFrame, type Refusal } from '@troupe/core/host'
import type { FaultDecisions } from './fault-decisions.ts'
import { copyFrame, type FrameFacts, factsOf } from './frame-facts.ts'
import { drawLatencyMs, type NetworkLatency } from './latency.ts'
import { LinkConditions } from './link-conditions.ts'
import type { PlannedDelivery } from './run-plan.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'
import type { DropReason } from './trace.ts'

/** The probabilities of what happens to a message between two nodes. */
export interface MessageFaults {
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
}

/** The way from one node to another. */
interface Link {
  readonly from: SimulatedNode
  readonly to: SimulatedNode
  /** What the latencies of its frames are drawn from, one for each frame that is sent. */
  readonly latencies: RandomStream
  /** The numbers of the frames that take what was drawn; the others take the mean. `undefined`: all. */
  readonly late: ReadonlySet<number> | undefined
  /** Partitions that cut it now. */
  cuts: number
  /** What else is wrong with it now. */
  readonly conditions: LinkConditions
  /** When the last frame arrives that keeps its place, and the last frame at all. */
  orderedUntil: number
  busyUntil: number
  sent: number
  arrived: number
  /** Frames of that epoch of the sender with a higher number were lost when it crashed. */
  lost: { readonly epoch: number; readonly after: number } | undefined
  /** Frames that wait: those of the runtime for a partition to heal, all of them while the link is held. */
  held: Flight[]
}

/** One frame under way. */
interface Flight {
  readonly frame: Frame
  readonly facts: FrameFacts
  /** The epoch of the sender, and that of the receiver as the sender believes: no other hears the frame. */
  readonly epoch: number
  readonly toEpoch: number
  readonly number: number
  /** How long it takes, in milliseconds, unless something is wrong with it or its link. */
  readonly latencyMs: number
}

export class SimulatedNetwork {
  readonly #core: SimulationCore
  readonly #latency: NetworkLatency
  readonly #decisions: FaultDecisions
  readonly #late: readonly PlannedDelivery[] | undefined
  readonly #nodes = new Map<string, SimulatedNode>()
  readonly #links = new Map<SimulatedNode, Map<SimulatedNode, Link>>()
  /** For each node: the others that it holds to be down, and the latest epoch of each that it was told of. */
  readonly #views = new Map<SimulatedNode, Map<SimulatedNode, { isDown: boolean; downEpoch: number }>>()
  /** Frames that will arrive, one that comes twice twice. */
  readonly #underWay = new Set<{ readonly facts: FrameFacts }>()
  faults: MessageFaults = { loss: 0, duplicate: 0, reorder: 0 }

  /** `late`: the only frames that take the time drawn for them. */
  constructor(
    core: SimulationCore,
    latency: NetworkLatency,
    decisions: FaultDecisions,
    late: readonly PlannedDelivery[] | undefined,
  ) {
    this.#core = core
    this.#latency = latency
    this.#decisions = decisions
    this.#late = late
  }

  add(node: SimulatedNode): void {
    this.#nodes.set(node.name, node)
    this.#links.set(node, new Map())
    this.#views.set(node, new Map())
    for (const other of this.#nodes.values()) {
      if (other === node) continue
      for (const [from, to] of [
        [node, other],
        [other, node],
      ] as const) {
        const link: Link = {
          from,
          to,
          latencies: this.#core.random.stream(`latencies from ${from.name} to ${to.name}`),
          late: this.#lateOn(from.name, to.name),
          cuts: 0,
          conditions: new LinkConditions(),
          orderedUntil: 0,
          busyUntil: 0,
          sent: 0,
          arrived: 0,
          lost: undefined,
          held: [],
        }
        this.#links.get(from)!.set(to, link)
        this.#views.get(from)!.set(to, { isDown: false, downEpoch: -1 })
      }
    }
  }

  // Frames.

  /** The transport of `from`. */
  send(from: SimulatedNode, toName: string, frame: Frame): Refusal | undefined {
    const to = this.#nodes.get(toName)
    if (to === undefined || to === from) return 'node-down'
    const link = this.#link(from, to)
    if (this.#view(from, to).isDown) return 'node-down'
    if (link.conditions.isFull && refusedWhenFull(frame)) return 'overload'
    const flight = this.#flight(link, frame)
    this.#core.trace.record({ type: 'sent', node: from.name, ...flight.facts })
    const isMessage = isMessageFrame(frame)
    if (link.cuts > 0) {
      if (isMessage) this.#drop(flight, 'partition')
      else link.held.push(flight)
    } else if (link.conditions.isHeld) link.held.push(flight)
    else if (isMessage && !from.isMain && !to.isMain) this.#launch(link, flight)
    else this.#fly(link, flight, flight.latencyMs, true)
    return undefined
  }

  /** Sends a message off that may meet faults. */
  #launch(link: Link, flight: Flight): void {
    const { trace } = this.#core
    const { loss, duplicate, reorder } = this.faults
    const decisions = this.#decisions
    decisions.meet(link.from.name, link.to.name, flight.facts.message)
    if (decisions.strikesMessage('loss', loss) !== undefined) {
      this.#drop(flight, 'loss')
      return
    }
    const againMs = decisions.strikesMessage('duplicate', duplicate)
    if (againMs !== undefined) {
      trace.record({ type: 'duplicated', node: link.from.name, ...flight.facts })
      this.#fly(link, flight, againMs, false)
    }
    const delayMs = decisions.strikesMessage('reorder', reorder)
    if (delayMs !== undefined) trace.record({ type: 'reordered', node: link.from.name, ...flight.facts })
    this.#fly(link, flight, delayMs ?? flight.latencyMs, delayMs === undefined)
  }

  #fly(link: Link, flight: Flight, latencyMs: number, inOrder: boolean): void {
    const { agenda, clock } = this.#core
    const now = clock.now()
    const arrival = link.conditions.arrival(now, latencyMs)
    const drawnMs = inOrder ? inOrderMs(link, now, arrival) : arrival - now
    link.busyUntil = Math.max(link.busyUntil, now + drawnMs + agenda.patienceMs)
    const time = { leastMs: this.#latency.minMs, drawnMs }
    // What is out of order is a link of its own.
    const { facts } = flight
    const underWay = { facts }
    this.#underWay.add(underWay)
    agenda.deliver(inOrder ? link : flight, link.to.name, time, () => {
      this.#underWay.delete(underWay)
      this.#arrive(link, flight)
    })
  }

  #arrive(link: Link, flight: Flight): void {
    const { from, to } = link
    link.arrived = Math.max(link.arrived, flight.number)
    const { lost } = link
    if (lost !== undefined && flight.epoch === lost.epoch && flight.number > lost.after) this.#drop(flight, 'crash')
    else if (flight.epoch <= this.#view(to, from).downEpoch) this.#drop(flight, 'quarantine')
    else if (!to.isUp || flight.toEpoch !== to.epoch) this.#drop(flight, 'node-down')
    else if (link.cuts > 0) {
      if (isMessageFrame(flight.frame)) this.#drop(flight, 'partition')
      else link.held.push(flight)
    } else {
      to.perform(to.epoch, (kernel) => {
        // A node that has come back is not heard before its earlier epoch was declared down.
        if (flight.epoch > 0) this.declareDown(to, from, flight.epoch - 1, 'it came back')
        this.#core.trace.record({ type: 'delivered', node: to.name, ...flight.facts })
        kernel.receive({ node: from.name, epoch: flight.epoch }, flight.frame)
      })
    }
  }

  #drop(flight: Flight, reason: DropReason): void {
    this.#core.trace.record({ type: 'dropped', node: flight.facts.to, reason, ...flight.facts })
  }

  #flight(link: Link, frame: Frame): Flight {
    const copied = copyFrame(frame, link)
    const { from, to } = link
    // The earlier epochs are known to be down; what was sent to one of them is never heard by its successor.
    const toEpoch = this.#view(from, to).downEpoch + 1
    const number = ++link.sent
    const latencyMs = this.#latencyMs(link, number)
    return { frame: copied, facts: factsOf(copied, link), epoch: from.epoch, toEpoch, number, latencyMs }
  }

  #latencyMs({ latencies, late }: Link, number: number): number {
    const drawnMs = drawLatencyMs(this.#latency, latencies)
    return late === undefined || late.has(number) ? drawnMs : this.#latency.minMs + this.#latency.meanMs
  }

  #lateOn(from: string, to: string): ReadonlySet<number> | undefined {
    const late = this.#late?.filter((delivery) => delivery.from === from && delivery.to === to)
    if (late === undefined || late.some(({ nth }) => nth === undefined)) return undefined
    return new Set(late.map(({ nth }) => nth as number))
  }

  /** The frames under way: those that will arrive, in the order in which they left, then those that a cut holds up. */
  *framesUnderWay(): Iterable<FrameFacts> {
    for (const { facts } of this.#underWay) yield facts
    for (const links of this.#links.values()) {
      for (const { held } of links.values()) for (const { facts } of held) yield facts
    }
  }

  // Nodes that go and come.

  /**
   * `node` crashed: of what it has sent some last part is lost that is drawn from `losing`, nothing without it; the others
   * notice after `detectionMs` or more. What a held link has not let out is lost in any case.
   */
  nodeCrashed(node: SimulatedNode, detectionMs: () => number, reason: string, losing: RandomStream | undefined): void {
    const { clock } = this.#core
    const { epoch } = node
    for (const link of this.#links.get(node)!.values()) {
      if (losing !== undefined) {
        const underWay = link.sent - link.arrived
        link.lost = { epoch, after: link.arrived + losing.int(underWay + 1) }
      }
      for (const flight of link.held.splice(0)) this.#drop(flight, 'crash')
      const delayMs = Math.max(detectionMs(), link.busyUntil - clock.now())
      clock.schedule(delayMs, () => this.declareDown(link.to, node, epoch, reason))
      // What waits to reach the crashed node can no longer do so.
      for (const flight of this.#link(link.to, node).held.splice(0)) this.#drop(flight, 'node-down')
    }
  }

  /** All nodes have started for the first time: each is told of the others. */
  announceAll(): void {
    for (const node of this.#nodes.values()) {
      for (const other of this.#nodes.values()) if (other !== node) node.kernel?.nodeUp(other.name, other.epoch)
    }
  }

  /** `node` is up again: the others learn it, `seen` is called for each that does. */
  nodeStarted(node: SimulatedNode, seen: (by: SimulatedNode) => void): void {
    const { agenda, clock } = this.#core
    const { epoch } = node
    const latencies = this.#decisions.stream(`start of ${node.name} at ${clock.now()}`)
    for (const [other, view] of this.#views.get(node)!) {
      view.isDown = !other.isUp
      view.downEpoch = other.isUp ? other.epoch - 1 : other.epoch
      if (other.isUp) node.kernel?.nodeUp(other.name, other.epoch)
    }
    for (const link of this.#links.get(node)!.values()) {
      const now = clock.now()
      const drawnMs = inOrderMs(link, now, now + drawLatencyMs(this.#latency, latencies))
      const time = { leastMs: this.#latency.minMs, drawnMs }
      agenda.deliver(link, link.to.name, time, () => {
        if (!node.isUp || node.epoch !== epoch) return
        link.to.perform(link.to.epoch, (kernel) => {
          this.declareDown(link.to, node, epoch - 1, 'it came back')
          this.#view(link.to, node).isDown = false
          kernel.nodeUp(node.name, epoch)
          seen(link.to)
        })
      })
    }
  }

  /** `by` holds `node`'s epoch to be down from now on, and has told its actors so once. */
  declareDown(by: SimulatedNode, node: SimulatedNode, epoch: number, reason: string): void {
    const view = this.#view(by, node)
    // One that came back and crashed again before it was missed is declared down once for each time.
    while (view.downEpoch < epoch && by.isUp) {
      const downEpoch = ++view.downEpoch
      view.isDown = node.epoch === downEpoch
      this.#core.trace.record({ type: 'downSeen', node: by.name, epoch: downEpoch, detail: node.name })
      this.#core.drain()
      by.perform(by.epoch, (kernel) => kernel.nodeDown(node.name, downEpoch, reason))
    }
  }

  // Partitions.

  /** Cuts the links from `from` to `to`; they stay cut until each cut was mended. */
  cut(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): void {
    for (const link of this.#between(from, to)) link.cuts++
  }

  /** Undoes one {@link cut}. What the runtime had to say meanwhile goes out now. */
  mend(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): void {
    for (const link of this.#between(from, to)) {
      link.cuts--
      this.#releaseHeld(link)
    }
  }

  /** Sends what waits on a link once nothing holds it up any more; messages do not outlast a partition. */
  #releaseHeld(link: Link): void {
    if (link.conditions.isHeld) return
    const held = link.held.splice(0)
    for (const flight of held) {
      if (link.cuts === 0) this.#fly(link, flight, flight.latencyMs, true)
      else if (isMessageFrame(flight.frame)) this.#drop(flight, 'partition')
      else link.held.push(flight)
    }
  }

  /** Lets something begin on each link from `from` to `to`; the function that it returns ends it. */
  change(
    from: readonly SimulatedNode[],
    to: readonly SimulatedNode[],
    begin: (conditions: LinkConditions) => () => void,
  ): () => void {
    const undo = [...this.#between(from, to)].map((link) => ({ link, end: begin(link.conditions) }))
    return () => {
      for (const { link, end } of undo) {
        end()
        this.#releaseHeld(link)
      }
    }
  }

  /** The node of that name; throws a `ConfigurationError` when there is none. */
  node(name: string): SimulatedNode {
    const node = this.#nodes.get(name)
    if (node === undefined) {
      throw new ConfigurationError(`there is no node ${name}; the nodes are ${[...this.#nodes.keys()].join(', ')}`)
    }
    return node
  }

  *#between(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): Iterable<Link> {
    for (const one of from) for (const other of to) if (one !== other) yield this.#link(one, other)
  }

  #link(from: SimulatedNode, to: SimulatedNode): Link {
    return this.#links.get(from)!.get(to)!
  }

  #view(of: SimulatedNode, other: SimulatedNode): { isDown: boolean; downEpoch: number } {
    return this.#views.get(of)!.get(other)!
  }
}

/**
 * How long it takes until `arrival`, or until the last frame of the link that keeps its place if that is later. Rounding
 * must not let the sum of now and what is returned come before that.
 */
function inOrderMs(link: Link, now: number, arrival: number): number {
  const time = Math.max(arrival, link.orderedUntil)
  let delayMs = time - now
  if (now + delayMs < time) delayMs += time * Number.EPSILON
  link.orderedUntil = now + delayMs
  return delayMs
}

/** What a full channel refuses, as that of threads does; sends, replies and what the runtime says wait for room. */
function refusedWhenFull(frame: Frame): boolean {
  return frame[0] === FrameKind.tell || frame[0] === FrameKind.ask || frame[0] === FrameKind.forward
}
