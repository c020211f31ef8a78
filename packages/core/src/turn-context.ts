/** The context of one generation of one actor: the public interface over {@link Effects}, closed between turns. */
import type { ActorCell } from './actor-cell.ts'
import { compiled } from './actor-definition.ts'
import { type Ref, ReplyToken } from './actor-ref.ts'
import {
  askThenTimeoutOf,
  askTimeoutMsDefault,
  askTimeoutOf,
  refuseUnknownOfAsk,
  refuseUnknownOfAskThen,
  refuseUnknownOfSend,
  withWindow,
} from './ask-options.ts'
import { become, behaviorTimerKey, unbecome } from './behavior.ts'
import type {
  ActorLog,
  AskOptions,
  AskThen,
  BehaviorTimeout,
  LogFields,
  Reminders,
  SendOptions,
  TellOptions,
  Timers,
} from './context.ts'
import type { Effects } from './effects.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import { ConfigurationError, StaleContextError } from './errors.ts'
import { checkReceiver, checkReplyToken, requireRef } from './frame-check.ts'
import { withContext } from './interleaving.ts'
import { sendMoved } from './message-value.ts'
import type { NodeChoice } from './placement.ts'
import type { RandomStream } from './ports/random.ts'
import { RareParts } from './rare-parts.ts'
import type { Service } from './service.ts'
import { noOptions, refuseUnknownOfSpawn, type SpawnOptions, validateSpawnOptions } from './spawn-options.ts'
import { stashable } from './stash.ts'
import { compiledTask, type TaskOptions } from './task-definition.ts'
import { TurnReminders } from './turn-reminders.ts'
import { checkDelay, TurnTimers } from './turn-timers.ts'

/** {@link ActorContext} as handlers see it; here payloads are `unknown`, since names and types were checked by then. */
export class TurnContext {
  readonly #cell: ActorCell
  readonly #generation: number
  /** What the turn under way handles; `undefined` when there is none, and the context is closed. */
  #envelope: Envelope | undefined
  /** Of that turn, or of the last one. */
  #effects: Effects | undefined
  /** What few actors use; made when the first of it is needed. */
  #rare: RareParts | undefined

  constructor(cell: ActorCell) {
    this.#cell = cell
    this.#generation = cell.generation
  }

  #parts(): RareParts {
    this.#rare ??= new RareParts()
    return this.#rare
  }

  begin(envelope: Envelope, effects: Effects): void {
    this.#envelope = envelope
    this.#effects = effects
    if (this.#rare !== undefined) this.#rare.controller = undefined
  }

  /** True in the synchronous part of a turn, and in an asynchronous turn until it settles. */
  get isOpen(): boolean {
    return this.#envelope !== undefined
  }

  end(): void {
    this.#envelope = undefined
  }

  /** What the turn under way handles, for one who may hold on to it. */
  get envelope(): Envelope | undefined {
    this.#envelope?.keep()
    return this.#envelope
  }

  /** True when the turn under way, or the last one, has a signal. */
  get hasSignal(): boolean {
    return this.#rare?.controller !== undefined
  }

  /** True for the signal of the turn under way. */
  isSignal(signal: AbortSignal): boolean {
    return this.#rare?.controller?.signal === signal
  }

  /** The effects of the running turn; throws when there is none, or when it belongs to an earlier generation. */
  #open(): Effects {
    if (this.#envelope === undefined || this.#generation !== this.#cell.generation) throw this.#stale()
    return this.#effects as Effects
  }

  #stale(): StaleContextError {
    const actor = this.#cell.path()
    return this.#generation === this.#cell.generation
      ? new StaleContextError(
          `the context of ${actor} was used outside a turn; use it in the handler, before its promise settles`,
          { actor },
        )
      : new StaleContextError(`${actor} was restarted or killed; this turn of its earlier generation has no effect`, {
          actor,
        })
  }

  get self(): Ref {
    return this.#cell.ref
  }

  get sender(): Ref | undefined {
    this.#open()
    return this.#envelope?.sender
  }

  get node(): string {
    return this.#cell.ref.node
  }

  get signal(): AbortSignal {
    this.#open()
    const parts = this.#parts()
    if (parts.controller === undefined) {
      parts.controller = new AbortController()
      const replyTo = this.#envelope?.replyTo
      const deferral = replyTo === undefined ? undefined : this.#cell.deferred?.get(replyTo)
      if (deferral !== undefined) deferral.controller = parts.controller
    }
    return parts.controller.signal
  }

  /** Aborts the signal of the turn under way, also for one who asks for it later. */
  abort(reason: Error): void {
    const parts = this.#parts()
    parts.controller ??= new AbortController()
    parts.controller.abort(reason)
  }

  get random(): RandomStream {
    const effects = this.#open()
    const parts = this.#parts()
    parts.random ??= effects.random(this.#cell)
    return parts.random
  }

  get timers(): Timers<any> {
    const parts = this.#parts()
    parts.timers ??= new TurnTimers(this.#cell, () => this.#open())
    return parts.timers
  }

  get log(): ActorLog {
    const at = (level: keyof ActorLog) => (message: string, fields?: LogFields) =>
      this.#open().log(this.#cell, level, message, fields)
    const parts = this.#parts()
    parts.log ??= { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
    return parts.log
  }

  tell(to: unknown, name: string, payload?: unknown): void {
    const cell = this.#cell
    if (this.#envelope === undefined || this.#generation !== cell.generation) throw this.#stale()
    const effects = this.#effects as Effects
    effects.tell(cell, checkReceiver(to, 'ctx.tell', name), name, payload)
  }

  tellWith({ transfer }: TellOptions, to: unknown, name: string, payload?: unknown): void {
    const effects = this.#open()
    const receiver = checkReceiver(to, 'ctx.tellWith', name)
    sendMoved(payload, transfer, name, (moved) => effects.tell(this.#cell, receiver, name, moved))
  }

  tellEarly(to: unknown, name: string, payload?: unknown): void {
    this.#open().tellEarly(this.#cell, checkReceiver(to, 'ctx.tellEarly', name), name, payload)
  }

  ask(to: unknown, name: string, payload?: unknown): Promise<any> {
    const effects = this.#open()
    const callee = checkReceiver(to, 'ctx.ask', name)
    const cell = this.#cell
    if (cell.context === this) return effects.ask(cell, callee, name, payload, askTimeoutMsDefault)
    // An ask is noted as this turn's, also while another turn of the actor is held.
    return withContext(cell, this, () => effects.ask(cell, callee, name, payload, askTimeoutMsDefault))
  }

  askWith(options: AskOptions, to: unknown, name: string, payload?: unknown): Promise<any> {
    const timeoutMs = askTimeoutOf(options)
    const effects = this.#open()
    if (effects.checksOptions) refuseUnknownOfAsk(options)
    const callee = checkReceiver(to, 'ctx.askWith', name)
    const cell = this.#cell
    const asked = sendMoved(payload, options.transfer, name, (moved) =>
      withContext(cell, this, () => effects.ask(cell, callee, name, moved, timeoutMs, options.signal)),
    )
    return withWindow(options, asked)
  }

  askThen(then: AskThen, to: unknown, name: string, payload?: unknown): void {
    const timeoutMs = askThenTimeoutOf(then)
    const effects = this.#open()
    if (effects.checksOptions) refuseUnknownOfAskThen(then, this.#cell.definition)
    const callee = checkReceiver(to, 'ctx.askThen', name)
    const { transfer, signal } = then
    if (transfer === undefined) effects.askThen(this.#cell, callee, name, payload, timeoutMs, then, signal)
    else {
      sendMoved(payload, transfer, name, (moved) =>
        effects.askThen(this.#cell, callee, name, moved, timeoutMs, then, signal),
      )
    }
  }

  send(to: unknown, name: string, payload?: unknown): Promise<void> {
    return this.#open().offer(this.#cell, checkReceiver(to, 'ctx.send', name), name, payload, askTimeoutMsDefault)
  }

  sendWith(options: SendOptions, to: unknown, name: string, payload?: unknown): Promise<void> {
    const timeoutMs = askTimeoutOf(options, 'a send')
    const receiver = checkReceiver(to, 'ctx.sendWith', name)
    const effects = this.#open()
    if (effects.checksOptions) refuseUnknownOfSend(options)
    return sendMoved(payload, options.transfer, name, (moved) =>
      effects.offer(this.#cell, receiver, name, moved, timeoutMs, options.signal),
    )
  }

  deferReply<Reply>(): ReplyToken<Reply> {
    const effects = this.#open()
    const token = this.#envelope?.replyTo
    if (token === undefined) return this.#nobodysToken()
    const parts = this.#parts()
    effects.defer(this.#cell, token).controller = parts.controller
    parts.deferred = this.envelope
    return token as ReplyToken<Reply>
  }

  reply(token: ReplyToken<any>, value: unknown): void {
    this.#open().reply(this.#cell, checkReplyToken(token, 'ctx.reply', this.#cell, this.envelope), value)
  }

  replyError(token: ReplyToken<any>, error: Error): void {
    this.#open().replyError(this.#cell, checkReplyToken(token, 'ctx.replyError', this.#cell, this.envelope), error)
  }

  forward(to: unknown): ReplyToken<any> {
    const effects = this.#open()
    const envelope = this.envelope as Envelope
    if (envelope.kind !== EnvelopeKind.message) {
      throw new ConfigurationError(`${this.#cell.path()}: the turn ${envelope.name} has no message to forward`)
    }
    effects.forward(this.#cell, checkReceiver(to, 'ctx.forward', envelope.name), envelope)
    this.#parts().forwarded = envelope
    return envelope.replyTo ?? this.#nobodysToken()
  }

  /** A tell has no asker; replying to this token is a dead letter, not an error. */
  #nobodysToken(): ReplyToken<any> {
    return new ReplyToken(this.#cell.ref.node, this.#cell.ref.epoch, 0)
  }

  /** True when the message was sent on, and its reply left to the actor that got it. */
  hasForwarded(envelope: Envelope): boolean {
    return this.#rare?.forwarded === envelope
  }

  /** True when others than the turn of the message may answer it: it was sent on, or its reply was deferred. */
  hasGivenAway(envelope: Envelope): boolean {
    return this.#rare !== undefined && (this.#rare.forwarded === envelope || this.#rare.deferred === envelope)
  }

  spawn(definition: unknown, args: unknown, options: SpawnOptions = noOptions): any {
    const effects = this.#open()
    const actorDefinition = compiled(definition)
    if (options !== noOptions) {
      validateSpawnOptions(actorDefinition.name, options)
      if (effects.checksOptions) refuseUnknownOfSpawn(actorDefinition, options)
    }
    return effects.spawn(this.#cell, actorDefinition, args, options)
  }

  async spawnOn(node: NodeChoice, definition: unknown, args: unknown, options: SpawnOptions = {}): Promise<any> {
    const effects = this.#open()
    const actorDefinition = compiled(definition)
    validateSpawnOptions(actorDefinition.name, options)
    if (effects.checksOptions) refuseUnknownOfSpawn(actorDefinition, options)
    return effects.spawnOn(this.#cell, node, actorDefinition, args, options)
  }

  stop(ref?: unknown): void {
    this.#open().stop(this.#cell, ref === undefined ? undefined : checkReceiver(ref, 'ctx.stop'))
  }

  kill(ref?: unknown): void {
    this.#open().kill(this.#cell, ref === undefined ? undefined : checkReceiver(ref, 'ctx.kill'))
  }

  link(ref: unknown): void {
    this.#open().link(this.#cell, requireRef(ref, 'ctx.link'))
  }

  unlink(ref: unknown): void {
    this.#open().unlink(this.#cell, requireRef(ref, 'ctx.unlink'))
  }

  watch(ref: unknown): void {
    this.#open().watch(this.#cell, requireRef(ref, 'ctx.watch'))
  }

  unwatch(ref: unknown): void {
    this.#open().unwatch(this.#cell, requireRef(ref, 'ctx.unwatch'))
  }

  get behavior(): string | undefined {
    this.#open()
    return this.#cell.behavior
  }

  become(behavior: string, timeout?: BehaviorTimeout, name?: string, payload?: unknown): void {
    const effects = this.#open()
    const cell = this.#cell
    if (timeout !== undefined) {
      checkDelay(cell, 'afterMs', timeout.afterMs)
      if (typeof name !== 'string') {
        throw new ConfigurationError(`${cell.path()} becomes ${behavior} with a timeout, which needs a message's name`)
      }
    }
    become(cell, behavior)
    effects.cancelTimer(cell, behaviorTimerKey)
    if (timeout === undefined || name === undefined) return
    effects.startTimer(cell, { key: behaviorTimerKey, delayMs: timeout.afterMs, name, payload, repeat: undefined })
  }

  unbecome(): void {
    const effects = this.#open()
    unbecome(this.#cell)
    effects.cancelTimer(this.#cell, behaviorTimerKey)
  }

  stash(): void {
    const effects = this.#open()
    const { envelope } = this
    effects.stash(this.#cell, stashable(this.#cell, envelope))
  }

  unstashAll(): void {
    this.#open().unstashAll(this.#cell)
  }

  async lookup(path: string): Promise<any> {
    return this.#open().lookupPath(this.#cell, path)
  }

  backlog(ref: unknown): number | undefined {
    return this.#open().backlog(this.#cell, ref as Ref)
  }

  now(): number {
    return this.#open().now(this.#cell)
  }

  monotonicNow(): number {
    return this.#open().monotonicNow(this.#cell)
  }

  persist(name: string, event?: unknown): void {
    this.#open().persist(this.#cell, name, event)
  }

  get reminders(): Reminders<any> {
    const parts = this.#parts()
    parts.reminders ??= new TurnReminders(this.#cell, () => this.#open())
    return parts.reminders
  }

  snapshot(): void {
    this.#open().snapshot(this.#cell)
  }

  forget(): void {
    this.#open().forget(this.#cell)
  }

  use<Implementation>(service: Service<Implementation>): Implementation {
    return this.#open().use(this.#cell, service.name) as Implementation
  }

  async task(task: unknown, args: unknown, options?: TaskOptions): Promise<any> {
    return this.#open().task(this.#cell, compiledTask(task, this.#cell.path()), args, options)
  }

  faultPoint(name: string): Promise<void> | undefined {
    return this.#open().faultPoint(this.#cell, name)
  }
}
