/**
 * Runs turns of single actors: a turn begins in a local state and ends in one, and what it sent and did is noted. Each
 * sequence of random outcomes is a run, and a turn that writes to a disk may end in several ways.
 */
import { type ActorCell, cloneValue, directiveFor, enterBehavior, runTurn, toError } from '@troupe/core/host'
import type { CheckedSystem, SystemActor } from './checked-system.ts'
import { EndedAsks } from './ended-asks.ts'
import { type Kin, type LocalState, LocalTable, noKin } from './local-table.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { NumberLog } from './number-log.ts'
import type { Pending } from './pending.ts'
import { RecordedEffects } from './recorded-effects.ts'
import type { RunOptions, TurnTables } from './run-options.ts'
import { type LifeStep, type Step, type Turn, takenBy } from './step.ts'
import { type Recovered, recoveredOf, type Storage } from './storage.ts'
import { type SuspendedTurn, UnfinishedTurn } from './suspended-turn.ts'
import { commit, recordOf } from './turn-record.ts'
import { changeable, changed, isDraft } from './turn-state.ts'

export const nothingPending: Pending = {
  timers: new Map(),
  stash: [],
  front: [],
  storage: undefined,
  asks: [],
  owed: [],
  kin: noKin,
}

/** A turn that threw has this as its error when what it threw is nothing. */
const threwNothing = new Error('the handler threw undefined')

/** What every local state has that no turn has led to. */
const fresh = { behavior: undefined, behaviorsBefore: [], isDown: false, isGone: false, suspended: undefined }

export class TurnRunner {
  readonly effects: RecordedEffects
  /** What is left of asks that are over. */
  readonly endedAsks: EndedAsks
  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #network: NetworkTable
  readonly #isDurable: readonly boolean[]
  readonly #stalls: boolean
  readonly #drafts: boolean
  readonly #locals: LocalTable[] = []
  readonly #supervises: boolean
  readonly #awaits: boolean
  /** The steps of turns that did not end at once, once they were run. */
  readonly #finished = new Map<string, readonly Step[]>()
  readonly #log: NumberLog | undefined

  /** `crashes`: actors with a durable id have a disk, which a crash leaves them. `stalls`: it syncs at once, or not at all. */
  constructor(
    system: CheckedSystem,
    { messages, asks, network }: TurnTables,
    { crashes, stalls, drafts, reduces, lives, supervises, awaits }: RunOptions,
    log?: NumberLog,
  ) {
    this.#system = system
    this.#messages = messages
    this.#network = network
    this.endedAsks = new EndedAsks(messages, network, this)
    this.#isDurable = system.actors.map(({ durableId }) => crashes && durableId !== undefined)
    this.#stalls = stalls
    this.#drafts = drafts
    this.effects = new RecordedEffects(system, messages, asks, {
      mayPersist: this.#isDurable.map((isDurable) => isDurable || !crashes),
      mayAsk: !reduces,
      mayAwait: awaits,
      mayEnd: lives,
    })
    this.#log = log
    this.#awaits = awaits
    this.#supervises = supervises && lives
    for (const actor of system.actors.keys()) this.#table(actor)
  }

  local(actor: number, local: number): LocalState {
    return this.#table(actor).get(local)
  }

  /** Local state 0 of every actor is that it is gone. */
  #table(actor: number): LocalTable {
    const known = this.#locals[actor]
    if (known !== undefined) return known
    const table = new LocalTable(this.refuse, this.#log)
    this.#locals[actor] = table
    table.intern({ ...fresh, ...nothingPending, state: undefined, isGone: true })
    return table
  }

  /** The number of a local state of `actor` with another family. */
  withKin(actor: number, local: number, change: (kin: Kin) => Kin): number {
    const before = this.local(actor, local)
    return this.#table(actor).intern({ ...before, kin: change(before.kin) })
  }

  /** The local state of `actor` before its first turn. */
  beginning(actor: number): number {
    const { initial } = this.#system.actors[actor] as SystemActor
    const storage = this.#isDurable[actor]
      ? { recovered: recoveredOf(initial, new Map(), this.refuse), unsynced: [] }
      : undefined
    return this.internFresh(actor, 'init', initial, { ...nothingPending, storage })
  }

  /** Runs a turn once for each sequence of random outcomes. */
  outcomes(turn: Turn): readonly Step[] {
    if (this.#awaits) {
      const finished = this.#finished.get(turnKey(turn))
      if (finished !== undefined) return finished
      if (turn.answer !== undefined) throw new UnfinishedTurn(turn)
    }
    const { choices } = this.effects
    const steps: Step[] = []
    choices.reset()
    do steps.push(...this.#run(turn))
    while (choices.advance())
    return steps
  }

  /** `textLength`: see {@link changeable}; 0 has the turn run on a copy. */
  #run(turn: Turn, textLength = this.#drafts ? this.#textLength(turn) : 0): Step[] {
    const effects = this.effects
    const { cell, state } = this.begin(turn, turn.envelope.name, textLength)
    let promise: PromiseLike<unknown> | undefined
    let error: unknown
    try {
      promise = runTurn(cell.definition, cell, turn.envelope, effects)
      if (promise === undefined) cell.state = changed(cell.state)
    } catch (thrown) {
      error = thrown ?? threwNothing
    }
    if (promise !== undefined) {
      this.leave(cell)
      promise.then(undefined, () => {})
      if (this.#awaits) throw new UnfinishedTurn(turn)
      effects.refuse('its turn is asynchronous; make it synchronous: tell, let the answer be a message; or checkAsync')
    }
    if (effects.awaited.size > 0) effects.refuse('asks and does not await the reply; tell, or ask by ctx.askThen')
    if ((effects.refusal ?? error) !== undefined && isDraft(state)) {
      // It counts what it does on a plain object, as elsewhere.
      effects.choices.again()
      return this.#run(turn, 0)
    }
    if (effects.refusal !== undefined) throw effects.refusal
    return this.end(turn, error)
  }

  /** Sets the effects and the cell up for a turn of its actor from the local state in which it begins. */
  begin(
    turn: Pick<Turn, 'kind' | 'actor' | 'local' | 'timer' | 'ended'>,
    name: string,
    textLength = 0,
  ): { readonly cell: ActorCell; readonly state: unknown } {
    const { effects } = this
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const before = this.local(turn.actor, this.begun(turn))
    effects.begin(turn.actor, name, before)
    if (turn.timer !== undefined && !before.timers.get(turn.timer)?.repeats) effects.timers.delete(turn.timer)
    if (turn.kind === 'unstashed') effects.front.shift()
    const state = changeable(before.state, textLength)
    cell.state = state
    cell.stashing = undefined
    enterBehavior(cell, before.behavior, before.behaviorsBefore)
    return { cell, state }
  }

  /** Nothing that goes on with the turn under way finds its context open again. */
  leave(cell: ActorCell): void {
    cell.context?.end()
    cell.context = undefined
  }

  /** Notes what the steps of a turn are that was run apart. */
  finish(turn: Turn, steps: readonly Step[]): void {
    this.#finished.set(turnKey(turn), steps)
  }

  /** The step of a turn that has come to where it awaits an ask. */
  suspend(turn: Turn, suspended: SuspendedTurn): Step {
    return this.#done(turn, undefined, undefined, suspended)
  }

  /** The steps of a turn that was run to its end; `error`: what it threw. */
  end(turn: Turn, error: unknown): Step[] {
    const { effects } = this
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    if (error !== undefined) return [this.#failed(turn, error)]
    const { storage } = effects
    if (storage !== undefined && this.#stalls) return this.#commitOrStall(turn, storage)
    if (storage !== undefined) commit(effects, cell, turn.timer, storage, this.refuse)
    return [this.#done(turn, effects.stopsSelf ? 'stop' : undefined)]
  }

  /** The step of a turn whose effects stand. */
  #done(turn: Turn, end: LifeStep['end'], failure?: string, suspended?: SuspendedTurn): Step {
    const { sent, spawned, choices } = this.effects
    const began = turn.answer === undefined ? turn : this.local(turn.actor, turn.local).suspended
    const isStart = began?.kind === 'started' && this.effects.kin.isStarting
    const hasStarted = isStart && end !== 'restart' && suspended === undefined
    if (hasStarted) this.effects.kin = { ...this.effects.kin, isStarting: false }
    const local = this.#internLocal(turn.actor, false, suspended)
    const step = this.step(turn, sent, local, choices.taken())
    if (spawned.length === 0 && end === undefined && failure === undefined) return step
    const children = spawned.map(({ actor, args, state }) => [actor, this.#internChild(actor, args, state)] as const)
    return { ...step, life: { spawned: children, end, failure } }
  }

  #internChild(actor: number, args: unknown, state: unknown): number {
    const { definition } = (this.#system.actors[actor] as SystemActor).cell
    const kin = { ...noKin, args, isStarting: definition.started !== undefined }
    return this.#table(actor).intern({ ...fresh, ...nothingPending, state, kin })
  }

  /** A turn that threw: the step that its supervision makes of it, where it has one, or else one with an error. */
  #failed(turn: Turn, thrown: unknown): Step {
    const { effects } = this
    const { cell, isSupervised, durableId, label } = this.#system.actors[turn.actor] as SystemActor
    const fails = () => this.step(turn, [], turn.local, effects.choices.taken(), thrown)
    // A failure of the last turn is reported, and the actor ends as it would have.
    if (turn.kind === 'stopped') return this.#done(turn, undefined)
    if (!this.#supervises || !isSupervised || durableId !== undefined) return fails()
    const error = toError(thrown)
    const { supervision } = cell
    if (supervision.strategy !== 'one-for-one') {
      throw effects.refuse(`fails, and is supervised ${supervision.strategy}; the checker does one-for-one`)
    }
    const wanted = directiveFor(supervision.onFailure, error)
    const isLast = wanted === 'restart' && effects.choices.isLastRestart(effects.kin.restarts, supervision.maxRestarts)
    const directive = effects.stopsSelf ? 'stop' : isLast ? 'escalate' : wanted
    if (directive === 'escalate' && (this.#system.actors[turn.actor] as SystemActor).parent >= 0) {
      throw effects.refuse('fails and escalates to its parent; the checker does restart, resume and stop of a child')
    }
    const { replyTo } = turn.envelope
    if (effects.stashedNow) effects.stashed.pop()
    if (replyTo !== undefined) effects.replyError(cell, replyTo, error)
    const failure = `${error.name}: ${error.message}; ${label}: ${directive}`
    if (directive === 'resume') {
      if (supervision.rollback) this.#rollBack(turn)
      return this.#done(turn, undefined, failure)
    }
    return directive === 'restart' ? this.#restarted(turn, failure) : this.#done(turn, 'stop', failure)
  }

  #rollBack(turn: Turn): void {
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const { suspended } = this.local(turn.actor, turn.local)
    const before = this.local(turn.actor, suspended?.local ?? this.begun(turn))
    cell.state = before.state
    enterBehavior(cell, before.behavior, before.behaviorsBefore)
  }

  /** The next generation of an actor: from `init`, with its children still to be ended, and without its asks. */
  #restarted(turn: Turn, failure: string): Step {
    const { effects } = this
    const { cell, parent } = this.#system.actors[turn.actor] as SystemActor
    const { definition, supervision } = cell
    const { kin, asks } = effects
    try {
      cell.state = definition.init(cloneValue(parent < 0 ? cell.args : kin.args))
    } catch (thrown) {
      return this.step(turn, [], turn.local, effects.choices.taken(), thrown ?? threwNothing)
    }
    enterBehavior(cell, undefined, [])
    effects.timers = new Map()
    effects.front = [...effects.stashed, ...effects.front]
    effects.stashed = []
    effects.asks = []
    effects.sent = effects.sent.map((message) => this.endedAsks.messageWithout(message, asks))
    const restarts = Math.min(kin.restarts + 1, supervision.maxRestarts)
    effects.kin = { ...kin, isStarting: definition.started !== undefined, restarts }
    return this.#done({ ...turn, ended: [...turn.ended, ...asks] }, 'restart', failure)
  }

  /** The local state that a turn begins in: without what is left of the asks that it ends. */
  begun({ actor, local, ended }: Pick<Turn, 'actor' | 'local' | 'ended'>): number {
    return ended.reduce((at, ask) => this.endedAsks.local(actor, at, ask, false), local)
  }

  #textLength({ actor, local }: Turn): number {
    return this.#table(actor).textLength(local)
  }

  step(
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
    if (local.isGone) return 0
    const { cell } = this.#system.actors[actor] as SystemActor
    const { storage } = local
    const again = ({ state, reminders }: Recovered) => recoveredOf(state, reminders, this.refuse)
    this.effects.begin(actor, 'symmetry', {
      ...local,
      storage: storage && {
        recovered: again(storage.recovered),
        unsynced: storage.unsynced.map(({ recovered, held }) => ({ recovered: again(recovered), held })),
      },
    })
    cell.state = local.state
    enterBehavior(cell, local.behavior, local.behaviorsBefore)
    return this.#internLocal(actor, local.isDown, local.suspended)
  }

  /** Ends the turn of an actor with a disk that syncs the record at once, or stalls: then what waits for it is never sent. */
  #commitOrStall(turn: Turn, { recovered, unsynced }: Storage): Step[] {
    const effects = this.effects
    const { cell } = this.#system.actors[turn.actor] as SystemActor
    const next = recordOf(effects, cell, turn.timer, unsynced.at(-1)?.recovered ?? recovered, this.refuse)
    const { sent, sentEarly } = effects
    const { asks } = effects
    const step = (storage: Storage, leaving: readonly number[]) => {
      effects.storage = storage
      // An ask that never leaves never ends.
      effects.asks = leaving === sentEarly ? asks.filter((ask) => !this.isAmong(ask, sent)) : asks
      return this.step(turn, leaving, this.#internLocal(turn.actor), effects.choices.taken())
    }
    const later = next === undefined ? unsynced : [...unsynced, { recovered: next, held: [] }]
    if (unsynced.length > 0) return [step({ recovered, unsynced: later }, sentEarly)]
    const synced = step({ recovered: next ?? recovered, unsynced: [] }, [...sentEarly, ...sent])
    if (next === undefined) return [synced]
    return [synced, { ...step({ recovered, unsynced: later }, sentEarly), stalls: true }]
  }

  readonly refuse = (path: string, what: string) =>
    this.effects.refuse(`${path} is ${what}; checkable state is plain data, Map, Set and references`)

  /** The number of the local state in which a generation of `actor` begins, or is down. `why`: for errors. */
  internFresh(actor: number, why: string, state: unknown, pending: Pending, isDown = false): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    this.effects.begin(actor, why, pending)
    cell.state = state
    enterBehavior(cell, undefined, [])
    return this.#internLocal(actor, isDown)
  }

  /** The number of the local state that the actor's cell and the recorded timers are in now. */
  #internLocal(actor: number, isDown = false, suspended?: SuspendedTurn): number {
    const { cell } = this.#system.actors[actor] as SystemActor
    const { state, behavior, behaviorsBefore } = cell
    const { timers, stashed: stash, front, storage, asks, owed, kin } = this.effects
    const local = {
      state,
      timers,
      behavior,
      behaviorsBefore,
      stash,
      front,
      storage,
      isDown,
      isGone: false,
      asks,
      owed,
      kin,
      suspended,
    }
    return this.#table(actor).intern(local)
  }
  /** Whether `ask` is one of `messages`. */
  isAmong(ask: number, messages: readonly number[]): boolean {
    return messages.some((id) => {
      const message = this.#messages.get(id)
      return message.kind === 'ask' && message.ask === ask
    })
  }
}

function turnKey({ kind, actor, local, message, timer, ended }: Turn): string {
  return JSON.stringify([kind, actor, local, message, timer, ended])
}
