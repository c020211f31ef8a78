/**
 * Concurrent dictionary: workers read and write one dictionary, which is an actor, each with one request under way. A
 * look-up costs less than what a message costs to cross, so all stay on one thread.
 *
 * Size: `workers`, `requests` of each, `writePercent` of which write, `keys`. Verified: each worker has its answers; what
 * is read is what some worker wrote under that key; the dictionary counted as many writes as a sequential replay of the
 * workers' draws, and has the keys that were written and no others. Messages are plain data, made anew.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { RandomNumbers, range } from './random-numbers.ts'

type Storing = {
  write: (request: { from: ActorRef<Working>; key: number; value: number }) => void
  read: (request: { from: ActorRef<Working>; key: number }) => void
  contents: () => { writes: number; keys: number }
}
type Working = {
  work: (job: { dictionary: ActorRef<Storing>; requests: number }) => number
  answer: (answer: { key: number; value: number | undefined }) => void
}
/** A worker and the draws it makes. */
interface Draws {
  readonly seed: number
  readonly writePercent: number
  readonly keys: number
}

export const Dictionary = defineActor<Storing>()({
  name: 'Dictionary',
  module: import.meta.url,
  init: () => ({ values: new Map<number, number>(), writes: 0 }),
  on: {
    write(state, { from, key, value }, ctx) {
      state.values.set(key, value)
      state.writes++
      ctx.tell(from, 'answer', { key, value })
    },
    read(state, { from, key }, ctx) {
      ctx.tell(from, 'answer', { key, value: state.values.get(key) })
    },
    contents: (state) => ({ writes: state.writes, keys: state.values.size }),
  },
})

/** The next request of a worker: which key, and whether it writes. */
function draw(random: RandomNumbers, { writePercent, keys }: Draws): { key: number; writes: boolean } {
  return { writes: random.int(100) < writePercent, key: random.int(keys) }
}

export const DictionaryWorker = defineActor<Working>()({
  name: 'DictionaryWorker',
  module: import.meta.url,
  init: (draws: Draws) => ({
    draws,
    random: new RandomNumbers(draws.seed),
    left: 0,
    answers: 0,
    dictionary: undefined as ActorRef<Storing> | undefined,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Makes so many requests, one after the other, and replies with the answers it got. */
    work(state, { dictionary, requests }, ctx) {
      state.dictionary = dictionary
      state.left = requests
      state.done = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'answer', { key: 0, value: undefined })
      state.answers = -1
      return state.done
    },
    answer(state, { key, value }, ctx) {
      state.answers++
      // A value names its key, so that one that came from another shows.
      if (value !== undefined && value % state.draws.keys !== key) throw new Error(`${value} was read at ${key}`)
      if (state.left === 0 || state.dictionary === undefined) {
        if (state.done !== undefined) ctx.reply(state.done, state.answers)
        return
      }
      const next = draw(state.random, state.draws)
      const from = ctx.self
      const written = next.key + state.draws.keys * state.left--
      if (next.writes) ctx.tell(state.dictionary, 'write', { from, key: next.key, value: written })
      else ctx.tell(state.dictionary, 'read', { from, key: next.key })
    },
  },
})

export const concurrentDictionary = defineProgram({
  name: 'concurrent-dictionary',
  summary: 'workers read and write one dictionary',
  unit: 'requests',
  size: { workers: 20, requests: 150_000, writePercent: 10, keys: 512 },
  quick: { workers: 20, requests: 100, writePercent: 10, keys: 512 },
  oneThread: true,
  expected({ workers, requests, writePercent, keys }) {
    const written = new Set<number>()
    let writes = 0
    for (const seed of range(workers)) {
      const random = new RandomNumbers(seed)
      for (let request = 0; request < requests; request++) {
        const next = draw(random, { seed, writePercent, keys })
        if (!next.writes) continue
        writes++
        written.add(next.key)
      }
    }
    return { writes, keys: written.size }
  },
  async run(stage, { workers, requests, writePercent, keys }) {
    const dictionary = await stage.spawn(Dictionary, undefined)
    const started = range(workers).map((seed) =>
      stage.spawn(DictionaryWorker, { seed, writePercent, keys }, stage.nodeAt(seed)),
    )
    const answers = (await Promise.all(started)).map((worker) => stage.ask(worker, 'work', { dictionary, requests }))
    return { answers: await Promise.all(answers), ...(await stage.ask(dictionary, 'contents')) }
  },
  verify(result, expected, { requests }) {
    for (const [worker, answers] of result.answers.entries()) expectEqual(`answers of ${worker}`, answers, requests)
    expectEqual('writes', result.writes, expected.writes)
    expectEqual('keys', result.keys, expected.keys)
  },
  units: ({ workers, requests }) => workers * requests,
})
