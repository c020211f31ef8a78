/**
 * The kernel of one node: its cells, its run queue, and delivery. Hosts differ in their ports, never here.
 *
 * A tell to an actor of the same node goes: `ctx.tell` -> `tell` -> `deliver` -> the receiver's mailbox -> the run
 * queue; the host calls `run`, which gives each cell in the queue a bounded batch of turns through `runTurn`. A tell to
 * another node becomes a frame on the transport, and `receive` delivers it there.
 */
import { type ActorCell, Phase, type RunningTimer, tokenKey } from './actor-cell.ts'
import { type CompiledDefinition, compiled } from './actor-definition.ts'
import { Ref, ReplyToken, refKey, sameRef } from './actor-ref.ts'
import { AskTable, nodeDownError } from './ask-table.ts'
import type { LogFields, LogLevel } from './context.ts'
import { DeathWatch } from './death-watch.ts'
import { Deque } from './deque.ts'
import type { DeadLetterReason, Effects, TimerRequest } from './effects.ts'
import { Envelope, EnvelopeKind, stopEnvelope, type Termination } from './envelope.ts'
import {
  ActorStoppedError,
  ConfigurationError,
  DurabilityError,
  decodeError,
  type ErrorData,
  encodeError,
  OverloadError,
  ServiceMissingError,
  SystemStoppedError,
  UnknownMessageError,
} from './errors.ts'
import { Guardian, guardianName, type SpawnRequest } from './guardian.ts'
import type { KernelPorts } from './kernel-ports.ts'
import { Lifecycle } from './lifecycle.ts'
import { type MessageMode, prepareMessage } from './message-value.ts'
import { NodeJournal } from './node-journal.ts'
import type { RandomStream } from './ports/random.ts'
import type { Refusal } from './ports/transport.ts'
import { runTurn, settleTurn } from './run-turn.ts'
import type { SpawnOptions } from './spawn-options.ts'
import { askTimeoutMsDefault } from './turn-context.ts'
import { type Frame, FrameKind } from './wire.ts'

/** Turns that one cell takes before the next cell in the run queue gets its own. */
const turnsPerBatch = 64

export class NodeKernel implements Effects {
  readonly node: string
  readonly epoch: number
  readonly ports: KernelPorts
  readonly asks: AskTable
  readonly lifecycle: Lifecycle
  readonly journal: NodeJournal
  /** The root of this node's actors. */
  readonly guardian: ActorCell
  /** Turns run so far. */
  turns = 0
  /** False once the node was halted; it then does nothing. */
  alive = true

  readonly #messages: MessageMode
  readonly #deathWatch: DeathWatch
  readonly #cells: (ActorCell | undefined)[] = []
  readonly #freeSlots: number[] = []
  readonly #runQueue = new Deque<ActorCell>()
  readonly #haltListeners = new Set<() => void>()
  #incarnations = 0
  #awake = false

  constructor(ports: KernelPorts) {
    this.ports = ports
    this.node = ports.node
    this.epoch = ports.epoch
    this.#messages = ports.messages
    this.asks = new AskTable(ports.clock, (ask) => this.#askEnded(ask.to, ask.askId))
    this.journal = new NodeJournal(ports)
    this.#deathWatch = new DeathWatch(this)
    this.lifecycle = new Lifecycle(this, this.#deathWatch)
    this.guardian = this.lifecycle.create(undefined, compiled(Guardian), ports.definitions, {
      supervise: { onFailure: 'resume' },
      mailbox: { capacity: Number.POSITIVE_INFINITY },
    })
    this.lifecycle.activate(this.guardian)
  }

  // Cells.

  /** A new reference with a slot of its own; `fill` or `release` follows. */
  allocate(): Ref {
    const slot = this.#freeSlots.pop() ?? this.#cells.length
    if (slot === this.#cells.length) this.#cells.push(undefined)
    return new Ref(this.node, this.epoch, slot, this.#incarnations++)
  }

  fill(cell: ActorCell): void {
    this.#cells[cell.ref.slot] = cell
  }

  release(ref: Ref): void {
    this.#cells[ref.slot] = undefined
    this.#freeSlots.push(ref.slot)
  }

  /** The living actor that `ref` means on this node. */
  lookup(ref: {
    readonly epoch: number
    readonly slot: number
    readonly incarnation: number
    readonly name: string | undefined
  }): ActorCell | undefined {
    if (ref.name !== undefined) return ref.name === guardianName ? this.guardian : this.guardian.names?.get(ref.name)
    if (ref.epoch !== this.epoch) return undefined
    const cell = this.#cells[ref.slot]
    return cell !== undefined && cell.ref.incarnation === ref.incarnation ? cell : undefined
  }

  /** All living cells, the guardian first. */
  *cells(): Iterable<ActorCell> {
    for (const cell of this.#cells) if (cell !== undefined) yield cell
  }

  // Running.

  /** Cells that have something to do. */
  get runnable(): number {
    return this.#runQueue.length
  }

  /** Gives turns to the cells in the run queue, about `turnsMax` in all; true when there is more to do. */
  run(turnsMax: number): boolean {
    const end = this.turns + turnsMax
    while (this.turns < end) {
      const cell = this.#runQueue.shift()
      if (cell === undefined) break
      this.#runCell(cell, turnsPerBatch)
    }
    this.#awake = this.#runQueue.length > 0
    return this.#awake
  }

  /** Gives one turn to the runnable cell that `pick` chooses among `count`; true when there is more to do. */
  step(pick: (count: number) => number): boolean {
    const count = this.#runQueue.length
    if (count > 1) this.#runQueue.bringToFront(pick(count))
    const cell = this.#runQueue.shift()
    if (cell !== undefined) this.#runCell(cell, 1)
    this.#awake = this.#runQueue.length > 0
    return this.#awake
  }

  /** Ends the node at once, as a crash does: no handler runs any more. */
  halt(): void {
    if (!this.alive) return
    this.alive = false
    for (const cell of this.cells()) {
      this.lifecycle.cancelTimers(cell)
      cell.restartTask?.cancel()
      cell.phase = Phase.stopped
      cell.generation++
    }
    this.asks.close(`node ${this.node} ended`)
    for (const listener of this.#haltListeners) listener()
    this.#haltListeners.clear()
  }

  /** Calls `listener` when the node is halted; returns how to take it back. */
  onHalt(listener: () => void): () => void {
    this.#haltListeners.add(listener)
    return () => void this.#haltListeners.delete(listener)
  }

  /** Puts a ready cell that has something to do into the run queue. */
  schedule(cell: ActorCell): void {
    if (cell.scheduled || cell.phase !== Phase.ready || !this.alive) return
    cell.scheduled = true
    this.#runQueue.push(cell)
    if (!this.#awake) {
      this.#awake = true
      this.ports.wake()
    }
  }

  #runCell(cell: ActorCell, turnsMax: number): void {
    const { queue } = cell.mailbox
    for (let turns = 0; turns < turnsMax && cell.phase === Phase.ready; turns++) {
      const { first } = cell
      if (first !== undefined) {
        cell.first = undefined
        this.turn(cell, first)
        continue
      }
      const envelope = queue.shift()
      if (envelope === undefined) break
      if (envelope.kind === EnvelopeKind.message) this.turn(cell, envelope)
      else this.#special(cell, envelope)
    }
    cell.scheduled = false
    if (cell.first !== undefined || queue.length > 0) this.schedule(cell)
  }

  #special(cell: ActorCell, envelope: Envelope): void {
    switch (envelope.kind) {
      case EnvelopeKind.stop:
        this.lifecycle.stop(cell, 'stopped')
        break
      case EnvelopeKind.timer: {
        const timer = envelope.payload as RunningTimer
        if (cell.timers?.get(timer.key) !== timer) break
        cell.timers.delete(timer.key)
        this.turn(cell, new Envelope(EnvelopeKind.message, timer.name, timer.payload, cell.ref, undefined))
        break
      }
      case EnvelopeKind.terminated: {
        const { key, ref } = envelope.payload as Termination
        if (cell.watching?.get(key) !== ref) break
        cell.watching.delete(key)
        this.turn(cell, envelope)
        break
      }
      default:
        throw new Error(`an envelope of kind ${envelope.kind} in the mailbox of ${cell.path()}`)
    }
  }

  /** Runs one turn to its end or to its first await; a host that traces overrides it. */
  protected turn(cell: ActorCell, envelope: Envelope): void {
    this.turns++
    const { durable } = cell
    let promise: PromiseLike<unknown> | undefined
    try {
      promise = runTurn(cell.definition, cell, envelope, durable ?? this)
      if (promise === undefined) durable?.commit()
    } catch (error) {
      this.lifecycle.fail(cell, envelope, error)
      return
    }
    if (promise !== undefined) this.#awaitTurn(cell, envelope, promise)
    else if (cell.stopReason !== undefined) this.lifecycle.stop(cell, cell.stopReason)
  }

  #awaitTurn(cell: ActorCell, envelope: Envelope, promise: PromiseLike<unknown>): void {
    const { generation } = cell
    cell.phase = Phase.busy
    cell.current = envelope
    // What is no promise of the platform need not keep a promise's word: settle once, and later.
    const settled = promise instanceof Promise ? promise : Promise.resolve(promise)
    settled.then(
      (result) =>
        this.#resume(
          cell,
          generation,
          () => {
            settleTurn(cell, envelope, cell.durable ?? this, result)
            cell.durable?.commit()
          },
          envelope,
        ),
      (error) =>
        this.#resume(
          cell,
          generation,
          () => {
            throw error
          },
          envelope,
        ),
    )
  }

  #resume(cell: ActorCell, generation: number, finish: () => void, envelope: Envelope): void {
    if (cell.generation !== generation || !this.alive) return
    cell.phase = Phase.ready
    cell.current = undefined
    try {
      finish()
    } catch (error) {
      cell.context?.end()
      this.lifecycle.fail(cell, envelope, error)
      return
    }
    if (cell.stopReason !== undefined) this.lifecycle.stop(cell, cell.stopReason)
    else this.schedule(cell)
  }

  // Delivery.

  /** Delivers a message on this node. */
  deliver(to: Ref, name: string, payload: unknown, sender: Ref | undefined, replyTo: ReplyToken | undefined): void {
    const cell = this.alive ? this.lookup(to) : undefined
    if (cell === undefined) {
      this.#undeliverable(to, name, payload, sender, replyTo, this.alive ? 'no-such-actor' : 'node-down')
      return
    }
    const { mailbox } = cell
    const envelope = new Envelope(EnvelopeKind.message, name, payload, sender, replyTo)
    if (mailbox.queue.length < mailbox.capacity) mailbox.queue.push(envelope)
    else {
      const dropped = mailbox.offer(envelope)
      if (dropped !== undefined) {
        this.#undeliverable(to, dropped.name, dropped.payload, dropped.sender, dropped.replyTo, 'overload')
      }
    }
    if (!cell.scheduled) this.schedule(cell)
  }

  /** Puts what must not be dropped into a mailbox, past its bound. */
  enqueue(cell: ActorCell, envelope: Envelope): void {
    if (envelope.kind === EnvelopeKind.stop) cell.stopRequested = true
    cell.mailbox.queue.push(envelope)
    this.schedule(cell)
  }

  /** What waited for an actor that is no more. */
  discard(cell: ActorCell, envelope: Envelope): void {
    if (envelope.kind !== EnvelopeKind.message) return
    this.#undeliverable(cell.ref, envelope.name, envelope.payload, envelope.sender, envelope.replyTo, 'stopped')
  }

  #undeliverable(
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
    reason: DeadLetterReason,
  ): void {
    this.ports.events.emit('deadLetter', { to, name, payload, sender, reason })
    if (replyTo !== undefined) this.sendError(replyTo, this.#refusalError(to, name, reason))
  }

  #refusalError(to: Ref, name: string, reason: DeadLetterReason): Error {
    const facts = { to: refKey(to), message: name }
    if (reason === 'overload') {
      return new OverloadError(
        `${name} to ${refKey(to)}: the mailbox or the channel to it is full; send less or later`,
        facts,
      )
    }
    if (reason === 'node-down') return nodeDownError(to.node, name, to)
    return new ActorStoppedError(`${name} to ${refKey(to)}: the actor is not there or stopped before it replied`, facts)
  }

  /** A frame from another node. */
  receive(from: { readonly node: string; readonly epoch: number }, frame: Frame): void {
    if (!this.alive) return
    switch (frame[0]) {
      case FrameKind.tell:
        this.deliver(this.#target(frame), frame[5], frame[6], frame[7], undefined)
        break
      case FrameKind.ask:
        this.deliver(this.#target(frame), frame[5], frame[6], frame[7], new ReplyToken(from.node, from.epoch, frame[8]))
        break
      case FrameKind.reply:
        if (frame[1] === this.epoch) this.#settleAsk(frame[2], frame[3], undefined)
        break
      case FrameKind.replyError:
        if (frame[1] === this.epoch) this.#settleAsk(frame[2], undefined, decodeError(frame[3]))
        break
      case FrameKind.watch:
        this.#deathWatch.addWatcher(this.#target(frame), frame[5], frame[6])
        break
      case FrameKind.unwatch:
        this.#deathWatch.removeWatcher(this.#target(frame), frame[5], frame[6])
        break
      case FrameKind.terminated:
        if (frame[1] === this.epoch) this.#deathWatch.terminated(frame[2], frame[3], frame[4], frame[5])
        break
      case FrameKind.stop: {
        const cell = this.lookup(this.#target(frame))
        if (cell !== undefined) this.enqueue(cell, stopEnvelope)
        break
      }
      default:
        throw new ConfigurationError(
          `node ${this.node} got a frame of unknown kind ${String(frame[0])} from ${from.node}`,
        )
    }
  }

  #target(frame: Frame & { readonly 4: string | undefined }): Ref {
    return new Ref(this.node, frame[1], frame[2] as number, frame[3] as number, frame[4] ?? undefined)
  }

  /** Nobody waits for the reply any more: an actor of this node that deferred it, or forwarded it, can forget it. */
  #askEnded(to: Ref, askId: number): void {
    const deferred = to.node === this.node ? this.lookup(to)?.deferred : undefined
    if (deferred !== undefined && deferred.size > 0) {
      deferred.delete(tokenKey(new ReplyToken(this.node, this.epoch, askId)))
    }
  }

  #settleAsk(askId: number, value: unknown, error: Error | undefined): void {
    const ended = error === undefined ? this.asks.resolve(askId, value) : this.asks.reject(askId, error)
    // An error for an ask that already ended says nothing new; a value that nobody waits for is a dead letter.
    if (ended || error !== undefined) return
    this.ports.events.emit('deadLetter', {
      to: new Ref(this.node, this.epoch, -1, askId, 'asker'),
      name: 'reply',
      payload: value,
      sender: undefined,
      reason: 'late-reply',
    })
  }

  /** A node of that name died with that epoch: its watchers are told and asks to it fail. */
  nodeDown(node: string, epoch: number, reason: string): void {
    if (!this.alive) return
    this.ports.events.emit('nodeDown', { node, epoch, reason })
    this.#deathWatch.nodeDown(node, epoch)
    this.asks.rejectNode(node)
  }

  /** Hands a frame for another node to the transport. */
  send(node: string, frame: Frame): Refusal | undefined {
    return this.alive ? this.ports.transport.send(node, frame) : 'node-down'
  }

  /** The payload as this node's message mode wants it, for an effect that is held before it is sent. */
  prepare(payload: unknown, name: string, to: Ref, from: ActorCell | undefined): unknown {
    return prepareMessage(payload, this.#messages, () => describeSend(name, to, from))
  }

  // Effects, carried out at once.

  tell(from: ActorCell | undefined, to: Ref, name: string, payload: unknown): void {
    if (to.node === this.node) {
      const value =
        this.#messages === 'shared' && typeof payload !== 'function' ? payload : this.prepare(payload, name, to, from)
      this.deliver(to, name, value, from?.ref, undefined)
      return
    }
    const refusal = this.send(to.node, [
      FrameKind.tell,
      to.epoch,
      to.slot,
      to.incarnation,
      to.name,
      name,
      payload,
      from?.ref,
    ])
    if (refusal !== undefined) this.#undeliverable(to, name, payload, from?.ref, undefined, refusal)
  }

  tellEarly(from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.tell(from, to, name, payload)
  }

  ask(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs = askTimeoutMsDefault,
  ): Promise<unknown> {
    if (!this.alive) return Promise.reject(new SystemStoppedError(`ask ${name}: node ${this.node} has ended`))
    const { askId, promise } = this.asks.open(from, to, name, timeoutMs)
    try {
      this.sendAsk(from, to, name, payload, askId)
    } catch (error) {
      this.asks.reject(askId, error as Error)
    }
    return promise
  }

  /** Sends the message of an ask that was opened in `asks`. */
  sendAsk(from: ActorCell | undefined, to: Ref, name: string, payload: unknown, askId: number): void {
    const sender = from?.ref
    if (to.node === this.node) {
      const value = this.prepare(payload, name, to, from)
      this.deliver(to, name, value, sender, new ReplyToken(this.node, this.epoch, askId))
      return
    }
    const { epoch, slot, incarnation } = to
    const refusal = this.send(to.node, [FrameKind.ask, epoch, slot, incarnation, to.name, name, payload, sender, askId])
    if (refusal !== undefined) {
      this.#undeliverable(to, name, payload, sender, new ReplyToken(this.node, this.epoch, askId), refusal)
    }
  }

  reply(from: ActorCell, token: ReplyToken, value: unknown): void {
    if (token.node === this.node && token.epoch === this.epoch) {
      this.#settleAsk(token.askId, this.prepareReply(value, from), undefined)
    } else this.send(token.node, [FrameKind.reply, token.epoch, token.askId, value])
    from.deferred?.delete(tokenKey(token))
  }

  /** The reply as this node's message mode wants it. */
  prepareReply(value: unknown, from: ActorCell): unknown {
    return prepareMessage(value, this.#messages, () => `the reply of ${from.path()}`)
  }

  replyError(from: ActorCell, token: ReplyToken, error: unknown): void {
    from.deferred?.delete(tokenKey(token))
    this.sendError(token, error)
  }

  /** Ends an ask with an error, wherever the asker is. */
  sendError(token: ReplyToken, error: unknown): void {
    const data = encodeError(error)
    if (token.node === this.node && token.epoch === this.epoch)
      this.#settleAsk(token.askId, undefined, decodeError(data))
    else this.#sendErrorData(token, data)
  }

  #sendErrorData(token: ReplyToken, data: ErrorData): void {
    try {
      this.send(token.node, [FrameKind.replyError, token.epoch, token.askId, data])
    } catch {
      // What the error carries cannot travel; what it says can.
      const { name, message, code } = data
      const plain = { name: String(name), message: String(message), ...(code === undefined ? {} : { code }) }
      this.send(token.node, [FrameKind.replyError, token.epoch, token.askId, plain])
    }
  }

  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref {
    const cell = this.lifecycle.create(from, definition, this.prepareArgs(args, definition), options)
    this.lifecycle.activate(cell)
    return cell.ref
  }

  /** The arguments of a child as this node's message mode wants them: they are a value, as messages are. */
  prepareArgs(args: unknown, definition: CompiledDefinition): unknown {
    return prepareMessage(args, this.#messages, () => `the arguments of ${definition.name}`)
  }

  async spawnOn(
    from: ActorCell | undefined,
    node: string,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): Promise<Ref> {
    const { guardian, request } = this.spawnRequest(from, node, definition, args, options)
    return (await this.ask(from, guardian, 'spawn', request)) as Ref
  }

  /** What to ask the guardian of `node` to start an actor there, linked to `from`. */
  spawnRequest(
    from: ActorCell | undefined,
    node: string,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): { guardian: Ref; request: SpawnRequest } {
    return {
      guardian: new Ref(node, -1, -1, -1, guardianName),
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
    if (cell !== undefined && cell !== this.guardian) this.enqueue(cell, stopEnvelope)
  }

  watch(from: ActorCell, ref: Ref): void {
    this.#deathWatch.watch(from, ref)
  }

  unwatch(from: ActorCell, ref: Ref): void {
    this.#deathWatch.unwatch(from, ref)
  }

  startTimer(from: ActorCell, request: TimerRequest): void {
    this.cancelTimer(from, request.key)
    from.timers ??= new Map()
    const { name } = request
    const timer: RunningTimer = {
      ...request,
      payload: prepareMessage(request.payload, this.#messages, () => `timer ${name} of ${from.path()}`),
      task: this.ports.clock.schedule(request.delayMs, () => {
        if (from.timers?.get(request.key) === timer && this.alive) {
          this.enqueue(from, new Envelope(EnvelopeKind.timer, request.name, timer, undefined, undefined))
        }
      }),
    }
    from.timers.set(request.key, timer)
  }

  cancelTimer(from: ActorCell, key: string): void {
    from.timers?.get(key)?.task.cancel()
    from.timers?.delete(key)
  }

  persist(from: ActorCell, name: string, _event: unknown): void {
    throw new DurabilityError(
      `${from.path()} persists ${name} but is not durable: spawn it with a durableId, on a host that has a disk`,
      { actor: from.path(), event: name },
    )
  }

  unhandled(from: ActorCell, envelope: Envelope): void {
    const { name, payload, sender, replyTo } = envelope
    this.ports.events.emit('deadLetter', { to: from.ref, name, payload, sender, reason: 'unknown-message' })
    if (replyTo === undefined) return
    const known = [...from.definition.handlers.keys()].join(', ')
    this.sendError(
      replyTo,
      new UnknownMessageError(`${from.path()} has no message ${JSON.stringify(name)}; it takes: ${known}`, {
        actor: from.path(),
        message: name,
      }),
    )
  }

  now(): number {
    return this.ports.clock.now()
  }

  random(from: ActorCell): RandomStream {
    from.draws = true
    return this.ports.random.stream(from.path())
  }

  use(from: ActorCell, service: string): unknown {
    const { services } = this.ports
    if (Object.hasOwn(services, service)) return services[service]
    throw new ServiceMissingError(
      `${from.path()} uses service ${JSON.stringify(service)}, which this host was not given: pass services: { ${service}: ... }`,
      { actor: from.path(), service },
    )
  }

  log(from: ActorCell, level: LogLevel, message: string, fields: LogFields = {}): void {
    this.ports.events.emit('log', { level, actor: from.path(), message, fields })
  }
}

function describeSend(name: string, to: Ref, from: ActorCell | undefined): string {
  return `message ${name} to ${refKey(to)}${from === undefined ? '' : ` from ${from.path()}`}`
}
