/**
 * One run: its nodes, network, nemesis and properties, and the loop that takes one event after the other.
 *
 *     program ── awaits ──┐                      ┌─> node.perform ─> kernel.step / receive / timer / disk
 *                         v                      │
 *     loop: next event of the agenda ─> run it ──┴─> nemesis
 *             └─> let promises run (only if some were settled) ─> properties ─> limits ─> next
 *
 * Nothing but the agenda's order and the seeded streams decides what comes next. Promises run between two events, to the
 * last microtask, which a return to the event loop makes sure of; events that settle none do not pay for it.
 */
import {
  ConfigurationError,
  type EventStream,
  type LogLevel,
  type PlacementPolicies,
  type ServiceImplementations,
} from '@troupe/core'
import { DefinitionRegistry, SeededRandomSource, VirtualClock } from '@troupe/core/host'
import { type Agenda, ChoosingAgenda, TimedAgenda } from './agenda.ts'
import { type SystemView, systemView } from './cell-view.ts'
import { type Delivery, drawStrengths, type FaultKind, type FaultKnobs, noFaults } from './fault-knobs.ts'
import { type FaultPointKnobs, FaultPoints } from './fault-points.ts'
import type { NetworkLatency } from './latency.ts'
import { Nemesis } from './nemesis.ts'
import { Properties } from './properties.ts'
import { type ScheduleOptions, type ScheduleStrategy, scheduleOf } from './schedule-options.ts'
import { Scopes } from './scopes.ts'
import { type DiskFaults, SimulatedDisk } from './simulated-disk.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedNode } from './simulated-node.ts'
import { mainNode, SimulatedWorld } from './simulated-world.ts'
import type { SimulationCore } from './simulation-core.ts'
import {
  type FailureFacts,
  type FailureReason,
  PropertyFailure,
  type Recording,
  SimulationDeadlockError,
  SimulationFailure,
  SimulationLimitError,
} from './simulation-errors.ts'
import { StateRecorder } from './state-recorder.ts'
import { Trace, type TraceListener } from './trace.ts'

/** The options of a run, with every default filled in. */
export interface SimulationSettings {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly knobs: FaultKnobs
  readonly points: FaultPointKnobs
  readonly swarm: boolean
  readonly delivery: Delivery
  readonly latency: NetworkLatency
  readonly schedule: ScheduleStrategy | ScheduleOptions
  readonly services: ServiceImplementations | ((world: SimulatedWorld) => ServiceImplementations)
  readonly placement: PlacementPolicies
  readonly taskMs: number
  readonly eventsMax: number
  readonly virtualMsMax: number
  readonly keepsTrace: boolean
  readonly keepsStates: boolean
  readonly metrics: boolean
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
}

/** What made a run fail. */
interface Failure {
  readonly reason: FailureReason
  readonly what: string
  readonly property?: string
  readonly cause?: unknown
}

const diskLatencyMsMin = 0.02
const diskLatencyMsUsual = 0.2
const diskStallMs = 100
/** Events after which the loop returns to the event loop in any case, so that the process stays responsive. */
const eventsPerBreath = 20_000
/** Asks of the program in one step beyond which it is taken to be in a loop. */
const asksPerStepMax = 10_000
/** Taken before anything is patched. */
const returnToEventLoop = setImmediate

export class Simulation implements SimulationCore {
  readonly clock = new VirtualClock()
  readonly random: SeededRandomSource
  readonly schedulerRandom
  readonly trace: Trace
  readonly scopes: Scopes
  readonly definitions = new DefinitionRegistry()
  readonly agenda: Agenda
  readonly main: SimulatedNode
  /** The nodes that may fail. */
  readonly nodes: readonly SimulatedNode[]
  readonly nemesis: Nemesis
  readonly faultPoints: FaultPoints
  readonly world: SimulatedWorld
  readonly view: SystemView
  /** The faults' strengths that this seed drew. */
  readonly strengths: Required<FaultKnobs>
  readonly injected = noFaults()
  readonly properties: Properties
  readonly #settings: SimulationSettings
  readonly #network: SimulatedNetwork
  readonly #waits = new Set<string>()
  #services: ServiceImplementations | undefined
  #failure: Failure | undefined
  readonly #states: StateRecorder | undefined
  #draining = true
  #asksInStep = 0

  constructor(settings: SimulationSettings) {
    this.#settings = settings
    this.random = new SeededRandomSource(settings.seed)
    this.schedulerRandom = this.random.stream('scheduler')
    this.trace = new Trace(this.clock, settings.keepsTrace)
    const schedule = scheduleOf(settings.schedule, this.random.stream('schedule'))
    this.agenda =
      schedule === undefined
        ? new TimedAgenda(this.clock, this.schedulerRandom)
        : new ChoosingAgenda(this.clock, schedule, this.trace)
    this.#states = settings.keepsStates ? new StateRecorder(this.trace) : undefined
    this.scopes = new Scopes({
      nowOn: (node) => (node === mainNode ? this.main : this.failingNode(node)).now(),
      stream: (purpose) => this.random.stream(purpose),
      leak: (error) => this.fail({ reason: 'determinism', what: error.message, cause: error }),
    })
    this.strengths = drawStrengths(settings.knobs, settings.swarm, this.random.stream('strengths'))
    const inject = (kind: FaultKind) => {
      this.injected[kind]++
    }
    this.#network = new SimulatedNetwork(this, settings.latency, inject)
    this.main = this.#addNode(mainNode, {})
    this.nodes = settings.nodes.map((name) => this.#addNode(name, this.#diskFaults()))
    this.nemesis = new Nemesis(this, this.#network, this.nodes, inject, (node, epoch) => {
      void this.world.nodeUp(node, epoch)
    })
    this.faultPoints = new FaultPoints(this, settings.points, (node, error) => this.nemesis.nodeFailed(node, error))
    this.view = systemView([this.main, ...this.nodes], this.#network, () => this.clock.now())
    this.properties = this.#properties()
    this.main.start()
    this.world = new SimulatedWorld(this)
    this.main.startServices()
    for (const node of this.nodes) node.start()
    this.#network.announceAll()
    const { loss, duplicate, reorder } = this.strengths
    this.#network.faults = { loss, duplicate, reorder }
    this.nemesis.begin(this.strengths)
  }

  get turns(): number {
    return this.nodes.reduce((sum, node) => sum + node.turns, this.main.turns)
  }

  /** The events and states that were kept. */
  get recording(): Recording {
    const { events } = this.trace
    return {
      ...(events === undefined ? {} : { trace: events }),
      ...(this.#states === undefined ? {} : { states: this.#states.changes }),
    }
  }

  /** Runs the program to its end; rejects with a {@link SimulationFailure}. */
  async run(program: (world: SimulatedWorld) => Promise<unknown>): Promise<void> {
    let finished = false
    const ended = (failure?: Failure) => {
      finished = true
      if (failure !== undefined) this.fail(failure)
    }
    this.scopes.runProgram(mainNode, 'the program', () => {
      void (async () => program(this.world))().then(
        () => ended(),
        (error) => ended({ reason: 'program', what: `the program failed: ${messageOf(error)}`, cause: error }),
      )
    })
    const isOver = () => (finished && !this.properties.undecided) || this.#failure !== undefined
    do {
      this.#draining = false
      await new Promise<void>((resolve) => returnToEventLoop(resolve))
    } while (this.#goOn(isOver))
    if (this.#failure !== undefined) throw this.#error(this.#failure)
  }

  /** Takes steps until promises are to run, or the event loop is to have its breath; false when the run is over. */
  #goOn(isOver: () => boolean): boolean {
    do {
      this.#states?.look([this.main, ...this.nodes])
      this.properties.check()
      if (isOver()) return false
      this.#next()
    } while (!this.#draining && this.trace.step % eventsPerBreath !== 0)
    return true
  }

  #next(): void {
    const { agenda, trace } = this
    const { eventsMax, virtualMsMax } = this.#settings
    const { nextTime } = agenda
    if (nextTime === undefined) {
      const waits = this.#waits.size === 0 ? 'something that no event will bring' : [...this.#waits].join(', ')
      this.fail({ reason: 'deadlock', what: `nothing can happen any more; the program waits for ${waits}` })
    } else if (nextTime > virtualMsMax) {
      this.fail({ reason: 'limit', what: `the run took more than ${virtualMsMax} virtual ms (virtualMsMax)` })
    } else if (trace.step >= eventsMax) {
      this.fail({ reason: 'limit', what: `the run took more than ${eventsMax} events (eventsMax)` })
    } else {
      trace.step++
      this.#asksInStep = 0
      try {
        agenda.runNext()
      } catch (error) {
        this.fail({ reason: 'internal', what: `the step threw: ${messageOf(error)}`, cause: error })
      }
    }
  }

  drain(): void {
    this.#draining = true
  }

  mayAsk(): boolean {
    if (++this.#asksInStep <= asksPerStepMax) return true
    const what = `the program asked ${asksPerStepMax} times within one step: let time pass before it tries again`
    this.fail({ reason: 'limit', what })
    return false
  }

  faultPoint(node: string, actor: string, name: string): Promise<void> | undefined {
    return this.faultPoints.reach(this.#network.node(node), actor, name)
  }

  /** Notes the first reason to fail; the loop ends after the step. */
  fail(failure: Failure): void {
    this.#failure ??= failure
  }

  /** `promise`, noted as what the program waits for while it is pending. */
  waiting<Result>(what: string, promise: Promise<Result>): Promise<Result> {
    this.#waits.add(what)
    const done = () => void this.#waits.delete(what)
    promise.then(done, done)
    return promise
  }

  observe(listener: TraceListener): void {
    this.trace.observe((event) => {
      try {
        this.scopes.runProgram(mainNode, 'an observer', () => listener(event))
      } catch (error) {
        this.fail({ reason: 'check', what: `an observer threw: ${messageOf(error)}`, cause: error })
      }
    })
  }

  /** The node of that name that may fail; throws a `ConfigurationError` when there is none. */
  failingNode(name: string): SimulatedNode {
    if (name === mainNode) throw new ConfigurationError(`node ${mainNode} is the program's own: it never fails`)
    return this.#network.node(name)
  }

  heal(): void {
    this.#network.faults = { loss: 0, duplicate: 0, reorder: 0 }
    for (const { disk } of this.nodes) disk.faults = usualDisk
    this.faultPoints.injecting = false
    this.nemesis.heal()
    this.properties.healed = true
  }

  /** Ends every node, its services too: the system was stopped. */
  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.main].map((node) => node.stop()))
    this.drain()
  }

  #properties(): Properties {
    const simulation = this
    return new Properties({
      clock: this.clock,
      view: this.view,
      get failed() {
        return simulation.#failure !== undefined
      },
      evaluate: (what, predicate) => this.scopes.runProgram(mainNode, what, predicate),
      breach: (breach) => this.fail(breach),
      drain: () => this.drain(),
    })
  }

  #error(failure: Failure): SimulationFailure {
    const { reason, what, property, cause } = failure
    const facts = {
      seed: this.#settings.seed,
      reason,
      virtualMs: this.clock.now(),
      step: this.trace.step,
      hash: this.trace.digest,
      lastEvents: this.trace.lastEvents(),
      claims: this.properties.claims,
      ...(property === undefined ? {} : { property }),
    }
    return this.#errorOf(reason, what, facts, cause).withRecording(this.recording)
  }

  #errorOf(reason: FailureReason, what: string, facts: FailureFacts, cause: unknown): SimulationFailure {
    if (reason === 'deadlock') return new SimulationDeadlockError(what, facts)
    if (reason === 'limit') return new SimulationLimitError(what, facts)
    if (facts.property !== undefined) return new PropertyFailure(what, facts, cause)
    return new SimulationFailure(what, facts, cause)
  }

  // Nodes.

  #addNode(name: string, faults: DiskFaults): SimulatedNode {
    const isMain = name === mainNode
    const disk = new SimulatedDisk({
      schedule: (delayMs, run) => {
        const { epoch } = node
        this.clock.schedule(delayMs, () => node.perform(epoch, run))
      },
      random: this.random.stream(`disk of ${name}`),
      faults: { ...usualDisk, ...faults },
      observe: ({ kind, file, offset }) => {
        this.trace.record({ type: 'disk', node: name, kind, file, offset })
        const fault = diskFaultKinds[kind]
        if (fault !== undefined) this.injected[fault]++
      },
    })
    const clockAheadMs = isMain ? 0 : this.random.stream('clocks').float() * this.strengths.clockSkewMs
    if (clockAheadMs > 0) this.injected.clockSkewMs++
    const clockDrift = isMain ? 0 : (2 * this.random.stream('clock drift').float() - 1) * this.strengths.clockDrift
    if (clockDrift !== 0) this.injected.clockDrift++
    const node: SimulatedNode = new SimulatedNode(this, {
      name,
      isMain,
      clockAheadMs,
      clockRate: 1 + clockDrift,
      disk,
      network: this.#network,
      failed: (error) => this.nemesis.nodeFailed(node, error),
      forward: (events) => this.#forward(events, name),
      services: () => this.#servicesOf(),
      placement: this.#settings.placement,
      taskMs: this.#settings.taskMs,
      metrics: this.#settings.metrics,
      logLevel: this.#settings.logLevel,
      askCyclesAfterMs: this.#settings.askCyclesAfterMs,
    })
    this.#network.add(node)
    return node
  }

  #diskFaults(): DiskFaults {
    const { diskLatencyMs, diskStall, tornWrite, syncFailure, writeFailure, misdirectedRead } = this.strengths
    if (diskLatencyMs > 0) this.injected.diskLatencyMs++
    return {
      latencyMsMax: Math.max(diskLatencyMsUsual, diskLatencyMs),
      stall: diskStall,
      tornWrite,
      syncFailure,
      writeFailure,
      misdirectedRead,
    }
  }

  /** Tells the trace of failures on a node, and the program of everything that its actors tell their operators. */
  #forward(events: EventStream, name: string): void {
    events.on('failure', ({ actor, message, error, directive }) => {
      this.trace.record({ type: 'failure', node: name, actor, message, error, directive })
    })
    if (name === mainNode) return
    const { events: all } = this.world
    events.on('deadLetter', (letter) => all.emit('deadLetter', letter))
    events.on('failure', (failure) => all.emit('failure', failure))
    events.on('lateRejection', (rejection) => all.emit('lateRejection', rejection))
    events.on('restarted', (restart) => all.emit('restarted', restart))
    events.on('escalated', (escalation) => all.emit('escalated', escalation))
    events.on('journalOpened', (opening) => all.emit('journalOpened', opening))
    events.on('serviceFailed', (failure) => all.emit('serviceFailed', failure))
    events.on('log', (entry) => all.emit('log', entry))
  }

  #servicesOf(): ServiceImplementations {
    const { services } = this.#settings
    if (typeof services !== 'function') return services
    this.#services ??= services(this.world)
    return this.#services
  }
}

const usualDisk: DiskFaults = { latencyMsMin: diskLatencyMsMin, latencyMsMax: diskLatencyMsUsual, stallMs: diskStallMs }

const diskFaultKinds: Readonly<Record<string, FaultKind | undefined>> = {
  stall: 'diskStall',
  'write torn': 'tornWrite',
  'sync failure': 'syncFailure',
  'write failure': 'writeFailure',
  'misdirected read': 'misdirectedRead',
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
