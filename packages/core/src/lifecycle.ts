/**
 * The life of cells: create, activate, fail, restart, stop. Supervision as in Erlang/OTP and Akka: a failed turn goes
 * to the parent's policy for that child; children stop before their parent; a budget of restarts within a window,
 * then the failure escalates.
 */
import { ActorCell, Phase } from './actor-cell.ts'
import type { CompiledDefinition, TerminationReason } from './actor-definition.ts'
import { type Ref, refKey } from './actor-ref.ts'
import { enterBehavior } from './behavior.ts'
import type { DeathWatch } from './death-watch.ts'
import { DurableOutput } from './durable-output.ts'
import { attendEnvelope, type Envelope, EnvelopeKind, startedEnvelope, stoppedEnvelope } from './envelope.ts'
import {
  ActorStoppedError,
  ConfigurationError,
  LinkedActorError,
  NameTakenError,
  SpawnError,
  toError,
} from './errors.ts'
import { interleavedOf } from './interleaving.ts'
import type { Links } from './links.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { assertRollsBack, Rollback } from './rollback.ts'
import { type MemberLife, SiblingGroup, treatedWith } from './sibling-group.ts'
import type { SpawnOptions } from './spawn-options.ts'
import { forgetStashing, unstashAll } from './stash.ts'
import { type Directive, directiveFor, supervisionOf } from './supervision.ts'
import { asOwner, Newborn } from './turn-scopes.ts'

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

export class Lifecycle {
  readonly #kernel: NodeKernel
  readonly #deathWatch: DeathWatch
  readonly #links: Links
  readonly #memberLife: MemberLife

  constructor(kernel: NodeKernel, deathWatch: DeathWatch, links: Links) {
    this.#kernel = kernel
    this.#deathWatch = deathWatch
    this.#links = links
    this.#memberLife = {
      takeDown: (cell) => this.#takeDown(cell),
      end: (cell) => this.stop(cell, 'stopped'),
      bringBack: (cell) => {
        cell.descent = undefined
        this.#renew(cell)
      },
      clock: kernel.ports.clock,
    }
  }

  /** A new cell under `parent`, with its state from `init`. It takes messages, and no turn before `activate`. */
  create(
    parent: ActorCell | undefined,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): ActorCell {
    const kernel = this.#kernel
    const { name, durableId } = options
    if (parent?.phase === Phase.stopping || parent?.descent !== undefined) {
      throw new SpawnError(`spawn of ${definition.name} under ${parent.path()}: that actor is stopping`, {
        definition: definition.name,
      })
    }
    if (name !== undefined && parent?.names?.has(name)) {
      throw new NameTakenError(
        `spawn of ${definition.name}: the name ${name} is taken under ${parent.path()}; choose another or stop that actor first`,
        { name, parent: parent.path() },
      )
    }
    for (const service of definition.uses) {
      const { services } = kernel.ports
      if (services.has(service)) continue
      throw services.missing(service, `spawn of ${definition.name}: it`, { definition: definition.name })
    }
    this.#refuseInterleaving(definition, options)
    if (durableId !== undefined) kernel.journal.claim(durableId, definition.name)
    const { rollback } = supervisionOf(options.supervise, definition.supervise)
    let state: unknown
    const newborn = new Newborn()
    try {
      state = asOwner(kernel, newborn, () => definition.init(args))
      if (rollback) assertRollsBack(state, definition.name)
    } catch (error) {
      if (durableId !== undefined) kernel.journal.release(durableId)
      if (rollback && error instanceof ConfigurationError) throw error
      throw new SpawnError(
        `spawn of ${definition.name} under ${parent?.path() ?? `/${kernel.node}`}: init threw: ${toError(error).message}`,
        { definition: definition.name },
        { cause: error },
      )
    }
    const cell = new ActorCell(definition, kernel.cells.allocate(), parent, args, options, state)
    if (newborn.scope !== undefined) {
      newborn.scope.cell = cell
      cell.scope = newborn.scope
    }
    kernel.cells.fill(cell)
    kernel.metrics?.spawned(cell)
    if (parent !== undefined) {
      parent.children ??= new Set()
      parent.children.add(cell)
      if (name !== undefined) {
        parent.names ??= new Map()
        parent.names.set(name, cell)
      }
    }
    if (rollback) cell.rollback = new Rollback(cell)
    if (durableId !== undefined) cell.durable = new DurableOutput(kernel, cell, durableId)
    return cell
  }

  /** A durable actor's turn is one record, and a draft is of one turn: turns that interleave are neither. */
  #refuseInterleaving({ name, reentrant, supervise }: CompiledDefinition, options: SpawnOptions): void {
    if (reentrant.size === 0) return
    const { rollback } = supervisionOf(options.supervise, supervise)
    if (options.durableId === undefined && !rollback) return
    const what = rollback ? 'supervise.rollback' : 'a durableId'
    throw new ConfigurationError(
      `spawn of ${name}: its messages ${[...reentrant].join(', ')} are re-entrant, which does not go with ${what}`,
      { definition: name },
    )
  }

  /** Lets a created or restarted cell begin: recovery if it is durable, then `started`, then its mailbox. */
  activate(cell: ActorCell): void {
    // A child whose start was held may have been killed meanwhile.
    if (cell.phase !== Phase.starting) return
    if (cell.durable === undefined) {
      this.#begin(cell)
      return
    }
    const { generation } = cell
    cell.durable.recover((error) => {
      if (cell.generation !== generation || cell.phase !== Phase.starting) return
      if (error === undefined) this.#begin(cell)
      else this.fail(cell, startedEnvelope, error)
    })
  }

  #begin(cell: ActorCell): void {
    if (cell.group !== undefined && cell.stopReason === undefined) {
      this.#isDown(cell)
      return
    }
    cell.phase = Phase.ready
    const { linkedTo } = cell.options
    if (linkedTo !== undefined) this.#deathWatch.link(cell, linkedTo as Ref)
    if (cell.stopReason !== undefined) {
      this.stop(cell, cell.stopReason)
      return
    }
    if (cell.definition.started !== undefined) cell.first = startedEnvelope
    if (cell.first !== undefined || cell.mailbox.queue.length > 0) this.#kernel.schedule(cell)
    this.started(cell)
  }

  /** The first turn of a generation is over, or there is none: siblings that come back after it may wait for that. */
  started(cell: ActorCell): void {
    cell.parent?.siblings?.advance()
  }

  /** Takes back a cell that was created and never activated: nobody was told of it. */
  discard(cell: ActorCell): void {
    cell.generation++
    this.#remove(cell, 'stopped')
  }

  // Failure.

  /** A turn of `cell` threw: the asker hears of it, and supervision decides what becomes of the cell. */
  fail(cell: ActorCell, envelope: Envelope, thrown: unknown): void {
    const error = toError(thrown)
    const spoiled = this.#undoTurn(cell, envelope)
    if (cell.stashing === envelope) forgetStashing(cell)
    if (envelope.kind === EnvelopeKind.pull) this.#kernel.streams.close(envelope.payload as OutgoingStream)
    cell.phase = Phase.suspended
    this.#whenSynced(cell, () => {
      const { replyTo } = envelope
      if (replyTo !== undefined) {
        this.#kernel.duties.release(replyTo)
        this.#kernel.sendError(replyTo, error)
      }
      this.#supervise(cell, { message: envelope.name, error, spoiled, first: envelope.kind === EnvelopeKind.started })
    })
  }

  /** What a failed turn would have let out is gone. True when the state has events that will never be in the journal. */
  #undoTurn(cell: ActorCell, envelope?: Envelope): boolean {
    const persisted = cell.durable?.abandonTurn(envelope) ?? false
    cell.rollback?.undo()
    return persisted && cell.rollback === undefined
  }

  /** A child's failure was escalated to `cell`: the turn that it may be in fails with it. */
  #failWithChild(cell: ActorCell, failure: Failure): void {
    const replyTo = cell.asker(cell.current)
    if (cell.current?.kind === EnvelopeKind.pull) this.#kernel.streams.close(cell.current.payload as OutgoingStream)
    if (cell.current !== undefined) this.#kernel.streams.turnEnded(cell, cell.current)
    this.#cutShort(cell)
    this.#kernel.rejections.generationEnded(cell)
    cell.current = undefined
    forgetStashing(cell)
    cell.generation++
    cell.context = undefined
    const spoiled = this.#undoTurn(cell)
    cell.phase = Phase.suspended
    this.#whenSynced(cell, () => {
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
        this.#kernel.schedule(cell)
        this.started(cell)
        break
      case 'stop':
        // One that was told to end before it failed ends alone.
        if (cell.stopReason !== undefined) this.stop(cell, cell.stopReason)
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
    this.stop(cell, 'failed')
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
    this.#cutShort(cell)
    this.#endHeldTurn(cell)
    const { parent, supervision } = cell
    if (parent !== undefined && supervision.strategy !== 'one-for-one') {
      this.#groupOf(parent).join(cell, supervision.strategy)
    }
    this.#kernel.asks.dropCell(cell)
    this.#kernel.streams.dropCell(cell)
    this.#kernel.tasks.dropCell(cell)
    this.#kernel.rejections.generationEnded(cell)
    cell.generation++
    cell.context = undefined
    this.#cancelTimers(cell)
    cell.restarting = true
    if (this.#stopChildren(cell)) this.#restartNow(cell)
    parent?.siblings?.advance()
  }

  #restartNow(cell: ActorCell): void {
    cell.restarting = false
    if (cell.group !== undefined) {
      this.#isDown(cell, this.#backoffMs(cell))
      return
    }
    const delayMs = this.#backoffMs(cell)
    if (delayMs === 0) {
      this.#renew(cell)
      return
    }
    cell.restartTask = this.#kernel.ports.clock.schedule(delayMs, () => {
      cell.restartTask = undefined
      if (this.#kernel.alive) this.#renew(cell)
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
      this.#isDown(cell)
    } else if (cell.phase === Phase.ready) this.attendSoon(cell)
  }

  /** Has a ready cell look, before its next turn, at what was decided about it. It may be in a turn now. */
  attendSoon(cell: ActorCell): void {
    if (cell.mailbox.queue.peek() !== attendEnvelope) cell.mailbox.queue.unshift(attendEnvelope)
    this.#kernel.schedule(cell)
  }

  /** Does what was decided about a cell: it stops, goes down with its siblings, or fails by what it left unawaited. */
  attend(cell: ActorCell): void {
    if (cell.stopReason !== undefined) this.stop(cell, cell.stopReason)
    else if (cell.group?.wantsDown(cell)) this.#descend(cell)
    else this.#kernel.rejections.attend(cell)
  }

  /** Ends the generation of a cell between two turns: its children first, then `stopped`. */
  #descend(cell: ActorCell): void {
    cell.phase = Phase.suspended
    cell.descent = 'children'
    this.#cancelTimers(cell)
    if (this.#stopChildren(cell)) this.#lastTurn(cell)
  }

  #isDown(cell: ActorCell, delayMs = 0): void {
    // The generation of one that failed has ended by that.
    if (cell.phase !== Phase.suspended || cell.descent === 'last turn') {
      this.#cutShort(cell)
      this.#cancelTimers(cell)
      this.#kernel.asks.dropCell(cell)
      this.#kernel.streams.dropCell(cell)
      this.#kernel.tasks.dropCell(cell)
      this.#kernel.rejections.generationEnded(cell)
      cell.generation++
      cell.context = undefined
      cell.first = undefined
    }
    cell.phase = Phase.suspended
    cell.descent = cell.descent === 'last turn' ? 'down' : undefined
    cell.group?.isDown(cell, delayMs)
  }

  #renew(cell: ActorCell): void {
    try {
      cell.state = asOwner(this.#kernel, cell, () => cell.definition.init(cell.args))
      if (cell.rollback !== undefined) assertRollsBack(cell.state, cell.definition.name)
    } catch (error) {
      this.fail(cell, startedEnvelope, error)
      return
    }
    enterBehavior(cell, undefined, [])
    unstashAll(cell)
    cell.phase = Phase.starting
    this.#kernel.metrics?.restarted(cell)
    this.#kernel.ports.events.emit('restarted', { actor: cell.path(), ref: cell.ref, generation: cell.generation })
    this.activate(cell)
  }

  // Stopping.

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
    cell.restarting = false
    cell.restartTask?.cancel()
    this.#cancelTimers(cell)
    switch (cell.descent) {
      case 'down':
        this.#removeWhenSynced(cell)
        break
      case 'last turn':
        break
      default:
        if (this.#stopChildren(cell)) this.#lastTurn(cell)
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
    this.#cutShort(cell)
    cell.generation++
    cell.phase = Phase.stopping
    cell.stopReason = 'killed'
    cell.restarting = false
    cell.restartTask?.cancel()
    this.#cancelTimers(cell)
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
    if (cell.phase === Phase.ready) this.attendSoon(cell)
  }

  #removeWhenSynced(cell: ActorCell): void {
    this.#whenSynced(cell, () => this.#remove(cell, cell.stopReason ?? 'stopped'))
  }

  /**
   * Stops the children of a cell one after the other, the last spawned first, as Erlang/OTP does. True when none is
   * left; otherwise {@link #childGone} goes on from here. A loop, so that the stack stays flat.
   */
  #stopChildren(cell: ActorCell): boolean {
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
      if (parent.descent !== 'last turn' && this.#stopChildren(parent)) this.#lastTurn(parent)
    } else if (parent.restarting) {
      if (this.#stopChildren(parent)) this.#restartNow(parent)
    } else if (parent.descent === 'children' && this.#stopChildren(parent)) this.#lastTurn(parent)
  }

  #lastTurn(cell: ActorCell): void {
    const { definition, generation, durable } = cell
    cell.descent = 'last turn'
    const end = () => {
      if (cell.generation !== generation) return
      this.#whenSynced(cell, () => {
        if (cell.generation !== generation) return
        if (cell.phase === Phase.stopping) this.#remove(cell, cell.stopReason ?? 'stopped')
        else this.#isDown(cell)
      })
    }
    const failed = (thrown: unknown) => {
      if (cell.generation !== generation) return
      cell.context?.end()
      this.#kernel.turnEnded(cell, { error: thrown })
      this.#undoTurn(cell)
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
      const promise = asOwner(this.#kernel, cell, () =>
        this.#kernel.runLastTurn(cell, this.#kernel.effectsOf(cell, stoppedEnvelope)),
      )
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

  #whenSynced(cell: ActorCell, run: () => void): void {
    if (cell.durable === undefined) run()
    else cell.durable.whenSynced(run)
  }

  #remove(cell: ActorCell, reason: TerminationReason): void {
    const kernel = this.#kernel
    if (cell.phase === Phase.stopped) return
    this.#cutShort(cell)
    cell.phase = Phase.stopped
    cell.generation++
    this.#cancelTimers(cell)
    const unanswered = kernel.duties.dropCell(cell)
    const asker = cell.asker(cell.current)
    if (asker !== undefined) unanswered.push(asker)
    for (const token of unanswered) {
      kernel.sendError(token, new ActorStoppedError(`${cell.path()} stopped before it replied`, { actor: cell.path() }))
    }
    kernel.asks.dropCell(cell)
    kernel.streams.dropCell(cell)
    kernel.tasks.dropCell(cell)
    kernel.rejections.generationEnded(cell)
    // A path with a number in it is never used again; one of names alone may be, and then its stream goes on.
    if (cell.draws && cell.options.name === undefined) kernel.ports.random.forget?.(cell.path())
    if (cell.options.durableId !== undefined) kernel.journal.release(cell.options.durableId)
    const { parent } = cell
    parent?.children?.delete(cell)
    if (cell.options.name !== undefined && parent?.names?.get(cell.options.name) === cell) {
      parent.names.delete(cell.options.name)
    }
    kernel.cells.release(cell.ref)
    kernel.cellGone(cell)
    unstashAll(cell)
    kernel.discardAll(cell)
    this.#links.gone(cell, reason)
    this.#deathWatch.gone(cell, reason)
    if (parent !== undefined) this.#childGone(parent, cell)
  }

  /** The signals of what `cell` began are aborted, and its interleaved turns are over. */
  #cutShort(cell: ActorCell): void {
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
  #endHeldTurn(cell: ActorCell): void {
    const { current } = cell
    if (current === undefined) return
    const asker = cell.asker(current)
    cell.current = undefined
    forgetStashing(cell)
    this.#kernel.streams.turnEnded(cell, current)
    if (asker !== undefined) this.#kernel.sendError(asker, cutShortError(cell))
  }

  #cancelTimers(cell: ActorCell): void {
    this.#kernel.timers.cancelAll(cell)
    cell.durable?.reminders.clear()
  }
}

function cutShortError(cell: ActorCell): ActorStoppedError {
  const actor = cell.path()
  return new ActorStoppedError(`${actor} was restarted, stopped or killed`, { actor })
}
