/**
 * The turn loop of a node: which cell runs next, and each turn from its start to its end. The host calls `run`, or `step`
 * where it chooses every turn itself; a cell gets a bounded batch of turns, then it stands behind the others.
 *
 * What each message goes through is private by its type alone, here and in what it uses: see "What is inlined" in
 * docs/kernel-costs.md.
 */
import type { ActorCell } from './actor-cell.ts'
import { AsynchronousTurns } from './asynchronous-turns.ts'
import type { CellTable } from './cell-table.ts'
import type { Effects } from './effects.ts'
import { type Envelope, EnvelopeKind, emptyEnvelope, messageOf, startedEnvelope, type Termination } from './envelope.ts'
import { mayInterleave, withContext } from './interleaving.ts'
import type { KernelPorts } from './kernel-ports.ts'
import type { Lifecycle } from './lifecycle.ts'
import { NodeMetrics } from './metrics/node-metrics.ts'
import type { TurnObserver } from './observers.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { Phase } from './phase.ts'
import type { Reminder } from './reminders.ts'
import { RunQueue } from './run-queue.ts'
import { runMessage, runTurn } from './run-turn.ts'
import type { Stopping } from './stopping.ts'
import type { StrayRejections } from './stray-rejections.ts'
import type { StreamTable } from './stream-table.ts'
import type { Supervisor } from './supervisor.ts'
import type { NodeTimers, RunningTimer } from './timers.ts'
import { currentTurn } from './turn-scopes.ts'

/**
 * Turns that one cell takes before the next cell in the run queue gets its own, and those that it takes when they are so
 * short that all of them fall into one millisecond: what was told in one burst is best handled while it is in the caches.
 */
const turnsPerBatch = 64
const shortTurnsPerBatch = 1_024
/** Who asks for fewer turns than this knows that they may be long. */
const watchedTurnsMin = 4

/** {@link currentTurn}, as a constant of this module: what is imported is looked up, and checked, each time that it is used. */
const scope = currentTurn

export abstract class TurnLoop {
  readonly ports: KernelPorts
  /** Turns run so far. */
  turns = 0
  /** False once the node was halted; it then does nothing. */
  alive = true
  abstract readonly lifecycle: Lifecycle
  abstract readonly supervisor: Supervisor
  abstract readonly stopping: Stopping
  abstract readonly timers: NodeTimers
  abstract readonly streams: StreamTable
  abstract readonly rejections: StrayRejections
  abstract readonly cells: CellTable
  /** True for the actors of the runtime itself, which nobody stops and nobody counts. */
  abstract isSystemActor(cell: ActorCell): boolean
  /** What carries out the effects of a cell that is not durable. */
  protected abstract readonly effects: Effects
  /** What is counted here, if the host wants to know. */
  readonly metrics: NodeMetrics | undefined
  /** True when turns are counted or watched: the one question that each turn asks otherwise. */
  readonly #observed: boolean
  /** True when nobody counts or watches turns, or carries out their effects in a way of his own. */
  readonly #endsPlainly: boolean
  /** True when a turn is nothing but that: nobody counts, watches, traces or records it. */
  private readonly isPlain: boolean
  readonly #observer: TurnObserver | undefined
  private readonly runQueue = new RunQueue()
  readonly #asynchronous = new AsynchronousTurns(this)
  /** The envelope of one plain message after the other, until one is kept. */
  private spare = emptyEnvelope()
  #awake = false
  /** True while the run queue says who is next, and not the host. */
  #chooses = false
  /** How many turns there are when the present run is over. */
  #turnsEnd = 0

  constructor(ports: KernelPorts) {
    this.ports = ports
    this.metrics = ports.metrics === undefined ? undefined : new NodeMetrics(ports.metrics)
    this.#observer = ports.turnObserver
    this.#observed = ports.metrics !== undefined || ports.turnObserver !== undefined
    const { turn, effectsOf, turnEnded } = TurnLoop.prototype
    this.#endsPlainly = !this.#observed && this.effectsOf === effectsOf && this.turnEnded === turnEnded
    this.isPlain = this.#endsPlainly && this.turn === turn
  }

  /** Cells that have something to do. */
  get runnable(): number {
    return this.runQueue.length
  }

  /** Those cells, in the order of the run queue. */
  get runnableCells(): Iterable<ActorCell> {
    return this.runQueue
  }

  /**
   * Gives turns to the cells in the run queue, `turnsMax` in all, and more only to a cell with many messages that are handled
   * in no time; true when there is more to do. `isNobodys` says that the host was called by an event of its own, so that there
   * is no scope of anybody's to leave first.
   */
  run(turnsMax: number, isNobodys = false): boolean {
    this.#turnsEnd = this.turns + turnsMax
    const { scopes } = this.ports
    // Whoever woke this node is not whose turns follow.
    return isNobodys || scopes === undefined ? this.#runQueued() : scopes.run(undefined, this.#runQueued)
  }

  readonly #runQueued = (): boolean => {
    this.metrics?.runBegins()
    scope.kernel = this
    const end = this.#turnsEnd
    this.#chooses = true
    while (this.turns < end) {
      const cell = this.runQueue.shift()
      if (cell === undefined) break
      // Turns for what waits now: what a cell causes itself to do, and what others add meanwhile, is for the next round.
      const waiting = cell.mailbox.length
      const left = end - this.turns
      if (left >= watchedTurnsMin && (waiting > left || waiting > turnsPerBatch))
        this.#runWatched(cell, Math.min(shortTurnsPerBatch, waiting), Math.min(left, turnsPerBatch))
      else this.runCell(cell, waiting === 0 ? 1 : Math.min(waiting, left))
    }
    this.#chooses = false
    return this.runEnds()
  }

  /** The present run is over; true when there is more to do. */
  protected runEnds(): boolean {
    scope.kernel = undefined
    // What was handled is nobody's any more.
    const spare = this.spare
    spare.payload = undefined
    spare.sender = undefined
    this.metrics?.runEnds()
    this.#awake = this.runQueue.length > 0
    return this.#awake
  }

  /** Gives one turn to the runnable cell that `pick` chooses among `count`; true when there is more to do. */
  step(pick: (count: number) => number): boolean {
    const count = this.runQueue.length
    if (count > 1) this.runQueue.bringToFront(pick(count))
    const cell = this.runQueue.shift()
    this.metrics?.runBegins()
    scope.kernel = this
    if (cell !== undefined) this.runCell(cell, 1)
    return this.runEnds()
  }

  /** Puts a ready cell that has something to do into the run queue. */
  schedule(cell: ActorCell): void {
    if (cell.scheduled) return
    // Awake: it is alive, and knows that there is something to do.
    if (this.#awake && cell.obstacles === 0 && cell.context !== undefined) {
      cell.scheduled = true
      this.runQueue.push(cell)
    } else this.#scheduleRarely(cell)
  }

  #scheduleRarely(cell: ActorCell): void {
    if (!this.alive || cell.durable?.isFull) return
    if (cell.phase !== Phase.ready && !mayInterleave(cell)) return
    cell.scheduled = true
    if (this.#chooses && cell.isNew) this.runQueue.pushSpawned(cell)
    else this.runQueue.push(cell)
    if (!this.#awake) {
      this.#awake = true
      this.wake()
    }
  }

  /** Has the host give turns to the cells in the run queue. */
  protected wake(): void {
    this.ports.wake()
  }

  /** Gives a batch of turns to a cell that was taken out of the run queue. */
  private runCell(cell: ActorCell, turnsMax: number): void {
    scope.slot = cell.ref.slot
    const left = this.isPlain ? this.plainTurns(cell, turnsMax) : turnsMax
    if (left > 0) this.otherTurns(cell, left)
    this.batchEnds(cell)
  }

  /**
   * {@link runCell} of more turns than were asked for, as long as all of them fall into one millisecond: the clock is read
   * after the `first`, after twice as many, and so on.
   */
  #runWatched(cell: ActorCell, turnsMax: number, first: number): void {
    scope.slot = cell.ref.slot
    const { clock } = this.ports
    const began = clock.now()
    let left = turnsMax
    let more = first
    do {
      const end = Math.max(0, left - more)
      left = end + (this.isPlain ? this.plainTurns(cell, left - end) : left - end)
      if (left > end) left = end + this.otherTurns(cell, left - end)
      more = Math.min(more * 2, turnsPerBatch)
    } while (left > 0 && clock.now() === began)
    this.batchEnds(cell)
  }

  private batchEnds(cell: ActorCell): void {
    scope.slot = -1
    if (scope.entered) this.leaveScope()
    cell.scheduled = false
    const { mailbox } = cell
    if (mailbox.length > 0 || cell.obstacles !== 0 || mailbox.waiting !== undefined) this.goesOn(cell)
  }

  /** There may be more to do for the cell. */
  private goesOn(cell: ActorCell): void {
    const { mailbox } = cell
    if (mailbox.waiting !== undefined) this.admitWaiting(cell)
    if (mailbox.length > 0 || cell.starts) this.schedule(cell)
  }

  /**
   * Gives up to `turnsMax` turns to a cell, all of plain messages, until there is none or something else is to be looked at;
   * returns how many turns are left.
   */
  private plainTurns(cell: ActorCell, turnsMax: number): number {
    const { mailbox } = cell
    for (let left = turnsMax; left > 0; left--) {
      const envelope = this.spare
      if (cell.obstacles !== 0 || !mailbox.shiftPlain(envelope)) return left
      // What nobody waits for any more need not be done.
      if (envelope.asker === undefined || !this.isGivenUp(cell, envelope)) this.plainTurn(cell, envelope)
      if (envelope.isKept || envelope.asker !== undefined) this.spareIsUsed()
    }
    return 0
  }

  /** Gives up to `turnsMax` turns to a cell, of whatever kind; returns how many are left, 0 when there is nothing for them. */
  private otherTurns(cell: ActorCell, turnsMax: number): number {
    const { mailbox } = cell
    let left = turnsMax
    for (; left > 0 && cell.phase === Phase.ready; left--) {
      if (!cell.isDirect && cell.durable?.isFull) return 0
      if (cell.starts) {
        cell.starts = false
        this.turn(cell, startedEnvelope)
        if (cell.parent?.siblings !== undefined) this.lifecycle.started(cell)
        continue
      }
      const envelope = mailbox.shift(this.spare)
      if (envelope === undefined) return 0
      if (envelope.kind === EnvelopeKind.message) {
        if (envelope.asker === undefined || !this.isGivenUp(cell, envelope)) this.turn(cell, envelope)
        if (envelope === this.spare) this.spareIsUsed()
      } else this.#special(cell, envelope)
    }
    if (mayInterleave(cell)) this.#runReentrant(cell, turnsMax)
    return cell.phase === Phase.ready ? left : 0
  }

  private spareIsUsed(): void {
    const spare = this.spare
    if (spare.isKept) this.spare = emptyEnvelope()
    else {
      spare.asker = undefined
      spare.askId = 0
    }
  }

  /** Gives turns to the re-entrant messages that wait while the turn of another message holds the actor. */
  #runReentrant(cell: ActorCell, turnsMax: number): void {
    for (let turns = 0; turns < turnsMax && mayInterleave(cell); turns++) {
      const envelope = cell.mailbox.shiftReentrant() as Envelope
      if (envelope.asker !== undefined && this.isGivenUp(cell, envelope)) continue
      withContext(cell, undefined, () => this.turn(cell, envelope))
    }
  }

  private leaveScope(): void {
    scope.entered = false
    this.ports.scopes?.leave()
  }

  #special(cell: ActorCell, envelope: Envelope): void {
    switch (envelope.kind) {
      case EnvelopeKind.stop:
        this.stopping.stop(cell, 'stopped')
        break
      case EnvelopeKind.attend:
        this.supervisor.attend(cell)
        break
      case EnvelopeKind.timer: {
        if (!this.timers.due(cell, envelope.payload as RunningTimer, this.spare)) break
        this.turn(cell, this.spare)
        this.spareIsUsed()
        if (cell.phase !== Phase.busy) this.timers.handled(cell)
        break
      }
      case EnvelopeKind.answer:
        this.turn(cell, messageOf(envelope))
        break
      case EnvelopeKind.pull:
        if (!(envelope.payload as OutgoingStream).closed) this.turn(cell, envelope)
        break
      case EnvelopeKind.reminder: {
        const message = cell.durable?.reminders.due(envelope.payload as Reminder)
        if (message !== undefined) this.turn(cell, message)
        break
      }
      case EnvelopeKind.terminated: {
        const { key, ref } = envelope.payload as Termination
        if (cell.watching?.get(key) !== ref) break
        cell.watching.delete(key)
        this.turn(cell, envelope)
        break
      }
      default:
        throw new Error(`an envelope of kind ${envelope.kind} in the mailbox of ${cell.path()}`)
    }
  }

  /** Lets in those who wait for room in the mailbox of `cell`. */
  protected abstract admitWaiting(cell: ActorCell): void

  /** True when nobody waits for the reply to an ask that was in the mailbox. */
  protected abstract isGivenUp(cell: ActorCell, ask: Envelope): boolean

  /** What carries out the effects of the turn of `cell` that begins now; {@link turnEnded} follows. */
  effectsOf(cell: ActorCell, _envelope: Envelope): Effects {
    return cell.durable ?? this.effects
  }

  /** A turn of `cell` is over, and nothing was done about it yet; `thrown` is what it threw. */
  turnEnded(_cell: ActorCell, _thrown?: { readonly error: unknown }): void {}

  /** A cell takes turns from now on: it begins, begins anew or goes on after a failure. */
  cellReady(_cell: ActorCell): void {}

  /** A cell is no more. */
  cellGone(_cell: ActorCell): void {}

  /** Runs one turn to its end or to its first await; a host that traces overrides it. */
  protected turn(cell: ActorCell, envelope: Envelope): void {
    if (this.#endsPlainly && cell.isDirect && envelope.kind === EnvelopeKind.message) {
      this.plainTurn(cell, envelope)
      return
    }
    this.turns++
    if (!this.#observed) {
      this.#turn(cell, envelope)
      return
    }
    this.tellTurnBegins(cell, envelope)
    this.#turn(cell, envelope)
    this.tellTurnEnds(cell, cell.current === envelope || cell.interleaved?.has(envelope) === true)
  }

  /** Tells those who count and watch turns that one begins. */
  protected tellTurnBegins(cell: ActorCell, envelope: Envelope): void {
    if (this.metrics !== undefined) cell.turnBeganNs = this.metrics.turnBegins(cell)
    this.#observer?.turnBegins(cell, envelope)
  }

  /** Tells them that it is over, or has come to its first `await`. */
  protected tellTurnEnds(cell: ActorCell, goesOn: boolean): void {
    this.#observer?.turnEnds()
    if (!goesOn) this.metrics?.turnEnds(cell, cell.turnBeganNs)
  }

  #turn(cell: ActorCell, envelope: Envelope): void {
    const { durable } = cell
    const effects = this.effectsOf(cell, envelope)
    let promise: PromiseLike<unknown> | undefined
    try {
      promise = runTurn(cell.definition, cell, envelope, effects)
      if (promise === undefined) {
        durable?.commit(envelope)
        this.turnEnded(cell)
      }
    } catch (error) {
      this.turnFailed(cell, envelope, error)
      return
    }
    if (promise !== undefined) this.#asynchronous.begin(cell, envelope, effects, promise)
    else if (cell.stopReason !== undefined) this.stopping.stop(cell, cell.stopReason)
  }

  /** {@link turn} of a message, when nobody looks on and its effects are carried out at once. */
  private plainTurn(cell: ActorCell, envelope: Envelope): void {
    this.turns++
    let promise: PromiseLike<unknown> | undefined
    try {
      promise = runMessage(cell, envelope, this.effects)
    } catch (error) {
      this.turnFailed(cell, envelope, error)
      return
    }
    if (promise !== undefined || cell.obstacles !== 0) this.plainTurnEnds(cell, envelope, promise)
  }

  private plainTurnEnds(cell: ActorCell, envelope: Envelope, promise: PromiseLike<unknown> | undefined): void {
    if (promise !== undefined) this.#asynchronous.begin(cell, envelope, this.effects, promise)
    else if (cell.stopReason !== undefined) this.stopping.stop(cell, cell.stopReason)
  }

  private turnFailed(cell: ActorCell, envelope: Envelope, error: unknown): void {
    cell.context?.end()
    envelope.keep()
    this.turnEnded(cell, { error })
    // A node that was ended in the middle of the turn has nobody to tell.
    if (this.alive) this.supervisor.fail(cell, envelope, error)
  }
}
