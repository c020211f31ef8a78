/**
 * A register that is written once, by single-decree Paxos, as Stateright's example has it: who is asked to put proposes.
 * What a leader would send itself is done in its turn. A majority is looked for by equality, so that a late `prepared` or
 * `accepted` changes the sets and nothing else.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import { noSymmetry, program } from './program.ts'
import {
  majority,
  type RegisterClientProtocol,
  type RegisterProtocol,
  type RegisterServerArgs,
  register,
  registerParameters,
} from './register.ts'

type Ballot = readonly [round: number, server: number]

interface Proposal {
  readonly id: number
  readonly client: ActorRef<RegisterClientProtocol>
  readonly value: string
}

interface Accepted {
  readonly ballot: Ballot
  readonly proposal: Proposal
}

interface PaxosProtocol extends RegisterProtocol {
  prepare: (m: { ballot: Ballot }) => void
  prepared: (m: { ballot: Ballot; server: number; accepted: Accepted | undefined }) => void
  accept: (m: Accepted) => void
  accepted: (m: { ballot: Ballot; server: number }) => void
  decided: (m: Accepted) => void
}

interface PaxosState extends RegisterServerArgs<PaxosProtocol> {
  ballot: Ballot
  proposal: Proposal | undefined
  prepares: Map<number, Accepted | undefined>
  accepts: Set<number>
  accepted: Accepted | undefined
  isDecided: boolean
}

const PaxosServer = defineActor<PaxosProtocol>()({
  name: 'PaxosServer',
  init: (args: RegisterServerArgs<PaxosProtocol>): PaxosState => ({
    ...args,
    ballot: [0, 0],
    proposal: undefined,
    prepares: new Map(),
    accepts: new Set(),
    accepted: undefined,
    isDecided: false,
  }),
  on: {
    put(state, { id, value }, ctx) {
      if (state.isDecided || state.proposal !== undefined) return
      state.proposal = { id, client: ctx.sender as ActorRef<RegisterClientProtocol>, value }
      state.ballot = [state.ballot[0] + 1, state.id]
      state.prepares = new Map([[state.id, state.accepted]])
      state.accepts = new Set()
      for (const peer of state.peers) ctx.tell(peer, 'prepare', { ballot: state.ballot })
    },
    get(state, { id }, ctx) {
      if (!state.isDecided || state.accepted === undefined) return
      const { value } = state.accepted.proposal
      ctx.tell(ctx.sender as ActorRef<RegisterClientProtocol>, 'getOk', { id, value })
    },
    prepare(state, { ballot }, ctx) {
      if (state.isDecided || compare(state.ballot, ballot) >= 0) return
      state.ballot = ballot
      const { id: server, accepted } = state
      ctx.tell(ctx.sender as ActorRef<PaxosProtocol>, 'prepared', { ballot, server, accepted })
    },
    prepared(state, { ballot, server, accepted }, ctx) {
      if (state.isDecided || compare(state.ballot, ballot) !== 0) return
      state.prepares.set(server, accepted)
      if (state.prepares.size !== majority(state.peers.length + 1)) return
      let latest: Accepted | undefined
      for (const other of state.prepares.values()) {
        if (other !== undefined && (latest === undefined || compare(other.ballot, latest.ballot) > 0)) latest = other
      }
      const proposal = latest?.proposal ?? (state.proposal as Proposal)
      state.proposal = proposal
      state.accepted = { ballot, proposal }
      state.accepts.add(state.id)
      for (const peer of state.peers) ctx.tell(peer, 'accept', { ballot, proposal })
    },
    accept(state, { ballot, proposal }, ctx) {
      if (state.isDecided || compare(state.ballot, ballot) > 0) return
      state.ballot = ballot
      state.accepted = { ballot, proposal }
      ctx.tell(ctx.sender as ActorRef<PaxosProtocol>, 'accepted', { ballot, server: state.id })
    },
    accepted(state, { ballot, server }, ctx) {
      if (state.isDecided || compare(state.ballot, ballot) !== 0) return
      state.accepts.add(server)
      if (state.accepts.size !== majority(state.peers.length + 1)) return
      state.isDecided = true
      const proposal = state.proposal as Proposal
      for (const peer of state.peers) ctx.tell(peer, 'decided', { ballot, proposal })
      ctx.tell(proposal.client, 'putOk', { id: proposal.id })
    },
    decided(state, { ballot, proposal }) {
      if (state.isDecided) return
      state.ballot = ballot
      state.accepted = { ballot, proposal }
      state.isDecided = true
    },
  },
})

function compare([round, server]: Ballot, [otherRound, other]: Ballot): number {
  return round - otherRound || server - other
}

export const paxosRegisterProgram = program({
  name: 'paxos-register',
  what: 'a register that is written once, by single-decree Paxos',
  parameters: registerParameters,
  network: 'unordered',
  options(size, symmetry) {
    if (symmetry) throw noSymmetry('paxos-register', 'servers are ordered, and clients choose them, by number')
    return register(PaxosServer, size)
  },
})
