/**
 * A probe: an actor that stands for another in a test. It takes every message, keeps it, and is asked afterwards what came.
 */
import type { ActorCell } from '../actor-cell.ts'
import { compiled, defineActor, type TerminationReason } from '../actor-definition.ts'
import { type ActorRef, type Ref, type ReplyToken, refKey } from '../actor-ref.ts'
import type { NodeKernel } from '../node-kernel.ts'
import type { MessageName, PayloadArguments } from '../protocol.ts'
import { ExpectationError } from './expectation-error.ts'
import { matches, show } from './match.ts'

/** Decides whether a payload is what was expected: Vitest's asymmetric matchers are such. */
export interface Matcher {
  asymmetricMatch(actual: unknown): boolean
}

/** What a probe expects of a payload: the value, a matcher, or a function that is true of it. Without one: whatever comes. */
export type Expected<Protocol, Name extends keyof Protocol> =
  | PayloadArguments<Protocol, Name>
  | [payload: Matcher | ((payload: any) => boolean)]
  | []

/** How long to wait, in virtual milliseconds. */
export interface Within {
  /** Default 0: for what comes without time passing. */
  readonly withinMs?: number
}

/** What a probe got. */
interface Received {
  readonly name: string
  readonly payload: unknown
  readonly sender: Ref | undefined
  readonly token: ReplyToken | undefined
}

/** What a probe needs of its kit. */
export interface ProbeWorld {
  readonly kernel: NodeKernel
  /** Runs what is due, then moves time on until `arrived` or for `withinMs`. */
  until(arrived: () => boolean, withinMs: number): Promise<void>
  /** What went wrong lately, for reports. */
  trouble(): string
}

const Inbox = defineActor<any>()({
  name: 'Probe',
  init: (args: { received: Received[] }) => args,
  otherwise(state, { name, payload }, ctx) {
    const token = ctx.deferReply<any>()
    const isAsk = token.askId !== 0
    state.received.push({ name, payload, sender: ctx.sender as Ref | undefined, token: isAsk ? token : undefined })
    return token
  },
  terminated(state, ref, reason) {
    state.received.push({ name: terminatedName, payload: reason, sender: ref as Ref, token: undefined })
  },
})

const terminatedName = 'terminated'
const shownMax = 5

/** Made by `kit.probe()`. */
export class Probe<Protocol> {
  /** The probe's address: send it to any actor. */
  readonly ref: ActorRef<Protocol>
  readonly #world: ProbeWorld
  readonly #cell: ActorCell
  readonly #received: Received[] = []
  #last: Received | undefined

  constructor(world: ProbeWorld, name: string | undefined) {
    this.#world = world
    const { lifecycle, guardian } = world.kernel
    const options = name === undefined ? {} : { name }
    this.#cell = lifecycle.create(guardian, compiled(Inbox), { received: this.#received }, options)
    lifecycle.activate(this.#cell)
    this.ref = this.#cell.ref
  }

  /** Who sent the message that was last expected. */
  get sender(): ActorRef<any> | undefined {
    return this.#last?.sender
  }

  /**
   * The next message is this one; resolves with its payload. No time passes. Rejects with an `ExpectationError` that
   * says what came instead, from whom, and what failed meanwhile.
   */
  expect<Name extends MessageName<Protocol>>(name: Name, ...payload: Expected<Protocol, Name>): Promise<any> {
    return this.expectWithin({}, name, ...payload)
  }

  /** {@link Probe.expect} of what may take up to `withinMs` virtual milliseconds, which pass as far as they are needed. */
  async expectWithin<Name extends MessageName<Protocol>>(
    { withinMs = 0 }: Within,
    name: Name,
    ...payload: Expected<Protocol, Name>
  ): Promise<any> {
    const expected = payload.length === 0 ? name : `${name} ${show(payload[0])}`
    const received = await this.#next(expected, withinMs)
    if (received.name !== name || (payload.length > 0 && !satisfies(payload[0], received.payload))) {
      throw this.#error(`expected ${expected}, got ${this.#describe(received)}`)
    }
    return received.payload
  }

  /** Nothing came that was not expected yet, and nothing comes within `withinMs` virtual milliseconds, which pass. */
  async expectNone({ withinMs = 0 }: Within = {}): Promise<void> {
    await this.#world.until(() => this.#received.length > 0, withinMs)
    const [first] = this.#received
    if (first !== undefined) throw this.#error(`expected nothing, got ${this.#describe(first)}`)
  }

  /** The next `count` messages, whatever they are, in order. */
  async receiveMany(count: number, { withinMs = 0 }: Within = {}): Promise<{ name: string; payload: any }[]> {
    await this.#world.until(() => this.#received.length >= count, withinMs)
    if (this.#received.length < count) {
      throw this.#error(`expected ${count} messages, got ${this.#received.length}${this.#rest('')}`)
    }
    const messages = this.#received.splice(0, count)
    this.#last = messages.at(-1)
    return messages.map(({ name, payload }) => ({ name, payload }))
  }

  /** The next thing that happens to the probe is the end of the watched actor; resolves with the reason. */
  async expectTerminated(ref: ActorRef, { withinMs = 0 }: Within = {}): Promise<TerminationReason> {
    const expected = `the end of ${refKey(ref)}`
    const received = await this.#next(expected, withinMs)
    const { sender } = received
    if (received.name !== terminatedName || sender === undefined || refKey(sender) !== refKey(ref)) {
      throw this.#error(`expected ${expected}, got ${this.#describe(received)}`)
    }
    return received.payload as TerminationReason
  }

  /** Replies to the message that was last expected; it was an ask. */
  reply(value: unknown): void {
    this.#world.kernel.reply(this.#cell, this.#asked('reply'), value)
  }

  /** Fails the ask that was last expected: class and code of `error` arrive at the asker. */
  fail(error: Error): void {
    this.#world.kernel.replyError(this.#cell, this.#asked('fail'), error)
  }

  /** Sends a message in the probe's name: it is the sender. */
  tell<Other, Name extends MessageName<Other>>(
    to: ActorRef<Other>,
    name: Name,
    ...payload: PayloadArguments<Other, Name>
  ): void {
    this.#world.kernel.tell(this.#cell, to as Ref, name, payload[0])
  }

  /** From now on the end of `ref` comes to the probe; see {@link Probe.expectTerminated}. */
  watch(ref: ActorRef): void {
    this.#world.kernel.watch(this.#cell, ref as Ref)
  }

  async #next(expected: string, withinMs: number): Promise<Received> {
    await this.#world.until(() => this.#received.length > 0, withinMs)
    const received = this.#received.shift()
    if (received === undefined) throw this.#error(`expected ${expected}, but nothing came within ${withinMs} ms`)
    this.#last = received
    return received
  }

  #asked(what: string): ReplyToken {
    const last = this.#last
    if (last?.token !== undefined) return last.token
    const why = last === undefined ? 'nothing was expected yet' : `${last.name} was told, not asked`
    throw new ExpectationError(`${this.#cell.path()}: ${what} has nobody to go to: ${why}`)
  }

  #describe(received: Received): string {
    const { name, payload, sender, token } = received
    const cell = sender === undefined ? undefined : this.#world.kernel.lookup(sender)
    const from = sender === undefined ? 'outside' : (cell?.path() ?? refKey(sender))
    if (name === terminatedName && token === undefined) return `the end of ${from} (${show(payload)})`
    return `${name}${payload === undefined ? '' : ` ${show(payload)}`} from ${from}${this.#rest(', then ')}`
  }

  /** The messages that wait behind, for a report. */
  #rest(before: string): string {
    if (this.#received.length === 0) return ''
    const names = this.#received.slice(0, shownMax).map(({ name }) => name)
    const more = this.#received.length - names.length
    return `${before || ': '}${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }

  #error(what: string): ExpectationError {
    return new ExpectationError(`${this.#cell.path()} ${what}${this.#world.trouble()}`, { probe: this.#cell.path() })
  }
}

function satisfies(expected: unknown, actual: unknown): boolean {
  return typeof expected === 'function' ? expected(actual) === true : matches(expected, actual)
}
