/**
 * The nemesis: what goes wrong with nodes and network, by chance or because the program says so. Crashes, pauses and
 * partitions come as Poisson processes at the rates of the run's strengths; each ends by itself after a while.
 */
import { ConfigurationError, type RandomStream } from '@troupe/core'
import { exponential, type FaultKind, type FaultKnobs } from './fault-knobs.ts'
import type { CrashKind } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { namesOf, type SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'
import { Spells } from './spells.ts'

/** The means of how long things last, in milliseconds. */
const downMs = 300
const pauseMs = 200
const partitionMs = 600
/** How long after its start a node crashes that is to crash while it recovers. */
const recoveryMs = 2
/** A node is declared down this long after it crashed, and up to four times as long. */
const detectionMsMin = 20

/** A cut of the network. */
export interface Partition {
  /** Mends it; does nothing when it was mended already. */
  heal(): void
}

export class Nemesis {
  /** What begins and ends with links, channels, disks and clocks. */
  readonly spells: Spells
  readonly #core: SimulationCore
  readonly #network: SimulatedNetwork
  readonly #nodes: readonly SimulatedNode[]
  readonly #random: RandomStream
  readonly #inject: (kind: FaultKind) => void
  readonly #partitions = new Set<Partition>()
  readonly #onNodeUp: (node: string, epoch: number) => void
  #injecting = false
  #crashRecovering = 0

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
    this.spells = new Spells(core, network, nodes, inject)
  }

  // By chance.

  /** Lets things go wrong from now on, at these rates. */
  begin(strengths: Required<FaultKnobs>): void {
    this.#injecting = true
    const { crash, pause, partition, workerExit, partialPartition, ringPartition } = strengths
    const { length } = this.#nodes
    this.#crashRecovering = strengths.crashRecovering
    this.#repeat(crash * this.#nodes.length, () => this.#crashOne('crash', 'a crash'))
    this.#repeat(pause * this.#nodes.length, () => this.#pauseOne())
    if (length > 1) this.#repeat(partition, () => this.#partitionSome('partition', () => this.#randomPartition()))
    const { random } = this.#core
    this.#repeat(workerExit * length, () => this.#exitOne(), random.stream('faults: workerExit'))
    const cuts = random.stream('faults: partitions')
    if (length > 2) {
      const cut = () => this.#partitionSome('partialPartition', () => this.#randomBridge(cuts), cuts)
      this.#repeat(partialPartition, cut, cuts)
    }
    if (length > 3) {
      const cut = () =>
        this.#partitionSome('ringPartition', () => this.partitionRing(shuffled(this.#nodes, cuts)), cuts)
      this.#repeat(ringPartition, cut, cuts)
    }
    this.spells.begin(strengths)
  }

  /** Ends all partitions and pauses, brings every node back, and lets nothing go wrong by chance any more. */
  heal(): void {
    this.#injecting = false
    this.spells.heal()
    for (const partition of [...this.#partitions]) partition.heal()
    for (const node of this.#nodes) {
      node.resume()
      this.restart(node)
    }
  }

  /** Calls `strike` about `perSecond` times in a virtual second while things go wrong. */
  #repeat(perSecond: number, strike: () => void, random = this.#random): void {
    if (perSecond <= 0) return
    this.#core.clock.schedule(exponential(random, 1_000 / perSecond), () => {
      if (!this.#injecting) return
      strike()
      this.#repeat(perSecond, strike, random)
    })
  }

  #exitOne(): void {
    const node = this.#core.random.stream('faults: workerExit').pick(this.#nodes)
    if (!node.isUp) return
    this.#inject('workerExit')
    this.exit(node)
    this.#restartLater(node)
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

  #partitionSome(kind: FaultKind, cut: () => Partition, random = this.#random): void {
    this.#inject(kind)
    const partition = cut()
    this.#core.clock.schedule(exponential(random, partitionMs), () => partition.heal())
  }

  #randomPartition(): Partition {
    const random = this.#random
    const nodes = shuffled(this.#nodes, random)
    const oneWay = random.chance(0.3)
    // A single link, one node alone, or two groups.
    const shape = random.int(3)
    if (shape === 0) return this.partition(nodes.slice(0, 1), nodes.slice(1, 2), oneWay)
    const size = shape === 1 ? 1 : 1 + random.int(nodes.length - 1)
    return this.partition(nodes.slice(0, size), nodes.slice(size), oneWay)
  }

  /** Two groups that do not see each other, and one node that sees both. */
  #randomBridge(random: RandomStream): Partition {
    const [, ...nodes] = shuffled(this.#nodes, random)
    const size = 1 + random.int(nodes.length - 1)
    return this.partition(nodes.slice(0, size), nodes.slice(size), false)
  }

  // On request.

  crash(node: SimulatedNode, reason: string): void {
    this.#end(node, reason, 'power')
  }

  /** The thread or process of the node ends: what it has handed to the network and to the disk is not lost. */
  exit(node: SimulatedNode): void {
    this.#end(node, 'its thread ended', 'process')
  }

  #end(node: SimulatedNode, reason: string, kind: CrashKind): void {
    if (!node.isUp) return
    node.crash(reason, kind)
    const detectionMs = () => detectionMsMin * (1 + 3 * this.#random.float())
    this.#network.nodeCrashed(node, detectionMs, reason, kind === 'power')
  }

  restart(node: SimulatedNode): void {
    if (node.isUp) return
    node.start()
    const { epoch } = node
    this.#network.nodeStarted(node, (by) => {
      if (by.isMain) this.#onNodeUp(node.name, epoch)
    })
    if (this.#injecting) this.#crashAgain(node)
  }

  /** Perhaps the node does not get far. */
  #crashAgain(node: SimulatedNode): void {
    const random = this.#core.random.stream('faults: crashRecovering')
    if (this.#crashRecovering === 0 || !random.chance(this.#crashRecovering)) return
    const { epoch } = node
    this.#core.clock.schedule(exponential(random, recoveryMs), () => {
      if (!this.#injecting || !node.isUp || node.epoch !== epoch) return
      this.#inject('crashRecovering')
      this.crash(node, 'a crash while it recovered')
      this.#restartLater(node)
    })
  }

  partition(from: readonly SimulatedNode[], to: readonly SimulatedNode[], oneWay: boolean): Partition {
    const detail = `${namesOf(from)} ${oneWay ? '->' : '<->'} ${namesOf(to)}`
    return this.#cut(
      oneWay
        ? [[from, to]]
        : [
            [from, to],
            [to, from],
          ],
      detail,
    )
  }

  /** Each node sees only its neighbours in the ring: as few as make a majority with itself. At least 4 nodes. */
  partitionRing(ring: readonly SimulatedNode[]): Partition {
    const { length } = ring
    if (length < 4) throw new ConfigurationError(`a ring partition needs at least 4 nodes, got ${length}`)
    const reach = Math.ceil(Math.floor(length / 2) / 2)
    const cuts = ring.map((node, index): Cut => {
      const others = ring.filter((_, other) => {
        const apart = Math.abs(index - other)
        return Math.min(apart, length - apart) > reach
      })
      return [[node], others]
    })
    return this.#cut(cuts, `ring of ${namesOf(ring)}`)
  }

  #cut(cuts: readonly Cut[], detail: string): Partition {
    const network = this.#network
    this.#core.trace.record({ type: 'partitioned', node: '', detail })
    for (const [from, to] of cuts) network.cut(from, to)
    const partition: Partition = {
      heal: () => {
        if (!this.#partitions.delete(partition)) return
        this.#core.trace.record({ type: 'healed', node: '', detail })
        for (const [from, to] of cuts) network.mend(from, to)
      },
    }
    this.#partitions.add(partition)
    return partition
  }
}

/** Links that are cut, in that direction. */
type Cut = readonly [from: readonly SimulatedNode[], to: readonly SimulatedNode[]]

function shuffled(nodes: readonly SimulatedNode[], random: RandomStream): SimulatedNode[] {
  const result = [...nodes]
  for (let index = result.length - 1; index > 0; index--) {
    const other = random.int(index + 1)
    const node = result[index] as SimulatedNode
    result[index] = result[other] as SimulatedNode
    result[other] = node
  }
  return result
}
