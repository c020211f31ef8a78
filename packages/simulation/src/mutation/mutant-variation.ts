/** What a mutation does to the turns of its definition. */
import type { ActorRef } from '@troupe/core'
import type { CompiledDefinition } from '@troupe/core/host'
import { EarlyReplies } from './early-replies.ts'
import { forgetField } from './forgotten-field.ts'
import { type Intercept, interceptedContext, isEffect } from './intercepted-context.ts'
import type { Mutation } from './mutation.ts'
import { copyOf, hasFields, isSame } from './mutation-points.ts'
import { withLowered } from './number-parameters.ts'
import { SwappedSends } from './swapped-sends.ts'
import { type Variation, type VariedTurn, whenDone } from './varied-definition.ts'

/** One mutation, at work in every run that it is given to. */
export class MutantVariation implements Variation {
  readonly #mutation: Mutation
  readonly #earlyReplies = new EarlyReplies()
  #reached = false
  #differed = false

  constructor(mutation: Mutation) {
    this.#mutation = mutation
  }

  /** True once a run came to what is mutated. */
  get reached(): boolean {
    return this.#reached
  }

  /** True once something was not as it would have been, as far as one turn can tell. */
  get differed(): boolean {
    return this.#differed
  }

  arguments(definition: CompiledDefinition, args: unknown): unknown {
    const mutation = this.#mutation
    if (mutation.operator !== 'lower-quorum' || mutation.definition !== definition.name) return args
    return withLowered(args, mutation.path, () => this.#noteDifference())
  }

  turn(turn: VariedTurn): unknown {
    const mutation = this.#mutation
    if (mutation.definition !== turn.definition.name) return turn.run(turn.ctx)
    if (mutation.operator === 'forget-field') return this.#forget(turn, mutation.field)
    if (mutation.operator === 'send-early' && mutation.answers && turn.name === '@started') {
      this.#earlyReplies.begin(turn.ctx)
    }
    if (!('turn' in mutation) || mutation.turn !== turn.name) return turn.run(turn.ctx)
    switch (mutation.operator) {
      case 'drop-persist':
        return turn.run(interceptedContext(turn.ctx, this.#dropping(turn, mutation.event)))
      case 'send-early':
        return this.#sendEarly(turn, mutation.event)
      case 'deliver-twice':
        return this.#runTwice(turn)
      case 'swap-sends':
        return this.#swap(turn, mutation.first, mutation.second)
      case 'ignore-message':
        this.#noteDifference()
        // Whoever asked gets no answer; nobody does where nobody asked.
        return turn.name === '@terminated' ? undefined : turn.ctx.deferReply()
    }
  }

  #noteDifference(): void {
    this.#reached = true
    this.#differed = true
  }

  #forget(turn: VariedTurn, field: string): unknown {
    const { state, name, ctx, run } = turn
    if (name !== '@started' || !hasFields(state)) return run(ctx)
    const initial = (turn.fresh() as Record<string, unknown>)[field]
    this.#reached = true
    if (isSame(state[field], initial)) return run(ctx)
    const seen = () => {
      this.#differed = true
    }
    return forgetField(state, { field, initial, seen }, () => run(ctx))
  }

  #dropping({ definition, state }: VariedTurn, dropped: string): Intercept {
    return (effect, args, proceed) => {
      const [event, value] = args
      const known = definition.events.get(dropped)
      if (effect !== 'persist' || event !== dropped || known === undefined) return proceed(args)
      this.#noteDifference()
      return known.update(state, value)
    }
  }

  #sendEarly({ ctx, run }: VariedTurn, event: string): unknown {
    let persisted = false
    let forwards = false
    const early = this.#earlyReplies.of(ctx)
    const intercept: Intercept = (effect, args, proceed) => {
      if (effect === 'persist' && args[0] === event) {
        persisted = true
        this.#reached = true
      }
      if (effect === 'forward') forwards = true
      if (!persisted || !['tell', 'tellWith', 'reply', 'replyError'].includes(effect)) return proceed(args)
      this.#differed = true
      if (effect === 'reply') return early.reply(args[0], args[1])
      if (effect === 'replyError') return early.fail(args[0], args[1])
      const [to, name, payload] = effect === 'tell' ? args : args.slice(1)
      return (ctx.tellEarly as (to: ActorRef, name: string, payload: unknown) => void)(to, name, payload)
    }
    return whenDone(run(interceptedContext(ctx, intercept)), (result) => {
      if (!persisted || forwards || !early.canAnswer(result)) return result
      this.#differed = true
      return early.answer(result)
    })
  }

  /** The second time is over when the first would be; the first answer counts. */
  #runTwice({ ctx, state, run }: VariedTurn): unknown {
    return whenDone(run(ctx), (first) => {
      if (typeof first === 'object' && first !== null && Symbol.asyncIterator in first) return first
      this.#reached = true
      const before = this.#differed ? undefined : copyOf(state)
      const noting: Intercept = (effect, args, proceed) => {
        if (isEffect(effect)) this.#differed = true
        return proceed(args)
      }
      return whenDone(run(interceptedContext(ctx, noting)), () => {
        if (!this.#differed && !isSame(before, state)) this.#differed = true
        return first
      })
    })
  }

  #swap({ ctx, run }: VariedTurn, first: string, second: string): unknown {
    const sends = new SwappedSends(first, second, () => this.#noteDifference())
    return whenDone(run(interceptedContext(ctx, sends.intercept)), (result) => {
      sends.end()
      return result
    })
  }
}
