/**
 * Trapezoid: the integral of a function by trapezoids, a part of them for each worker. The workers are on all threads in
 * turn.
 *
 * Size: `pieces`, `workers`. Verified against Simpson's rule over the same interval, which is an independent computation.
 * Messages are plain data, made anew.
 */
import { defineActor } from '@troupe/core'
import { defineProgram, expectNear } from './program.ts'
import { partOf, range } from './random-numbers.ts'

const [left, right] = [1, 5]

/** The function of the suite. */
function height(x: number): number {
  return (1 / (x + 1)) * Math.sqrt(1 + Math.exp(Math.sqrt(2 * x))) * Math.sin(x ** 3 - 1)
}

export const TrapezoidWorker = defineActor({
  name: 'TrapezoidWorker',
  module: import.meta.url,
  init: () => ({}),
  on: {
    /** Replies with the area of the pieces from one number to before another, of so many between the two ends. */
    integrate(_state, { from, to, pieces }: { from: number; to: number; pieces: number }) {
      const width = (right - left) / pieces
      let area = (height(left + from * width) + height(left + to * width)) / 2
      for (let piece = from + 1; piece < to; piece++) area += height(left + piece * width)
      return area * width
    },
  },
})

function simpson(pieces: number): number {
  const width = (right - left) / pieces
  let sum = height(left) + height(right)
  for (let piece = 1; piece < pieces; piece++) sum += height(left + piece * width) * (piece % 2 === 1 ? 4 : 2)
  return (sum * width) / 3
}

export const trapezoid = defineProgram({
  name: 'trapezoid',
  summary: 'an integral in parts',
  unit: 'pieces',
  size: { pieces: 30_000_000, workers: 100 },
  quick: { pieces: 100_000, workers: 10 },
  problem: ({ pieces, workers }) =>
    pieces < 10_000 || workers > pieces ? 'pieces are 10,000 at least, and as many as workers' : undefined,
  expected: () => simpson(200_000),
  async run(stage, { pieces, workers }) {
    const all = await Promise.all(
      range(workers).map((index) => stage.spawn(TrapezoidWorker, undefined, stage.nodeAt(index))),
    )
    const areas = all.map((worker, index) =>
      stage.ask(worker, 'integrate', { ...partOf({ index, parts: workers, total: pieces }), pieces }),
    )
    return (await Promise.all(areas)).reduce((sum, area) => sum + area)
  },
  verify: (area, expected) => expectNear('area', area, expected, 1e-4),
  units: ({ pieces }) => pieces,
})
