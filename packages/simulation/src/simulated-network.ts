/**
 * The simulated network: one link for each ordered pair of nodes, with a latency drawn per frame. As promised, frames of
 * a link arrive at most once and in order, and only at the epoch of the receiver that their sender believed in; a crash
 * loses some last part of what was on its way, a partition what meets it. In `hostile` delivery messages also arrive twice or out of order. Frames of the runtime itself (watches, their
 * notices, stops) are never lost by chance or by a partition, which only holds them up: the runtime's promises about
 * deaths stand on them.
 */
import { type RandomStream, ReplyToken } from '@troupe/core'
import {
  type Frame,
  isMessageFrame,
  type Ref,
  type Refusal,
  type Transport,
  type VirtualClock,
} from '@troupe/core/host'
import { type Agenda, type Arrival, Chain } from './agenda.ts'
import { refusedWhenFull } from './checked-send.ts'
import type { FaultDecisions, MessageFaultKind, MessageFaults } from './fault-decisions.ts'
import { Flight } from './flight.ts'
import { copyFrame, copyPayload, type FrameFacts, messageOf, payloadOf } from './frame-facts.ts'
import { Hello } from './hello.ts'
import { LatencyDraw, LinkLatencies, type NetworkLatency } from './latency.ts'
import type { LinkConditions } from './link-conditions.ts'
import { LinkTable } from './link-table.ts'
import type { MessageKind } from './message-kinds.ts'
import { inOrderMs, type Link } from './network-link.ts'
import { NodeTransport } from './node-transport.ts'
import type { PlannedDelivery } from './run-plan.ts'
import type { SimulatedKernel } from './simulated-kernel.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'
import type { DropReason, Trace } from './trace.ts'

export class SimulatedNetwork {
  readonly #trace: Trace
  readonly #agenda: Agenda
  readonly #clock: VirtualClock
  readonly #latency: NetworkLatency
  readonly #latencyDraw: LatencyDraw
  readonly #decisions: FaultDecisions
  readonly #links: LinkTable
  /** What will arrive out of order. */
  readonly #strays = new Set<Flight>()
  faults: MessageFaults = { loss: 0, duplicate: 0, reorder: 0 }

  /** `late`: the only frames that take the time drawn for them. `drawnAtOnce`: how many latencies of a link are. */
  constructor(
    core: SimulationCore,
    latency: NetworkLatency,
    decisions: FaultDecisions,
    late: readonly PlannedDelivery[] | undefined,
    drawnAtOnce: number,
  ) {
    this.#trace = core.trace
    this.#agenda = core.agenda
    this.#clock = core.clock
    this.#latency = latency
    this.#latencyDraw = new LatencyDraw(latency)
    this.#decisions = decisions
    const latencies = (random: RandomStream) => new LinkLatencies(this.#latencyDraw, random, drawnAtOnce)
    this.#links = new LinkTable(core.random, late, latencies, this.#arrive)
  }

  add(node: SimulatedNode): void {
    this.#links.add(node)
  }

  /** The node of that name; throws a `ConfigurationError` when there is none. */
  node(name: string): SimulatedNode {
    return this.#links.node(name)
  }

  // Frames.

  /** The transport of `from`. */
  transportOf(from: SimulatedNode): Transport {
    return new NodeTransport(this, this.#links.from(from))
  }

  sendFrame(link: Link, frame: Frame): Refusal | undefined {
    if (link.viewOfTo.isDown) return 'node-down'
    if (link.conditions.isFull && refusedWhenFull(frame)) return 'overload'
    const number = ++link.sent
    const latencyMs = this.#latencyMs(link, number)
    const kind = this.#trace.kinds.of(messageOf(frame))
    const copied = copyFrame(frame, kind, link)
    const payload = payloadOf(copied)
    const flight = new Flight(link, kind, payload, number, undefined, undefined, undefined, copied)
    flight.latencyMs = latencyMs
    flight.atMs = latencyMs
    this.#trace.sent(flight, kind.shapeOf(payload))
    this.#leave(link, flight, isMessageFrame(frame))
    return undefined
  }

  /** A tell or an ask. */
  sendParts(
    link: Link,
    to: Ref,
    name: string,
    given: unknown,
    sender: Ref | undefined,
    askId: number,
  ): Refusal | undefined {
    if (link.viewOfTo.isDown) return 'node-down'
    if (link.conditions.isFull) return 'overload'
    const trace = this.#trace
    const number = ++link.sent
    const latencyMs = this.#latencyMs(link, number)
    const kind = trace.kinds.of(name)
    const payload = trace.sending(link.traceWay, kind, given) ?? this.#copyOther(link, kind, given, to)
    const replyTo = askId < 0 ? undefined : new ReplyToken(link.from.name, link.from.epoch, askId)
    const flight = new Flight(link, kind, payload, number, to, sender, replyTo, undefined)
    flight.atMs = latencyMs
    trace.left(flight)
    if (link.isOpen && link.mayFail && this.#decisions.spareMessages) this.#launchByChance(link, flight)
    else this.#leave(link, flight, true)
    return undefined
  }

  /** The copy of a payload whose message is not sent by its shape. */
  #copyOther(link: Link, kind: MessageKind, given: unknown, to: Ref): unknown {
    const shape = this.#trace.copies.shapeOf(kind, given)
    const payload = copyPayload(kind, given, shape, to.name, link)
    this.#trace.sendingOther(payload, shape)
    return payload
  }

  /** A frame leaves, if nothing holds it up. */
  #leave(link: Link, flight: Flight, isMessage: boolean): void {
    if (link.cuts > 0) {
      if (isMessage) this.#drop(flight, 'partition')
      else link.held.push(flight)
    } else if (link.conditions.isHeld) link.held.push(flight)
    else if (isMessage && link.mayFail) this.#launch(link, flight)
    else this.#fly(link, flight)
  }

  /** Sends a message off that may meet faults. */
  #launch(link: Link, flight: Flight): void {
    const decisions = this.#decisions
    if (decisions.spareMessages) {
      this.#launchByChance(link, flight)
      return
    }
    const { loss, duplicate, reorder } = this.faults
    decisions.meet(link.from.name, link.to.name, flight.name)
    if (decisions.strikesMessage('loss', loss) !== undefined) {
      this.#drop(flight, 'loss')
      return
    }
    const againMs = decisions.strikesMessage('duplicate', duplicate)
    this.#distort(link, flight, againMs, decisions.strikesMessage('reorder', reorder))
  }

  #launchByChance(link: Link, flight: Flight): void {
    const struck = this.#decisions.strikingByChance(this.faults)
    if (struck === undefined) this.#fly(link, flight)
    else this.#strike(link, flight, struck)
  }

  /** A message meets that fault, the first that it does. */
  #strike(link: Link, flight: Flight, struck: MessageFaultKind): void {
    const decisions = this.#decisions
    const struckMs = decisions.struckByChance(struck)
    if (struck === 'loss') this.#drop(flight, 'loss')
    else if (struck === 'reorder') this.#distort(link, flight, undefined, struckMs)
    else this.#distort(link, flight, struckMs, decisions.strikesMessage('reorder', this.faults.reorder))
  }

  /**
   * Sends a message off that arrives twice, with `againMs`, or out of order, with `delayMs`: which is how long that takes.
   * What is out of order is a chain of its own to the schedule.
   */
  #distort(link: Link, flight: Flight, againMs: number | undefined, delayMs: number | undefined): void {
    const stray = new Chain(false)
    if (againMs !== undefined) {
      this.#recordDistorted('duplicated', flight)
      this.#stray(link, flight.again(), againMs, stray)
    }
    if (delayMs === undefined) this.#fly(link, flight)
    else {
      this.#recordDistorted('reordered', flight)
      this.#stray(link, flight, delayMs, stray)
    }
  }

  /** Lets the flight, which begins now, keep its place on the link. */
  #fly(link: Link, flight: Flight): void {
    const agenda = this.#agenda
    const clock = this.#clock
    const now = clock.now()
    const drawnMs = inOrderMs(link, now, link.conditions.arrival(now, flight.atMs))
    const busyUntil = now + drawnMs + agenda.patienceMs
    if (busyUntil > link.busyUntil) link.busyUntil = busyUntil
    agenda.deliver(link.chain, link.to.name, this.#latency.minMs, drawnMs, flight)
  }

  /** Lets it overtake and be overtaken. */
  #stray(link: Link, flight: Flight, latencyMs: number, chain: Chain): void {
    const agenda = this.#agenda
    const clock = this.#clock
    const now = clock.now()
    const drawnMs = link.conditions.arrival(now, latencyMs) - now
    link.busyUntil = Math.max(link.busyUntil, now + drawnMs + agenda.patienceMs)
    this.#strays.add(flight)
    agenda.deliver(chain, link.to.name, this.#latency.minMs, drawnMs, flight)
  }

  readonly #arrive = (flight: Flight, link: Link, chain: Chain): void => {
    this.#agenda.arrived(chain)
    if (chain !== link.chain) this.#strays.delete(flight)
    if (flight.number > link.arrivedNumber) link.arrivedNumber = flight.number
    const isUsual = link.cuts === 0 && !link.hasLost(flight)
    if (!isUsual || !link.to.takes(flight, link.viewOfFrom.downEpoch)) this.#arriveOtherwise(flight, link)
  }

  /** What is more than a message for a mailbox arrives, or meets more than a mailbox. */
  #arriveOtherwise(flight: Flight, link: Link): void {
    const { to } = link
    if (link.hasLost(flight)) this.#drop(flight, 'crash')
    else if (flight.epoch <= link.viewOfFrom.downEpoch) this.#drop(flight, 'quarantine')
    else if (!to.isUp || flight.toEpoch !== to.epoch) this.#drop(flight, 'node-down')
    else if (link.cuts > 0) {
      if (flight.isMessage) this.#drop(flight, 'partition')
      else link.held.push(flight)
    } else to.perform(to.epoch, this.#hear, flight)
  }

  readonly #hear = (kernel: SimulatedKernel, flight: Flight): void => {
    const { from, to } = flight.way as Link
    // A node that has come back is not heard before its earlier epoch was declared down.
    if (flight.epoch > 0) this.declareDown(to, from, flight.epoch - 1, 'it came back')
    this.#trace.delivered(flight)
    kernel.hear(flight)
  }

  #drop(flight: Flight, reason: DropReason): void {
    // No spread, which copies field by field.
    const { frame, from, to, target, message, payload, sender } = flight.facts
    this.#trace.record({ type: 'dropped', node: to, reason, frame, from, to, target, message, payload, sender })
  }

  #recordDistorted(type: 'duplicated' | 'reordered', flight: Flight): void {
    const { frame, from, to, target, message, payload, sender } = flight.facts
    this.#trace.record({ type, node: from, frame, from, to, target, message, payload, sender })
  }

  #latencyMs({ latencies, late }: Link, number: number): number {
    const drawnMs = latencies.next()
    return late === undefined ? drawnMs : this.#latencyOf(late.has(number), drawnMs)
  }

  #latencyOf(isLate: boolean, drawnMs: number): number {
    return isLate ? drawnMs : this.#latency.minMs + this.#latency.meanMs
  }

  /** The frames under way: those that will arrive, in the order in which they left, then those that a cut holds up. */
  *framesUnderWay(): Iterable<FrameFacts> {
    const underWay: Arrival[] = [...this.#strays]
    for (const { chain } of this.#links.all()) underWay.push(...chain)
    underWay.sort((left, right) => left.order - right.order)
    for (const arrival of underWay) if (arrival instanceof Flight) yield arrival.facts
    for (const { held } of this.#links.all()) for (const { facts } of held) yield facts
  }

  // Nodes that go and come.

  /**
   * `node` crashed: of what it has sent some last part is lost that is drawn from `losing`, nothing without it; the others
   * notice after `detectionMs` or more. What a held link has not let out is lost in any case.
   */
  nodeCrashed(node: SimulatedNode, detectionMs: () => number, reason: string, losing: RandomStream | undefined): void {
    const clock = this.#clock
    const { epoch } = node
    for (const link of this.#links.from(node).values()) {
      if (losing !== undefined) {
        const underWay = link.sent - link.arrivedNumber
        link.lostEpoch = epoch
        link.lostAfter = link.arrivedNumber + losing.int(underWay + 1)
      }
      for (const flight of link.held.splice(0)) this.#drop(flight, 'crash')
      const delayMs = Math.max(detectionMs(), link.busyUntil - clock.now())
      clock.schedule(delayMs, () => this.declareDown(link.to, node, epoch, reason))
      // What waits to reach the crashed node can no longer do so.
      for (const flight of this.#links.link(link.to, node).held.splice(0)) this.#drop(flight, 'node-down')
    }
  }

  /** All nodes have started for the first time: each is told of the others. */
  announceAll(): void {
    for (const node of this.#links.nodes) {
      for (const other of this.#links.nodes) if (other !== node) node.kernel?.nodeUp(other.name, other.epoch)
    }
  }

  /** `node` is up again: the others learn it, `seen` is called for each that does. */
  nodeStarted(node: SimulatedNode, seen: (by: SimulatedNode) => void): void {
    const agenda = this.#agenda
    const clock = this.#clock
    const { epoch } = node
    const latencies = this.#decisions.stream(`start of ${node.name} at ${clock.now()}`)
    for (const { to: other, viewOfTo } of this.#links.from(node).values()) {
      viewOfTo.isDown = !other.isUp
      viewOfTo.downEpoch = other.isUp ? other.epoch - 1 : other.epoch
      if (other.isUp) node.kernel?.nodeUp(other.name, other.epoch)
    }
    for (const link of this.#links.from(node).values()) {
      const now = clock.now()
      const drawnMs = inOrderMs(link, now, now + this.#latencyDraw.ms(latencies))
      const hello = new Hello(() => {
        agenda.arrived(link.chain)
        if (!node.isUp || node.epoch !== epoch) return
        link.to.perform(link.to.epoch, (kernel) => {
          this.declareDown(link.to, node, epoch - 1, 'it came back')
          link.viewOfFrom.isDown = false
          kernel.nodeUp(node.name, epoch)
          seen(link.to)
        })
      })
      agenda.deliver(link.chain, link.to.name, this.#latency.minMs, drawnMs, hello)
    }
  }

  /** `by` holds `node`'s epoch to be down from now on, and has told its actors so once. */
  declareDown(by: SimulatedNode, node: SimulatedNode, epoch: number, reason: string): void {
    const view = this.#links.link(by, node).viewOfTo
    // One that came back and crashed again before it was missed is declared down once for each time.
    while (view.downEpoch < epoch && by.isUp) {
      const downEpoch = ++view.downEpoch
      view.isDown = node.epoch === downEpoch
      this.#trace.record({ type: 'downSeen', node: by.name, epoch: downEpoch, detail: node.name })
      by.perform(by.epoch, (kernel) => kernel.nodeDown(node.name, downEpoch, reason))
    }
  }

  // Partitions.

  /** Cuts the links from `from` to `to`; they stay cut until each cut was mended. */
  cut(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): void {
    for (const link of this.#links.between(from, to)) link.cuts++
  }

  /** Undoes one {@link cut}. What the runtime had to say meanwhile goes out now. */
  mend(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): void {
    for (const link of this.#links.between(from, to)) {
      link.cuts--
      this.#releaseHeld(link)
    }
  }

  /** Sends what waits on a link once nothing holds it up any more; messages do not outlast a partition. */
  #releaseHeld(link: Link): void {
    if (link.conditions.isHeld) return
    const held = link.held.splice(0)
    for (const flight of held) {
      // What was cut off at its end flies once more.
      if (flight.latencyMs !== undefined) flight.atMs = flight.latencyMs
      if (link.cuts === 0) this.#fly(link, flight)
      else if (flight.isMessage) this.#drop(flight, 'partition')
      else link.held.push(flight)
    }
  }

  /** Lets something begin on each link from `from` to `to`; the function that it returns ends it. */
  change(
    from: readonly SimulatedNode[],
    to: readonly SimulatedNode[],
    begin: (conditions: LinkConditions) => () => void,
  ): () => void {
    const undo = [...this.#links.between(from, to)].map((link) => ({ link, end: begin(link.conditions) }))
    return () => {
      for (const { link, end } of undo) {
        end()
        this.#releaseHeld(link)
      }
    }
  }
}
