/**
 * Successive over-relaxation: a grid of numbers, each of which moves towards the mean of its four neighbours, again and
 * again; the red squares of the chessboard first, then the black ones. The grid is cut into strips of rows, each an actor,
 * which tells its outermost rows to its neighbours after each half of a step. Neighbouring strips are on one thread as far
 * as can be.
 *
 * Size: `side` of the grid, `steps`, `strips`. Verified: the grid is, to the last bit, that of the same steps done by a
 * plain loop. A row that is told is a copy that nobody changes; what is done is in shared
 * memory, where each strip writes its own rows.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { partOf, RandomNumbers, range } from './random-numbers.ts'

interface Neighbours {
  readonly above: ActorRef<Strip> | undefined
  readonly below: ActorRef<Strip> | undefined
}
type Strip = {
  run: (job: { neighbours: Neighbours; steps: number }) => void
  row: (message: { from: 'above' | 'below'; half: number; row: Float64Array }) => void
}

const omega = 1.25
const seed = 101_010

/** Moves the numbers of one colour; row 0 and the last are the neighbours' or the border, and stay. */
function relax(rows: readonly Float64Array[], { firstRow, colour }: { firstRow: number; colour: number }): void {
  for (let y = 1; y < rows.length - 1; y++) {
    const [above, row, below] = [rows[y - 1], rows[y], rows[y + 1]] as [Float64Array, Float64Array, Float64Array]
    for (let x = 1 + ((firstRow + y + colour) & 1); x < row.length - 1; x += 2) {
      const around = (above[x] as number) + (below[x] as number) + (row[x - 1] as number) + (row[x + 1] as number)
      row[x] = (omega / 4) * around + (1 - omega) * (row[x] as number)
    }
  }
}

/** A row of the grid as it is at first. */
function firstRowOf(y: number, side: number): Float64Array {
  const random = new RandomNumbers(seed + y)
  return Float64Array.from({ length: side }, () => random.float())
}

export const GridStrip = defineActor<Strip>()({
  name: 'GridStrip',
  module: import.meta.url,
  init: ({ grid, side, from, to }: { grid: Float64Array; side: number; from: number; to: number }) => ({
    /** The whole grid, of which the strip writes its rows at the end. */
    grid,
    /** The rows of the strip and one more on each side; `firstRow` is the number of the first of them. */
    rows: range(to - from + 2).map((index) => firstRowOf(from + index, side)),
    firstRow: from,
    /** Half steps done, and those that were asked for. */
    half: 0,
    halves: 0,
    neighbours: { above: undefined, below: undefined } as Neighbours,
    /** Rows that came: those of this half step and perhaps of the next. */
    came: [] as { from: 'above' | 'below'; half: number; row: Float64Array }[],
    done: undefined as ReplyToken<void> | undefined,
  }),
  on: {
    /** Replies when all steps are done and the rows of the strip are in the grid. */
    run(state, { neighbours, steps }, ctx) {
      state.neighbours = neighbours
      state.halves = 2 * steps
      state.done = ctx.deferReply<void>()
      goOn(state, (to, message) => ctx.tell(to, 'row', message))
      if (state.half === state.halves) ctx.reply(state.done, finish(state))
      return state.done
    },
    row(state, message, ctx) {
      state.came.push(message)
      if (state.done === undefined || state.half === state.halves) return
      goOn(state, (to, row) => ctx.tell(to, 'row', row))
      if (state.half === state.halves) ctx.reply(state.done, finish(state))
    },
  },
})

interface StripState {
  readonly rows: Float64Array[]
  readonly firstRow: number
  half: number
  readonly halves: number
  readonly neighbours: Neighbours
  came: { from: 'above' | 'below'; half: number; row: Float64Array }[]
}

/** Does half steps while the neighbours' rows after the half step before are there. */
function goOn(
  state: StripState,
  tell: (to: ActorRef<Strip>, message: { from: 'above' | 'below'; half: number; row: Float64Array }) => void,
): void {
  const { rows, neighbours } = state
  while (state.half < state.halves) {
    if (state.half > 0 && !takeRows(state)) return
    relax(rows, { firstRow: state.firstRow, colour: state.half & 1 })
    state.half++
    if (state.half === state.halves) return
    const { half } = state
    if (neighbours.above !== undefined) {
      tell(neighbours.above, { from: 'below', half, row: (rows[1] as Float64Array).slice() })
    }
    if (neighbours.below !== undefined) {
      tell(neighbours.below, { from: 'above', half, row: (rows.at(-2) as Float64Array).slice() })
    }
  }
}

/** Puts the neighbours' rows in their place; false while one is missing. */
function takeRows({ rows, half, neighbours, came }: StripState): boolean {
  const above = came.findIndex((message) => message.from === 'above' && message.half === half)
  const below = came.findIndex((message) => message.from === 'below' && message.half === half)
  if (neighbours.above !== undefined && above < 0) return false
  if (neighbours.below !== undefined && below < 0) return false
  if (above >= 0) rows[0] = (came[above] as { row: Float64Array }).row
  if (below >= 0) rows[rows.length - 1] = (came[below] as { row: Float64Array }).row
  for (const index of [above, below].sort((one, other) => other - one)) if (index >= 0) came.splice(index, 1)
  return true
}

/** Puts the rows, without those of the neighbours, into the grid. */
function finish({
  grid,
  rows,
  firstRow,
}: {
  readonly grid: Float64Array
  readonly rows: readonly Float64Array[]
  readonly firstRow: number
}): void {
  for (const [index, row] of rows.slice(1, -1).entries()) grid.set(row, (firstRow + index) * row.length)
}

export const successiveOverRelaxation = defineProgram({
  name: 'successive-over-relaxation',
  summary: 'a grid whose numbers move towards the mean of their neighbours, in strips',
  unit: 'updates',
  size: { side: 1_200, steps: 560, strips: 8 },
  quick: { side: 50, steps: 10, strips: 4 },
  problem: ({ side, strips }) => (side < strips + 2 ? 'each strip has a row, and the border two' : undefined),
  expected({ side, steps }) {
    const rows = range(side).map((y) => firstRowOf(y, side))
    for (let half = 0; half < 2 * steps; half++) relax(rows, { firstRow: 0, colour: half & 1 })
    const grid = new Float64Array((side - 2) * side)
    finish({ grid, rows, firstRow: 0 })
    return grid
  },
  async run(stage, { side, steps, strips }) {
    const grid = new Float64Array(new SharedArrayBuffer((side - 2) * side * 8))
    const started = range(strips).map((index) => {
      const { from, to } = partOf({ index, parts: strips, total: side - 2 })
      const node = stage.nodeAt(Math.floor((index * stage.nodes.length) / strips))
      return stage.spawn(GridStrip, { grid, side, from, to }, node)
    })
    const refs = await Promise.all(started)
    const parts = refs.map((ref, index) =>
      stage.ask(ref, 'run', { neighbours: { above: refs[index - 1], below: refs[index + 1] }, steps }),
    )
    await Promise.all(parts)
    return grid
  },
  verify: (grid, expected) => expectSameNumbers('grid', grid, expected),
  units: ({ side, steps }) => (side - 2) ** 2 * steps,
})
