/**
 * Quicksort: an actor has a range of the numbers; it divides the range at a pivot, starts an actor for each side, and says
 * that it is done when both are. A short range it sorts by itself. The ranges near the root are handed out to all threads;
 * below that each stays where it began. The numbers are in shared memory, and each range is touched by its actor alone
 * until it hands the sides on.
 *
 * Size: `numbers`, `threshold`: the length of a range that an actor sorts by itself, `levels` that are handed out.
 * Verified: the numbers are those of a sequential sort, in order.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { numbersToSort } from './random-numbers.ts'

interface Range {
  readonly from: number
  readonly to: number
}
interface Placing {
  readonly nodes: readonly string[]
  /** Levels below this one that are handed out. */
  readonly levels: number
  /** Which of the ranges of its level this is. */
  readonly index: number
}
type Sorting = { sort: (range: Range) => void; start: (range: Range) => void; sorted: () => void }
interface Args {
  readonly numbers: Int32Array
  readonly threshold: number
  readonly parent: ActorRef<Sorting> | undefined
  readonly placing: Placing | undefined
}
interface State extends Args {
  waiting: number
  done: ReplyToken<void> | undefined
}

export const RangeSorter = defineActor<Sorting>()({
  name: 'RangeSorter',
  module: import.meta.url,
  init: (args: Args): State => ({ ...args, waiting: 0, done: undefined }),
  on: {
    sort: (state, range, ctx) => sort(state, range, ctx),
    async start(state, range, ctx) {
      state.done = ctx.deferReply<void>()
      await sort(state, range, ctx)
      return state.done
    },
    sorted(state, _nothing, ctx) {
      if (--state.waiting === 0) finish(state, ctx)
    },
  },
})

function sort(state: State, range: Range, ctx: ActorContext<Sorting>): Promise<void> | undefined {
  const { numbers, threshold, placing } = state
  if (range.to - range.from <= threshold) {
    sortAlone(numbers, range)
    finish(state, ctx)
    return undefined
  }
  const { left, right } = divide(numbers, range)
  state.waiting = 2
  if (placing !== undefined) return handOut(state, placing, [left, right], ctx)
  for (const side of [left, right]) {
    ctx.tell(ctx.spawn(RangeSorter, { numbers, threshold, parent: ctx.self, placing: undefined }), 'sort', side)
  }
  return undefined
}

/** Starts an actor for each side: in turn, the lower side first, then the upper, so that each thread gets some of both. */
async function handOut(
  { numbers, threshold }: State,
  { nodes, levels, index }: Placing,
  sides: readonly Range[],
  ctx: ActorContext<Sorting>,
): Promise<void> {
  for (const [side, range] of sides.entries()) {
    const child = index * 2 + side
    const placing = levels > 1 ? { nodes, levels: levels - 1, index: child } : undefined
    const node = nodes[child % nodes.length] as string
    const ref = await ctx.spawnOn(node, RangeSorter, { numbers, threshold, parent: ctx.self, placing })
    ctx.tell(ref, 'sort', range)
  }
}

function finish({ parent, done }: State, ctx: ActorContext<Sorting>): void {
  if (parent !== undefined) {
    ctx.tell(parent, 'sorted')
    ctx.stop()
  } else if (done !== undefined) ctx.reply(done, undefined)
}

/** Moves what is smaller than a pivot to the left side (Hoare's partition), the pivot being the middle of five samples. */
function divide(numbers: Int32Array, { from, to }: Range): { readonly left: Range; readonly right: Range } {
  const samples = [0, 1, 2, 3, 4].map((part) => numbers[from + Math.floor((part * (to - 1 - from)) / 4)] as number)
  const pivot = samples.sort((one, other) => one - other)[2] as number
  let low = from
  let high = to - 1
  while (low <= high) {
    while ((numbers[low] as number) < pivot) low++
    while ((numbers[high] as number) > pivot) high--
    if (low > high) break
    const swapped = numbers[low] as number
    numbers[low++] = numbers[high] as number
    numbers[high--] = swapped
  }
  return { left: { from, to: high + 1 }, right: { from: low, to } }
}

function sortAlone(numbers: Int32Array, range: Range): void {
  if (range.to - range.from > 24) {
    const { left, right } = divide(numbers, range)
    sortAlone(numbers, left)
    sortAlone(numbers, right)
    return
  }
  for (let index = range.from + 1; index < range.to; index++) {
    const number = numbers[index] as number
    let place = index
    while (place > range.from && (numbers[place - 1] as number) > number) {
      numbers[place] = numbers[place - 1] as number
      place--
    }
    numbers[place] = number
  }
}

export const quicksort = defineProgram({
  name: 'quicksort',
  summary: 'an actor for each range, which divides it at a pivot',
  unit: 'numbers',
  size: { numbers: 9_000_000, threshold: 4_096, levels: 6 },
  quick: { numbers: 20_000, threshold: 512, levels: 2 },
  expected({ numbers }) {
    const input = numbersToSort(numbers)
    return { input, sorted: input.slice().sort() }
  },
  async run(stage, { numbers: count, threshold, levels }, { input }) {
    const numbers = new Int32Array(new SharedArrayBuffer(count * 4))
    numbers.set(input)
    const placing = { nodes: stage.nodes, levels, index: 0 }
    const root = await stage.spawn(RangeSorter, { numbers, threshold, parent: undefined, placing })
    await stage.ask(root, 'start', { from: 0, to: count })
    return numbers
  },
  verify: (numbers, { sorted }) => expectSameNumbers('numbers', numbers, sorted),
  units: ({ numbers }) => numbers,
})
