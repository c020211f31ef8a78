/**
 * Where definitions can be mutated: found by watching the turns of a run that is as it should be. A persist that no turn
 * reached, or a message that nobody handled, is no point.
 */
import { isDeepStrictEqual } from 'node:util'
import { type ActorRef, ReplyToken, refKey } from '@troupe/core'
import { type CompiledDefinition, cloneValue } from '@troupe/core/host'
import { type Intercept, interceptedContext, isEffect } from './intercepted-context.ts'
import { type Mutation, mutationName } from './mutation.ts'
import { numbersIn } from './number-parameters.ts'
import { type Variation, type VariedTurn, whenDone } from './varied-definition.ts'

/** Which points to look for. */
export interface MutationPointOptions {
  /** The names of the definitions. Default: all. */
  readonly definitions?: ReadonlySet<string>
  /** Numbers in arguments whose path this matches are quorums. */
  readonly quorums: RegExp
}

/** Watches runs and collects the mutations that they have a point for. */
export class MutationPoints implements Variation {
  readonly #options: MutationPointOptions
  readonly #found = new Map<string, Mutation>()
  /** Turns that cannot run twice in one: an ask must come before the first persist. */
  readonly #single = new Set<string>()

  constructor(options: MutationPointOptions) {
    this.#options = options
  }

  /** The mutations found so far, by name. */
  get mutations(): readonly Mutation[] {
    return [...this.#found]
      .filter(([, mutation]) => {
        return mutation.operator !== 'deliver-twice' || !this.#single.has(`${mutation.definition}.${mutation.turn}`)
      })
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, mutation]) => mutation)
  }

  arguments(definition: CompiledDefinition, args: unknown): unknown {
    if (!this.#watches(definition)) return args
    for (const path of numbersIn(args)) {
      if (this.#options.quorums.test(path)) this.add({ operator: 'lower-quorum', definition: definition.name, path })
    }
    return args
  }

  turn(turn: VariedTurn): unknown {
    const { definition, name, ctx } = turn
    if (!this.#watches(definition)) return turn.run(ctx)
    if (name === '@started') this.#lookAtRecovery(turn)
    const watch = new TurnWatch(this, definition.name, name)
    const isHandled = name === '@terminated' || !name.startsWith('@')
    // What has been seen to act once need not be looked at again.
    const before = isHandled && !this.#acts(definition.name, name) ? copyOf(turn.state) : undefined
    return whenDone(turn.run(interceptedContext(ctx, watch.intercept)), (result) => {
      watch.end(result)
      const acted = watch.acted || result !== undefined || (before !== undefined && !isSame(before, turn.state))
      if (isHandled && acted) this.#addHandling(definition.name, name)
      if (watch.runsOnce) this.#single.add(`${definition.name}.${name}`)
      return result
    })
  }

  /** Notes a mutation that can be made. */
  add(mutation: Mutation): void {
    const name = mutationName(mutation)
    const known = this.#found.get(name)
    const answers = mutation.operator === 'send-early' && mutation.answers
    if (known === undefined || answers) this.#found.set(name, mutation)
  }

  #watches({ name }: CompiledDefinition): boolean {
    return this.#options.definitions === undefined || this.#options.definitions.has(name)
  }

  #acts(definition: string, turn: string): boolean {
    return this.#found.has(mutationName({ operator: 'ignore-message', definition, turn }))
  }

  #addHandling(definition: string, turn: string): void {
    this.add({ operator: 'ignore-message', definition, turn })
    if (turn !== '@terminated') this.add({ operator: 'deliver-twice', definition, turn })
  }

  /** Fields that are not as `init` makes them came back from the journal. */
  #lookAtRecovery({ definition, state, fresh }: VariedTurn): void {
    if (definition.events.size === 0 || !hasFields(state)) return
    const initial = fresh()
    if (!hasFields(initial)) return
    for (const field of Object.keys(state)) {
      if (isSame(state[field], initial[field])) continue
      this.add({ operator: 'forget-field', definition: definition.name, field })
    }
  }
}

/** The effects of one turn, in order. */
class TurnWatch {
  acted = false
  readonly #points: MutationPoints
  readonly #definition: string
  readonly #turn: string
  readonly #persisted = new Set<string>()
  #lastTell: { readonly to: string; readonly name: string; readonly payload: unknown } | undefined
  #waits = false
  #stashes = false
  #forwards = false

  constructor(points: MutationPoints, definition: string, turn: string) {
    this.#points = points
    this.#definition = definition
    this.#turn = turn
  }

  /** True when the turn cannot be run a second time before it is over. */
  get runsOnce(): boolean {
    return this.#stashes || (this.#waits && this.#persisted.size > 0)
  }

  readonly intercept: Intercept = (effect, args, proceed) => {
    if (isEffect(effect)) this.acted = true
    if (effect === 'tell' || effect === 'tellWith') this.#tells(effect === 'tell' ? args : args.slice(1))
    else if (isEffect(effect) && !effect.startsWith('log.')) this.#lastTell = undefined
    switch (effect) {
      case 'persist':
        this.#persists(args[0])
        break
      case 'reply':
      case 'replyError':
        this.#sends(true)
        break
      case 'ask':
      case 'askWith':
      case 'send':
      case 'sendWith':
      case 'task':
      case 'spawnOn':
        this.#waits = true
        break
      case 'stash':
        this.#stashes = true
        break
      case 'forward':
        this.#forwards = true
        break
    }
    return proceed(args)
  }

  /** The turn went well, and its handler returned `result`. */
  end(result: unknown): void {
    const isAnswer = result !== undefined && !(result instanceof ReplyToken) && !this.#forwards
    if (isAnswer && !this.#turn.startsWith('@')) this.#sends(true)
  }

  #persists(event: string): void {
    this.#persisted.add(event)
    this.#points.add({ operator: 'drop-persist', definition: this.#definition, turn: this.#turn, event })
  }

  #tells([to, name, payload]: readonly any[]): void {
    this.#sends(false)
    const receiver = refKey(to as ActorRef)
    const before = this.#lastTell
    this.#lastTell = { to: receiver, name, payload }
    if (before?.to !== receiver || (before.name === name && isSame(before.payload, payload))) return
    const [definition, turn] = [this.#definition, this.#turn]
    this.#points.add({ operator: 'swap-sends', definition, turn, first: before.name, second: name })
  }

  #sends(answers: boolean): void {
    for (const event of this.#persisted) {
      this.#points.add({ operator: 'send-early', definition: this.#definition, turn: this.#turn, event, answers })
    }
  }
}

/** True for a state whose parts have names. */
export function hasFields(state: unknown): state is Record<string, unknown> {
  return typeof state === 'object' && state !== null && !(state instanceof Map || state instanceof Set)
}

/** A copy to compare with later; `undefined` for what cannot be copied. */
export function copyOf<Value>(value: Value): Value | undefined {
  try {
    return cloneValue(value)
  } catch {
    return undefined
  }
}

/** True when both are the same value. */
export function isSame(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(left, right)
}
