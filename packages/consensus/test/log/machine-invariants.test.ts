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
  expect(() => observer.check(states)).toThrow(
    /b and a have applied 6 entries and are not the same: (state|sessions)\b/,
  )
  // The same way after all.
  for (const state of states) applyMore(state)
  differ(states[1])
  expect(() => observer.check(states)).not.toThrow()
})

/** Two replicas that have applied one more entry, of which the first one's machine did as it is said. */
function told(differ: (state: ReplicaState) => void, more = 1): { message: string; facts: Record<string, unknown> } {
  const observer = new LogMachineObserver(keyValueMachine)
  const states = ['a', 'b'].map(replica) as [ReplicaState, ReplicaState]
  observer.check(states)
  for (const state of states) {
    state.entries.trimmed = 5
    for (let index = 0; index < more; index++) {
      const operations = [{ op: 'put', key: 'key', value: index }]
      state.entries.entries.push({ kind: 'commands', session: 0, first: 2 + index, ackedUpTo: 1, operations })
    }
  }
  differ(states[0])
  // The others are at other numbers by then.
  for (let index = 0; index < more; index++) {
    states[0].applied++
    observer.check([states[0]])
  }
  states[0].machine.set('key', 'later')
  states[1].applied += more
  try {
    observer.check(states)
  } catch (error) {
    return error as ReturnType<typeof told>
  }
  throw new Error('nothing was told')
}

test('a difference is told by its place, both values and the command after which it was seen', () => {
  const { message, facts } = told(({ machine }) => machine.set('key', { list: [1, 2] }))
  expect(message).toBe(
    "applied alike: b and a have applied 6 entries and are not the same: state.get('key') is 'value' in b and { list: [1, 2] } in a; " +
      "after entry 5: commands [{ op: 'put', key: 'key', value: 0 }]",
  )
  expect(facts).toMatchObject({ path: "state.get('key')", value: "'value'", otherValue: '{ list: [1, 2] }', index: 5 })
})

test('what only one has is absent in the other', () => {
  expect(told(({ machine }) => machine.set('more', 1)).message).toContain("state.get('more') is absent in b and 1 in a")
  expect(told(({ machine }) => machine.delete('key')).message).toContain(
    "state.get('key') is 'value' in b and absent in a",
  )
})

test('sessions have places too', () => {
  const { message } = told(differences['results that are acknowledged'] as (state: ReplicaState) => void)
  expect(message).toContain('sessions.get(0).ackedUpTo is 0 in b and 1 in a')
})

test('of several entries since the last comparison that is said', () => {
  expect(told(({ machine }) => machine.set('key', 2), 3).message).toContain('after entry 7, the last since 5: commands')
})

test('a state that is not kept any more is not looked into', () => {
  const { message } = told(({ machine }) => machine.set('key', 2), 3)
  expect(message).toContain('state.get')
  const observer = new LogMachineObserver(keyValueMachine)
  const [first, second] = ['a', 'b'].map(replica) as [ReplicaState, ReplicaState]
  first.machine.set('key', 2)
  for (let index = 0; index < 100; index++) {
    observer.check([first])
    first.applied++
  }
  first.entries.trimmed = second.entries.trimmed = 5
  expect(() => observer.check([second])).toThrow(/have applied 5 entries and are not the same$/)
})

test('what a snapshot leaves out is compared where the machine is given without its snapshot', () => {
  const machine = {
    ...keyValueMachine,
    snapshot: (values: Map<string, unknown>) => new Map([...values].filter(([key]) => key !== 'forgotten')),
  }
  const states = ['a', 'b'].map(replica) as [ReplicaState, ReplicaState]
  states[0].machine.set('forgotten', 1)
  new LogMachineObserver(machine).check(states)
  const whole = new LogMachineObserver({ ...machine, snapshot: undefined } as never)
  expect(() => whole.check(states)).toThrow("state.get('forgotten') is absent in b and 1 in a")
})
