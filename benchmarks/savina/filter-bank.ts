/**
 * Filter bank: a source sends the samples of a signal to banks of filters; each is a chain of a delay, a filter of
 * finite impulse response, a down-sampler that leaves every so-many-th sample, and another filter; at the end the banks'
 * outputs are added up. A bank is on one thread, the banks on all threads in turn. Samples travel in blocks.
 *
 * Size: `banks`, `samples`, `taps` of each filter, `block` of samples. Verified: the output is, to the last bit, that of
 * the same filters run one after the other. A block is a typed array that nobody changes after it was sent.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { range } from './random-numbers.ts'

type Stream = { block: (samples: Float64Array) => void }
type Integrating = {
  run: (signal: { banks: readonly ActorRef<Stream>[]; samples: number; block: number }) => Float64Array
  output: (part: { bank: number; samples: Float64Array }) => void
}

const decimation = 2

/** A delay and a filter: the output for each sample is the sum of so many samples before it, each by its coefficient. */
class Filter {
  readonly #coefficients: Float64Array
  /** The last samples, twice one after the other, so that each window of them is in one piece. */
  readonly #window: Float64Array
  #at = 0

  constructor({ bank, taps, part }: { bank: number; taps: number; part: number }) {
    this.#coefficients = Float64Array.from({ length: taps }, (_, tap) => Math.cos((bank + 1) * (tap + part)) / taps)
    this.#window = new Float64Array(taps * 2)
  }

  next(sample: number): number {
    const coefficients = this.#coefficients
    const window = this.#window
    const taps = coefficients.length
    this.#at = this.#at === 0 ? taps - 1 : this.#at - 1
    window[this.#at] = sample
    window[this.#at + taps] = sample
    let sum = 0
    for (let tap = 0; tap < taps; tap++) sum += (coefficients[tap] as number) * (window[this.#at + tap] as number)
    return sum
  }
}

function sampleAt(index: number): number {
  return Math.sin(index / 7) + (index % 11) / 11
}

/** Filters what comes, and passes on each sample or one of so many. */
export const FilterStage = defineActor<Stream>()({
  name: 'FilterStage',
  module: import.meta.url,
  init: (args: { bank: number; taps: number; part: number; keepEvery: number; next: ActorRef<Stream> }) => ({
    filter: new Filter(args),
    keepEvery: args.keepEvery,
    next: args.next,
    index: 0,
  }),
  on: {
    block(state, samples, ctx) {
      const kept: number[] = []
      for (const sample of samples) {
        const filtered = state.filter.next(sample)
        if (state.index++ % state.keepEvery === 0) kept.push(filtered)
      }
      ctx.tell(state.next, 'block', Float64Array.from(kept))
    },
  },
})

/** The head of a bank, with its stages and its end as children. */
export const Bank = defineActor<Stream>()({
  name: 'Bank',
  module: import.meta.url,
  init: (args: { bank: number; taps: number; integrator: ActorRef<Integrating> }) => ({
    ...args,
    first: undefined as ActorRef<Stream> | undefined,
  }),
  started(state, ctx) {
    const { bank, taps, integrator } = state
    const last = ctx.spawn(BankEnd, { bank, integrator })
    const second = ctx.spawn(FilterStage, { bank, taps, part: 1, keepEvery: 1, next: last })
    state.first = ctx.spawn(FilterStage, { bank, taps, part: 0, keepEvery: decimation, next: second })
  },
  on: {
    block(state, samples, ctx) {
      if (state.first !== undefined) ctx.tell(state.first, 'block', samples)
    },
  },
})

/** Sends what comes out of a bank to the integrator. */
export const BankEnd = defineActor<Stream>()({
  name: 'BankEnd',
  module: import.meta.url,
  init: (args: { bank: number; integrator: ActorRef<Integrating> }) => args,
  on: {
    block({ bank, integrator }, samples, ctx) {
      ctx.tell(integrator, 'output', { bank, samples })
    },
  },
})

export const Integrator = defineActor<Integrating>()({
  name: 'Integrator',
  module: import.meta.url,
  init: ({ banks, length }: { banks: number; length: number }) => ({
    /** The outputs by bank, added up in the order of the banks when all are there: sums of numbers depend on it. */
    outputs: range(banks).map(() => [] as number[]),
    left: banks * length,
    done: undefined as ReplyToken<Float64Array> | undefined,
  }),
  on: {
    run(state, { banks, samples, block }, ctx) {
      state.done = ctx.deferReply<Float64Array>()
      for (let from = 0; from < samples; from += block) {
        const sent = Float64Array.from({ length: Math.min(block, samples - from) }, (_, index) =>
          sampleAt(from + index),
        )
        for (const bank of banks) ctx.tell(bank, 'block', sent)
      }
      return state.done
    },
    output(state, { bank, samples }, ctx) {
      state.outputs[bank]?.push(...samples)
      state.left -= samples.length
      if (state.left === 0 && state.done !== undefined) ctx.reply(state.done, addUp(state.outputs))
    },
  },
})

function addUp(outputs: readonly (readonly number[])[]): Float64Array {
  const sums = new Float64Array(outputs[0]?.length ?? 0)
  for (const output of outputs)
    for (const [index, value] of output.entries()) sums[index] = (sums[index] as number) + value
  return sums
}

export const filterBank = defineProgram({
  name: 'filter-bank',
  summary: 'a signal through banks of filters, added up at the end',
  unit: 'samples',
  size: { banks: 8, samples: 32_000, taps: 4_096, block: 128 },
  quick: { banks: 4, samples: 500, taps: 64, block: 64 },
  expected({ banks, samples, taps }) {
    const outputs = range(banks).map((bank) => {
      const [first, second] = [new Filter({ bank, taps, part: 0 }), new Filter({ bank, taps, part: 1 })]
      const output: number[] = []
      for (let index = 0; index < samples; index++) {
        const filtered = first.next(sampleAt(index))
        if (index % decimation === 0) output.push(second.next(filtered))
      }
      return output
    })
    return addUp(outputs)
  },
  async run(stage, { banks, samples, taps, block }) {
    const integrator = await stage.spawn(Integrator, { banks, length: Math.ceil(samples / decimation) })
    const all = range(banks).map((bank) => stage.spawn(Bank, { bank, taps, integrator }, stage.nodeAt(bank)))
    return await stage.ask(integrator, 'run', { banks: await Promise.all(all), samples, block })
  },
  verify: (output, expected) => expectSameNumbers('output', output, expected),
  units: ({ samples }) => samples,
})
