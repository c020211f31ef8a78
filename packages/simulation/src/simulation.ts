/**
 * One run: its nodes, network, nemesis and properties, and the loop that takes one event after the other.
 *
 *     program ── awaits ──┐                      ┌─> node.perform ─> kernel.step / receive / timer / disk
 *                         v                      │
 *     loop: next event of the agenda ─> run it ──┴─> nemesis
 *             └─> let promises run (only if some were made or settled) ─> properties ─> limits ─> next
 *
 * Nothing but the agenda's order and the seeded streams decides what comes next. Promises run between two events, to the
 * last microtask, which a return to the event loop makes sure of; events that make or settle none do not pay for it.
 */
import {
  type ActorDefinition,
  ConfigurationError,
  mainNode,
  type RandomSource,
  type ServiceImplementations,
} from '@troupe/core'
import { DefinitionRegistry, SeededRandomSource, VirtualClock } from '@troupe/core/host'
import { type Agenda, ChoosingAgenda, TimedAgenda } from './agenda.ts'
import { BranchingRandomSource } from './branching-random.ts'
import { ReadView } from './cell-view.ts'
import { ChangedCells } from './changed-cells.ts'
import { FaultDecisions } from './fault-decisions.ts'
import { drawStrengths, type FaultKind, type FaultKnobs, noFaults } from './fault-knobs.ts'
import { FaultPoints } from './fault-points.ts'
import { LatencyDraw } from './latency.ts'
import { Nemesis } from './nemesis.ts'
import { healthyDisk, NodeFactory } from './node-factory.ts'
import { PlannedSchedule } from './planned-schedule.ts'
import { Properties, type PropertyHost } from './properties.ts'
import { failureError, messageOf, type RunFailure } from './run-failure.ts'
import type { RunRecord } from './run-record.ts'
import { RunRecorder } from './run-recorder.ts'
import { scheduleOf } from './schedule-options.ts'
import { continuations, type ProgramScopes, Scopes } from './scopes.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { SimulationCore } from './simulation-core.ts'
import type { Recording, SimulationFailure } from './simulation-errors.ts'
import type { Branch, SimulationSettings, StepCall } from './simulation-settings.ts'
import { StateRecorder } from './state-recorder.ts'
import { loopOf } from './step-loop.ts'
import { TimedFaults } from './timed-faults.ts'
import { type ObserveOptions, Trace, type TraceListener } from './trace.ts'

/** How many times its usual latency a message that is held up takes longer at most. */
const reorderFactor = 10
/** Events after which a return to the event loop is made in any case, so that the process stays responsive: a power of two. */
const eventsPerBreath = 1_024
/** Latencies of a link that are drawn at once. */
const latenciesAtOnce = 16
/** Asks of the program in one step beyond which it is taken to be in a loop. */
const asksPerStepMax = 10_000

export class Simulation implements SimulationCore, PropertyHost {
  readonly clock = new VirtualClock()
  readonly random: RandomSource
  readonly schedulerRandom
  readonly trace: Trace
  readonly scopes: Scopes
  readonly changedCells = new ChangedCells()
  readonly definitions = new DefinitionRegistry()
  readonly agenda: Agenda
  readonly main: SimulatedNode
  /** The nodes that may fail. */
  readonly nodes: readonly SimulatedNode[]
  readonly nemesis: Nemesis
  readonly faultPoints: FaultPoints
  readonly decisions: FaultDecisions
  readonly #timedFaults: TimedFaults
  readonly #recorder: RunRecorder | undefined
  readonly #plannedSchedule: PlannedSchedule | undefined
  readonly world: SimulatedWorld
  readonly view: ReadView
  /** The faults' strengths that this seed drew. */
  readonly strengths: Required<FaultKnobs>
  readonly injected = noFaults()
  readonly properties: Properties
  readonly #settings: SimulationSettings
  readonly #network: SimulatedNetwork
  readonly #waits = new Set<string>()
  #services: ServiceImplementations | undefined
  #failure: RunFailure | undefined
  readonly #states: StateRecorder | undefined
  #stepsAhead: readonly { readonly step: number; readonly run: () => void }[]
  readonly #isWatched: boolean
  #finished = false
  #stopped = false
  #asksInStep = 0
  #scriptedSteps = 0

  constructor(settings: SimulationSettings) {
    this.#settings = settings
    const { plan, branches, atStep } = settings
    const branching = branches.length === 0 ? undefined : new BranchingRandomSource(settings.seed)
    this.random = branching ?? new SeededRandomSource(settings.seed)
    this.schedulerRandom = this.random.stream('scheduler')
    this.trace = new Trace(this.clock, settings.keepsTrace)
    this.#recorder = settings.records ? new RunRecorder(this.trace) : undefined
    const chosen = scheduleOf(settings.schedule, this.random.stream('schedule'))
    if (chosen !== undefined && (settings.records || plan?.deviations !== undefined)) {
      this.#plannedSchedule = new PlannedSchedule(chosen.schedule, plan?.deviations, this.#recorder?.deviations)
    }
    const schedule = this.#plannedSchedule === undefined ? chosen : { ...chosen!, schedule: this.#plannedSchedule }
    this.agenda =
      schedule === undefined
        ? new TimedAgenda(this.clock, this.schedulerRandom)
        : new ChoosingAgenda(this.clock, schedule, this.trace)
    this.#states = settings.keepsStates ? new StateRecorder(this.trace) : undefined
    this.#isWatched = settings.records || settings.keepsStates
    this.scopes = new Scopes({
      nowOn: (node) => (node === mainNode ? this.main : this.failingNode(node)).now(),
      stream: (purpose) => this.random.stream(purpose),
      leak: (error) => this.fail({ reason: 'determinism', what: error.message, cause: error }),
    })
    this.strengths = plan?.strengths ?? drawStrengths(settings.knobs, settings.swarm, this.random.stream('strengths'))
    const inject = (kind: FaultKind) => {
      this.injected[kind]++
    }
    const latency = new LatencyDraw(settings.latency)
    this.decisions = new FaultDecisions({
      random: this.random,
      inject,
      messageDelayMs: (random) => latency.ms(random) * (1 + random.int(reorderFactor)),
      recorded: this.#recorder?.strikes,
      planned: plan?.strikes,
      countsAll: branching !== undefined,
    })
    this.#network = new SimulatedNetwork(
      this,
      settings.latency,
      this.decisions,
      plan?.late,
      // At a branch the streams become others.
      branching === undefined ? latenciesAtOnce : 1,
    )
    const factory = new NodeFactory({
      core: this,
      settings,
      strengths: this.strengths,
      injected: this.injected,
      decisions: this.decisions,
      network: this.#network,
      traits: this.#recorder?.traits,
      failed: (node, error) => this.nemesis.nodeFailed(node, error),
      services: () => this.#servicesOf(),
      world: () => this.world,
    })
    this.main = factory.make(mainNode)
    this.nodes = settings.nodes.map((name) => factory.make(name))
    this.nemesis = new Nemesis(this, this.#network, this.nodes, this.decisions, inject, (node, epoch) => {
      void this.world.nodeUp(node, epoch)
    })
    const { nemesis, nodes } = this
    this.#timedFaults = new TimedFaults({ core: this, nodes, nemesis, inject, recorded: this.#recorder?.faults })
    this.faultPoints = new FaultPoints(this, settings.points, this.decisions, (node, error) =>
      nemesis.nodeFailed(node, error),
    )
    this.view = new ReadView({
      nodes: [this.main, ...this.nodes],
      changedCells: this.changedCells,
      network: this.#network,
      now: () => this.clock.now(),
    })
    this.properties = new Properties(this)
    this.main.start()
    this.world = new SimulatedWorld(this)
    this.main.startServices()
    for (const node of this.nodes) node.start()
    this.#network.announceAll()
    const { loss, duplicate, reorder } = this.strengths
    this.#network.faults = { loss, duplicate, reorder }
    this.nemesis.crashRecovering = this.strengths.crashRecovering
    if (plan === undefined) this.#timedFaults.begin(this.strengths)
    else this.#timedFaults.follow(plan.faults)
    this.#stepsAhead = [
      ...branches.map((branch) => ({ step: branch.afterStep, run: () => this.#branch(branch, branching) })),
      ...(atStep === undefined ? [] : [{ step: atStep.step, run: () => this.#call(atStep) }]),
    ]
  }

  get turns(): number {
    return this.nodes.reduce((sum, node) => sum + node.turns, this.main.turns)
  }

  /** What the run has been so far; `undefined` unless it is recorded. */
  get record(): RunRecord | undefined {
    return this.#recorder?.record({ strengths: this.strengths, injected: this.injected, plan: this.#settings.plan })
  }

  /** The events and states that were kept, and the record. */
  get recording(): Recording {
    const { events } = this.trace
    const { record } = this
    return {
      ...(record === undefined ? {} : { record }),
      ...(events === undefined ? {} : { trace: events }),
      ...(this.#states === undefined ? {} : { states: this.#states.changes }),
    }
  }

  /** Runs the program to its end; rejects with a {@link SimulationFailure}. */
  async run(program: (world: SimulatedWorld) => Promise<unknown>): Promise<void> {
    const ended = (failure?: RunFailure) => {
      this.#finished = true
      if (failure !== undefined) this.fail(failure)
    }
    this.scopes.runProgram(mainNode, 'the program', () => {
      void (async () => program(this.world))().then(
        () => ended(),
        (error) => ended({ reason: 'program', what: `the program failed: ${messageOf(error)}`, cause: error }),
      )
    })
    await loopOf(() => this.#goOn())
    if (this.#failure !== undefined) throw this.#error(this.#failure)
  }

  /** Takes steps until promises are to run, or the event loop is to have its breath; false when the run is over. */
  #goOn(): boolean {
    const { trace, properties, changedCells, agenda } = this
    const { eventsMax, virtualMsMax } = this.#settings
    continuations.areDue = false
    do {
      if (this.#isWatched) this.#look()
      properties.check()
      changedCells.endStep()
      const over = this.#failure !== undefined || (this.#finished && !properties.undecided)
      if (this.#stepsAhead.length > 0) this.#reach(over ? Number.POSITIVE_INFINITY : trace.step)
      if (over || this.#stopped) return false
      if (trace.step >= eventsMax) {
        this.#failToGoOn()
        continue
      }
      trace.step++
      this.#asksInStep = 0
      try {
        if (agenda.runNext(virtualMsMax)) continue
        trace.step--
        this.#failToGoOn()
      } catch (error) {
        this.fail({ reason: 'internal', what: `the step threw: ${messageOf(error)}`, cause: error })
      }
    } while (!continuations.areDue && (trace.step & (eventsPerBreath - 1)) !== 0)
    return true
  }

  /** Looks at the run after a step, for its record and for the states that are kept. */
  #look(): void {
    this.#states?.look([this.main, ...this.nodes])
    const { trace } = this
    if (this.#recorder?.checkpoints.isDue(trace.step)) this.#recorder.checkpoints.note(trace.step, trace.digest)
  }

  /** Does what is to be done after `step`. */
  #reach(step: number): void {
    const due = this.#stepsAhead.filter((ahead) => ahead.step <= step)
    this.#stepsAhead = this.#stepsAhead.filter((ahead) => ahead.step > step)
    for (const { run } of due) run()
  }

  #branch({ seed, isPlanned = false }: Branch, random: BranchingRandomSource | undefined): void {
    random?.branch(seed)
    if (this.#settings.plan === undefined) return
    if (isPlanned) {
      this.#timedFaults.branch()
      return
    }
    this.decisions.leaveToChance()
    this.#plannedSchedule?.leaveToChance()
    this.#timedFaults.branchToChance(this.strengths)
  }

  #call({ call }: StepCall): void {
    if (call(this.world) === 'stop') this.#stopped = true
  }

  /** Whether the next step of the program's own plans takes part, asked once for each as they are written. */
  takesPart(): boolean {
    const number = ++this.#scriptedSteps
    const { plan } = this.#settings
    if (plan?.scripted !== undefined && !plan.scripted.includes(number)) return false
    this.#recorder?.scripted.push(number)
    return true
  }

  /** There is no next step. */
  #failToGoOn(): void {
    const { eventsMax, virtualMsMax } = this.#settings
    const { nextTime } = this.agenda
    if (nextTime === undefined) {
      const waits = this.#waits.size === 0 ? 'something that no event will bring' : [...this.#waits].join(', ')
      this.fail({ reason: 'deadlock', what: `nothing can happen any more; the program waits for ${waits}` })
    } else if (nextTime > virtualMsMax) {
      this.fail({ reason: 'limit', what: `the run took more than ${virtualMsMax} virtual ms (virtualMsMax)` })
    } else this.fail({ reason: 'limit', what: `the run took more than ${eventsMax} events (eventsMax)` })
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

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  hasChanged(definition: ActorDefinition<any, any>): boolean {
    return this.changedCells.has(definition)
  }

  programScopes(what: string): ProgramScopes {
    return this.scopes.program(mainNode, what)
  }

  /** Notes the first reason to fail; the loop ends after the step. */
  fail(failure: RunFailure): void {
    this.#failure ??= failure
  }

  /** `promise`, noted as what the program waits for while it is pending. */
  waiting<Result>(what: string, promise: Promise<Result>): Promise<Result> {
    this.#waits.add(what)
    const done = () => void this.#waits.delete(what)
    promise.then(done, done)
    return promise
  }

  observe(listener: TraceListener, options: ObserveOptions): void {
    const observer = this.programScopes('an observer')
    this.trace.observe((event) => {
      try {
        observer.run(listener, event)
      } catch (error) {
        this.fail({ reason: 'check', what: `an observer threw: ${messageOf(error)}`, cause: error })
      }
    }, options)
  }

  /** The node of that name that may fail; throws a `ConfigurationError` when there is none. */
  failingNode(name: string): SimulatedNode {
    if (name === mainNode) throw new ConfigurationError(`node ${mainNode} is the program's own: it never fails`)
    return this.#network.node(name)
  }

  heal(): void {
    this.#network.faults = { loss: 0, duplicate: 0, reorder: 0 }
    for (const { disk } of this.nodes) disk.faults = healthyDisk
    this.faultPoints.injecting = false
    this.decisions.heal()
    this.#timedFaults.heal()
    this.nemesis.heal()
    this.properties.healed = true
  }

  /** Ends every node, its services too: the system was stopped. */
  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.main].map((node) => node.stop()))
  }

  #error(failure: RunFailure): SimulationFailure {
    const error = failureError(failure, {
      seed: this.#settings.seed,
      virtualMs: this.clock.now(),
      step: this.trace.step,
      hash: this.trace.digest,
      lastEvents: this.trace.lastEvents(),
      claims: this.properties.claims,
    })
    return error.withRecording(this.recording)
  }

  #servicesOf(): ServiceImplementations {
    const { services } = this.#settings
    if (typeof services !== 'function') return services
    this.#services ??= services(this.world)
    return this.#services
  }
}
