/**
 * Concurrent sorted list: workers insert into one sorted linked list, which is an actor, look for numbers and ask for its
 * length, each with one request under way. The list does the work, and it is one actor: all stay on one thread.
 *
 * Size: `workers`, `requests` of each, of which `writePercent` insert and `sizePercent` ask for the length. Verified: the
 * list ends sorted and holds exactly what a sequential replay of the workers' draws inserts. Messages are plain data,
 * made anew; the list leaves its actor as an array of its own.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual, expectSameNumbers } from './program.ts'
import { RandomNumbers, range } from './random-numbers.ts'

type Request = { readonly kind: 'insert' | 'contains'; readonly value: number } | { readonly kind: 'length' }
type Listing = {
  request: (message: { from: ActorRef<Asking>; request: Request }) => void
  contents: () => Float64Array
}
type Asking = {
  work: (job: { list: ActorRef<Listing>; requests: number }) => number
  answer: (answer: number | boolean) => void
}
interface Draws {
  readonly seed: number
  readonly writePercent: number
  readonly sizePercent: number
}
interface Cell {
  readonly value: number
  next: Cell | undefined
}

export const SortedList = defineActor<Listing>()({
  name: 'SortedList',
  module: import.meta.url,
  init: () => ({ head: { value: Number.NEGATIVE_INFINITY, next: undefined } as Cell, length: 0 }),
  on: {
    request(state, { from, request }, ctx) {
      if (request.kind === 'length') {
        ctx.tell(from, 'answer', state.length)
        return
      }
      let cell = state.head
      while (cell.next !== undefined && cell.next.value < request.value) cell = cell.next
      if (request.kind === 'insert') {
        cell.next = { value: request.value, next: cell.next }
        state.length++
        ctx.tell(from, 'answer', true)
      } else ctx.tell(from, 'answer', cell.next?.value === request.value)
    },
    contents(state) {
      const values = new Float64Array(state.length)
      let index = 0
      for (let cell = state.head.next; cell !== undefined; cell = cell.next) values[index++] = cell.value
      return values
    },
  },
})

function draw(random: RandomNumbers, { writePercent, sizePercent }: Draws): Request {
  const kind = random.int(100)
  const value = random.next()
  if (kind < sizePercent) return { kind: 'length' }
  return { kind: kind < sizePercent + writePercent ? 'insert' : 'contains', value }
}

export const ListWorker = defineActor<Asking>()({
  name: 'ListWorker',
  module: import.meta.url,
  init: (draws: Draws) => ({
    draws,
    random: new RandomNumbers(draws.seed),
    left: 0,
    answers: 0,
    list: undefined as ActorRef<Listing> | undefined,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Makes so many requests, one after the other, and replies with the answers it got. */
    work(state, { list, requests }, ctx) {
      state.list = list
      state.left = requests - 1
      state.done = ctx.deferReply<number>()
      ctx.tell(list, 'request', { from: ctx.self, request: draw(state.random, state.draws) })
      return state.done
    },
    answer(state, _answer, ctx) {
      state.answers++
      if (state.left-- > 0 && state.list !== undefined) {
        ctx.tell(state.list, 'request', { from: ctx.self, request: draw(state.random, state.draws) })
      } else if (state.done !== undefined) ctx.reply(state.done, state.answers)
    },
  },
})

export const concurrentSortedList = defineProgram({
  name: 'concurrent-sorted-list',
  summary: 'workers insert into and search one sorted linked list',
  unit: 'requests',
  size: { workers: 20, requests: 4_000, writePercent: 10, sizePercent: 1 },
  quick: { workers: 20, requests: 100, writePercent: 10, sizePercent: 1 },
  oneThread: true,
  problem: ({ writePercent, sizePercent }) =>
    writePercent + sizePercent > 100 ? 'writePercent and sizePercent are 100 together at most' : undefined,
  expected({ workers, requests, writePercent, sizePercent }) {
    const inserted: number[] = []
    for (const seed of range(workers)) {
      const random = new RandomNumbers(seed)
      for (let request = 0; request < requests; request++) {
        const next = draw(random, { seed, writePercent, sizePercent })
        if (next.kind === 'insert') inserted.push(next.value)
      }
    }
    return Float64Array.from(inserted).sort()
  },
  async run(stage, { workers, requests, writePercent, sizePercent }) {
    const list = await stage.spawn(SortedList, undefined)
    const started = range(workers).map((seed) =>
      stage.spawn(ListWorker, { seed, writePercent, sizePercent }, stage.nodeAt(seed)),
    )
    const answers = (await Promise.all(started)).map((worker) => stage.ask(worker, 'work', { list, requests }))
    return { answers: await Promise.all(answers), contents: await stage.ask(list, 'contents') }
  },
  verify({ answers, contents }, expected, { requests }) {
    for (const [worker, count] of answers.entries()) expectEqual(`answers of ${worker}`, count, requests)
    expectSameNumbers('list', contents, expected)
  },
  units: ({ workers, requests }) => workers * requests,
})
