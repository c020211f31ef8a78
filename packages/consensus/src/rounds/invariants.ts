/**
 * The invariants of the round-based algorithms, from outside: agreement, validity, one non-empty proposal in a round,
 * one word of each process in a round, and that what was decided in a round is what all go on with after it. Only what
 * a process has sent counts: that is durable (output commit), what it holds may be taken back by a crash.
 */
import { TroupeError } from '@troupe/core'
import type { Proposal, Report } from './ben-or.ts'
import type { Estimate, RoundProposal } from './chandra-toueg.ts'
import type { RoundDecided } from './deciding.ts'

/** An invariant was broken; `facts.invariant` names it. */
export class RoundViolationError extends TroupeError {
  constructor(invariant: string, what: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_ROUND_VIOLATION', `${invariant}: ${what}`, { ...facts, invariant })
  }
}

/** Remembers what was sent, so that a process that comes back is held against what it said before. */
export class RoundObserver {
  readonly #instance: string
  readonly #proposed: ReadonlySet<unknown>
  #decision: { readonly value: unknown } | undefined
  /** The first round that is known to have decided. */
  #decidedIn: number | undefined
  /** By round. */
  readonly #proposals = new Map<number, unknown>()
  /** By process and round. */
  readonly #words = new Map<string, unknown>()
  #rounds = 0
  #checks = 0

  /** `proposed`: the values that clients propose. */
  constructor(instance: string, proposed: Iterable<unknown>) {
    this.#instance = instance
    this.#proposed = new Set(proposed)
  }

  /** The highest round that anyone was in, the one that decided, and how many facts were held against the invariants. */
  get statistics() {
    return { rounds: this.#rounds, decidedIn: this.#decidedIn, decision: this.#decision?.value, checks: this.#checks }
  }

  /** A message left. Throws a {@link RoundViolationError}; messages of other protocols and instances are ignored. */
  sent(message: string, payload: unknown): void {
    if ((payload as { instance?: unknown } | undefined)?.instance !== this.#instance) return
    if (message === 'report') this.#reported(payload as Report)
    else if (message === 'estimate') this.#estimated(payload as Estimate)
    else if (message === 'proposal') this.#proposal(payload as Proposal | RoundProposal)
    else if (message === 'decide') this.#decided(payload as RoundDecided)
  }

  /** A client was told that this was decided. */
  heard(value: unknown): void {
    this.#decided({ instance: this.#instance, value })
  }

  #reported({ from, round, value }: Report): void {
    this.#rounds = Math.max(this.#rounds, round)
    this.#word('report', from, round, value)
    this.#holdLocked(from, round, value)
  }

  #estimated({ from, round, estimate, ts }: Estimate): void {
    this.#rounds = Math.max(this.#rounds, round)
    if (ts > 0)
      this.#hold(
        this.#proposals.get(ts) === estimate,
        'estimate',
        `${from} adopted another value than round ${ts} proposed`,
        { from, round, ts },
      )
    this.#word('estimate', from, round, estimate)
  }

  #proposal(proposal: Proposal | RoundProposal): void {
    const { round, value } = proposal
    const from = 'from' in proposal ? proposal.from : 'its coordinator'
    this.#word('proposal', from, round, value)
    if (value === 'none' && 'from' in proposal) return
    if (!this.#proposals.has(round)) this.#proposals.set(round, value)
    const facts = { from, round, value }
    this.#hold(
      this.#proposals.get(round) === value,
      'one proposal',
      `${from} proposed otherwise in round ${round}`,
      facts,
    )
    this.#holdLocked(from, round, value)
  }

  #decided({ value, round }: RoundDecided): void {
    if (round !== undefined) this.#decidedIn = Math.min(this.#decidedIn ?? round, round)
    this.#hold(this.#proposed.has(value), 'validity', 'what nobody proposed was decided', { value })
    this.#decision ??= { value }
    this.#hold(this.#decision.value === value, 'agreement', 'two values were decided', { value })
  }

  #word(what: string, from: string, round: number, value: unknown): void {
    const key = `${what} ${from} ${round}`
    if (!this.#words.has(key)) this.#words.set(key, value)
    const facts = { from, round, value }
    this.#hold(this.#words.get(key) === value, 'one word', `${from} sent another ${what} in round ${round}`, facts)
  }

  /** After the round that decided there is one value. */
  #holdLocked(from: string, round: number, value: unknown): void {
    if (this.#decidedIn === undefined || this.#decision === undefined || round <= this.#decidedIn) return
    const facts = { from, round, value, decidedIn: this.#decidedIn }
    this.#hold(value === this.#decision.value, 'locked', `${from} goes on with another value in round ${round}`, facts)
  }

  #hold(holds: boolean, invariant: string, what: string, facts: Readonly<Record<string, unknown>>): void {
    this.#checks++
    if (!holds) throw new RoundViolationError(invariant, what, facts)
  }
}
