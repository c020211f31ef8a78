/** Replicas that have applied as much are the same, whatever of theirs was the same when they were compared before. */
import { ConfigurationError } from '@troupe/core'
import { expect, test } from 'vitest'
import { LogMachineObserver, type LogMachineObserverOptions } from '../../src/log/machine-invariants.ts'
import type { ReplicaState } from '../../src/log/replica-state.ts'
import type { StateMachine } from '../../src/log/state-machine.ts'
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

interface Bank {
  readonly balances: Map<string, number>
  transfers: number
}

/** Forgets one thing when it comes back. */
const bank: StateMachine<Bank, string, number, null, number> = {
  initial: () => ({ balances: new Map(), transfers: 0 }),
  apply: (state, name) => state.balances.set(name, ++state.transfers).size,
  snapshot: ({ balances }) => [...balances].sort(),
  restore: (balances) => ({ balances: new Map(balances as [string, number][]), transfers: 0 }),
}

/** One that has applied everything, and one that came back from its snapshot. */
function compareRestored(machine: StateMachine<any, any, any, any, any>, options?: LogMachineObserverOptions): void {
  const observer = new LogMachineObserver(machine, options)
  const [there, back] = ['a', 'b'].map(replica) as [ReplicaState, ReplicaState]
  there.machine = machine.initial()
  for (const name of ['bob', 'ann']) machine.apply(there.machine, name)
  back.machine = machine.restore?.(machine.snapshot?.(there.machine))
  observer.check([there, back])
}

test('what snapshot and restore forget is told, where the state is data', () => {
  expect(() => compareRestored(bank)).toThrow(
    'b and a have applied 5 entries and are not the same: state.transfers is 0 in b and 2 in a',
  )
  const restore = (balances: unknown) => ({ balances: new Map(balances as [string, number][]), transfers: 2 })
  // In another order of the names, which makes no difference.
  expect(() => compareRestored({ ...bank, restore })).not.toThrow()
})

test('a state that holds what can be made again is compared by its snapshots, if so wanted, and one that is no data always', () => {
  expect(() => compareRestored(bank, { alike: 'snapshot' })).not.toThrow()
  class Account {
    transfers = 0
  }
  const initial = () => ({ balances: new Map<string, number>(), transfers: 0, account: new Account() })
  expect(() => compareRestored({ ...bank, initial })).not.toThrow()
  for (const options of [{ alike: 'states' }, { like: 'state' }])
    expect(() => new LogMachineObserver(bank, options as never)).toThrow(ConfigurationError)
})
