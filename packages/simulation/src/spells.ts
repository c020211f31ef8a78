/**
 * Spells: conditions of links, channels, disks and clocks that begin by chance or because the program says so, and end
 * by themselves or by a heal. Each kind that comes by chance draws from a stream of its own.
 */
import type { RandomStream } from '@troupe/core'
import { exponential, type FaultKind, type FaultKnobs } from './fault-knobs.ts'
import type { LinkConditions } from './link-conditions.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { namesOf, type SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** Something that is wrong until it ends. */
export interface Spell {
  /** Ends it; does nothing when it has ended already. */
  end(): void
}

/** The most that a clock jumps, ahead or back, in milliseconds. */
const jumpMsMax = 1_000
/** How many times slower links and disks are in a spell. */
const linkFactorMax = 20
const diskFactor = 50
const clogGapMsMin = 5
const clogGapMsMax = 50

/** One kind that comes by chance. */
interface Kind {
  readonly perNode: boolean
  /** How long it lasts, on average. */
  readonly meanMs: number
  /** Begins one; `undefined` when there is nothing that it could befall. */
  begin(random: RandomStream): Spell | undefined
}

export class Spells {
  readonly #core: SimulationCore
  readonly #network: SimulatedNetwork
  readonly #nodes: readonly SimulatedNode[]
  readonly #inject: (kind: FaultKind) => void
  readonly #active = new Set<Spell>()
  #injecting = false

  constructor(
    core: SimulationCore,
    network: SimulatedNetwork,
    nodes: readonly SimulatedNode[],
    inject: (kind: FaultKind) => void,
  ) {
    this.#core = core
    this.#network = network
    this.#nodes = nodes
    this.#inject = inject
  }

  /** Lets them come, at these rates. */
  begin(strengths: Required<FaultKnobs>): void {
    this.#injecting = true
    for (const [kind, how] of Object.entries(this.#kinds()) as [FaultKind, Kind][]) {
      const perSecond = strengths[kind] * (how.perNode ? this.#nodes.length : 1)
      if (perSecond > 0) this.#repeat(kind, how, perSecond, this.#core.random.stream(`faults: ${kind}`))
    }
  }

  /** Ends all of them; none comes by chance any more. */
  heal(): void {
    this.#injecting = false
    for (const spell of [...this.#active]) spell.end()
  }

  #repeat(kind: FaultKind, how: Kind, perSecond: number, random: RandomStream): void {
    const { clock } = this.#core
    clock.schedule(exponential(random, 1_000 / perSecond), () => {
      if (!this.#injecting) return
      const spell = how.begin(random)
      if (spell !== undefined) {
        this.#inject(kind)
        clock.schedule(exponential(random, how.meanMs), () => spell.end())
      }
      this.#repeat(kind, how, perSecond, random)
    })
  }

  #kinds(): Partial<Record<FaultKind, Kind>> {
    const onLink = (
      meanMs: number,
      begin: (from: SimulatedNode[], to: SimulatedNode[], random: RandomStream) => Spell,
    ) => ({
      perNode: false,
      meanMs,
      begin: (random: RandomStream) => {
        if (this.#nodes.length < 2) return undefined
        const from = random.pick(this.#nodes)
        const to = random.pick(this.#nodes.filter((node) => node !== from))
        return begin([from], [to], random)
      },
    })
    const onNode = (meanMs: number, begin: (node: SimulatedNode, random: RandomStream) => Spell | undefined) => ({
      perNode: true,
      meanMs,
      begin: (random: RandomStream) => begin(random.pick(this.#nodes), random),
    })
    return {
      hold: onLink(300, (from, to) => this.hold(from, to)),
      slowLink: onLink(500, (from, to, random) => this.slow(from, to, 1 + random.float() * (linkFactorMax - 1))),
      clog: onLink(300, (from, to, random) =>
        this.clog(from, to, clogGapMsMin + random.float() * (clogGapMsMax - clogGapMsMin)),
      ),
      channelFull: onLink(50, (from, to) => this.fillChannel(from, to)),
      stall: onNode(20, (node) => this.#stall(node)),
      diskFull: onNode(200, (node) => this.fillDisk(node)),
      diskSlow: onNode(300, (node) => this.slowDisk(node, diskFactor)),
      bitRot: onNode(0, (node, random) => (node.disk.rotSomewhere(random) ? ended : undefined)),
      clockJump: onNode(0, (node, random) => {
        this.jumpClock(node, (2 * random.float() - 1) * jumpMsMax)
        return ended
      }),
    }
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

  #stall(node: SimulatedNode): Spell | undefined {
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

/** What lasts no time. */
const ended: Spell = { end: () => {} }
