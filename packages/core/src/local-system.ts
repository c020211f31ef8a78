/**
 * The local host: one node in this thread, for unit tests and browsers. Time is virtual and moves by `advance`, unless
 * the host is given the real one; either way the actors cannot tell.
 */
import type { ActorDefinition, ArgsOf, ProtocolOf } from './actor-definition.ts'
import { type ActorHandle, ActorSystem, type SystemSpawnOptions } from './actor-system.ts'
import { askCyclesAfterMsDefault } from './ask-cycles.ts'
import type { LogLevel } from './context.ts'
import { DefinitionRegistry } from './definition-registry.ts'
import { ConfigurationError } from './errors.ts'
import { EventStream } from './event-stream.ts'
import { type KnownOptions, refuseUnknownOptions } from './known-options.ts'
import type { MessageMode } from './message-value.ts'
import { type MetricsClock, metricsClockOf } from './metrics/metrics-clock.ts'
import { NodeKernel } from './node-kernel.ts'
import { NodeServices } from './node-services.ts'
import type { PlacementPolicies } from './placement.ts'
import type { Clock } from './ports/clock.ts'
import type { Disk } from './ports/disk.ts'
import type { RandomSource } from './ports/random.ts'
import { SeededRandomSource } from './seeded-random.ts'
import type { ServiceImplementations } from './service.ts'
import { TurnBudget } from './turn-budget.ts'
import type { TurnScopes } from './turn-scopes.ts'
import { VirtualClock } from './virtual-clock.ts'

/** What a local system takes to live in real time. */
export interface RealTime {
  readonly clock: Clock
  /** Measures turns; without it metrics are measured by `clock`, to the millisecond. */
  readonly metrics?: MetricsClock
  readonly random: RandomSource
  /** Brings promises that reject unawaited to their actors; where there is none, the platform has them. */
  readonly scopes?: TurnScopes
  /** Runs `run` in a later turn of the event loop, after I/O and timers had their chance. */
  defer(run: () => void): void
}

export interface LocalSystemOptions {
  /** The node's name. Default `local`. */
  readonly node?: string
  /** Seeds all randomness when time is virtual. Default 1. */
  readonly seed?: number
  /** Ready objects or providers, by service name; twins where time is virtual. Default: none. */
  readonly services?: ServiceImplementations
  /** Placement policies by name, for the `node` option of a spawn. Default: none. */
  readonly placement?: PlacementPolicies
  /** Where durable actors keep their journal. Default: none of them can be spawned. */
  readonly disk?: Disk
  /** `frozen` catches what changes a message after it was sent; `shared` is faster. Default `frozen`. */
  readonly messages?: MessageMode
  /** Real time, such as `realTime()` of `@troupe/threads/real-time`. Default: virtual time, from 0. */
  readonly realTime?: RealTime
  /**
   * Brings promises that reject unawaited to their actors, such as `turnScopes()` of `@troupe/threads/real-time`. `idle` and
   * `advance` then return to the event loop, since rejections are told there. Default: that of `realTime`, or none.
   */
  readonly scopes?: TurnScopes
  /** Counts and measures, for `system.metrics()`; with virtual time by that. Default false. */
  readonly metrics?: boolean
  /**
   * How long an ask of an asynchronous turn waits, in milliseconds, before a cycle of asks is looked for. `Infinity`:
   * nobody looks. Default 100.
   */
  readonly askCyclesAfterMs?: number
  /** The least severe log entries that are told on the event stream. Default `debug`: all. */
  readonly logLevel?: LogLevel
}

const known: KnownOptions<LocalSystemOptions> = {
  node: true,
  seed: true,
  services: true,
  placement: true,
  disk: true,
  messages: true,
  realTime: true,
  scopes: true,
  metrics: true,
  askCyclesAfterMs: true,
  logLevel: true,
}

/** Turns between two returns to the microtask queue where time is virtual. */
const turnsPerRun = 4_096
/** Times that the node may be woken from a microtask between two returns to the event loop. */
const wakesPerReturn = 64
/** Rounds of the microtask queue without any turn after which the node counts as idle. */
const idleRounds = 64

/** What is put behind it runs from a microtask. */
const settled = Promise.resolve()

export class LocalSystem extends ActorSystem {
  readonly #virtual: VirtualClock | undefined
  readonly #scopes: TurnScopes | undefined

  constructor(options: LocalSystemOptions = {}) {
    refuseUnknownOptions('createLocalSystem', options, known)
    const { node = 'local', seed = 1, services = {}, placement = {}, disk, messages = 'frozen', realTime } = options
    const { metrics = false, logLevel = 'debug', askCyclesAfterMs = askCyclesAfterMsDefault } = options
    const { scopes = realTime?.scopes } = options
    const virtual = realTime === undefined ? new VirtualClock() : undefined
    const soon = (run: () => void) => void settled.then(run)
    const defer = realTime?.defer ?? soon
    const budget = realTime === undefined ? undefined : new TurnBudget(() => realTime.clock.monotonicNow())
    const deferred: (() => void)[] = []
    const turns = (limit: number) => kernel.run(limit, true)
    const inTime = (): boolean => (budget as TurnBudget).round(turns)
    const round = (): boolean => {
      if (budget === undefined) return kernel.run(turnsPerRun)
      // What came alone needs no clock.
      if (kernel.runnable === 1 && !kernel.run(1)) return false
      // The scope is left once for all of them.
      return scopes === undefined ? inTime() : scopes.run(undefined, inTime)
    }
    const run = () => {
      if (kernel.alive && round()) defer(run)
      if (deferred.length > 0) for (const ended of deferred.splice(0)) ended()
    }
    // An ask that is answered at once wakes the node again from a microtask; now and then the event loop gets its turn.
    let wakes = 0
    const wake = () => (++wakes % wakesPerReturn === 0 ? defer : soon)(run)
    const afterTurns = (ended: () => void) => {
      if (deferred.push(ended) === 1 && kernel.runnable === 0) wake()
    }
    const clock = virtual ?? (realTime as RealTime).clock
    const random = realTime?.random ?? new SeededRandomSource(seed)
    const events = new EventStream()
    const nodeServices = new NodeServices({ node, epoch: 0, clock, random, events })
    const kernel: NodeKernel = new NodeKernel({
      node,
      epoch: 0,
      clock,
      logLevel,
      random,
      askCyclesAfterMs,
      transport: { send: () => 'node-down' },
      services: nodeServices,
      placement,
      definitions: new DefinitionRegistry(),
      events,
      messages,
      wake,
      ...(realTime === undefined ? {} : { afterTurns }),
      failed: (error) => {
        kernel.ports.events.emit('nodeDown', { node, epoch: 0, reason: error.message })
        kernel.halt()
      },
      ...(disk === undefined ? {} : { disk }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(metrics ? { metrics: realTime?.metrics ?? metricsClockOf(clock) } : {}),
    })
    super(kernel)
    this.#virtual = virtual
    void nodeServices.start(services)
    this.#scopes = scopes
  }

  get nodes(): readonly string[] {
    return [this.kernel.node]
  }

  /** Runs what is due, then moves virtual time by `ms` milliseconds, running every timer on the way at its time. */
  async advance(ms: number): Promise<void> {
    const clock = this.#virtual
    if (clock === undefined) throw new ConfigurationError('advance moves virtual time; this system lives in real time')
    const end = clock.now() + ms
    await this.idle()
    while (clock.runNext(end)) await this.idle()
    clock.moveTo(end)
  }

  /** As {@link ActorSystem.spawn}, once the services have started; virtual time moves on while they need it. */
  override async spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SystemSpawnOptions,
  ): Promise<ActorHandle<ProtocolOf<Definition>>> {
    const { ready } = this.kernel.ports.services
    if (ready !== undefined) {
      if (this.#virtual !== undefined) void this.#moveUntil(ready, this.#virtual)
      await ready
    }
    return super.spawn(definition, args, options)
  }

  /**
   * As {@link ActorSystem.stop}. Virtual time moves on while actors wait for it, to the deadline at most: an actor that
   * waits for the outside world, which no clock moves, ends with its node then.
   */
  override stop(options?: { readonly deadlineMs?: number }): Promise<void> {
    const stopped = super.stop(options)
    if (this.#virtual !== undefined) void this.#moveUntil(stopped, this.#virtual)
    return stopped
  }

  async #moveUntil(awaited: Promise<void>, clock: VirtualClock): Promise<void> {
    let over = false
    const end = () => {
      over = true
    }
    awaited.then(end, end)
    do await this.idle()
    while (!over && clock.runNext())
  }

  /** Resolves when no actor has anything to do but wait for time or for the outside world. */
  async idle(): Promise<void> {
    const scopes = this.#scopes
    for (;;) {
      await this.#quiet()
      if (scopes === undefined) return
      const { turns } = this.kernel
      await new Promise<void>((resolve) => scopes.settled(resolve))
      if (this.kernel.turns === turns && this.kernel.runnable === 0) return
    }
  }

  /** Resolves when the microtask queue brings no turn any more. */
  async #quiet(): Promise<void> {
    let { turns } = this.kernel
    for (let round = 0; round < idleRounds; round++) {
      await undefined
      if (this.kernel.turns !== turns || this.kernel.runnable > 0) {
        turns = this.kernel.turns
        round = 0
      }
    }
  }

  protected place(node: string | undefined, definition: ActorDefinition<any, any>): string {
    if (node === undefined || node === 'local' || node === 'spread' || node === this.kernel.node)
      return this.kernel.node
    throw new ConfigurationError(
      `spawn of ${definition.name}: node ${node} is not there; a local system has the node ${this.kernel.node} alone`,
      { node },
    )
  }

  protected async end(): Promise<void> {
    await new Promise<void>((resolve) => this.kernel.journal.close(resolve))
    this.kernel.halt()
    await this.kernel.ports.services.stop()
  }
}

/** A system of one node in this thread. */
export function createLocalSystem(options?: LocalSystemOptions): LocalSystem {
  return new LocalSystem(options)
}
