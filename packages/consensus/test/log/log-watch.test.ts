/** What is looked at again: a replica of which anything that an invariant speaks of has changed, and no other. */
import { expect, test } from 'vitest'
import { LogObserver } from '../../src/log/invariants.ts'
import { LogWatch } from '../../src/log/log-watch.ts'
import type { ReplicaState } from '../../src/log/replica-state.ts'
import { initialReplica } from '../../src/log/stored-replica.ts'
import { keyValueMachine } from '../../src/machines/key-value.ts'

const quorums = { election: 2, acceptance: 2 }
const members = ['a', 'b', 'c'].map((id) => ({
  id,
  node: id,
  priority: 0,
  learner: false,
  replica: undefined as never,
}))
const configuration = { number: 1, members, quorums }
const ballot = { config: 1, n: 1, priority: 0, node: 'a' }

/** Counts how often each replica was looked at. */
class Looks extends LogObserver {
  readonly of: string[] = []

  override check(states: Iterable<ReplicaState>): void {
    for (const { id } of states) this.of.push(id)
  }
}

function replica(id = 'a'): ReplicaState {
  const options = { sessionsMax: 8, keepEntries: 8 } as ReplicaState['options']
  return initialReplica({ log: 'log', id, configuration, options }, keyValueMachine)
}

function watched() {
  const observer = new Looks()
  const watch = new LogWatch({ configuration, machine: keyValueMachine, clockDriftMax: 0.02, observer })
  return { watch, looks: observer.of }
}

/** The changes, none of which breaks anything. */
const changes: Readonly<Record<string, (state: ReplicaState) => void>> = {
  'the next configuration': (state) => {
    state.configuration = { ...configuration, number: 2 }
  },
  'a promise': (state) => {
    state.promised = ballot
  },
  'a ballot of the log': (state) => {
    state.acceptedBallot = ballot
  },
  'an entry more': ({ entries: { entries } }) => void entries.push({ kind: 'empty' }),
  'another entry in the place of the last one': ({ entries: { entries } }) =>
    void entries.splice(-1, 1, { kind: 'open', nonce: 'another' }),
  'an entry less': ({ entries: { entries } }) => void entries.pop(),
  'more that is decided': (state) => void state.decided++,
  'more that is applied': (state) => void state.applied++,
  'entries that are trimmed': ({ entries }) => {
    entries.trimmed++
    entries.entries.push({ kind: 'empty' })
    entries.entries.shift()
  },
  'an election that is won': (state) => {
    state.lead = { elected: true, ballot } as unknown as ReplicaState['lead']
  },
  'a refusal': (state) => {
    state.refusedBy = 'b'
  },
  'the right to vote': (state) => {
    state.knownIn = 1
  },
}

test.each(Object.entries(changes))('%s', (_name, change) => {
  const { watch, looks } = watched()
  const state = replica()
  state.entries.entries.push({ kind: 'empty' }, { kind: 'empty' })
  // So that the first entry may be decided, and this replica refused.
  watch.wiped('a')
  for (const from of ['b', 'c']) watch.sent('accepted', { ballot, from, length: 1 }, 0)
  watch.check([{ state }])
  watch.check([{ state }])
  expect(looks).toEqual(['a'])
  change(state)
  watch.check([{ state }])
  watch.check([{ state }])
  expect(looks).toEqual(['a', 'a'])
})

test('what heartbeats change, a candidate that is not elected, and other replicas are no reason to look again', () => {
  const { watch, looks } = watched()
  const states = ['a', 'b', 'c'].map(replica)
  watch.check(states.map((state) => ({ state })))
  expect(looks).toEqual(['a', 'b', 'c'])
  const [state] = states as [ReplicaState]
  state.round++
  state.connected = true
  state.leader = ballot
  state.lead = { elected: false, ballot } as unknown as ReplicaState['lead']
  watch.check(states.map((each) => ({ state: each })))
  expect(looks).toEqual(['a', 'b', 'c'])
})

test('a replica that is back is looked at, though it has what it had', () => {
  const { watch, looks } = watched()
  watch.check([{ state: replica() }])
  watch.check([{ state: replica() }])
  expect(looks).toEqual(['a', 'a'])
})

test('a word that has left is held against a state that has not changed', () => {
  const { watch } = watched()
  const state = replica()
  watch.check([{ state }])
  watch.sent('accepted', { ballot, from: 'a', length: 1 }, 0)
  expect(() => watch.check([])).toThrow('a is back below its promise')
})
