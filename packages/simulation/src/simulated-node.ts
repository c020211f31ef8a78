/**
 * One simulated machine: a kernel while it is up, a disk that outlasts it, a clock that may be ahead, and a name and an
 * epoch by which the others know it. Everything that happens on it goes through `perform`, which does nothing once the
 * incarnation that it was meant for is gone, and waits while the machine is paused.
 */
import {
  type Clock,
  ConfigurationError,
  type EventStream,
  type LogLevel,
  mainNode,
  type NodeInspection,
  type PlacementPolicies,
  type RandomStream,
  type ScheduledTask,
  type ServiceImplementations,
} from '@troupe/core'
import {
  type ActorCell,
  downNode,
  InPlaceTasks,
  type InspectionLimits,
  inspectNode,
  type KernelPorts,
  metricsClockOf,
  NodeServices,
} from '@troupe/core/host'
import type { PickCell, Stepper, TurnGiver, TurnTaker } from './agenda.ts'
import type { Flight } from './flight.ts'
import { JournalRecords } from './journal-records.ts'
import { NodeScopes, simulatedScopes } from './scopes.ts'
import type { CrashKind, SimulatedDisk } from './simulated-disk.ts'
import { SimulatedKernel } from './simulated-kernel.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { SimulationCore } from './simulation-core.ts'

/** The shortest and the longest time that one turn takes, in milliseconds. */
const turnMsMin = 0.002
const turnMsMax = 0.05
/**
 * The size at which a segment of a journal is full. Small, so that a recovery reads about what is live and not all of a long
 * run, and segments are begun and removed within seconds.
 */
const segmentBytesMax = 16 * 1024

/** What a node is made of. */
export interface SimulatedNodeOptions {
  readonly name: string
  /** The node of the program, which never fails: what happens there may resume the program. */
  readonly isMain: boolean
  readonly clockAheadMs: number
  /** Milliseconds that its clock counts for each one that passes. Timers go by it. */
  readonly clockRate: number
  readonly disk: SimulatedDisk
  readonly network: SimulatedNetwork
  /** Called when the node cannot go on (its journal failed, or its services did not start): it is to be crashed. */
  readonly failed: (error: Error) => void
  /** Makes the stream of what actors of the node tell the world: failures, dead letters, logs. */
  readonly events: () => EventStream
  readonly services: () => ServiceImplementations
  readonly placement: PlacementPolicies
  /** Virtual milliseconds that a task takes. */
  readonly taskMs: number
  readonly metrics: boolean
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
}

export class SimulatedNode implements TurnTaker {
  readonly name: string
  readonly isMain: boolean
  /** -1 before the first start. */
  epoch = -1
  /** The kernel of this epoch: halted while the node is down. */
  kernel: SimulatedKernel | undefined
  paused = false
  readonly #core: SimulationCore
  readonly #scopes: NodeScopes
  readonly #options: SimulatedNodeOptions
  readonly disk: SimulatedDisk
  /** What the journals on the disk hold. */
  readonly records: JournalRecords
  #crashedEpoch = -1
  #backlog: (() => void)[] = []
  /** Milliseconds by which the clock was set ahead, or back, since the run began. */
  #clockJumpedMs = 0
  /** Turns of the kernels of earlier epochs. */
  #turnsBefore = 0

  constructor(core: SimulationCore, options: SimulatedNodeOptions) {
    this.#core = core
    this.#options = options
    this.name = options.name
    this.#scopes = new NodeScopes(options.name)
    this.isMain = options.isMain
    this.disk = options.disk
    this.records = new JournalRecords(options.name)
  }

  get isUp(): boolean {
    return this.kernel?.alive === true
  }

  get runnableCells(): Iterable<ActorCell> {
    return this.kernel?.runnableCells ?? []
  }

  get turns(): number {
    return this.#turnsBefore + (this.kernel?.turns ?? 0)
  }

  /** Milliseconds by this node's clock. */
  now(): number {
    const { clockAheadMs, clockRate } = this.#options
    return Math.max(0, Math.floor(this.#core.clock.now() * clockRate + clockAheadMs + this.#clockJumpedMs))
  }

  /** Milliseconds of this machine's own, which no jump of its clock changes. */
  monotonicNow(): number {
    return this.#core.clock.now() * this.#options.clockRate
  }

  /** Sets its clock ahead; back, when `byMs` is below 0. What was to happen in so many milliseconds still does. */
  jumpClock(byMs: number): void {
    this.#clockJumpedMs += byMs
  }

  /** Starts the machine with an empty kernel over what its disk holds. */
  start(): void {
    if (this.isUp) throw new ConfigurationError(`node ${this.name} is up already`)
    this.#turnsBefore = this.turns
    this.epoch++
    const turns = new NodeTurns(this, this.epoch, this.#core)
    this.kernel = new SimulatedKernel(this.#ports(this.epoch, turns), this.#core, this.records, turns)
    this.#core.trace.record({ type: 'started', node: this.name, epoch: this.epoch, detail: `epoch ${this.epoch}` })
    if (!this.isMain) this.startServices()
  }

  /**
   * Starts what the machine's services are: with it, and on the program's own node once there is a world to make them
   * from. A machine that came back and cannot start them fails again; of one that never had them each spawn says so.
   */
  startServices(): void {
    const { kernel, epoch } = this
    if (kernel === undefined) return
    const { services, failed } = this.#options
    const starting = this.#asServices(() => kernel.ports.services.start(services()))
    if (starting === undefined) return
    starting.catch((error) => {
      if (epoch > 0 && kernel.alive) failed(error)
    })
  }

  /** Stops the services, then the machine is empty: it was ended in order. */
  async stop(): Promise<void> {
    const { kernel } = this
    if (kernel === undefined || !kernel.alive) return
    kernel.halt()
    this.resume()
    await this.#asServices(() => kernel.ports.services.stop())
  }

  /** The start of the services while it is under way; see `NodeServices.ready`. */
  get servicesReady(): Promise<void> | undefined {
    return this.kernel?.ports.services.ready
  }

  #asServices<Result>(run: () => Result): Result {
    const { scopes } = this.#core
    const asServices = () => {
      scopes.enterActor(`the services of ${this.name}`)
      return run()
    }
    return scopes.runNode(this.#scopes, asServices, undefined, undefined)
  }

  /** The machine stops at once: its actors are gone, its disk keeps what was synced; of a `process`, all that was written. */
  crash(reason: string, kind: CrashKind = 'power'): void {
    const { kernel } = this
    if (kernel === undefined || !kernel.alive) return
    this.#core.trace.record({ type: 'crashed', node: this.name, epoch: this.epoch, detail: reason })
    kernel.halt()
    kernel.ports.services.abandon()
    this.#crashedEpoch = this.epoch
    this.disk.crash(kind)
    this.records.crashed()
    this.paused = false
    this.#backlog = []
  }

  /** Gives the machine, which is down, an empty disk. */
  wipeDisk(): void {
    if (this.isUp)
      throw new ConfigurationError(`the disk of ${this.name} cannot be wiped while it is up; crash it first`)
    this.disk.wipe()
    this.records.wiped()
  }

  /** What lives on it; a paused machine does not answer. */
  inspect(limits: InspectionLimits): NodeInspection {
    const { kernel, name, epoch } = this
    if (kernel === undefined || !kernel.alive) return downNode(name, epoch)
    return this.paused ? { ...downNode(name, epoch), status: 'unresponsive' } : inspectNode(kernel, limits)
  }

  pause(): void {
    if (!this.isUp || this.paused) return
    this.paused = true
    this.#core.trace.record({ type: 'paused', node: this.name, epoch: this.epoch, detail: '' })
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#core.trace.record({ type: 'resumed', node: this.name, epoch: this.epoch, detail: '' })
    const backlog = this.#backlog
    this.#backlog = []
    // One event each, so that invariants are checked between them.
    for (const run of backlog) this.#core.clock.schedule(0, run)
  }

  /** Does what is due on this node, if it still is the one of `epoch`; later, if the node is paused. */
  perform(epoch: number, run: (kernel: SimulatedKernel) => void): void
  perform<What>(epoch: number, run: (kernel: SimulatedKernel, what: What) => void, what: What): void
  perform(epoch: number, run: (kernel: SimulatedKernel, what?: any) => void, what?: unknown): void {
    const { kernel } = this
    if (kernel === undefined || epoch !== this.epoch || !kernel.alive) return
    if (this.paused) {
      this.#putOff(epoch, run, what)
      return
    }
    this.#core.scopes.runNode(this.#scopes, run, kernel, what)
  }

  /** A method of its own: one with a function in it that may be kept makes room for what that needs at each call. */
  #putOff(epoch: number, run: (kernel: SimulatedKernel, what?: any) => void, what: unknown): void {
    this.#backlog.push(() => this.perform(epoch, run, what))
  }

  #putOffTurn(turns: NodeTurns, pick: PickCell): false {
    this.#backlog.push(() => turns.giveTurn(pick))
    return false
  }

  #ports(epoch: number, turns: NodeTurns): KernelPorts {
    const { name } = this
    const { network, failed, placement, taskMs, metrics, logLevel, askCyclesAfterMs } = this.#options
    const clock = this.#clock(epoch)
    const events = this.#options.events()
    const random = { stream: (purpose: string) => this.#core.random.stream(`${name}.${epoch} ${purpose}`) }
    const ports: KernelPorts = {
      node: name,
      epoch,
      clock,
      logLevel,
      askCyclesAfterMs,
      random,
      transport: network.transportOf(this),
      disk: this.disk.open(),
      segmentBytesMax,
      tasks: new InPlaceTasks(clock, taskMs),
      services: new NodeServices({ node: name, epoch, clock: this.#servicesClock(epoch), random, events }),
      placement,
      programNode: mainNode,
      definitions: this.#core.definitions,
      scopes: simulatedScopes((run) => void clock.schedule(0, run)),
      events,
      messages: 'copied',
      wake: () => turns.wake(),
      failed,
    }
    // A spread within a literal makes a dictionary of what comes after it.
    return metrics ? { ...ports, metrics: metricsClockOf(clock) } : ports
  }

  #clock(epoch: number): Clock {
    return {
      now: () => this.now(),
      monotonicNow: () => this.monotonicNow(),
      schedule: (delayMs, run): ScheduledTask =>
        this.#core.clock.schedule(delayMs / this.#options.clockRate, () => this.perform(epoch, runTask, run)),
    }
  }

  /** The clock of the machine's services: it goes on while they stop, after the last turn, and not after a crash. */
  #servicesClock(epoch: number): Clock {
    const perform = (run: () => void): void => {
      if (epoch !== this.epoch || epoch === this.#crashedEpoch) return
      if (this.paused) {
        this.#backlog.push(() => perform(run))
        return
      }
      this.#asServices(run)
    }
    return {
      now: () => this.now(),
      monotonicNow: () => this.monotonicNow(),
      schedule: (delayMs, run): ScheduledTask =>
        this.#core.clock.schedule(delayMs / this.#options.clockRate, () => perform(run)),
    }
  }

  /**
   * Puts a message into the mailbox that it is for, where nothing of a program runs; false when more than that is to be done,
   * or at another time. `downEpoch`: the last epoch of its sender that this node holds to be down.
   */
  takes(flight: Flight, downEpoch: number): boolean {
    const { kernel } = this
    if (kernel === undefined || !kernel.alive || this.paused || this.isMain) return false
    if (flight.toEpoch !== this.epoch || flight.epoch !== downEpoch + 1) return false
    return kernel.takes(flight)
  }

  /** Lets an actor of the kernel of `epoch` take a turn; true when there is more to do. */
  giveTurn(epoch: number, pick: PickCell, turns: NodeTurns): boolean {
    const { kernel } = this
    if (kernel === undefined || epoch !== this.epoch || !kernel.alive) return false
    if (this.paused) return this.#putOffTurn(turns, pick)
    const isMore = this.#core.scopes.runNode(this.#scopes, stepOf, kernel, pick)
    return isMore && kernel.alive
  }
}

// Functions of the module, so that none is made for each step.
const runTask = (_kernel: SimulatedKernel, run: () => void): void => run()
const stepOf = (kernel: SimulatedKernel, pick: PickCell): boolean => kernel.step(pick)

/** The turns of one node in one epoch: when they come, and whose they are. */
class NodeTurns implements TurnGiver {
  readonly #node: SimulatedNode
  readonly #epoch: number
  readonly #random: RandomStream
  readonly #stepper: Stepper

  constructor(node: SimulatedNode, epoch: number, { agenda, schedulerRandom }: SimulationCore) {
    this.#node = node
    this.#epoch = epoch
    this.#random = schedulerRandom
    this.#stepper = agenda.stepper(node, this)
  }

  /** The kernel asks for a turn. */
  wake(): void {
    this.#stepper.set(turnMsMin, turnMsMin + (turnMsMax - turnMsMin) * this.#random.float())
  }

  giveTurn(pick: PickCell): void {
    if (this.#node.giveTurn(this.#epoch, pick, this)) this.wake()
  }
}

/** The names of nodes, for the trace. */
export function namesOf(nodes: readonly SimulatedNode[]): string {
  return nodes.map(({ name }) => name).join(', ')
}
