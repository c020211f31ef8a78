/**
 * How cells end: children stop before their parent, one after the other, then comes the actor's own last turn, then it is
 * gone and those who watch it are told. A kill leaves out the turns.
 */
import type { ActorCell } from './actor-cell.ts'
import type { TerminationReason } from './actor-definition.ts'
import { type Ref, refKey } from './actor-ref.ts'
import type { DeathWatch } from './death-watch.ts'
import { stoppedEnvelope } from './envelope.ts'
import { ActorStoppedError, LinkedActorError, toError } from './errors.ts'
import { interleavedOf } from './interleaving.ts'
import type { Links } from './links.ts'
import type { NodeKernel } from './node-kernel.ts'
import { Phase } from './phase.ts'
import { forgetStashing, unstashAll } from './stash.ts'
import { asOwner } from './turn-scopes.ts'

export class Stopping {
  readonly #kernel: NodeKernel
  readonly #deathWatch: DeathWatch
  readonly #links: Links

  constructor(kernel: NodeKernel, deathWatch: DeathWatch, links: Links) {
    this.#kernel = kernel
    this.#deathWatch = deathWatch
    this.#links = links
  }

  /** Stops a cell: after its turn, its children first, then its own last turn. */
  stop(cell: ActorCell, reason: TerminationReason): void {
    if (cell.phase === Phase.stopping || cell.phase === Phase.stopped) return
    if (reason === 'killed') {
      this.kill(cell)
      return
    }
    if (cell.phase === Phase.busy || cell.phase === Phase.starting) {
      cell.stopReason ??= reason
      return
    }
    if (cell.phase === Phase.ready && interleavedOf(cell) > 0) {
      // Nothing new begins; the last of those under way comes back here.
      cell.stopReason ??= reason
      cell.phase = Phase.busy
      return
    }
    cell.stopReason = reason
    cell.phase = Phase.stopping
    if (cell.isPlain && !this.#hasChildren(cell) && cell.definition.stopped === undefined) {
      // Nothing has to end before it.
      this.remove(cell, reason)
      return
    }
    cell.restarting = false
    cell.restartTask?.cancel()
    this.cancelTimers(cell)
    switch (cell.descent) {
      case 'down':
        this.#removeWhenSynced(cell)
        break
      case 'last turn':
        break
      default:
        if (this.stopChildren(cell)) this.lastTurn(cell)
    }
  }

  /**
   * Stops a cell at once: a running turn's continuation has no effect, and `stopped` does not run. In the synchronous
   * part of its own turn, which nothing can interrupt, right after that.
   */
  kill(cell: ActorCell): void {
    if (cell.phase === Phase.stopped) return
    if (cell.phase === Phase.ready && cell.context?.isOpen) {
      cell.stopReason = 'killed'
      return
    }
    this.cutShort(cell)
    cell.generation++
    cell.phase = Phase.stopping
    cell.stopReason = 'killed'
    cell.restarting = false
    cell.restartTask?.cancel()
    this.cancelTimers(cell)
    cell.durable?.abandonTurn()
    cell.siblings?.dissolve()
    for (const child of [...(cell.children ?? [])].reverse()) this.kill(child)
    if (!this.#hasChildren(cell)) this.#removeWhenSynced(cell)
  }

  /** An actor that `cell` is linked to ended: `cell` stops as failed, after the turn that it is in. */
  endWithLinked(cell: ActorCell, ref: Ref, reason: TerminationReason): void {
    if (cell.phase >= Phase.stopping || cell.stopReason !== undefined) return
    const actor = cell.path()
    const linked = refKey(ref)
    const error = new LinkedActorError(`${actor} is linked to ${linked}, which ended: ${reason}`, {
      actor,
      linked,
      reason,
    })
    this.#kernel.ports.events.emit('failure', { actor, ref: cell.ref, message: 'link', error, directive: 'stop' })
    if (cell.phase === Phase.suspended) {
      this.stop(cell, 'failed')
      return
    }
    cell.stopReason = 'failed'
    if (cell.phase === Phase.ready) this.#kernel.supervisor.attendSoon(cell)
  }

  #removeWhenSynced(cell: ActorCell): void {
    whenSynced(cell, () => this.remove(cell, cell.stopReason ?? 'stopped'))
  }

  /**
   * Stops the children of a cell one after the other, the last spawned first, as Erlang/OTP does. True when none is
   * left; otherwise {@link #childGone} goes on from here. A loop, so that the stack stays flat.
   */
  stopChildren(cell: ActorCell): boolean {
    if (cell.stoppingChild) return false
    cell.siblings?.dissolve()
    for (;;) {
      // One of the children may have killed it.
      if (cell.phase === Phase.stopped || cell.stopReason === 'killed') return false
      cell.childrenToStop ??= [...(cell.children ?? [])]
      const child = cell.childrenToStop.at(-1)
      if (child === undefined) {
        cell.childrenToStop = undefined
        if (!this.#hasChildren(cell)) return true
        continue
      }
      cell.stoppingChild = true
      this.stop(child, 'stopped')
      cell.stoppingChild = false
      if (child.phase !== Phase.stopped) return false
      cell.childrenToStop.pop()
    }
  }

  #hasChildren(cell: ActorCell): boolean {
    return cell.children !== undefined && cell.children.size > 0
  }

  #childGone(parent: ActorCell, child: ActorCell): void {
    parent.siblings?.isGone(child)
    if (parent.phase === Phase.stopping && parent.stopReason === 'killed') {
      if (!this.#hasChildren(parent)) this.#removeWhenSynced(parent)
    } else if (parent.phase === Phase.stopping) {
      if (parent.descent !== 'last turn' && this.stopChildren(parent)) this.lastTurn(parent)
    } else if (parent.restarting) {
      if (this.stopChildren(parent)) this.#kernel.supervisor.restartNow(parent)
    } else if (parent.descent === 'children' && this.stopChildren(parent)) this.lastTurn(parent)
  }

  /** The turn of `stopped`, after which the cell is gone, or down with its siblings. */
  lastTurn(cell: ActorCell): void {
    const { definition, generation, durable } = cell
    cell.descent = 'last turn'
    const end = () => {
      if (cell.generation !== generation) return
      whenSynced(cell, () => {
        if (cell.generation !== generation) return
        if (cell.phase === Phase.stopping) this.remove(cell, cell.stopReason ?? 'stopped')
        else this.#kernel.supervisor.isDown(cell)
      })
    }
    const failed = (thrown: unknown) => {
      if (cell.generation !== generation) return
      cell.context?.end()
      this.#kernel.turnEnded(cell, { error: thrown })
      this.#kernel.supervisor.undoTurn(cell)
      const error = toError(thrown)
      const directive = cell.phase === Phase.stopping ? 'stop' : 'restart'
      this.#kernel.ports.events.emit('failure', {
        actor: cell.path(),
        ref: cell.ref,
        message: stoppedEnvelope.name,
        error,
        directive,
      })
      end()
    }
    if (definition.stopped === undefined) {
      end()
      return
    }
    try {
      const promise = asOwner(this.#kernel, cell, this.#runLastTurn, cell)
      if (promise === undefined) {
        durable?.commit()
        this.#kernel.turnEnded(cell)
        end()
        return
      }
      const settle = () => {
        if (cell.generation !== generation) return
        cell.context?.end()
        cell.rollback?.keep(undefined)
        durable?.commit()
        this.#kernel.turnEnded(cell)
      }
      promise.then(settle).then(end, failed)
    } catch (error) {
      failed(error)
    }
  }

  readonly #runLastTurn = (cell: ActorCell): PromiseLike<unknown> | undefined =>
    this.#kernel.runLastTurn(cell, this.#kernel.effectsOf(cell, stoppedEnvelope))

  /** The cell is no more: whoever waits for it is told. */
  remove(cell: ActorCell, reason: TerminationReason): void {
    const kernel = this.#kernel
    if (cell.phase === Phase.stopped) return
    const { isPlain, parent } = cell
    if (!isPlain) this.cutShort(cell)
    cell.phase = Phase.stopped
    cell.generation++
    if (!isPlain) this.#dropExtras(cell)
    const { name, durableId } = cell.options
    if (durableId !== undefined) kernel.journal.release(durableId)
    parent?.children?.delete(cell)
    if (name !== undefined && parent?.names?.get(name) === cell) parent.names.delete(name)
    kernel.cells.release(cell.ref)
    kernel.cellGone(cell)
    unstashAll(cell)
    if (cell.mailbox.length > 0 || cell.mailbox.waiting !== undefined) kernel.discardAll(cell)
    if (!isPlain) {
      this.#links.gone(cell, reason)
      this.#deathWatch.gone(cell, reason)
    }
    if (parent !== undefined) this.#childGone(parent, cell)
  }

  /** A generation is over that another may follow: what it had open is dropped, and what it left running has no effect. */
  endGeneration(cell: ActorCell): void {
    this.#dropOpen(cell)
    cell.generation++
    cell.context = undefined
    this.cancelTimers(cell)
  }

  /** The asks, streams and tasks of `cell`, and its promises that nobody awaits. */
  #dropOpen(cell: ActorCell): void {
    const { asks, streams, tasks, rejections } = this.#kernel
    asks.dropCell(cell)
    streams.dropCell(cell)
    tasks.dropCell(cell)
    rejections.generationEnded(cell)
  }

  /** What an actor that is no more had under way: timers, replies that it owed, asks, streams and tasks. */
  #dropExtras(cell: ActorCell): void {
    const kernel = this.#kernel
    this.cancelTimers(cell)
    const unanswered = kernel.duties.dropCell(cell)
    const asker = cell.asker(cell.current)
    if (asker !== undefined) unanswered.push(asker)
    for (const token of unanswered) {
      kernel.sendError(token, new ActorStoppedError(`${cell.path()} stopped before it replied`, { actor: cell.path() }))
    }
    this.#dropOpen(cell)
    // A path with a number in it is never used again; one of names alone may be, and then its stream goes on.
    if (cell.draws && cell.options.name === undefined) kernel.ports.random.forget?.(cell.path())
  }

  /** The signals of what `cell` began are aborted, and its interleaved turns are over. */
  cutShort(cell: ActorCell): void {
    this.#kernel.duties.cutShort(cell, () => cutShortError(cell))
    const { interleaved } = cell
    cell.interleaved = undefined
    for (const { envelope, context } of interleaved?.values() ?? []) {
      this.#kernel.streams.turnEnded(cell, envelope)
      if (envelope.replyTo === undefined || context.hasForwarded(envelope)) continue
      this.#kernel.sendError(envelope.replyTo, cutShortError(cell))
    }
  }

  /** An interleaved turn failed: the one that held the actor goes with it. */
  endHeldTurn(cell: ActorCell): void {
    const { current } = cell
    if (current === undefined) return
    const asker = cell.asker(current)
    cell.current = undefined
    forgetStashing(cell)
    this.#kernel.streams.turnEnded(cell, current)
    if (asker !== undefined) this.#kernel.sendError(asker, cutShortError(cell))
  }

  /** Its timers, and its reminders until the next recovery. */
  cancelTimers(cell: ActorCell): void {
    this.#kernel.timers.cancelAll(cell)
    cell.durable?.reminders.clear()
  }
}

/** Runs `run` once what `cell` has appended to the journal is synced. */
export function whenSynced(cell: ActorCell, run: () => void): void {
  if (cell.durable === undefined) run()
  else cell.durable.whenSynced(run)
}

function cutShortError(cell: ActorCell): ActorStoppedError {
  const actor = cell.path()
  return new ActorStoppedError(`${actor} was restarted, stopped or killed`, { actor })
}
