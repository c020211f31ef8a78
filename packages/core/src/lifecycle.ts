/**
 * The life of cells: create, activate, fail, restart, stop. Supervision as in Erlang/OTP and Akka: a failed turn goes
 * to the parent's policy for that child; children stop before their parent; a budget of restarts within a window,
 * then the failure escalates.
 */
import { ActorCell, Phase, tokenKey } from './actor-cell.ts'
import type { CompiledDefinition, TerminationReason } from './actor-definition.ts'
import type { Ref } from './actor-ref.ts'
import { enterBehavior } from './behavior.ts'
import type { DeathWatch } from './death-watch.ts'
import { DurableOutput } from './durable-output.ts'
import { type Envelope, EnvelopeKind, startedEnvelope, stoppedEnvelope } from './envelope.ts'
import { ActorStoppedError, NameTakenError, SpawnError, toError } from './errors.ts'
import type { NodeKernel } from './node-kernel.ts'
import { runTurn } from './run-turn.ts'
import type { Directive, SpawnOptions } from './spawn-options.ts'
import { forgetStashing, unstashAll } from './stash.ts'

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

  constructor(kernel: NodeKernel, deathWatch: DeathWatch) {
    this.#kernel = kernel
    this.#deathWatch = deathWatch
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
    if (parent?.phase === Phase.stopping) {
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
    if (durableId !== undefined) kernel.journal.claim(durableId, definition.name)
    let state: unknown
    try {
      state = definition.init(args)
    } catch (error) {
      if (durableId !== undefined) kernel.journal.release(durableId)
      throw new SpawnError(
        `spawn of ${definition.name} under ${parent?.path() ?? `/${kernel.node}`}: init threw: ${toError(error).message}`,
        { definition: definition.name },
        { cause: error },
      )
    }
    const cell = new ActorCell(definition, kernel.cells.allocate(), parent, args, options, state)
    kernel.cells.fill(cell)
    if (parent !== undefined) {
      parent.children ??= new Set()
      parent.children.add(cell)
      if (name !== undefined) {
        parent.names ??= new Map()
        parent.names.set(name, cell)
      }
    }
    if (durableId !== undefined) cell.durable = new DurableOutput(kernel, cell, durableId)
    return cell
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
    cell.phase = Phase.ready
    const { linkedTo } = cell.options
    if (linkedTo !== undefined) this.#deathWatch.link(cell, linkedTo as Ref)
    if (cell.stopReason !== undefined) {
      this.stop(cell, cell.stopReason)
      return
    }
    if (cell.definition.started !== undefined) cell.first = startedEnvelope
    if (cell.first !== undefined || cell.mailbox.queue.length > 0) this.#kernel.schedule(cell)
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
    const spoiled = cell.durable?.abandonTurn() ?? false
    forgetStashing(cell)
    cell.phase = Phase.suspended
    this.#whenSynced(cell, () => {
      const { replyTo } = envelope
      if (replyTo !== undefined) {
        cell.deferred?.delete(tokenKey(replyTo))
        this.#kernel.sendError(replyTo, error)
      }
      this.#supervise(cell, { message: envelope.name, error, spoiled, first: envelope.kind === EnvelopeKind.started })
    })
  }

  /** A child's failure was escalated to `cell`: the turn that it may be in fails with it. */
  #failWithChild(cell: ActorCell, failure: Failure): void {
    const replyTo = cell.asker(cell.current)
    cell.current = undefined
    forgetStashing(cell)
    cell.generation++
    cell.context = undefined
    const spoiled = cell.durable?.abandonTurn() ?? false
    cell.phase = Phase.suspended
    this.#whenSynced(cell, () => {
      if (replyTo !== undefined) this.#kernel.sendError(replyTo, failure.error)
      this.#supervise(cell, { ...failure, spoiled, first: false })
    })
  }

  #directive(cell: ActorCell, { spoiled, first }: Failure): Directive {
    const { onFailure } = cell.supervision
    // A state with events that were never appended cannot go on: the journal has another.
    const wanted = onFailure === 'resume' && spoiled ? 'restart' : onFailure
    const directive = wanted === 'restart' && !this.#withinBudget(cell) ? 'escalate' : wanted
    // A stop in the mailbox of an actor that never gets as far as its mailbox would wait for ever.
    if (first && cell.stopRequested) cell.stopReason ??= 'stopped'
    return cell.stopReason !== undefined && directive !== 'escalate' ? 'stop' : directive
  }

  #supervise(cell: ActorCell, failure: Failure): void {
    const { events } = this.#kernel.ports
    const { message, error } = failure
    const directive = this.#directive(cell, failure)
    events.emit('failure', { actor: cell.path(), ref: cell.ref, message, error, directive })
    switch (directive) {
      case 'resume':
        cell.phase = Phase.ready
        this.#kernel.schedule(cell)
        break
      case 'stop':
        this.stop(cell, cell.stopReason ?? 'failed')
        break
      case 'restart':
        this.#restart(cell)
        break
      case 'escalate': {
        const { parent } = cell
        // A parent that is failing or stopping already takes its children with it; it does not fail twice.
        const parentRuns = parent?.phase === Phase.ready || parent?.phase === Phase.busy
        this.stop(cell, 'failed')
        if (parent === undefined || parent === this.#kernel.guardian) {
          events.emit('escalated', { actor: cell.path(), ref: cell.ref, error })
        } else if (parentRuns) this.#failWithChild(parent, failure)
        break
      }
    }
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
    cell.generation++
    cell.context = undefined
    this.#kernel.timers.cancelAll(cell)
    this.#kernel.asks.dropCell(cell)
    cell.restarting = true
    this.#stopChildren(cell)
    if (!this.#hasChildren(cell)) this.#restartNow(cell)
  }

  #restartNow(cell: ActorCell): void {
    cell.restarting = false
    const { backoff } = cell.supervision
    if (backoff === undefined) {
      this.#renew(cell)
      return
    }
    const { clock, random } = this.#kernel.ports
    const doublings = Math.min(30, (cell.restartTimes?.length ?? 1) - 1)
    const delayMs = Math.min(backoff.maxMs, backoff.minMs * 2 ** doublings)
    const jitterMs = delayMs * jitterMax * random.stream('supervision').float()
    cell.restartTask = clock.schedule(delayMs + jitterMs, () => {
      cell.restartTask = undefined
      if (this.#kernel.alive) this.#renew(cell)
    })
  }

  #renew(cell: ActorCell): void {
    try {
      cell.state = cell.definition.init(cell.args)
    } catch (error) {
      this.fail(cell, startedEnvelope, error)
      return
    }
    enterBehavior(cell, undefined, [])
    unstashAll(cell)
    cell.phase = Phase.starting
    this.#kernel.ports.events.emit('restarted', { actor: cell.path(), ref: cell.ref, generation: cell.generation })
    this.activate(cell)
  }

  // Stopping.

  /** Stops a cell: after its turn, its children first, then its own last turn. */
  stop(cell: ActorCell, reason: TerminationReason): void {
    if (cell.phase === Phase.stopping || cell.phase === Phase.stopped) return
    if (cell.phase === Phase.busy || cell.phase === Phase.starting) {
      cell.stopReason ??= reason
      return
    }
    cell.stopReason = reason
    cell.phase = Phase.stopping
    cell.restarting = false
    cell.restartTask?.cancel()
    this.#kernel.timers.cancelAll(cell)
    this.#stopChildren(cell)
    if (!this.#hasChildren(cell)) this.#lastTurn(cell)
  }

  /** Stops a cell at once: a running turn's continuation has no effect, and `stopped` does not run. */
  kill(cell: ActorCell): void {
    if (cell.phase === Phase.stopped) return
    cell.generation++
    cell.phase = Phase.stopping
    cell.stopReason = 'killed'
    cell.restarting = false
    cell.restartTask?.cancel()
    this.#kernel.timers.cancelAll(cell)
    cell.durable?.abandonTurn()
    for (const child of [...(cell.children ?? [])]) this.kill(child)
    if (!this.#hasChildren(cell)) this.#removeKilled(cell)
  }

  #removeKilled(cell: ActorCell): void {
    this.#whenSynced(cell, () => this.#remove(cell, 'killed'))
  }

  #stopChildren(cell: ActorCell): void {
    for (const child of [...(cell.children ?? [])]) this.stop(child, 'stopped')
  }

  #hasChildren(cell: ActorCell): boolean {
    return cell.children !== undefined && cell.children.size > 0
  }

  #childGone(parent: ActorCell): void {
    if (this.#hasChildren(parent)) return
    if (parent.phase === Phase.stopping) {
      if (parent.stopReason === 'killed') this.#removeKilled(parent)
      else this.#lastTurn(parent)
    }
    if (parent.restarting) this.#restartNow(parent)
  }

  #lastTurn(cell: ActorCell): void {
    const { definition, generation, durable } = cell
    const end = () => {
      if (cell.generation === generation) this.#whenSynced(cell, () => this.#remove(cell, cell.stopReason ?? 'stopped'))
    }
    const failed = (error: unknown) => {
      if (cell.generation !== generation) return
      cell.context?.end()
      durable?.abandonTurn()
      const message = `stopped threw: ${toError(error).message}`
      this.#kernel.log(cell, 'error', message, { error: toError(error).stack })
      end()
    }
    if (definition.stopped === undefined) {
      end()
      return
    }
    try {
      const promise = runTurn(definition, cell, stoppedEnvelope, durable ?? this.#kernel)
      if (promise === undefined) {
        durable?.commit()
        end()
        return
      }
      const settle = () => {
        if (cell.generation !== generation) return
        cell.context?.end()
        durable?.commit()
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
    cell.phase = Phase.stopped
    cell.generation++
    this.#kernel.timers.cancelAll(cell)
    const unanswered = [...(cell.deferred?.values() ?? [])]
    const asker = cell.asker(cell.current)
    if (asker !== undefined) unanswered.push(asker)
    for (const token of unanswered) {
      kernel.sendError(token, new ActorStoppedError(`${cell.path()} stopped before it replied`, { actor: cell.path() }))
    }
    kernel.asks.dropCell(cell)
    // A path with a number in it is never used again; one of names alone may be, and then its stream goes on.
    if (cell.draws && cell.options.name === undefined) kernel.ports.random.forget?.(cell.path())
    if (cell.options.durableId !== undefined) kernel.journal.release(cell.options.durableId)
    const { parent } = cell
    parent?.children?.delete(cell)
    if (cell.options.name !== undefined && parent?.names?.get(cell.options.name) === cell) {
      parent.names.delete(cell.options.name)
    }
    kernel.cells.release(cell.ref)
    unstashAll(cell)
    let envelope = cell.mailbox.queue.shift()
    while (envelope !== undefined) {
      kernel.discard(cell, envelope)
      envelope = cell.mailbox.queue.shift()
    }
    this.#deathWatch.gone(cell, reason)
    if (parent !== undefined) this.#childGone(parent)
  }
}
