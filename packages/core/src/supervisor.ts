/**
 * Supervision carried out, as in Erlang/OTP and Akka: a failed turn goes to the parent's policy for that child, which
 * resumes, restarts or stops it, alone or with its siblings; a budget of restarts within a window, then the failure
 * escalates.
 */
import type { ActorCell } from './actor-cell.ts'
import { attendEnvelope, type Envelope, EnvelopeKind } from './envelope.ts'
import { toError } from './errors.ts'
import { explainFrozen } from './frozen-hint.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { Phase } from './phase.ts'
import { type MemberLife, SiblingGroup, treatedWith } from './sibling-group.ts'
import { forgetStashing } from './stash.ts'
import { whenSynced } from './stopping.ts'
import { type Directive, directiveFor } from './supervision.ts'

/** A failed turn. */
interface Failure {
  /** The name of its message. */
  readonly message: string
  readonly error: Error
  /** True when it persisted events, which are applied to the state and will never be in the journal. */
  readonly spoiled: boolean
  /** True when it was the first of its generation: nothing of the mailbox was handled. */
  readonly first: boolean
}

/** The largest part of a backoff that jitter adds. */
const jitterMax = 0.2

export class Supervisor {
  readonly #kernel: NodeKernel
  readonly #memberLife: MemberLife

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
    this.#memberLife = {
      takeDown: (cell) => this.#takeDown(cell),
      end: (cell) => kernel.stopping.stop(cell, 'stopped'),
      bringBack: (cell) => {
        cell.descent = undefined
        kernel.lifecycle.renew(cell)
      },
      clock: kernel.ports.clock,
    }
  }

  /** A turn of `cell` threw: the asker hears of it, and supervision decides what becomes of the cell. */
  fail(cell: ActorCell, envelope: Envelope, thrown: unknown): void {
    const error = toError(thrown)
    if (this.#kernel.messages !== 'shared') explainFrozen(error, () => cell.path(), envelope.name)
    const spoiled = this.undoTurn(cell, envelope)
    if (cell.stashing === envelope) forgetStashing(cell)
    if (envelope.kind === EnvelopeKind.pull) this.#kernel.streams.close(envelope.payload as OutgoingStream)
    cell.phase = Phase.suspended
    whenSynced(cell, () => {
      const { replyTo } = envelope
      if (replyTo !== undefined) {
        this.#kernel.duties.release(replyTo)
        this.#kernel.sendError(replyTo, error)
      }
      this.#supervise(cell, { message: envelope.name, error, spoiled, first: envelope.kind === EnvelopeKind.started })
    })
  }

  /** A snapshot of `cell`'s state could not be stored: its history stays, and it goes on. */
  snapshotFailed(cell: ActorCell, thrown: unknown): void {
    const { events } = this.#kernel.ports
    events.emit('failure', {
      ...{ actor: cell.path(), ref: cell.ref, message: 'snapshot' },
      ...{ error: toError(thrown), directive: 'resume' },
    })
  }

  /** What a failed turn would have let out is gone. True when the state has events that will never be in the journal. */
  undoTurn(cell: ActorCell, envelope?: Envelope): boolean {
    const persisted = cell.durable?.abandonTurn(envelope) ?? false
    cell.rollback?.undo()
    return persisted && cell.rollback === undefined
  }

  /** A child's failure was escalated to `cell`: the turn that it may be in fails with it. */
  #failWithChild(cell: ActorCell, failure: Failure): void {
    const replyTo = cell.asker(cell.current)
    if (cell.current?.kind === EnvelopeKind.pull) this.#kernel.streams.close(cell.current.payload as OutgoingStream)
    if (cell.current !== undefined) this.#kernel.streams.turnEnded(cell, cell.current)
    this.#kernel.stopping.cutShort(cell)
    this.#kernel.rejections.generationEnded(cell)
    cell.current = undefined
    forgetStashing(cell)
    cell.generation++
    cell.context = undefined
    const spoiled = this.undoTurn(cell)
    cell.phase = Phase.suspended
    whenSynced(cell, () => {
      if (replyTo !== undefined) this.#kernel.sendError(replyTo, failure.error)
      this.#supervise(cell, { ...failure, spoiled, first: false })
    })
  }

  #directive(cell: ActorCell, { error, spoiled, first }: Failure): Directive {
    const onFailure = directiveFor(cell.supervision.onFailure, error)
    // A state with events that were never appended cannot go on: the journal has another.
    const wanted = onFailure === 'resume' && spoiled ? 'restart' : onFailure
    const directive = wanted === 'restart' && !this.#withinBudget(cell) ? 'escalate' : wanted
    // A stop in the mailbox of an actor that never gets as far as its mailbox would wait for ever.
    if (first && cell.stopRequested) cell.stopReason ??= 'stopped'
    if (cell.stopReason === 'killed') return 'stop'
    return cell.stopReason !== undefined && directive !== 'escalate' ? 'stop' : directive
  }

  #supervise(cell: ActorCell, failure: Failure): void {
    const { events } = this.#kernel.ports
    const { message, error } = failure
    const directive = this.#directive(cell, failure)
    this.#kernel.metrics?.failed(cell)
    events.emit('failure', { actor: cell.path(), ref: cell.ref, message, error, directive })
    switch (directive) {
      case 'resume':
        // A turn of another message may hold it still.
        cell.phase = cell.current === undefined ? Phase.ready : Phase.busy
        this.#kernel.cellReady(cell)
        this.#kernel.schedule(cell)
        this.#kernel.lifecycle.started(cell)
        break
      case 'stop':
        // One that was told to end before it failed ends alone.
        if (cell.stopReason !== undefined) this.#kernel.stopping.stop(cell, cell.stopReason)
        else this.#endWithSiblings(cell)
        break
      case 'restart':
        this.#restart(cell)
        break
      case 'escalate': {
        const { parent } = cell
        // A parent that is failing or stopping already takes its children with it; it does not fail twice.
        const parentRuns = parent?.phase === Phase.ready || parent?.phase === Phase.busy
        this.#endWithSiblings(cell)
        if (parent === undefined || parent === this.#kernel.guardian) {
          events.emit('escalated', { actor: cell.path(), ref: cell.ref, error })
        } else if (parentRuns) this.#failWithChild(parent, failure)
        break
      }
    }
  }

  /** The cell ends as failed, and with it the siblings that its strategy treats. */
  #endWithSiblings(cell: ActorCell): void {
    const { parent } = cell
    const siblings = parent === undefined ? [] : treatedWith(cell, parent, cell.supervision.strategy)
    this.#kernel.stopping.stop(cell, 'failed')
    if (parent !== undefined && siblings.length > 0) this.#groupOf(parent).end(siblings)
  }

  #groupOf(parent: ActorCell): SiblingGroup {
    parent.siblings ??= new SiblingGroup(parent, this.#memberLife)
    return parent.siblings
  }

  #withinBudget(cell: ActorCell): boolean {
    const { maxRestarts, withinMs } = cell.supervision
    const now = this.#kernel.now()
    const recent = (cell.restartTimes ?? []).filter((time) => now - time < withinMs)
    cell.restartTimes = recent
    if (recent.length >= maxRestarts) return false
    recent.push(now)
    return true
  }

  #restart(cell: ActorCell): void {
    this.#kernel.stopping.cutShort(cell)
    this.#kernel.stopping.endHeldTurn(cell)
    const { parent, supervision } = cell
    if (parent !== undefined && supervision.strategy !== 'one-for-one') {
      this.#groupOf(parent).join(cell, supervision.strategy)
    }
    this.#kernel.stopping.endGeneration(cell)
    cell.restarting = true
    if (this.#kernel.stopping.stopChildren(cell)) this.restartNow(cell)
    parent?.siblings?.advance()
  }

  /** Its children are gone: a failed cell is renewed, after its backoff. */
  restartNow(cell: ActorCell): void {
    cell.restarting = false
    if (cell.group !== undefined) {
      this.isDown(cell, this.#backoffMs(cell))
      return
    }
    const delayMs = this.#backoffMs(cell)
    if (delayMs === 0) {
      this.#kernel.lifecycle.renew(cell)
      return
    }
    cell.restartTask = this.#kernel.ports.clock.schedule(delayMs, () => {
      cell.restartTask = undefined
      if (this.#kernel.alive) this.#kernel.lifecycle.renew(cell)
    })
  }

  /** How long the next restart waits: doubled by each restart within the window, so a quiet window begins anew. */
  #backoffMs(cell: ActorCell): number {
    const { backoff } = cell.supervision
    if (backoff === undefined) return 0
    const doublings = Math.min(30, (cell.restartTimes?.length ?? 1) - 1)
    const delayMs = Math.min(backoff.maxMs, backoff.minMs * 2 ** doublings)
    return delayMs + delayMs * jitterMax * this.#kernel.ports.random.stream('supervision').float()
  }

  // What a group of siblings does with its members.

  #takeDown(cell: ActorCell): void {
    // Where a turn, a recovery or a stop of children is under way, its end comes back here.
    if (cell.descent !== undefined || cell.restarting) return
    if (cell.restartTask !== undefined) {
      cell.restartTask.cancel()
      cell.restartTask = undefined
      this.isDown(cell)
    } else if (cell.phase === Phase.ready) this.attendSoon(cell)
  }

  /** Has a ready cell look, before its next turn, at what was decided about it. It may be in a turn now. */
  attendSoon(cell: ActorCell): void {
    if (cell.mailbox.peek() !== attendEnvelope) cell.mailbox.unshift(attendEnvelope)
    this.#kernel.schedule(cell)
  }

  /** Does what was decided about a cell: it stops, goes down with its siblings, or fails by what it left unawaited. */
  attend(cell: ActorCell): void {
    if (cell.stopReason !== undefined) this.#kernel.stopping.stop(cell, cell.stopReason)
    else if (cell.group?.wantsDown(cell)) this.#descend(cell)
    else this.#kernel.rejections.attend(cell)
  }

  /** Ends the generation of a cell between two turns: its children first, then `stopped`. */
  #descend(cell: ActorCell): void {
    cell.phase = Phase.suspended
    cell.descent = 'children'
    this.#kernel.stopping.cancelTimers(cell)
    if (this.#kernel.stopping.stopChildren(cell)) this.#kernel.stopping.lastTurn(cell)
  }

  /** A cell that was taken down waits for its group; after `delayMs` it may come back. */
  isDown(cell: ActorCell, delayMs = 0): void {
    // The generation of one that failed has ended by that.
    if (cell.phase !== Phase.suspended || cell.descent === 'last turn') {
      this.#kernel.stopping.cutShort(cell)
      this.#kernel.stopping.endGeneration(cell)
      cell.starts = false
    }
    cell.phase = Phase.suspended
    cell.descent = cell.descent === 'last turn' ? 'down' : undefined
    cell.group?.isDown(cell, delayMs)
  }
}
