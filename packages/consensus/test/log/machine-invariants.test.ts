/** Replicas that have applied as much are the same, whatever of theirs was the same when they were compared before. */
import { expect, test } from 'vitest'
import { LogMachineObserver } from '../../src/log/machine-invariants.ts'
import type { ReplicaState } from '../../src/log/replica-state.ts'
import { initialReplica } from '../../src/log/stored-replica.ts'
import { keyValueMachine } from '../../src/machines/key-value.ts'

const configuration = { number: 1, members: [], quorums: { election: 1, acceptance: 1 } }

/** A replica with two sessions. */
function replica(id: string): ReplicaState {
  const options = { sessionsMax: 8, keepEntries: 8 } as ReplicaState['options']
  const state = initialReplica({ log: 'log', id, configuration, options }, keyValueMachine)
  for (const number of [0, 1]) state.sessions.set(number, { ackedUpTo: 0, results: [{ first: 1, values: ['one'] }] })
  state.machine.set('key', 'value')
  state.applied = 5
  return state
}

const applyMore = (state: ReplicaState) => {
  state.applied++
}

/** One of two replicas goes another way than the other one. */
const differences: Readonly<Record<string, (state: ReplicaState) => void>> = {
  'another value': ({ machine }) => machine.set('key', 'another'),
  'a session more': ({ sessions }) => void sessions.set(2, { ackedUpTo: 0, results: [] }),
  'a session less': ({ sessions }) => void sessions.delete(1),
  'a session under another number': ({ sessions }) => {
    sessions.set(3, sessions.get(1) as never)
    sessions.delete(1)
  },
  'sessions used in another order': ({ sessions }) => {
    const first = sessions.get(0) as never
    sessions.delete(0)
    sessions.set(0, first)
  },
  'results that are acknowledged': ({ sessions }) => {
    ;(sessions.get(0) as { ackedUpTo: number }).ackedUpTo = 1
  },
  'an outcome more': ({ sessions }) => void sessions.get(0)?.results.push({ first: 2, values: ['two'] }),
  'another outcome': ({ sessions }) => void sessions.get(0)?.results.splice(0, 1, { first: 1, values: ['two'] }),
  'no outcome': ({ sessions }) => void sessions.get(0)?.results.splice(0),
}

test.each(Object.entries(differences))('%s', (_name, differ) => {
  const observer = new LogMachineObserver(keyValueMachine)
  const states = ['a', 'b'].map(replica) as [ReplicaState, ReplicaState]
  observer.check(states)
  for (const state of states) applyMore(state)
  differ(states[0])
  expect(() => observer.check(states)).toThrow('b and a have applied 6 entries and are not the same')
  // The same way after all.
  for (const state of states) applyMore(state)
  differ(states[1])
  expect(() => observer.check(states)).not.toThrow()
})
