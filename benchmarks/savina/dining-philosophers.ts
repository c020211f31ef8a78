/**
 * Dining philosophers: an arbitrator lends the forks. A philosopher who is refused asks again at once. Messages are small
 * and all go through the arbitrator, so all stay on one thread.
 *
 * Size: `philosophers`, `meals` of each. Verified: each ate as often as that, the arbitrator lent no fork twice (it looks
 * each time) and has all of them back. Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

type Table = {
  hungry: (seat: number) => void
  satisfied: (seat: number) => void
  seat: (philosophers: readonly ActorRef<Dining>[]) => void
  forksOut: () => number
}
/** Looks at the table until all forks are back. */
const looksMax = 10_000

type Dining = { dine: (table: ActorRef<Table>) => number; eat: () => void; refused: () => void }

export const Arbitrator = defineActor<Table>()({
  name: 'Arbitrator',
  module: import.meta.url,
  init: () => ({ philosophers: [] as readonly ActorRef<Dining>[], out: [] as boolean[] }),
  on: {
    seat(state, philosophers) {
      state.philosophers = philosophers
      state.out = philosophers.map(() => false)
    },
    hungry(state, seat, ctx) {
      const philosopher = state.philosophers[seat] as ActorRef<Dining>
      const right = (seat + 1) % state.out.length
      if (state.out[seat] || state.out[right]) {
        ctx.tell(philosopher, 'refused')
        return
      }
      state.out[seat] = true
      state.out[right] = true
      ctx.tell(philosopher, 'eat')
    },
    satisfied(state, seat) {
      const right = (seat + 1) % state.out.length
      if (!state.out[seat] || !state.out[right])
        throw new Error(`philosopher ${seat} gives back forks it does not have`)
      state.out[seat] = false
      state.out[right] = false
    },
    forksOut: (state) => state.out.filter(Boolean).length,
  },
})

export const Philosopher = defineActor<Dining>()({
  name: 'Philosopher',
  module: import.meta.url,
  init: ({ seat, meals }: { seat: number; meals: number }) => ({
    seat,
    meals,
    eaten: 0,
    table: undefined as ActorRef<Table> | undefined,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Eats all its meals and replies with their number. */
    dine(state, table, ctx) {
      state.table = table
      state.done = ctx.deferReply<number>()
      ctx.tell(table, 'hungry', state.seat)
      return state.done
    },
    refused(state, _nothing, ctx) {
      if (state.table !== undefined) ctx.tell(state.table, 'hungry', state.seat)
    },
    eat(state, _nothing, ctx) {
      if (state.table === undefined || state.done === undefined) return
      ctx.tell(state.table, 'satisfied', state.seat)
      if (++state.eaten < state.meals) ctx.tell(state.table, 'hungry', state.seat)
      else ctx.reply(state.done, state.eaten)
    },
  },
})

export const diningPhilosophers = defineProgram({
  name: 'dining-philosophers',
  summary: 'an arbitrator lends forks to philosophers',
  unit: 'meals',
  size: { philosophers: 20, meals: 100_000 },
  quick: { philosophers: 20, meals: 100 },
  oneThread: true,
  problem: ({ philosophers }) => (philosophers < 2 ? 'it takes two philosophers to share a fork' : undefined),
  expected: () => undefined,
  async run(stage, { philosophers, meals }) {
    const table = await stage.spawn(Arbitrator, undefined)
    const guests = await Promise.all(
      range(philosophers).map((seat) => stage.spawn(Philosopher, { seat, meals }, stage.nodeAt(seat))),
    )
    await stage.ask(table, 'seat', guests)
    const eaten = await Promise.all(guests.map((guest) => stage.ask(guest, 'dine', table)))
    // From another thread the last forks may come back after the word that all was eaten.
    let forksOut = await stage.ask(table, 'forksOut')
    for (let looks = 1; forksOut > 0 && looks < looksMax; looks++) forksOut = await stage.ask(table, 'forksOut')
    return { eaten, forksOut }
  },
  verify({ eaten, forksOut }, _expected, { philosophers, meals }) {
    expectEqual('philosophers', eaten.length, philosophers)
    for (const [seat, count] of eaten.entries()) expectEqual(`meals of ${seat}`, count, meals)
    expectEqual('forks that are still out', forksOut, 0)
  },
  units: ({ philosophers, meals }) => philosophers * meals,
})
