/**
 * The observer: asserts the invariants of single-decree Paxos over one run, from outside the roles. It shares no rule
 * with them but the order of ballots, so that a mistake of theirs is not also its own.
 *
 * **What counts as durable.** An acceptor's state in memory says nothing: it runs ahead of the disk, and a crash takes
 * it back. Two things can be believed. A message that has *left* an acceptor: output commit lets it out only after the
 * events before it were synced, so a `promise` that left proves the promise (and the vote that it tells of), and an
 * `accepted` that left proves the vote. And the state with which an acceptor *begins a generation*: that came from the
 * disk. A vote that was synced while its `accepted` never left is counted when the acceptor recovers with it; until
 * then nobody can have acted on it. What was believed once is never taken back, so an acceptor that comes back with
 * less has broken its word. The value of a vote is that of its ballot's `accept`, since ballots have one value. A
 * proposer's ballots are known in the same way, by the `prepare` that left, and a learner's decision by its `decided`.
 *
 * The observer is fed with what left ({@link PaxosObserver.sent}, in the order in which it left) and with log entries
 * ({@link PaxosObserver.logged}). Each step costs a few map look-ups: what is checked is what the step changed.
 */
import { type LogEntry, TroupeError } from '@troupe/core'
import { type Ballot, ballotKey, compareBallots } from '../ballot.ts'
import { acceptorRecovered } from './acceptor.ts'
import { type Configuration, memberOf } from './configuration.ts'
import { learnerDecided, learnerRecovered } from './learner.ts'
import type { Accept, Accepted, AcceptorStatus, Decided, Prepare, Promised, Propose, Vote } from './messages.ts'
import { proposerRecovered } from './proposer.ts'

/** The invariants by name. */
export type PaxosInvariant =
  | 'promised never falls'
  | 'accepted is at most promised'
  | 'a ballot is drawn once'
  | 'one value per ballot'
  | 'at most one value is chosen'
  | 'learned implies chosen'
  | 'a decision is kept'
  | 'chosen implies proposed'

/** An invariant of single-decree Paxos does not hold. */
export class PaxosViolationError extends TroupeError {
  constructor(invariant: PaxosInvariant, what: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_PAXOS_VIOLATION', `${invariant}: ${what}`, { ...facts, invariant })
  }
}

/** What is known to be durable at one acceptor. */
interface Durable {
  promised: Ballot | undefined
  vote: Ballot | undefined
}

/** What an observer has seen, for the figures of a campaign. */
export interface PaxosStatistics {
  /** Facts that were held against the invariants. */
  readonly checks: number
  /** Ballots whose election began. */
  readonly ballots: number
  /** True when ballots of two proposers were drawn before a value was chosen. */
  readonly competing: boolean
  readonly chosen: boolean
}

/** How to observe. */
export interface PaxosObserverOptions {
  /** The invariants to assert. Default: all. */
  readonly invariants?: readonly PaxosInvariant[]
}

/** Watches one instance. Its methods throw a {@link PaxosViolationError} when an invariant is broken. */
export class PaxosObserver {
  readonly #configuration: Configuration
  readonly #asserted: ReadonlySet<PaxosInvariant> | undefined
  readonly #durable = new Map<string, Durable>()
  readonly #proposed = new Set<string>()
  /** The value of each ballot, by ballot key. */
  readonly #values = new Map<string, string>()
  readonly #voters = new Map<string, Set<string>>()
  readonly #ballots = new Set<string>()
  /** The highest `n` of each member that asked for promises. */
  readonly #drawn = new Map<string, number>()
  /** The paths of the learners that told somebody of the decision. */
  readonly #told = new Set<string>()
  #chosen: { readonly value: string; readonly ballot: string } | undefined
  #competing = false
  #checks = 0

  constructor(configuration: Configuration, options: PaxosObserverOptions = {}) {
    this.#configuration = configuration
    this.#asserted = options.invariants === undefined ? undefined : new Set(options.invariants)
  }

  get statistics(): PaxosStatistics {
    return {
      checks: this.#checks,
      ballots: this.#ballots.size,
      competing: this.#competing,
      chosen: this.#chosen !== undefined,
    }
  }

  /**
   * A message left the actor that sent it, whose path is `sender` where it is known; messages that are not this
   * instance's are ignored.
   */
  sent(name: string, payload: unknown, sender?: string): void {
    if (typeof payload !== 'object' || payload === null) return
    if ((payload as { instance?: unknown }).instance !== this.#configuration.instance) return
    switch (name) {
      case 'propose':
        this.#proposed.add(text((payload as Propose).value))
        break
      case 'prepare':
        this.#prepared(payload as Prepare)
        break
      case 'promise':
        this.#promised(payload as Promised)
        break
      case 'accept':
        this.#acceptAsked(payload as Accept)
        break
      case 'accepted':
        this.#accepted(payload as Accepted)
        break
      case 'decided':
        if (sender?.includes('.learner.')) this.#told.add(sender)
        this.#learned(text((payload as Decided).value), 'a decided message')
        break
    }
  }

  /** An actor logged; entries that are not of this instance's roles are ignored. */
  logged({ actor, message, fields }: LogEntry): void {
    if (!actor.includes(`/paxos.${this.#configuration.instance}.`)) return
    if (message === learnerDecided) this.#learned(text(fields.value), `learner ${fields.id}`)
    else if (message === learnerRecovered) this.#learnerRecovered(actor, fields.decided as boolean)
    else if (message === acceptorRecovered) this.#recovered(fields.id as string, fields as AcceptorStatus)
    else if (message === proposerRecovered) this.#proposerRecovered(fields.id as string, fields.drawn as number)
  }

  #prepared({ ballot }: Prepare): void {
    this.#ballots.add(ballotKey(ballot))
    this.#drawn.set(ballot.node, Math.max(ballot.n, this.#drawn.get(ballot.node) ?? 0))
    if (this.#drawn.size > 1 && this.#chosen === undefined) this.#competing = true
  }

  #promised({ ballot, from, accepted }: Promised): void {
    this.#raise(from, ballot, 'promises')
    this.#atMost(from, accepted?.ballot, ballot)
    this.#votesKept(from, accepted)
  }

  #recovered(id: string, { promised, accepted }: AcceptorStatus): void {
    this.#raise(id, promised, 'comes back with')
    this.#atMost(id, accepted?.ballot, promised)
    this.#votesKept(id, accepted)
  }

  /** A proposer that does not know its last ballot any more would draw it again. */
  #proposerRecovered(id: string, drawn: number): void {
    const before = this.#drawn.get(id) ?? 0
    this.#assert('a ballot is drawn once', drawn >= before, () => [
      `proposer ${id} comes back with ${drawn} as its last ballot after it had asked for promises to ${before}`,
      { proposer: id },
    ])
  }

  #acceptAsked({ ballot, value }: Accept): void {
    const key = ballotKey(ballot)
    const proposal = text(value)
    const before = this.#values.get(key)
    this.#assert('one value per ballot', before === undefined || before === proposal, () => [
      `ballot ${key} asks votes for ${proposal} after ${before}`,
      { ballot: key },
    ])
    if (before === undefined) this.#values.set(key, proposal)
    this.#assert('chosen implies proposed', this.#proposed.has(proposal), () => [
      `ballot ${key} asks votes for ${proposal}, which no client proposed`,
      { ballot: key },
    ])
  }

  #accepted({ from, ballot }: Accepted): void {
    this.#raise(from, ballot, 'votes in')
    this.#count(from, ballot)
  }

  /** A vote is durable; a quorum of them in one ballot chooses its value. */
  #count(from: string, ballot: Ballot): void {
    const durable = this.#durableOf(from)
    if (durable === undefined) return
    if (compareBallots(ballot, durable.vote) > 0) durable.vote = ballot
    const key = ballotKey(ballot)
    let voters = this.#voters.get(key)
    if (voters === undefined) {
      voters = new Set()
      this.#voters.set(key, voters)
    }
    voters.add(from)
    if (voters.size < this.#configuration.quorums.acceptance) return
    const value = this.#values.get(key) ?? 'nothing'
    const before = this.#chosen
    this.#assert('at most one value is chosen', before === undefined || before.value === value, () => [
      `ballot ${key} chooses ${value} after ballot ${before?.ballot} chose ${before?.value}`,
      { ballot: key },
    ])
    this.#chosen ??= { value, ballot: key }
  }

  #learned(value: string, who: string): void {
    this.#assert('learned implies chosen', this.#chosen?.value === value, () => [
      `${who} says ${value}, and what a quorum voted for is ${this.#chosen?.value ?? 'nothing yet'}`,
      {},
    ])
  }

  #learnerRecovered(learner: string, decided: boolean): void {
    this.#assert('a decision is kept', decided || !this.#told.has(learner), () => [
      `learner ${learner} comes back without the decision that it had told of`,
      { learner },
    ])
  }

  #raise(id: string, ballot: Ballot | undefined, does: string): void {
    const durable = this.#durableOf(id)
    if (durable === undefined) return
    const { promised } = durable
    this.#assert('promised never falls', compareBallots(ballot, promised) >= 0, () => [
      `acceptor ${id} ${does} ${print(ballot)} after it had promised ${print(promised)}`,
      { acceptor: id },
    ])
    if (compareBallots(ballot, promised) > 0) durable.promised = ballot
  }

  #atMost(id: string, vote: Ballot | undefined, promised: Ballot | undefined): void {
    this.#assert('accepted is at most promised', compareBallots(vote, promised) <= 0, () => [
      `acceptor ${id} voted in ${print(vote)}, above its promise of ${print(promised)}`,
      { acceptor: id },
    ])
  }

  /** What an acceptor tells of its highest vote: no less than it is known for, and the value of that ballot. */
  #votesKept(id: string, vote: Vote | undefined): void {
    const durable = this.#durableOf(id)
    if (durable === undefined) return
    this.#assert('promised never falls', compareBallots(vote?.ballot, durable.vote) >= 0, () => [
      `acceptor ${id} tells of a vote in ${print(vote?.ballot)} after it had voted in ${print(durable.vote)}`,
      { acceptor: id },
    ])
    if (vote === undefined) return
    const key = ballotKey(vote.ballot)
    this.#assert('one value per ballot', this.#values.get(key) === text(vote.value), () => [
      `acceptor ${id} voted for ${text(vote.value)} in ballot ${key}, whose value is ${this.#values.get(key)}`,
      { acceptor: id, ballot: key },
    ])
    if (compareBallots(vote.ballot, durable.vote) > 0) this.#count(id, vote.ballot)
  }

  #durableOf(id: string): Durable | undefined {
    let durable = this.#durable.get(id)
    if (durable === undefined && memberOf(this.#configuration, id) !== undefined) {
      durable = { promised: undefined, vote: undefined }
      this.#durable.set(id, durable)
    }
    return durable
  }

  #assert(
    invariant: PaxosInvariant,
    holds: boolean,
    describe: () => [what: string, facts: Readonly<Record<string, unknown>>],
  ): void {
    if (this.#asserted !== undefined && !this.#asserted.has(invariant)) return
    this.#checks++
    if (!holds) throw new PaxosViolationError(invariant, ...describe())
  }
}

/** A value as text: values are equal when they are as JSON. */
function text(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined'
}

function print(ballot: Ballot | undefined): string {
  return ballot === undefined ? 'no ballot' : `ballot ${ballotKey(ballot)}`
}
