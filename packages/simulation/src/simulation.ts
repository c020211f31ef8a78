/**
 * One run: its nodes, network, nemesis and invariants, and the loop that takes one event after the other.
 *
 *     program ── awaits ──┐                      ┌─> node.perform ─> kernel.step / receive / timer / disk
 *                         v                      │
 *     loop: next event of the clock ─> run it ───┴─> nemesis
 *             └─> let promises run (only if some were settled) ─> invariants ─> limits ─> next
 *
 * Nothing but the clock's order and the seeded streams decides what comes next. Promises run between two events, to the
 * last microtask, which a return to the event loop makes sure of; events that settle none do not pay for it.
 */
import {
  ConfigurationError,
  type EventStream,
  type LogLevel,
  type PlacementPolicies,
  type RandomSource,
  type ServiceImplementations,
} from '@troupe/core'
import { DefinitionRegistry, SeededRandomSource, VirtualClock } from '@troupe/core/host'
import { BranchingRandomSource } from './branching-random.ts'
import { type SystemView, systemView } from './cell-view.ts'
import { type Delivery, drawStrengths, type FaultKind, type FaultKnobs, noFaults } from './fault-knobs.ts'
import type { FaultPlan, PlannedFault, PlannedMessageFault } from './fault-plan.ts'
import { recordedFaultsMax } from './message-faults.ts'
import { Nemesis } from './nemesis.ts'
import { CheckpointTaker, type RunRecord } from './run-record.ts'
import { Scopes } from './scopes.ts'
import { type DiskFaults, SimulatedDisk } from './simulated-disk.ts'
import { type NetworkLatency, SimulatedNetwork } from './simulated-network.ts'
import { SimulatedNode } from './simulated-node.ts'
import { type Invariant, mainNode, SimulatedWorld } from './simulated-world.ts'
import type { SimulationCore } from './simulation-core.ts'
import {
  type FailureReason,
  SimulationDeadlockError,
  SimulationFailure,
  SimulationLimitError,
} from './simulation-errors.ts'
import { Trace, type TraceListener } from './trace.ts'

/** Where a run goes on with other choices than its seed's. */
export interface Branch {
  /** The step after which it does. */
  readonly afterStep: number
  /** All random streams are those of this seed from then on. */
  readonly seed: number
  /** What goes wrong from then on: `chance` (the default) decides anew, or the `plan` goes on. */
  readonly faults?: 'chance' | 'plan'
}

/** What is called at a step. */
export interface StepCall {
  /** Called once this many steps were taken, or at the run's end if it is shorter. */
  readonly step: number
  /** `'stop'` ends the run there, as one that went well. */
  call(world: SimulatedWorld): 'stop' | 'go on'
}

/** The options of a run, with every default filled in. */
export interface SimulationSettings {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly knobs: FaultKnobs
  readonly swarm: boolean
  readonly delivery: Delivery
  readonly latency: NetworkLatency
  readonly services: ServiceImplementations | ((world: SimulatedWorld) => ServiceImplementations)
  readonly placement: PlacementPolicies
  readonly taskMs: number
  readonly eventsMax: number
  readonly virtualMsMax: number
  readonly keepsTrace: boolean
  readonly metrics: boolean
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
  readonly plan: FaultPlan | undefined
  readonly records: boolean
  readonly branch: Branch | undefined
  readonly atStep: StepCall | undefined
}

/** What made a run fail. */
interface Failure {
  readonly reason: FailureReason
  readonly what: string
  readonly invariant?: string
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
  readonly random: RandomSource
  readonly schedulerRandom
  readonly trace: Trace
  readonly scopes: Scopes
  readonly definitions = new DefinitionRegistry()
  readonly main: SimulatedNode
  /** The nodes that may fail. */
  readonly nodes: readonly SimulatedNode[]
  readonly nemesis: Nemesis
  readonly world: SimulatedWorld
  readonly view: SystemView
  /** The faults' strengths that this seed drew. */
  readonly strengths: Required<FaultKnobs>
  readonly injected = noFaults()
  invariantChecks = 0
  readonly #settings: SimulationSettings
  readonly #network: SimulatedNetwork
  readonly #invariants = new Map<string, Invariant>()
  readonly #waits = new Set<string>()
  #services: ServiceImplementations | undefined
  #failure: Failure | undefined
  #draining = true
  #asksInStep = 0
  readonly #recorded:
    | { faults: PlannedFault[]; messages: PlannedMessageFault[]; checkpoints: CheckpointTaker }
    | undefined
  #deliveries = 0
  #stepsAhead: readonly { readonly step: number; readonly run: () => void }[]
  #stopped = false

  constructor(settings: SimulationSettings) {
    this.#settings = settings
    const { plan, branch, atStep } = settings
    const branching = branch === undefined ? undefined : new BranchingRandomSource(settings.seed)
    this.random = branching ?? new SeededRandomSource(settings.seed)
    if (settings.records) this.#recorded = { faults: [], messages: [], checkpoints: new CheckpointTaker() }
    this.schedulerRandom = this.random.stream('scheduler')
    this.trace = new Trace(this.clock, settings.keepsTrace)
    this.scopes = new Scopes({
      nowOn: (node) => (node === mainNode ? this.main : this.failingNode(node)).now(),
      stream: (purpose) => this.random.stream(purpose),
      leak: (error) => this.fail({ reason: 'determinism', what: error.message, cause: error }),
    })
    this.strengths = plan?.strengths ?? drawStrengths(settings.knobs, settings.swarm, this.random.stream('strengths'))
    const inject = (kind: FaultKind) => {
      this.injected[kind]++
    }
    this.#network = new SimulatedNetwork(this, settings.latency, inject, {
      ...(plan === undefined ? {} : { planned: plan.messages }),
      ...(this.#recorded === undefined ? {} : { recorded: this.#recorded.messages }),
    })
    this.main = this.#addNode(mainNode, {})
    this.nodes = settings.nodes.map((name) => this.#addNode(name, this.#diskFaults()))
    const nodeUp = (node: string, epoch: number) => void this.world.nodeUp(node, epoch)
    this.nemesis = new Nemesis(this, this.#network, this.nodes, inject, nodeUp, this.#recorded?.faults)
    this.view = systemView([this.main, ...this.nodes], () => this.clock.now())
    this.main.start()
    this.world = new SimulatedWorld(this)
    this.main.startServices()
    for (const node of this.nodes) node.start()
    this.#network.announceAll()
    const { loss, duplicate, reorder } = this.strengths
    this.#network.faults = { loss, duplicate, reorder }
    if (plan === undefined) this.nemesis.begin(this.strengths)
    else this.nemesis.follow(plan.faults)
    if (this.#recorded !== undefined) {
      this.trace.observe(({ type }) => {
        if (type === 'delivered') this.#deliveries++
      })
    }
    this.#stepsAhead = [
      ...(branch === undefined ? [] : [{ step: branch.afterStep, run: () => this.#branch(branch, branching) }]),
      ...(atStep === undefined ? [] : [{ step: atStep.step, run: () => this.#call(atStep) }]),
    ]
  }

  /** What the run has been so far; `undefined` unless it is recorded. */
  get record(): RunRecord | undefined {
    if (this.#recorded === undefined) return undefined
    const { faults, messages, checkpoints } = this.#recorded
    if (messages.length > recordedFaultsMax) {
      throw new ConfigurationError(
        `the run has more than ${recordedFaultsMax} faults of messages: it cannot be recorded`,
      )
    }
    return {
      plan: { strengths: this.strengths, faults, messages },
      checkpoints: checkpoints.checkpoints,
      injected: this.injected,
      turns: this.turns,
      deliveries: this.#deliveries,
    }
  }

  get turns(): number {
    return this.nodes.reduce((sum, node) => sum + node.turns, this.main.turns)
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
    for (;;) {
      if (this.#draining || this.trace.step % eventsPerBreath === 0) {
        this.#draining = false
        await new Promise<void>((resolve) => returnToEventLoop(resolve))
      }
      this.#checkInvariants()
      this.#recorded?.checkpoints.note(this.trace.step, this.trace.digest)
      const isOver = finished || this.#failure !== undefined
      if (this.#stepsAhead.length > 0) this.#reach(isOver ? Number.POSITIVE_INFINITY : this.trace.step)
      if (isOver || this.#stopped) break
      this.#next()
    }
    if (this.#failure !== undefined) throw this.#error(this.#failure)
  }

  /** Does what is to be done after `step`. */
  #reach(step: number): void {
    const due = this.#stepsAhead.filter((ahead) => ahead.step <= step)
    this.#stepsAhead = this.#stepsAhead.filter((ahead) => ahead.step > step)
    for (const { run } of due) run()
  }

  #branch({ seed, faults = 'chance' }: Branch, random: BranchingRandomSource | undefined): void {
    random?.branch(seed)
    if (faults === 'plan' || this.#settings.plan === undefined) return
    this.#network.messageFaults.leaveToChance()
    this.nemesis.leaveToChance(this.strengths)
  }

  #call({ call }: StepCall): void {
    if (call(this.world) === 'stop') this.#stopped = true
  }

  #next(): void {
    const { clock, trace } = this
    const { eventsMax, virtualMsMax } = this.#settings
    const { nextTime } = clock
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
        clock.runNext()
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

  addInvariant(name: string, invariant: Invariant): void {
    if (this.#invariants.has(name)) throw new ConfigurationError(`there is an invariant ${name} already`)
    this.#invariants.set(name, invariant)
  }

  /** The node of that name that may fail; throws a `ConfigurationError` when there is none. */
  failingNode(name: string): SimulatedNode {
    if (name === mainNode) throw new ConfigurationError(`node ${mainNode} is the program's own: it never fails`)
    return this.#network.node(name)
  }

  heal(): void {
    this.#network.faults = { loss: 0, duplicate: 0, reorder: 0 }
    this.#network.messageFaults.heal()
    for (const { disk } of this.nodes) disk.faults = usualDisk
    this.nemesis.heal()
  }

  /** Ends every node, its services too: the system was stopped. */
  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.main].map((node) => node.stop()))
    this.drain()
  }

  #checkInvariants(): void {
    for (const [name, invariant] of this.#invariants) {
      if (this.#failure !== undefined) return
      this.invariantChecks++
      try {
        if (this.scopes.runProgram(mainNode, `invariant ${name}`, () => invariant(this.view)) !== false) continue
        this.fail({ reason: 'invariant', invariant: name, what: `invariant ${name} does not hold` })
      } catch (error) {
        const what = `invariant ${name}: ${messageOf(error)}`
        this.fail({ reason: 'invariant', invariant: name, what, cause: error })
      }
    }
  }

  #error(failure: Failure): SimulationFailure {
    const { reason, what, invariant, cause } = failure
    const facts = {
      seed: this.#settings.seed,
      reason,
      what,
      virtualMs: this.clock.now(),
      step: this.trace.step,
      hash: this.trace.digest,
      lastEvents: this.trace.lastEvents(),
      ...(invariant === undefined ? {} : { invariant }),
      ...(this.record === undefined ? {} : { record: this.record }),
    }
    if (reason === 'deadlock') return new SimulationDeadlockError(what, facts)
    if (reason === 'limit') return new SimulationLimitError(what, facts)
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
    const node: SimulatedNode = new SimulatedNode(this, {
      name,
      isMain,
      clockAheadMs,
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
    const { diskLatencyMs, diskStall, tornWrite, syncFailure, writeFailure } = this.strengths
    if (diskLatencyMs > 0) this.injected.diskLatencyMs++
    return {
      latencyMsMax: Math.max(diskLatencyMsUsual, diskLatencyMs),
      stall: diskStall,
      tornWrite,
      syncFailure,
      writeFailure,
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
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
