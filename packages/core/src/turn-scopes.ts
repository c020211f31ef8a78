/**
 * Whose code runs: so that a promise which a turn made and nobody awaits can be brought to its actor when it rejects.
 *
 * ```text
 *   a batch of turns begins    currentTurn.slot = the cell's                    a small number, and no reference
 *   it makes a promise         the platform's hook calls promiseMade()          once for each batch of turns:
 *                                -> the host enters the cell's TurnScope           what goes on from here has it
 *   the batch ends             the host leaves the scope, if it was entered
 *   the promise rejects        the host finds the scope in which it was rejected
 *                                -> StrayRejections of that node                   see stray-rejections.ts
 * ```
 *
 * A turn that makes no promise pays for the stores alone. The host has the platform's side of it: a port.
 */
import type { ActorCell } from './actor-cell.ts'
import type { KernelPorts } from './kernel-ports.ts'
import type { StrayRejections } from './stray-rejections.ts'

/** What carries scopes over the platform's asynchronous continuations. */
export interface TurnScopes {
  /** What the running code starts from now on belongs to `scope`. Called while a promise is being made. */
  enter(scope: TurnScope): void
  /** What the running code starts from now on belongs to nobody. */
  leave(): void
  /** Runs `run` in `scope`; without one, as nobody's code. */
  run<Result>(scope: TurnScope | undefined, run: () => Result): Result
  /** Calls `run` once the rejections up to now were told, and which of them were handled late. */
  settled(run: () => void): void
}

/** What scopes need of their node. */
export interface ScopeKernel {
  readonly ports: KernelPorts
  /** Its cells, by slot. */
  readonly cells: { at(slot: number): ActorCell | undefined }
  readonly rejections: StrayRejections
  /** True for the actors of the runtime itself: what they start, such as the loading of a module, is nobody's. */
  isSystemActor(cell: ActorCell): boolean
}

/** One generation of an actor, as the owner of what its turns start. */
export class TurnScope {
  readonly kernel: ScopeKernel
  /** Absent when its first `init` threw. */
  cell: ActorCell | undefined
  readonly generation: number
  /** True for code that the actor answers for and does not fail with, see {@link failingNobody}. */
  readonly failsNobody: boolean

  constructor(kernel: ScopeKernel, cell: ActorCell | undefined, generation: number, failsNobody = false) {
    this.kernel = kernel
    this.cell = cell
    this.generation = generation
    this.failsNobody = failsNobody
  }
}

/** A cell. */
export interface ScopeOwner {
  readonly generation: number
  /** The scope of its latest generation that made a promise. */
  readonly scope: TurnScope | undefined
}

/**
 * The code that this thread runs now. Whose turn it is says a slot: this object is old, and to store a reference to what
 * may be new into one that is old is the dearest store there is.
 */
class CurrentTurn {
  kernel: ScopeKernel | undefined = undefined
  /** The slot of the cell that the turn loop gives turns to; -1 between them. */
  slot = -1
  /** Who runs outside the turn loop, perhaps within the turn of another. */
  guest: ScopeOwner | undefined = undefined
  /** True once the owner's scope was entered. */
  entered = false

  /** Whose turn it is; `undefined` between turns. */
  get owner(): ScopeOwner | undefined {
    return this.guest ?? (this.slot < 0 ? undefined : this.kernel?.cells.at(this.slot))
  }
}

export const currentTurn = new CurrentTurn()

/** To be called by the platform whenever this thread makes a promise, before anything can wait for it. */
export function promiseMade(): void {
  const { kernel, owner, entered } = currentTurn
  if (owner === undefined || kernel?.ports.scopes === undefined) return
  // A restart within the batch begins another generation.
  if (entered && owner.scope?.generation === owner.generation) return
  const scope = scopeOf(kernel, owner)
  if (scope === undefined) return
  currentTurn.entered = true
  kernel.ports.scopes.enter(scope)
}

/** The scope of what `owner` starts now; `undefined` when that is nobody's. */
export function scopeOf(kernel: ScopeKernel, owner: ScopeOwner): TurnScope | undefined {
  const { scope, generation } = owner
  if (scope?.generation === generation) return scope
  const cell = owner as ActorCell
  if (cell.isInternal || kernel.isSystemActor(cell)) return undefined
  cell.scope = new TurnScope(kernel, cell, generation)
  return cell.scope
}

/** Runs what an actor starts outside the turn loop, perhaps within the turn of another. */
export function asOwner<Argument, Result>(
  kernel: ScopeKernel,
  owner: ScopeOwner,
  run: (argument: Argument) => Result,
  argument: Argument,
): Result {
  const { kernel: outerKernel, slot, guest, entered: outerEntered } = currentTurn
  currentTurn.kernel = kernel
  currentTurn.slot = -1
  currentTurn.guest = owner
  currentTurn.entered = false
  try {
    return run(argument)
  } finally {
    const { entered } = currentTurn
    currentTurn.kernel = outerKernel
    currentTurn.slot = slot
    currentTurn.guest = guest
    currentTurn.entered = outerEntered
    if (entered) {
      kernel.ports.scopes?.leave()
      if (outerEntered) enterAgain()
    }
  }
}

/**
 * Runs, within a turn, code that was given to its actor: a promise that it makes, that nobody awaits and that rejects is told
 * as a `lateRejection` of the actor and fails nobody. Deterministic code would do so again after each restart.
 */
export function failingNobody<Result>(run: () => Result): Result {
  const { kernel, owner } = currentTurn
  if (kernel?.ports.scopes === undefined || owner === undefined) return run()
  return asOwner(kernel, new BlamelessOwner(kernel, owner as ActorCell), run, undefined)
}

/** A cell, as the owner of what fails nobody. */
class BlamelessOwner implements ScopeOwner {
  readonly generation: number
  readonly #kernel: ScopeKernel
  readonly #cell: ActorCell
  #scope: TurnScope | undefined

  constructor(kernel: ScopeKernel, cell: ActorCell) {
    this.#kernel = kernel
    this.#cell = cell
    this.generation = cell.generation
  }

  get scope(): TurnScope {
    this.#scope ??= new TurnScope(this.#kernel, this.#cell, this.generation, true)
    return this.#scope
  }
}

/** Runs what is no actor's, such as listeners of the event stream, perhaps within the turn of one. */
export function asNobody<Result>(run: () => Result): Result {
  const { kernel, slot, guest, entered } = currentTurn
  if (slot < 0 && guest === undefined) return run()
  if (entered) kernel?.ports.scopes?.leave()
  currentTurn.slot = -1
  currentTurn.guest = undefined
  currentTurn.entered = false
  try {
    return run()
  } finally {
    currentTurn.slot = slot
    currentTurn.guest = guest
    currentTurn.entered = entered
    if (entered) enterAgain()
  }
}

/** The turn around goes on, whose scope was left. */
function enterAgain(): void {
  const { kernel, owner } = currentTurn
  const scope = kernel === undefined || owner === undefined ? undefined : scopeOf(kernel, owner)
  if (scope !== undefined) kernel?.ports.scopes?.enter(scope)
}

/** What the platform tells rejections by: `process` of Node. */
export interface RejectionEmitter {
  emit(event: string, ...facts: any[]): boolean
}

/**
 * Brings rejections that belong to actors to their nodes, before any listener of the platform hears of them; all others
 * go their usual way. `current` is the scope in which the promise that is being told was rejected.
 */
export function interceptRejections(platform: RejectionEmitter, current: () => TurnScope | undefined): void {
  const owners = new WeakMap<object, TurnScope>()
  const { emit } = platform
  platform.emit = function intercepted(this: unknown, event, ...facts) {
    if (event === 'unhandledRejection') {
      const scope = current()
      if (scope !== undefined) {
        const [reason, promise] = facts as [unknown, Promise<unknown>]
        owners.set(promise, scope)
        scope.kernel.rejections.told(scope, reason, promise)
        return true
      }
    } else if (event === 'rejectionHandled') {
      const [promise] = facts as [Promise<unknown>]
      const scope = owners.get(promise)
      if (scope !== undefined) {
        scope.kernel.rejections.handled(scope, promise)
        return true
      }
    }
    return emit.call(this as RejectionEmitter, event, ...facts)
  }
}
