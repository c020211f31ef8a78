/**
 * What the replicas of a log have given their word for, held against them from outside. `LogObserver` looks at states
 * alone, and a state in memory runs ahead of the disk. What has *left* a replica is another matter: output commit lets it
 * out only after the events before it were synced, so that whoever comes back with less has broken its word. A mistake
 * is noticed here when it is made, and not only when it does harm.
 *
 * The observer is fed with what left (`sent`), with log entries (`logged`) and with the states after every step
 * (`check`). It shares no rule with the replicas but the order of ballots and the sizes of quorums.
 */
import type { LogEntry } from '@troupe/core'
import { type LogConfiguration, votersOf } from './configuration.ts'
import { entryAt, lengthOf } from './entry.ts'
import { LogViolationError } from './invariants.ts'
import { compareLogBallots, type LogBallot, logBallotKey } from './log-ballot.ts'
import type { AcceptedLog, PrepareLog, PromisedLog } from './messages.ts'
import type { ReplicaState } from './replica-state.ts'

/** The invariants by name. */
export type LogWordInvariant =
  | 'promised never falls'
  | 'a vote is not below the promise'
  | 'a vote is kept'
  | 'a vote holds what was decided before'
  | 'a ballot is drawn once'
  | 'who promised knows the configuration'
  | 'decided implies voted for'

/** What one replica has said. */
interface Word {
  promised: LogBallot | undefined
  /** The highest ballot that it voted in, and how far. */
  vote: LogBallot | undefined
  voted: number
}

/** One ballot's votes. */
interface Votes {
  readonly ballot: LogBallot
  /** By voter: how far its furthest vote reached. */
  readonly by: Map<string, number>
  /** By replica: how long its log was when it became that of the ballot. */
  readonly adopted: Map<string, number>
  /** How far the log was decided by them. */
  decided: number
  /** False while there are no more than when they were last found not to decide enough. */
  areNew: boolean
}

/** Watches one log. Its methods throw a {@link LogViolationError}, whose `facts.invariant` is a {@link LogWordInvariant}. */
export class LogWordObserver {
  /** The names of the messages that `sent` wants. */
  static readonly messages: readonly string[] = ['prepare', 'promise', 'accepted']
  readonly #words = new Map<string, Word>()
  readonly #votes = new Map<string, Votes>()
  /** The same, in a list: it is gone through again and again. */
  readonly #ballotsVoted: Votes[] = []
  /** The ballot of each replica's log. */
  readonly #ballots = new Map<string, LogBallot>()
  /** Ballots whose `prepare` has left. */
  readonly #drawn = new Set<string>()
  /** By number, as they were given and as the log has them. */
  readonly #configurations = new Map<number, LogConfiguration>()
  /** Where each configuration ended: the index behind its last entry, by its number. */
  readonly #ends = new Map<number, number>()
  /** The replicas as they were seen last, and those that have given their word since. */
  readonly #states = new Map<string, ReplicaState>()
  readonly #spoken = new Set<string>()
  /** How far the log is known to be decided. */
  #decided = 0
  #checks = 0

  /** `configuration`: the first. */
  constructor(configuration: LogConfiguration) {
    this.#configurations.set(configuration.number, configuration)
  }

  /** How many facts were held against the invariants. */
  get statistics() {
    return { checks: this.#checks }
  }

  /** A message left a replica; those of other protocols are ignored. */
  sent(message: string, payload: unknown): void {
    if (message === 'prepare') this.#prepared(payload as PrepareLog)
    else if (message === 'promise') this.#promised(payload as PromisedLog)
    else if (message === 'accepted') this.#accepted(payload as AcceptedLog)
  }

  /** The disk of a replica was lost: it may be back with nothing. What it said to others was said. */
  wiped(id: string): void {
    this.#words.delete(id)
    this.#ballots.delete(id)
  }

  /** A replica logged. */
  logged({ message, fields }: Pick<LogEntry, 'message' | 'fields'>): void {
    if (message !== 'election') return
    const { ballot } = fields as { readonly ballot: LogBallot }
    const key = logBallotKey(ballot)
    this.#checks++
    if (this.#drawn.has(key)) broken('a ballot is drawn once', `${ballot.node} drew ${key} again`, { ballot })
  }

  /** The states of the replicas that are up, after a step: all, or those that may be other than before. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      this.#states.set(state.id, state)
      this.#spoken.delete(state.id)
      const { id, acceptedBallot, entries, promised, configuration, applied, decided } = state
      // One that is back applies what it knows to be decided first.
      if (applied === decided && promised !== undefined && promised.config > configuration.number) {
        const facts = { id, promised, configuration: configuration.number }
        const what = `${id} promised in a configuration that it has forgotten, and can only refuse what is asked in its own`
        throw new LogViolationError('who promised knows the configuration', what, facts)
      }
      if (acceptedBallot !== undefined && compareLogBallots(acceptedBallot, this.#ballots.get(id)) !== 0)
        this.#adopted(id, acceptedBallot, lengthOf(entries))
      this.#checkWord(state)
      if (state.decided > this.#decided) this.#checkDecided(state)
    }
    if (this.#spoken.size === 0) return
    for (const id of this.#spoken) {
      const state = this.#states.get(id)
      if (state !== undefined) this.#checkWord(state)
    }
    this.#spoken.clear()
  }

  #prepared({ ballot }: PrepareLog): void {
    this.#drawn.add(logBallotKey(ballot))
    this.#raise(ballot.node, ballot)
  }

  #promised({ ballot, from }: PromisedLog): void {
    const { promised } = this.#wordOf(from)
    this.#checks++
    if (compareLogBallots(ballot, promised) < 0)
      broken('promised never falls', `${from} promises a ballot below its promise`, { from, ballot, promised })
    this.#raise(from, ballot)
  }

  #accepted({ ballot, from, length }: AcceptedLog): void {
    const word = this.#wordOf(from)
    const { promised } = word
    this.#checks++
    if (compareLogBallots(ballot, promised) < 0) {
      const facts = { from, ballot, promised, length }
      broken('a vote is not below the promise', `${from} votes in a ballot below its promise`, facts)
    }
    this.#raise(from, ballot)
    word.voted = compareLogBallots(ballot, word.vote) === 0 ? Math.max(word.voted, length) : length
    word.vote = ballot
    const votes = this.#votesIn(ballot)
    if (length <= (votes.by.get(from) ?? 0)) return
    votes.by.set(from, length)
    votes.areNew = true
  }

  /** A replica's log became that of a ballot: it has all that lower ballots decided, whoever knows of it. */
  #adopted(id: string, ballot: LogBallot, length: number): void {
    this.#ballots.set(id, ballot)
    this.#votesIn(ballot).adopted.set(id, length)
    for (const { ballot: earlier, decided } of this.#ballotsVoted) {
      if (compareLogBallots(earlier, ballot) < 0) this.#holds(id, ballot, length, decided)
    }
  }

  #holds(id: string, ballot: LogBallot, length: number, decided: number): void {
    this.#checks++
    if (length >= decided) return
    const what = `${id} went over to a ballot with ${length} entries when a lower one had decided ${decided}`
    broken('a vote holds what was decided before', what, { id, ballot, length, decided })
  }

  #checkWord({ id, promised, acceptedBallot, entries }: ReplicaState): void {
    const word = this.#words.get(id)
    if (word === undefined) return
    this.#checks++
    if (compareLogBallots(promised, word.promised) < 0) {
      const facts = { id, promised, word: word.promised }
      broken('promised never falls', `${id} is back below its promise`, facts)
    }
    const order = compareLogBallots(acceptedBallot, word.vote)
    // What was voted for behind the end of its configuration is void.
    const end = this.#ends.get(word.vote?.config ?? 0) ?? Number.POSITIVE_INFINITY
    if (order > 0 || (order === 0 && lengthOf(entries) >= Math.min(word.voted, end))) return
    const facts = { id, acceptedBallot, length: lengthOf(entries), vote: word.vote, voted: word.voted }
    throw new LogViolationError('a vote is kept', `${id} does not have what it voted for`, facts)
  }

  /** Somebody knows more to be decided than anybody before: a quorum must have voted for it, in one ballot. */
  #checkDecided({ id, entries, decided }: ReplicaState): void {
    for (let index = Math.max(this.#decided, entries.trimmed); index < decided; index++) {
      const entry = entryAt(entries, index)
      if (entry.kind !== 'configuration') continue
      const { number } = entry.configuration
      this.#configurations.set(number, entry.configuration)
      this.#ends.set(number - 1, index + 1)
    }
    const votes = this.#chosen(decided)
    this.#checks++
    if (votes === undefined)
      broken('decided implies voted for', `${id} takes ${decided} entries for decided`, { id, decided })
    this.#decided = decided
    votes.decided = decided
    for (const { ballot, adopted } of this.#ballotsVoted) {
      if (compareLogBallots(ballot, votes.ballot) <= 0) continue
      for (const [id, length] of adopted) this.#holds(id, ballot, length, decided)
    }
  }

  /** The first ballot in which a quorum of its own configuration has voted for so many entries. */
  #chosen(length: number): Votes | undefined {
    for (const votes of this.#ballotsVoted) if (this.#isChosen(votes, length)) return votes
    return undefined
  }

  /** For lengths that grow from call to call. */
  #isChosen(votes: Votes, length: number): boolean {
    const { ballot, by } = votes
    const configuration = this.#configurations.get(ballot.config)
    if (!votes.areNew || configuration === undefined || by.size < configuration.quorums.acceptance) return false
    let voters = 0
    for (const { id } of votersOf(configuration)) if ((by.get(id) ?? 0) >= length) voters++
    votes.areNew = voters >= configuration.quorums.acceptance
    return votes.areNew
  }

  #votesIn(ballot: LogBallot): Votes {
    const key = logBallotKey(ballot)
    let votes = this.#votes.get(key)
    if (votes === undefined) {
      votes = { ballot, by: new Map(), adopted: new Map(), decided: 0, areNew: true }
      this.#votes.set(key, votes)
      this.#ballotsVoted.push(votes)
    }
    return votes
  }

  #raise(id: string, ballot: LogBallot): void {
    const word = this.#wordOf(id)
    if (compareLogBallots(ballot, word.promised) > 0) word.promised = ballot
  }

  #wordOf(id: string): Word {
    this.#spoken.add(id)
    let word = this.#words.get(id)
    if (word === undefined) {
      word = { promised: undefined, vote: undefined, voted: 0 }
      this.#words.set(id, word)
    }
    return word
  }
}

function broken(invariant: LogWordInvariant, what: string, facts: Readonly<Record<string, unknown>>): never {
  throw new LogViolationError(invariant, what, facts)
}
