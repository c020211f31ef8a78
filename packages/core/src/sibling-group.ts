/**
 * What one-for-all and rest-for-one do to the siblings of an actor that failed, as a supervisor of Erlang/OTP does it:
 *
 * ```text
 *   take down, the last spawned first, one after the other -> backoff -> bring back in order of spawn,
 *                                                             each once the one before it has started
 * ```
 *
 * A sibling that is taken down ends the turn it is in, its children stop, `stopped` runs; then it waits for its turn to
 * come back with its mailbox. One that fails meanwhile joins; one that ends meanwhile is left out. Siblings that are to
 * end instead (the failed one is not coming back) are stopped in the same order.
 */
import type { ActorCell } from './actor-cell.ts'
import { EnvelopeKind } from './envelope.ts'
import { Phase } from './phase.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'
import type { SupervisionStrategy } from './supervision.ts'

/** What a group asks of the life of its members. */
export interface MemberLife {
  /** Ends the member's generation. It says so by {@link SiblingGroup.isDown}; some time later, perhaps. */
  takeDown(cell: ActorCell): void
  /** Stops the member for good. */
  end(cell: ActorCell): void
  /** Begins the next generation of a member that is down. */
  bringBack(cell: ActorCell): void
  readonly clock: Clock
}

export class SiblingGroup {
  readonly #parent: ActorCell
  readonly #life: MemberLife
  /** Those that are not back yet. */
  readonly #members = new Set<ActorCell>()
  readonly #down = new Set<ActorCell>()
  /** Those that are to end. */
  readonly #ending = new Set<ActorCell>()
  #delayMs = 0
  #waiting: ScheduledTask | undefined
  /** Brought back, and not started yet. */
  #starting: ActorCell | undefined
  #advancing = false
  #again = false
  /** The members in order of spawn, as of the last change; those still up, and where the next to come back is. */
  #order: readonly ActorCell[] = []
  #up: ActorCell[] = []
  #next = 0
  #changed = true

  constructor(parent: ActorCell, life: MemberLife) {
    this.#parent = parent
    this.#life = life
  }

  /** True when `cell` is the next to be taken down. */
  wantsDown(cell: ActorCell): boolean {
    return this.#lastUp() === cell
  }

  /** Adds an actor, and the siblings that its strategy treats with it. */
  join(failed: ActorCell, strategy: SupervisionStrategy): void {
    this.#add(failed)
    for (const sibling of treatedWith(failed, this.#parent, strategy)) {
      if (!this.#down.has(sibling)) this.#add(sibling)
      // One that waits behind another that never starts would never come to the stop in its mailbox.
      else if (sibling.stopRequested) this.#life.end(sibling)
    }
  }

  #add(cell: ActorCell): void {
    if (cell === this.#starting) this.#starting = undefined
    this.#members.add(cell)
    this.#down.delete(cell)
    this.#changed = true
    cell.group = this
  }

  /** Stops these for good, in the group's order. */
  end(cells: Iterable<ActorCell>): void {
    for (const cell of cells) {
      this.#ending.add(cell)
      this.#add(cell)
    }
    this.advance()
  }

  /** `cell` is down; with how long its own backoff wants to wait. */
  isDown(cell: ActorCell, delayMs: number): void {
    this.#down.add(cell)
    this.#delayMs = Math.max(this.#delayMs, delayMs)
    this.advance()
  }

  /** `cell` is no more. */
  isGone(cell: ActorCell): void {
    this.#leave(cell)
    this.advance()
  }

  /** The parent takes its children into its own hands. */
  dissolve(): void {
    this.#waiting?.cancel()
    for (const cell of [...this.#members]) this.#leave(cell)
    this.#parent.siblings = undefined
  }

  #leave(cell: ActorCell): void {
    if (cell.group === this) cell.group = undefined
    this.#members.delete(cell)
    this.#down.delete(cell)
    this.#ending.delete(cell)
    if (cell === this.#starting) this.#starting = undefined
  }

  /** Goes on as far as it can. Called whenever something happened to a member. */
  advance(): void {
    // What is done to a member may call back at once; a loop, so that the stack stays flat.
    this.#again = true
    if (this.#advancing) return
    this.#advancing = true
    while (this.#again && this.#parent.siblings === this) {
      this.#again = false
      this.#step()
    }
    this.#advancing = false
  }

  #step(): void {
    const up = this.#lastUp()
    if (up !== undefined) {
      this.#waiting?.cancel()
      this.#waiting = undefined
      if (this.#ending.has(up)) this.#life.end(up)
      else this.#life.takeDown(up)
      return
    }
    if (this.#waiting !== undefined) return
    if (this.#delayMs > 0) {
      this.#waiting = this.#life.clock.schedule(this.#delayMs, () => {
        this.#waiting = undefined
        this.advance()
      })
      this.#delayMs = 0
      return
    }
    if (this.#starting !== undefined && !hasStarted(this.#starting)) return
    const next = this.#firstDown()
    this.#starting = next
    if (next === undefined) {
      this.#parent.siblings = undefined
      return
    }
    this.#members.delete(next)
    this.#down.delete(next)
    next.group = undefined
    this.#life.bringBack(next)
    this.#again = true
  }

  #lastUp(): ActorCell | undefined {
    if (this.#changed) {
      this.#changed = false
      this.#order = [...(this.#parent.children ?? [])].filter((cell) => this.#members.has(cell))
      this.#up = this.#order.filter((cell) => !this.#down.has(cell))
      this.#next = 0
    }
    let last = this.#up.at(-1)
    while (last !== undefined && (this.#down.has(last) || !this.#members.has(last))) {
      this.#up.pop()
      last = this.#up.at(-1)
    }
    return last
  }

  #firstDown(): ActorCell | undefined {
    while (this.#next < this.#order.length && !this.#members.has(this.#order[this.#next] as ActorCell)) this.#next++
    return this.#order[this.#next]
  }
}

/** The siblings that `strategy` treats with `failed`, in order of spawn. */
export function treatedWith(failed: ActorCell, parent: ActorCell, strategy: SupervisionStrategy): ActorCell[] {
  if (strategy === 'one-for-one') return []
  const children = [...(parent.children ?? [])]
  const siblings = strategy === 'one-for-all' ? children : children.slice(children.indexOf(failed) + 1)
  return siblings.filter((cell) => cell !== failed && !cell.isInternal && cell.phase < Phase.stopping)
}

/** True when the cell's first turn is over, or will not come. */
function hasStarted({ phase, starts, current }: ActorCell): boolean {
  if (phase === Phase.busy) return current?.kind !== EnvelopeKind.started
  return phase >= Phase.stopping || (phase === Phase.ready && !starts)
}
