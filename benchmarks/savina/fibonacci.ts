/**
 * Fibonacci: an actor for every call of the recursive definition. The calls near the root have their children on all
 * threads; below that every subtree stays where it began.
 *
 * A subtree's thread is chosen by how often the path from the root to it took the smaller number: the subtrees of one
 * size that took it an even and an odd number of times differ by one at most, so that two threads get the same work.
 *
 * Size: `n`; subtrees are handed out `levels` below the root. Verified against the iterative computation. Messages are
 * numbers, and plain data near the root.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'

/** A call whose subtree is handed out where its number is `below` or less. */
interface Unfolding {
  readonly n: number
  readonly below: number
  readonly nodes: readonly string[]
  /** How often the path from the root to here took the smaller number. */
  readonly smaller: number
}
type Call = {
  compute: (n: number) => void
  unfold: (call: Unfolding) => void
  /** From outside: replies with the number. */
  start: (call: Unfolding) => number
  result: (value: number) => void
}

/** Computes a Fibonacci number by two children, tells it to its parent and stops. */
export const FibonacciCall = defineActor<Call>()({
  name: 'FibonacciCall',
  module: import.meta.url,
  init: (parent: ActorRef<Call> | undefined) => ({
    parent,
    sum: 0,
    waiting: 2,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    compute(state, n, ctx) {
      if (n <= 2) {
        if (state.parent !== undefined) ctx.tell(state.parent, 'result', 1)
        ctx.stop()
        return
      }
      ctx.tell(ctx.spawn(FibonacciCall, ctx.self), 'compute', n - 1)
      ctx.tell(ctx.spawn(FibonacciCall, ctx.self), 'compute', n - 2)
    },
    unfold: (_state, call, ctx) => unfold(call, ctx),
    async start(state, call, ctx) {
      state.done = ctx.deferReply<number>()
      await unfold(call, ctx)
      return state.done
    },
    result(state, value, ctx) {
      state.sum += value
      if (--state.waiting > 0) return
      if (state.parent !== undefined) {
        ctx.tell(state.parent, 'result', state.sum)
        ctx.stop()
      } else if (state.done !== undefined) ctx.reply(state.done, state.sum)
    },
  },
})

async function unfold({ n, below, nodes, smaller }: Unfolding, ctx: ActorContext<Call>): Promise<void> {
  for (const by of [1, 2]) {
    const child = { n: n - by, below, nodes, smaller: smaller + by - 1 }
    if (child.n > below) ctx.tell(ctx.spawn(FibonacciCall, ctx.self), 'unfold', child)
    else {
      const node = nodes[child.smaller % nodes.length] as string
      ctx.tell(await ctx.spawnOn(node, FibonacciCall, ctx.self), 'compute', child.n)
    }
  }
}

/** The number by the definition, and how many calls that takes. */
function iterate(n: number): { readonly value: number; readonly calls: number } {
  let [value, next, calls, callsNext] = [0, 1, 1, 1]
  for (let index = 1; index <= n; index++) {
    ;[value, next] = [next, value + next]
    if (index > 2) [calls, callsNext] = [callsNext, calls + callsNext + 1]
  }
  return { value, calls: n <= 2 ? 1 : callsNext }
}

export const fibonacci = defineProgram({
  name: 'fibonacci',
  summary: 'an actor for every recursive call',
  unit: 'actors',
  size: { n: 28, levels: 8 },
  quick: { n: 16, levels: 4 },
  problem: ({ n, levels }) =>
    n < 4 || n > 40 || levels < 1 || levels > n - 3 ? 'n is from 4 to 40, and levels from 1 to n - 3' : undefined,
  expected: ({ n }) => iterate(n),
  async run(stage, { n, levels }) {
    const root = await stage.spawn(FibonacciCall, undefined)
    return await stage.ask(root, 'start', { n, below: n - levels, nodes: stage.nodes, smaller: 0 })
  },
  verify: (result, { value }) => expectEqual('the number', result, value),
  units: (_size, { calls }) => calls,
})
