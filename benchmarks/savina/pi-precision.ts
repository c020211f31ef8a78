/**
 * Pi, precisely: workers compute the terms of the series of Bailey, Borwein and Plouffe, a few at a time, in whole numbers
 * of arbitrary length; a master deals all lots out in turn and adds up what comes back. The workers are on all threads in
 * turn.
 *
 * Size: `digits`, `workers`, `lot` of terms. Verified against Machin's formula, computed sequentially, and against the
 * first fifty digits as they are known. Messages are plain data, made anew.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

interface Lot {
  readonly from: number
  readonly to: number
}
type Adding = {
  run: (workers: readonly ActorRef<Computing>[]) => bigint
  sum: (sum: bigint) => void
}
type Computing = { terms: (order: { lot: Lot; bits: number; master: ActorRef<Adding> }) => void }

/** Bits beyond the digits that are asked for, so that what each division cuts off does not reach them. */
const guardBits = 64
const known = '31415926535897932384626433832795028841971693993751'

/** The sum of some terms, times two to so many bits. */
function sumOfTerms({ from, to }: Lot, bits: number): bigint {
  let sum = 0n
  for (let term = from; term < to; term++) {
    const one = 1n << BigInt(Math.max(0, bits - 4 * term))
    const eighth = 8n * BigInt(term)
    sum += (4n * one) / (eighth + 1n) - (2n * one) / (eighth + 4n) - one / (eighth + 5n) - one / (eighth + 6n)
  }
  return sum
}

export const TermWorker = defineActor<Computing>()({
  name: 'TermWorker',
  module: import.meta.url,
  init: () => ({}),
  on: {
    terms(_state, { lot, bits, master }, ctx) {
      ctx.tell(master, 'sum', sumOfTerms(lot, bits))
    },
  },
})

export const PiMaster = defineActor<Adding>()({
  name: 'PiMaster',
  module: import.meta.url,
  init: (args: { bits: number; terms: number; lot: number }) => ({
    ...args,
    underway: 0,
    sum: 0n,
    done: undefined as ReplyToken<bigint> | undefined,
  }),
  on: {
    run(state, workers, ctx) {
      const { bits, terms, lot } = state
      state.done = ctx.deferReply<bigint>()
      // Later terms are shorter numbers: dealt out in turn, every worker has some of all lengths.
      for (let from = 0; from < terms; from += lot) {
        const worker = workers[state.underway++ % workers.length] as ActorRef<Computing>
        ctx.tell(worker, 'terms', { lot: { from, to: Math.min(terms, from + lot) }, bits, master: ctx.self })
      }
      return state.done
    },
    sum(state, sum, ctx) {
      state.sum += sum
      if (--state.underway === 0 && state.done !== undefined) ctx.reply(state.done, state.sum)
    },
  },
})

function bitsOf(digits: number): number {
  return Math.ceil(digits * Math.log2(10)) + guardBits
}

/** The first so many digits of a number below ten that is given times two to so many bits. */
function digitsOf(value: bigint, { digits, bits }: { digits: number; bits: number }): string {
  return ((value * 10n ** BigInt(digits - 1)) >> BigInt(bits)).toString()
}

/** Pi times two to so many bits, by Machin: 16 arctan(1/5) - 4 arctan(1/239). */
function machin(bits: number): bigint {
  const arctanOfInverse = (inverse: bigint) => {
    let power = (1n << BigInt(bits)) / inverse
    let sum = power
    for (let odd = 3n; power !== 0n; odd += 2n) {
      power /= -(inverse * inverse)
      sum += power / odd
    }
    return sum
  }
  return 16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n)
}

export const piPrecision = defineProgram({
  name: 'pi-precision',
  summary: 'digits of pi by a series, its terms in parts',
  unit: 'digits',
  size: { digits: 42_000, workers: 20, lot: 25 },
  quick: { digits: 500, workers: 4, lot: 10 },
  problem: ({ digits }) => (digits < known.length ? `digits are ${known.length} at least` : undefined),
  expected: ({ digits }) => digitsOf(machin(bitsOf(digits)), { digits, bits: bitsOf(digits) }),
  async run(stage, { digits, workers, lot }) {
    const bits = bitsOf(digits)
    const master = await stage.spawn(PiMaster, { bits, terms: Math.ceil(bits / 4), lot })
    const all = range(workers).map((index) => stage.spawn(TermWorker, undefined, stage.nodeAt(index)))
    return await stage.ask(master, 'run', await Promise.all(all))
  },
  verify(sum, expected, { digits }) {
    const found = digitsOf(sum, { digits, bits: bitsOf(digits) })
    expectEqual('the first digits', found.slice(0, known.length), known)
    expectEqual('all digits', found, expected)
  },
  units: ({ digits }) => digits,
})
