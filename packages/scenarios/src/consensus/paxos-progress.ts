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
/** By the role that was asked. */
const answers: Readonly<Record<string, string>> = {
  learner: 'a learner that is asked tells the decision',
  proposer: 'a proposer that is asked tells the decision',
}

const allClaims: readonly string[] = [
  ...new Set([...Object.values(claims), goesOn, sendsAgain, ...Object.values(answers)]),
]
/** What one node alone does not do, or in one or two runs of a hundred. */
const rareAlone: readonly string[] = [refused, told, ...Object.values(answers)]

/**
 * What runs on so many nodes claim. A proposer that is alone has nobody who could be ahead of it, and its learner has only
 * that proposer to ask, and misses the vote of its node in one or two runs of a hundred.
 */
export function paxosClaims(nodes: number): readonly string[] {
  return nodes > 1 ? allClaims : allClaims.filter((claim) => !rareAlone.includes(claim))
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
    const role = roleOf(actor)
    if (role === undefined || actor !== this.#turn.actor) return
    if (message === 'proposer recovered' && (fields.drawn as number) > 0) this.#alone.add(actor)
    const claim = claims[`${role}, ${this.#turn.message}: ${message}`]
    if (claim !== undefined) this.#reach(claim)
    if (message === 'election' && this.#alone.has(actor)) this.#reach(goesOn)
  }

  /** A message left its sender, whose path is `from` where it is known. */
  sent(message: string, payload: unknown, to: ActorRef | undefined, from?: string): void {
    if (to === undefined) return
    if (message === 'decided' && this.#turn.message === 'inquire' && from === this.#turn.actor) {
      // What a learner tells its proposer was held back until the decision was synced, and is no answer.
      const claim = roleOf(refKey(to)) === 'learner' ? answers[roleOf(from) ?? ''] : undefined
      if (claim !== undefined) this.#reach(claim)
    }
    if (message !== 'prepare' && message !== 'accept') return
    const key = `${message} ${ballotKey((payload as { readonly ballot: Ballot }).ballot)} ${refKey(to)}`
    if (this.#sent.has(key)) this.#reach(sendsAgain)
    this.#sent.add(key)
  }
}

function roleOf(actor: string): string | undefined {
  return /\.(proposer|learner)\./.exec(actor)?.[1]
}
