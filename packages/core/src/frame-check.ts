/**
 * What a frame must look like, field by field. Frames come from other threads and machines, so a node looks before it
 * acts: a value that is no frame changes nothing, and the error names the field. The sender looks too, since what an
 * actor passes as a reference goes into frames as it is, and must fail that actor and not the node that hears of it.
 *
 * The table below says what each kind consists of. The kinds that carry nearly all traffic have a short way that says yes
 * to what the table would say yes to.
 */
import type { TerminationReason } from './actor-definition.ts'
import { Ref, ReplyToken } from './actor-ref.ts'
import type { WaitProbe } from './ask-cycles.ts'
import { ConfigurationError, type ErrorData, MalformedFrameError } from './errors.ts'
import { shownValue } from './shown-value.ts'
import type { WaitingAsk, WaitingTurn } from './turn-waits.ts'
import { type Frame, FrameKind } from './wire.ts'

interface Field {
  readonly name: string
  readonly expected: string
  fits(value: unknown): boolean
}

const reasons = new Set<unknown>([
  'stopped',
  'failed',
  'killed',
  'node-down',
  'not-found',
] satisfies TerminationReason[])
/** How many causes deep an error may be; one more than `encodeError` writes. */
const causeDepthMax = 16

const field = (name: string, expected: string, fits: (value: unknown) => boolean): Field => ({ name, expected, fits })
const whole = (name: string, from: number): Field =>
  field(name, `a whole number from ${from}`, (value) => Number.isSafeInteger(value) && (value as number) >= from)
const text = (name: string): Field => field(name, 'a string', (value) => typeof value === 'string')
const ref = (name: string): Field => field(name, 'a reference', isRef)

const wholeEpoch = whole('epoch', -1)
const wholeAskId = whole('askId', 0)
const payload = field('payload', 'a value', () => true)
const target: readonly Field[] = [
  wholeEpoch,
  whole('slot', -1),
  whole('incarnation', -1),
  field('name', 'a string or undefined', isOptionalText),
]
const message: readonly Field[] = [
  ...target,
  text('message'),
  payload,
  field('sender', 'a reference or undefined', isSender),
]
const reason = field('reason', `one of ${[...reasons].join(', ')}`, (value) => reasons.has(value))

/** The fields of each kind, behind the kind itself. */
const fieldsOf: { readonly [Kind in keyof typeof FrameKind]: readonly Field[] } = {
  tell: message,
  ask: [...message, wholeAskId],
  reply: [wholeEpoch, wholeAskId, payload],
  replyError: [wholeEpoch, wholeAskId, field('error', 'an error as data', (value) => isErrorData(value))],
  watch: [...target, ref('watcher'), text('key')],
  unwatch: [...target, ref('watcher'), text('key')],
  terminated: [wholeEpoch, ref('watcher'), ref('ref'), reason, text('key')],
  stop: target,
  forward: [...message, field('to', 'a reply token', isToken)],
  link: [...target, ref('linker'), text('id')],
  unlink: [...target, ref('linker'), text('id')],
  linkEnded: [wholeEpoch, ref('linked'), ref('ref'), reason, text('id')],
  kill: target,
  streamOpen: [wholeEpoch, wholeAskId, ref('producer')],
  streamItem: [wholeEpoch, wholeAskId, whole('index', 0), payload],
  streamEnd: [wholeEpoch, wholeAskId, whole('count', 0)],
  streamCredit: [wholeEpoch, wholeAskId, whole('total', 0)],
  streamCancel: [wholeEpoch, wholeAskId],
  cancel: [...target, wholeAskId, field('isAnswered', 'true or false', (value) => typeof value === 'boolean')],
  offer: [...message, wholeAskId],
  waitProbe: [wholeEpoch, field('probe', 'a probe of waiting turns', isProbe)],
}

const kinds = new Map<unknown, { readonly kind: string; readonly fields: readonly Field[] }>(
  Object.entries(fieldsOf).map(([kind, fields]) => [FrameKind[kind as keyof typeof FrameKind], { kind, fields }]),
)

/** `value`, when it is a frame; throws a {@link MalformedFrameError} that names what is wrong when it is none. */
export function checkFrame(value: unknown): Frame {
  return isUsualFrame(value) ? value : checkEachField(value)
}

/** What {@link checkFrame} says without its short way. */
export function checkEachField(value: unknown): Frame {
  if (!Array.isArray(value)) throw new MalformedFrameError(`a frame is an array, not ${describe(value)}`)
  const known = kinds.get(value[0])
  if (known === undefined) {
    throw new MalformedFrameError(`there is no kind of frame ${describe(value[0])}`, { field: 'kind' })
  }
  const { kind, fields } = known
  if (value.length !== fields.length + 1) {
    throw new MalformedFrameError(
      `a ${kind} frame has ${fields.length} fields behind its kind, this one has ${value.length - 1}`,
      { kind },
    )
  }
  fields.forEach(({ name, expected, fits }, index) => {
    if (fits(value[index + 1])) return
    throw new MalformedFrameError(
      `the field ${name} of a ${kind} frame is ${describe(value[index + 1])}, it must be ${expected}`,
      { kind, field: name },
    )
  })
  return value as unknown as Frame
}

/** Throws a {@link MalformedFrameError} when what a message has for a reference is not the address of an actor. */
export function checkRef<Value>(value: Value): Value {
  if (hasAddress(value)) return value
  throw new MalformedFrameError(`a message was given ${notRef(value)}`, { field: 'ref' })
}

/** Throws a `ConfigurationError` when what `use` is called with is not the address of an actor. */
export function requireRef(value: unknown, use: string): Ref {
  if (hasAddress(value)) return value as Ref
  throw new ConfigurationError(`${use} was given ${notRef(value)}`, { field: 'ref' })
}

/** {@link requireRef} where messages are sent, without the cost of looking at more than the node. */
export function checkReceiver(value: unknown, use: string, name?: string): Ref {
  if (typeof (value as Ref | null | undefined)?.node === 'string') return value as Ref
  return requireRef(value, name === undefined ? use : `${use} of ${name}`)
}

/** {@link checkReceiver}, and a `ConfigurationError` for a message without a name. */
export function receiverOf(value: unknown, use: string, name: string): Ref {
  const receiver = checkReceiver(value, use, name)
  if (typeof name === 'string') return receiver
  throw new ConfigurationError(`${use}: the name of a message is a text, got ${describe(name)}`, { field: 'name' })
}

function notRef(value: unknown): string {
  return `${describe(value)}, which is not a reference of the runtime's${insteadOf(value)}`
}

/** What to pass instead of a value that is usually taken for a reference. */
function insteadOf(value: unknown): string {
  if (hasAddress((value as { ref?: unknown } | null | undefined)?.ref)) return '; pass its ref'
  return typeof value === 'string' ? '; lookup(path) finds the actor at a path' : ''
}

/** The same for a reply token in a message. */
export function checkToken<Value>(value: Value): Value {
  const { node, epoch, askId } = (value ?? {}) as Partial<ReplyToken>
  if (typeof node === 'string' && isWhole(epoch, -1) && isWhole(askId, 0)) return value
  throw new MalformedFrameError(`a message was given ${describe(value)}, which is not a reply token of the runtime's`, {
    field: 'token',
  })
}

/** Throws a `ConfigurationError` when what a turn gives `use` is no reply token. */
export function checkReplyToken(
  value: unknown,
  use: string,
  actor: { path(): string },
  turn: { readonly name: string } | undefined,
): ReplyToken {
  if (isToken(value)) return value
  const where = `${actor.path()}, in the turn of ${turn?.name}`
  const needs = `${use} takes the reply token that ctx.deferReply() returned in the turn of the ask, got ${shownValue(value)}`
  throw new ConfigurationError(`${where}: ${needs}; keep that token in the state, or send it to who is to reply`)
}

/** Tells, asks and replies that are as they should be. */
function isUsualFrame(value: unknown): value is Frame {
  if (!Array.isArray(value)) return false
  switch (value[0]) {
    case FrameKind.tell:
      return value.length === 8 && isMessage(value)
    case FrameKind.ask:
      return value.length === 9 && isMessage(value) && isWhole(value[8], 0)
    case FrameKind.reply:
      return value.length === 4 && isWhole(value[1], -1) && isWhole(value[2], 0)
    default:
      return false
  }
}

function isMessage(frame: readonly unknown[]): boolean {
  return isAddress(frame[1], frame[2], frame[3], frame[4]) && typeof frame[5] === 'string' && isSender(frame[7])
}

function isAddress(epoch: unknown, slot: unknown, incarnation: unknown, name: unknown): boolean {
  return isWhole(epoch, -1) && isWhole(slot, -1) && isWhole(incarnation, -1) && isOptionalText(name)
}

function isWhole(value: unknown, from: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= from
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isSender(value: unknown): boolean {
  return value === undefined || isRef(value)
}

function isRef(value: unknown): boolean {
  return value instanceof Ref && hasAddress(value)
}

function hasAddress(value: unknown): boolean {
  const { node, epoch, slot, incarnation, name } = (value ?? {}) as Partial<Ref>
  return typeof node === 'string' && isAddress(epoch, slot, incarnation, name)
}

function isToken(value: unknown): value is ReplyToken {
  return (
    value instanceof ReplyToken && typeof value.node === 'string' && isWhole(value.epoch, -1) && isWhole(value.askId, 0)
  )
}

/** True for a probe whose turns can be followed; what it says in words is not looked at. */
function isProbe(value: unknown): boolean {
  const { round, visits, turns } = (value ?? {}) as { readonly [Part in keyof WaitProbe]?: unknown }
  return isWhole(round, 0) && isWhole(visits, 0) && isListOf(turns, (turn, all) => isWaitingTurn(turn, all.length))
}

function isWaitingTurn(value: unknown, turnCount: number): boolean {
  const { ref, turn, path, asks } = (value ?? {}) as { readonly [Part in keyof WaitingTurn]?: unknown }
  const follows = (ask: unknown) => isWaitingAsk(ask, turnCount)
  return isRef(ref) && isWhole(turn, 0) && typeof path === 'string' && isListOf(asks, follows)
}

function isWaitingAsk(value: unknown, turnCount: number): boolean {
  const ask = (value ?? {}) as { readonly [Part in keyof WaitingAsk]?: unknown }
  return (
    isWhole(ask.askId, 0) &&
    typeof ask.openedAt === 'number' &&
    typeof ask.isOfTurn === 'boolean' &&
    hasAddress(ask.at) &&
    isWhole(ask.by, -1) &&
    (ask.by as number) < turnCount &&
    Array.isArray(ask.passed) &&
    ask.passed.every(hasAddress)
  )
}

function isListOf(value: unknown, fits: (item: unknown, all: readonly unknown[]) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => fits(item, value))
}

/** True for an error as `encodeError` writes it. */
export function isErrorData(value: unknown, depth = 0): value is ErrorData {
  if (typeof value !== 'object' || value === null || depth > causeDepthMax) return false
  const { name, message: said, code, stack, facts, cause } = value as { readonly [Part in keyof ErrorData]?: unknown }
  return (
    typeof name === 'string' &&
    typeof said === 'string' &&
    isOptionalText(code) &&
    isOptionalText(stack) &&
    (facts === undefined || (typeof facts === 'object' && facts !== null)) &&
    (cause === undefined || isErrorData(cause, depth + 1))
  )
}

/** A value for an error's text: short, whatever it is. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Ref) return 'a reference with odd fields'
  return value instanceof ReplyToken ? 'a reply token' : 'an object'
}
