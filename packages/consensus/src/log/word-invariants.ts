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
import { type LogConfiguration, ownConfiguration, votersOf } from './configuration.ts'
import { entryAt, lengthOf } from './entry.ts'
import { LogViolationError } from './invariants.ts'
import { compareLogBallots, higherOf, type LogBallot, logBallotKey } from './log-ballot.ts'
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

/** One replica: what it has said, and as what it was seen. */
class Speaker {
  readonly id: string
  /** False while it has said nothing since its disk was lost, or at all. */
  hasWord = false
  promised: LogBallot | undefined = undefined
  /** The highest ballot that it voted in, how far, and all votes of that ballot. */
  vote: LogBallot | undefined = undefined
  voted = 0
  votes: Votes | undefined = undefined
  /** The ballot of its log. */
  ballot: LogBallot | undefined = undefined
  /** As it was seen last. */
  state: ReplicaState | undefined = undefined
  /** It has given its word since. */
  hasSpoken = false

  constructor(id: string) {
    this.id = id
  }

  /** Its disk was lost: it may be back with nothing. */
  forget(): void {
    this.hasWord = false
    this.promised = undefined
    this.vote = undefined
    this.voted = 0
    this.votes = undefined
    this.ballot = undefined
  }
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
  readonly #speakers = new Map<string, Speaker>()
  readonly #votes = new Map<string, Votes>()
  /** The same, in a list: it is gone through again and again. */
  readonly #ballotsVoted: Votes[] = []
  /** The highest of their ballots. */
  #highest: LogBallot | undefined
  /** Ballots whose `prepare` has left. */
  readonly #drawn = new Set<string>()
  /** By number, as they were given and as the log has them. */
  readonly #configurations = new Map<number, LogConfiguration>()
  /** Where each configuration ended: the index behind its last entry, by its number. */
  readonly #ends = new Map<number, number>()
  /** Those that have given their word since the last check, so many of the list. */
  readonly #spoken: Speaker[] = []
  #spokenCount = 0
  /** How far the log is known to be decided. */
  #decided = 0
  #checks = 0

  /** `configuration`: the first. */
  constructor(configuration: LogConfiguration) {
    this.#configurations.set(configuration.number, ownConfiguration(configuration))
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
    this.#speakers.get(id)?.forget()
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
    for (const state of states) this.#checkState(state)
    for (let index = 0; index < this.#spokenCount; index++) {
      const speaker = this.#spoken[index] as Speaker
      if (speaker.hasSpoken && speaker.state !== undefined) this.#checkWord(speaker, speaker.state)
      speaker.hasSpoken = false
    }
    this.#spokenCount = 0
  }

  #checkState(state: ReplicaState): void {
    const { id, acceptedBallot, promised, configuration, applied, decided } = state
    const speaker = this.#speakerOf(id)
    speaker.state = state
    speaker.hasSpoken = false
    // One that is back applies what it knows to be decided first.
    if (applied === decided && promised !== undefined && promised.config > configuration.number) {
      const facts = { id, promised, configuration: configuration.number }
      const what = `${id} promised in a configuration that it has forgotten, and can only refuse what is asked in its own`
      throw new LogViolationError('who promised knows the configuration', what, facts)
    }
    if (acceptedBallot !== undefined && compareLogBallots(acceptedBallot, speaker.ballot) !== 0)
      this.#adopted(speaker, acceptedBallot, lengthOf(state.entries))
    this.#checkWord(speaker, state)
    if (decided > this.#decided) this.#checkDecided(state)
  }

  #prepared({ ballot }: PrepareLog): void {
    this.#drawn.add(logBallotKey(ballot))
    const speaker = this.#speaks(ballot.node)
    if (compareLogBallots(ballot, speaker.promised) > 0) speaker.promised = ballot
  }

  #promised({ ballot, from }: PromisedLog): void {
    const speaker = this.#speaks(from)
    const { promised } = speaker
    this.#checks++
    const order = compareLogBallots(ballot, promised)
    if (order < 0)
      broken('promised never falls', `${from} promises a ballot below its promise`, { from, ballot, promised })
    if (order > 0) speaker.promised = ballot
  }

  #accepted({ ballot, from, length }: AcceptedLog): void {
    const speaker = this.#speaks(from)
    const { promised } = speaker
    this.#checks++
    const order = compareLogBallots(ballot, promised)
    if (order < 0) {
      const facts = { from, ballot, promised, length }
      broken('a vote is not below the promise', `${from} votes in a ballot below its promise`, facts)
    }
    if (order > 0) speaker.promised = ballot
    let { votes } = speaker
    if (votes !== undefined && compareLogBallots(ballot, speaker.vote) === 0) {
      speaker.voted = Math.max(speaker.voted, length)
    } else {
      votes = this.#votesIn(ballot)
      speaker.voted = length
      speaker.votes = votes
    }
    speaker.vote = ballot
    if (length <= (votes.by.get(from) ?? 0)) return
    votes.by.set(from, length)
    votes.areNew = true
  }

  /** A replica's log became that of a ballot: it has all that lower ballots decided, whoever knows of it. */
  #adopted(speaker: Speaker, ballot: LogBallot, length: number): void {
    const { id } = speaker
    speaker.ballot = ballot
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

  #checkWord(speaker: Speaker, { promised, acceptedBallot, entries }: ReplicaState): void {
    if (!speaker.hasWord) return
    const { id, vote, voted } = speaker
    this.#checks++
    if (compareLogBallots(promised, speaker.promised) < 0) {
      const facts = { id, promised, word: speaker.promised }
      broken('promised never falls', `${id} is back below its promise`, facts)
    }
    const order = compareLogBallots(acceptedBallot, vote)
    const length = lengthOf(entries)
    if (order > 0 || (order === 0 && length >= voted)) return
    // What was voted for behind the end of its configuration is void.
    if (order === 0 && length >= (this.#ends.get(vote?.config ?? 0) ?? Number.POSITIVE_INFINITY)) return
    throw new LogViolationError('a vote is kept', `${id} does not have what it voted for`, {
      id,
      acceptedBallot,
      length,
      vote,
      voted,
    })
  }

  /** Somebody knows more to be decided than anybody before: a quorum must have voted for it, in one ballot. */
  #checkDecided({ id, entries, decided }: ReplicaState): void {
    for (let index = Math.max(this.#decided, entries.trimmed); index < decided; index++) {
      const entry = entryAt(entries, index)
      if (entry.kind !== 'configuration') continue
      const { number } = entry.configuration
      this.#configurations.set(number, ownConfiguration(entry.configuration))
      this.#ends.set(number - 1, index + 1)
    }
    const votes = this.#chosen(decided)
    this.#checks++
    if (votes === undefined)
      broken('decided implies voted for', `${id} takes ${decided} entries for decided`, { id, decided })
    this.#decided = decided
    votes.decided = decided
    // Nearly always: nobody can have gone over to a higher one.
    if (compareLogBallots(votes.ballot, this.#highest) === 0) return
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
      this.#highest = higherOf(this.#highest, ballot)
    }
    return votes
  }

  /** Whoever gives its word; {@link check} looks at it. */
  #speaks(id: string): Speaker {
    const speaker = this.#speakerOf(id)
    speaker.hasWord = true
    if (!speaker.hasSpoken) {
      speaker.hasSpoken = true
      this.#spoken[this.#spokenCount++] = speaker
    }
    return speaker
  }

  #speakerOf(id: string): Speaker {
    let speaker = this.#speakers.get(id)
    if (speaker === undefined) {
      speaker = new Speaker(id)
      this.#speakers.set(id, speaker)
    }
    return speaker
  }
}

function broken(invariant: LogWordInvariant, what: string, facts: Readonly<Record<string, unknown>>): never {
  throw new LogViolationError(invariant, what, facts)
}
