/** The example of the README: two clients read a balance, add to it and write it back. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { check, formatCounterexample } from '../src/index.ts'

type AccountProtocol = {
  read: (m: { to: ActorRef<ClientProtocol> }) => void
  write: (balance: number) => void
}
type ClientProtocol = { balance: (balance: number) => void }

const Account = defineActor<AccountProtocol>()({
  name: 'Account',
  init: () => ({ balance: 0 }),
  on: {
    read: (state, { to }, ctx) => ctx.tell(to, 'balance', state.balance),
    write(state, balance) {
      state.balance = balance
    },
  },
})

const Client = defineActor<ClientProtocol>()({
  name: 'Client',
  init: (args: { account: ActorRef<AccountProtocol>; amount: number }) => ({ ...args, wrote: false }),
  started: (state, ctx) => ctx.tell(state.account, 'read', { to: ctx.self }),
  on: {
    balance(state, balance, ctx) {
      state.wrote = true
      ctx.tell(state.account, 'write', balance + state.amount)
    },
  },
})

test('a lost update is found, with the schedule that loses it', () => {
  const result = check({
    actors: [
      { name: 'account', definition: Account },
      { name: 'ann', definition: Client, args: (ref) => ({ account: ref('account'), amount: 1 }) },
      { name: 'bob', definition: Client, args: (ref) => ({ account: ref('account'), amount: 2 }) },
    ],
    network: 'unordered',
    always: {
      'both deposits arrive': (view) =>
        view.messages().length > 0 || !view.state('bob').wrote || view.state('account').balance === 3,
    },
    sometimes: { 'the balance is 3': (view) => view.state('account').balance === 3 },
  })

  expect(result.always).toEqual({ 'both deposits arrive': 'fails' })
  expect(
    formatCounterexample(result.counterexample!)
      .split('\n')
      .filter((line) => /^ +[1-9]/.test(line)),
  ).toEqual([
    '   1. ann -> account: read {"to":"local/ann"}',
    '   2. bob -> account: read {"to":"local/bob"}',
    '   3. account -> ann: balance 0',
    '   4. account -> bob: balance 0',
    '   5. ann -> account: write 1',
    '   6. bob -> account: write 2',
  ])
})
