/**
 * Cigarette smokers: in each round an arbiter chooses a smoker, who says that he has begun and then smokes, which is work,
 * while the next round begins. The smokers are on all threads in turn.
 *
 * Size: `rounds`, `smokers`, `work` steps of a cigarette. Verified: each smoker smoked as often as the arbiter's draws
 * say, and the sum of their work is that of a sequential replay. Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual, expectSameNumbers } from './program.ts'
import { busyWork, RandomNumbers, range } from './random-numbers.ts'

type Arbiting = { open: (smokers: readonly ActorRef<Smoking>[]) => void; started: () => void; over: () => void }
type Smoking = { smoke: (round: number) => void; smoked: () => { cigarettes: number; sum: number } }

const seed = 2_014

export const SmokerArbiter = defineActor<Arbiting>()({
  name: 'SmokerArbiter',
  module: import.meta.url,
  init: (rounds: number) => ({
    rounds,
    round: 0,
    random: new RandomNumbers(seed),
    smokers: [] as readonly ActorRef<Smoking>[],
    over: undefined as ReplyToken<void> | undefined,
  }),
  on: {
    open(state, smokers, ctx) {
      state.smokers = smokers
      ctx.tell(ctx.self, 'started')
    },
    /** Replies when the last round has begun. */
    over(state, _nothing, ctx) {
      if (state.round > state.rounds) return undefined
      state.over = ctx.deferReply<void>()
      return state.over
    },
    started(state, _nothing, ctx) {
      if (state.round++ < state.rounds) {
        const smoker = state.smokers[state.random.int(state.smokers.length)] as ActorRef<Smoking>
        ctx.tell(smoker, 'smoke', state.round)
      } else if (state.over !== undefined) ctx.reply(state.over, undefined)
    },
  },
})

export const Smoker = defineActor<Smoking>()({
  name: 'Smoker',
  module: import.meta.url,
  init: ({ arbiter, work }: { arbiter: ActorRef<Arbiting>; work: number }) => ({
    arbiter,
    work,
    cigarettes: 0,
    sum: 0,
  }),
  on: {
    smoke(state, round, ctx) {
      ctx.tell(state.arbiter, 'started')
      state.cigarettes++
      state.sum += busyWork(state.work, round)
    },
    smoked: ({ cigarettes, sum }) => ({ cigarettes, sum }),
  },
})

export const cigaretteSmokers = defineProgram({
  name: 'cigarette-smokers',
  summary: 'an arbiter chooses who smokes; the next round begins meanwhile',
  unit: 'rounds',
  oneThread: true,
  size: { rounds: 10_000, smokers: 200, work: 100_000 },
  quick: { rounds: 200, smokers: 20, work: 1_000 },
  expected({ rounds, smokers, work }) {
    const random = new RandomNumbers(seed)
    const cigarettes = new Array<number>(smokers).fill(0)
    let sum = 0
    for (let round = 1; round <= rounds; round++) {
      const smoker = random.int(smokers)
      cigarettes[smoker] = (cigarettes[smoker] as number) + 1
      sum += busyWork(work, round)
    }
    return { cigarettes, sum }
  },
  async run(stage, { rounds, smokers, work }) {
    const arbiter = await stage.spawn(SmokerArbiter, rounds)
    const all = await Promise.all(
      range(smokers).map((index) => stage.spawn(Smoker, { arbiter, work }, stage.nodeAt(index))),
    )
    await stage.ask(arbiter, 'open', all)
    await stage.ask(arbiter, 'over')
    return await Promise.all(all.map((smoker) => stage.ask(smoker, 'smoked')))
  },
  verify(result, expected) {
    expectSameNumbers(
      'cigarettes',
      result.map(({ cigarettes }) => cigarettes),
      expected.cigarettes,
    )
    expectEqual(
      'sum of the work',
      result.reduce((sum, smoker) => sum + smoker.sum, 0),
      expected.sum,
    )
  },
  units: ({ rounds }) => rounds,
})
