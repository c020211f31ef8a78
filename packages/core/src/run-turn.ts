/**
 * `runTurn`: the one place where a handler is called. Every host goes through it, the checker too.
 */
import type { ActorCell } from './actor-cell.ts'
import type { CompiledDefinition } from './actor-definition.ts'
import { ReplyToken } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import type { Effects } from './effects.ts'
import { type Envelope, EnvelopeKind, type Termination } from './envelope.ts'
import { ConfigurationError, DurabilityError } from './errors.ts'
import type { CompiledEvent } from './event-versions.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { TurnContext } from './turn-context.ts'

/**
 * Runs one turn: the handler of `envelope` over the cell's state, with `effects` as its way out. Returns `undefined`
 * when the turn is over, or the promise of an asynchronous turn, which the caller passes on to {@link settleTurn}
 * when it resolves. Throws what the handler throws.
 */
export function runTurn(
  definition: CompiledDefinition,
  cell: ActorCell,
  envelope: Envelope,
  effects: Effects,
): PromiseLike<unknown> | undefined {
  const { rollback } = cell
  try {
    if (rollback === undefined && envelope.kind === EnvelopeKind.message) return runMessage(cell, envelope, effects)
    const context = contextOf(cell)
    context.begin(envelope, rollback === undefined ? effects : rollback.begin(effects))
    const result =
      envelope.kind === EnvelopeKind.message
        ? handle(cell, envelope, context)
        : runOther(definition, cell, envelope, context as unknown as ActorContext)
    return endTurn(cell, envelope, effects, context, result)
  } catch (error) {
    cell.context?.end()
    throw error
  }
}

/**
 * {@link runTurn} of a message, where nothing is rolled back: so little that it is compiled into the turn loop, which calls
 * it where nobody looks on. It leaves the context open when it throws.
 */
export function runMessage(cell: ActorCell, envelope: Envelope, effects: Effects): PromiseLike<unknown> | undefined {
  const context = cell.context ?? contextOf(cell)
  context.begin(envelope, effects)
  const result = handle(cell, envelope, context)
  if (result !== undefined || envelope.asker !== undefined || cell.obstacles !== 0) {
    return endTurn(cell, envelope, effects, context, result)
  }
  context.end()
  return undefined
}

/** What a turn comes to whose message nobody handles. */
const unhandled = Symbol('unhandled')

/** The one place where a handler is called. */
function handle(cell: ActorCell, envelope: Envelope, context: TurnContext): unknown {
  const handler = cell.handlers.find(envelope.name)
  if (handler === undefined) return handleOtherwise(cell, envelope, context)
  return handler(cell.state, envelope.payload, context as unknown as ActorContext)
}

/** Of a message that no handler is named after. */
function handleOtherwise(cell: ActorCell, { name, payload }: Envelope, context: TurnContext): unknown {
  const { otherwise } = cell.definition
  if (otherwise === undefined) return unhandled
  return otherwise(cell.state, { name, payload }, context as unknown as ActorContext)
}

function endTurn(
  cell: ActorCell,
  envelope: Envelope,
  effects: Effects,
  context: TurnContext,
  result: unknown,
): PromiseLike<unknown> | undefined {
  if (typeof result === 'object' && result !== null && isThenable(result)) return result
  const isPlainReply = typeof result !== 'object' && result !== unhandled && envelope.asker !== undefined
  if (isPlainReply && cell.obstacles === 0 && !context.hasForwarded(envelope)) {
    context.end()
    effects.replyToAsk(cell, envelope, result)
    return undefined
  }
  if (result === unhandled) {
    context.end()
    cell.rollback?.undo()
    effects.unhandled(cell, envelope)
  } else settleTurn(cell, envelope, effects, result)
  return undefined
}

function contextOf(cell: ActorCell): TurnContext {
  if (cell.context === undefined) cell.context = new TurnContext(cell)
  return cell.context
}

/** The turns that are of no message. */
function runOther(definition: CompiledDefinition, cell: ActorCell, envelope: Envelope, ctx: ActorContext): unknown {
  switch (envelope.kind) {
    case EnvelopeKind.started:
      return definition.started?.(cell.state, ctx)
    case EnvelopeKind.terminated: {
      const { ref, reason } = envelope.payload as Termination
      return definition.terminated?.(cell.state, ref, reason, ctx)
    }
    case EnvelopeKind.stopped:
      return definition.stopped?.(cell.state, ctx)
    case EnvelopeKind.pull:
      return (envelope.payload as OutgoingStream).pull()
    default:
      throw new Error(`an envelope of kind ${envelope.kind} is not a turn`)
  }
}

/** Ends a turn that went well: the context closes and the asker gets its reply, unless the reply was deferred. */
export function settleTurn(cell: ActorCell, envelope: Envelope, effects: Effects, result: unknown): void {
  cell.context?.end()
  // Most turns are of a tell: there is nothing to answer.
  const { rollback, stashing } = cell
  if (result === undefined && envelope.asker === undefined && stashing === undefined && rollback === undefined) return
  answer(cell, envelope, effects, result)
}

function answer(cell: ActorCell, envelope: Envelope, effects: Effects, result: unknown): void {
  const reply = cell.rollback === undefined ? result : cell.rollback.keep(result)
  if (cell.stashing === envelope) {
    // The message waits, and whoever asked waits with it.
    cell.stashing = undefined
    return
  }
  if (typeof reply === 'object' && reply !== null && Symbol.asyncIterator in reply) {
    if (cell.rollback !== undefined) throw noStream(cell)
    if (!cell.context?.hasForwarded(envelope)) effects.openStream(cell, envelope, reply as AsyncIterable<unknown>)
    return
  }
  if (envelope.asker === undefined || cell.context?.hasForwarded(envelope)) return
  if (envelope.kind === EnvelopeKind.pull) {
    effects.streamed(cell, envelope.payload as OutgoingStream, reply as IteratorResult<unknown>)
    return
  }
  if (!(reply instanceof ReplyToken)) effects.replyToAsk(cell, envelope, reply)
}

/** A generator keeps the state that it was given, and a draft is valid for one turn. */
function noStream(cell: ActorCell): ConfigurationError {
  return new ConfigurationError(
    `${cell.path()} answers with a stream, whose turns cannot be rolled back: spawn it without supervise.rollback`,
    { actor: cell.path() },
  )
}

/** Applies a persisted event to the state. */
export function applyEvent(cell: ActorCell, name: string, event: unknown): void {
  eventOf(cell, name).update(cell.state, event)
}

/** The event of that name; throws a {@link DurabilityError} when the actor's definition has none. */
export function eventOf(cell: ActorCell, name: string): CompiledEvent {
  const event = cell.definition.events.get(name)
  if (event !== undefined) return event
  throw new DurabilityError(
    `actor ${cell.definition.name} has no event ${JSON.stringify(name)} in its definition's events`,
    { actor: cell.path(), event: name },
  )
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return value instanceof Promise || ('then' in value && typeof value.then === 'function')
}
