/**
 * Bitonic sort (Batcher 1968): a sorter sorts one half of its range upwards and the other downwards, each by a sorter, and
 * then merges them: it compares each number of the lower half with its partner in the upper and swaps them where it has
 * to, and has each half merged in the same way. Sorters and mergers are actors down to a length that one does by itself;
 * near the root the halves are on different threads. The numbers are in shared memory, and each range is touched by its
 * actor alone until it hands the halves on.
 *
 * Size: `numbers`, a power of two, `threshold`: the length that an actor does by itself, a power of two. Verified: the
 * numbers are those of a sequential sort, in order.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { numbersToSort } from './random-numbers.ts'

/** What is to be done with a range: sort it, or merge it, where its halves are sorted in opposite ways. */
interface Job {
  readonly kind: 'sort' | 'merge'
  readonly from: number
  readonly length: number
  readonly upwards: boolean
}
type Network = { job: (job: Job) => void; start: (job: Job) => void; finished: () => void }
interface Args {
  readonly numbers: Int32Array
  readonly threshold: number
  readonly parent: ActorRef<Network> | undefined
  /** The threads for this range; one where it stays. */
  readonly nodes: readonly string[]
}
interface State extends Args {
  waiting: number
  job: Job | undefined
  done: ReplyToken<void> | undefined
}

export const BitonicActor = defineActor<Network>()({
  name: 'BitonicActor',
  module: import.meta.url,
  init: (args: Args): State => ({ ...args, waiting: 0, job: undefined, done: undefined }),
  on: {
    job: (state, job, ctx) => begin(state, job, ctx),
    async start(state, job, ctx) {
      state.done = ctx.deferReply<void>()
      await begin(state, job, ctx)
      return state.done
    },
    finished(state, _nothing, ctx) {
      if (--state.waiting > 0 || state.job === undefined) return undefined
      if (state.job.kind === 'sort') return begin(state, { ...state.job, kind: 'merge' }, ctx)
      finish(state, ctx)
      return undefined
    },
  },
})

function begin(state: State, job: Job, ctx: ActorContext<Network>): Promise<void> | undefined {
  const { numbers, threshold, nodes } = state
  state.job = job
  if (job.length <= threshold) {
    if (job.kind === 'sort') sortAlone(numbers, job)
    else mergeAlone(numbers, job)
    finish(state, ctx)
    return undefined
  }
  if (job.kind === 'merge') compareHalves(numbers, job)
  const length = job.length / 2
  const lower = { ...job, length, upwards: job.kind === 'sort' ? true : job.upwards }
  const upper = { ...lower, from: job.from + length, upwards: job.kind === 'sort' ? false : job.upwards }
  state.waiting = 2
  if (nodes.length > 1) return handOut(state, [lower, upper], ctx)
  for (const half of [lower, upper]) {
    ctx.tell(ctx.spawn(BitonicActor, { numbers, threshold, parent: ctx.self, nodes }), 'job', half)
  }
  return undefined
}

/** Starts the lower half on one half of the threads, the upper on the other. */
async function handOut(
  { numbers, threshold, nodes }: State,
  jobs: readonly Job[],
  ctx: ActorContext<Network>,
): Promise<void> {
  const middle = Math.ceil(nodes.length / 2)
  for (const [half, job] of jobs.entries()) {
    const own = half === 0 ? nodes.slice(0, middle) : nodes.slice(middle)
    const args = { numbers, threshold, parent: ctx.self, nodes: own }
    ctx.tell(await ctx.spawnOn(own[0] as string, BitonicActor, args), 'job', job)
  }
}

function finish({ parent, done }: State, ctx: ActorContext<Network>): void {
  if (parent !== undefined) {
    ctx.tell(parent, 'finished')
    ctx.stop()
  } else if (done !== undefined) ctx.reply(done, undefined)
}

/** Compares each number of the lower half with its partner in the upper. */
function compareHalves(numbers: Int32Array, { from, length, upwards }: Job): void {
  const half = length / 2
  for (let index = from; index < from + half; index++) {
    const [low, high] = [numbers[index] as number, numbers[index + half] as number]
    if (low > high === upwards) {
      numbers[index] = high
      numbers[index + half] = low
    }
  }
}

function mergeAlone(numbers: Int32Array, job: Job): void {
  for (let length = job.length; length > 1; length /= 2) {
    for (let from = job.from; from < job.from + job.length; from += length) {
      compareHalves(numbers, { ...job, from, length })
    }
  }
}

function sortAlone(numbers: Int32Array, job: Job): void {
  for (let length = 2; length <= job.length; length *= 2) {
    for (let from = job.from, upwards = true; from < job.from + job.length; from += length, upwards = !upwards) {
      mergeAlone(numbers, { kind: 'merge', from, length, upwards: length === job.length ? job.upwards : upwards })
    }
  }
}

const isPowerOfTwo = (value: number) => value >= 1 && Number.isInteger(Math.log2(value))

export const bitonicSort = defineProgram({
  name: 'bitonic-sort',
  summary: 'a network of sorters and mergers',
  unit: 'numbers',
  size: { numbers: 2_097_152, threshold: 8_192 },
  quick: { numbers: 8_192, threshold: 512 },
  problem: ({ numbers, threshold }) =>
    isPowerOfTwo(numbers) && isPowerOfTwo(threshold) ? undefined : 'numbers and threshold are powers of two',
  expected({ numbers }) {
    const input = numbersToSort(numbers)
    return { input, sorted: input.slice().sort() }
  },
  async run(stage, { numbers: count, threshold }, { input }) {
    const numbers = new Int32Array(new SharedArrayBuffer(count * 4))
    numbers.set(input)
    const root = await stage.spawn(BitonicActor, { numbers, threshold, parent: undefined, nodes: stage.nodes })
    await stage.ask(root, 'start', { kind: 'sort', from: 0, length: count, upwards: true })
    return numbers
  },
  verify: (numbers, { sorted }) => expectSameNumbers('numbers', numbers, sorted),
  units: ({ numbers }) => numbers,
})
