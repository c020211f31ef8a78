/**
 * All invariants of a replicated log, held against its replicas after every step. Most steps change nothing of a replica that
 * an invariant speaks of (a heartbeat, an answer to one, a read): what the four observers read of a state is noted, and
 * they look at it again only where something of it is another one.
 */
import type { LogEntry } from '@troupe/core'
import type { LogConfiguration } from './configuration.ts'
import type { Entry } from './entry.ts'
import { LogObserver } from './invariants.ts'
import type { LogBallot } from './log-ballot.ts'
import { LogMachineObserver, type LogMachineObserverOptions } from './machine-invariants.ts'
import { LogPledgeObserver } from './pledge-invariants.ts'
import { ReplicaRecords } from './replica-records.ts'
import type { Leadership, ReplicaState } from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'
import { LogWordObserver } from './word-invariants.ts'

/** What is watched. */
export interface LogWatchOptions extends LogMachineObserverOptions {
  /** The first configuration of the log. */
  readonly configuration: LogConfiguration
  /** That of the replicas: the object that `replicate` got. */
  readonly machine: AnyMachine
  /** That of the log's options. */
  readonly clockDriftMax: number
  /** Holds the states; default: a new one. */
  readonly observer?: LogObserver
}

/** Watches one log. Its methods throw a `LogViolationError`, whose `facts.invariant` names what was broken. */
export class LogWatch {
  /** The names of the messages that `sent` wants. */
  static readonly messages: readonly string[] = [...LogWordObserver.messages, ...LogPledgeObserver.messages]
  readonly observer: LogObserver
  readonly #words: LogWordObserver
  readonly #pledges: LogPledgeObserver
  readonly #machines: LogMachineObserver
  readonly #seen = new ReplicaRecords<Seen>()

  /** Throws a `ConfigurationError` for a machine that is none. */
  constructor({
    configuration,
    machine,
    clockDriftMax,
    alike = 'state',
    observer = new LogObserver(),
  }: LogWatchOptions) {
    this.observer = observer
    this.#words = new LogWordObserver(configuration)
    this.#pledges = new LogPledgeObserver({ clockDriftMax })
    this.#machines = new LogMachineObserver(machine, { alike })
  }

  /** A message left a replica, at that time in real milliseconds; those of other protocols are ignored. */
  sent(message: string, payload: unknown, nowMs: number): void {
    this.#words.sent(message, payload)
    this.#pledges.sent(message, payload, nowMs)
  }

  /** A replica logged. */
  logged(entry: Pick<LogEntry, 'message' | 'fields'>): void {
    this.#words.logged(entry)
  }

  /** The disk of replica `id` was lost. */
  wiped(id: string): void {
    this.#words.wiped(id)
    this.#pledges.wiped(id)
    this.#seen.remove(id)
  }

  /** The replicas that are up, after a step, as a view shows them: all, or those that may be other than before. */
  check(replicas: readonly { readonly state: ReplicaState }[]): void {
    const changed = this.#changedOf(replicas)
    if (changed.length > 0) this.observer.check(changed)
    // Those whose word has left meanwhile are looked at, too.
    this.#words.check(changed)
    if (changed.length === 0) return
    this.#pledges.check(changed)
    this.#machines.check(changed)
  }

  #changedOf(replicas: readonly { readonly state: ReplicaState }[]): readonly ReplicaState[] {
    let changed: ReplicaState[] | undefined
    for (const { state } of replicas) {
      const seen = this.#seen.of(state) ?? this.#seen.add(state, new Seen())
      if (!seen.takes(state)) continue
      if (changed === undefined) changed = [state]
      else changed.push(state)
    }
    return changed ?? none
  }
}

const none: readonly ReplicaState[] = []

/** What the observers read of one replica's state, as it was when they looked. */
class Seen {
  /** `undefined` before they have looked at all. */
  #configuration: LogConfiguration | undefined
  #promised: LogBallot | undefined
  #acceptedBallot: LogBallot | undefined
  #trimmed = 0
  #count = 0
  /** Entries are immutable, and are replaced up to the end of the log or become decided. */
  #last: Entry | undefined
  #decided = 0
  #applied = 0
  #elected: Leadership | undefined
  #refusedBy: string | undefined
  #knownIn = 0

  /** Takes it down; true when it is other than before. */
  takes(state: ReplicaState): boolean {
    const { configuration, promised, acceptedBallot, decided, applied, lead, refusedBy, knownIn } = state
    const { trimmed, entries } = state.entries
    const count = entries.length
    const last = count === 0 ? undefined : entries[count - 1]
    const elected = lead?.elected ? lead : undefined
    const isSame =
      this.#decided === decided &&
      this.#applied === applied &&
      this.#count === count &&
      this.#last === last &&
      this.#promised === promised &&
      this.#acceptedBallot === acceptedBallot &&
      this.#elected === elected &&
      this.#trimmed === trimmed &&
      this.#configuration === configuration &&
      this.#refusedBy === refusedBy &&
      this.#knownIn === knownIn
    if (isSame) return false
    this.#configuration = configuration
    this.#promised = promised
    this.#acceptedBallot = acceptedBallot
    this.#trimmed = trimmed
    this.#count = count
    this.#last = last
    this.#decided = decided
    this.#applied = applied
    this.#elected = elected
    this.#refusedBy = refusedBy
    this.#knownIn = knownIn
    return true
  }
}
