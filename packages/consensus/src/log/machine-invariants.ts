/**
 * Held against the replicas of a log from outside: those that have applied as many entries are the same, machine and
 * sessions, whichever snapshots, restarts and retries lie behind each. A command that one of them applied twice, or not
 * at all, shows here at once, and not only when that one leads.
 */
import { ConfigurationError } from '@troupe/core'
import { cloneValue, refuseUnknownOptions, requireData, shownValue } from '@troupe/core/host'
import { requireMachine } from './checked-machine.ts'
import { LogViolationError } from './invariants.ts'
import type { Outcomes } from './messages.ts'
import { ReplicaRecords } from './replica-records.ts'
import type { ReplicaState } from './replica-state.ts'
import type { Session } from './sessions.ts'
import type { AnyMachine } from './state-machine.ts'
import { absent, firstDifference, type ValueDifference } from './value-difference.ts'
import { type Digest, DigestWalk, unorderedDigest } from './value-digest.ts'

/** So many states, of the last numbers of entries, are kept to tell where others differ from them. */
const keptMax = 64

/** Options of a {@link LogMachineObserver}. */
export interface LogMachineObserverOptions {
  /**
   * What of a machine with `snapshot` and `restore` has to be the same. `state`: what `snapshot` gives and, where that is plain data,
   * the state too, in whatever order its keys and entries are: what these two forget shows. `snapshot`: what it gives alone, for a
   * state that also holds what can be made again, such as a cache. Default `state`.
   */
  readonly alike?: 'state' | 'snapshot'
}

/**
 * Watches one log. Costs a walk over a replica's machine whenever it has applied something, and a copy of it for the first
 * replica that has applied as much: for small machines.
 */
export class LogMachineObserver {
  readonly #machine: AnyMachine
  readonly #comparesOwn: boolean
  /** The first replica that had applied so many entries, and what it was then. */
  readonly #seen = new Map<number, { readonly id: string; readonly digest: Digest; readonly own: Digest | undefined }>()
  /** By the number of entries applied, modulo `keptMax`. */
  readonly #kept: Kept[] = []
  /** What each replica was when it was last compared: a new state of one is compared anew. */
  readonly #compared = new ReplicaRecords<Compared>()

  /** `machine`: that of the replicas. Throws a `ConfigurationError` for what is none, and for an option that nobody knows. */
  constructor(machine: AnyMachine, options: LogMachineObserverOptions = {}) {
    requireMachine('LogMachineObserver takes the object that replicate got', machine)
    refuseUnknownOptions('LogMachineObserver', options, { alike: true })
    const { alike = 'state' } = options
    if (alike !== 'state' && alike !== 'snapshot')
      throw new ConfigurationError(`LogMachineObserver: alike must be 'state' or 'snapshot', got ${shownValue(alike)}`)
    this.#machine = machine
    this.#comparesOwn = machine.snapshot !== undefined && alike === 'state'
  }

  /** The states of the replicas that are up, after a step: all, or those that may be other than before. Throws a {@link LogViolationError}. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      const compared = this.#compared.of(state) ?? this.#compared.add(state, { applied: -1, sessions: new Map() })
      if (compared.applied === state.applied) continue
      this.#compare(state, compared)
      compared.applied = state.applied
    }
  }

  #compare(state: ReplicaState, compared: Compared): void {
    const { id, applied } = state
    const value = this.#valueOf(state)
    const digest = digestOf(state, value, compared.sessions)
    const own = this.#comparesOwn ? ownDigest(state) : undefined
    const before = this.#seen.get(applied)
    const now = () => ({ applied, value, own: own && state.machine, sessions: sessionsOf(state, compared.sessions) })
    if (before === undefined) {
      this.#seen.set(applied, { id, digest, own })
      this.#kept[applied % keptMax] = { ...now(), value: copyOf(value), own: own && copyOf(state.machine) }
    } else if (!isSame(digest, before.digest) || !isSame(own, before.own)) {
      const kept = this.#kept[applied % keptMax]
      const other = { id: before.id, kept: kept?.applied === applied ? kept : undefined }
      throw unlike(state, now(), compared.applied, other)
    }
  }

  /** All of the machine, as a snapshot has it. */
  #valueOf({ machine: value }: ReplicaState): unknown {
    const { snapshot } = this.#machine
    return snapshot === undefined ? value : snapshot(value)
  }
}

/** Where one of them is of no data they cannot be told apart. */
function isSame(one: Digest | undefined, other: Digest | undefined): boolean {
  return one === undefined || other === undefined || (one.low === other.low && one.high === other.high)
}

/** Of the state of a machine, if that is data. */
function ownDigest({ machine }: ReplicaState): Digest | undefined {
  try {
    requireData(machine, () => 'the state')
  } catch {
    return undefined
  }
  return unorderedDigest(machine)
}

/** Of all that was applied. */
function digestOf({ sessions }: ReplicaState, value: unknown, known: Compared['sessions']): Digest {
  const walk = new DigestWalk().number(sessions.size)
  // An iterator makes a pair for each of them.
  sessions.forEach((session, number) => {
    let digest = known.get(number)
    if (digest === undefined || !digest.isOf(session)) {
      digest = new SessionDigest(number, session)
      known.set(number, digest)
    }
    walk.part(digest)
  })
  return walk.value(value)
}

/** What a replica had applied, to be looked into later. */
interface Kept {
  readonly applied: number
  readonly value: unknown
  /** The state, where `value` is what its machine made of it, and it is compared too. */
  readonly own: unknown
  readonly sessions: readonly SessionDigest[]
}

/** The sessions as they were digested just now. */
function sessionsOf({ sessions }: ReplicaState, known: Compared['sessions']): Kept['sessions'] {
  const digested: SessionDigest[] = []
  for (const number of sessions.keys()) digested.push(known.get(number) as SessionDigest)
  return digested
}

/** A state that is no data cannot be kept. */
function copyOf(value: unknown): unknown {
  try {
    return cloneValue(value)
  } catch {
    return undefined
  }
}

/** What is said of a replica that has applied as many entries as another one and is not the same. */
function unlike(
  state: ReplicaState,
  now: Kept,
  appliedBefore: number,
  other: { readonly id: string; readonly kept: Kept | undefined },
): LogViolationError {
  const { id, applied } = state
  const facts: Record<string, unknown> = { id, other: other.id, applied }
  let what = `${id} and ${other.id} have applied ${applied} entries and are not the same`
  const difference = other.kept === undefined ? undefined : differenceOf(now, other.kept)
  if (difference !== undefined) {
    const [value, otherValue] = [difference.left, difference.right].map(textOf)
    const path = difference.path.slice(1)
    what += `: ${path} is ${value} in ${id} and ${otherValue} in ${other.id}`
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

function differenceOf(now: Kept, before: Kept): ValueDifference | undefined {
  const found = before.value === undefined ? undefined : firstDifference(partsOf(now), partsOf(before))
  if (found !== undefined || now.own === undefined || before.own === undefined) return found
  return firstDifference({ state: now.own }, { state: before.own }, '', 0, false)
}

function partsOf({ value: state, sessions }: Kept): object {
  return { state, sessions: new Map(sessions.map(({ number, parts }) => [number, parts])) }
}

function textOf(value: unknown): string {
  return value === absent ? 'absent' : shownValue(value)
}

/** A state as it was when it was compared. */
interface Compared {
  applied: number
  readonly sessions: Map<number, SessionDigest>
}

/** The digest of a session as it was: most of them are as they were when another one's commands are applied. */
class SessionDigest implements Digest {
  readonly number: number
  readonly low: number
  readonly high: number
  readonly #ackedUpTo: number
  /** Outcomes are immutable. */
  readonly #results: readonly Outcomes[]

  constructor(number: number, { ackedUpTo, results }: Session) {
    const walk = new DigestWalk().number(number).number(ackedUpTo)
    for (let index = 0; index < results.length; index++) {
      const { first, values, failures } = results[index] as Outcomes
      walk.number(first).value(values).value(failures)
    }
    this.number = number
    this.low = walk.low
    this.high = walk.high
    this.#ackedUpTo = ackedUpTo
    this.#results = results.slice()
  }

  get parts(): Session {
    return { ackedUpTo: this.#ackedUpTo, results: [...this.#results] }
  }

  isOf({ ackedUpTo, results }: Session): boolean {
    const known = this.#results
    if (ackedUpTo !== this.#ackedUpTo || results.length !== known.length) return false
    for (let index = 0; index < known.length; index++) if (results[index] !== known[index]) return false
    return true
  }
}
