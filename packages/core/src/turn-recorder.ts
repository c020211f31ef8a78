/**
 * Recorded turns: what each turn was given, did and left behind, as data, so that it can be run again through `runTurn`
 * and compared ({@link replayTurn}). Recording stands between a turn and its effects, whatever they are.
 */
import type { ActorCell } from './actor-cell.ts'
import { isDefinition } from './actor-definition.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import { Deferral } from './deferrals.ts'
import type { Effects } from './effects.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'
import { type ErrorData, encodeError, toError } from './errors.ts'
import { prepareMessage } from './message-value.ts'
import type { RandomStream } from './ports/random.ts'
import { encodeValue } from './value-codec.ts'

/** One turn. What changes later is kept as the bytes of `encodeValue`. */
export interface RecordedTurn {
  readonly actor: string
  readonly ref: Ref
  readonly definition: { readonly name: string; readonly module: string | undefined }
  readonly generation: number
  readonly envelope: {
    readonly kind: EnvelopeKind
    readonly name: string
    readonly payload: Uint8Array
    /** True when a handler that changes the payload fails. */
    readonly frozen: boolean
    readonly sender: Ref | undefined
    readonly replyTo: ReplyToken | undefined
  }
  readonly before: RecordedState
  /** What the turn did and was answered, in order. */
  readonly steps: readonly RecordedStep[]
  /** What it threw, or its promise rejected with; then there is no state after it. */
  readonly error: ErrorData | undefined
  readonly after: RecordedState | undefined
  /** Why the turn cannot be run again from this record: it saw something that is no data. */
  readonly opaque: string | undefined
}

/** The state of an actor between two turns. */
export interface RecordedState {
  readonly state: Uint8Array
  readonly behavior: string | undefined
  readonly behaviorsBefore: readonly (string | undefined)[]
}

/** One call of an effect, one draw of randomness, or the end of an ask that the turn waited for. */
export type RecordedStep =
  | { readonly type: 'effect'; readonly name: string; readonly args: Uint8Array; readonly outcome: RecordedOutcome }
  | { readonly type: 'draw'; readonly name: string; readonly result: Uint8Array }
  /** `of` is the number of the step whose promise was settled. */
  | { readonly type: 'settled'; readonly of: number; readonly value: Uint8Array; readonly error: ErrorData | undefined }

/** How the call of an effect ended; a promise is settled by a later step, or not during the turn. */
type RecordedOutcome =
  | { readonly type: 'returned'; readonly value: Uint8Array | undefined }
  | { readonly type: 'promise' }
  | { readonly type: 'threw'; readonly error: ErrorData }

type OpenTurn = { -readonly [Key in keyof RecordedTurn]: RecordedTurn[Key] } & { readonly steps: RecordedStep[] }

export class TurnRecorder {
  readonly #write: (turn: RecordedTurn) => void
  readonly #open = new Map<ActorCell, OpenTurn>()
  readonly #recording = new WeakMap<Effects, Effects>()

  /** `write` is called with each turn that ended; one that was cut short by a kill or an escalation is not recorded. */
  constructor(write: (turn: RecordedTurn) => void) {
    this.#write = write
  }

  /** A turn of `cell` begins over `effects`: what to run it over instead. */
  begin(cell: ActorCell, envelope: Envelope, effects: Effects): Effects {
    const { name, module } = cell.definition
    const turn: OpenTurn = {
      actor: cell.path(),
      ref: cell.ref,
      definition: { name, module },
      generation: cell.generation,
      envelope: { ...partsOf(envelope), payload: new Uint8Array(0), frozen: Object.isFrozen(envelope.payload) },
      before: { state: new Uint8Array(0), behavior: undefined, behaviorsBefore: [] },
      steps: [],
      error: undefined,
      after: undefined,
      opaque: envelope.kind === EnvelopeKind.pull ? 'it went on in a generator, whose place is no data' : undefined,
    }
    this.#open.set(cell, turn)
    turn.before = this.#stateOf(cell, turn)
    turn.envelope = { ...turn.envelope, payload: bytesOf(envelope.payload, turn, 'its message') }
    let recording = this.#recording.get(effects)
    if (recording === undefined) {
      recording = this.#over(effects)
      this.#recording.set(effects, recording)
    }
    return recording
  }

  /** The turn of `cell` is over; `thrown` is what it threw. */
  end(cell: ActorCell, thrown?: { readonly error: unknown }): void {
    const turn = this.#open.get(cell)
    if (turn === undefined) return
    this.#open.delete(cell)
    if (cell.context?.hasSignal) turn.opaque ??= 'it looked at its signal, which another can abort at any time'
    if (thrown === undefined) turn.after = this.#stateOf(cell, turn)
    else turn.error = encodeError(thrown.error)
    this.#write(turn)
  }

  /** A cell is no more: a turn of it that did not end is forgotten. */
  forget(cell: ActorCell): void {
    this.#open.delete(cell)
  }

  #stateOf({ state, behavior, behaviorsBefore }: ActorCell, turn: OpenTurn): RecordedState {
    return { state: bytesOf(state, turn, 'its state'), behavior, behaviorsBefore }
  }

  /** Effects that do what `effects` do and note it. */
  #over(effects: Effects): Effects {
    return new Proxy(effects, {
      get: (target, name) => {
        const call = Reflect.get(target, name)
        if (typeof call !== 'function' || typeof name !== 'string') return call
        return (from: ActorCell, ...args: unknown[]) => this.#call(target, call, name, from, args)
      },
    })
  }

  #call(
    target: Effects,
    call: (...args: unknown[]) => unknown,
    name: string,
    from: ActorCell,
    args: unknown[],
  ): unknown {
    const turn = this.#open.get(from)
    if (turn === undefined) return call.call(target, from, ...args)
    if (name === 'random') return this.#draws(call.call(target, from) as RandomStream, from)
    if (name === 'use') turn.opaque ??= `it used service ${String(args[0])}`
    const index = turn.steps.length
    const note = (outcome: RecordedOutcome) => {
      turn.steps[index] = { type: 'effect', name, args: given, outcome }
    }
    const given = bytesOf(args.map(plain), turn, `a call of ${name}`)
    note({ type: 'returned', value: undefined })
    let result: unknown
    try {
      result = call.call(target, from, ...args)
    } catch (error) {
      note({ type: 'threw', error: encodeError(error) })
      throw error
    }
    if (result instanceof Promise) {
      note({ type: 'promise' })
      return this.#settles(result, index, turn, from)
    }
    if (result !== undefined && name !== 'use') {
      // A turn that is run again gives its deferral a controller, and needs nothing else of it.
      const data = result instanceof Deferral ? { token: result.token, controller: undefined } : result
      note({ type: 'returned', value: bytesOf(data, turn, `the result of ${name}`) })
    }
    return result
  }

  #settles(promise: Promise<unknown>, of: number, turn: OpenTurn, from: ActorCell): Promise<unknown> {
    const note = (value: unknown, error: ErrorData | undefined) => {
      if (this.#open.get(from) !== turn) return
      turn.steps.push({ type: 'settled', of, value: bytesOf(value, turn, 'an answer'), error })
    }
    return promise.then(
      (value) => {
        note(value, undefined)
        return value
      },
      (error) => {
        note(undefined, encodeError(error))
        throw toError(error)
      },
    )
  }

  /** The actor keeps its stream from turn to turn: each draw belongs to the turn that is open then. */
  #draws(stream: RandomStream, from: ActorCell): RandomStream {
    return new Proxy(stream, {
      get: (target, name) => {
        const draw = Reflect.get(target, name)
        if (typeof draw !== 'function' || typeof name !== 'string') return draw
        return (...args: unknown[]) => {
          const result = draw.apply(target, args)
          const turn = this.#open.get(from)
          turn?.steps.push({ type: 'draw', name, result: bytesOf(result, turn, `a draw of ${name}`) })
          return result
        }
      },
    })
  }
}

/** What stands for an argument of an effect in a record: definitions by name, envelopes as their fields. */
export function plain(argument: unknown): unknown {
  if (isDefinition(argument)) return { definition: argument.name }
  if (argument instanceof Envelope) return partsOf(argument)
  return argument
}

function partsOf({ kind, name, payload, sender, replyTo }: Envelope) {
  return { kind, name, payload, sender, replyTo }
}

function bytesOf(value: unknown, turn: OpenTurn, what: string): Uint8Array {
  try {
    return encodeValue(prepareMessage(value, 'copied', () => what))
  } catch (error) {
    turn.opaque ??= `${what} is no data: ${toError(error).message}`
    return new Uint8Array(0)
  }
}
