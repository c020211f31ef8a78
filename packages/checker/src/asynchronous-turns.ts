/**
 * Runs turns that await asks. Where such a turn waits it is given up, and what it has sent and changed so far is a step. When
 * an answer comes it is run again from where it began, with the answers that it had before: what it does up to there was done,
 * and only compared; what it does from there on is the next step.
 *
 *     run 1:  began --- ask a |                                    step 1: sends a
 *     run 2:  began ... ask a . answer --- ask b |                 step 2: sends b
 *     run 3:  began ... ask a . answer ... ask b . answer --- end  step 3
 *
 * Meanwhile the actor handles nothing else, so that what it is when it goes on is what it was.
 */
import { runTurn, settleTurn } from '@troupe/core/host'
import { canonicalValue } from './canonical-value.ts'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import type { Step, Turn } from './step.ts'
import { type SuspendedTurn, UnfinishedTurn } from './suspended-turn.ts'
import type { TurnRunner } from './turn-runner.ts'

/** How a turn ended. */
type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** A turn that awaits has this as its error when what it threw is nothing. */
const rejectedWithNothing = new Error('the handler rejected with undefined')

export class AsynchronousTurns {
  readonly #runner: TurnRunner
  readonly #system: CheckedSystem

  constructor(system: CheckedSystem, runner: TurnRunner) {
    this.#system = system
    this.#runner = runner
  }

  /** What `find` finds, once all turns are run that it needs. It may be called again and again: it is to change nothing before. */
  async settle<Found>(find: () => Found): Promise<Found> {
    for (;;) {
      try {
        return find()
      } catch (error) {
        if (!(error instanceof UnfinishedTurn)) throw error
        await this.run(error.turn)
      }
    }
  }

  /** Runs `turn` once for each sequence of random outcomes, and has the runner know its steps. */
  async run(turn: Turn): Promise<void> {
    const { choices } = this.#runner.effects
    const steps: Step[] = []
    choices.reset(this.#suspended(turn)?.choices)
    do steps.push(...(await this.#once(turn)))
    while (choices.advance())
    this.#runner.finish(turn, steps)
  }

  #suspended({ actor, local, answer }: Turn): SuspendedTurn | undefined {
    return answer === undefined ? undefined : this.#runner.local(actor, local).suspended
  }

  async #once(turn: Turn): Promise<readonly Step[]> {
    const { effects } = this.#runner
    const before = this.#suspended(turn)
    const began = before === undefined ? turn : { ...before, actor: turn.actor, ended: [] }
    const { cell } = this.#runner.begin(began, turn.envelope.name)
    this.#refuseSome(turn)
    let outcome: Outcome | undefined
    try {
      const promise = runTurn(cell.definition, cell, turn.envelope, effects)
      if (promise === undefined) outcome = { value: undefined }
      else {
        promise.then(
          (value) => {
            outcome = { value }
          },
          (error) => {
            outcome = { error: error ?? rejectedWithNothing }
          },
        )
      }
      if (promise === undefined && effects.awaited.size > 0)
        effects.refuse('asks and does not await the reply; tell, or ask by ctx.askThen')
    } catch (error) {
      outcome = { error: error ?? rejectedWithNothing }
    }
    const isSynchronous = outcome !== undefined
    const answers = turn.answer === undefined ? [] : [...(before?.answers ?? []), turn.answer]
    for (const [index, { ask, isError, value }] of answers.entries()) {
      await settled()
      const awaited = effects.awaited.get(ask)
      if (effects.refusal !== undefined) throw effects.refusal
      if (outcome !== undefined || awaited === undefined) throw this.#isOther()
      if (index === answers.length - 1) this.#goOn(turn, before as SuspendedTurn)
      effects.awaited.delete(ask)
      effects.asks = effects.asks.filter((other) => other !== ask)
      if (isError) awaited.reject(value)
      else awaited.resolve(value)
    }
    if (!isSynchronous) await settled()
    const ended = outcome as Outcome | undefined
    if (effects.refusal === undefined && ended === undefined && effects.awaited.size === 0) {
      effects.refuse('awaits something that is no ask; here only the replies of actors come later')
    }
    if (ended === undefined || effects.refusal !== undefined) this.#runner.leave(cell)
    if (effects.refusal !== undefined) throw effects.refusal
    if (ended === undefined) return [this.#runner.suspend(turn, this.#suspension(turn, before, answers))]
    if (isSynchronous) return this.#runner.end(turn, 'error' in ended ? ended.error : undefined)
    if ('error' in ended) cell.context?.end()
    else settleTurn(cell, turn.envelope, effects, ended.value)
    if (effects.refusal !== undefined) throw effects.refusal
    const given = this.#giveUpAsks()
    return this.#runner.end({ ...turn, ended: [...turn.ended, ...given] }, 'error' in ended ? ended.error : undefined)
  }

  /** Nobody hears any more of the asks that a turn has not awaited to their end. */
  #giveUpAsks(): number[] {
    const { effects, endedAsks } = this.#runner
    const given = [...effects.awaited.keys()]
    effects.asks = effects.asks.filter((ask) => !given.includes(ask))
    effects.sent = effects.sent.map((message) => endedAsks.messageWithout(message, given))
    effects.awaited.clear()
    return given
  }

  /** From here on the turn does what it has not done. */
  #goOn({ actor, local }: Turn, before: SuspendedTurn): void {
    const { effects } = this.#runner
    const now = this.#runner.local(actor, local)
    const { cell } = this.#system.actors[actor] as SystemActor
    const keyOf = (state: unknown) => canonicalValue(state, 'state', this.#runner.refuse).key
    if (effects.sent.join() !== before.sent.join() || keyOf(cell.state) !== keyOf(now.state)) throw this.#isOther()
    effects.goOn(now)
  }

  #suspension(turn: Turn, before: SuspendedTurn | undefined, answers: SuspendedTurn['answers']): SuspendedTurn {
    const { effects } = this.#runner
    const { kind, timer, envelope } = turn
    const choices = [...(before?.choices ?? []), ...effects.choices.taken()]
    if (before !== undefined) return { ...before, choices, answers, sent: [...before.sent, ...effects.sent] }
    const from = envelope.sender === undefined ? undefined : this.#system.indexOf(envelope.sender)
    return {
      ...{ kind, timer, local: this.#runner.begun(turn), from: from ?? -1 },
      ...{ name: envelope.name, payload: envelope.payload, replyTo: envelope.replyTo },
      ...{ choices, answers, sent: effects.sent },
    }
  }

  #refuseSome({ actor, kind }: Turn): void {
    const { effects } = this.#runner
    const { definition } = (this.#system.actors[actor] as SystemActor).cell
    if (kind === 'stopped') throw effects.refuse('its last turn is asynchronous; make it synchronous: tell')
    if (definition.reentrant.size > 0) {
      throw effects.refuse(
        'it awaits, and has re-entrant messages, which others change the state under: ask by ctx.askThen',
      )
    }
  }

  #isOther(): Error {
    return this.#runner.effects.refuse(
      'does something else when run again: its turn depends on more than its state, the message and the replies',
    )
  }
}

/** All that is ready to go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
