/**
 * The checker over the roles of `@troupe/consensus` as they ship: every schedule of one instance with few members and
 * few tries, and the schedule that breaks agreement when two quorums can miss each other.
 */
import { check, type StateView } from '@troupe/checker'
import { Acceptor, type Configuration, Learner, Proposer, type ProposerProtocol } from '@troupe/consensus'
import { type ActorRef, defineActor, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'

const instance = 'decree'

/** Proposes a value and does not wait for the decision. */
const Client = defineActor<{ never: () => void }>()({
  name: 'Client',
  init: (args: { proposer: ActorRef<ProposerProtocol>; value: string }) => args,
  started: (state, ctx) => ctx.tell(state.proposer, 'propose', { instance, value: state.value }),
  on: { never() {} },
})

/** One instance whose first `clients` members each have a client; its quorums all have `quorum` members. */
function checkPaxos(options: { members: number; clients: number; quorum: number }) {
  const ids = Array.from({ length: options.members }, (_, index) => `m${index}`)
  const configuration: Configuration = {
    instance,
    quorums: { election: options.quorum, acceptance: options.quorum },
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
      ...ids.map((id) => ({ node: id, name: 'acceptor', definition: Acceptor, args: { configuration, id } })),
      ...ids.map((id) => ({ node: id, name: 'proposer', definition: Proposer, args: { configuration, id } })),
      ...ids.map((id) => ({ node: id, name: 'learner', definition: Learner, args: { configuration, id } })),
      ...configuration.members.slice(0, options.clients).map(({ id, proposer }) => ({
        name: `client-${id}`,
        definition: Client,
        args: { proposer, value: `of ${id}` },
      })),
    ],
    network: 'non-duplicating',
    always: { agreement: (view) => new Set(learned(view)).size <= 1 },
    sometimes: { 'every member learns the value': (view) => learned(view).length === ids.length },
    // Ballot numbers up to the number of clients, no repetition of messages and no inquiry.
    boundary: (view) =>
      ids.every((id) => {
        const { drawn, attempt } = view.state(`${id}/proposer`)
        return drawn <= options.clients && attempt <= 1 && view.state(`${id}/learner`).attempt <= 1
      }),
  })
}

test('two members and one client agree in every schedule', () => {
  expect(checkPaxos({ members: 2, clients: 1, quorum: 2 })).toMatchObject({
    complete: true,
    always: { agreement: 'holds' },
    sometimes: { 'every member learns the value': 'holds' },
  })
})

test('quorums that can miss each other let two values be chosen', () => {
  const { counterexample } = checkPaxos({ members: 2, clients: 2, quorum: 1 })
  expect(counterexample?.property).toBe('agreement')
  const names = counterexample?.steps.map((step) => step.message?.name) ?? []
  // Each value goes through both phases at an acceptor of its own.
  for (const name of ['propose', 'prepare', 'promise', 'accept', 'accepted']) {
    expect(names.filter((other) => other === name).length).toBeGreaterThanOrEqual(2)
  }
})
