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
import type { LogFields, LogLevel } from './context.ts'
import { Deque } from './deque.ts'
import type { Effects, TimerRequest } from './effects.ts'
import type { Envelope } from './envelope.ts'
import { DurabilityError, DurableVersionError, toError } from './errors.ts'
import { firstVersion, upcastTo } from './event-versions.ts'
import { takeMessage } from './message-value.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { OutgoingStream, StreamOutput } from './outgoing-stream.ts'
import type { NodeChoice } from './placement.ts'
import type { RandomStream } from './ports/random.ts'
import {
  type Reminder,
  type ReminderRequest,
  Reminders,
  reminderDone,
  reminderSet,
  type StoredReminder,
} from './reminders.ts'
import type { Deferral } from './reply-duties.ts'
import { applyEvent } from './run-turn.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { CompiledTask, TaskOptions } from './task-definition.ts'
import { askTimeoutMsDefault } from './turn-context.ts'
import { decodeValue, encodeValue } from './value-codec.ts'
import { approximateBytes } from './value-size.ts'

/** One thing that the actor lets out, as data. */
type HeldEffect =
  | { readonly type: 'tell'; readonly to: Ref; readonly name: string; readonly payload: unknown }
  | {
      readonly type: 'ask' | 'offer'
      readonly to: Ref
      readonly name: string
      readonly payload: unknown
      readonly askId: number
    }
  | { readonly type: 'forward'; readonly to: Ref; readonly envelope: Envelope }
  | { readonly type: 'reply'; readonly token: ReplyToken; readonly value: unknown }
  | { readonly type: 'replyError'; readonly token: ReplyToken; readonly error: unknown }
  | { readonly type: 'openStream'; readonly stream: OutgoingStream }
  | { readonly type: 'stream'; readonly token: ReplyToken; readonly output: StreamOutput }
  | { readonly type: 'activate'; readonly child: ActorCell }
  | { readonly type: 'stop' | 'kill' | 'link' | 'unlink'; readonly ref: Ref }

/** What waits until `record` of this actor's records are synced. */
interface Held {
  readonly record: number
  readonly effects: readonly HeldEffect[]
  readonly run: (() => void) | undefined
  /** About how many bytes the effects carry. */
  readonly bytes: number
}

/** The events of one turn; a version that is not there is 1. */
type EventRecord = [name: string, event: unknown, version?: number][]
type SnapshotRecord = [version: number, state: unknown, reminders: StoredReminder[]]

/** Records of one actor, and turns whose output is held, that may wait for syncs at a time. */
export const unsyncedMax = 4_096
/** Bytes of those, about: the last turn before the bound may go past it. */
const unsyncedBytesMax = 8 * 1024 ** 2

export class DurableOutput implements Effects {
  readonly #kernel: NodeKernel
  readonly #cell: ActorCell
  readonly #durableId: string
  readonly #held = new Deque<Held>()
  #effects: HeldEffect[] = []
  #early: HeldEffect[] = []
  #events: EventRecord = []
  /** Records appended and synced by this incarnation. */
  #appended = 0
  #synced = 0
  #eventsSinceSnapshot = 0
  /** The size of each record that waits for its sync, and of all that waits. */
  readonly #recordBytes = new Deque<number>()
  #unsyncedBytes = 0
  /** True once the turn under way persisted something. */
  #persisting = false
  /** What the turn under way asked for. */
  #wantsSnapshot = false
  #wantsForget = false
  /** True once the history was forgotten: the actor is about to stop. */
  #forgotten = false
  #stashed = false
  /** Keys of the reminders that the turn set or cancelled. */
  readonly #remindersChanged = new Set<string>()
  readonly reminders: Reminders

  constructor(kernel: NodeKernel, cell: ActorCell, durableId: string) {
    this.#kernel = kernel
    this.#cell = cell
    this.#durableId = durableId
    this.reminders = new Reminders(kernel, cell)
  }

  /** Brings the state back from the latest snapshot and the events after it. The state is fresh from `init`. */
  recover(done: (error: Error | undefined) => void): void {
    const cell = this.#cell
    const { generation } = cell
    let failure: Error | undefined
    // A record that the definition cannot apply ends the recovery with its error; the rest is read and ignored.
    const attempt = (apply: () => void) => {
      if (failure !== undefined || cell.generation !== generation) return
      try {
        apply()
      } catch (cause) {
        failure =
          cause instanceof DurableVersionError
            ? cause
            : new DurabilityError(
                `${cell.path()} cannot be recovered: its definition rejects what the journal has of ${this.#durableId}: ${toError(cause).message}`,
                { actor: cell.path(), durableId: this.#durableId },
                { cause },
              )
      }
    }
    this.#eventsSinceSnapshot = 0
    this.#kernel.journal.recover(this.#durableId, {
      snapshot: (payload) =>
        attempt(() => {
          const [version, stored, reminders] = decodeValue(payload) as SnapshotRecord
          cell.state = cell.definition.restore(this.#upcast('', version, stored, true))
          for (const reminder of reminders) this.reminders.set(reminder)
        }),
      event: (payload) =>
        attempt(() => {
          const events = decodeValue(payload) as EventRecord
          this.#eventsSinceSnapshot += events.length
          for (const [name, event, version = 1] of events) this.#replay(name, event, version)
        }),
      done: (error) => {
        if (cell.generation === generation && error === undefined && failure === undefined) this.reminders.startAll()
        done(error ?? failure)
      },
    })
  }

  #replay(name: string, event: unknown, version: number): void {
    if (name === reminderSet) this.reminders.set(event as StoredReminder)
    else if (name === reminderDone) this.reminders.remove(event as string)
    else applyEvent(this.#cell, name, this.#upcast(name, version, event))
  }

  /** What was stored, as the definition wants it now. `name` is an event's, or `snapshot`. */
  #upcast(name: string, version: number, stored: unknown, isSnapshot = false): unknown {
    const { definition } = this.#cell
    const known = isSnapshot ? definition.snapshotVersion : (definition.eventVersions.get(name) ?? firstVersion)
    if (version === known.current) return stored
    const what = isSnapshot ? 'snapshot' : `event ${name}`
    return upcastTo(known, version, stored, { actor: this.#cell.path(), durableId: this.#durableId, what })
  }

  /**
   * Ends the turn of `envelope`, which went well: appends its events, and lets its output go as soon as that is safe.
   * Throws when the events cannot be stored; the turn has failed then.
   */
  commit(envelope?: Envelope): void {
    const effects = this.#effects
    const events = this.#events
    const early = this.#early
    const reminder = this.#handledReminder(envelope)
    if (reminder !== undefined) events.push([reminderDone, reminder.key])
    const wantsSnapshot = this.#wantsSnapshot
    if (this.#wantsForget) this.#forget()
    else if (events.length > 0) {
      const record = encodeValue(events)
      this.#kernel.journal.append(this.#durableId, record, this.#onSynced)
      this.#noteAppended(record.length)
      this.#eventsSinceSnapshot += events.length
    }
    if (this.#remindersChanged.size > 0) this.#changeReminders(events)
    if (reminder !== undefined) this.reminders.remove(reminder.key)
    this.#endTurn()
    for (const effect of early) this.#release(effect)
    this.#releaseAfterSync(effects)
    if (this.#forgotten) return
    if (wantsSnapshot || this.#eventsSinceSnapshot >= this.#cell.definition.snapshotEvery) this.#snapshot()
  }

  /** The reminder that the turn has dealt with: one that it set anew, cancelled or put aside is not. */
  #handledReminder(envelope: Envelope | undefined): Reminder | undefined {
    const reminder = this.reminders.handledBy(envelope)
    if (reminder === undefined || this.#remindersChanged.has(reminder.key)) return undefined
    if (this.#stashed) reminder.stashed = true
    return this.#stashed ? undefined : reminder
  }

  /** What a turn leaves for the next one: nothing. */
  #endTurn(): void {
    this.#persisting = false
    this.#wantsSnapshot = false
    this.#wantsForget = false
    this.#stashed = false
    if (this.#remindersChanged.size > 0) this.#remindersChanged.clear()
    if (this.#events.length > 0) this.#events = []
    if (this.#early.length > 0) this.#early = []
  }

  /** Once their turn went well: a turn that fails has changed no reminder. */
  #changeReminders(events: EventRecord): void {
    if (this.#wantsForget) return
    for (const [name, event] of events) {
      if (name === reminderSet) this.reminders.start(this.reminders.set(event as StoredReminder))
      else if (name === reminderDone) this.reminders.remove(event as string)
    }
  }

  /** In the place of the turn's events: everything before is forgotten with them. */
  #forget(): void {
    this.#kernel.journal.remove(this.#durableId, this.#onSynced)
    this.#noteAppended(0)
    this.#forgotten = true
    this.reminders.clear()
    this.#kernel.stop(this.#cell, undefined)
  }

  #noteAppended(bytes: number): void {
    this.#appended++
    this.#recordBytes.push(bytes)
    this.#unsyncedBytes += bytes
  }

  /**
   * Ends the turn of `envelope`, which threw: it has appended nothing and lets nothing out. True when its events had
   * been applied.
   */
  abandonTurn(envelope?: Envelope): boolean {
    const effects = this.#effects
    const spoiled = this.#persisting
    this.#endTurn()
    this.#effects = []
    if (envelope !== undefined) this.reminders.failed(envelope)
    for (const effect of effects) if (effect.type === 'activate') this.#kernel.lifecycle.discard(effect.child)
    return spoiled
  }

  /** True while so much waits for syncs that the actor takes no more turns: what is held has a bound. */
  get isFull(): boolean {
    return (
      this.#appended - this.#synced >= unsyncedMax ||
      this.#held.length >= unsyncedMax ||
      this.#unsyncedBytes >= unsyncedBytesMax
    )
  }

  /** True while nothing waits for a sync. */
  get isSynced(): boolean {
    return this.#held.length === 0 && this.#synced === this.#appended
  }

  /** Runs `run` once everything that was appended so far is synced, after what is held: at once if nothing is. */
  whenSynced(run: () => void): void {
    if (this.isSynced) run()
    else this.#held.push({ record: this.#appended, effects: [], run, bytes: 0 })
  }

  #snapshot(): void {
    const { definition, state } = this.#cell
    this.#eventsSinceSnapshot = 0
    try {
      const { current } = definition.snapshotVersion
      const record: SnapshotRecord = [current, definition.snapshot(state), this.reminders.stored()]
      const bytes = encodeValue(record)
      this.#kernel.journal.snapshot(this.#durableId, bytes, this.#onSynced)
      this.#noteAppended(bytes.length)
    } catch (error) {
      // The turn is committed by its events; without the snapshot a recovery replays more of them.
      this.#report('its snapshot could not be stored', error)
    }
  }

  #report(what: string, error: unknown): void {
    const { message, stack } = toError(error)
    this.#kernel.log(this.#cell, 'error', `${what}: ${message}`, { error: stack })
  }

  readonly #onSynced = (): void => {
    const { isFull } = this
    this.#synced++
    this.#unsyncedBytes -= this.#recordBytes.shift() ?? 0
    let head = this.#held.peek()
    while (head !== undefined && head.record <= this.#synced && this.#kernel.alive) {
      this.#held.shift()
      this.#unsyncedBytes -= head.bytes
      for (const effect of head.effects) this.#release(effect)
      head.run?.()
      head = this.#held.peek()
    }
    if (isFull && !this.isFull && this.#cell.mailbox.queue.length > 0) this.#kernel.schedule(this.#cell)
  }

  #releaseAfterSync(effects: HeldEffect[]): void {
    if (effects.length === 0) return
    this.#effects = []
    if (!this.isSynced) {
      const bytes = bytesOf(effects)
      this.#unsyncedBytes += bytes
      this.#held.push({ record: this.#appended, effects, run: undefined, bytes })
    } else {
      for (const effect of effects) this.#release(effect)
    }
  }

  /** Lets an effect go. Its turn is over, so what is wrong with it (it cannot be copied, say) fails its ask at most. */
  #release(effect: HeldEffect): void {
    try {
      this.#apply(effect)
    } catch (error) {
      this.#report(`a ${effect.type} that was held could not be carried out`, error)
      if (effect.type === 'ask' || effect.type === 'offer') this.#kernel.asks.reject(effect.askId, toError(error))
      else if (effect.type === 'forward' && effect.envelope.replyTo !== undefined) {
        this.#kernel.sendError(effect.envelope.replyTo, error)
      } else if (effect.type === 'reply' || effect.type === 'stream') this.#kernel.sendError(effect.token, error)
    }
  }

  #apply(effect: HeldEffect): void {
    const kernel = this.#kernel
    const cell = this.#cell
    switch (effect.type) {
      case 'tell':
        kernel.tell(cell, effect.to, effect.name, effect.payload)
        break
      case 'ask':
        // Given up meanwhile, it need not be heard of.
        if (kernel.asks.has(effect.askId)) kernel.sendAsk(cell, effect.to, effect.name, effect.payload, effect.askId)
        break
      case 'offer':
        if (kernel.asks.has(effect.askId)) kernel.sendOffer(cell, effect.to, effect.name, effect.payload, effect.askId)
        break
      case 'forward':
        kernel.forward(cell, effect.to, effect.envelope)
        break
      case 'reply':
        kernel.reply(cell, effect.token, effect.value)
        break
      case 'replyError':
        kernel.replyError(cell, effect.token, effect.error)
        break
      case 'openStream':
        kernel.streams.sendOpen(effect.stream)
        break
      case 'stream':
        kernel.sendStreamOutput(effect.token, effect.output)
        break
      case 'activate':
        kernel.lifecycle.activate(effect.child)
        break
      case 'stop':
        kernel.stop(cell, effect.ref)
        break
      case 'kill':
        kernel.kill(cell, effect.ref)
        break
      case 'link':
        kernel.link(cell, effect.ref)
        break
      case 'unlink':
        kernel.unlink(cell, effect.ref)
        break
    }
  }

  // Effects, held.

  tell(_from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.#effects.push({ type: 'tell', to, name, payload: this.#kernel.prepare(payload, name, to, this.#cell) })
  }

  tellEarly(_from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.#early.push({ type: 'tell', to, name, payload: this.#kernel.prepare(payload, name, to, this.#cell) })
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
      throw new DurabilityError(
        `${from.path()} ${verb}s ${name} after it persisted in the same turn; ${verb} first, then persist`,
        { actor: from.path(), message: name },
      )
    }
    const value = this.#kernel.prepare(payload, name, to, from)
    const { askId, promise } = this.#kernel.asks.open(from, to, name, timeoutMs, signal, type === 'offer')
    this.#effects.push({ type, to, name, payload: value, askId })
    this.#releaseAfterSync(this.#effects)
    return promise
  }

  defer(from: ActorCell, token: ReplyToken): Deferral {
    return this.#kernel.defer(from, token)
  }

  reply(_from: ActorCell, token: ReplyToken, value: unknown): void {
    this.#effects.push({ type: 'reply', token, value: this.#kernel.prepareReply(value, this.#cell) })
  }

  replyError(_from: ActorCell, token: ReplyToken, error: unknown): void {
    this.#effects.push({ type: 'replyError', token, error })
  }

  forward(_from: ActorCell, to: Ref, envelope: Envelope): void {
    this.#effects.push({ type: 'forward', to, envelope })
  }

  openStream(from: ActorCell, envelope: Envelope, iterable: AsyncIterable<unknown>): void {
    const stream = this.#kernel.beginStream(from, envelope, iterable)
    if (stream !== undefined) this.#effects.push({ type: 'openStream', stream })
  }

  streamed(from: ActorCell, stream: OutgoingStream, result: IteratorResult<unknown>): void {
    const output = this.#kernel.streamOutput(from, stream, result)
    if (output !== undefined) this.#effects.push({ type: 'stream', token: stream.token, output })
    stream.pullNext()
  }

  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref {
    const child = this.#kernel.lifecycle.create(from, definition, this.#kernel.prepareArgs(args, definition), options)
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
    const { guardian, request } = this.#kernel.spawnRequest(from, node, definition, args, options)
    return this.ask(from, guardian, 'spawn', request, askTimeoutMsDefault) as Promise<Ref>
  }

  stop(from: ActorCell, ref: Ref | undefined): void {
    if (ref === undefined || sameRef(ref, from.ref)) this.#kernel.stop(from, undefined)
    else this.#effects.push({ type: 'stop', ref })
  }

  kill(from: ActorCell, ref: Ref | undefined): void {
    if (ref === undefined || sameRef(ref, from.ref)) this.#kernel.kill(from, undefined)
    else this.#effects.push({ type: 'kill', ref })
  }

  link(_from: ActorCell, ref: Ref): void {
    this.#effects.push({ type: 'link', ref })
  }

  unlink(_from: ActorCell, ref: Ref): void {
    this.#effects.push({ type: 'unlink', ref })
  }

  persist(from: ActorCell, name: string, event: unknown): void {
    this.#assertRemembers(`persists ${name}`)
    const value = this.#kernel.prepare(event, `event ${name}`, from.ref, from)
    this.#persisting = true
    applyEvent(from, name, value)
    const version = from.definition.eventVersions.get(name)
    this.#events.push(version === undefined ? [name, value] : [name, value, version.current])
  }

  setReminder(from: ActorCell, { key, atMs, name, payload }: ReminderRequest): void {
    this.#assertRemembers(`sets reminder ${key}`)
    if (!this.reminders.has(key)) this.reminders.assertRoom(this.#remindersChanged.size)
    const stored = [key, atMs, name, this.#kernel.prepare(payload, `reminder ${name}`, from.ref, from)] as const
    this.#remindersChanged.add(key)
    this.#events.push([reminderSet, stored])
  }

  cancelReminder(_from: ActorCell, key: string): void {
    this.#assertRemembers(`cancels reminder ${key}`)
    if (!this.reminders.has(key) && !this.#remindersChanged.has(key)) return
    this.#remindersChanged.add(key)
    this.#events.push([reminderDone, key])
  }

  snapshot(_from: ActorCell): void {
    this.#assertRemembers('takes a snapshot')
    this.#wantsSnapshot = true
  }

  forget(_from: ActorCell): void {
    this.#wantsForget = true
  }

  #assertRemembers(what: string): void {
    if (!this.#wantsForget && !this.#forgotten) return
    const actor = this.#cell.path()
    throw new DurabilityError(`${actor} ${what} after ctx.forget(), which ends its history; do it before, or not`, {
      actor,
      durableId: this.#durableId,
    })
  }

  unhandled(from: ActorCell, envelope: Envelope): void {
    this.#kernel.unhandled(from, envelope)
  }

  /** As an ask: it must come before the turn's first persist, and starts once what came before it is synced. */
  task(from: ActorCell, task: CompiledTask, args: unknown, options: TaskOptions | undefined): Promise<unknown> {
    if (this.#events.length > 0) {
      throw new DurabilityError(
        `${from.path()} runs task ${task.name} after it persisted in the same turn; run it first, then persist`,
        { actor: from.path(), task: task.name },
      )
    }
    this.#releaseAfterSync(this.#effects)
    if (this.isSynced) return this.#kernel.task(from, task, args, options)
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
        resolve(this.#kernel.task(from, task, taken.value, { ...options, transfer: taken.moved }))
      })
    })
  }

  // What the actor sees of the world, and what stays inside it, is not held.

  watch(from: ActorCell, ref: Ref): void {
    this.#kernel.watch(from, ref)
  }

  unwatch(from: ActorCell, ref: Ref): void {
    this.#kernel.unwatch(from, ref)
  }

  startTimer(from: ActorCell, timer: TimerRequest): void {
    this.#kernel.startTimer(from, timer)
  }

  cancelTimer(from: ActorCell, key: string): void {
    this.#kernel.cancelTimer(from, key)
  }

  cancelTimers(from: ActorCell): void {
    this.#kernel.cancelTimers(from)
  }

  isTimerActive(from: ActorCell, key: string): boolean {
    return this.#kernel.isTimerActive(from, key)
  }

  stash(from: ActorCell, envelope: Envelope): void {
    this.#stashed = true
    this.#kernel.stash(from, envelope)
  }

  unstashAll(from: ActorCell): void {
    this.#kernel.unstashAll(from)
  }

  backlog(from: ActorCell, ref: Ref): number | undefined {
    return this.#kernel.backlog(from, ref)
  }

  /** A question about names, which tells nobody of this actor's state. */
  lookupPath(from: ActorCell, path: string): Promise<Ref | undefined> {
    return this.#kernel.lookupPath(from, path)
  }

  now(): number {
    return this.#kernel.now()
  }

  random(from: ActorCell): RandomStream {
    return this.#kernel.random(from)
  }

  use(from: ActorCell, service: string): unknown {
    return this.#kernel.use(from, service)
  }

  log(from: ActorCell, level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.#kernel.log(from, level, message, fields)
  }

  faultPoint(from: ActorCell, name: string): Promise<void> | undefined {
    return this.#kernel.faultPoint(from, name)
  }
}

/** About how many bytes these effects carry. */
function bytesOf(effects: readonly HeldEffect[]): number {
  let bytes = 0
  for (const effect of effects) {
    bytes += 64
    if (effect.type === 'tell' || effect.type === 'ask' || effect.type === 'offer')
      bytes += approximateBytes(effect.payload)
    else if (effect.type === 'reply') bytes += approximateBytes(effect.value)
    else if (effect.type === 'forward') bytes += approximateBytes(effect.envelope.payload)
  }
  return bytes
}
