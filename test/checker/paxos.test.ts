/**
 * The checker over the roles of `@troupe/consensus` as they ship: every schedule of one instance with few members and
 * few tries, and the schedule that breaks agreement when two quorums can miss each other.
 */
import { checkPaxos } from '@troupe/scenarios'
import { expect, test } from 'vitest'

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
