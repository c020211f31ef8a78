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

/** What {@link RoundObserver.check} looks at. The last two are those of Chandra and Toueg's algorithm. */
interface RoundState {
  readonly id: string
  readonly round: number
  readonly decision: unknown
  readonly proposals?: ReadonlyMap<number, unknown>
  readonly ts?: number
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
  /** By process, the highest round that it has spoken in; and those that have told of the decision. */
  readonly #reached = new Map<string, number>()
  readonly #told = new Set<string>()
  /** By process, the highest round whose proposal it said it had adopted, and the rounds that it proposed in. */
  readonly #adopted = new Map<string, number>()
  readonly #coordinated = new Map<string, Set<number>>()
  /** The processes as they were seen last, and those that have said something since. */
  readonly #states = new Map<string, RoundState>()
  readonly #spoken = new Set<string>()
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

  /**
   * A message left, from the process with the id `sender` where that is known. Throws a {@link RoundViolationError};
   * messages of other protocols and instances are ignored.
   */
  sent(message: string, payload: unknown, sender?: string): void {
    if ((payload as { instance?: unknown } | undefined)?.instance !== this.#instance) return
    if (sender !== undefined) this.#spoken.add(sender)
    if (message === 'decide' && sender !== undefined) this.#told.add(sender)
    if (message === 'ack') this.#acknowledged(payload as { readonly round: number; readonly from: string })
    else if (message === 'report') this.#reported(payload as Report)
    else if (message === 'estimate') this.#estimated(payload as Estimate)
    else if (message === 'proposal') this.#proposal(payload as Proposal | RoundProposal, sender)
    else if (message === 'decide') this.#decided(payload as RoundDecided)
  }

  /** Where the processes that are up stand, after a step, all or those that may have moved: none is behind what it has said. */
  check(states: Iterable<RoundState>): void {
    for (const state of states) {
      this.#states.set(state.id, state)
      this.#spoken.delete(state.id)
      this.#checkWord(state)
    }
    if (this.#spoken.size === 0) return
    for (const id of this.#spoken) {
      const state = this.#states.get(id)
      if (state !== undefined) this.#checkWord(state)
    }
    this.#spoken.clear()
  }

  #checkWord({ id, round, decision, proposals, ts }: RoundState): void {
    this.#checks++
    const facts = { id, round }
    if (this.#told.has(id) && decision === undefined)
      throw new RoundViolationError('a decision is kept', `${id} told of a decision that it does not have`, facts)
    if (round < (this.#reached.get(id) ?? 0))
      throw new RoundViolationError('a word is kept', `${id} is back in a round below its own word`, facts)
    if (ts !== undefined && ts < (this.#adopted.get(id) ?? 0))
      throw new RoundViolationError('a word is kept', `${id} has not adopted what it said it had`, facts)
    for (const each of this.#coordinated.get(id) ?? []) {
      if (proposals !== undefined && !proposals.has(each))
        throw new RoundViolationError('a word is kept', `${id} does not know its proposal of round ${each}`, facts)
    }
  }

  /** A client was told that this was decided. */
  heard(value: unknown): void {
    this.#decided({ instance: this.#instance, value })
  }

  #acknowledged({ round, from }: { readonly round: number; readonly from: string }): void {
    this.#spoken.add(from)
    this.#adopted.set(from, Math.max(round, this.#adopted.get(from) ?? 0))
  }

  #speaks(from: string, round: number): void {
    this.#spoken.add(from)
    this.#reached.set(from, Math.max(round, this.#reached.get(from) ?? 0))
  }

  #reported({ from, round, value }: Report): void {
    this.#rounds = Math.max(this.#rounds, round)
    this.#speaks(from, round)
    this.#word('report', from, round, value)
    this.#holdLocked(from, round, value)
  }

  #estimated({ from, round, estimate, ts }: Estimate): void {
    this.#rounds = Math.max(this.#rounds, round)
    this.#speaks(from, round)
    this.#adopted.set(from, Math.max(ts, this.#adopted.get(from) ?? 0))
    if (ts > 0)
      this.#hold(
        this.#proposals.get(ts) === estimate,
        'estimate',
        `${from} adopted another value than round ${ts} proposed`,
        { from, round, ts },
      )
    this.#word('estimate', from, round, estimate)
  }

  #proposal(proposal: Proposal | RoundProposal, sender: string | undefined): void {
    const { round, value } = proposal
    if (!('from' in proposal) && sender !== undefined) {
      const rounds = this.#coordinated.get(sender) ?? new Set()
      this.#coordinated.set(sender, rounds.add(round))
    }
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
