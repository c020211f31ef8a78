/** Single-decree Paxos as the subject of a mutation run: the campaign's own plan, and a small instance in the checker. */
import { Acceptor, Learner, type PaxosDefinitions, Proposer } from '@troupe/consensus'
import type { MutationSubject, Replace } from '@troupe/simulation/mutation'
import { checkPaxos } from './paxos-instance.ts'
import { type PaxosScenario, runPaxos } from './paxos-scenario.ts'

/** The definitions that are mutated. */
export const paxosRoles = [Acceptor, Proposer, Learner] as const

/** The scenario as a subject, run as `scenario` says. */
export function paxosSubject(scenario: Omit<PaxosScenario, 'definitions'> = {}): MutationSubject {
  return {
    run: (seed, replace) => runPaxos(seed, { ...scenario, definitions: rolesOf(replace) }),
    check(replace) {
      const { always, sometimes } = checkPaxos({ members: 2, clients: 1, quorum: 2, definitions: rolesOf(replace) })
      return Object.entries({ ...always, ...sometimes }).find(([, verdict]) => verdict === 'fails')?.[0]
    },
  }
}

/** Why mutants survive, by name. */
export const paxosSurvivors: Readonly<Record<string, string>> = {
  'Proposer.propose: handle twice':
    'a client that is on the list twice is answered twice, and the second answer finds nobody',
  'Proposer.resend: handle twice':
    'what is sent again is sent twice; the network may double each of these messages, and the roles bear it',
  'Learner.poll: handle twice':
    'two members are asked and not one; the network may double an inquiry, and the answer, and the roles bear it',
}

function rolesOf(replace: Replace): PaxosDefinitions {
  return { acceptor: replace(Acceptor), proposer: replace(Proposer), learner: replace(Learner) }
}
