/**
 * The checker's implementation of core's `Effects`: it carries nothing out and records what one turn did. Tells become
 * numbered messages at once, so that what the handler changes afterwards does not matter. What this version cannot
 * explore is refused with an error that names the actor and the message of the turn; it is noted too, since a handler
 * may catch it.
 */
import {
  DurabilityError,
  type LogFields,
  type LogLevel,
  type ReplyToken,
  refKey,
  SpawnError,
  type SpawnOptions,
  UnknownMessageError,
} from '@troupe/core'
import {
  type ActorCell,
  type AnswerNames,
  applyEvent,
  assertStashHasRoom,
  type CompiledDefinition,
  Deferral,
  type Effects,
  type Envelope,
  type Ref,
  type ReminderRequest,
  type TimerRequest,
  toError,
} from '@troupe/core/host'
import { type Ask, type AskTable, askOf, withAsk } from './ask-table.ts'
import { type CanonicalValue, canonicalValue, frozen } from './canonical-value.ts'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { Choices } from './choices.ts'
import { type Kin, noKin } from './local-table.ts'
import type { MessageKind, MessageTable } from './message-table.ts'
import { type Pending, reminderPrefix, type TimerMessage } from './pending.ts'
import { RefusedEffects, supported } from './refused-effects.ts'
import { assertNameIsFree, firstState, type SpawnedChild } from './spawned-child.ts'
import type { Storage } from './storage.ts'
import type { AwaitedAsk } from './suspended-turn.ts'

interface EffectsOptions {
  readonly mayPersist: readonly boolean[]
  readonly mayAsk: boolean
  /** Turns may wait for the asks that they make. */
  readonly mayAwait: boolean
  readonly mayEnd: boolean
}

export class RecordedEffects extends RefusedEffects implements Effects {
  readonly checksOptions = true
  readonly choices = new Choices((what) => this.refuse(what))
  /** The numbers of the messages that the turn sent, in order. */
  sent: number[] = []
  /** The same of those that do not wait for a sync. */
  sentEarly: number[] = []
  /** What a durable actor persisted, and the reminders that it set or (`undefined`) cancelled, by timer key. */
  events: (readonly [name: string, event: unknown])[] = []
  remindersChanged = new Map<string, TimerMessage | undefined>()
  storage: Storage | undefined = undefined
  /** True once the turn's message was put aside. */
  stashedNow = false
  /** The actor's pending timers by key. */
  timers = new Map<string, TimerMessage>()
  /** The numbers of the messages that the actor put aside, and of those that it put back. */
  stashed: number[] = []
  front: number[] = []
  /** The numbers of the asks that the actor waits for, and of those that it is to answer later. */
  asks: number[] = []
  owed: number[] = []
  /** The actor's family, and what the turn adds to it. */
  kin: Kin = noKin
  spawned: SpawnedChild[] = []
  /** The asks of the turn whose promises nothing was heard of, by number. */
  readonly awaited = new Map<number, AwaitedAsk>()
  /** True once the actor is to stop after the turn. */
  stopsSelf = false
  /** The first thing that was refused in this turn. */
  refusal: CheckerError | undefined = undefined

  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #asks: AskTable
  readonly #mayPersist: readonly boolean[]
  readonly #mayAsk: boolean
  readonly #mayAwait: boolean
  readonly #mayEnd: boolean
  #hasPersisted = false
  #actor = 0
  #turn = ''

  /**
   * `mayPersist`: by actor. Where crashes are explored what is persisted may be lost, so that only durable ones do.
   * `mayAsk`: false where orders of steps are left out. `mayEnd`: false where nobody may spawn or stop either.
   */
  constructor(
    system: CheckedSystem,
    messages: MessageTable,
    asks: AskTable,
    { mayPersist, mayAsk, mayAwait, mayEnd }: EffectsOptions,
  ) {
    super()
    this.#mayEnd = mayEnd
    this.#asks = asks
    this.#mayAsk = mayAsk
    this.#mayAwait = mayAwait
    this.#mayPersist = mayPersist
    this.#system = system
    this.#messages = messages
  }

  /** Begins a turn of `actor` for the message named `turn`, with what was pending before it. */
  begin(actor: number, turn: string, pending: Pending): void {
    this.#actor = actor
    this.#turn = turn
    this.goOn(pending)
    this.events = []
    this.remindersChanged = new Map()
    this.stashedNow = false
    this.awaited.clear()
    this.#hasPersisted = false
    this.stopsSelf = false
    this.refusal = undefined
  }

  /** Goes on with a turn that has waited, with what is pending now: what it did before was done then. */
  goOn({ timers, stash, front, storage, asks, owed, kin }: Pending): void {
    this.sent = []
    this.sentEarly = []
    this.storage = storage
    this.timers = new Map(timers)
    this.stashed = [...stash]
    this.front = [...front]
    this.asks = [...asks]
    this.owed = [...owed]
    this.kin = kin
    this.spawned = []
  }

  /** Notes, and returns, the error that this turn does what cannot be explored. */
  refuse(what: string): CheckerError {
    const actor = this.#system.label(this.#actor)
    const error = new CheckerError(`actor ${actor}, message ${this.#turn}: ${what}`, { actor, message: this.#turn })
    this.refusal ??= error
    return error
  }

  tell(_from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.#send(this.sent, this.#actor, to, name, payload)
  }

  forward(_from: ActorCell, to: Ref, { name, payload, sender, replyTo }: Envelope): void {
    const from = sender === undefined ? undefined : this.#system.indexOf(sender)
    const ask = replyTo === undefined ? 0 : askOf(replyTo)
    this.#owesNoMore(ask)
    this.#send(this.sent, from ?? this.#actor, to, name, payload, ask)
  }

  #send(sent: number[], from: number, to: Ref, name: string, payload: unknown, ask = 0): void {
    const receiver = this.#indexOf(to, ask === 0 ? 'tells' : 'asks', name)
    const form = this.#form(payload, name)
    if (this.#system.actors[receiver]?.isSink) return
    sent.push(this.#messages.intern(from, receiver, name, form, ask === 0 ? 'tell' : 'ask', ask))
  }

  #indexOf(to: Ref, does: string, name: string): number {
    const receiver = this.#system.indexOf(to)
    if (receiver !== undefined) return receiver
    throw this.refuse(`${does} ${name} to ${refKey(to)}, which is none of the checked actors: add it to actors`)
  }

  #form(payload: unknown, name: string, kind: 'messages' | 'events' = 'messages'): CanonicalValue {
    const label = kind === 'events' ? `event ${name}` : `the payload of ${name}`
    return canonicalValue(payload, label, (path, what) =>
      this.refuse(`${path} is ${what}; checkable ${kind} are plain data, Map, Set and references`),
    )
  }

  tellEarly(from: ActorCell, to: Ref, name: string, payload: unknown): void {
    if (this.storage === undefined) this.tell(from, to, name, payload)
    else this.#send(this.sentEarly, this.#actor, to, name, payload)
  }

  startTimer(_from: ActorCell, { key, name, payload, repeat }: TimerRequest): void {
    const form = this.#form(payload, `timer ${key}`)
    this.timers.set(key, { name, payload: form.value, ...(repeat === undefined ? {} : { repeats: true }) })
  }

  cancelTimer(_from: ActorCell, key: string): void {
    this.timers.delete(key)
  }

  cancelTimers(): void {
    for (const key of [...this.timers.keys()])
      if (!key.startsWith('@') && !key.startsWith(reminderPrefix)) this.timers.delete(key)
  }

  isTimerActive(_from: ActorCell, key: string): boolean {
    return this.timers.has(key)
  }

  stash(from: ActorCell, envelope: Envelope): void {
    if (from.stashing !== undefined) return
    assertStashHasRoom(from, this.stashed.length)
    const { name, payload, sender, replyTo } = envelope
    const form = this.#form(payload, name)
    // Every message here has a sender: a timer's is the actor itself.
    const sentBy = this.#system.indexOf(sender as Ref) as number
    const ask = replyTo === undefined ? 0 : askOf(replyTo)
    this.stashed.push(this.#messages.intern(sentBy, this.#actor, name, form, ask === 0 ? 'tell' : 'ask', ask))
    from.stashing = envelope
    this.stashedNow = true
  }

  unstashAll(): void {
    this.front.unshift(...this.stashed)
    this.stashed = []
  }

  /** Where no actor crashes, an event is its effect on the state. */
  persist(from: ActorCell, name: string, event: unknown): void {
    this.#assertDurable(`persists ${name}`)
    const { value } = this.#form(event, name, 'events')
    applyEvent(from, name, value)
    this.#hasPersisted = true
    if (this.storage !== undefined) this.events.push([name, frozen(value)])
  }

  #assertDurable(what: string): void {
    if (this.#mayPersist[this.#actor]) return
    throw this.refuse(`${what}, but is not durable; give it a durableId in actors`)
  }

  /** Nobody is told that an ask was given up, so there is no signal to abort. */
  defer(from: ActorCell, token: ReplyToken): Deferral {
    const ask = askOf(token)
    if (ask !== 0 && !this.owed.includes(ask)) this.owed = withAsk(this.owed, ask)
    return new Deferral(token, from)
  }

  /** A reminder is a timer that a crash does not end. */
  setReminder(from: ActorCell, { key, name, payload }: ReminderRequest): void {
    this.#assertDurable(`sets reminder ${key}`)
    const timer = `${reminderPrefix}${key}`
    this.startTimer(from, { key: timer, delayMs: 0, name, payload, repeat: undefined })
    this.remindersChanged.set(timer, this.timers.get(timer))
  }

  cancelReminder(from: ActorCell, key: string): void {
    const timer = `${reminderPrefix}${key}`
    if (this.timers.has(timer)) this.remindersChanged.set(timer, undefined)
    this.cancelTimer(from, timer)
  }

  snapshot(): void {}

  reply(_from: ActorCell, token: ReplyToken, value: unknown): void {
    this.#answer('reply', token, value)
  }

  replyToAsk(from: ActorCell, { replyTo }: Envelope, value: unknown): void {
    this.reply(from, replyTo as ReplyToken, value)
  }

  replyError(_from: ActorCell, token: ReplyToken, error: unknown): void {
    this.#answer('error', token, toError(error))
  }

  /** A token of a tell, or of an ask that is over, leads nowhere, on every host. */
  #answer(kind: MessageKind, token: ReplyToken, value: unknown): void {
    const ask = askOf(token)
    if (ask === 0) return
    this.#owesNoMore(ask)
    const { from, onReply, onError } = this.#asks.get(ask)
    const name = kind === 'reply' ? onReply : onError
    this.sent.push(this.#messages.intern(this.#actor, from, name, this.#form(value, `the reply ${name}`), kind, ask))
  }

  #owesNoMore(ask: number): void {
    if (this.owed.includes(ask)) this.owed = this.owed.filter((owed) => owed !== ask)
  }

  /** A dead letter: a delivery without effect, but for who asked. */
  unhandled(from: ActorCell, { name, replyTo }: Envelope): void {
    if (replyTo === undefined) return
    const known = [...from.handlers.keys()].join(', ')
    const behavior = from.behavior === undefined ? '' : ` in behavior ${from.behavior}`
    const what = `there is no message ${JSON.stringify(name)}${behavior}; it takes: ${known}`
    this.replyError(from, replyTo, new UnknownMessageError(what, { message: name }))
  }

  log(_from: ActorCell, _level: LogLevel, _message: string, _fields: LogFields | undefined): void {}

  /** What goes wrong is the checker's choice between turns: messages that are lost, nodes that crash. */
  faultPoint(): undefined {}

  random(): Choices {
    return this.choices
  }

  /** What comes of it is heard when the turn is run again with it. */
  override ask(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    _timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (!this.#mayAwait) return super.ask(from, to, name)
    if (this.storage !== undefined) {
      throw this.refuse(`awaits ${name}, and has a disk, whose crashes are explored; ${supported}: ask by ctx.askThen`)
    }
    if (this.#hasPersisted) {
      const actor = this.#system.label(this.#actor)
      const what = `${actor} asks ${name} after it persisted in the same turn; ask first, then persist`
      throw new DurabilityError(what, { actor, message: name })
    }
    const ask = this.#openAsk(to, name, payload, { onReply: name, onError: name, isAwaited: true }, signal)
    const reply = new Promise((resolve, reject) => this.awaited.set(ask, { resolve, reject }))
    // An error may come before the turn awaits it.
    reply.catch(() => {})
    return reply
  }

  /** When its timeout fires is a choice, so that how long it is does not matter. */
  askThen(
    _from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    _timeoutMs: number,
    { onReply, onError }: AnswerNames,
    signal?: AbortSignal,
  ): void {
    this.#openAsk(to, name, payload, { onReply, onError, isAwaited: false }, signal)
  }

  #openAsk(
    to: Ref,
    name: string,
    payload: unknown,
    end: Pick<Ask, 'onReply' | 'onError' | 'isAwaited'>,
    signal: AbortSignal | undefined,
  ): number {
    if (signal !== undefined) throw this.refuse(`asks ${name} with a signal; ${supported}: leave it out`)
    if (!this.#mayAsk) {
      throw this.refuse(`asks ${name}, and the end of an ask matters to others: check without reduction`)
    }
    const asked = this.#indexOf(to, 'asks', name)
    const ask = this.#asks.open({ from: this.#actor, to: asked, name, ...end }, this.asks)
    this.#send(this.sent, this.#actor, to, name, payload, ask)
    this.asks = withAsk(this.asks, ask)
    return ask
  }

  spawn(from: ActorCell, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Ref {
    const { name } = options
    this.#assertMayEnd(`spawns an actor (${definition.name})`)
    if (options.durableId !== undefined || options.linkedTo !== undefined) {
      throw this.refuse(`spawns ${definition.name} as a durable or linked child; ${supported}: name it in actors`)
    }
    const under = `spawn of ${definition.name} under ${from.path()}`
    if (this.#turn === 'stopped') {
      throw new SpawnError(`${under}: that actor is stopping`, { definition: definition.name })
    }
    const { children } = this.kin
    assertNameIsFree(children, name, under, from)
    const form = this.#form(args, `spawn of ${definition.name}`)
    const taken = children.map((child) => child.actor)
    const actor = this.#system.placeOf(this.#actor, definition, options, taken)
    if (actor === undefined) {
      const max = this.#system.spawnsMax
      throw this.refuse(`spawns ${definition.name}, but no more than ${max} children may be: raise spawnsMax`)
    }
    const state = firstState(definition, form.value, under)
    this.kin = { ...this.kin, children: [...children, { actor, name, isGone: false }] }
    this.spawned.push({ actor, args: frozen(form.value), state })
    return (this.#system.actors[actor] as SystemActor).ref
  }

  #assertMayEnd(what: string): void {
    if (!this.#mayEnd) throw this.refuse(`${what}: check without reduction, selfAtOnce and isLeftover`)
    if (this.storage !== undefined) throw this.refuse(`${what}, and has a disk, whose crashes are explored`)
  }

  stop(_from: ActorCell, ref: Ref | undefined): void {
    this.#assertMayEnd('stops an actor')
    const actor = ref === undefined ? this.#actor : this.#indexOf(ref, 'sends', 'stop')
    if (actor === this.#actor) this.stopsSelf = true
    else this.sent.push(this.#messages.intern(this.#actor, actor, 'stop', this.#form(undefined, 'stop'), 'stop'))
  }

  use(_from: ActorCell, service: string): unknown {
    const twin = this.#system.twin(service)
    if (twin !== undefined) return twin
    throw this.refuse(`uses service ${service}, which check was not given: pass a twin in services`)
  }
}
