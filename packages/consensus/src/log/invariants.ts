/**
 * The invariants of a replicated log, held against the states of its replicas from outside, after every step: decided
 * prefixes agree; a new leader has what was decided below its ballot; nothing follows the entry that ends a configuration
 * in it, and who has seen that end keeps nothing of what it had accepted there; trimmed <= applied <= decided <= length. What
 * was decided once is remembered here, so that a replica that forgets it and comes back is held against it too.
 */
import { TroupeError } from '@troupe/core'
import { type Entry, entryAt, lengthOf } from './entry.ts'
import { compareLogBallots, type LogBallot, logBallotKey } from './log-ballot.ts'
import { ReplicaRecords } from './replica-records.ts'
import type { Leadership, ReplicaState } from './replica-state.ts'
import { isSameValue } from './same-value.ts'

/** An invariant was broken; `facts.invariant` names it. */
export class LogViolationError extends TroupeError {
  constructor(invariant: string, what: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_LOG_VIOLATION', `${invariant}: ${what}`, { ...facts, invariant })
  }
}

/** What was looked at of one replica. */
class Compared {
  /** The decided entries below were compared. */
  below = 0
  /** As what it was elected. */
  lead: Leadership | undefined = undefined
}

export class LogObserver {
  /** The decided entries; `undefined` where one was never seen, between snapshots. */
  readonly #decided: (Entry | undefined)[] = []
  readonly #compared = new ReplicaRecords<Compared>()
  /** Where each configuration ended: the index behind its last entry, by its number. */
  readonly #ends = new Map<number, number>()
  readonly #leaders = new Set<string>()
  /** The highest ballot that was elected. */
  #highest: LogBallot | undefined
  #configurations = 1
  #installed = 0

  /** What the run came to: leaders elected, configurations begun, entries decided, snapshots installed. */
  get statistics() {
    const { length: decided } = this.#decided
    return { leaders: this.#leaders.size, configurations: this.#configurations, decided, installed: this.#installed }
  }

  /** Throws a {@link LogViolationError}. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) this.#checkOne(state)
  }

  #checkOne(state: ReplicaState): void {
    const { id, entries, applied, decided, lead, configuration } = state
    const { trimmed } = entries
    if (!(trimmed <= applied && applied <= decided && decided <= lengthOf(entries))) {
      const facts = { id, trimmed, applied, decided, length: lengthOf(entries) }
      throw new LogViolationError('order', `trimmed, applied, decided and length of ${id} are out of order`, facts)
    }
    this.#configurations = Math.max(this.#configurations, configuration.number)
    const compared = this.#compared.of(state) ?? this.#compared.add(state, new Compared())
    const { below } = compared
    if (trimmed > below && below > 0) this.#installed++
    for (let index = Math.max(trimmed, below); index < decided; index++) this.#agree(state, index)
    compared.below = decided
    this.#checkEnd(state)
    if (lead?.elected && compared.lead !== lead) {
      compared.lead = lead
      this.#checkLeader(state, lead.ballot)
    }
  }

  #agree(state: ReplicaState, index: number): void {
    const entry = entryAt(state.entries, index)
    if (entry.kind === 'configuration') this.#ended(state.id, entry.configuration.number - 1, index + 1)
    const before = this.#decided[index]
    if (before === undefined) {
      this.#decided[index] = entry
    } else if (!isSameEntry(before, entry)) {
      const facts = { id: state.id, index, entry: JSON.stringify(entry), before: JSON.stringify(before) }
      throw new LogViolationError('agreement', `${state.id} has another entry decided at ${index}`, facts)
    }
  }

  /** Each configuration ends once: what is decided behind its end belongs to the next one. */
  #ended(id: string, number: number, end: number): void {
    const known = this.#ends.get(number) ?? end
    this.#ends.set(number, end)
    if (known === end) return
    throw new LogViolationError('end', `configuration ${number} has ended twice`, { id, number, ends: [known, end] })
  }

  /** Nothing is accepted in a configuration behind the entry that ends it, and who has seen that end keeps nothing of it. */
  #checkEnd({ id, entries, applied, decided, acceptedBallot, configuration }: ReplicaState): void {
    const length = lengthOf(entries)
    // One that is back applies what it knows to be decided first.
    if (length > decided && applied === decided && (acceptedBallot?.config ?? 0) < configuration.number) {
      const facts = { id, decided, length, acceptedBallot, configuration: configuration.number }
      throw new LogViolationError(
        'end',
        `${id} keeps entries that it accepted before the configuration that it is in`,
        facts,
      )
    }
    for (let index = decided; index < length - 1; index++) {
      const entry = entryAt(entries, index)
      if (entry.kind !== 'configuration' || entry.configuration.number <= (acceptedBallot?.config ?? 0)) continue
      throw new LogViolationError('end', `${id} accepted entries behind the end of a configuration`, { id, index })
    }
  }

  /** A leader of a configuration that has ended, which it may not know, need not have what came after. */
  #checkLeader(state: ReplicaState, ballot: LogBallot): void {
    const key = logBallotKey(ballot)
    if (this.#leaders.has(key)) return
    this.#leaders.add(key)
    // One whose promises came late, after a higher ballot was elected, is refused by all who count; it knows nothing of them.
    if (compareLogBallots(ballot, this.#highest) < 0) return
    this.#highest = ballot
    const end = this.#ends.get(ballot.config) ?? this.#decided.length
    const { id, entries } = state
    const length = lengthOf(entries)
    for (let index = entries.trimmed; index < end; index++) {
      const decided = this.#decided[index]
      if (decided === undefined || (index < length && isSameEntry(entryAt(entries, index), decided))) continue
      throw new LogViolationError('leader', `${id} leads without the decided entry ${index}`, { id, index, ballot })
    }
  }
}

/** Nearly all are commands. */
function isSameEntry(left: Entry, right: Entry): boolean {
  if (left === right) return true
  if (left.kind !== 'commands' || right.kind !== 'commands') return isSameValue(left, right)
  return (
    left.session === right.session &&
    left.first === right.first &&
    left.ackedUpTo === right.ackedUpTo &&
    left.weight === right.weight &&
    isSameValue(left.operations, right.operations)
  )
}
