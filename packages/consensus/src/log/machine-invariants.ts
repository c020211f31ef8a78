/**
 * Held against the replicas of a log from outside: those that have applied as many entries are the same, machine and
 * sessions, whichever snapshots, restarts and retries lie behind each. A command that one of them applied twice, or not
 * at all, shows here at once, and not only when that one leads.
 */
import { cloneValue, shownValue } from '@troupe/core/host'
import { isAlike } from './alike-values.ts'
import { requireMachine } from './checked-machine.ts'
import { LogViolationError } from './invariants.ts'
import { ReplicaRecords } from './replica-records.ts'
import type { ReplicaState } from './replica-state.ts'
import type { Session } from './sessions.ts'
import type { AnyMachine } from './state-machine.ts'
import { TakenSessions } from './taken-sessions.ts'
import { absent, firstDifference } from './value-difference.ts'
import { type Digest, DigestWalk } from './value-digest.ts'

/** So many states, of the last numbers of entries, are kept to compare others with, and to tell where they differ. */
const keptMax = 64

/**
 * Watches one log. Costs a walk over a replica's machine whenever it has applied something, and a copy of it for the first
 * replica that has applied as much: for small machines.
 */
export class LogMachineObserver {
  readonly #machine: AnyMachine
  /** By the number of entries applied: the first replica that had applied so many, and its digest then. */
  readonly #seen = new Map<number, { readonly id: string; readonly digest: Digest }>()
  /** By the number of entries applied, modulo `keptMax`. */
  readonly #kept: (Kept | undefined)[] = new Array(keptMax).fill(undefined)
  /** What each replica was when it was last compared: a new state of one is compared anew. */
  readonly #compared = new ReplicaRecords<Compared>()

  /** `machine`: that of the replicas. Throws a `ConfigurationError` for what is none. */
  constructor(machine: AnyMachine) {
    requireMachine('LogMachineObserver takes the object that replicate got', machine)
    this.#machine = machine
  }

  /** The states of the replicas that are up, after a step: all, or those that may be other than before. Throws a {@link LogViolationError}. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      const compared = this.#compared.of(state) ?? this.#compared.add(state, new Compared())
      if (compared.applied === state.applied) continue
      this.#compare(state, compared)
      compared.applied = state.applied
    }
  }

  #compare(state: ReplicaState, { applied: before, sessions }: Compared): void {
    const { id, applied } = state
    const value = this.#valueOf(state)
    sessions.take(state.sessions)
    const kept = this.#kept[applied % keptMax]
    if (kept?.applied === applied) {
      if (isSameDigest(sessions, kept) && isAlike(value, kept.value)) return
      throw unlike(state, { value, sessions: sessions.kept() }, before, kept.id, kept)
    }
    const seen = this.#seen.get(applied)
    const digest = digestOf(value, sessions)
    if (seen !== undefined) {
      if (isSameDigest(digest, seen.digest)) return
      throw unlike(state, { value, sessions: sessions.kept() }, before, seen.id)
    }
    this.#seen.set(applied, { id, digest })
    this.#kept[applied % keptMax] = keptOf(id, applied, value, sessions)
  }

  /** All of the machine, as a snapshot has it. */
  #valueOf({ machine: value }: ReplicaState): unknown {
    const { snapshot } = this.#machine
    return snapshot === undefined ? value : snapshot(value)
  }
}

/** A replica as it was when it had applied so many entries. The digest is that of its sessions. */
interface Kept extends Digest, Pick<Applied, 'value' | 'sessions'> {
  readonly id: string
  readonly applied: number
}

/** What a replica has applied. */
interface Applied {
  readonly value: unknown
  /** With their numbers, in their order. */
  readonly sessions: readonly (readonly [number, Session])[]
}

/** `undefined` for a state that is no data: it cannot be kept. */
function keptOf(id: string, applied: number, value: unknown, sessions: TakenSessions): Kept | undefined {
  try {
    const { low, high } = sessions
    return { id, applied, value: cloneValue(value), sessions: sessions.kept(), low, high }
  } catch {
    return undefined
  }
}

/** Of all that was applied. */
function digestOf(value: unknown, sessions: Digest): Digest {
  return new DigestWalk().part(sessions).value(value)
}

function isSameDigest(left: Digest, right: Digest): boolean {
  return left.low === right.low && left.high === right.high
}

/** What is said of a replica that has applied as many entries as another one and is not the same. `kept`: that one, if it is. */
function unlike(
  state: ReplicaState,
  now: Applied,
  appliedBefore: number,
  other: string,
  kept?: Applied,
): LogViolationError {
  const { id, applied } = state
  const facts: Record<string, unknown> = { id, other, applied }
  let what = `${id} and ${other} have applied ${applied} entries and are not the same`
  const difference = kept === undefined ? undefined : firstDifference(partsOf(now), partsOf(kept))
  if (difference !== undefined) {
    const [value, otherValue] = [difference.left, difference.right].map(textOf)
    const path = difference.path.slice(1)
    what += `: ${path} is ${value} in ${id} and ${otherValue} in ${other}`
    Object.assign(facts, { path, value, otherValue })
  }
  const last = applied - 1
  const entry = state.entries.entries[last - state.entries.trimmed]
  if (entry !== undefined) {
    const since = appliedBefore < 0 || appliedBefore >= last ? '' : `, the last since ${appliedBefore}`
    const text = entry.kind === 'commands' ? `commands ${shownValue(entry.operations)}` : `of kind ${entry.kind}`
    what += `; after entry ${last}${since}: ${text}`
    Object.assign(facts, { index: last, entry: text })
  }
  return new LogViolationError('applied alike', what, facts)
}

function partsOf({ value: state, sessions }: Applied): object {
  return { state, sessions: new Map(sessions) }
}

function textOf(value: unknown): string {
  return value === absent ? 'absent' : shownValue(value)
}

/** A replica as it was when it was compared. */
class Compared {
  /** Below 0 before it was. */
  applied = -1
  readonly sessions = new TakenSessions()
}
