/** A recorded turn, run again: the same handler through the same `runTurn`, over effects that answer from the record. */
import { ActorCell } from './actor-cell.ts'
import type { CompiledDefinition } from './actor-definition.ts'
import { enterBehavior } from './behavior.ts'
import type { Effects } from './effects.ts'
import { Envelope } from './envelope.ts'
import { decodeError, toError } from './errors.ts'
import { prepareMessage } from './message-value.ts'
import type { RandomStream } from './ports/random.ts'
import { applyEvent, runTurn, settleTurn } from './run-turn.ts'
import { stash, unstashAll } from './stash.ts'
import { plain, type RecordedState, type RecordedStep, type RecordedTurn } from './turn-recorder.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** Rounds of the microtask queue that the continuation of an await may take. */
const microtaskRounds = 64

/** Thrown into a turn that leaves its record; a handler that catches it does not get away with it. */
class Departure extends Error {}

/**
 * Runs a recorded turn again and says where it first went another way; `undefined` when every effect, in order, and the
 * state after came out the same. `isEqual` compares two values deeply. Throws for a turn whose record is opaque.
 */
export async function replayTurn(
  definition: CompiledDefinition,
  turn: RecordedTurn,
  isEqual: (left: unknown, right: unknown) => boolean,
): Promise<string | undefined> {
  if (turn.opaque !== undefined) throw new Error(`${turn.actor}: the turn cannot be run again: ${turn.opaque}`)
  const { kind, name, frozen, sender, replyTo } = turn.envelope
  const decoded = decodeValue(turn.envelope.payload)
  const payload = frozen ? prepareMessage(decoded, 'frozen', () => name) : decoded
  const envelope = new Envelope(kind, name, payload, sender, replyTo)
  const cell = new ReplayedCell(definition, turn)
  cell.generation = turn.generation
  enterBehavior(cell, turn.before.behavior, turn.before.behaviorsBefore)
  const replay = new TurnReplay(turn.steps, isEqual)
  let thrown: unknown
  try {
    const promise = runTurn(definition, cell, envelope, replay.effects)
    if (promise !== undefined) settleTurn(cell, envelope, replay.effects, await replay.drive(promise))
  } catch (error) {
    thrown = error
  }
  return replay.departure ?? replay.unfinished() ?? differentEnd(cell, turn, thrown, isEqual)
}

/** A cell with the path that it was recorded under, which errors name. */
class ReplayedCell extends ActorCell {
  readonly #path: string

  constructor(definition: CompiledDefinition, { actor, ref, before }: RecordedTurn) {
    super(definition, ref, undefined, undefined, {}, decodeValue(before.state))
    this.#path = actor
  }

  override path(): string {
    return this.#path
  }
}

function differentEnd(
  cell: ActorCell,
  turn: RecordedTurn,
  thrown: unknown,
  isEqual: (left: unknown, right: unknown) => boolean,
): string | undefined {
  const recorded = turn.error === undefined ? 'ended well' : `threw ${turn.error.name}: ${turn.error.message}`
  const error = thrown === undefined ? undefined : toError(thrown)
  const replayed = error === undefined ? 'ended well' : `threw ${error.name}: ${error.message}`
  if (recorded !== replayed) return `the turn ${recorded}; run again it ${replayed}`
  if (turn.after === undefined) return undefined
  const after: RecordedState = {
    state: encodeValue(cell.state),
    behavior: cell.behavior,
    behaviorsBefore: cell.behaviorsBefore,
  }
  if (after.behavior !== turn.after.behavior || !isEqual(after.behaviorsBefore, turn.after.behaviorsBefore)) {
    return `the behavior after the turn was ${turn.after.behavior}; run again it is ${after.behavior}`
  }
  return isEqual(decodeValue(after.state), decodeValue(turn.after.state))
    ? undefined
    : 'the state after the turn differs'
}

class TurnReplay {
  /** Where the turn first did something else than before. */
  departure: string | undefined
  readonly effects: Effects
  readonly #steps: readonly RecordedStep[]
  readonly #isEqual: (left: unknown, right: unknown) => boolean
  readonly #promises = new Map<number, PromiseWithResolvers<unknown>>()
  #next = 0

  constructor(steps: readonly RecordedStep[], isEqual: (left: unknown, right: unknown) => boolean) {
    this.#steps = steps
    this.#isEqual = isEqual
    const call =
      (name: string) =>
      (from: ActorCell, ...args: unknown[]) =>
        this.#call(name, from, args)
    this.effects = new Proxy({} as Effects, { get: (_target, name) => call(String(name)) })
  }

  /** Settles what the turn waits for in the recorded order, until `promise` is settled. */
  async drive(promise: PromiseLike<unknown>): Promise<unknown> {
    let settled = false
    const end = () => {
      settled = true
    }
    promise.then(end, end)
    for (;;) {
      for (let round = 0; round < microtaskRounds; round++) await undefined
      if (settled) return promise
      let step = this.#steps[this.#next]
      if (step?.type !== 'settled') throw this.#depart('the turn waits for something that its record does not have')
      // What was settled one after the other, before the turn went on, is settled together.
      for (; step?.type === 'settled'; step = this.#steps[++this.#next]) this.#settle(step)
    }
  }

  #settle({ of, value, error }: RecordedStep & { readonly type: 'settled' }): void {
    const waiting = this.#promises.get(of)
    if (error === undefined) waiting?.resolve(decodeValue(value))
    else waiting?.reject(decodeError(error))
  }

  /** What the record has and the turn did not do. */
  unfinished(): string | undefined {
    const left = this.#steps.slice(this.#next).find((step) => step.type !== 'settled')
    return left === undefined ? undefined : `the turn did not come to its ${(left as { name: string }).name}`
  }

  #call(name: string, from: ActorCell, args: unknown[]): unknown {
    if (name === 'random') return this.#stream()
    const index = this.#next++
    const step = this.#steps[index]
    if (step?.type !== 'effect' || step.name !== name) {
      throw this.#depart(`step ${index + 1} was ${nameOf(step)}; run again it is ${name}`)
    }
    const recorded = decodeValue(step.args)
    const now = decodeValue(encodeValue(args.map(plain)))
    if (!this.#isEqual(recorded, now)) {
      throw this.#depart(`step ${index + 1}, ${name}, had ${text(recorded)}; run again it has ${text(now)}`)
    }
    const { outcome } = step
    if (outcome.type === 'threw') throw decodeError(outcome.error)
    // What changes the actor itself is done; everything else is only answered.
    if (name === 'persist') applyEvent(from, args[0] as string, args[1])
    else if (name === 'stash') stash(from, args[0] as Envelope)
    else if (name === 'unstashAll') unstashAll(from)
    if (outcome.type === 'returned') return outcome.value === undefined ? undefined : decodeValue(outcome.value)
    const waiting = Promise.withResolvers<unknown>()
    // Who does not wait for it need not hear of its failure.
    waiting.promise.catch(() => {})
    this.#promises.set(index, waiting)
    return waiting.promise
  }

  #stream(): RandomStream {
    const draw = (name: string) => () => {
      const index = this.#next++
      const step = this.#steps[index]
      if (step?.type === 'draw' && step.name === name) return decodeValue(step.result)
      throw this.#depart(`step ${index + 1} was ${nameOf(step)}; run again it draws ${name}`)
    }
    return new Proxy({} as RandomStream, { get: (_target, name) => draw(String(name)) })
  }

  #depart(where: string): Departure {
    this.departure ??= where
    return new Departure(where)
  }
}

function nameOf(step: RecordedStep | undefined): string {
  if (step === undefined) return 'the end'
  return step.type === 'settled' ? 'the end of an ask' : step.name
}

function text(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value)
  return shown.length > 200 ? `${shown.slice(0, 200)}...` : shown
}
