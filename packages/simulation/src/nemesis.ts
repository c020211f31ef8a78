/**
 * The nemesis: carries out what goes wrong with nodes and network, whether it comes by chance, by a plan, or because the
 * program says so; when it comes by chance is decided by `timed-faults.ts` and `fault-decisions.ts`.
 */
import { checkRing } from './fault-amounts.ts'
import type { FaultDecisions } from './fault-decisions.ts'
import { exponential, type FaultKind } from './fault-knobs.ts'
import type { CrashKind } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { namesOf, type SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'
import { Spells } from './spells.ts'

/** How long a node that could not go on is down, on average, in milliseconds. */
const downMs = 300
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
  readonly #decisions: FaultDecisions
  readonly #inject: (kind: FaultKind) => void
  readonly #partitions = new Set<Partition>()
  readonly #onNodeUp: (node: string, epoch: number) => void
  #healed = false
  /** The probability that a node that comes back crashes again. */
  crashRecovering = 0

  /** `nodes` are those that may fail; `onNodeUp` is called when the node of the program hears that one came back. */
  constructor(
    core: SimulationCore,
    network: SimulatedNetwork,
    nodes: readonly SimulatedNode[],
    decisions: FaultDecisions,
    inject: (kind: FaultKind) => void,
    onNodeUp: (node: string, epoch: number) => void,
  ) {
    this.#core = core
    this.#network = network
    this.#nodes = nodes
    this.#decisions = decisions
    this.#inject = inject
    this.#onNodeUp = onNodeUp
    this.spells = new Spells(core, network)
  }

  /** Ends all partitions and pauses, brings every node back, and lets nothing go wrong by chance any more. */
  heal(): void {
    this.#healed = true
    this.spells.heal()
    for (const partition of [...this.#partitions]) partition.heal()
    for (const node of this.#nodes) {
      node.resume()
      this.restart(node)
    }
  }

  /** The node cannot go on: it crashes and comes back. */
  nodeFailed(node: SimulatedNode, error: Error): void {
    if (!node.isUp) return
    this.crash(node, error.message)
    this.#restartLater(
      node,
      exponential(this.#decisions.stream(`failure of ${node.name} at ${this.#core.clock.now()}`), downMs),
    )
  }

  #restartLater(node: SimulatedNode, afterMs: number): void {
    this.#core.clock.schedule(afterMs, this.comingBack(node))
  }

  /** Brings the node back, if nobody else has by the time it is called. */
  comingBack(node: SimulatedNode): () => void {
    const { epoch } = node
    return () => {
      if (node.epoch === epoch) this.restart(node)
    }
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
    const random = this.#decisions.stream(`end of ${node.name} at ${this.#core.clock.now()}`)
    const detectionMs = () => detectionMsMin * (1 + 3 * random.float())
    this.#network.nodeCrashed(node, detectionMs, reason, kind === 'power' ? random : undefined)
  }

  restart(node: SimulatedNode): void {
    if (node.isUp) return
    node.start()
    const { epoch } = node
    this.#network.nodeStarted(node, (by) => {
      if (by.isMain) this.#onNodeUp(node.name, epoch)
    })
    if (!this.#healed) this.#crashAgain(node)
  }

  /** Perhaps the node does not get far. */
  #crashAgain(node: SimulatedNode): void {
    const random = this.#decisions.strikes('crashRecovering', this.#decisions.site(node.name), this.crashRecovering)
    if (random === undefined) return
    const { epoch } = node
    this.#core.clock.schedule(exponential(random, recoveryMs), () => {
      if (this.#healed || !node.isUp || node.epoch !== epoch) return
      this.#inject('crashRecovering')
      this.crash(node, 'a crash while it recovered')
      this.#restartLater(node, exponential(random, downMs))
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
    checkRing(ring)
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
