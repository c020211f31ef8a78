/**
 * Held against the replicas of a log from outside: those that have applied as many entries are the same, machine and
 * sessions, whichever snapshots, restarts and retries lie behind each. A command that one of them applied twice, or not
 * at all, shows here at once, and not only when that one leads.
 */
import { takeSnapshot } from './applying.ts'
import { requireMachine } from './checked-machine.ts'
import { LogViolationError } from './invariants.ts'
import type { ReplicaState } from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'
import { valueDigest } from './value-digest.ts'

/** Watches one log. Costs a walk over a replica's machine and sessions whenever it has applied something: for small machines. */
export class LogMachineObserver {
  readonly #machine: AnyMachine
  /** The first replica that had applied so many entries, and what it was then. */
  readonly #seen = new Map<number, { readonly id: string; readonly digest: bigint }>()
  /** What each replica's state was last compared at: a new one is compared anew. */
  readonly #compared = new WeakMap<ReplicaState, number>()

  /** `machine`: that of the replicas. Throws a `ConfigurationError` for what is none. */
  constructor(machine: AnyMachine) {
    requireMachine('LogMachineObserver takes the object that replicate got', machine)
    this.#machine = machine
  }

  /** The states of the replicas that are up, after a step: all, or those that may be other than before. Throws a {@link LogViolationError}. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      if (this.#compared.get(state) === state.applied) continue
      this.#compared.set(state, state.applied)
      this.#compare(state)
    }
  }

  #compare(state: ReplicaState): void {
    const { id, applied } = state
    const { sessions, machine } = takeSnapshot(state, this.#machine)
    const digest = valueDigest({ sessions, machine })
    const before = this.#seen.get(applied)
    if (before === undefined) this.#seen.set(applied, { id, digest })
    else if (digest !== before.digest) {
      const what = `${id} and ${before.id} have applied ${applied} entries and are not the same`
      throw new LogViolationError('applied alike', what, { id, other: before.id, applied })
    }
  }
}
