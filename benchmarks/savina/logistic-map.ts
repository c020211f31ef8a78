/**
 * Logistic map: every term of a series `x = r x (1 - x)` is computed by an actor for the rate, and kept by one for the
 * series, which asks for the next. A series and its rate are on one thread, the series on all threads in turn.
 *
 * Size: `series`, `terms` of each. Verified: the last term of each series, exactly, against the loop. Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { range } from './random-numbers.ts'

type Rating = { next: (request: { series: ActorRef<Series>; term: number }) => void }
type Series = { run: (terms: number) => number; term: (term: number) => void }

const rateOf = (series: number) => 3.46 + series * 0.0025
const firstTerm = 0.5 * 0.9

export const RateComputer = defineActor<Rating>()({
  name: 'RateComputer',
  module: import.meta.url,
  init: (rate: number) => ({ rate }),
  on: {
    next({ rate }, { series, term }, ctx) {
      ctx.tell(series, 'term', rate * term * (1 - term))
    },
  },
})

export const SeriesWorker = defineActor<Series>()({
  name: 'SeriesWorker',
  module: import.meta.url,
  init: (rate: number) => ({
    rate,
    left: 0,
    computer: undefined as ActorRef<Rating> | undefined,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Replies with the term after so many. */
    run(state, terms, ctx) {
      state.left = terms
      state.computer = ctx.spawn(RateComputer, state.rate)
      state.done = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'term', firstTerm)
      return state.done
    },
    term(state, term, ctx) {
      if (state.left-- > 0 && state.computer !== undefined) ctx.tell(state.computer, 'next', { series: ctx.self, term })
      else if (state.done !== undefined) ctx.reply(state.done, term)
    },
  },
})

export const logisticMap = defineProgram({
  name: 'logistic-map',
  summary: 'series of terms, each computed by an actor for its rate',
  unit: 'terms',
  size: { series: 10, terms: 800_000 },
  quick: { series: 4, terms: 1_000 },
  expected: ({ series, terms }) =>
    range(series).map((index) => {
      let term = firstTerm
      const rate = rateOf(index)
      for (let step = 0; step < terms; step++) term = rate * term * (1 - term)
      return term
    }),
  async run(stage, { series, terms }) {
    const workers = await Promise.all(
      range(series).map((index) => stage.spawn(SeriesWorker, rateOf(index), stage.nodeAt(index))),
    )
    return await Promise.all(workers.map((worker) => stage.ask(worker, 'run', terms)))
  },
  verify: (last, expected) => expectSameNumbers('last term', last, expected),
  units: ({ series, terms }) => series * terms,
})
