/**
 * What one actor does with one message in one local state, found by running the turn once and then remembered. A local
 * state is the actor's state, behavior, stash and pending timers, numbered per actor. A turn that draws random outcomes has one
 * transition for each different effect of them. A turn that changes nothing of them and sends nothing has none.
 */
import { AskTimeoutError } from '@troupe/core'
import { cloneValue, Envelope, EnvelopeKind, type Ref, startedEnvelope } from '@troupe/core/host'
import { type Ask, type AskTable, tokenOf } from './ask-table.ts'
import { canonicalValue } from './canonical-value.ts'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { type LocalState, noKin } from './local-table.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { NumberLog } from './number-log.ts'
import { remembered } from './remembered.ts'
import type { RunOptions, TurnTables } from './run-options.ts'
import { noAsks, type Step, type Turn, takenBy } from './step.ts'
import type { SuspendedTurn } from './suspended-turn.ts'
import { TransitionLog } from './transition-log.ts'
import { nothingPending, TurnRunner } from './turn-runner.ts'

/** Turns of what an actor tells itself, one after the other, at most. */
const ownTurnsMax = 1_000

/** How turns are run, and what of them matters. */
interface TurnOptions extends RunOptions {
  readonly discardFailed: boolean
  readonly selfAtOnce: boolean
  readonly ordersSent: boolean
}

export class LocalTransitions {
  readonly runner: TurnRunner
  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #asks: AskTable
  readonly #network: NetworkTable
  readonly #discardFailed: boolean
  /** True where the order of what one turn sends is part of its effect beyond the network: a history looks at it. */
  readonly #ordersSent: boolean
  readonly #stalls: boolean
  /** What a turn tells its own actor is part of its step. */
  readonly #selfAtOnce: boolean
  /** What other threads of the search have found. */
  readonly #told: TransitionLog | undefined
  /** By message, then by local state of the receiver. */
  readonly #deliveries: (readonly Step[] | undefined)[][] = []
  /** By actor, then by local state. */
  readonly #firings: (readonly Step[] | undefined)[][]
  /** By actor, then by local state. */
  readonly #crashes: Map<number, readonly number[]>[]
  readonly #returns: Map<number, readonly Step[]>[]
  readonly #lastReturns: Map<number, readonly Step[]>[]
  readonly #lastTurns: Map<number, readonly Step[]>[]

  constructor(system: CheckedSystem, tables: TurnTables, options: TurnOptions, log?: NumberLog) {
    this.#system = system
    this.#messages = tables.messages
    this.#asks = tables.asks
    this.#network = tables.network
    this.#stalls = options.stalls
    this.#selfAtOnce = options.selfAtOnce
    this.#discardFailed = options.discardFailed
    this.#ordersSent = options.ordersSent
    this.runner = new TurnRunner(system, tables, options, log)
    const places = Array.from({ length: system.rootCount + system.spawnsMax })
    this.#firings = places.map(() => [])
    this.#crashes = places.map(() => new Map())
    this.#returns = places.map(() => new Map())
    this.#lastReturns = places.map(() => new Map())
    this.#lastTurns = places.map(() => new Map())
    this.#told = log && new TransitionLog(log)
  }

  local(actor: number, local: number): LocalState {
    return this.runner.local(actor, local)
  }

  /** The steps by which `actor` begins: its `started` turn, or one step without effect. The state is `init`'s. */
  beginnings(actor: number): readonly Step[] {
    return this.#startings(actor, this.runner.beginning(actor))
  }

  /** The local states in which a crash can leave `actor`: one for each way in which its disk may have got so far. */
  crashed(actor: number, local: number): readonly number[] {
    return remembered(this.#crashes[actor], local, () => this.#crashed(actor, local))
  }

  #crashed(actor: number, local: number): readonly number[] {
    const { storage, kin, isGone } = this.local(actor, local)
    if (isGone) return [local]
    // Their addresses stay theirs.
    const children = kin.children.map((child) => ({ ...child, isGone: true }))
    const nothing = { ...nothingPending, kin: children.length === 0 ? noKin : { ...noKin, children } }
    if (storage === undefined) {
      const { initial } = this.#system.actors[actor] as SystemActor
      return [this.runner.internFresh(actor, 'crash', initial, nothing, true)]
    }
    const kept = [storage.recovered, ...storage.unsynced.map((record) => record.recovered)]
    const down = kept.map((recovered) => {
      const pending = { ...nothing, storage: { recovered, unsynced: [] } }
      return this.runner.internFresh(actor, 'crash', recovered.state, pending, true)
    })
    return [...new Set(down)]
  }

  /**
   * The steps by which an actor that is down comes back: its `started` turn, in `on` alone. `isLast`: nothing crashes any
   * more, so that a disk that syncs at once is none.
   */
  restarts(actor: number, local: number, isLast: boolean): readonly Step[] {
    const losesDisk = isLast && this.#stalls
    const known = (losesDisk ? this.#lastReturns : this.#returns)[actor]
    return remembered(known, local, () => this.#restarts(actor, local, losesDisk))
  }

  #restarts(actor: number, local: number, losesDisk: boolean): readonly Step[] {
    const { state, storage, kin, isGone } = this.local(actor, local)
    const nothing = { actor, message: -1, timer: undefined, ended: noAsks }
    if (isGone) return [this.runner.step({ ...nothing, kind: 'restart' }, [], local, [])]
    const timers = storage?.recovered.reminders ?? new Map()
    const pending = { ...nothingPending, kin, timers, storage: losesDisk ? undefined : storage }
    return this.#startings(actor, this.runner.internFresh(actor, 'recovery', cloneValue(state), pending))
  }

  /** The step by which the disk of `actor` syncs its oldest record, and lets go what waited for it. */
  sync(actor: number, local: number): Step | undefined {
    const before = this.local(actor, local)
    const [first, ...unsynced] = before.storage?.unsynced ?? []
    if (first === undefined) return undefined
    const after = this.runner.internState(actor, { ...before, storage: { recovered: first.recovered, unsynced } })
    const turn = { kind: 'sync', actor, local, message: -1, timer: undefined, ended: noAsks } as const
    return this.runner.step(turn, first.held, after, [])
  }

  /** The local state in which `actor` goes on where nothing crashes any more. */
  afterLastCrash(actor: number, local: number): number {
    const before = this.local(actor, local)
    return this.#stalls && before.storage !== undefined
      ? this.runner.internState(actor, { ...before, storage: undefined })
      : local
  }

  /** Whether the disk of `actor` has stalled: its node is to crash. */
  isStalled(actor: number, local: number): boolean {
    return this.#stalls && (this.local(actor, local).storage?.unsynced.length ?? 0) > 0
  }

  #startings(actor: number, local: number): readonly Step[] {
    const { cell } = this.#system.actors[actor] as SystemActor
    const turn = started(actor, local)
    if (cell.definition.started === undefined) return [this.runner.step(turn, [], local, [])]
    const steps = this.#withOwn(this.runner.outcomes(turn))
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
      steps = this.#found(`${message}:${local}`, to, () => {
        // What was put back is handled before anything that arrives.
        const before = this.local(to, local)
        const { front, isDown, isGone, kin, suspended } = before
        const isBusy = suspended === undefined ? kin.isStarting || front.length > 0 : !this.#isAwaited(message)
        return isDown || isGone || isBusy ? [] : this.#handlings('deliver', message, local)
      })
      byLocal[local] = steps
    }
    return steps
  }

  /** What `find` finds of a turn of `actor`, unless another thread has found it and told. */
  #found(turn: string, actor: number, find: () => readonly Step[]): readonly Step[] {
    const told = this.#told?.find(turn)
    if (told !== undefined) {
      return told.map(({ local, sent, choices, stalls, life, ...turn }) => {
        const step = this.runner.step({ ...turn, actor }, sent, local, choices)
        return { ...step, ...(stalls ? { stalls } : {}), ...(life ? { life } : {}) }
      })
    }
    const steps = find()
    // What was thrown is no number: every thread that meets it throws its own.
    if (steps.every(({ error }) => error === undefined)) this.#told?.tell(turn, steps)
    return steps
  }

  #handlings(kind: 'deliver' | 'unstashed', message: number, local: number): readonly Step[] {
    const { kind: what, to } = this.#messages.get(message)
    if (what === 'stop') {
      const stop = { kind, actor: to, message, timer: undefined, ended: noAsks }
      return [{ ...this.runner.step(stop, [], local, []), life: { spawned: [], end: 'stop', failure: undefined } }]
    }
    const turn = this.#turnOf(kind, message, local)
    return turn === undefined ? [] : this.#changes(turn)
  }

  /** The turn that handles `message`; `undefined` for an answer that nobody waits for. */
  #turnOf(kind: 'deliver' | 'unstashed', message: number, local: number): Turn | undefined {
    const { from, to, name, payload, kind: what, ask } = this.#messages.get(message)
    const turn = { kind, actor: to, local, message, timer: undefined } as const
    if (what === 'tell' || what === 'ask') {
      const sender = this.#ref(from)
      const replyTo = what === 'ask' ? tokenOf(ask, sender.node) : undefined
      return { ...turn, ended: noAsks, envelope: new Envelope(EnvelopeKind.message, name, payload, sender, replyTo) }
    }
    if (!this.local(to, local).asks.includes(ask)) return undefined
    return { ...turn, ...this.#endOf(local, ask, { isError: what === 'error', name, value: payload }) }
  }

  /** What a turn is that ends `ask`: of a message from who was asked, or the one that awaits it. */
  #endOf(
    local: number,
    ask: number,
    { isError, name, value }: { readonly isError: boolean; readonly name: string; readonly value: unknown },
  ): Pick<Turn, 'ended' | 'envelope' | 'answer'> {
    const { from, to, isAwaited } = this.#asks.get(ask)
    if (!isAwaited) {
      return { ended: [ask], envelope: new Envelope(EnvelopeKind.message, name, value, this.#ref(to), undefined) }
    }
    const turn = this.local(from, local).suspended as SuspendedTurn
    const sender = turn.from < 0 ? undefined : this.#ref(turn.from)
    const envelope =
      turn.kind === 'started'
        ? startedEnvelope
        : new Envelope(EnvelopeKind.message, turn.name, turn.payload, sender, turn.replyTo)
    return { ended: [ask], envelope, answer: { ask, isError, value } }
  }

  /** Whether `message` is what a turn awaits. */
  #isAwaited(message: number): boolean {
    const { kind, ask } = this.#messages.get(message)
    return (kind === 'reply' || kind === 'error') && this.#asks.get(ask).isAwaited
  }

  #ref(actor: number): Ref {
    return (this.#system.actors[actor] as SystemActor).ref
  }

  /**
   * The steps of `actor` in state `local` that need no network: the first message put back, or else a pending timer, or the
   * end of an ask that has waited long enough; a sync.
   */
  firings(actor: number, local: number): readonly Step[] {
    const byLocal = this.#firings[actor] as (readonly Step[] | undefined)[]
    let steps = byLocal[local]
    if (steps === undefined) {
      steps = this.#found(`of${actor}:${local}`, actor, () => {
        const { front, isDown, isGone, kin, suspended } = this.local(actor, local)
        if (isGone) return []
        if (suspended !== undefined) return this.#timeouts(actor, local)
        if (kin.isStarting) return this.#changes(started(actor, local))
        const [first] = front
        const turns =
          first === undefined
            ? [...this.#timerSteps(actor, local), ...this.#timeouts(actor, local)]
            : this.#handlings('unstashed', first, local)
        const sync = this.#stalls ? undefined : this.sync(actor, local)
        return isDown ? [] : sync === undefined ? turns : [...turns, sync]
      })
      byLocal[local] = steps
    }
    return steps
  }

  #timerSteps(actor: number, local: number): readonly Step[] {
    const { ref } = this.#system.actors[actor] as SystemActor
    return [...this.local(actor, local).timers].flatMap(([timer, { name, payload }]) => {
      const envelope = new Envelope(EnvelopeKind.message, name, payload, ref, undefined)
      return this.#changes({ kind: 'timer', actor, local, message: -1, timer, ended: noAsks, envelope })
    })
  }

  /** The last turn of `actor`, in the order of outcomes: what it sends, and the local state that it ends in. */
  lastTurns(actor: number, local: number): readonly Step[] {
    return remembered(this.#lastTurns[actor], local, () => {
      const turn = { kind: 'stopped', actor, local, message: -1, timer: undefined, ended: noAsks } as const
      const { definition } = (this.#system.actors[actor] as SystemActor).cell
      if (definition.stopped === undefined) return [this.runner.step(turn, [], local, [])]
      const envelope = new Envelope(EnvelopeKind.stopped, 'stopped', undefined, undefined, undefined)
      return this.runner.outcomes({ ...turn, envelope })
    })
  }

  /** The asks that `actor` waits for and that no sync holds back: those that may end. */
  asksUnderWay(actor: number, local: number): readonly number[] {
    const { asks, storage } = this.local(actor, local)
    const held = storage?.unsynced.flatMap((record) => record.held) ?? []
    return asks.filter((ask) => !this.runner.isAmong(ask, held))
  }

  /** The ends of asks by their timeouts. */
  #timeouts(actor: number, local: number): readonly Step[] {
    const isSuspended = this.local(actor, local).suspended !== undefined
    return this.asksUnderWay(actor, local).flatMap((ask) => {
      const of = this.#asks.get(ask)
      if (of.isAwaited !== isSuspended) return []
      const end = this.#endOf(local, ask, { isError: true, name: of.onError, value: this.timeoutOf(of) })
      return this.#changes({ kind: 'timeout', actor, local, message: -1, timer: undefined, ...end })
    })
  }

  /** What the asker is told whose ask nobody answers in time. */
  timeoutOf({ name, onError }: Ask): unknown {
    return canonicalValue(timedOut(name), onError, this.runner.refuse).value
  }

  /** The outcomes of a turn that are transitions; of those with the same effect, the first. */
  #changes(turn: Turn): readonly Step[] {
    const nothingSent = this.#network.turnDelta(takenBy(turn), [])
    // What arrives in an ordered network is taken from it, or nothing behind it could arrive.
    const isTaken = turn.kind === 'deliver' && this.#network.kind === 'ordered'
    const effects = new Set<string>()
    return this.#withOwn(this.runner.outcomes(turn)).filter(({ local, delta, sent, error, life }) => {
      if (error !== undefined) return !this.#discardFailed
      const effect = `${local} ${delta} ${this.#ordersSent ? sent : ''} ${life && JSON.stringify(life)}`
      const isNothing =
        local === turn.local && delta === nothingSent && !isTaken && turn.ended.length === 0 && life === undefined
      if (isNothing || effects.has(effect)) return false
      effects.add(effect)
      return true
    })
  }

  /** Steps that go on with the turns of what they told their own actor, in order, where those are no steps of their own. */
  #withOwn(steps: readonly Step[]): readonly Step[] {
    return this.#selfAtOnce ? steps.flatMap((step) => this.#settled(step, ownTurnsMax)) : steps
  }

  #settled(step: Step, turnsLeft: number): readonly Step[] {
    const { actor, sent, local, choices } = step
    const own = sent.findIndex((message) => {
      const { to, kind } = this.#messages.get(message)
      return to === actor && kind === 'tell'
    })
    if (own < 0 || step.error !== undefined) return [step]
    if (turnsLeft === 0)
      throw this.runner.effects.refuse(`tells itself more than ${ownTurnsMax} messages before it rests`)
    const message = sent[own] as number
    const others = sent.toSpliced(own, 1)
    return this.runner.outcomes(this.#turnOf('deliver', message, local) as Turn).flatMap((next) => {
      const all = [...others, ...next.sent]
      const whole: Step = {
        ...step,
        local: next.local,
        delta: this.#network.turnDelta(takenBy(step), all),
        sent: all,
        choices: [...choices, ...next.choices],
        error: next.error,
        ...(next.stalls ? { stalls: true } : {}),
      }
      return this.#settled(whole, turnsLeft - 1)
    })
  }
}

/** The first turn of a generation. */
function started(actor: number, local: number): Turn {
  return { kind: 'started', actor, local, message: -1, timer: undefined, ended: noAsks, envelope: startedEnvelope }
}

/** The error of an ask that nobody answered in time. Here that is a choice of the search, so there is nothing to tune. */
function timedOut(name: string): AskTimeoutError {
  const what =
    `no reply to ${name} within its timeout, which is one of the checker's choices: every ask may time out at any time; ` +
    "handle it, by try and catch around an awaited ask or by onError of askThen, or pass over failed turns by failedTurns: 'discard'"
  return new AskTimeoutError(what, { message: name })
}
