/** What the observer of pledges notices, and what it lets pass: facts by hand, each against its neighbour that is no mistake. */
import { type LogBallot, LogPledgeObserver, LogViolationError } from '@troupe/consensus'
import { expect, test } from 'vitest'

const drift = 0.02
const ids = ['a', 'b', 'c']

/** A replica of three as the observer sees it; `knownIn` 1: it may vote. */
const stateOf = (id: string, more: object = {}) => ({
  id,
  identity: `word of ${id}`,
  identities: new Map<string, string>(),
  knownIn: 1,
  refusedBy: undefined,
  configuration: { number: 1, members: ids.map((member) => ({ id: member, learner: false })) },
  ...more,
})
const ballotOf = (n: number, node: string, config = 1): LogBallot => ({ config, n, priority: 0, node })
const check = (observer: LogPledgeObserver, state: object) => () => observer.check([state as never])
const observerOf = () => new LogPledgeObserver({ clockDriftMax: drift })

const breaks = (act: () => void, invariant: string) => {
  let thrown: unknown
  try {
    act()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(LogViolationError)
  expect((thrown as LogViolationError).facts.invariant).toBe(invariant)
}

test('whom a replica said that it knows it knows after a restart, in that configuration', () => {
  const observer = observerOf()
  check(observer, stateOf('a'))()
  observer.sent('introduced', { config: 1, from: 'a', identity: 'word of b' }, 0)
  // The state that it had then is the one that it answered from.
  expect(check(observer, stateOf('a', { identities: new Map([['b', 'word of b']]) }))).not.toThrow()
  breaks(check(observer, stateOf('a')), 'an introduction is kept')
  const listed = ids.map((id) => ({ id, learner: false, identity: `word of ${id}` }))
  expect(check(observer, stateOf('a', { configuration: { number: 1, members: listed } }))).not.toThrow()
  expect(check(observer, stateOf('a', { configuration: { number: 2, members: listed.slice(0, 1) } }))).not.toThrow()
  observer.wiped('a')
  expect(check(observer, stateOf('a'))).not.toThrow()
})

test.each([
  ['promise', { from: 'a', ballot: ballotOf(1, 'b') }],
  ['accepted', { from: 'a', ballot: ballotOf(1, 'b') }],
  ['prepare', { ballot: ballotOf(1, 'a') }],
])('who sent a %s may vote after a restart', (message, payload) => {
  const observer = observerOf()
  observer.sent(message, payload, 0)
  breaks(check(observer, stateOf('a', { knownIn: 0 })), 'a voter stays one')
  expect(check(observer, stateOf('a'))).not.toThrow()
  expect(check(observer, stateOf('b', { knownIn: 0 }))).not.toThrow()
  observer.wiped('a')
  expect(check(observer, stateOf('a', { knownIn: 0 }))).not.toThrow()
})

test('one that came back with nothing does not vote under the old id', () => {
  const observer = observerOf()
  check(observer, stateOf('a'))()
  observer.sent('accepted', { from: 'a', ballot: ballotOf(1, 'b') }, 0)
  observer.wiped('a')
  expect(check(observer, stateOf('a', { identity: 'another', knownIn: 0, refusedBy: 'b' }))).not.toThrow()
  const voting = stateOf('a', { identity: 'another', knownIn: 0 })
  check(observer, voting)()
  voting.knownIn = 1
  breaks(check(observer, voting), 'one identity votes under an id')
  // What was voted in one configuration matters in that one only.
  const next = stateOf('a', { identity: 'another', knownIn: 2 })
  next.configuration = { ...next.configuration, number: 2 }
  expect(check(observer, next)).not.toThrow()
})

test('one that lost what it had not synced, and of which no vote had left, may vote as another', () => {
  const observer = observerOf()
  check(observer, stateOf('a'))()
  expect(check(observer, stateOf('a', { identity: 'another' }))).not.toThrow()
  observer.sent('accepted', { from: 'a', ballot: ballotOf(1, 'a') }, 0)
  breaks(check(observer, stateOf('a')), 'one identity votes under an id')
})

test('who is refused has lost its disk', () => {
  const observer = observerOf()
  const refused = stateOf('a', { knownIn: 0, refusedBy: 'b' })
  breaks(check(observer, refused), 'who lost nothing is not refused')
  observer.wiped('a')
  expect(check(observer, refused)).not.toThrow()
})

test('who gave a lease promises nobody else anything, for as long as the leader may take it for its own', () => {
  const leaseMs = 100
  const lent = () => {
    const observer = observerOf()
    observer.sent('readProbe', { ballot: ballotOf(1, 'a'), id: 1, leaseMs }, 10)
    // Sent again: the lease runs from the first.
    observer.sent('readProbe', { ballot: ballotOf(1, 'a'), id: 1, leaseMs }, 50)
    observer.sent('readAck', { ballot: ballotOf(1, 'a'), from: 'b', id: 1, leaseMs }, 60)
    return observer
  }
  const promises = (observer: LogPledgeObserver, ballot: LogBallot, atMs: number, from = 'b') => {
    return () => observer.sent('promise', { from, ballot }, atMs)
  }
  const endMs = 10 + leaseMs / (1 + drift)
  breaks(promises(lent(), ballotOf(2, 'c'), endMs - 1), 'a lease is kept')
  breaks(() => lent().sent('prepare', { ballot: ballotOf(2, 'b') }, endMs - 1), 'a lease is kept')
  expect(promises(lent(), ballotOf(2, 'c'), endMs)).not.toThrow()
  expect(promises(lent(), ballotOf(2, 'a'), 70)).not.toThrow()
  expect(promises(lent(), ballotOf(1, 'c', 2), 70)).not.toThrow()
  expect(promises(lent(), ballotOf(2, 'c'), 70, 'c')).not.toThrow()
  const released = (probe: number) => {
    const observer = lent()
    observer.sent('takeOver', { ballot: ballotOf(1, 'a'), probe }, 65)
    return observer
  }
  expect(promises(released(1), ballotOf(2, 'c'), 70)).not.toThrow()
  breaks(promises(released(0), ballotOf(2, 'c'), 70), 'a lease is kept')
  const asked = observerOf()
  asked.sent('readProbe', { ballot: ballotOf(1, 'a'), id: 1 }, 10)
  asked.sent('readAck', { ballot: ballotOf(1, 'a'), from: 'b', id: 1 }, 20)
  expect(promises(asked, ballotOf(2, 'c'), 30)).not.toThrow()
})
