/** Applying: what the machine gets and gives, whatever way a replica came to have its entries and its state. */
import { namedRef } from '@troupe/core'
import { decodeValue, encodeValue, prepareMessage } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { applyDecided, outcomesOf } from '../../src/log/applying.ts'
import { logConfiguration } from '../../src/log/configuration.ts'
import type { Entry } from '../../src/log/entry.ts'
import { logOptions } from '../../src/log/log-options.ts'
import type { Applied, ReplicaState } from '../../src/log/replica-state.ts'
import { replicate } from '../../src/log/replicate.ts'
import type { StateMachine } from '../../src/log/state-machine.ts'
import { initialReplica, restoredReplica, type StoredReplica, storedReplica } from '../../src/log/stored-replica.ts'

type Carts = Map<string, string[]>
type Command = { op: 'new'; id: string; lines: string[] } | { op: 'add'; id: string; line: string }

/** Keeps the list of a command in its state, and changes it later. */
const carts: StateMachine<Carts, Command, number, string, string[] | undefined> = {
  initial: () => new Map(),
  apply(state, command) {
    if (command.op === 'new') {
      state.set(command.id, command.lines)
      return command.lines.length
    }
    return (state.get(command.id) as string[]).push(command.line)
  },
  query: (state, id) => state.get(id),
}

const Carts = replicate({ name: 'Carts' }, carts)

function replica(machine = carts): ReplicaState {
  const replicaRef = namedRef(Carts, { node: 'node-1', name: 'log.carts.node-1' })
  const member = { id: 'node-1', node: 'node-1', priority: 0, learner: false, replica: replicaRef }
  const configuration = logConfiguration('carts', 1, [member], undefined)
  return initialReplica({ log: 'carts', id: 'node-1', configuration, options: logOptions('carts', {}) }, machine)
}

/** Appends the entries, all of them decided, and applies them: what the commands came to. */
function applied(state: ReplicaState, ...entries: Entry[]): unknown[] {
  state.entries.entries.push(...entries)
  state.decided += entries.length
  const list: Applied[] = []
  applyDecided(state, carts, list)
  return list.flatMap(({ outcomes }) => {
    if (outcomes === undefined || outcomes === 'expired') return []
    return [...(outcomes.failures?.map(({ message }) => message) ?? outcomes.values)]
  })
}

const open: Entry = { kind: 'open', nonce: 'a' }
const commands = (first: number, ...operations: Command[]): Entry => ({
  kind: 'commands',
  session: 0,
  first,
  ackedUpTo: 0,
  operations,
})
const created = () => commands(1, { op: 'new', id: 'a', lines: ['x'] })
const added = (number: number) => commands(number, { op: 'add', id: 'a', line: `l${number}` })

const ways: Record<string, (entry: Entry) => Entry> = {
  'as they were sent in development, frozen': (entry) => prepareMessage(entry, 'frozen', () => '') as Entry,
  'as they were sent in production': (entry) => entry,
  'as a journal has them': (entry) => decodeValue(encodeValue(entry)) as Entry,
}

for (const [way, taken] of Object.entries(ways)) {
  test(`a machine may keep and change what a command brought: entries ${way}`, () => {
    const state = replica()
    expect(applied(state, taken(open), taken(created()), taken(added(2)), taken(added(3)))).toEqual([1, 2, 3])
    expect(state.machine).toEqual(new Map([['a', ['x', 'l2', 'l3']]]))
  })

  test(`a replica that was restored gives the same results: entries ${way}`, () => {
    const state = replica()
    applied(state, taken(open), taken(created()), taken(added(2)))
    const stored = decodeValue(encodeValue(storedReplica(state, carts))) as StoredReplica
    const restored = restoredReplica(stored, carts)
    expect(applied(restored, taken(added(3)))).toEqual(applied(state, taken(added(3))))
    expect(restored.machine).toEqual(state.machine)
  })

  test(`an entry stays what it was, for who is sent it later: entries ${way}`, () => {
    const state = replica()
    applied(state, taken(open), taken(created()), taken(added(2)))
    expect(state.entries.entries[1]).toEqual(created())
  })
}

test('one object in two commands is two in the state', () => {
  const lines = ['x']
  const state = replica()
  applied(state, open, commands(1, { op: 'new', id: 'a', lines }, { op: 'new', id: 'b', lines }), added(3))
  expect(state.machine).toEqual(new Map(Object.entries({ a: ['x', 'l3'], b: ['x'] })))
})

test('an answer and a result that are a part of the state are copies: the state can still be changed', () => {
  const state = replica()
  applied(state, open, created())
  const { values } = outcomesOf(carts.query as NonNullable<typeof carts.query>, state.machine, 1, ['a'])
  prepareMessage(values, 'frozen', () => '')
  expect(applied(state, added(2))).toEqual([2])
  expect(values).toEqual([['x']])
})

test("a first state that is one object for all replicas is each one's own", () => {
  const first: Carts = new Map()
  const machine = { ...carts, initial: () => first }
  const [one, other] = [replica(machine), replica(machine)]
  applied(one, open, created())
  expect(other.machine).toEqual(new Map())
  expect(first).toEqual(new Map())
})
