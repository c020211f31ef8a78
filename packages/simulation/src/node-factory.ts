/** Makes the nodes of a run: each with its disk, its clock, and what of theirs goes wrong. */
import { EventStream, mainNode, type RandomStream, type ServiceImplementations } from '@troupe/core'
import type { ClockTask } from '@troupe/core/host'
import type { FaultDecisions, StrikeSite } from './fault-decisions.ts'
import type { FaultKind, FaultKnobs } from './fault-knobs.ts'
import { ForwardedEvents } from './forwarded-events.ts'
import type { PlannedTrait, StrikeKind, TraitKind } from './run-plan.ts'
import { type DiskEvent, type DiskFaults, SimulatedDisk } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedNode } from './simulated-node.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import type { SimulationCore } from './simulation-core.ts'
import type { SimulationSettings } from './simulation-settings.ts'
import type { HashedName } from './trace.ts'
import { textHash } from './trace-words.ts'

const diskLatencyMsMin = 0.02
const diskLatencyMsUsual = 0.2
const diskStallMs = 100

/** A disk that nothing goes wrong with by chance. */
export const healthyDisk: DiskFaults = {
  latencyMsMin: diskLatencyMsMin,
  latencyMsMax: diskLatencyMsUsual,
  stallMs: diskStallMs,
}

/** The kind of fault of which something that happened on a disk is one. */
function kindOf(event: DiskEvent['kind']): (FaultKind & StrikeKind) | undefined {
  switch (event) {
    case 'stall':
      return 'diskStall'
    case 'write torn':
      return 'tornWrite'
    case 'sync failure':
      return 'syncFailure'
    case 'write failure':
      return 'writeFailure'
    case 'misdirected read':
      return 'misdirectedRead'
    default:
      return undefined
  }
}

/** What the nodes of a run share. */
export interface NodeFactoryHost {
  readonly core: SimulationCore
  readonly settings: SimulationSettings
  readonly strengths: Required<FaultKnobs>
  readonly injected: Record<FaultKind, number>
  readonly decisions: FaultDecisions
  readonly network: SimulatedNetwork
  /** Where it is written down what a node has through the whole run. */
  readonly traits: PlannedTrait[] | undefined
  readonly failed: (node: SimulatedNode, error: Error) => void
  readonly services: () => ServiceImplementations
  readonly world: () => SimulatedWorld
}

/** An operation of a disk ends, in the epoch in which it began. */
class DiskStep implements ClockTask {
  // Set by the constructor alone: to set them where they are declared would be one more call.
  declare private readonly node: SimulatedNode
  declare private readonly epoch: number
  declare private readonly end: () => void

  constructor(node: SimulatedNode, epoch: number, end: () => void) {
    this.node = node
    this.epoch = epoch
    this.end = end
  }

  run(): void {
    this.node.perform(this.epoch, this.end)
  }
}

/** A file of a disk, as the trace takes it down and as it is decided what befalls it. */
class DiskFile implements HashedName {
  readonly text: string
  readonly word: number
  readonly site: StrikeSite

  constructor(name: string, site: StrikeSite) {
    this.text = name
    this.word = textHash(name)
    this.site = site
  }
}

/** The files of one disk: most of what happens is about the file of what happened before. */
class DiskFiles {
  readonly #decisions: FaultDecisions
  readonly #node: string
  readonly #files = new Map<string, DiskFile>()
  #last: DiskFile | undefined = undefined

  constructor(decisions: FaultDecisions, node: string) {
    this.#decisions = decisions
    this.#node = node
  }

  of(name: string): DiskFile {
    const last = this.#last
    if (last !== undefined && last.text === name) return last
    const file = this.#files.get(name) ?? this.#another(name)
    this.#last = file
    return file
  }

  #another(name: string): DiskFile {
    const file = new DiskFile(name, this.#decisions.site(`${name} of ${this.#node}`))
    this.#files.set(name, file)
    return file
  }
}

export class NodeFactory {
  readonly #host: NodeFactoryHost

  constructor(host: NodeFactoryHost) {
    this.#host = host
  }

  /** A node of that name, on the network and not started; that of the program has nothing wrong with it. */
  make(name: string): SimulatedNode {
    const { core, settings, strengths, decisions, injected, network, failed, services } = this.#host
    const isMain = name === mainNode
    const traced: HashedName = { text: name, word: textHash(name) }
    const files = new DiskFiles(decisions, name)
    const disk = new SimulatedDisk({
      schedule: (delayMs, run) => {
        const { epoch } = node
        core.clock.set(delayMs, new DiskStep(node, epoch, run))
      },
      random: core.random.stream(`disk of ${name}`),
      faults: { ...healthyDisk, ...(isMain ? {} : this.#diskFaults(name)) },
      decisions: {
        strikes: (fault, file, probability) => {
          const kind = kindOf(fault)
          return kind === undefined ? undefined : decisions.strikes(kind, files.of(file).site, probability)
        },
        details: (of) => decisions.stream(`${of} of the disk of ${name} at ${core.clock.now()}`),
      },
      observe: ({ kind, file, offset }) => {
        core.trace.disk(traced, kind, files.of(file), offset)
        const fault = kindOf(kind)
        if (fault !== undefined) injected[fault]++
      },
    })
    const { clockSkewMs, clockDrift } = strengths
    const clockAheadMs = isMain ? 0 : this.#trait('clockSkewMs', name, (random) => random.float() * clockSkewMs)
    const drift = isMain ? 0 : this.#trait('clockDrift', name, (random) => (2 * random.float() - 1) * clockDrift)
    const node: SimulatedNode = new SimulatedNode(core, {
      name,
      isMain,
      clockAheadMs,
      clockRate: 1 + drift,
      disk,
      network,
      failed: (error) => failed(node, error),
      events: () => this.#events(name),
      services,
      placement: settings.placement,
      taskMs: settings.taskMs,
      metrics: settings.metrics,
      logLevel: settings.logLevel,
      askCyclesAfterMs: settings.askCyclesAfterMs,
    })
    network.add(node)
    return node
  }

  /** What is wrong with a node through the whole run: by chance, or as the plan says. */
  #trait(kind: TraitKind, node: string, draw: (random: RandomStream) => number): number {
    const { settings, core, injected } = this.#host
    const traits = settings.plan?.traits
    const value =
      traits === undefined
        ? draw(core.random.stream(`${kind} of ${node}`))
        : (traits.find((trait) => trait.kind === kind && trait.node === node)?.value ?? 0)
    if (value !== 0) {
      injected[kind]++
      this.#host.traits?.push({ kind, node, value })
    }
    return value
  }

  #diskFaults(node: string): DiskFaults {
    const diskLatencyMs = this.#trait('diskLatencyMs', node, () => this.#host.strengths.diskLatencyMs)
    const { diskStall, tornWrite, syncFailure, writeFailure, misdirectedRead } = this.#host.strengths
    return {
      latencyMsMax: Math.max(diskLatencyMsUsual, diskLatencyMs),
      stall: diskStall,
      tornWrite,
      syncFailure,
      writeFailure,
      misdirectedRead,
    }
  }

  /** The event stream of a node: it tells the trace of failures, and the program of what its actors tell their operators. */
  #events(name: string): EventStream {
    const { core, world } = this.#host
    const events = name === mainNode ? new EventStream() : new ForwardedEvents(world().events)
    events.on('failure', ({ actor, message, error, directive }) => {
      core.trace.record({ type: 'failure', node: name, actor, message, error, directive })
    })
    return events
  }
}
