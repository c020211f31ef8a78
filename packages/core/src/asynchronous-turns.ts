/**
 * Asynchronous turns: what becomes of a turn that has come to its first `await`. It holds its actor, or, where the message
 * is re-entrant, nobody, until its promise settles; then it ends as a synchronous one does.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Effects } from './effects.ts'
import type { Envelope } from './envelope.ts'
import { interleave, interleavedOf, interleaves, withContext } from './interleaving.ts'
import { Phase } from './phase.ts'
import { settleTurn } from './run-turn.ts'
import type { TurnLoop } from './turn-loop.ts'

export class AsynchronousTurns {
  readonly #loop: TurnLoop

  constructor(loop: TurnLoop) {
    this.#loop = loop
  }

  /** The turn of `envelope` has come to its first `await`, and ends when `promise` settles. */
  begin(cell: ActorCell, envelope: Envelope, effects: Effects, promise: PromiseLike<unknown>): void {
    envelope.keep()
    if (interleaves(cell, envelope)) this.#awaitInterleaved(cell, envelope, effects, promise)
    else this.#awaitTurn(cell, envelope, effects, promise)
  }

  #awaitTurn(cell: ActorCell, envelope: Envelope, effects: Effects, promise: PromiseLike<unknown>): void {
    const { generation, turnBeganNs } = cell
    cell.phase = Phase.busy
    cell.current = envelope
    cell.currentTurn = this.#loop.turns
    cell.currentSince = this.#loop.ports.clock.now()
    // What is no promise of the platform need not keep a promise's word: settle once, and later.
    const settled = promise instanceof Promise ? promise : Promise.resolve(promise)
    settled.then(
      (result) =>
        this.#resume(
          cell,
          generation,
          turnBeganNs,
          () => {
            settleTurn(cell, envelope, effects, result)
            cell.durable?.commit(envelope)
          },
          envelope,
        ),
      (error) =>
        this.#resume(
          cell,
          generation,
          turnBeganNs,
          () => {
            throw error
          },
          envelope,
        ),
    )
    if (cell.stopReason === 'killed') this.#loop.stopping.kill(cell)
  }

  #awaitInterleaved(cell: ActorCell, envelope: Envelope, effects: Effects, promise: PromiseLike<unknown>): void {
    const { generation, turnBeganNs } = cell
    const { context } = interleave(cell, envelope)
    const ended = (finish: () => void) => {
      if (cell.generation !== generation || !this.#loop.alive) return
      this.#loop.metrics?.turnEnds(cell, turnBeganNs)
      cell.interleaved?.delete(envelope)
      withContext(cell, context, () => {
        try {
          finish()
          this.#loop.turnEnded(cell)
        } catch (error) {
          context.end()
          this.#loop.turnEnded(cell, { error })
          this.#loop.supervisor.fail(cell, envelope, error)
        }
      })
      this.#loop.streams.turnEnded(cell, envelope)
      this.#interleavedEnded(cell)
    }
    const settled = promise instanceof Promise ? promise : Promise.resolve(promise)
    settled.then(
      (result) => ended(() => settleTurn(cell, envelope, effects, result)),
      (error) =>
        ended(() => {
          throw error
        }),
    )
    if (cell.stopReason !== undefined) this.#loop.stopping.stop(cell, cell.stopReason)
  }

  /** An interleaved turn is over: a stop may have waited for it, or there is room for the next. */
  #interleavedEnded(cell: ActorCell): void {
    const { stopReason } = cell
    if (stopReason !== undefined && cell.current === undefined) {
      if (cell.phase === Phase.busy && interleavedOf(cell) === 0) cell.phase = Phase.ready
      this.#loop.stopping.stop(cell, stopReason)
    } else if (cell.rejections !== undefined && interleavedOf(cell) === 0) this.#loop.supervisor.attendSoon(cell)
    this.#loop.schedule(cell)
  }

  #resume(cell: ActorCell, generation: number, beganNs: number, finish: () => void, envelope: Envelope): void {
    if (cell.generation !== generation || !this.#loop.alive) return
    this.#loop.metrics?.turnEnds(cell, beganNs)
    cell.phase = Phase.ready
    cell.current = undefined
    try {
      finish()
      this.#loop.turnEnded(cell)
    } catch (error) {
      cell.context?.end()
      this.#loop.turnEnded(cell, { error })
      this.#loop.supervisor.fail(cell, envelope, error)
      this.#loop.streams.turnEnded(cell, envelope)
      this.#loop.timers.handled(cell)
      return
    }
    this.#loop.streams.turnEnded(cell, envelope)
    this.#loop.timers.handled(cell)
    if (cell.stopReason !== undefined) this.#loop.stopping.stop(cell, cell.stopReason)
    else this.#loop.schedule(cell)
    if (cell.parent?.siblings !== undefined) this.#loop.lifecycle.started(cell)
  }
}
