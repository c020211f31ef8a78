/** One durable actor over three releases of its definition, with reminders: what the cases about versions use. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>

/** The first release: an event is an amount. */
export const Savings1 = defineActor({
  name: 'Savings1',
  module: import.meta.url,
  init: () => ({ total: 0 }),
  events: {
    saved(state, amount: number) {
      state.total += amount
    },
  },
  on: {
    save: (_state, amount: number, ctx) => ctx.persist('saved', amount),
    snapshot: (_state, _message, ctx) => ctx.snapshot(),
  },
})

/** The second: an event says what for. Its snapshots are objects. */
export const Savings2 = defineActor({
  name: 'Savings2',
  module: import.meta.url,
  init: () => ({ entries: [] as string[], total: 0 }),
  events: {
    saved: {
      version: 2,
      update(state, saved: { amount: number; goal: string }) {
        state.total += saved.amount
        state.entries.push(`${saved.amount} for ${saved.goal}`)
      },
      upcast: { 1: (amount: number) => ({ amount, goal: 'nothing yet' }) },
    },
  },
  snapshotVersion: 2,
  snapshotUpcast: { 1: ({ total }: { total: number }) => ({ entries: [`${total} before`], total }) },
  on: {
    save: (_state, saved: { amount: number; goal: string }, ctx) => ctx.persist('saved', saved),
    snapshot: (_state, _message, ctx) => ctx.snapshot(),
    entries: (state) => [...state.entries],
  },
})

/** The third: amounts are in cents. */
export const Savings3 = defineActor({
  name: 'Savings3',
  module: import.meta.url,
  init: () => ({ entries: [] as string[], replayed: 0 }),
  events: {
    saved: {
      version: 3,
      update(state, saved: { cents: number; goal: string }) {
        state.replayed++
        state.entries.push(`${saved.cents} cents for ${saved.goal}`)
      },
      upcast: {
        1: (amount: number) => ({ amount, goal: 'nothing yet' }),
        2: ({ amount, goal }: { amount: number; goal: string }) => ({ cents: amount * 100, goal }),
      },
    },
  },
  snapshotVersion: 2,
  snapshotUpcast: { 1: ({ total }: { total: number }) => ({ entries: [`${total} before`] }) },
  restore: ({ entries }: { entries: string[] }) => ({ entries, replayed: 0 }),
  on: {
    save: (_state, saved: { cents: number; goal: string }, ctx) => ctx.persist('saved', saved),
    snapshot: (_state, _message, ctx) => ctx.snapshot(),
    entries: (state) => [...state.entries],
    replayed: (state) => state.replayed,
    forget: (_state, _message, ctx) => ctx.forget(),
    forgetAndFail(_state, _message, ctx) {
      ctx.forget()
      throw new Error('on purpose')
    },
    forgetAndPersist(_state, _message, ctx) {
      ctx.forget()
      ctx.persist('saved', { cents: 1, goal: 'too late' })
    },
  },
})

/** One whose state cannot be stored. */
export const Unkept = defineActor({
  name: 'Unkept',
  module: import.meta.url,
  init: () => ({ sum: 0 }),
  events: {
    added(state, amount: number) {
      state.sum += amount
    },
  },
  snapshot() {
    throw new RangeError('this state is not to be stored')
  },
  on: {
    add: (_state, amount: number, ctx) => ctx.persist('added', amount),
    snapshot: (_state, _message, ctx) => ctx.snapshot(),
    sum: ({ sum }) => sum,
  },
})

/** What a reminder says, and to whom it is told on. */
interface Notice {
  readonly text: string
  readonly to: Notes
}

/** A durable actor that is reminded. */
export const Reminded = defineActor({
  name: 'Reminded',
  module: import.meta.url,
  init: () => ({ came: [] as string[] }),
  events: {
    came(state, text: string) {
      state.came.push(text)
    },
  },
  on: {
    set(_state, reminders: ({ key: string; delayMs: number } & Notice)[], ctx) {
      for (const { key, delayMs, text, to } of reminders) ctx.reminders.set({ key, delayMs }, 'due', { text, to })
    },
    setAt(_state, { key, afterMs, text, to }: { key: string; afterMs: number } & Notice, ctx) {
      ctx.reminders.set({ key, atMs: ctx.now() + afterMs }, 'due', { text, to })
    },
    setAndCancel(_state, notice: Notice, ctx) {
      ctx.reminders.set({ key: 'taken back', delayMs: 0 }, 'due', notice)
      ctx.reminders.cancel('taken back')
    },
    setAndFail(_state, notice: Notice, ctx) {
      ctx.reminders.set({ key: 'never', delayMs: 0 }, 'due', notice)
      throw new Error('on purpose')
    },
    cancel: (_state, key: string, ctx) => ctx.reminders.cancel(key),
    due(state, { text, to }: Notice, ctx) {
      if (text === 'fails twice' && state.came.filter((came) => came === 'a try').length < 2) {
        ctx.tellEarly(to, 'note', 'not let out by a turn that fails')
        throw new Error('on purpose')
      }
      ctx.persist('came', text)
      ctx.tell(to, 'note', text)
    },
    noteTry: (_state, _message, ctx) => ctx.persist('came', 'a try'),
    snapshot: (_state, _message, ctx) => ctx.snapshot(),
    came: (state) => [...state.came],
  },
})
