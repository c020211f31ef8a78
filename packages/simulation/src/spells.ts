/**
 * Spells: conditions of links, channels, disks and clocks that begin by chance, by a plan or because the program says so,
 * and end by themselves or by a heal.
 */
import type { FaultKind } from './fault-knobs.ts'
import type { LinkConditions } from './link-conditions.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { namesOf, type SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** Something that is wrong until it ends. */
export interface Spell {
  /** Ends it; does nothing when it has ended already. */
  end(): void
}

export class Spells {
  readonly #core: SimulationCore
  readonly #network: SimulatedNetwork
  readonly #active = new Set<Spell>()

  constructor(core: SimulationCore, network: SimulatedNetwork) {
    this.#core = core
    this.#network = network
  }

  /** Ends all of them. */
  heal(): void {
    for (const spell of [...this.#active]) spell.end()
  }

  // Links.

  /** What is sent from `from` to `to` waits at its sender. */
  hold(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): Spell {
    return this.#onLinks('hold', from, to, (link) => link.hold())
  }

  /** The channel has no room: tells and asks are refused, the rest waits. */
  fillChannel(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): Spell {
    return this.#onLinks('channelFull', from, to, (link) => link.fill())
  }

  slow(from: readonly SimulatedNode[], to: readonly SimulatedNode[], factor: number): Spell {
    return this.#onLinks('slowLink', from, to, (link) => link.slow(factor))
  }

  clog(from: readonly SimulatedNode[], to: readonly SimulatedNode[], gapMs: number): Spell {
    return this.#onLinks('clog', from, to, (link) => link.clog(gapMs))
  }

  #onLinks(
    kind: FaultKind,
    from: readonly SimulatedNode[],
    to: readonly SimulatedNode[],
    begin: (conditions: LinkConditions) => () => void,
  ): Spell {
    const what = `${namesOf(from)} -> ${namesOf(to)}`
    return this.#spell(kind, '', what, () => this.#network.change(from, to, begin))
  }

  // Nodes.

  /** A short pause; `undefined` when the node is down or pauses already. */
  stall(node: SimulatedNode): Spell | undefined {
    if (!node.isUp || node.paused) return undefined
    const { epoch } = node
    return this.#spell('stall', node.name, '', () => {
      node.pause()
      return () => {
        if (node.epoch === epoch) node.resume()
      }
    })
  }

  fillDisk(node: SimulatedNode): Spell {
    return this.#spell('diskFull', node.name, '', () => node.disk.fill())
  }

  slowDisk(node: SimulatedNode, factor: number): Spell {
    return this.#spell('diskSlow', node.name, '', () => node.disk.slow(factor))
  }

  jumpClock(node: SimulatedNode, byMs: number): void {
    this.#core.trace.record({ type: 'clockJumped', node: node.name, epoch: node.epoch, detail: `${byMs} ms` })
    node.jumpClock(byMs)
  }

  #spell(kind: FaultKind, node: string, what: string, begin: () => () => void): Spell {
    const { trace } = this.#core
    const detail = what === '' ? kind : `${kind} ${what}`
    trace.record({ type: 'faultBegan', node, detail })
    const undo = begin()
    const spell: Spell = {
      end: () => {
        if (!this.#active.delete(spell)) return
        trace.record({ type: 'faultEnded', node, detail })
        undo()
      },
    }
    this.#active.add(spell)
    return spell
  }
}
