/**
 * What one actor does with one message in one local state, found by running the turn once and then remembered. A local
 * state is the actor's state, behavior, stash and pending timers, numbered per actor. A turn that draws random outcomes has one
 * transition for each different effect of them. A turn that changes nothing of them and sends nothing has none.
 */
import { AskTimeoutError } from '@troupe/core'
import {
  cloneValue,
  Envelope,
  EnvelopeKind,
  enterBehavior,
  type Ref,
  runTurn,
  startedEnvelope,
} from '@troupe/core/host'
import { type Ask, type AskTable, tokenOf } from './ask-table.ts'
import { canonicalValue } from './canonical-value.ts'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { EndedAsks } from './ended-asks.ts'
import { type LocalState, LocalTable } from './local-table.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { NumberLog } from './number-log.ts'
import { type Pending, RecordedEffects } from './recorded-effects.ts'
import { noAsks, type Step, type Turn, takenBy } from './step.ts'
import { type Recovered, recoveredOf, type Storage } from './storage.ts'
import { TransitionLog } from './transition-log.ts'
import { commit, recordOf } from './turn-record.ts'
import { changeable, changed, isDraft } from './turn-state.ts'

const nothingPending: Pending = { timers: new Map(), stash: [], front: [], storage: undefined, asks: [], owed: [] }

/** Turns of what an actor tells itself, one after the other, at most. */
const ownTurnsMax = 1_000

/** How turns are run, and what of them matters. */
interface TurnOptions {
  readonly discardFailed: boolean
  readonly crashes: boolean
  readonly stalls: boolean
  readonly selfAtOnce: boolean
  readonly ordersSent: boolean
  readonly drafts: boolean
  /** Orders of steps are left out. */
  readonly reduces: boolean
}

/** A turn that threw has this as its error when what it threw is nothing. */
const threwNothing = new Error('the handler threw undefined')

export class LocalTransitions {
  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #asks: AskTable
  /** What is left of asks that are over. */
  readonly endedAsks: EndedAsks
  readonly #network: NetworkTable
  readonly #effects: RecordedEffects
  readonly #discardFailed: boolean
  /** True where the order of what one turn sends is part of its effect beyond the network: a history looks at it. */
  readonly #ordersSent: boolean
  readonly #drafts: boolean
  readonly #isDurable: readonly boolean[]
  readonly #stalls: boolean
  /** What a turn tells its own actor is part of its step. */
  readonly #selfAtOnce: boolean
  readonly #locals: readonly LocalTable[]
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

  /** `crashes`: actors with a durable id have a disk, which a crash leaves them. `stalls`: it syncs at once, or not at all. */
  constructor(
    system: CheckedSystem,
    {
      messages,
      asks,
      network,
    }: { readonly messages: MessageTable; readonly asks: AskTable; readonly network: NetworkTable },
    { discardFailed, crashes, stalls, selfAtOnce, ordersSent, drafts, reduces }: TurnOptions,
    log?: NumberLog,
  ) {
    this.#system = system
    this.#messages = messages
    this.#asks = asks
    this.endedAsks = new EndedAsks(messages, network, this)
    this.#network = network
    this.#isDurable = system.actors.map(({ durableId }) => crashes && durableId !== undefined)
    this.#stalls = stalls
    this.#selfAtOnce = selfAtOnce
    this.#effects = new RecordedEffects(system, messages, asks, {
      mayPersist: this.#isDurable.map((isDurable) => isDurable || !crashes),
      mayAsk: !reduces,
    })
    this.#discardFailed = discardFailed
    this.#ordersSent = ordersSent
    this.#drafts = drafts
    this.#locals = system.actors.map(() => new LocalTable(this.#refuse, log))
    this.#firings = system.actors.map(() => [])
    this.#crashes = system.actors.map(() => new Map())
    this.#returns = system.actors.map(() => new Map())
    this.#lastReturns = system.actors.map(() => new Map())
    this.#told = log && new TransitionLog(log)
  }

  local(actor: number, local: number): LocalState {
    return (this.#locals[actor] as LocalTable).get(local)
  }

  /** The steps by which `actor` begins: its `started` turn, or one step without effect. The state is `init`'s. */
  beginnings(actor: number): readonly Step[] {
    const { cell, initial } = this.#system.actors[actor] as SystemActor
    this.#effects.begin(actor, 'init', nothingPending)
    cell.state = initial
    enterBehavior(cell, undefined, [])
    if (this.#isDurable[actor])
      this.#effects.storage = { recovered: recoveredOf(initial, new Map(), this.#refuse), unsynced: [] }
    return this.#startings(actor, this.#internLocal(actor))
  }

  /** The local states in which a crash can leave `actor`: one for each way in which its disk may have got so far. */
  crashed(actor: number, local: number): readonly number[] {
    return remembered(this.#crashes[actor], local, () => this.#crashed(actor, local))
  }

  #crashed(actor: number, local: number): readonly number[] {
    const { storage } = this.local(actor, local)
    if (storage === undefined) {
      const { initial } = this.#system.actors[actor] as SystemActor
      return [this.#internDown(actor, initial, undefined)]
    }
    const kept = [storage.recovered, ...storage.unsynced.map((record) => record.recovered)]
    return [...new Set(kept.map((recovered) => this.#internDown(actor, recovered.state, { recovered, unsynced: [] })))]
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
    const { cell } = this.#system.actors[actor] as SystemActor
    const { state, storage } = this.local(actor, local)
    const reminders = storage?.recovered.reminders ?? new Map()
    this.#effects.begin(actor, 'recovery', {
      ...nothingPending,
      timers: reminders,
      storage: losesDisk ? undefined : storage,
    })
    cell.state = cloneValue(state)
    enterBehavior(cell, undefined, [])
    return this.#startings(actor, this.#internLocal(actor))
  }

  /** The step by which the disk of `actor` syncs its oldest record, and lets go what waited for it. */
  sync(actor: number, local: number): Step | undefined {
    const before = this.local(actor, local)
    const [first, ...unsynced] = before.storage?.unsynced ?? []
    if (first === undefined) return undefined
    const { cell } = this.#system.actors[actor] as SystemActor
    this.#effects.begin(actor, 'sync', { ...before, storage: { recovered: first.recovered, unsynced } })
    cell.state = cloneValue(before.state)
    enterBehavior(cell, before.behavior, before.behaviorsBefore)
    const turn = { kind: 'sync', actor, local, message: -1, timer: undefined, ended: noAsks } as const
    return this.#step(turn, first.held, this.#internLocal(actor), [])
  }

  /** The local state in which `actor` goes on where nothing crashes any more. */
  afterLastCrash(actor: number, local: number): number {
    const before = this.local(actor, local)
    return this.#stalls && before.storage !== undefined
      ? this.internState(actor, { ...before, storage: undefined })
      : local
  }

  /** Whether the disk of `actor` has stalled: its node is to crash. */
  isStalled(actor: number, local: number): boolean {
    return this.#stalls && (this.local(actor, local).storage?.unsynced.length ?? 0) > 0
  }

  #startings(actor: number, local: number): readonly Step[] {
    const { cell } = this.#system.actors[actor] as SystemActor
    const nothing = { message: -1, timer: undefined, ended: noAsks, envelope: startedEnvelope }
    const turn: Turn = { kind: 'started', actor, local, ...nothing }
    if (cell.definition.started === undefined) return [this.#step(turn, [], local, [])]
    const steps = this.#withOwn(this.#outcomes(turn))
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
        const { front, isDown } = this.local(to, local)
        return isDown || front.length > 0 ? [] : this.#handlings('deliver', message, local)
      })
      byLocal[local] = steps
    }
    return steps
  }

  /** What `find` finds of a turn of `actor`, unless another thread has found it and told. */
  #found(turn: string, actor: number, find: () => readonly Step[]): readonly Step[] {
    const told = this.#told?.find(turn)
    if (told !== undefined) {
      return told.map(({ local, sent, choices, stalls, ...turn }) => {
        const step = this.#step({ ...turn, actor }, sent, local, choices)
        return stalls ? { ...step, stalls } : step
      })
    }
    const steps = find()
    // What was thrown is no number: every thread that meets it throws its own.
    if (steps.every(({ error }) => error === undefined)) this.#told?.tell(turn, steps)
    return steps
  }

  #handlings(kind: 'deliver' | 'unstashed', message: number, local: number): readonly Step[] {
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
    return { ...turn, ...this.#endOf(ask, name, payload) }
  }

  /** What a turn is that ends `ask`: of a message from who was asked. */
  #endOf(ask: number, name: string, payload: unknown): Pick<Turn, 'ended' | 'envelope'> {
    const sender = this.#ref(this.#asks.get(ask).to)
    return { ended: [ask], envelope: new Envelope(EnvelopeKind.message, name, payload, sender, undefined) }
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
        const { front, isDown } = this.local(actor, local)
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

  /** The asks that `actor` waits for and that no sync holds back: those that may end. */
  asksUnderWay(actor: number, local: number): readonly number[] {
    const { asks, storage } = this.local(actor, local)
    const held = storage?.unsynced.flatMap((record) => record.held) ?? []
    return asks.filter((ask) => !this.#isAmong(ask, held))
  }

  /** The ends of asks by their timeouts. */
  #timeouts(actor: number, local: number): readonly Step[] {
    return this.asksUnderWay(actor, local).flatMap((ask) => {
      const of = this.#asks.get(ask)
      const end = this.#endOf(ask, of.onError, this.timeoutOf(of))
      return this.#changes({ kind: 'timeout', actor, local, message: -1, timer: undefined, ...end })
    })
  }

  #isAmong(ask: number, messages: readonly number[]): boolean {
    return messages.some((id) => {
      const message = this.#messages.get(id)
      return message.kind === 'ask' && message.ask === ask
    })
  }

  /** What the asker is told whose ask nobody answers in time. */
  timeoutOf({ name, onError }: Ask): unknown {
    return canonicalValue(timedOut(name), onError, this.#refuse).value
  }

  /** The outcomes of a turn that are transitions; of those with the same effect, the first. */
  #changes(turn: Turn): readonly Step[] {
    const nothingSent = this.#network.turnDelta(takenBy(turn), [])
    // What arrives in an ordered network is taken from it, or nothing behind it could arrive.
    const isTaken = turn.kind === 'deliver' && this.#network.kind === 'ordered'
    const effects = new Set<string>()
    return this.#withOwn(this.#outcomes(turn)).filter(({ local, delta, sent, error }) => {
      if (error !== undefined) return !this.#discardFailed
      const effect = `${local} ${delta} ${this.#ordersSent ? sent : ''}`
      const isNothing = local === turn.local && delta === nothingSent && !isTaken && turn.ended.length === 0
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
    if (turnsLeft === 0) throw this.#effects.refuse(`tells itself more than ${ownTurnsMax} messages before it rests`)
    const message = sent[own] as number
    const others = sent.toSpliced(own, 1)
    return this.#outcomes(this.#turnOf('deliver', message, local) as Turn).flatMap((next) => {
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

  /** Runs a turn once for each sequence of random outcomes. */
  #outcomes(turn: Turn): Step[] {
    const { choices } = this.#effects
    const steps: Step[] = []
    choices.reset()
    do steps.push(...this.#run(turn))
    while (choices.advance())
    return steps
  }

  /** `textLength`: see {@link changeable}; 0 has the turn run on a copy. */
  #run(turn: Turn, textLength = this.#drafts ? this.#textLength(turn) : 0): Step[] {
    const effects = this.#effects
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const before = this.local(turn.actor, this.#begun(turn))
    effects.begin(turn.actor, turn.envelope.name, before)
    if (turn.timer !== undefined && !before.timers.get(turn.timer)?.repeats) effects.timers.delete(turn.timer)
    if (turn.kind === 'unstashed') effects.front.shift()
    const state = changeable(before.state, textLength)
    cell.state = state
    cell.stashing = undefined
    enterBehavior(cell, before.behavior, before.behaviorsBefore)
    let promise: PromiseLike<unknown> | undefined
    let error: unknown
    try {
      promise = runTurn(cell.definition, cell, turn.envelope, effects)
      if (promise === undefined) cell.state = changed(cell.state)
    } catch (thrown) {
      error = thrown ?? threwNothing
    }
    if (promise !== undefined) {
      cell.context?.end()
      promise.then(undefined, () => {})
      effects.refuse('its turn is asynchronous; make it synchronous: tell, and let the answer be a message')
    }
    if ((effects.refusal ?? error) !== undefined && isDraft(state)) {
      // It counts what it does on a plain object, as elsewhere.
      effects.choices.again()
      return this.#run(turn, 0)
    }
    if (effects.refusal !== undefined) throw effects.refusal
    if (error !== undefined) return [this.#step(turn, [], turn.local, effects.choices.taken(), error)]
    const { storage } = effects
    if (storage !== undefined && this.#stalls) return this.#commitOrStall(turn, storage)
    if (storage !== undefined) commit(effects, cell, turn.timer, storage, this.#refuse)
    return [this.#step(turn, effects.sent, this.#internLocal(turn.actor), effects.choices.taken())]
  }

  /** The local state that a turn begins in: without what is left of the asks that it ends. */
  #begun({ actor, local, ended }: Turn): number {
    return ended.reduce((at, ask) => this.endedAsks.local(actor, at, ask, false), local)
  }

  #textLength({ actor, local }: Turn): number {
    return (this.#locals[actor] as LocalTable).textLength(local)
  }

  #step(
    turn: Pick<Turn, 'kind' | 'actor' | 'message' | 'timer' | 'ended'>,
    sent: readonly number[],
    local: number,
    choices: readonly number[],
    error?: unknown,
  ): Step {
    const { kind, actor, message, timer, ended } = turn
    const delta = this.#network.turnDelta(takenBy(turn), sent)
    return { kind, actor, local, delta, message, sent, ended, timer, choices, error }
  }

  /** The number of a local state that was not reached by a turn, but made from one that was. */
  internState(actor: number, local: LocalState): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    const { storage } = local
    const again = ({ state, reminders }: Recovered) => recoveredOf(state, reminders, this.#refuse)
    this.#effects.begin(actor, 'symmetry', {
      ...local,
      storage: storage && {
        recovered: again(storage.recovered),
        unsynced: storage.unsynced.map(({ recovered, held }) => ({ recovered: again(recovered), held })),
      },
    })
    cell.state = local.state
    enterBehavior(cell, local.behavior, local.behaviorsBefore)
    return this.#internLocal(actor, local.isDown)
  }

  /** Ends the turn of an actor with a disk that syncs the record at once, or stalls: then what waits for it is never sent. */
  #commitOrStall(turn: Turn, { recovered, unsynced }: Storage): Step[] {
    const effects = this.#effects
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const next = recordOf(effects, cell, turn.timer, unsynced.at(-1)?.recovered ?? recovered, this.#refuse)
    const { sent, sentEarly } = effects
    const { asks } = effects
    const step = (storage: Storage, leaving: readonly number[]) => {
      effects.storage = storage
      // An ask that never leaves never ends.
      effects.asks = leaving === sentEarly ? asks.filter((ask) => !this.#isAmong(ask, sent)) : asks
      return this.#step(turn, leaving, this.#internLocal(turn.actor), effects.choices.taken())
    }
    const later = next === undefined ? unsynced : [...unsynced, { recovered: next, held: [] }]
    if (unsynced.length > 0) return [step({ recovered, unsynced: later }, sentEarly)]
    const synced = step({ recovered: next ?? recovered, unsynced: [] }, [...sentEarly, ...sent])
    if (next === undefined) return [synced]
    return [synced, { ...step({ recovered, unsynced: later }, sentEarly), stalls: true }]
  }

  readonly #refuse = (path: string, what: string) =>
    this.#effects.refuse(`${path} is ${what}; checkable state is plain data, Map, Set and references`)

  #internDown(actor: number, state: unknown, storage: Storage | undefined): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    this.#effects.begin(actor, 'crash', { ...nothingPending, storage })
    cell.state = state
    enterBehavior(cell, undefined, [])
    return this.#internLocal(actor, true)
  }

  /** The number of the local state that the actor's cell and the recorded timers are in now. */
  #internLocal(actor: number, isDown = false): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    const { state, behavior, behaviorsBefore } = cell
    const { timers, stashed: stash, front, storage, asks, owed } = this.#effects
    const local = { state, timers, behavior, behaviorsBefore, stash, front, storage, isDown, asks, owed }
    return (this.#locals[actor] as LocalTable).intern(local)
  }
}

function remembered<Value>(known: Map<number, Value> | undefined, key: number, make: () => Value): Value {
  const before = known?.get(key)
  if (before !== undefined) return before
  const made = make()
  known?.set(key, made)
  return made
}

/** The error of an ask that nobody answered in time. */
function timedOut(name: string): AskTimeoutError {
  return new AskTimeoutError(`no reply to ${name} within its timeout; raise timeoutMs or see why it is busy`, {
    message: name,
  })
}
