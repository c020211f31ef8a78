/**
 * Sieve of Eratosthenes: a chain of filters, each with so many primes. A number that none of them divides goes on to the
 * next filter; at the end of the chain it is a prime, and the last filter, when it is full, starts another. Numbers travel
 * in blocks. The filters further on get ever fewer numbers, so they are placed back and forth: first, second, second, first.
 *
 * Size: `limit` of the primes, `primes` that one filter holds, `block` of numbers. Verified: the number of primes and
 * their sum are those of a plain sieve. A block is an array that nobody changes after it was sent.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'

type Filtering = {
  candidates: (numbers: readonly number[]) => void
  /** The chain so far has found this. */
  end: (found: Found) => void
}
interface Found {
  readonly count: number
  readonly sum: number
}
type Source = { run: (job: { limit: number; block: number }) => Found; found: (found: Found) => void }
interface FilterArgs {
  readonly position: number
  readonly capacity: number
  readonly nodes: readonly string[]
  readonly source: ActorRef<Source>
}

export const PrimeFilter = defineActor<Filtering>()({
  name: 'PrimeFilter',
  module: import.meta.url,
  init: (args: FilterArgs) => ({ ...args, primes: [] as number[], next: undefined as ActorRef<Filtering> | undefined }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    candidates(state, numbers, ctx) {
      const passed: number[] = []
      for (const number of numbers) {
        if (isDivided(number, state.primes)) continue
        if (state.primes.length < state.capacity) state.primes.push(number)
        else passed.push(number)
      }
      if (passed.length === 0) return undefined
      if (state.next !== undefined) ctx.tell(state.next, 'candidates', passed)
      else return startNext(state, passed, ctx)
      return undefined
    },
    end(state, found, ctx) {
      const { primes, next, source } = state
      const total = { count: found.count + primes.length, sum: primes.reduce((sum, prime) => sum + prime, found.sum) }
      if (next === undefined) ctx.tell(source, 'found', total)
      else ctx.tell(next, 'end', total)
    },
  },
})

function isDivided(number: number, primes: readonly number[]): boolean {
  for (const prime of primes) if (number % prime === 0) return true
  return false
}

/** Starts the filter after this one with what this one lets through. */
async function startNext(
  state: FilterArgs & { next: ActorRef<Filtering> | undefined },
  passed: readonly number[],
  ctx: ActorContext<Filtering>,
): Promise<void> {
  const { capacity, nodes, source } = state
  const position = state.position + 1
  const turn = position % (2 * nodes.length)
  const node = nodes[turn < nodes.length ? turn : 2 * nodes.length - 1 - turn] as string
  state.next = await ctx.spawnOn(node, PrimeFilter, { position, capacity, nodes, source })
  ctx.tell(state.next, 'candidates', passed)
}

/** Sends 2 and the odd numbers up to the limit, and replies with what was found. */
export const NumberSource = defineActor<Source>()({
  name: 'NumberSource',
  module: import.meta.url,
  init: ({ primes, nodes }: { primes: number; nodes: readonly string[] }) => ({
    primes,
    nodes,
    done: undefined as ReplyToken<Found> | undefined,
  }),
  on: {
    run(state, { limit, block }, ctx) {
      const { primes, nodes } = state
      const first = ctx.spawn(PrimeFilter, { position: 0, capacity: primes, nodes, source: ctx.self })
      let numbers = [2]
      for (let number = 3; number <= limit; number += 2) {
        numbers.push(number)
        if (numbers.length < block) continue
        ctx.tell(first, 'candidates', numbers)
        numbers = []
      }
      ctx.tell(first, 'candidates', numbers)
      ctx.tell(first, 'end', { count: 0, sum: 0 })
      state.done = ctx.deferReply<Found>()
      return state.done
    },
    found(state, found, ctx) {
      if (state.done !== undefined) ctx.reply(state.done, found)
    },
  },
})

/** Crosses out the multiples of each prime. */
function plainSieve(limit: number): Found {
  const crossed = new Uint8Array(limit + 1)
  let [count, sum] = [0, 0]
  for (let number = 2; number <= limit; number++) {
    if (crossed[number] === 1) continue
    count++
    sum += number
    for (let multiple = number * number; multiple <= limit; multiple += number) crossed[multiple] = 1
  }
  return { count, sum }
}

export const sieve = defineProgram({
  name: 'sieve',
  summary: 'a chain of filters, each with some primes',
  unit: 'numbers',
  size: { limit: 400_000, primes: 1_000, block: 100 },
  quick: { limit: 5_000, primes: 100, block: 50 },
  problem: ({ limit }) => (limit < 3 ? 'limit is 3 at least' : undefined),
  expected: ({ limit }) => plainSieve(limit),
  async run(stage, { limit, primes, block }) {
    const source = await stage.spawn(NumberSource, { primes, nodes: stage.nodes })
    return await stage.ask(source, 'run', { limit, block })
  },
  verify(found, expected) {
    expectEqual('primes', found.count, expected.count)
    expectEqual('sum of the primes', found.sum, expected.sum)
  },
  units: ({ limit }) => limit,
})
