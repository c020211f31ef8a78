/** A durable actor: what the cases about events, snapshots and output commit use. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>

export const Ledger = defineActor({
  name: 'Ledger',
  module: import.meta.url,
  init: (args: { to: Notes }) => ({ to: args.to, sums: new Map<string, number>(), turns: 0 }),
  events: {
    added(state, { account, amount }: { account: string; amount: number }) {
      state.sums.set(account, (state.sums.get(account) ?? 0) + amount)
    },
    /** What only a careless definition would do: it rejects what it once accepted. */
    poison(state) {
      if (state.turns === 0) throw new Error('poisoned')
    },
  },
  // The reference is no part of what is stored: a snapshot is of the sums alone.
  snapshot: (state) => [...state.sums],
  restore: (entries: [string, number][]) => ({ to: undefined as never, sums: new Map(entries), turns: 0 }),
  snapshotEvery: 5,
  on: {
    add(state, amount: number, ctx) {
      ctx.persist('added', { account: 'main', amount })
      return state.sums.get('main') ?? 0
    },
    addMany(state, amounts: number[], ctx) {
      for (const amount of amounts) ctx.persist('added', { account: 'main', amount })
      return state.sums.get('main') ?? 0
    },
    addAndNote(_state, { amount, to, text }: { amount: number; to: Notes; text: string }, ctx) {
      ctx.tell(to, 'note', `${text} before`)
      ctx.persist('added', { account: 'main', amount })
      ctx.tell(to, 'note', `${text} after`)
      ctx.tellEarly(to, 'note', `${text} early`)
    },
    addAndFail(_state, { amount, to }: { amount: number; to: Notes }, ctx) {
      ctx.persist('added', { account: 'main', amount })
      ctx.tell(to, 'note', 'released by a turn that failed')
      throw new RangeError('after the event')
    },
    askAfterPersist(_state, to: ActorRef<{ wait: () => void }>, ctx) {
      ctx.persist('added', { account: 'main', amount: 1 })
      return ctx.ask(to, 'wait')
    },
    persistUndeclared: (_state, _message, ctx) => (ctx as any).persist('undeclared', 1),
    noteTo(_state, { to, text }: { to: Notes; text: string }, ctx) {
      ctx.tell(to, 'note', text)
    },
    sum: (state) => state.sums.get('main') ?? 0,
    fail() {
      throw new Error('on purpose')
    },
  },
})
