/**
 * Pi, precisely: workers compute the terms of the series of Bailey, Borwein and Plouffe, a few at a time, in whole numbers
 * of arbitrary length; a master hands out the terms, two lots ahead for each worker, and adds them up. The workers are on
 * all threads in turn.
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
  sum: (part: { worker: ActorRef<Computing>; sum: bigint }) => void
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
      ctx.tell(master, 'sum', { worker: ctx.self, sum: sumOfTerms(lot, bits) })
    },
  },
})

export const PiMaster = defineActor<Adding>()({
  name: 'PiMaster',
  module: import.meta.url,
  init: ({ bits, terms, lot }: { bits: number; terms: number; lot: number }) => ({
    bits,
    terms,
    lot,
    next: 0,
    underway: 0,
    sum: 0n,
    done: undefined as ReplyToken<bigint> | undefined,
  }),
  on: {
    run(state, workers, ctx) {
      state.done = ctx.deferReply<bigint>()
      for (const worker of [...workers, ...workers]) {
        const lot = nextLot(state)
        if (lot !== undefined) ctx.tell(worker, 'terms', { lot, bits: state.bits, master: ctx.self })
      }
      return state.done
    },
    sum(state, { worker, sum }, ctx) {
      state.sum += sum
      state.underway--
      const lot = nextLot(state)
      if (lot !== undefined) ctx.tell(worker, 'terms', { lot, bits: state.bits, master: ctx.self })
      else if (state.underway === 0 && state.done !== undefined) ctx.reply(state.done, state.sum)
    },
  },
})

function nextLot(state: { next: number; terms: number; lot: number; underway: number }): Lot | undefined {
  if (state.next === state.terms) return undefined
  const from = state.next
  state.next = Math.min(state.terms, from + state.lot)
  state.underway++
  return { from, to: state.next }
}

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
  size: { digits: 30_000, workers: 20, lot: 50 },
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
