/**
 * Stray rejections: promises that an actor's code made, that nobody awaits and that rejected. Each fails its actor between
 * two turns, as a failed turn would. One that comes while an asynchronous turn is under way waits for its end, since that
 * turn may still await the promise. What an ended generation left behind, or code that fails nobody, is told and no more.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'
import { toError } from './errors.ts'
import { interleavedOf } from './interleaving.ts'
import type { NodeKernel } from './node-kernel.ts'
import { Phase } from './phase.ts'
import type { TurnScope } from './turn-scopes.ts'

/** One of them, on its way to its actor. */
export interface StrayRejection {
  readonly scope: TurnScope
  readonly promise: Promise<unknown>
  readonly error: Error
  /**
   * `turn`: a turn is under way that may await it. `asking`: it is over, and the platform is yet to say whether it did.
   * `certain`: nobody did.
   */
  certainty: 'turn' | 'asking' | 'certain'
}

/** Rejections that may wait at one actor; those beyond are told and fail nobody, since one is enough. */
const waitingMax = 100

const rejectionEnvelope = new Envelope(EnvelopeKind.attend, 'rejection', undefined, undefined, undefined)

export class StrayRejections {
  readonly #kernel: NodeKernel

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
  }

  /** A promise that was made in `scope` rejected, and nobody awaits it. */
  told(scope: TurnScope, reason: unknown, promise: Promise<unknown>): void {
    const { cell } = scope
    const error = toError(reason)
    if (cell === undefined || !this.#canFail(cell, scope) || (cell.rejections?.length ?? 0) >= waitingMax) {
      this.#tell(scope, error)
      return
    }
    cell.rejections ??= []
    const certainty = cell.phase === Phase.busy || interleavedOf(cell) > 0 ? 'turn' : 'certain'
    cell.rejections.push({ scope, promise, error, certainty })
    this.#kernel.supervisor.attendSoon(cell)
  }

  /** Somebody awaits it after all. */
  handled({ cell }: TurnScope, promise: Promise<unknown>): void {
    if (cell?.rejections === undefined) return
    cell.rejections = cell.rejections.filter((rejection) => rejection.promise !== promise)
  }

  /** Fails a ready cell by the first that is certain, if there is one. */
  attend(cell: ActorCell): void {
    const { rejections } = cell
    if (rejections === undefined) return
    // An interleaved turn may await it yet; its end comes back here.
    if (interleavedOf(cell) === 0) {
      for (const rejection of rejections) if (rejection.certainty === 'turn') this.#ask(cell, rejection)
    }
    const index = rejections.findIndex(({ certainty }) => certainty === 'certain')
    const [rejection] = index < 0 ? [] : rejections.splice(index, 1)
    if (rejections.length === 0) cell.rejections = undefined
    if (rejection === undefined) return
    // The others come after it, if the actor goes on.
    if (rejections.length > 0) this.#kernel.supervisor.attendSoon(cell)
    this.#kernel.supervisor.fail(cell, rejectionEnvelope, rejection.error)
  }

  /** A generation of `cell` is over. */
  generationEnded(cell: ActorCell): void {
    const { rejections } = cell
    if (rejections === undefined) return
    cell.rejections = undefined
    for (const { scope, error } of rejections) this.#tell(scope, error)
  }

  #ask(cell: ActorCell, rejection: StrayRejection): void {
    rejection.certainty = 'asking'
    this.#kernel.ports.scopes?.settled(() => {
      rejection.certainty = 'certain'
      if (cell.rejections?.includes(rejection)) this.#kernel.supervisor.attendSoon(cell)
    })
  }

  #canFail(cell: ActorCell, scope: TurnScope): boolean {
    const ending = cell.phase === Phase.stopping || cell.phase === Phase.stopped || cell.descent !== undefined
    return this.#kernel.alive && cell.generation === scope.generation && !scope.failsNobody && !ending
  }

  #tell({ cell, generation }: TurnScope, error: Error): void {
    const { guardian, ports } = this.#kernel
    const { path, ref } = cell === undefined ? factsOf(guardian) : factsOf(cell)
    ports.events.emit('lateRejection', { actor: path, ref, generation, error })
  }
}

function factsOf(cell: ActorCell): { readonly path: string; readonly ref: Ref } {
  return { path: cell.path(), ref: cell.ref }
}
