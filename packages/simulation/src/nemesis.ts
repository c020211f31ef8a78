/**
 * The nemesis: what goes wrong with nodes and network, by chance or because the program says so. Crashes, pauses and
 * partitions come as Poisson processes at the rates of the run's strengths, or as a plan says; each ends by itself after a
 * while. What is drawn is drawn ahead and completely, so that it can be written down and taken away.
 */
import type { RandomStream, ScheduledTask } from '@troupe/core'
import { exponential, type FaultKind, type FaultKnobs } from './fault-knobs.ts'
import type { PlannedFault } from './fault-plan.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** The means of how long things last, in milliseconds. */
const downMs = 300
const pauseMs = 200
const partitionMs = 600
/** A node is declared down this long after it crashed, and up to four times as long. */
const detectionMsMin = 20

/** A fault without its time. */
type Drawn<Fault> = Fault extends PlannedFault ? Omit<Fault, 'atMs'> : never

/** A cut of the network. */
export interface Partition {
  /** Mends it; does nothing when it was mended already. */
  heal(): void
}

export class Nemesis {
  readonly #core: SimulationCore
  readonly #network: SimulatedNetwork
  readonly #nodes: readonly SimulatedNode[]
  readonly #random: RandomStream
  readonly #inject: (kind: FaultKind) => void
  readonly #partitions = new Set<Partition>()
  readonly #onNodeUp: (node: string, epoch: number) => void
  readonly #recorded: PlannedFault[] | undefined
  #planned: ScheduledTask[] = []
  #injecting = false

  /** `recorded` is where faults are written down. `nodes` are those that may fail; `onNodeUp` is called when the node of the program hears that one came back. */
  constructor(
    core: SimulationCore,
    network: SimulatedNetwork,
    nodes: readonly SimulatedNode[],
    inject: (kind: FaultKind) => void,
    onNodeUp: (node: string, epoch: number) => void,
    recorded?: PlannedFault[],
  ) {
    this.#core = core
    this.#network = network
    this.#nodes = nodes
    this.#random = core.random.stream('faults')
    this.#inject = inject
    this.#onNodeUp = onNodeUp
    this.#recorded = recorded
  }

  // By chance.

  /** Lets things go wrong from now on, at these rates. */
  begin(strengths: Required<FaultKnobs>): void {
    this.#injecting = true
    const { crash, pause, partition } = strengths
    const random = this.#random
    const node = () => random.pick(this.#nodes).name
    const after = (meanMs: number) => exponential(random, meanMs)
    this.#repeat(crash * this.#nodes.length, () => ({ kind: 'crash', node: node(), downMs: after(downMs) }))
    this.#repeat(pause * this.#nodes.length, () => ({ kind: 'pause', node: node(), forMs: after(pauseMs) }))
    if (this.#nodes.length > 1) this.#repeat(partition, () => this.#drawPartition())
  }

  /** Lets exactly this go wrong; called at the start of the run. */
  follow(faults: readonly PlannedFault[]): void {
    this.#injecting = true
    this.#recorded?.push(...faults)
    this.#planned = faults.map((fault) => this.#core.clock.schedule(fault.atMs, () => this.#strike(fault)))
  }

  /** What of a plan has not happened yet does not, and chance takes over, unless all was healed. */
  leaveToChance(strengths: Required<FaultKnobs>): void {
    for (const task of this.#planned) task.cancel()
    const recorded = this.#recorded?.filter(({ atMs }) => atMs <= this.#core.clock.now()) ?? []
    this.#recorded?.splice(0, Number.POSITIVE_INFINITY, ...recorded)
    if (this.#injecting) this.begin(strengths)
  }

  /** Ends all partitions and pauses, brings every node back, and lets nothing go wrong by chance any more. */
  heal(): void {
    this.#injecting = false
    for (const partition of [...this.#partitions]) partition.heal()
    for (const node of this.#nodes) {
      node.resume()
      this.restart(node)
    }
  }

  /** Has about so many faults in a virtual second strike while things go wrong. */
  #repeat(perSecond: number, draw: () => Drawn<PlannedFault>): void {
    if (perSecond <= 0) return
    const delayMs = exponential(this.#random, 1_000 / perSecond)
    const fault = { ...draw(), atMs: this.#core.clock.now() + delayMs }
    this.#recorded?.push(fault)
    this.#core.clock.schedule(delayMs, () => {
      if (!this.#injecting) return
      this.#strike(fault)
      this.#repeat(perSecond, draw)
    })
  }

  /** Does nothing where the fault makes no sense: its node is down, or is not part of this run. */
  #strike(fault: PlannedFault): void {
    if (!this.#injecting) return
    const { clock } = this.#core
    const named = (names: readonly string[]) => this.#nodes.filter(({ name }) => names.includes(name))
    if (fault.kind === 'partition') {
      const [from, to] = [named(fault.from), named(fault.to)]
      if (from.length === 0 || to.length === 0) return
      this.#inject('partition')
      const partition = this.partition(from, to, fault.oneWay)
      clock.schedule(fault.forMs, () => partition.heal())
      return
    }
    const [node] = named([fault.node])
    if (node === undefined || !node.isUp) return
    if (fault.kind === 'crash') {
      this.#inject('crash')
      this.crash(node, 'a crash')
      this.#restartLater(node, fault.downMs)
    } else if (!node.paused) {
      this.#inject('pause')
      node.pause()
      const { epoch } = node
      clock.schedule(fault.forMs, () => {
        if (node.epoch === epoch) node.resume()
      })
    }
  }

  /** The node cannot go on: it crashes and comes back. */
  nodeFailed(node: SimulatedNode, error: Error): void {
    if (!node.isUp) return
    this.crash(node, error.message)
    this.#restartLater(node, exponential(this.#core.random.stream(`downtime of ${node.name}`), downMs))
  }

  #restartLater(node: SimulatedNode, afterMs: number): void {
    const { epoch } = node
    this.#core.clock.schedule(afterMs, () => {
      if (node.epoch === epoch) this.restart(node)
    })
  }

  #drawPartition(): Drawn<PlannedFault> {
    const random = this.#random
    const shuffled = [...this.#nodes]
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = random.int(index + 1)
      const node = shuffled[index] as SimulatedNode
      shuffled[index] = shuffled[other] as SimulatedNode
      shuffled[other] = node
    }
    const oneWay = random.chance(0.3)
    // A single link, one node alone, or two groups.
    const shape = random.int(3)
    const size = shape === 2 ? 1 + random.int(shuffled.length - 1) : 1
    const to = shape === 0 ? shuffled.slice(1, 2) : shuffled.slice(size)
    const names = (nodes: readonly SimulatedNode[]) => nodes.map(({ name }) => name)
    const forMs = exponential(random, partitionMs)
    return { kind: 'partition', from: names(shuffled.slice(0, size)), to: names(to), oneWay, forMs }
  }

  // On request.

  crash(node: SimulatedNode, reason: string): void {
    if (!node.isUp) return
    node.crash(reason)
    const random = this.#core.random.stream(`detection of ${node.name}`)
    this.#network.nodeCrashed(node, () => detectionMsMin * (1 + 3 * random.float()), reason)
  }

  restart(node: SimulatedNode): void {
    if (node.isUp) return
    node.start()
    const { epoch } = node
    this.#network.nodeStarted(node, (by) => {
      if (by.isMain) this.#onNodeUp(node.name, epoch)
    })
  }

  partition(from: readonly SimulatedNode[], to: readonly SimulatedNode[], oneWay: boolean): Partition {
    const network = this.#network
    const detail = `${namesOf(from)} ${oneWay ? '->' : '<->'} ${namesOf(to)}`
    this.#core.trace.record({ type: 'partitioned', node: '', detail })
    network.cut(from, to)
    if (!oneWay) network.cut(to, from)
    const partition: Partition = {
      heal: () => {
        if (!this.#partitions.delete(partition)) return
        this.#core.trace.record({ type: 'healed', node: '', detail })
        network.mend(from, to)
        if (!oneWay) network.mend(to, from)
      },
    }
    this.#partitions.add(partition)
    return partition
  }
}

function namesOf(nodes: readonly SimulatedNode[]): string {
  return nodes.map(({ name }) => name).join(', ')
}
