/**
 * A system as its users see it from outside the actors: spawn, tell, ask, watch, stop. Hosts extend it with what only
 * they have: threads, virtual time, faults.
 */
import {
  type ActorDefinition,
  type ArgsOf,
  compiled,
  type ProtocolOf,
  type TerminationReason,
} from './actor-definition.ts'
import type { ActorRef, Ref } from './actor-ref.ts'
import { askTimeoutOf, refuseUnknownOfAsk, refuseUnknownOfSend, withWindow } from './ask-options.ts'
import type { AskOptions, SendOptions, TellOptions } from './context.ts'
import { ConfigurationError, SystemStoppedError } from './errors.ts'
import type { EventStream } from './event-stream.ts'
import type { ActorKey } from './finding.ts'
import { receiverOf, requireRef } from './frame-check.ts'
import {
  type InspectionLimits,
  type InspectOptions,
  inspectNode,
  type NodeInspection,
  type SystemInspection,
} from './inspection.ts'
import { prepareMessage, sendMoved } from './message-value.ts'
import type { NodeMetricsData, SystemMetrics } from './metrics/metrics-data.ts'
import type { NodeKernel } from './node-kernel.ts'
import { subscribeOutside } from './outside-subscription.ts'
import { whenTerminated } from './outside-watch.ts'
import type { NodeChoice } from './placement.ts'
import type { MessageName, PayloadArguments, ReplyOf } from './protocol.ts'
import { receptionistOf } from './receptionist.ts'
import { shownValue } from './shown-value.ts'
import { refuseUnknownOfSpawn, type SpawnOptions, validateSpawnOptions } from './spawn-options.ts'
import { SystemGuardian } from './system-guardian.ts'
import { compiledTask, type TaskDefinition, type TaskOptions } from './task-definition.ts'

/** Options of a spawn from outside. */
export interface SystemSpawnOptions extends SpawnOptions {
  /**
   * The node to live on: its name, `spread` (the host's nodes in turn), `local` (the node of this thread), `{ near: ref }`,
   * `{ key }` or a policy of the host's `placement` option. See {@link NodeChoice}.
   */
  readonly node?: NodeChoice
}

export abstract class ActorSystem implements AsyncDisposable {
  /** Dead letters, failures, restarts, nodes and logs. */
  readonly events: EventStream
  protected readonly kernel: NodeKernel
  protected readonly guardian: SystemGuardian
  #stopping: Promise<void> | undefined

  protected constructor(kernel: NodeKernel) {
    this.kernel = kernel
    this.events = kernel.ports.events
    this.guardian = new SystemGuardian(kernel)
  }

  /**
   * The names of the nodes that `spread` places roots on, in order: worker threads, or machines of a simulation. The
   * local node is one of them only where it is the only node.
   */
  abstract get nodes(): readonly string[]
  /** The name of the node for a root, by its spawn option. Throws a `ConfigurationError` for a node that is not there. */
  protected abstract place(node: string | undefined, definition: ActorDefinition<any, any>): string
  /** The node for a root. Throws as {@link ActorSystem.place} and the kernel's placement do. */
  protected placeRoot({ node, name }: SystemSpawnOptions, definition: ActorDefinition<any, any>): string {
    const { placement } = this.kernel
    if (node === undefined || (typeof node === 'string' && !placement.hasPolicy(node))) {
      return this.place(node, definition)
    }
    return placement.choose(node, { definition: definition.name, ...(name === undefined ? {} : { name }) })
  }

  /** Ends what the host holds open, after the roots were stopped. */
  protected abstract end(): Promise<void>

  /**
   * Starts a root actor. Rejects with a typed error when `init` throws, the name is taken, the definition cannot be
   * found on the node, or an option is malformed; then nothing was started.
   */
  async spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options: SystemSpawnOptions = {},
  ): Promise<ActorHandle<ProtocolOf<Definition>>> {
    if (this.#stopping !== undefined)
      throw new SystemStoppedError(`spawn of ${definition?.name}: the system is stopping`)
    const actorDefinition = compiled(definition)
    if (this.kernel.checksOptions) refuseUnknownOfSpawn(actorDefinition, options, true)
    const { node: _node, ...spawnOptions } = options
    validateSpawnOptions(actorDefinition.name, spawnOptions)
    const initArgs = prepareMessage(args, 'frozen', () => `the arguments of ${actorDefinition.name}`)
    const ref = await this.guardian.spawn(
      this.placeRoot(options, actorDefinition),
      actorDefinition,
      initArgs,
      spawnOptions,
    )
    return new ActorHandle(this, ref as ActorRef<ProtocolOf<Definition>>)
  }

  /** Sends a message and forgets it; throws a `NotSendableError` when the payload cannot be a message. */
  tell<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void {
    this.kernel.tell(undefined, receiverOf(to, 'tell', name), name, payload[0])
  }

  /** {@link ActorSystem.tell} with options. */
  tellWith<Protocol, Name extends MessageName<Protocol>>(
    { transfer }: TellOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void {
    const receiver = receiverOf(to, 'tellWith', name)
    sendMoved(payload[0], transfer, name, (moved) => this.kernel.tell(undefined, receiver, name, moved))
  }

  /** Sends a message and waits for the reply; rejects as `ctx.ask` does. */
  ask<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>> {
    return this.kernel.ask(undefined, receiverOf(to, 'ask', name), name, payload[0]) as Promise<ReplyOf<Protocol, Name>>
  }

  /** {@link ActorSystem.ask} with options. */
  askWith<Protocol, Name extends MessageName<Protocol>>(
    options: AskOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>> {
    const timeoutMs = askTimeoutOf(options)
    if (this.kernel.checksOptions) refuseUnknownOfAsk(options)
    const callee = receiverOf(to, 'askWith', name)
    const asked = sendMoved(payload[0], options.transfer, name, (moved) =>
      this.kernel.ask(undefined, callee, name, moved, timeoutMs, options.signal),
    )
    return withWindow(options, asked)
  }

  /** Sends a message and resolves once the receiver's mailbox has taken it; waits for room, and rejects, as `ctx.send` does. */
  send<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<void> {
    return this.kernel.offer(undefined, receiverOf(to, 'send', name), name, payload[0])
  }

  /** {@link ActorSystem.send} with options. */
  sendWith<Protocol, Name extends MessageName<Protocol>>(
    options: SendOptions,
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<void> {
    const timeoutMs = askTimeoutOf(options, 'a send')
    if (this.kernel.checksOptions) refuseUnknownOfSend(options)
    const receiver = receiverOf(to, 'sendWith', name)
    return sendMoved(payload[0], options.transfer, name, (moved) =>
      this.kernel.offer(undefined, receiver, name, moved, timeoutMs, options.signal),
    )
  }

  /** The living actor at `/node/parent/child`, on any node that is up; `undefined` when there is none. */
  lookup(path: string): Promise<ActorRef<any> | undefined> {
    return this.kernel.lookupPath(undefined, path)
  }

  /** Registers an actor under a key, at the receptionist of its node; resolves when it is. See {@link receptionist}. */
  register<Protocol>(key: ActorKey<Protocol>, ref: ActorRef<Protocol>): Promise<void> {
    return this.ask(receptionistOf(ref.node), 'register', { key: key.name, ref })
  }

  /** Who is registered under a key, as far as the node of this thread knows. */
  find<Protocol>(key: ActorKey<Protocol>): Promise<readonly ActorRef<Protocol>[]> {
    return this.ask(receptionistOf(this.kernel.node), 'find', key.name)
  }

  /**
   * Calls `listener` with the list of a key's actors: first as it is, then after each change. Returns how to end it.
   * What the listener throws becomes an unhandled rejection.
   */
  subscribe<Protocol>(key: ActorKey<Protocol>, listener: (refs: readonly ActorRef<Protocol>[]) => void): () => void {
    return subscribeOutside(this.kernel, key, listener)
  }

  /** Tells all members of a group that the node of this thread knows of. */
  broadcast<Protocol, Name extends MessageName<Protocol>>(
    key: ActorKey<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void {
    this.tell(receptionistOf(this.kernel.node), 'broadcast', { key: key.name, name, payload: payload[0] })
  }

  /** Runs a task; rejects as `ctx.task` does, and with a `SystemStoppedError` when the system ends before it. */
  async task<Args, Result>(
    task: TaskDefinition<Args, Result>,
    args: NoInfer<Args>,
    options?: TaskOptions,
  ): Promise<Result> {
    return this.kernel.task(undefined, compiledTask(task, 'the program'), args, options) as Promise<Result>
  }

  /** Stops an actor gracefully, as `ctx.stop` does, and resolves when it is gone. */
  async stopActor(ref: ActorRef): Promise<void> {
    const gone = this.terminated(ref)
    this.guardian.stopping(ref as Ref)
    this.kernel.stop(undefined, ref as Ref)
    await gone
  }

  /** Ends an actor at once, on any node, as `ctx.kill` does, and resolves when it is gone. */
  async kill(ref: ActorRef): Promise<void> {
    const gone = this.terminated(ref)
    this.guardian.stopping(ref as Ref)
    this.kernel.kill(undefined, ref as Ref)
    await gone
  }

  /** Resolves with the reason when the actor is no more, at once when it is already gone. */
  terminated(ref: ActorRef): Promise<TerminationReason> {
    return whenTerminated(this.kernel, requireRef(ref, 'terminated'))
  }

  /**
   * The living tree of every node as plain data, bounded; `formatTree` prints it. Each actor that lives when its node is
   * looked at is in it, or counted in `omitted`. Rejects with a `ConfigurationError` when an option is malformed.
   */
  async inspect(options: InspectOptions = {}): Promise<SystemInspection> {
    const { depth = 16, maxActors = 10_000, timeoutMs = 1_000 } = options
    const check = (holds: boolean, what: string) => {
      if (!holds) throw new ConfigurationError(`inspect: ${what}`)
    }
    check(
      Number.isInteger(depth) && depth >= 1 && depth <= 1_000,
      `depth must be from 1 to 1,000, got ${shownValue(depth)}`,
    )
    check(
      Number.isInteger(maxActors) && maxActors >= 1,
      `maxActors must be a whole number from 1, got ${shownValue(maxActors)}`,
    )
    check(timeoutMs > 0, `timeoutMs must be above 0, got ${shownValue(timeoutMs)}`)
    return { nodes: await this.inspectNodes({ depth, maxActors, timeoutMs }) }
  }

  /**
   * What was counted and measured on every node that answers, since it began. Rejects with a `ConfigurationError` when
   * the system was not made with `metrics: true`.
   */
  async metrics(): Promise<SystemMetrics> {
    if (this.kernel.metrics === undefined) {
      throw new ConfigurationError('metrics: nothing was counted; make the system with the option metrics: true')
    }
    return { nodes: await this.nodeMetrics() }
  }

  /** Every node of the host, inspected. */
  protected async inspectNodes(limits: InspectionLimits): Promise<readonly NodeInspection[]> {
    return [inspectNode(this.kernel, limits)]
  }

  /** The metrics of every node that answers. */
  protected async nodeMetrics(): Promise<readonly NodeMetricsData[]> {
    return [this.kernel.metricsData()].filter((data) => data !== undefined)
  }

  /**
   * Stops the roots, the last spawned first, each after what its mailbox holds, then the host. Roots that are not
   * done `deadlineMs` milliseconds after the call end with their nodes. Default 10,000. Spawns that are under way are
   * waited for first: what they start are roots like others.
   */
  stop(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.deadlineMs ?? 10_000)
    return this.#stopping
  }

  async #stop(deadlineMs: number): Promise<void> {
    let expired = false
    const deadline = new Promise<void>((resolve) => {
      const task = this.kernel.ports.clock.schedule(deadlineMs, () => {
        expired = true
        resolve()
      })
      this.cancelDeadline = () => task.cancel()
    })
    const { spawning } = this.guardian
    // An actor that came into being on a node that was told to end would be told nothing.
    if (spawning.length > 0) await Promise.race([Promise.allSettled(spawning), deadline])
    for (const { ref } of [...this.guardian.roots].reverse()) {
      if (!expired) await Promise.race([this.stopActor(ref), deadline])
    }
    this.cancelDeadline()
    await this.end()
  }

  protected cancelDeadline: () => void = () => {};

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** A root with its system: convenient outside the actors, and no message payload. `handle.ref` is. */
export class ActorHandle<Protocol> {
  readonly ref: ActorRef<Protocol>
  readonly #system: ActorSystem

  constructor(system: ActorSystem, ref: ActorRef<Protocol>) {
    this.#system = system
    this.ref = ref
  }

  /** See {@link ActorSystem.tell}. */
  tell<Name extends MessageName<Protocol>>(name: Name, ...payload: PayloadArguments<Protocol, Name>): void {
    this.#system.tell(this.ref, name, ...payload)
  }

  /** See {@link ActorSystem.tellWith}. */
  tellWith<Name extends MessageName<Protocol>>(
    options: TellOptions,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): void {
    this.#system.tellWith(options, this.ref, name, ...payload)
  }

  /** See {@link ActorSystem.ask}. */
  ask<Name extends MessageName<Protocol>>(
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>> {
    return this.#system.ask(this.ref, name, ...payload)
  }

  /** See {@link ActorSystem.askWith}. */
  askWith<Name extends MessageName<Protocol>>(
    options: AskOptions,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>> {
    return this.#system.askWith(options, this.ref, name, ...payload)
  }

  /** See {@link ActorSystem.send}. */
  send<Name extends MessageName<Protocol>>(name: Name, ...payload: PayloadArguments<Protocol, Name>): Promise<void> {
    return this.#system.send(this.ref, name, ...payload)
  }

  /** See {@link ActorSystem.sendWith}. */
  sendWith<Name extends MessageName<Protocol>>(
    options: SendOptions,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<void> {
    return this.#system.sendWith(options, this.ref, name, ...payload)
  }

  /** Stops the actor gracefully and resolves when it is gone. */
  stop(): Promise<void> {
    return this.#system.stopActor(this.ref)
  }

  /** Ends the actor at once and resolves when it is gone. See {@link ActorSystem.kill}. */
  kill(): Promise<void> {
    return this.#system.kill(this.ref)
  }
}
