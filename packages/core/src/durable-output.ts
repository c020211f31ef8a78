/**
 * Output commit: the effects of a durable actor. The events of a turn become one journal record; everything the turn
 * lets out is held, in order, until that record and all before it are synced. Later turns run meanwhile, so one sync
 * covers many. A turn that throws appends nothing and releases nothing.
 *
 * An ask inside an asynchronous turn cannot wait for the turn's end. It goes out with what the turn sent before it,
 * once the records before the turn are synced, and must come before the turn's first `persist`.
 */
import type { ActorCell } from './actor-cell.ts'
import type { CompiledDefinition } from './actor-definition.ts'
import { type Ref, type ReplyToken, sameRef } from './actor-ref.ts'
import { askTimeoutMsDefault } from './ask-options.ts'
import { Deque } from './deque.ts'
import { afterForget, afterPersist } from './durability-order.ts'
import { type EventRecord, recover, type SnapshotRecord } from './durable-recovery.ts'
import type { Effects } from './effects.ts'
import type { Envelope } from './envelope.ts'
import { toError } from './errors.ts'
import { carryOut, type HeldEffect } from './held-effect.ts'
import type { OnSynced } from './journal/record-group.ts'
import { takeMessage } from './message-value.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import type { AnswerNames } from './pending-ask.ts'
import type { NodeChoice } from './placement.ts'
import { ReminderChanges } from './reminder-changes.ts'
import { type ReminderRequest, Reminders, reminderDone } from './reminders.ts'
import { eventOf } from './run-turn.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { CompiledTask, TaskOptions } from './task-definition.ts'
import { UnheldEffects } from './unheld-effects.ts'
import { UnsyncedOutput } from './unsynced-output.ts'
import { encodeShared } from './value-codec.ts'

export class DurableOutput extends UnheldEffects implements Effects {
  readonly #cell: ActorCell
  readonly #durableId: string
  readonly #unsynced = new UnsyncedOutput(
    (effect) => this.#release(effect),
    () => this.kernel.alive,
  )
  /** What the turn under way lets out once it is durable, and what at its end; used again by each. */
  readonly #effects = new Deque<HeldEffect>()
  readonly #early = new Deque<HeldEffect>()
  #events: EventRecord = []
  #eventsSinceSnapshot = 0
  /** True once the turn under way persisted something. */
  #persisting = false
  /** What the turn under way asked for. */
  #wantsSnapshot = false
  #wantsForget = false
  /** True once the history was forgotten: the actor is about to stop. */
  #forgotten = false
  readonly reminders: Reminders
  readonly #reminderChanges: ReminderChanges

  constructor(kernel: NodeKernel, cell: ActorCell, durableId: string) {
    super(kernel)
    this.#cell = cell
    this.#durableId = durableId
    this.reminders = new Reminders(kernel, cell)
    this.#reminderChanges = new ReminderChanges(this.reminders)
  }

  /** Brings the state back from the journal. The state is fresh from `init`. */
  recover(done: (error: Error | undefined) => void): void {
    const { journal } = this.kernel
    const recovered = { journal, cell: this.#cell, durableId: this.#durableId, reminders: this.reminders }
    recover(recovered, (error, eventsSinceSnapshot) => {
      this.#eventsSinceSnapshot = eventsSinceSnapshot
      done(error)
    })
  }

  /**
   * Ends the turn of `envelope`, which went well: appends its events, and lets its output go as soon as that is safe.
   * Throws when the events cannot be stored; the turn has failed then.
   */
  commit(envelope?: Envelope): void {
    const reminder = this.#reminderChanges.handledBy(envelope)
    if (reminder !== undefined) this.#addEvent([reminderDone, reminder.key])
    const events = this.#events
    const wantsSnapshot = this.#wantsSnapshot
    if (this.#wantsForget) this.#forget()
    else if (events.length > 0) {
      const record = encodeShared(events)
      this.kernel.journal.append(this.#durableId, record, this.#onSynced)
      this.#unsynced.appended(record.length)
      this.#eventsSinceSnapshot += events.length
    }
    if (!this.#wantsForget) this.#reminderChanges.carryOut(events)
    if (reminder !== undefined) this.reminders.remove(reminder.key)
    this.#endTurn()
    const early = this.#early
    for (let effect = early.shift(); effect !== undefined; effect = early.shift()) this.#release(effect)
    this.#releaseAfterSync()
    if (this.#forgotten) return
    if (wantsSnapshot || this.#eventsSinceSnapshot >= this.#cell.definition.snapshotEvery) this.#snapshot()
  }

  /** What a turn leaves for the next one: nothing. */
  #endTurn(): void {
    this.#persisting = false
    this.#wantsSnapshot = false
    this.#wantsForget = false
    this.#reminderChanges.end()
    if (this.#events.length > 0) this.#events = []
  }

  /** Most turns have one event: a list that is made of it takes no more room than that. */
  #addEvent(event: EventRecord[number]): void {
    if (this.#events.length === 0) this.#events = [event]
    else this.#events.push(event)
  }

  /** In the place of the turn's events: everything before is forgotten with them. */
  #forget(): void {
    this.kernel.journal.remove(this.#durableId, this.#onSynced)
    this.#unsynced.appended(0)
    this.#forgotten = true
    this.reminders.clear()
    this.kernel.stop(this.#cell, undefined)
  }

  /**
   * Ends the turn of `envelope`, which threw: it has appended nothing and lets nothing out. True when its events had
   * been applied.
   */
  abandonTurn(envelope?: Envelope): boolean {
    const effects = this.#effects
    const spoiled = this.#persisting
    this.#endTurn()
    this.#early.clear()
    if (envelope !== undefined) this.reminders.failed(envelope)
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (effect.type === 'activate') this.kernel.lifecycle.discard(effect.child)
    }
    return spoiled
  }

  /** True while so much waits for syncs that the actor takes no more turns: what is held has a bound. */
  get isFull(): boolean {
    return this.#unsynced.isFull
  }

  /** True while nothing waits for a sync. */
  get isSynced(): boolean {
    return this.#unsynced.isSynced
  }

  /** Runs `run` once everything that was appended so far is synced, after what is held: at once if nothing is. */
  whenSynced(run: () => void): void {
    this.#unsynced.whenSynced(run)
  }

  #snapshot(): void {
    const { definition, state } = this.#cell
    this.#eventsSinceSnapshot = 0
    try {
      const { current } = definition.snapshotVersion
      const record: SnapshotRecord = [current, definition.snapshot(state), this.reminders.stored()]
      const bytes = encodeShared(record)
      this.kernel.journal.snapshot(this.#durableId, bytes, this.#onSynced)
      this.#unsynced.appended(bytes.length)
    } catch (error) {
      // The turn is committed by its events; without the snapshot a recovery replays more of them.
      this.kernel.supervisor.snapshotFailed(this.#cell, error)
    }
  }

  #report(what: string, error: unknown): void {
    const { message, stack } = toError(error)
    this.kernel.log(this.#cell, 'error', `${what}: ${message}`, { error: stack })
  }

  readonly #onSynced: OnSynced = (error) => {
    if (error !== undefined) {
      this.kernel.journal.failed(error)
      return
    }
    const { isFull } = this
    this.#unsynced.synced()
    if (isFull && !this.isFull && this.#cell.mailbox.length > 0) this.kernel.schedule(this.#cell)
  }

  #releaseAfterSync(): void {
    if (this.#effects.length > 0) this.#unsynced.hold(this.#effects)
  }

  /** Lets an effect go. Its turn is over, so what is wrong with it (it cannot be copied, say) fails its ask at most. */
  #release(effect: HeldEffect): void {
    try {
      carryOut(this.kernel, this.#cell, effect)
    } catch (error) {
      this.#report(`a ${effect.type} that was held could not be carried out`, error)
      if (effect.type === 'ask' || effect.type === 'offer') this.kernel.asks.reject(effect.askId, toError(error))
      else if (effect.type === 'askThen') {
        this.kernel.answer(this.#cell, effect.names.onError, toError(error), effect.to)
      } else if (effect.type === 'forward' && effect.envelope.replyTo !== undefined) {
        this.kernel.sendError(effect.envelope.replyTo, error)
      } else if (effect.type === 'reply' || effect.type === 'stream') this.kernel.sendError(effect.token, error)
    }
  }

  // Effects, held.

  tell(_from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.#effects.push({ type: 'tell', to, name, payload: this.kernel.prepare(payload, name, to, this.#cell) })
  }

  tellEarly(_from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.#early.push({ type: 'tell', to, name, payload: this.kernel.prepare(payload, name, to, this.#cell) })
  }

  ask(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.#await('ask', from, to, name, payload, timeoutMs, signal)
  }

  /** The answer comes in a later turn, when all of this one is durable: it is held as a tell is. */
  askThen(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    { onReply, onError }: AnswerNames,
    signal?: AbortSignal,
  ): void {
    const value = this.kernel.prepare(payload, name, to, from)
    const { generation } = from
    const names = { onReply, onError }
    this.#effects.push({ type: 'askThen', to, name, payload: value, timeoutMs, names, signal, generation })
  }

  offer(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#await('offer', from, to, name, payload, timeoutMs, signal) as Promise<void>
  }

  /** What the turn waits for cannot be held until its end. */
  #await(
    type: 'ask' | 'offer',
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (this.#events.length > 0 || this.#wantsForget) {
      const verb = type === 'ask' ? 'ask' : 'send'
      throw afterPersist(from, `${verb}s ${name}`, verb, { message: name })
    }
    const value = this.kernel.prepare(payload, name, to, from)
    const { askId, promise } = this.kernel.asks.open(from, to, name, timeoutMs, signal, type === 'offer')
    this.#effects.push({ type, to, name, payload: value, askId })
    this.#releaseAfterSync()
    return promise
  }

  reply(_from: ActorCell, token: ReplyToken, value: unknown): void {
    this.#effects.push({ type: 'reply', token, value: this.kernel.prepareReply(value, this.#cell) })
  }

  replyToAsk(from: ActorCell, { replyTo }: Envelope, value: unknown): void {
    this.reply(from, replyTo as ReplyToken, value)
  }

  replyError(_from: ActorCell, token: ReplyToken, error: unknown): void {
    this.#effects.push({ type: 'replyError', token, error })
  }

  forward(_from: ActorCell, to: Ref, envelope: Envelope): void {
    this.#effects.push({ type: 'forward', to, envelope })
  }

  openStream(from: ActorCell, envelope: Envelope, iterable: AsyncIterable<unknown>): void {
    const stream = this.kernel.beginStream(from, envelope, iterable)
    if (stream !== undefined) this.#effects.push({ type: 'openStream', stream })
  }

  streamed(from: ActorCell, stream: OutgoingStream, result: IteratorResult<unknown>): void {
    const output = this.kernel.streamOutput(from, stream, result)
    if (output !== undefined) this.#effects.push({ type: 'stream', token: stream.token, output })
    stream.pullNext()
  }

  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref {
    const child = this.kernel.lifecycle.create(from, definition, this.kernel.prepareArgs(args, definition), options)
    this.#effects.push({ type: 'activate', child })
    return child.ref
  }

  spawnOn(
    from: ActorCell,
    node: NodeChoice,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): Promise<Ref> {
    const { guardian, request } = this.kernel.spawnRequest(from, node, definition, args, options)
    return this.ask(from, guardian, 'spawn', request, options.timeoutMs ?? askTimeoutMsDefault) as Promise<Ref>
  }

  stop(from: ActorCell, ref: Ref | undefined): void {
    if (ref === undefined || sameRef(ref, from.ref)) this.kernel.stop(from, undefined)
    else this.#effects.push({ type: 'stop', ref })
  }

  kill(from: ActorCell, ref: Ref | undefined): void {
    if (ref === undefined || sameRef(ref, from.ref)) this.kernel.kill(from, undefined)
    else this.#effects.push({ type: 'kill', ref })
  }

  link(_from: ActorCell, ref: Ref): void {
    this.#effects.push({ type: 'link', ref })
  }

  unlink(_from: ActorCell, ref: Ref): void {
    this.#effects.push({ type: 'unlink', ref })
  }

  persist(from: ActorCell, name: string, event: unknown): void {
    if (this.#forgets) throw this.#afterForget(`persists ${name}`)
    const { update, version, title } = eventOf(from, name)
    const value = this.kernel.prepare(event, title, from.ref, from)
    this.#persisting = true
    update(from.state, value)
    this.#addEvent(version === undefined ? [name, value] : [name, value, version.current])
  }

  setReminder(from: ActorCell, { key, atMs, name, payload }: ReminderRequest): void {
    if (this.#forgets) throw this.#afterForget(`sets reminder ${key}`)
    this.#reminderChanges.assertRoom(key)
    const stored = [key, atMs, name, this.kernel.prepare(payload, `reminder ${name}`, from.ref, from)] as const
    this.#addEvent(this.#reminderChanges.set(stored))
  }

  cancelReminder(_from: ActorCell, key: string): void {
    if (this.#forgets) throw this.#afterForget(`cancels reminder ${key}`)
    const event = this.#reminderChanges.cancel(key)
    if (event !== undefined) this.#addEvent(event)
  }

  snapshot(_from: ActorCell): void {
    if (this.#forgets) throw this.#afterForget('takes a snapshot')
    this.#wantsSnapshot = true
  }

  forget(_from: ActorCell): void {
    this.#wantsForget = true
  }

  /** True from `ctx.forget()` on: nothing is to be stored any more. */
  get #forgets(): boolean {
    return this.#wantsForget || this.#forgotten
  }

  #afterForget(what: string): Error {
    return afterForget(this.#cell, this.#durableId, what)
  }

  /** As an ask: it must come before the turn's first persist, and starts once what came before it is synced. */
  task(from: ActorCell, task: CompiledTask, args: unknown, options: TaskOptions | undefined): Promise<unknown> {
    if (this.#events.length > 0) {
      throw afterPersist(from, `runs task ${task.name}`, 'run it', { task: task.name })
    }
    this.#releaseAfterSync()
    if (this.isSynced) return this.kernel.task(from, task, args, options)
    // The task is given what the arguments are now, not what they are when it starts.
    const taken = takeMessage(
      args,
      options?.transfer ?? [],
      () => `the arguments of task ${task.name} from ${from.path()}`,
    )
    const { generation } = from
    return new Promise((resolve) => {
      this.whenSynced(() => {
        if (from.generation !== generation) return
        resolve(this.kernel.task(from, task, taken.value, { ...options, transfer: taken.moved }))
      })
    })
  }

  override stash(from: ActorCell, envelope: Envelope): void {
    this.#reminderChanges.stashed()
    super.stash(from, envelope)
  }
}
