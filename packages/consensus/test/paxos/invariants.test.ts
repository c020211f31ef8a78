/** The observer notices each way to break an invariant, and nothing in a run that breaks none. */
import { expect, test } from 'vitest'
import { type Ballot, PaxosObserver } from '../../src/index.ts'
import { paxosConfiguration } from '../../src/paxos/paxos.ts'

const instance = 'observed'
const configuration = paxosConfiguration({ instance, members: ['a', 'b', 'c'] })
const ballot = (n: number, node = 'a'): Ballot => ({ n, priority: 0, node })

const entry = { level: 'info', node: 'a', definition: 'Acceptor', generation: 0, time: 0 } as const

const learner = `/a/paxos.${instance}.learner.a`

/** Sends what happened to a new observer, each thing as [message, fields]. */
function observe(...messages: [name: string, fields: object][]): PaxosObserver {
  const observer = new PaxosObserver(configuration)
  for (const [name, fields] of messages) {
    if (name === 'recovered') {
      const actor = `/a/paxos.${instance}.acceptor.a`
      observer.logged({ ...entry, actor, message: 'acceptor recovered', fields: { id: 'a', ...fields } })
    } else if (name === 'proposer recovered') {
      const actor = `/a/paxos.${instance}.proposer.a`
      observer.logged({ ...entry, actor, message: name, fields: { id: 'a', ...fields } })
    } else if (name === 'learner recovered')
      observer.logged({ ...entry, actor: learner, message: name, fields: { ...fields } })
    else observer.sent(name, { instance, ...fields }, name === 'decided' ? learner : undefined)
  }
  return observer
}

const chosen: [string, object][] = [
  ['propose', { value: 'x' }],
  ['prepare', { ballot: ballot(1) }],
  ['promise', { ballot: ballot(1), from: 'a' }],
  ['promise', { ballot: ballot(1), from: 'b' }],
  ['accept', { ballot: ballot(1), value: 'x' }],
  ['accepted', { ballot: ballot(1), from: 'a' }],
  ['accepted', { ballot: ballot(1), from: 'b' }],
]
const vote = { ballot: ballot(1), value: 'x' }

test('a run that keeps the invariants is chosen and learned', () => {
  const { statistics } = observe(
    ...chosen,
    ['decided', { value: 'x' }],
    ['recovered', { promised: ballot(1), accepted: vote }],
    ['learner recovered', { decided: true }],
  )
  expect(statistics).toMatchObject({ chosen: true, competing: false, ballots: 1 })
})

test('a vote that was synced and never told counts once the acceptor comes back with it', () => {
  const told = chosen.filter(([name, fields]) => name !== 'accepted' || (fields as { from: string }).from !== 'a')
  expect(observe(...told).statistics.chosen).toBe(false)
  expect(observe(...told, ['recovered', { promised: ballot(3, 'c'), accepted: vote }]).statistics.chosen).toBe(true)
})

test.each<[what: string, invariant: string, ...messages: [string, object][]]>([
  [
    'a lower promise',
    'promised never falls',
    ['promise', { ballot: ballot(1, 'b'), from: 'a' }],
    ['promise', { ballot: ballot(1), from: 'a' }],
  ],
  [
    'a vote below the promise',
    'promised never falls',
    ['promise', { ballot: ballot(2, 'b'), from: 'a' }],
    ['accepted', { ballot: ballot(1), from: 'a' }],
  ],
  ['a promise that is gone after a restart', 'promised never falls', ...chosen.slice(0, 3), ['recovered', {}]],
  ['a vote that is gone after a restart', 'promised never falls', ...chosen, ['recovered', { promised: ballot(1) }]],
  [
    'a vote that a promise does not tell of',
    'promised never falls',
    ...chosen,
    ['promise', { ballot: ballot(2, 'b'), from: 'a' }],
  ],
  [
    'a vote above the promise',
    'accepted is at most promised',
    ['recovered', { promised: ballot(1), accepted: { ballot: ballot(2), value: 'x' } }],
  ],
  ['a ballot that is drawn again', 'a ballot is drawn once', ...chosen, ['proposer recovered', { drawn: 0 }]],
  [
    'two values in one ballot',
    'one value per ballot',
    ...chosen,
    ['propose', { value: 'y' }],
    ['accept', { ballot: ballot(1), value: 'y' }],
  ],
  ['a value that nobody proposed', 'chosen implies proposed', ['accept', { ballot: ballot(1), value: 'y' }]],
  ['a decision without a quorum', 'learned implies chosen', ...chosen.slice(0, 6), ['decided', { value: 'x' }]],
  [
    'a vote counted twice',
    'learned implies chosen',
    ...chosen.slice(0, 6),
    ['accepted', { ballot: ballot(1), from: 'a' }],
    ['decided', { value: 'x' }],
  ],
  [
    'a vote of a stranger',
    'learned implies chosen',
    ...chosen.slice(0, 6),
    ['accepted', { ballot: ballot(1), from: 'z' }],
    ['decided', { value: 'x' }],
  ],
  ['a decision for another value', 'learned implies chosen', ...chosen, ['decided', { value: 'y' }]],
  [
    'a decision that is gone after a restart',
    'a decision is kept',
    ...chosen,
    ['decided', { value: 'x' }],
    ['learner recovered', { decided: false }],
  ],
  [
    'two values chosen',
    'at most one value is chosen',
    ...chosen,
    ['propose', { value: 'y' }],
    ['accept', { ballot: ballot(2, 'c'), value: 'y' }],
    ['accepted', { ballot: ballot(2, 'c'), from: 'b' }],
    ['accepted', { ballot: ballot(2, 'c'), from: 'c' }],
  ],
])('%s breaks: %s', (_what, invariant, ...messages) => {
  expect(() => observe(...messages)).toThrow(invariant)
})

test('messages of another instance are ignored', () => {
  const observer = observe(...chosen)
  observer.sent('decided', { instance: 'another', value: 'y' })
  observer.sent('elsewhere', 'no object')
})
