/** The bank's model refutes what a wrong machine answers: it is none of the machine's own. */
import { checkLinearizable, type Operation as Done } from '@troupe/checker'
import { expect, test } from 'vitest'
import { bankMachine, type Transfer } from './bank-machine.ts'
import { bankModel, type Operation } from './bank-model.ts'

type Apply = typeof bankMachine.apply

/** What one caller sees of a machine with this `apply`. */
function historyOf(apply: Apply): Done<Operation, unknown>[] {
  const state = bankMachine.initial()
  const transfers: Transfer[] = [
    { from: 'ann', to: 'bob', amount: 7 },
    { from: 'bob', to: 'bob', amount: 3 },
    { from: 'eve', to: 'ann', amount: 100 },
    { from: 'eve', to: 'ann', amount: 1 },
  ]
  const operations: Operation[] = [...transfers, 'balances']
  return operations.map((input, index) => ({
    process: 'only',
    input,
    output: input === 'balances' ? bankMachine.query?.(state, null) : apply(state, input),
    calledAt: 2 * index,
    returnedAt: 2 * index + 1,
  }))
}

const mistakes: Record<string, Apply> = {
  'acknowledges a transfer that it does not make': (balances, transfer) =>
    transfer.amount === 7 || bankMachine.apply(balances, transfer),
  'refuses a transfer that it makes': (balances, transfer) =>
    bankMachine.apply(balances, transfer) && transfer.amount !== 7,
  'lets an account be overdrawn': (balances, { from, to, amount }) => {
    balances.set(from, (balances.get(from) ?? 0) - amount)
    balances.set(to, (balances.get(to) ?? 0) + amount)
    return true
  },
  'makes money of a transfer to oneself': (balances, { from, to, amount }) => {
    const [left, more] = [(balances.get(from) ?? 0) - amount, (balances.get(to) ?? 0) + amount]
    if (left >= 0) balances.set(from, left).set(to, more)
    return left >= 0
  },
}

test.each(Object.entries(mistakes))('a machine that %s', (_what, apply) => {
  expect(checkLinearizable(bankModel, historyOf(apply)).verdict).toBe(false)
})

test('the machine itself', () => {
  expect(checkLinearizable(bankModel, historyOf(bankMachine.apply)).verdict).toBe(true)
})
