/**
 * The kernel of one node: the turn loop, delivery, and the effects of turns carried out at once. Hosts differ in their
 * ports, never here.
 *
 * A tell to an actor of the same node goes: `ctx.tell` -> `tell` -> `deliver` -> the receiver's mailbox -> the run
 * queue; the host calls `run`, which gives each cell in the queue a bounded batch of turns through `runTurn`. A tell to
 * another node becomes a frame on the transport, and `receive` delivers it there.
 */
import type { ActorCell } from './actor-cell.ts'
import { type CompiledDefinition, compiled } from './actor-definition.ts'
import { findByPath, splitPath } from './actor-path.ts'
import { type Ref, sameRef } from './actor-ref.ts'
import { type LogFields, type LogLevel, logSeverity } from './context.ts'
import { DeathWatch } from './death-watch.ts'
import type { Effects, TimerRequest } from './effects.ts'
import { Envelope, EnvelopeKind, stopEnvelope, stoppedEnvelope } from './envelope.ts'
import { DurabilityError, type ErrorFacts, SystemStoppedError, UnknownMessageError } from './errors.ts'
import { Guardian, type GuardianPort, guardianName, guardianOf, type SpawnRequest } from './guardian.ts'
import { InPlaceTasks } from './in-place-tasks.ts'
import type { KernelPorts } from './kernel-ports.ts'
import { Lifecycle } from './lifecycle.ts'
import { Links } from './links.ts'
import type { Member } from './membership.ts'
import { MessageEffects } from './message-effects.ts'
import { prepareMessage } from './message-value.ts'
import type { NodeMetricsData } from './metrics/metrics-data.ts'
import { NodeJournal } from './node-journal.ts'
import { Phase } from './phase.ts'
import { type NodeChoice, Placement, type PlacementRequest } from './placement.ts'
import type { RandomStream } from './ports/random.ts'
import { Receptionist, type ReceptionistPort, receptionistName } from './receptionist.ts'
import type { ReminderRequest } from './reminders.ts'
import { runTurn } from './run-turn.ts'
import { noOptions, type SpawnOptions } from './spawn-options.ts'
import { stash, unstashAll } from './stash.ts'
import { Stopping } from './stopping.ts'
import { StrayRejections } from './stray-rejections.ts'
import { StreamTable } from './stream-table.ts'
import { Supervisor } from './supervisor.ts'
import type { CompiledTask, TaskOptions } from './task-definition.ts'
import { TaskTable } from './task-table.ts'
import { NodeTimers } from './timers.ts'
import { FrameKind } from './wire.ts'

export class NodeKernel extends MessageEffects implements Effects {
  readonly checksOptions: boolean
  readonly lifecycle: Lifecycle
  readonly supervisor: Supervisor
  readonly stopping: Stopping
  readonly timers: NodeTimers
  readonly streams: StreamTable
  readonly journal: NodeJournal
  readonly tasks: TaskTable
  readonly rejections = new StrayRejections(this)
  readonly guardian: ActorCell
  readonly placement: Placement
  protected readonly deathWatch: DeathWatch
  protected readonly links: Links
  protected readonly effects: Effects = this
  #receptionist: ActorCell | undefined
  readonly #haltListeners = new Set<() => void>()
  readonly #logSeverityMin: number

  constructor(ports: KernelPorts) {
    super(ports)
    this.checksOptions = ports.messages !== 'shared'
    this.#logSeverityMin = logSeverity[ports.logLevel ?? 'debug']
    this.journal = new NodeJournal(ports)
    this.tasks = new TaskTable(ports.clock, ports.tasks ?? new InPlaceTasks(ports.clock), this.rejectFor)
    this.timers = new NodeTimers(this)
    this.streams = new StreamTable(this)
    this.deathWatch = new DeathWatch(this)
    this.links = new Links(this)
    this.lifecycle = new Lifecycle(this, this.deathWatch)
    this.supervisor = new Supervisor(this)
    this.stopping = new Stopping(this, this.deathWatch, this.links)
    this.placement = new Placement(ports, this.membership)
    const { definitions, services } = ports
    const guardianPort: GuardianPort = {
      definitions,
      services,
      lookup: (path) => findByPath(this.guardian, path)?.ref,
      backlog: (ref) => this.backlog(undefined, ref as Ref),
    }
    this.guardian = this.lifecycle.create(undefined, compiled(Guardian), guardianPort, noOptions)
    this.lifecycle.activate(this.guardian)
  }

  // The actors of the runtime itself.

  protected systemActor(name: string): ActorCell | undefined {
    if (name === guardianName) return this.guardian
    return name === receptionistName ? this.#startedReceptionist() : undefined
  }

  isSystemActor(cell: ActorCell): boolean {
    return cell === this.guardian || cell === this.#receptionist
  }

  /** The receptionist begins with its first message: a node that nobody looks for anything on has none. */
  #startedReceptionist(): ActorCell {
    if (this.#receptionist !== undefined) return this.#receptionist
    const { node, epoch, membership } = this
    const port: ReceptionistPort = {
      self: { node, epoch },
      members: () => membership.members,
      send: (to, name, payload, sender) => {
        const envelope = new Envelope(EnvelopeKind.message, name, payload, sender as Ref | undefined, undefined)
        this.forward(cell, to as Ref, envelope)
      },
    }
    const options = { name: receptionistName, supervise: { onFailure: 'resume' } } as const
    const cell = this.lifecycle.create(this.guardian, compiled(Receptionist), port, options)
    // No child like others: a node is empty when nobody but the runtime lives on it.
    this.guardian.children?.delete(cell)
    this.guardian.names?.delete(receptionistName)
    this.#receptionist = cell
    this.lifecycle.activate(cell)
    return cell
  }

  protected tellReceptionist(name: 'memberUp' | 'memberDown', member: Member): void {
    const cell = this.#receptionist
    if (cell !== undefined) this.enqueue(cell, new Envelope(EnvelopeKind.message, name, member, undefined, undefined))
  }

  /** How many messages wait for an actor of this node, with the one that it is busy with. */
  backlog(_from: ActorCell | undefined, ref: Ref): number | undefined {
    const cell = ref.node === this.node ? this.lookup(ref) : undefined
    return cell === undefined ? undefined : cell.mailbox.length + (cell.phase === Phase.busy ? 1 : 0)
  }

  /** The living actor at `/node/parent/child` on any node that is up. */
  async lookupPath(from: ActorCell | undefined, path: string): Promise<Ref | undefined> {
    const { node, rest } = splitPath(path)
    if (!this.membership.has(node)) return undefined
    return this.ask(from, guardianOf(node) as Ref, 'lookup', rest) as Promise<Ref | undefined>
  }

  /** Ends the node at once, as a crash does: no handler runs any more. */
  halt(): void {
    if (!this.alive) return
    this.alive = false
    this.tellsPlainly = false
    for (const cell of this.cells) {
      this.timers.cancelAll(cell)
      cell.durable?.reminders.clear()
      cell.restartTask?.cancel()
      cell.siblings?.dissolve()
      cell.phase = Phase.stopped
      cell.generation++
    }
    this.asks.close(`node ${this.node} ended`)
    this.askCycles.close()
    this.streams.halt(`node ${this.node} ended`)
    this.tasks.close(`node ${this.node} ended`)
    for (const listener of this.#haltListeners) listener()
    this.#haltListeners.clear()
  }

  /** Calls `listener` when the node is halted; returns how to take it back. */
  onHalt(listener: () => void): () => void {
    this.#haltListeners.add(listener)
    return () => void this.#haltListeners.delete(listener)
  }

  // Effects, carried out at once; those that send are in `message-effects.ts`.

  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref {
    const cell = this.lifecycle.create(from, definition, this.prepareArgs(args, definition), options)
    this.lifecycle.activate(cell)
    return cell.ref
  }

  /** The arguments of a child as this node's message mode wants them: they are a value, as messages are. */
  prepareArgs(args: unknown, definition: CompiledDefinition): unknown {
    if (this.isShared(args)) return args
    return prepareMessage(args, this.messages, () => `the arguments of ${definition.name}`)
  }

  async spawnOn(
    from: ActorCell | undefined,
    node: NodeChoice,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): Promise<Ref> {
    const { guardian, request } = this.spawnRequest(from, node, definition, args, options)
    return (await this.ask(from, guardian, 'spawn', request, options.timeoutMs)) as Ref
  }

  /** What to ask the guardian of the node that is chosen to start an actor there, linked to `from`. */
  spawnRequest(
    from: ActorCell | undefined,
    choice: NodeChoice,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): { guardian: Ref; request: SpawnRequest } {
    const wanted: PlacementRequest = {
      definition: definition.name,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(from === undefined ? {} : { spawner: from.ref }),
    }
    const node = this.placement.choose(choice, wanted)
    return {
      guardian: guardianOf(node) as Ref,
      request: {
        definition: this.ports.definitions.address(definition, node),
        args,
        options: from === undefined ? options : { ...options, linkedTo: from.ref },
      },
    }
  }

  stop(from: ActorCell | undefined, ref: Ref | undefined): void {
    if (ref === undefined || (from !== undefined && sameRef(ref, from.ref))) {
      if (from !== undefined) from.stopReason ??= 'stopped'
      return
    }
    if (ref.node !== this.node) {
      this.send(ref.node, [FrameKind.stop, ref.epoch, ref.slot, ref.incarnation, ref.name])
      return
    }
    const cell = this.lookup(ref)
    if (cell !== undefined && !this.isSystemActor(cell)) this.enqueue(cell, stopEnvelope)
  }

  kill(from: ActorCell | undefined, ref: Ref | undefined): void {
    const target = ref ?? from?.ref
    if (target === undefined) return
    if (target.node !== this.node) {
      this.send(target.node, [FrameKind.kill, target.epoch, target.slot, target.incarnation, target.name])
      return
    }
    const cell = this.lookup(target)
    if (cell !== undefined && !this.isSystemActor(cell)) this.stopping.kill(cell)
  }

  link(from: ActorCell, ref: Ref): void {
    this.links.link(from, ref)
  }

  unlink(from: ActorCell, ref: Ref): void {
    this.links.unlink(from, ref)
  }

  watch(from: ActorCell, ref: Ref): void {
    this.deathWatch.watch(from, ref)
  }

  unwatch(from: ActorCell, ref: Ref): void {
    this.deathWatch.unwatch(from, ref)
  }

  startTimer(from: ActorCell, request: TimerRequest): void {
    this.timers.start(from, request)
  }

  cancelTimer(from: ActorCell, key: string): void {
    this.timers.cancel(from, key)
  }

  cancelTimers(from: ActorCell): void {
    this.timers.cancelOwn(from)
  }

  isTimerActive(from: ActorCell, key: string): boolean {
    return from.timers?.has(key) ?? false
  }

  stash(from: ActorCell, envelope: Envelope): void {
    stash(from, envelope)
  }

  unstashAll(from: ActorCell): void {
    unstashAll(from)
  }

  persist(from: ActorCell, name: string, _event: unknown): void {
    throw notDurable(from, `persists ${name}`, { event: name })
  }

  setReminder(from: ActorCell, { key }: ReminderRequest): void {
    throw notDurable(from, `sets reminder ${key}`, { key })
  }

  cancelReminder(from: ActorCell, key: string): void {
    throw notDurable(from, `cancels reminder ${key}`, { key })
  }

  snapshot(from: ActorCell): void {
    throw notDurable(from, 'takes a snapshot', {})
  }

  forget(from: ActorCell): void {
    throw notDurable(from, 'forgets its history', {})
  }

  unhandled(from: ActorCell, envelope: Envelope): void {
    const { name, payload, sender, replyTo } = envelope
    this.deadLetter({ to: from.ref, name, payload, sender, reason: 'unknown-message' })
    if (replyTo === undefined) return
    const known = [...from.handlers.keys()].join(', ')
    const behavior = from.behavior === undefined ? '' : ` in behavior ${from.behavior}`
    this.sendError(
      replyTo,
      new UnknownMessageError(`${from.path()} has no message ${JSON.stringify(name)}${behavior}; it takes: ${known}`, {
        actor: from.path(),
        message: name,
        ...(from.behavior === undefined ? {} : { behavior: from.behavior }),
      }),
    )
  }

  /** What was counted and measured so far, where the host wants to know. */
  metricsData(): NodeMetricsData | undefined {
    return this.metrics?.data(this, this.cells, this.asks.size)
  }

  /** Runs the last turn of an actor, for those who count and watch turns too. */
  runLastTurn(cell: ActorCell, effects: Effects): PromiseLike<unknown> | undefined {
    this.tellTurnBegins(cell, stoppedEnvelope)
    let promise: PromiseLike<unknown> | undefined
    try {
      promise = runTurn(cell.definition, cell, stoppedEnvelope, effects)
    } finally {
      this.tellTurnEnds(cell, promise !== undefined)
    }
    return promise
  }

  now(): number {
    return this.ports.clock.now()
  }

  monotonicNow(): number {
    return this.ports.clock.monotonicNow()
  }

  random(from: ActorCell): RandomStream {
    from.draws = true
    return this.ports.random.stream(from.path())
  }

  use(from: ActorCell, service: string): unknown {
    return this.ports.services.get(service, () => from.path())
  }

  task(
    from: ActorCell | undefined,
    task: CompiledTask,
    args: unknown,
    options: TaskOptions | undefined,
  ): Promise<unknown> {
    if (!this.alive) return Promise.reject(new SystemStoppedError(`task ${task.name}: node ${this.node} has ended`))
    return this.tasks.start(from, task, args, options)
  }

  log(from: ActorCell, level: LogLevel, message: string, fields: LogFields = {}): void {
    if (logSeverity[level] < this.#logSeverityMin) return
    this.ports.events.emit('log', {
      level,
      node: this.node,
      actor: from.path(),
      definition: from.definition.name,
      generation: from.generation,
      time: this.now(),
      message,
      fields,
    })
  }

  /** Nothing, but on hosts that simulate. */
  faultPoint(_from: ActorCell, _name: string): Promise<void> | undefined {
    return undefined
  }
}

function notDurable(from: ActorCell, what: string, facts: ErrorFacts): DurabilityError {
  const actor = from.path()
  return new DurabilityError(
    `${actor} ${what} but is not durable: spawn it with a durableId, on a host that has a disk`,
    { actor, ...facts },
  )
}
