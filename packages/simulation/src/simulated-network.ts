/**
 * The simulated network: one link for each ordered pair of nodes, with a latency drawn per frame. As promised, frames of
 * a link arrive at most once and in order, and only at the epoch of the receiver that their sender believed in; a crash
 * loses some last part of what was on its way, a partition what meets it. In `hostile` delivery messages also arrive twice or out of order. Frames of the runtime itself (watches, their
 * notices, stops) are never lost by chance or by a partition, which only holds them up: the runtime's promises about
 * deaths stand on them.
 */
import { ConfigurationError, type RandomStream } from '@troupe/core'
import { type Frame, FrameKind, isMessageFrame, prepareMessage, Ref, type Refusal } from '@troupe/core/host'
import { exponential, type FaultKind } from './fault-knobs.ts'
import type { PlannedMessageFault } from './fault-plan.ts'
import { MessageFaultSource } from './message-faults.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'
import type { DropReason, FrameName } from './trace.ts'

/** How long a frame takes, in milliseconds: at least `minMs`, and an exponentially distributed time on top. */
export interface NetworkLatency {
  readonly minMs: number
  readonly meanMs: number
}

/** The probabilities of what happens to a message between two nodes. */
export interface MessageFaults {
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
}

/** How many times its usual latency a reordered message takes longer at most. */
const reorderFactor = 10

/** The way from one node to another. */
interface Link {
  readonly from: SimulatedNode
  readonly to: SimulatedNode
  /** Partitions that cut it now. */
  cuts: number
  /** When the last frame arrives that keeps its place, and the last frame at all. */
  orderedUntil: number
  busyUntil: number
  sent: number
  arrived: number
  /** Frames of that epoch of the sender with a higher number were lost when it crashed. */
  lost: { readonly epoch: number; readonly after: number } | undefined
  /** Frames of the runtime that wait for the partition to heal. */
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
}

type FrameFacts = {
  readonly frame: FrameName
  readonly from: string
  readonly to: string
  readonly target: Ref | undefined
  readonly message: string
  readonly payload: unknown
  readonly sender: Ref | undefined
}

export class SimulatedNetwork {
  readonly #core: SimulationCore
  readonly #random: RandomStream
  /** For what happens beside the sending of frames, so that it does not shift their latencies. */
  readonly #besideRandom: RandomStream
  readonly #latency: NetworkLatency
  readonly messageFaults: MessageFaultSource
  readonly #nodes = new Map<string, SimulatedNode>()
  readonly #links = new Map<SimulatedNode, Map<SimulatedNode, Link>>()
  /** For each node: the others that it holds to be down, and the latest epoch of each that it was told of. */
  readonly #views = new Map<SimulatedNode, Map<SimulatedNode, { isDown: boolean; downEpoch: number }>>()
  faults: MessageFaults = { loss: 0, duplicate: 0, reorder: 0 }

  /** `plan`: the faults of messages that are to strike, and where those that do are written down. */
  constructor(
    core: SimulationCore,
    latency: NetworkLatency,
    inject: (kind: FaultKind) => void,
    plan: { readonly planned?: readonly PlannedMessageFault[]; readonly recorded?: PlannedMessageFault[] } = {},
  ) {
    this.#core = core
    this.#random = core.random.stream('network')
    this.#besideRandom = core.random.stream('network beside frames')
    this.#latency = latency
    this.messageFaults = new MessageFaultSource({
      ...plan,
      random: core.random.stream('message faults'),
      delayMs: (random) => this.#latencyMs(random) * (1 + random.int(reorderFactor)),
      inject,
    })
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
          cuts: 0,
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
    const flight = this.#flight(link, frame)
    this.#core.trace.record({ type: 'sent', node: from.name, ...flight.facts })
    const isMessage = isMessageFrame(frame)
    const meetsFaults = isMessage && !from.isMain && !to.isMain
    // Drawn for frames that never fly, too: what becomes of one does not shift the latency of the next.
    const latencyMs = this.#latencyMs(this.#random)
    if (meetsFaults) this.messageFaults.meet(from.name, toName, flight.facts.message)
    if (link.cuts > 0) {
      if (isMessage) this.#drop(flight, 'partition')
      else link.held.push(flight)
    } else if (!meetsFaults) this.#fly(link, flight, latencyMs, true)
    else this.#launch(link, flight, latencyMs)
    return undefined
  }

  /** Sends a message off that may meet faults. */
  #launch(link: Link, flight: Flight, latencyMs: number): void {
    const { trace } = this.#core
    const { loss, duplicate, reorder } = this.faults
    if (this.messageFaults.strike('loss', loss) !== undefined) {
      this.#drop(flight, 'loss')
      return
    }
    const againMs = this.messageFaults.strike('duplicate', duplicate)
    if (againMs !== undefined) {
      trace.record({ type: 'duplicated', node: link.from.name, ...flight.facts })
      this.#fly(link, flight, againMs, false)
    }
    const delayMs = this.messageFaults.strike('reorder', reorder)
    if (delayMs !== undefined) trace.record({ type: 'reordered', node: link.from.name, ...flight.facts })
    this.#fly(link, flight, delayMs ?? latencyMs, delayMs === undefined)
  }

  #fly(link: Link, flight: Flight, latencyMs: number, inOrder: boolean): void {
    const { clock } = this.#core
    const now = clock.now()
    let arrival = now + latencyMs
    if (inOrder) {
      arrival = Math.max(arrival, link.orderedUntil)
      link.orderedUntil = arrival
    }
    link.busyUntil = Math.max(link.busyUntil, arrival)
    clock.schedule(arrival - now, () => this.#arrive(link, flight))
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
    return { frame: copied, facts: factsOf(copied, link), epoch: from.epoch, toEpoch, number: ++link.sent }
  }

  #latencyMs(random: RandomStream): number {
    return this.#latency.minMs + exponential(random, this.#latency.meanMs)
  }

  // Nodes that go and come.

  /** `node` crashed: some last part of what it has sent is lost, and the others notice after `detectionMs` or more. */
  nodeCrashed(node: SimulatedNode, detectionMs: () => number, reason: string): void {
    const { clock } = this.#core
    const { epoch } = node
    for (const link of this.#links.get(node)!.values()) {
      const underWay = link.sent - link.arrived
      link.lost = { epoch, after: link.arrived + this.#besideRandom.int(underWay + 1) }
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
    const { clock } = this.#core
    const { epoch } = node
    for (const [other, view] of this.#views.get(node)!) {
      view.isDown = !other.isUp
      view.downEpoch = other.isUp ? other.epoch - 1 : other.epoch
      if (other.isUp) node.kernel?.nodeUp(other.name, other.epoch)
    }
    for (const link of this.#links.get(node)!.values()) {
      const arrival = Math.max(clock.now() + this.#latencyMs(this.#besideRandom), link.orderedUntil)
      link.orderedUntil = arrival
      clock.schedule(arrival - clock.now(), () => {
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
      if (link.cuts === 0)
        for (const flight of link.held.splice(0)) this.#fly(link, flight, this.#latencyMs(this.#besideRandom), true)
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

/** The frame with a frozen copy of its payload, as crossing to another machine makes one. */
function copyFrame(frame: Frame, link: Link): Frame {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer: {
      const describe = () => `message ${frame[5]} to ${frame[4] === undefined ? '' : `${frame[4]} on `}${link.to.name}`
      return frame.with(6, prepareMessage(frame[6], 'copied', describe)) as unknown as Frame
    }
    case FrameKind.streamItem:
      return frame.with(
        4,
        prepareMessage(frame[4], 'copied', () => `a stream from ${link.from.name}`),
      ) as unknown as Frame
    case FrameKind.reply:
      return [frame[0], frame[1], frame[2], prepareMessage(frame[3], 'copied', () => `a reply from ${link.from.name}`)]
    default:
      return frame
  }
}

const frameNames: readonly FrameName[] = [
  'tell',
  'ask',
  'reply',
  'replyError',
  'watch',
  'unwatch',
  'terminated',
  'stop',
  'forward',
  'link',
  'unlink',
  'linkEnded',
  'kill',
  'streamOpen',
  'streamItem',
  'streamEnd',
  'streamCredit',
  'streamCancel',
  'cancel',
  'offer',
  'waitProbe',
]

function factsOf(frame: Frame, link: Link): FrameFacts {
  const name = frameNames[frame[0]] as FrameName
  const facts = {
    frame: name,
    from: link.from.name,
    to: link.to.name,
    target: undefined,
    message: name,
    sender: undefined,
  }
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return { ...facts, target: targetOf(frame, link), message: frame[5], payload: frame[6], sender: frame[7] }
    case FrameKind.reply:
      return { ...facts, payload: frame[3] }
    case FrameKind.streamItem:
      return { ...facts, payload: frame[4] }
    case FrameKind.streamOpen:
    case FrameKind.streamEnd:
    case FrameKind.streamCredit:
    case FrameKind.streamCancel:
      return { ...facts, target: undefined, payload: frame[3] }
    case FrameKind.waitProbe:
      return { ...facts, payload: frame[2].turns.map(({ path }) => path).join(' ') }
    case FrameKind.replyError:
      return { ...facts, payload: `${frame[3].name}: ${frame[3].message}` }
    case FrameKind.watch:
    case FrameKind.unwatch:
    case FrameKind.link:
    case FrameKind.unlink:
      return { ...facts, target: targetOf(frame, link), payload: undefined, sender: frame[5] }
    case FrameKind.terminated:
    case FrameKind.linkEnded:
      return { ...facts, target: frame[2], payload: frame[4], sender: frame[3] }
    default:
      return { ...facts, target: targetOf(frame, link), payload: undefined }
  }
}

function targetOf(frame: Frame & { readonly 4: string | undefined }, link: Link): Ref {
  return new Ref(link.to.name, frame[1], frame[2] as number, frame[3] as number, frame[4])
}
