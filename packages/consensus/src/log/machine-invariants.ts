/**
 * Held against the replicas of a log from outside: those that have applied as many entries are the same, machine and
 * sessions, whichever snapshots, restarts and retries lie behind each. A command that one of them applied twice, or not
 * at all, shows here at once, and not only when that one leads.
 */
import { requireMachine } from './checked-machine.ts'
import { LogViolationError } from './invariants.ts'
import type { ReplicaState } from './replica-state.ts'
import type { Session } from './sessions.ts'
import type { AnyMachine } from './state-machine.ts'
import { type Digest, DigestWalk } from './value-digest.ts'

/** Watches one log. Costs a walk over a replica's machine whenever it has applied something: for small machines. */
export class LogMachineObserver {
  readonly #machine: AnyMachine
  /** The first replica that had applied so many entries, and what it was then. */
  readonly #seen = new Map<number, { readonly id: string; readonly digest: Digest }>()
  /** What each replica's state was when it was last compared: a new one is compared anew. */
  readonly #compared = new WeakMap<ReplicaState, Compared>()

  /** `machine`: that of the replicas. Throws a `ConfigurationError` for what is none. */
  constructor(machine: AnyMachine) {
    requireMachine('LogMachineObserver takes the object that replicate got', machine)
    this.#machine = machine
  }

  /** The states of the replicas that are up, after a step: all, or those that may be other than before. Throws a {@link LogViolationError}. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      let compared = this.#compared.get(state)
      if (compared === undefined) {
        compared = { applied: -1, sessions: new Map() }
        this.#compared.set(state, compared)
      }
      if (compared.applied === state.applied) continue
      compared.applied = state.applied
      this.#compare(state, compared)
    }
  }

  #compare(state: ReplicaState, { sessions }: Compared): void {
    const { id, applied } = state
    const digest = this.#digestOf(state, sessions)
    const before = this.#seen.get(applied)
    if (before === undefined) this.#seen.set(applied, { id, digest })
    else if (digest.low !== before.digest.low || digest.high !== before.digest.high) {
      const what = `${id} and ${before.id} have applied ${applied} entries and are not the same`
      throw new LogViolationError('applied alike', what, { id, other: before.id, applied })
    }
  }

  /** Of all that was applied, as a snapshot has it. */
  #digestOf({ sessions, machine: value }: ReplicaState, known: Compared['sessions']): Digest {
    const { snapshot } = this.#machine
    const walk = new DigestWalk().number(sessions.size)
    for (const [number, session] of sessions) {
      let digest = known.get(number)
      if (digest?.isOf(session) !== true) {
        digest = new SessionDigest(session)
        known.set(number, digest)
      }
      walk.number(number).part(digest)
    }
    return walk.value(snapshot === undefined ? value : snapshot(value))
  }
}

/** A state as it was when it was compared. */
interface Compared {
  applied: number
  readonly sessions: Map<number, SessionDigest>
}

/** The digest of a session as it was: most of them are as they were when another one's commands are applied. */
class SessionDigest extends DigestWalk {
  readonly #ackedUpTo: number
  /** Outcomes are immutable. */
  readonly #results: Session['results']

  constructor({ ackedUpTo, results }: Session) {
    super()
    this.#ackedUpTo = ackedUpTo
    this.#results = [...results]
    this.number(ackedUpTo).value(results)
  }

  isOf({ ackedUpTo, results }: Session): boolean {
    const known = this.#results
    if (ackedUpTo !== this.#ackedUpTo || results.length !== known.length) return false
    for (let index = 0; index < known.length; index++) if (results[index] !== known[index]) return false
    return true
  }
}
