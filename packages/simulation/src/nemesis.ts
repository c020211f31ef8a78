/**
 * The nemesis: what goes wrong with nodes and network, by chance or because the program says so. Crashes, pauses and
 * partitions come as Poisson processes at the rates of the run's strengths; each ends by itself after a while.
 */
import type { RandomStream } from '@troupe/core'
import { exponential, type FaultKind, type FaultKnobs } from './fault-knobs.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** The means of how long things last, in milliseconds. */
const downMs = 300
const pauseMs = 200
const partitionMs = 600
/** A node is declared down this long after it crashed, and up to four times as long. */
const detectionMsMin = 20

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
  #injecting = false

  /** `nodes` are those that may fail; `onNodeUp` is called when the node of the program hears that one came back. */
  constructor(
    core: SimulationCore,
    network: SimulatedNetwork,
    nodes: readonly SimulatedNode[],
    inject: (kind: FaultKind) => void,
    onNodeUp: (node: string, epoch: number) => void,
  ) {
    this.#core = core
    this.#network = network
    this.#nodes = nodes
    this.#random = core.random.stream('faults')
    this.#inject = inject
    this.#onNodeUp = onNodeUp
  }

  // By chance.

  /** Lets things go wrong from now on, at these rates. */
  begin(strengths: Required<FaultKnobs>): void {
    this.#injecting = true
    const { crash, pause, partition } = strengths
    this.#repeat(crash * this.#nodes.length, () => this.#crashOne('crash', 'a crash'))
    this.#repeat(pause * this.#nodes.length, () => this.#pauseOne())
    if (this.#nodes.length > 1) this.#repeat(partition, () => this.#partitionSome())
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

  /** Calls `strike` about `perSecond` times in a virtual second while things go wrong. */
  #repeat(perSecond: number, strike: () => void): void {
    if (perSecond <= 0) return
    this.#core.clock.schedule(exponential(this.#random, 1_000 / perSecond), () => {
      if (!this.#injecting) return
      strike()
      this.#repeat(perSecond, strike)
    })
  }

  #crashOne(kind: FaultKind, reason: string): void {
    const node = this.#random.pick(this.#nodes)
    if (!node.isUp) return
    this.#inject(kind)
    this.crash(node, reason)
    this.#restartLater(node)
  }

  /** The node cannot go on: it crashes and comes back. */
  nodeFailed(node: SimulatedNode, error: Error): void {
    if (!node.isUp) return
    this.crash(node, error.message)
    this.#restartLater(node)
  }

  #restartLater(node: SimulatedNode): void {
    const { epoch } = node
    this.#core.clock.schedule(exponential(this.#random, downMs), () => {
      if (node.epoch === epoch) this.restart(node)
    })
  }

  #pauseOne(): void {
    const node = this.#random.pick(this.#nodes)
    if (!node.isUp || node.paused) return
    this.#inject('pause')
    node.pause()
    const { epoch } = node
    this.#core.clock.schedule(exponential(this.#random, pauseMs), () => {
      if (node.epoch === epoch) node.resume()
    })
  }

  #partitionSome(): void {
    this.#inject('partition')
    const partition = this.#randomPartition()
    this.#core.clock.schedule(exponential(this.#random, partitionMs), () => partition.heal())
  }

  #randomPartition(): Partition {
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
    if (shape === 0) return this.partition(shuffled.slice(0, 1), shuffled.slice(1, 2), oneWay)
    const size = shape === 1 ? 1 : 1 + random.int(shuffled.length - 1)
    return this.partition(shuffled.slice(0, size), shuffled.slice(size), oneWay)
  }

  // On request.

  crash(node: SimulatedNode, reason: string): void {
    if (!node.isUp) return
    node.crash(reason)
    this.#network.nodeCrashed(node, () => detectionMsMin * (1 + 3 * this.#random.float()), reason)
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
