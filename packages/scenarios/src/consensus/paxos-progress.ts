/**
 * The ways in which single-decree Paxos makes progress. Each has others beside it that make up for its loss, so that a
 * run which decides says nothing of it: a campaign claims that its runs take all of them.
 */
import { type Ballot, ballotKey } from '@troupe/consensus'
import { type ActorRef, type LogEntry, refKey } from '@troupe/core'

const refused = 'a refused ballot is given up'
const told = 'a learner is told the decision'

/** The claims by role, message of the turn, and what the role logs in that turn. */
const claims: Readonly<Record<string, string>> = {
  'learner, accept: learner decided': 'a learner counts a quorum of votes',
  'learner, accepted: learner decided': 'a learner counts a quorum of votes',
  'learner, decided: learner decided': told,
  'proposer, accepted: decided': 'a proposer counts a quorum of votes',
  'proposer, decided: decided': 'a proposer is told the decision',
  'proposer, nack: idle': refused,
}
const goesOn = 'a proposer that comes back goes on by itself'
const sendsAgain = 'the messages of a ballot are sent again'

const allClaims: readonly string[] = [...new Set(Object.values(claims)), goesOn, sendsAgain]

/**
 * What runs on so many nodes claim. A proposer that is alone has nobody who could be ahead of it, and its learner misses the vote
 * of its node in one run of a hundred or in none.
 */
export function paxosClaims(nodes: number): readonly string[] {
  return nodes > 1 ? allClaims : allClaims.filter((claim) => claim !== refused && claim !== told)
}

/** Watches the turns and the log of one run. */
export class PaxosProgress {
  readonly #reach: (claim: string) => void
  /** The turn under way. */
  #turn = { actor: '', message: '' }
  /** Proposers that came back with a ballot, and that nobody has told anything since. */
  readonly #alone = new Set<string>()
  /** What proposers sent, by message, ballot and receiver. */
  readonly #sent = new Set<string>()

  /** `reach` is called whenever a claim is reached. */
  constructor(reach: (claim: string) => void) {
    this.#reach = reach
  }

  /** An actor begins a turn. */
  turn(actor: string, message: string): void {
    this.#turn = { actor, message }
    if (message !== 'started' && message !== 'elect') this.#alone.delete(actor)
  }

  /** An actor logs something. */
  logged({ actor, message, fields }: LogEntry): void {
    const role = /\.(proposer|learner)\./.exec(actor)?.[1]
    if (role === undefined || actor !== this.#turn.actor) return
    if (message === 'proposer recovered' && (fields.drawn as number) > 0) this.#alone.add(actor)
    const claim = claims[`${role}, ${this.#turn.message}: ${message}`]
    if (claim !== undefined) this.#reach(claim)
    if (message === 'election' && this.#alone.has(actor)) this.#reach(goesOn)
  }

  /** A message left its sender. */
  sent(message: string, payload: unknown, to: ActorRef | undefined): void {
    if ((message !== 'prepare' && message !== 'accept') || to === undefined) return
    const key = `${message} ${ballotKey((payload as { readonly ballot: Ballot }).ballot)} ${refKey(to)}`
    if (this.#sent.has(key)) this.#reach(sendsAgain)
    this.#sent.add(key)
  }
}
