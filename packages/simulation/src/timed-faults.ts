/**
 * Faults that come at a time: as Poisson processes at the rates of the run's strengths, or as a plan says. What is drawn
 * is drawn ahead and completely, from a stream for each kind, so that it can be written down and taken away; whether it
 * makes sense is seen when its time has come.
 */
import type { RandomStream, ScheduledTask } from '@troupe/core'
import { exponential, type FaultKind, type FaultKnobs } from './fault-knobs.ts'
import type { Nemesis } from './nemesis.ts'
import type { PlannedFault, TimedKind } from './run-plan.ts'
import { timedKinds } from './run-plan.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationCore } from './simulation-core.ts'

/** The most that a clock jumps, ahead or back, in milliseconds. */
const jumpMsMax = 1_000
/** How many times slower links and disks are. */
const linkFactorMax = 20
const diskFactor = 50
const clogGapMsMin = 5
const clogGapMsMax = 50
/** Faults at a time that a recording keeps are as many as the run has time for; bits are told apart by so many numbers. */
const bitSalts = 2 ** 31

/** What is drawn of a fault beside its time. */
type Drawn = Omit<PlannedFault, 'kind' | 'atMs' | 'forMs'>

/** One kind: how often, how long on average, whom. */
interface Kind {
  readonly perNode: boolean
  readonly meanMs: number
  /** As many nodes must there be. */
  readonly nodesMin: number
  draw(random: RandomStream): Drawn
}

/** What {@link TimedFaults} strikes with. */
export interface TimedFaultsOptions {
  readonly core: SimulationCore
  /** Those that may fail. */
  readonly nodes: readonly SimulatedNode[]
  readonly nemesis: Nemesis
  readonly inject: (kind: FaultKind) => void
  /** Where faults are written down as they are drawn. */
  readonly recorded?: PlannedFault[] | undefined
}

export class TimedFaults {
  readonly #options: TimedFaultsOptions
  readonly #names: readonly string[]
  #plan: readonly PlannedFault[] = []
  /** Those of the plan that are to come. */
  readonly #waiting = new Map<PlannedFault, ScheduledTask>()
  #branches = 0
  #injecting = true

  constructor(options: TimedFaultsOptions) {
    this.#options = options
    this.#names = options.nodes.map(({ name }) => name)
  }

  /** Lets things go wrong by chance from now on, at these rates. */
  begin(strengths: Required<FaultKnobs>): void {
    const kinds = this.#kinds()
    for (const kind of timedKinds) {
      const { perNode, nodesMin } = kinds[kind]
      const perSecond = strengths[kind] * (perNode ? this.#names.length : 1)
      if (perSecond <= 0 || this.#names.length < nodesMin) continue
      this.#repeat(kind, kinds[kind], perSecond, this.#options.core.random.stream(`faults: ${kind}`))
    }
  }

  /** Lets exactly this go wrong; called at the start of the run. */
  follow(faults: readonly PlannedFault[]): void {
    this.#options.recorded?.push(...faults)
    this.#plan = faults
    this.#schedulePlanned()
  }

  /** A branch that goes on by the plan. */
  branch(): void {
    this.#branches++
    for (const [fault, task] of this.#waiting) {
      if (fault.untilBranch !== this.#branches) continue
      task.cancel()
      this.#waiting.delete(fault)
    }
    this.#schedulePlanned()
  }

  /** A branch where chance takes over, unless all was healed: what of a plan has not happened yet does not. */
  branchToChance(strengths: Required<FaultKnobs>): void {
    const untilBranch = ++this.#branches
    const { recorded } = this.#options
    // As it is written down, its own plan makes the same run: with what it takes back until here, without what it never came to.
    const left = recorded?.flatMap((fault) => {
      if (this.#waiting.has(fault)) return [{ ...fault, untilBranch }]
      return fault.fromBranch !== undefined && fault.fromBranch >= untilBranch ? [] : [fault]
    })
    recorded?.splice(0, recorded.length, ...(left ?? []))
    for (const task of this.#waiting.values()) task.cancel()
    this.#waiting.clear()
    if (this.#injecting) this.begin(strengths)
  }

  /** Those of the plan that begin at this branch; with none so far, at the start. */
  #schedulePlanned(): void {
    const { clock } = this.#options.core
    for (const fault of this.#plan) {
      if ((fault.fromBranch ?? 0) !== this.#branches) continue
      const strike = () => {
        this.#waiting.delete(fault)
        this.#strike(fault)
      }
      this.#waiting.set(fault, clock.schedule(fault.atMs - clock.now(), strike))
    }
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#injecting = false
  }

  #repeat(kind: TimedKind, how: Kind, perSecond: number, random: RandomStream): void {
    const { clock } = this.#options.core
    const delayMs = exponential(random, 1_000 / perSecond)
    const forMs = how.meanMs === 0 ? 0 : exponential(random, how.meanMs)
    const fromBranch = this.#branches
    // From 0 the time itself is the delay; from later on there must be a delay that leads to exactly this time.
    const atMs = fromBranch === 0 ? clock.now() + delayMs : rounded(clock.now() + delayMs)
    const fault: PlannedFault = { kind, atMs, forMs, ...how.draw(random) }
    this.#options.recorded?.push(fromBranch === 0 ? fault : { ...fault, fromBranch })
    clock.schedule(fromBranch === 0 ? delayMs : atMs - clock.now(), () => {
      this.#strike(fault)
      if (this.#injecting) this.#repeat(kind, how, perSecond, random)
    })
  }

  #strike(fault: PlannedFault): void {
    if (!this.#injecting) return
    const end = this.#begin(fault)
    if (end === undefined) return
    this.#options.inject(fault.kind)
    if (end !== lastsNoTime) this.#options.core.clock.schedule(fault.forMs, end)
  }

  /** Begins it, and gives what ends it; `undefined` when there is nothing that it could befall. */
  #begin({ kind, nodes, to = [], oneWay = false, value = 0 }: PlannedFault): (() => void) | undefined {
    const { nemesis, core } = this.#options
    const { spells } = nemesis
    const first = this.#named(nodes)
    const second = this.#named(to)
    switch (kind) {
      case 'partition':
      case 'partialPartition': {
        if (first.length === 0 || second.length === 0) return undefined
        const partition = nemesis.partition(first, second, oneWay)
        return () => partition.heal()
      }
      case 'ringPartition': {
        if (first.length < 4) return undefined
        const partition = nemesis.partitionRing(first)
        return () => partition.heal()
      }
      case 'hold':
        return this.#onLink(first, second, () => spells.hold(first, second))
      case 'slowLink':
        return this.#onLink(first, second, () => spells.slow(first, second, Math.max(1, value)))
      case 'clog':
        return this.#onLink(first, second, () => spells.clog(first, second, value))
      case 'channelFull':
        return this.#onLink(first, second, () => spells.fillChannel(first, second))
      default: {
        const [node] = first
        if (node === undefined) return undefined
        return this.#beginOn(node, kind, value, () => core.random.stream(`bit rot ${value}`))
      }
    }
  }

  #beginOn(
    node: SimulatedNode,
    kind: Exclude<TimedKind, CutKind>,
    value: number,
    bits: () => RandomStream,
  ): (() => void) | undefined {
    const { nemesis } = this.#options
    const { spells } = nemesis
    switch (kind) {
      case 'crash':
      case 'workerExit':
        if (!node.isUp) return undefined
        if (kind === 'crash') nemesis.crash(node, 'a crash')
        else nemesis.exit(node)
        return nemesis.comingBack(node)
      case 'pause': {
        if (!node.isUp || node.paused) return undefined
        node.pause()
        const { epoch } = node
        return () => {
          if (node.epoch === epoch) node.resume()
        }
      }
      case 'stall': {
        const spell = spells.stall(node)
        return spell && (() => spell.end())
      }
      case 'diskFull': {
        const spell = spells.fillDisk(node)
        return () => spell.end()
      }
      case 'diskSlow': {
        const spell = spells.slowDisk(node, diskFactor)
        return () => spell.end()
      }
      case 'bitRot':
        return node.disk.rotSomewhere(bits()) ? lastsNoTime : undefined
      case 'clockJump':
        spells.jumpClock(node, value)
        return lastsNoTime
    }
  }

  #onLink(
    from: readonly SimulatedNode[],
    to: readonly SimulatedNode[],
    begin: () => { end(): void },
  ): (() => void) | undefined {
    if (from.length === 0 || to.length === 0) return undefined
    const spell = begin()
    return () => spell.end()
  }

  /** Those of the nodes that this run has, in this order. */
  #named(names: readonly string[]): SimulatedNode[] {
    return names.flatMap((name) => this.#options.nodes.find((node) => node.name === name) ?? [])
  }

  #kinds(): Readonly<Record<TimedKind, Kind>> {
    const names = this.#names
    const onNode = (meanMs: number, value?: (random: RandomStream) => number): Kind => ({
      perNode: true,
      meanMs,
      nodesMin: 1,
      draw: (random) => ({ nodes: [random.pick(names)], ...(value === undefined ? {} : { value: value(random) }) }),
    })
    const onNetwork = (meanMs: number, nodesMin: number, draw: Kind['draw']): Kind => ({
      perNode: false,
      meanMs,
      nodesMin,
      draw,
    })
    const onLink = (meanMs: number, value?: (random: RandomStream) => number): Kind =>
      onNetwork(meanMs, 2, (random) => {
        const from = random.pick(names)
        const to = random.pick(names.filter((name) => name !== from))
        return { nodes: [from], to: [to], ...(value === undefined ? {} : { value: value(random) }) }
      })
    return {
      crash: onNode(300),
      pause: onNode(200),
      partition: onNetwork(600, 2, (random) => drawPartition(names, random)),
      partialPartition: onNetwork(600, 3, (random) => {
        // Two groups that do not see each other, and one node that sees both.
        const [, ...others] = shuffled(names, random)
        const size = 1 + random.int(others.length - 1)
        return { nodes: others.slice(0, size), to: others.slice(size), oneWay: false }
      }),
      ringPartition: onNetwork(600, 4, (random) => ({ nodes: shuffled(names, random) })),
      workerExit: onNode(300),
      hold: onLink(300),
      slowLink: onLink(500, (random) => 1 + random.float() * (linkFactorMax - 1)),
      clog: onLink(300, (random) => clogGapMsMin + random.float() * (clogGapMsMax - clogGapMsMin)),
      channelFull: onLink(50),
      stall: onNode(20),
      diskFull: onNode(200),
      diskSlow: onNode(300),
      bitRot: onNode(0, (random) => random.int(bitSalts)),
      clockJump: onNode(0, (random) => (2 * random.float() - 1) * jumpMsMax),
    }
  }
}

/**
 * The time to a nanosecond or so. With fewer digits than a number has, it is the nearest number to what any moment before
 * it and the difference come to, so that a delay leads to it and to no time beside it.
 */
function rounded(timeMs: number): number {
  return Math.round(timeMs * 2 ** 20) / 2 ** 20
}

/** The kinds that befall the network. */
type CutKind = 'partition' | 'partialPartition' | 'ringPartition' | 'hold' | 'slowLink' | 'clog' | 'channelFull'

/** What is over as soon as it has begun. */
const lastsNoTime = () => {}

function drawPartition(names: readonly string[], random: RandomStream): Drawn {
  const nodes = shuffled(names, random)
  const oneWay = random.chance(0.3)
  // A single link, one node alone, or two groups.
  const shape = random.int(3)
  if (shape === 0) return { nodes: nodes.slice(0, 1), to: nodes.slice(1, 2), oneWay }
  const size = shape === 1 ? 1 : 1 + random.int(nodes.length - 1)
  return { nodes: nodes.slice(0, size), to: nodes.slice(size), oneWay }
}

function shuffled(names: readonly string[], random: RandomStream): string[] {
  const result = [...names]
  for (let index = result.length - 1; index > 0; index--) {
    const other = random.int(index + 1)
    const name = result[index] as string
    result[index] = result[other] as string
    result[other] = name
  }
  return result
}
