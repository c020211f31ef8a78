/**
 * Radix sort: a chain of actors, one for each bit; each passes on at once the numbers whose bit is 0, and those whose bit
 * is 1 when it has got them all. There are several chains, each for the numbers of its range; a chain is on one thread,
 * with the actor that draws its numbers, the chains on all threads in turn.
 *
 * Size: `numbers`, `bits` of each, `chains`, a power of two. Verified: the chains' ends together are the sequentially
 * sorted numbers. Every number is a message of its own.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { RandomNumbers, range } from './random-numbers.ts'

type Link = { value: (value: number) => void; end: () => void }
type Draws = { readonly numbers: number; readonly bits: number; readonly chains: number }

const seed = 2_048

/** What all chains sort, by the same draws on every thread; a chain takes those of its highest bits. */
function drawAll({ numbers, bits }: Draws): Uint32Array {
  const random = new RandomNumbers(seed)
  return Uint32Array.from({ length: numbers }, () => random.int(2 ** bits))
}

export const BitSorter = defineActor<Link>()({
  name: 'BitSorter',
  module: import.meta.url,
  init: ({ bit, next }: { bit: number; next: ActorRef<Link> }) => ({ bit, next, ones: [] as number[] }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    value(state, value, ctx) {
      if ((value >>> state.bit) & 1) state.ones.push(value)
      else ctx.tell(state.next, 'value', value)
    },
    end(state, _nothing, ctx) {
      for (const value of state.ones) ctx.tell(state.next, 'value', value)
      state.ones = []
      ctx.tell(state.next, 'end')
    },
  },
})

/** Draws the numbers of its chain, sends them through the chain and replies with what comes out. */
export const RadixChain = defineActor<Link & { sort: () => Uint32Array }>()({
  name: 'RadixChain',
  module: import.meta.url,
  init: ({ draws, chain }: { draws: Draws; chain: number }) => ({
    draws,
    chain,
    sorted: [] as number[],
    done: undefined as ReplyToken<Uint32Array> | undefined,
  }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    sort(state, _nothing, ctx) {
      const { draws, chain } = state
      const bits = draws.bits - Math.log2(draws.chains)
      // The lowest bit is sorted first, so its actor is spawned last.
      let first: ActorRef<Link> = ctx.self
      for (let bit = bits - 1; bit >= 0; bit--) first = ctx.spawn(BitSorter, { bit, next: first })
      for (const value of drawAll(draws)) if (value >>> bits === chain) ctx.tell(first, 'value', value)
      ctx.tell(first, 'end')
      state.done = ctx.deferReply<Uint32Array>()
      return state.done
    },
    value(state, value) {
      state.sorted.push(value)
    },
    end(state, _nothing, ctx) {
      if (state.done !== undefined) ctx.reply(state.done, Uint32Array.from(state.sorted))
    },
  },
})

export const radixSort = defineProgram({
  name: 'radix-sort',
  summary: 'chains of actors, one for each bit, that numbers go through one by one',
  unit: 'numbers',
  size: { numbers: 400_000, bits: 28, chains: 4 },
  quick: { numbers: 1_000, bits: 12, chains: 4 },
  problem: ({ bits, chains }) =>
    !Number.isInteger(Math.log2(chains)) || bits > 32 || 2 ** bits <= chains
      ? 'chains are a power of two, and bits 32 at most and more than it takes to number the chains'
      : undefined,
  expected: (draws) => drawAll(draws).sort(),
  async run(stage, draws) {
    const chains = range(draws.chains).map((chain) => stage.spawn(RadixChain, { draws, chain }, stage.nodeAt(chain)))
    const sorted = await Promise.all((await Promise.all(chains)).map((chain) => stage.ask(chain, 'sort')))
    return sorted.flatMap((part) => [...part])
  },
  verify: (sorted, expected) => expectSameNumbers('sorted numbers', sorted, expected),
  units: ({ numbers }) => numbers,
})
