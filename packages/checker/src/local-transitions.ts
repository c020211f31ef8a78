/**
 * What one actor does with one message in one local state, found by running the turn once and then remembered. A local
 * state is the actor's state, behavior, stash and pending timers, numbered per actor. A turn that draws random outcomes has one
 * transition for each different effect of them. A turn that changes nothing of them and sends nothing has none.
 */
import { cloneValue, Envelope, EnvelopeKind, enterBehavior, runTurn, startedEnvelope } from '@troupe/core/host'
import { canonicalValue, frozen } from './canonical-value.ts'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { Interner } from './interner.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import { type Pending, RecordedEffects, type TimerMessage } from './recorded-effects.ts'

/** A local state: what one actor is between two turns. */
export interface LocalState extends Pending {
  /** Frozen, in canonical order. */
  readonly state: unknown
  /** Pending timers by key, sorted. */
  readonly timers: ReadonlyMap<string, TimerMessage>
  /** The current behavior, and those before it that are remembered. */
  readonly behavior: string | undefined
  readonly behaviorsBefore: readonly (string | undefined)[]
}

const nothingPending: Pending = { timers: new Map(), stash: [], front: [] }

/** One step of the system: a turn of one actor, or the loss of a message. */
export interface Step {
  readonly kind: 'deliver' | 'unstashed' | 'timer' | 'drop' | 'started'
  readonly actor: number
  /** The actor's local state after the step. */
  readonly local: number
  /** What the step does to the network. */
  readonly delta: number
  /** The message that is handled or lost; -1 for a timer. */
  readonly message: number
  /** The key of the timer that fires. */
  readonly timer: string | undefined
  /** The random outcomes that the turn drew. */
  readonly choices: readonly number[]
  /** What the handler threw: the step then changed nothing. */
  readonly error: unknown
}

/** What all turns of one local transition have in common. */
type Turn = Pick<Step, 'kind' | 'actor' | 'local' | 'message' | 'timer'> & { readonly envelope: Envelope }

/** A turn that threw has this as its error when what it threw is nothing. */
const threwNothing = new Error('the handler threw undefined')

export class LocalTransitions {
  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #network: NetworkTable
  readonly #effects: RecordedEffects
  readonly #discardFailed: boolean
  readonly #locals: Interner<LocalState>[]
  /** By message, then by local state of the receiver. */
  readonly #deliveries: (readonly Step[] | undefined)[][] = []
  /** By actor, then by local state. */
  readonly #firings: (readonly Step[] | undefined)[][]

  constructor(system: CheckedSystem, messages: MessageTable, network: NetworkTable, discardFailed: boolean) {
    this.#system = system
    this.#messages = messages
    this.#network = network
    this.#effects = new RecordedEffects(system, messages)
    this.#discardFailed = discardFailed
    this.#locals = system.actors.map(() => new Interner<LocalState>())
    this.#firings = system.actors.map(() => [])
  }

  local(actor: number, local: number): LocalState {
    return (this.#locals[actor] as Interner<LocalState>).values[local] as LocalState
  }

  /** The steps by which `actor` begins: its `started` turn, or one step without effect. The state is `init`'s. */
  beginnings(actor: number): readonly Step[] {
    const { cell } = this.#system.actors[actor] as SystemActor
    this.#effects.begin(actor, 'init', nothingPending)
    const local = this.#internLocal(actor)
    const turn = { kind: 'started', actor, local, message: -1, timer: undefined, envelope: startedEnvelope } as const
    if (cell.definition.started === undefined) return [this.#step(turn, [], local, [])]
    const steps = this.#outcomes(turn)
    const failed = steps.find((step) => step.error !== undefined)
    if (failed === undefined) return steps
    throw new CheckerError(
      `actor ${this.#system.label(actor)}: started threw: ${String(failed.error)}`,
      { actor: this.#system.label(actor) },
      { cause: failed.error },
    )
  }

  /** The steps that delivering `message` to its receiver in state `local` can be. */
  deliveries(message: number, local: number): readonly Step[] {
    this.#deliveries[message] ??= []
    const byLocal = this.#deliveries[message]
    let steps = byLocal[local]
    if (steps === undefined) {
      const { to } = this.#messages.get(message)
      // What was put back is handled before anything that arrives.
      const waits = this.local(to, local).front.length > 0
      steps = waits ? [] : this.#handlings('deliver', message, local)
      byLocal[local] = steps
    }
    return steps
  }

  #handlings(kind: 'deliver' | 'unstashed', message: number, local: number): readonly Step[] {
    const { from, to, name, payload } = this.#messages.get(message)
    const sender = (this.#system.actors[from] as SystemActor).ref
    const envelope = new Envelope(EnvelopeKind.message, name, payload, sender, undefined)
    return this.#changes({ kind, actor: to, local, message, timer: undefined, envelope })
  }

  /** The steps of `actor` in state `local` that need no network: the first message put back, or else a pending timer. */
  firings(actor: number, local: number): readonly Step[] {
    const byLocal = this.#firings[actor] as (readonly Step[] | undefined)[]
    let steps = byLocal[local]
    if (steps === undefined) {
      const [first] = this.local(actor, local).front
      steps = first === undefined ? this.#timerSteps(actor, local) : this.#handlings('unstashed', first, local)
      byLocal[local] = steps
    }
    return steps
  }

  #timerSteps(actor: number, local: number): readonly Step[] {
    const { ref } = this.#system.actors[actor] as SystemActor
    return [...this.local(actor, local).timers].flatMap(([timer, { name, payload }]) => {
      const envelope = new Envelope(EnvelopeKind.message, name, payload, ref, undefined)
      return this.#changes({ kind: 'timer', actor, local, message: -1, timer, envelope })
    })
  }

  /** The outcomes of a turn that are transitions; of those with the same effect, the first. */
  #changes(turn: Turn): readonly Step[] {
    const nothingSent = this.#network.turnDelta(takenBy(turn), [])
    const effects = new Set<string>()
    return this.#outcomes(turn).filter(({ local, delta, error }) => {
      if (error !== undefined) return !this.#discardFailed
      const effect = `${local} ${delta}`
      if ((local === turn.local && delta === nothingSent) || effects.has(effect)) return false
      effects.add(effect)
      return true
    })
  }

  /** Runs a turn once for each sequence of random outcomes. */
  #outcomes(turn: Turn): Step[] {
    const { choices } = this.#effects
    const steps: Step[] = []
    choices.reset()
    do steps.push(this.#run(turn))
    while (choices.advance())
    return steps
  }

  #run(turn: Turn): Step {
    const effects = this.#effects
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const before = this.local(turn.actor, turn.local)
    effects.begin(turn.actor, turn.envelope.name, before)
    if (turn.timer !== undefined && !before.timers.get(turn.timer)?.repeats) effects.timers.delete(turn.timer)
    if (turn.kind === 'unstashed') effects.front.shift()
    cell.state = cloneValue(before.state)
    cell.stashing = undefined
    enterBehavior(cell, before.behavior, before.behaviorsBefore)
    let promise: PromiseLike<unknown> | undefined
    let error: unknown
    try {
      promise = runTurn(cell.definition, cell, turn.envelope, effects)
    } catch (thrown) {
      error = thrown ?? threwNothing
    }
    if (promise !== undefined) {
      cell.context?.end()
      promise.then(undefined, () => {})
      effects.refuse('its turn is asynchronous; make it synchronous: tell, and let the answer be a message')
    }
    if (effects.refusal !== undefined) throw effects.refusal
    if (error !== undefined) return this.#step(turn, [], turn.local, effects.choices.taken(), error)
    return this.#step(turn, effects.sent, this.#internLocal(turn.actor), effects.choices.taken())
  }

  #step(turn: Turn, sent: readonly number[], local: number, choices: readonly number[], error?: unknown): Step {
    const { kind, actor, message, timer } = turn
    const delta = this.#network.turnDelta(takenBy(turn), sent)
    return { kind, actor, local, delta, message, timer, choices, error }
  }

  /** The number of the local state that the actor's cell and the recorded timers are in now. */
  #internLocal(actor: number): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    const refuse = (path: string, what: string) =>
      this.#effects.refuse(`${path} is ${what}; checkable state is plain data, Map, Set and references`)
    const state = canonicalValue(cell.state, 'state', refuse)
    const timers = canonicalValue(this.#effects.timers, 'timers', refuse)
    const { behavior, behaviorsBefore } = cell
    const { stashed, front } = this.#effects
    const rest = JSON.stringify([behavior, behaviorsBefore, stashed, front])
    return (this.#locals[actor] as Interner<LocalState>).intern(`${state.key} ${timers.key} ${rest}`, () => ({
      state: frozen(state.value),
      timers: frozen(timers.value) as ReadonlyMap<string, TimerMessage>,
      behavior,
      behaviorsBefore,
      stash: stashed,
      front,
    }))
  }
}

/** The message that the turn takes from the network; -1: none. */
function takenBy({ kind, message }: Pick<Step, 'kind' | 'message'>): number {
  return kind === 'deliver' ? message : -1
}
