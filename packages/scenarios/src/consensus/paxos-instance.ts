/**
 * One small instance of single-decree Paxos in the checker: every schedule of few members and few tries, with the roles
 * as they ship or others in their place.
 */
import { type CheckResult, check, type StateView } from '@troupe/checker'
import {
  Acceptor,
  type Configuration,
  Learner,
  type PaxosDefinitions,
  Proposer,
  type ProposerProtocol,
} from '@troupe/consensus'
import { type ActorRef, defineActor, namedRef } from '@troupe/core'

/** How large the instance is. */
export interface PaxosInstance {
  readonly members: number
  /** The first so many members have a client each, with a value of its own. */
  readonly clients: number
  /** The size of both kinds of quorum. */
  readonly quorum: number
  /** Definitions in the place of the shipped ones. */
  readonly definitions?: Partial<PaxosDefinitions>
}

const instance = 'decree'

/** Proposes a value and does not wait for the decision. */
const Client = defineActor<{ never: () => void }>()({
  name: 'Client',
  init: (args: { proposer: ActorRef<ProposerProtocol>; value: string }) => args,
  started: (state, ctx) => ctx.tell(state.proposer, 'propose', { instance, value: state.value }),
  on: { never() {} },
})

/** Explores the instance: members agree in every schedule, and in some all of them learn the value. */
export function checkPaxos({ members, clients, quorum, definitions = {} }: PaxosInstance): CheckResult {
  const { acceptor = Acceptor, proposer = Proposer, learner = Learner } = definitions
  const ids = Array.from({ length: members }, (_, index) => `m${index}`)
  const configuration: Configuration = {
    instance,
    quorums: { election: quorum, acceptance: quorum },
    retry: { minMs: 1, maxMs: 1 },
    members: ids.map((id) => ({
      id,
      node: id,
      priority: 0,
      acceptor: namedRef(Acceptor, { node: id, name: 'acceptor' }),
      proposer: namedRef(Proposer, { node: id, name: 'proposer' }),
      learner: namedRef(Learner, { node: id, name: 'learner' }),
    })),
  }
  const learned = (view: StateView): unknown[] =>
    ids.map((id) => view.state(`${id}/learner`).learned).flatMap(({ decided, value }) => (decided ? [value] : []))
  return check({
    actors: [
      ...ids.map((id) => ({ node: id, name: 'acceptor', definition: acceptor, args: { configuration, id } })),
      ...ids.map((id) => ({ node: id, name: 'proposer', definition: proposer, args: { configuration, id } })),
      ...ids.map((id) => ({ node: id, name: 'learner', definition: learner, args: { configuration, id } })),
      ...configuration.members.slice(0, clients).map(({ id, proposer }) => ({
        name: `client-${id}`,
        definition: Client,
        args: { proposer, value: `of ${id}` },
      })),
    ],
    network: 'unordered',
    always: { agreement: (view) => new Set(learned(view)).size <= 1 },
    sometimes: { 'every member learns the value': (view) => learned(view).length === ids.length },
    // Ballot numbers up to the number of clients, no repetition of messages and no inquiry.
    boundary: (view) =>
      ids.every((id) => {
        const { drawn, attempt } = view.state(`${id}/proposer`)
        return drawn <= clients && attempt <= 1 && view.state(`${id}/learner`).attempt <= 1
      }),
  })
}
