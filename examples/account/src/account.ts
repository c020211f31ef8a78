/** A durable account: what it acknowledges, it remembers. */
import { defineActor } from '@troupe/core'

export const Account = defineActor({
  name: 'Account',
  module: import.meta.url, // how another thread finds this definition
  init: (args: { owner: string }) => ({ owner: args.owner, balance: 0 }),
  events: {
    deposited(state, amount: number) {
      state.balance += amount
    },
  },
  on: {
    deposit(state, amount: number, ctx) {
      if (!(amount > 0)) throw new RangeError(`a deposit is above 0, got ${amount}`)
      ctx.persist('deposited', amount) // durable before the reply leaves
      return state.balance // the return type is the reply type
    },
    balance: (state) => state.balance,
  },
})
