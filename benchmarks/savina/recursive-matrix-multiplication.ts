/**
 * Recursive matrix multiplication: the product is divided in four, again and again; a worker that gets a large part sends
 * its quarters back to the master, which hands them out in turn, and one that gets a small part computes it. The workers
 * are on all threads in turn. The three matrices are in shared memory: the factors are only read, and each part of the
 * product is written by the one worker that has it.
 *
 * Size: `length` of a side, `threshold`: the side of a part that a worker computes, `workers`. Verified: every element is
 * that of a plain multiplication; the elements of the factors are small whole numbers, so that sums are exact.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { range } from './random-numbers.ts'

/** A square part of the product. */
interface Part {
  readonly row: number
  readonly column: number
  readonly side: number
}
interface Matrices {
  readonly length: number
  readonly left: Float64Array
  /** Transposed, so that rows and columns are both read in order. */
  readonly right: Float64Array
  readonly product: Float64Array
}
type Mastering = {
  run: (order: { workers: readonly ActorRef<Working>[]; length: number }) => void
  parts: (parts: readonly Part[]) => void
  computed: () => void
}
type Working = { part: (part: Part) => void }

/** Computes one part; what a worker and the plain multiplication have in common is this and nothing else. */
function multiply({ length, left, right, product }: Matrices, { row, column, side }: Part): void {
  for (let y = row; y < row + side; y++) {
    for (let x = column; x < column + side; x++) {
      let sum = 0
      const [leftAt, rightAt] = [y * length, x * length]
      for (let index = 0; index < length; index++) {
        sum += (left[leftAt + index] as number) * (right[rightAt + index] as number)
      }
      product[y * length + x] = sum
    }
  }
}

function quarters({ row, column, side }: Part): Part[] {
  const half = side / 2
  return [0, 1, 2, 3].map((quarter) => ({
    row: row + (quarter >> 1) * half,
    column: column + (quarter & 1) * half,
    side: half,
  }))
}

export const MatrixWorker = defineActor<Working>()({
  name: 'MatrixWorker',
  module: import.meta.url,
  init: (args: { matrices: Matrices; threshold: number; master: ActorRef<Mastering> }) => args,
  on: {
    part({ matrices, threshold, master }, part, ctx) {
      if (part.side > threshold) {
        ctx.tell(master, 'parts', quarters(part))
        return
      }
      multiply(matrices, part)
      ctx.tell(master, 'computed')
    },
  },
})

export const MatrixMaster = defineActor<Mastering>()({
  name: 'MatrixMaster',
  module: import.meta.url,
  init: () => ({
    workers: [] as readonly ActorRef<Working>[],
    next: 0,
    underway: 1,
    done: undefined as ReplyToken<void> | undefined,
  }),
  on: {
    run(state, { workers, length }, ctx) {
      state.workers = workers
      state.done = ctx.deferReply<void>()
      ctx.tell(workers[0] as ActorRef<Working>, 'part', { row: 0, column: 0, side: length })
      return state.done
    },
    parts(state, parts, ctx) {
      state.underway += parts.length - 1
      for (const part of parts) {
        ctx.tell(state.workers[state.next++ % state.workers.length] as ActorRef<Working>, 'part', part)
      }
    },
    computed(state, _nothing, ctx) {
      if (--state.underway === 0 && state.done !== undefined) ctx.reply(state.done, undefined)
    },
  },
})

/** Element by element: rows of the left factor times columns of the right one, in another order than the workers'. */
function plainProduct({ length, left, right }: Matrices): Float64Array {
  const product = new Float64Array(length * length)
  for (let y = 0; y < length; y++) {
    for (let index = 0; index < length; index++) {
      const factor = left[y * length + index] as number
      for (let x = 0; x < length; x++) {
        product[y * length + x] = (product[y * length + x] as number) + factor * (right[x * length + index] as number)
      }
    }
  }
  return product
}

function sharedMatrix(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * length * 8))
}

function matricesOf(length: number): Matrices {
  const matrices = { length, left: sharedMatrix(length), right: sharedMatrix(length), product: sharedMatrix(length) }
  for (let index = 0; index < length * length; index++) {
    matrices.left[index] = (index * 7 + 3) % 11
    matrices.right[index] = (index * 5 + 1) % 13
  }
  return matrices
}

export const recursiveMatrixMultiplication = defineProgram({
  name: 'recursive-matrix-multiplication',
  summary: 'a product of matrices, divided in four again and again',
  unit: 'multiplications',
  size: { length: 1_024, threshold: 128, workers: 20 },
  quick: { length: 64, threshold: 16, workers: 4 },
  problem: ({ length, threshold }) =>
    !Number.isInteger(Math.log2(length)) || threshold < 1
      ? 'length is a power of two, threshold is 1 at least'
      : undefined,
  expected({ length }) {
    const matrices = matricesOf(length)
    return { matrices, product: plainProduct(matrices) }
  },
  async run(stage, { length, threshold, workers }, expected) {
    const matrices = { ...expected.matrices, product: sharedMatrix(length) }
    const master = await stage.spawn(MatrixMaster, undefined)
    const all = range(workers).map((index) =>
      stage.spawn(MatrixWorker, { matrices, threshold, master }, stage.nodeAt(index)),
    )
    await stage.ask(master, 'run', { workers: await Promise.all(all), length })
    return matrices.product
  },
  verify: (product, expected) => expectSameNumbers('product', product, expected.product),
  units: ({ length }) => length ** 3,
})
