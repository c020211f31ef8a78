/** The nodes of a simulated network and the links between them: one for each ordered pair. */
import { ConfigurationError, type RandomSource, type RandomStream } from '@troupe/core'
import type { Chain } from './agenda.ts'
import type { Flight } from './flight.ts'
import type { LinkLatencies } from './latency.ts'
import { Link, type View } from './network-link.ts'
import type { PlannedDelivery } from './run-plan.ts'
import type { SimulatedNode } from './simulated-node.ts'

export class LinkTable {
  readonly #random: RandomSource
  readonly #late: readonly PlannedDelivery[] | undefined
  readonly #latencies: (random: RandomStream) => LinkLatencies
  readonly #arrived: (flight: Flight, link: Link, chain: Chain) => void
  readonly #nodes = new Map<string, SimulatedNode>()
  /** For each node its links to the others, by their names. */
  readonly #links = new Map<SimulatedNode, Map<string, Link>>()

  /**
   * `late`: the only frames that take the time drawn for them. `latencies`: those that a stream gives. `arrived` is called
   * for each flight that ends.
   */
  constructor(
    random: RandomSource,
    late: readonly PlannedDelivery[] | undefined,
    latencies: (random: RandomStream) => LinkLatencies,
    arrived: (flight: Flight, link: Link, chain: Chain) => void,
  ) {
    this.#random = random
    this.#late = late
    this.#latencies = latencies
    this.#arrived = arrived
  }

  /** Adds `node`, and its links from and to every node that is there. */
  add(node: SimulatedNode): void {
    this.#nodes.set(node.name, node)
    this.#links.set(node, new Map())
    for (const other of this.#nodes.values()) {
      if (other === node) continue
      const viewOfNode: View = { isDown: false, downEpoch: -1 }
      const viewOfOther: View = { isDown: false, downEpoch: -1 }
      this.#addLink(node, other, viewOfOther, viewOfNode)
      this.#addLink(other, node, viewOfNode, viewOfOther)
    }
  }

  #addLink(from: SimulatedNode, to: SimulatedNode, viewOfTo: View, viewOfFrom: View): void {
    const latencies = this.#latencies(this.#random.stream(`latencies from ${from.name} to ${to.name}`))
    const late = this.#lateOn(from.name, to.name)
    const link = new Link({ from, to, viewOfTo, viewOfFrom, latencies, late }, this.#arrived)
    this.#links.get(from)!.set(to.name, link)
  }

  #lateOn(from: string, to: string): ReadonlySet<number> | undefined {
    const late = this.#late?.filter((delivery) => delivery.from === from && delivery.to === to)
    if (late === undefined || late.some(({ nth }) => nth === undefined)) return undefined
    return new Set(late.map(({ nth }) => nth as number))
  }

  /** All nodes, in the order in which they were added. */
  get nodes(): Iterable<SimulatedNode> {
    return this.#nodes.values()
  }

  /** The node of that name; throws a `ConfigurationError` when there is none. */
  node(name: string): SimulatedNode {
    const node = this.#nodes.get(name)
    if (node === undefined) {
      throw new ConfigurationError(`there is no node ${name}; the nodes are ${[...this.#nodes.keys()].join(', ')}`)
    }
    return node
  }

  /** The links of `node` to the others, by their names. */
  from(node: SimulatedNode): ReadonlyMap<string, Link> {
    return this.#links.get(node)!
  }

  /** The link of two different nodes. */
  link(from: SimulatedNode, to: SimulatedNode): Link {
    return this.#links.get(from)!.get(to.name)!
  }

  /** The links from each node of `from` to each other one of `to`. */
  *between(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): Iterable<Link> {
    for (const one of from) for (const other of to) if (one !== other) yield this.link(one, other)
  }

  /** All links, those of the node that was added first before the others'. */
  *all(): Iterable<Link> {
    for (const links of this.#links.values()) yield* links.values()
  }
}
