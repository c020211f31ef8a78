/**
 * N queens: in how many ways can so many queens stand on a board without attacking each other. A worker that gets a board
 * with few queens sends the boards of one more queen back to the master, which hands them out in turn; one with more
 * queens it completes by itself. The workers are on all threads in turn.
 *
 * Size: `queens`, `workers`, `threshold`: the queens from which on a worker completes a board. Verified against the known
 * numbers of solutions. Messages are plain data, made anew.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

/** Queens in the first rows: the columns they stand in, and what they attack in the next row along both diagonals, as bits. */
interface Board {
  readonly rows: number
  readonly columns: number
  readonly leftward: number
  readonly rightward: number
}
type Mastering = {
  run: (workers: readonly ActorRef<Working>[]) => number
  boards: (boards: readonly Board[]) => void
  solutions: (count: number) => void
}
type Working = { board: (board: Board) => void }

/** For 1 queen and more (OEIS A000170). Where there is none, nothing is completed. */
const solutionsOf = [1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2_680, 14_200, 73_712, 365_596, 2_279_184, 14_772_512]

/** How many ways there are to place the queens that are left. */
function completed(rowsLeft: number, columns: number, leftward: number, rightward: number, all: number): number {
  if (rowsLeft === 0) return 1
  let count = 0
  for (let free = all & ~(columns | leftward | rightward); free !== 0; ) {
    const queen = free & -free
    free ^= queen
    count += completed(rowsLeft - 1, columns | queen, ((leftward | queen) << 1) & all, (rightward | queen) >> 1, all)
  }
  return count
}

/** The boards with one more queen. */
function withOneMore({ rows, columns, leftward, rightward }: Board, all: number): Board[] {
  const boards: Board[] = []
  for (let free = all & ~(columns | leftward | rightward); free !== 0; ) {
    const queen = free & -free
    free ^= queen
    boards.push({
      rows: rows + 1,
      columns: columns | queen,
      leftward: ((leftward | queen) << 1) & all,
      rightward: (rightward | queen) >> 1,
    })
  }
  return boards
}

export const QueensWorker = defineActor<Working>()({
  name: 'QueensWorker',
  module: import.meta.url,
  init: (args: { queens: number; threshold: number; master: ActorRef<Mastering> }) => args,
  on: {
    board({ queens, threshold, master }, board, ctx) {
      const all = 2 ** queens - 1
      if (board.rows < threshold) ctx.tell(master, 'boards', withOneMore(board, all))
      else
        ctx.tell(
          master,
          'solutions',
          completed(queens - board.rows, board.columns, board.leftward, board.rightward, all),
        )
    },
  },
})

export const QueensMaster = defineActor<Mastering>()({
  name: 'QueensMaster',
  module: import.meta.url,
  init: () => ({
    workers: [] as readonly ActorRef<Working>[],
    next: 0,
    underway: 1,
    solutions: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    run(state, workers, ctx) {
      state.workers = workers
      state.done = ctx.deferReply<number>()
      ctx.tell(workers[0] as ActorRef<Working>, 'board', { rows: 0, columns: 0, leftward: 0, rightward: 0 })
      return state.done
    },
    boards(state, boards, ctx) {
      state.underway += boards.length - 1
      for (const board of boards) {
        ctx.tell(state.workers[state.next++ % state.workers.length] as ActorRef<Working>, 'board', board)
      }
      if (state.underway === 0 && state.done !== undefined) ctx.reply(state.done, state.solutions)
    },
    solutions(state, count, ctx) {
      state.solutions += count
      if (--state.underway === 0 && state.done !== undefined) ctx.reply(state.done, state.solutions)
    },
  },
})

export const nQueens = defineProgram({
  name: 'n-queens',
  summary: 'ways for queens not to attack each other, in parts',
  unit: 'solutions',
  size: { queens: 15, workers: 20, threshold: 4 },
  quick: { queens: 8, workers: 4, threshold: 2 },
  problem: ({ queens }) =>
    (solutionsOf[queens - 1] ?? 0) === 0 ? `queens are 1 or from 4 to ${solutionsOf.length}` : undefined,
  expected: ({ queens }) => solutionsOf[queens - 1] as number,
  async run(stage, { queens, workers, threshold }) {
    const master = await stage.spawn(QueensMaster, undefined)
    const args = { queens, threshold: Math.min(threshold, queens), master }
    const all = range(workers).map((index) => stage.spawn(QueensWorker, args, stage.nodeAt(index)))
    return await stage.ask(master, 'run', await Promise.all(all))
  },
  verify: (solutions, expected) => expectEqual('solutions', solutions, expected),
  units: (_size, solutions) => solutions,
})
