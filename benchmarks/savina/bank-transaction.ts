/**
 * Bank transactions: a teller has amounts moved from one account to another. The account that pays asks the one that is
 * paid to take the money, and handles nothing else until it has; it always pays one of a higher number, so that no two
 * wait for each other. The teller has some transactions under way at a time. All of it is small messages, of which with N
 * threads all but one in N would cross: all stay on one thread.
 *
 * Size: `accounts`, `transactions`, of which `underway` at a time. Verified: the sum of all balances is what it was, and
 * each balance is that of a sequential replay. Messages are plain data, made anew.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual, expectSameNumbers } from './program.ts'
import { RandomNumbers, range } from './random-numbers.ts'

type Banking = {
  pay: (payment: { amount: number; to: ActorRef<Banking>; teller: ActorRef<Telling> }) => void
  take: (amount: number) => void
  balance: () => number
}
type Telling = {
  run: (job: { accounts: readonly ActorRef<Banking>[]; transactions: number; underway: number }) => number
  paid: () => void
}

const seed = 1_729
const balanceAtFirst = 1_000_000

export const Account = defineActor<Banking>()({
  name: 'Account',
  module: import.meta.url,
  init: () => ({ balance: balanceAtFirst }),
  on: {
    async pay(state, { amount, to, teller }, ctx) {
      state.balance -= amount
      await ctx.askWith({ timeoutMs: 60_000 }, to, 'take', amount)
      ctx.tell(teller, 'paid')
    },
    take(state, amount) {
      state.balance += amount
    },
    balance: (state) => state.balance,
  },
})

/** The next transaction: from one account to one of a higher number. */
function draw(random: RandomNumbers, accounts: number): { from: number; to: number; amount: number } {
  const from = random.int(accounts - 1)
  return { from, to: from + 1 + random.int(accounts - from - 1), amount: 1 + random.int(1_000) }
}

export const Teller = defineActor<Telling>()({
  name: 'Teller',
  module: import.meta.url,
  init: () => ({
    accounts: [] as readonly ActorRef<Banking>[],
    random: new RandomNumbers(seed),
    left: 0,
    paid: 0,
    transactions: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    run(state, { accounts, transactions, underway }, ctx) {
      state.accounts = accounts
      state.transactions = transactions
      const first = Math.min(underway, transactions)
      state.left = transactions - first
      state.done = ctx.deferReply<number>()
      for (let index = 0; index < first; index++)
        begin(state, (to, payment) => ctx.tell(to, 'pay', { ...payment, teller: ctx.self }))
      return state.done
    },
    paid(state, _nothing, ctx) {
      if (state.left-- > 0) begin(state, (to, payment) => ctx.tell(to, 'pay', { ...payment, teller: ctx.self }))
      if (++state.paid === state.transactions && state.done !== undefined) ctx.reply(state.done, state.paid)
    },
  },
})

function begin(
  { accounts, random }: { accounts: readonly ActorRef<Banking>[]; random: RandomNumbers },
  pay: (from: ActorRef<Banking>, payment: { amount: number; to: ActorRef<Banking> }) => void,
): void {
  const { from, to, amount } = draw(random, accounts.length)
  pay(accounts[from] as ActorRef<Banking>, { amount, to: accounts[to] as ActorRef<Banking> })
}

export const bankTransaction = defineProgram({
  name: 'bank-transaction',
  summary: 'a teller has accounts pay one another',
  unit: 'transactions',
  size: { accounts: 1_000, transactions: 400_000, underway: 500 },
  quick: { accounts: 20, transactions: 1_000, underway: 50 },
  oneThread: true,
  problem: ({ accounts }) => (accounts < 2 ? 'it takes two accounts' : undefined),
  expected({ accounts, transactions }) {
    const random = new RandomNumbers(seed)
    const balances = new Float64Array(accounts).fill(balanceAtFirst)
    for (let index = 0; index < transactions; index++) {
      const { from, to, amount } = draw(random, accounts)
      balances[from] = (balances[from] as number) - amount
      balances[to] = (balances[to] as number) + amount
    }
    return balances
  },
  async run(stage, { accounts, transactions, underway }) {
    const all = await Promise.all(range(accounts).map((index) => stage.spawn(Account, undefined, stage.nodeAt(index))))
    const teller = await stage.spawn(Teller, undefined)
    const paid = await stage.ask(teller, 'run', { accounts: all, transactions, underway })
    return { paid, balances: await Promise.all(all.map((account) => stage.ask(account, 'balance'))) }
  },
  verify({ paid, balances }, expected, { accounts, transactions }) {
    expectEqual('transactions', paid, transactions)
    expectEqual(
      'sum of the balances',
      balances.reduce((sum, balance) => sum + balance, 0),
      accounts * balanceAtFirst,
    )
    expectSameNumbers('balance', balances, expected)
  },
  units: ({ transactions }) => transactions,
})
