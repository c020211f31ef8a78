/**
 * The world: a simulated cluster as the program sees it. It is an `ActorSystem`, so that what starts actors on threads
 * starts them here, with the power over time, nodes and network on top.
 */
import {
  type ActorDefinition,
  type ActorHandle,
  type ActorRef,
  ActorSystem,
  type ArgsOf,
  ConfigurationError,
  mainNode,
  NodeDownError,
  type NodeInspection,
  type NodeMetricsData,
  type ProtocolOf,
  type RandomStream,
  refKey,
  type SystemSpawnOptions,
  type TerminationReason,
} from '@troupe/core'
import { type InspectionLimits, requireOption, shownValue, toError } from '@troupe/core/host'
import type { SystemView } from './cell-view.ts'
import { checkFactor, checkGapMs, checkGroup, checkJumpMs, checkPartition } from './fault-amounts.ts'
import { type Duration, FaultPlan, type PlanHost } from './fault-plan.ts'
import type { FaultPointRule } from './fault-points.ts'
import type { Partition } from './nemesis.ts'
import type { AlwaysOptions, AlwaysPredicate, AlwaysProperty, EventuallyOptions, Predicate } from './properties.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { Simulation } from './simulation.ts'
import type { Spell } from './spells.ts'
import type { ObserveOptions, TraceListener } from './trace.ts'

export class SimulatedWorld extends ActorSystem {
  readonly #simulation: Simulation
  #nextNode = 0
  /** The epoch of each node whose roots were all started. */
  readonly #readyEpochs = new Map<string, number>()
  readonly #waitingForNodes = new Map<string, (() => void)[]>()

  /** Made by `simulate`, which hands it to the program. */
  constructor(simulation: Simulation) {
    super(simulation.main.kernel!)
    this.#simulation = simulation
  }

  /** The names of the nodes that can fail, in order; the program's own node, `main`, is not among them. */
  get nodes(): readonly string[] {
    return this.#simulation.nodes.map(({ name }) => name)
  }

  /** A random stream of the program's own. */
  get random(): RandomStream {
    return this.#simulation.random.stream('the program')
  }

  /** The nodes and actors as they are now. */
  get view(): SystemView {
    return this.#simulation.view
  }

  /** Virtual milliseconds since the start of the run. */
  now(): number {
    return this.#simulation.clock.now()
  }

  /** Resolves `ms` virtual milliseconds from now. */
  sleep(ms: number): Promise<void> {
    requireOption(Number.isFinite(ms) && ms >= 0, 'the ms of world.sleep', 'a number of milliseconds from 0', ms)
    return new Promise((resolve) => {
      this.#simulation.clock.schedule(ms, resolve)
    })
  }

  /**
   * {@link ActorSystem.spawn}; without a `node` option, on the nodes in turn, as on threads. When a crash of the node
   * takes the new actor with it, the spawn is tried again once the node is back, so that it rejects for what is wrong
   * with it and not for the run's faults.
   */
  override async spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options: SystemSpawnOptions = {},
  ): Promise<ActorHandle<ProtocolOf<Definition>>> {
    for (;;) {
      const node = this.placeRoot(options, definition)
      try {
        const starting = this.#services(node)
        if (starting !== undefined) await starting
        return await super.spawn(definition, args, { ...options, node })
      } catch (error) {
        if (!(error instanceof NodeDownError)) throw error
        await this.#whenReady(node)
      }
    }
  }

  override terminated(ref: ActorRef): Promise<TerminationReason> {
    return this.#simulation.waiting(`the end of ${refKey(ref)}`, super.terminated(ref))
  }

  // Faults on request. Each throws a ConfigurationError for a node that is not there, or is `main`.

  /** The node stops at once: its actors are gone, of its disk remains what was synced. Does nothing to one that is down. */
  crash(node: string): void {
    this.#simulation.nemesis.crash(this.#simulation.failingNode(node), 'the program crashed it')
  }

  /** Starts a node that is down; resolves when its roots that are to be restarted are. Resolves at once if it is up. */
  async restart(node: string): Promise<void> {
    const simulated = this.#simulation.failingNode(node)
    this.#simulation.nemesis.restart(simulated)
    await this.#whenReady(node)
  }

  /** The node does nothing until {@link SimulatedWorld.resume}; nobody is told. */
  pause(node: string): void {
    this.#simulation.failingNode(node).pause()
  }

  /** Lets a paused node go on, with all that has come due. */
  resume(node: string): void {
    this.#simulation.failingNode(node).resume()
  }

  /**
   * Cuts the network between two groups of nodes, in one direction only with `oneWay` (from the first to the second).
   * What is under way over a cut link is lost. Partitions add up; each is healed by itself or by `world.heal`.
   */
  partition(from: readonly string[], to: readonly string[], options: { readonly oneWay?: boolean } = {}): Partition {
    checkPartition(options)
    return this.#simulation.nemesis.partition(this.#failing(from), this.#failing(to), options.oneWay ?? false)
  }

  /**
   * Each of the nodes sees only its neighbours in the ring, as few as make a majority with itself, so that no two
   * majorities are the same. All nodes unless told; a `ConfigurationError` for fewer than 4.
   */
  partitionRing(ring: readonly string[] = this.nodes): Partition {
    return this.#simulation.nemesis.partitionRing(this.#failing(ring))
  }

  /** What is sent from one group to another waits at its sender until the spell ends, and then goes out in order. */
  hold(from: readonly string[], to: readonly string[]): Spell {
    return this.#simulation.nemesis.spells.hold(this.#failing(from), this.#failing(to))
  }

  /** What is sent from one group to another takes `factor` times as long, from 1. */
  slow(from: readonly string[], to: readonly string[], factor: number): Spell {
    checkFactor(factor)
    return this.#simulation.nemesis.spells.slow(this.#failing(from), this.#failing(to), factor)
  }

  /** On each link from one group to another, one frame arrives every `gapMs` milliseconds at most. */
  clog(from: readonly string[], to: readonly string[], gapMs: number): Spell {
    checkGapMs(gapMs)
    return this.#simulation.nemesis.spells.clog(this.#failing(from), this.#failing(to), gapMs)
  }

  /** The channels from one group to another have no room: tells and asks are refused (`overload`), sends wait. */
  fillChannel(from: readonly string[], to: readonly string[]): Spell {
    return this.#simulation.nemesis.spells.fillChannel(this.#failing(from), this.#failing(to))
  }

  /** The thread of the node ends: its actors are gone, what it has sent arrives, what it has written stays. */
  exit(node: string): void {
    this.#simulation.nemesis.exit(this.#simulation.failingNode(node))
  }

  /** The node's disk has no room: a write that makes a file longer fails, which ends the node. */
  fillDisk(node: string): Spell {
    return this.#simulation.nemesis.spells.fillDisk(this.#simulation.failingNode(node))
  }

  /** The node's disk takes `factor` times as long, from 1. */
  slowDisk(node: string, factor: number): Spell {
    checkFactor(factor)
    return this.#simulation.nemesis.spells.slowDisk(this.#simulation.failingNode(node), factor)
  }

  /** Flips one bit of what is on the node's disk, for good; false when nothing is. No heal mends it. */
  rot(node: string): boolean {
    return this.#simulation.failingNode(node).disk.rotSomewhere(this.#simulation.random.stream('rot'))
  }

  /** Gives a node that is down an empty disk: it comes back as a new machine of the same name. Throws for one that is up. */
  wipeDisk(node: string): void {
    this.#simulation.failingNode(node).wipeDisk()
  }

  /** Sets what the node's clock tells ahead by so many milliseconds, back when below 0. Timers are not moved. */
  jumpClock(node: string, byMs: number): void {
    checkJumpMs(byMs)
    this.#simulation.nemesis.spells.jumpClock(this.#simulation.failingNode(node), byMs)
  }

  /** Lets `rule` decide what happens at each passage of `ctx.faultPoint(name)`, until the spell ends. */
  faultPoint(name: string, rule: FaultPointRule): Spell {
    return { end: this.#simulation.faultPoints.arm(name, rule) }
  }

  /** A plan of faults that begins at a time since the start of the run, which must not have passed. */
  at(time: Duration): FaultPlan {
    const simulation = this.#simulation
    const host: PlanHost = {
      world: this,
      now: () => this.now(),
      schedule: (delayMs, run) => void simulation.clock.schedule(delayMs, run),
      failed: (cause) => {
        const what = `a step of the fault plan failed: ${toError(cause).message}`
        simulation.fail({ reason: 'program', what, cause })
      },
      takesPart: () => simulation.takesPart(),
      checkNode: (name) => void simulation.failingNode(name),
    }
    return new FaultPlan(host, time)
  }

  #failing(names: readonly string[]): SimulatedNode[] {
    checkGroup(names)
    return names.map((name) => this.#simulation.failingNode(name))
  }

  /**
   * Ends all faults, for good: partitions, pauses, spells, what the disks and the network do by chance; nodes that are down
   * start. Resolves when all nodes are up and their roots that are to be restarted are.
   */
  async heal(): Promise<void> {
    this.#simulation.heal()
    for (const node of this.nodes) await this.#whenReady(node)
  }

  // Watching.

  /**
   * Demands `predicate` now and after every step of the run, which fails when it throws or returns `false`. With `of`, now and after
   * those steps that may have changed the state of an actor of that definition: see `changed` of the view.
   */
  always(name: string, predicate: AlwaysPredicate, options: AlwaysOptions = {}): AlwaysProperty {
    return this.#simulation.properties.always(name, predicate, options)
  }

  /**
   * Claims that some run of a campaign comes to `condition`: a predicate, looked at after every step until it holds, or a
   * fact that the program knows here, as often as it likes. `simulateMany` rejects when no seed reached a claim, so claim
   * it where every run passes. A run by itself does not fail for it.
   */
  sometimes(name: string, condition: boolean | Predicate): void {
    this.#simulation.properties.sometimes(name, condition)
  }

  /**
   * Demands that `predicate` holds after some step within `withinMs` virtual milliseconds from now; resolves at the first,
   * and fails the run when there was none. Only after {@link SimulatedWorld.heal}, a `ConfigurationError` before.
   * A program that does not await it ends before the run, which goes on until this is decided.
   */
  async eventually(name: string, options: EventuallyOptions): Promise<void> {
    await this.#simulation.waiting(`eventually ${name}`, this.#simulation.properties.eventually(name, options))
  }

  /**
   * Calls `listener` with each event of the trace as it happens, with `only` with those of some types, with `messages` with
   * those of some messages; the run fails when it throws. Throws a `ConfigurationError` for a type that there is not.
   */
  observe(listener: TraceListener, options: ObserveOptions = {}): void {
    requireOption(typeof listener === 'function', 'the listener of world.observe', 'a function of an event', listener)
    this.#simulation.observe(listener, options)
  }

  /** Fails the run, whoever catches the error, unless `condition` holds. */
  check(condition: boolean, message: string): void {
    if (condition === true) return
    if (condition) {
      const needed = 'true or false: await what is a promise, call what is a function'
      throw this.#failed(new ConfigurationError(`world.check takes ${needed}; got ${shownValue(condition)}`))
    }
    throw this.#failed(new Error(message))
  }

  #failed(cause: Error): Error {
    this.#simulation.fail({ reason: 'check', what: cause.message, cause })
    return cause
  }

  // The system guardian.

  /** The node of the program has heard that `node` is back: its roots are started again. */
  async nodeUp(node: string, epoch: number): Promise<void> {
    this.events.emit('nodeUp', { node, epoch })
    const starting = this.#services(node)
    if (starting !== undefined) await starting
    await this.guardian.nodeUp(node, epoch)
    // It may have crashed and come back meanwhile, and have been ready before this.
    this.#readyEpochs.set(node, Math.max(epoch, this.#readyEpochs.get(node) ?? epoch))
    if (!this.#isReady(node)) return
    const waiting = this.#waitingForNodes.get(node) ?? []
    this.#waitingForNodes.delete(node)
    for (const resolve of waiting) resolve()
  }

  /** Waits for the services of a node that starts. What went wrong with them is told by the spawns there. */
  #services(node: string): Promise<void> | undefined {
    const ready = (node === mainNode ? this.#simulation.main : this.#simulation.failingNode(node)).servicesReady
    if (ready === undefined) return undefined
    return this.#simulation.waiting(`the services of ${node} to start`, ready).catch(() => {})
  }

  /** True while the node is up and its roots that are to be restarted are. */
  #isReady(node: string): boolean {
    const { isUp, epoch } = this.#simulation.failingNode(node)
    return isUp && epoch === (this.#readyEpochs.get(node) ?? 0)
  }

  async #whenReady(node: string): Promise<void> {
    if (node === mainNode || this.#isReady(node)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waitingForNodes.get(node)
    if (waiting === undefined) this.#waitingForNodes.set(node, [resolve])
    else waiting.push(resolve)
    await this.#simulation.waiting(`node ${node} to be up`, promise)
  }

  protected override async inspectNodes(limits: InspectionLimits): Promise<readonly NodeInspection[]> {
    return [this.#simulation.main, ...this.#simulation.nodes].map((node) => node.inspect(limits))
  }

  protected override async nodeMetrics(): Promise<readonly NodeMetricsData[]> {
    const up = [this.#simulation.main, ...this.#simulation.nodes].filter((node) => node.isUp && !node.paused)
    return up.map(({ kernel }) => kernel?.metricsData()).filter((data) => data !== undefined)
  }

  protected place(node: string | undefined, definition: ActorDefinition<any, any>): string {
    if (node === 'local' || node === mainNode) return mainNode
    const { nodes } = this
    if (node === undefined || node === 'spread') return nodes[this.#nextNode++ % nodes.length] ?? mainNode
    if (nodes.includes(node)) return node
    throw new ConfigurationError(
      `spawn of ${definition.name}: there is no node ${node}; the nodes are ${[mainNode, ...nodes].join(', ')}`,
      { node },
    )
  }

  protected async end(): Promise<void> {
    await this.#simulation.waiting('the services to stop', this.#simulation.stop())
  }
}
