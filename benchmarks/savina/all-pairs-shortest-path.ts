/**
 * All pairs' shortest paths: Floyd and Warshall in blocks (Venkataraman, Sahni, Mukhopadhyaya 2003). Each block of the
 * matrix of distances is an actor. In each round one block of the diagonal is first, then those of its row and its column,
 * which need it, then all others, which need one of the row and one of the column; a block that is done with a round tells
 * its distances to those that wait for them. The blocks are on all threads like the squares of a chessboard.
 *
 * Size: `nodes` of the graph, `block`: the side of a block, which divides them. Verified: the distances are those of the
 * plain algorithm. What is told is a copy that nobody changes.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectSameNumbers } from './program.ts'
import { range } from './random-numbers.ts'

/** Distances of a block, told for a round: by the diagonal, or by a block of the round's row or column. */
interface Told {
  readonly round: number
  readonly from: 'diagonal' | 'row' | 'column'
  readonly distances: Int32Array
}
type BlockProtocol = {
  run: (grid: readonly ActorRef<BlockProtocol>[]) => Int32Array
  told: (told: Told) => void
}
interface Args {
  readonly row: number
  readonly column: number
  /** Blocks along a side. */
  readonly blocks: number
  /** Distances along a side of a block. */
  readonly side: number
}

const seed = 0x51ed_270b
const unreachable = 1_000_000

/** Shortens distances by way of a block's side: `own[y][x]` by `column[y][via]` and `row[via][x]`. */
function shorten(own: Int32Array, column: Int32Array, row: Int32Array): void {
  const side = Math.sqrt(own.length)
  for (let via = 0; via < side; via++) {
    for (let y = 0; y < side; y++) {
      const toVia = column[y * side + via] as number
      for (let x = 0; x < side; x++) {
        const distance = toVia + (row[via * side + x] as number)
        if (distance < (own[y * side + x] as number)) own[y * side + x] = distance
      }
    }
  }
}

/** The direct distance from one node of the graph to another: a third of all pairs are connected, at 1 to 100. */
function directDistance(from: number, to: number): number {
  if (from === to) return 0
  let mixed = Math.imul((from << 16) ^ to ^ seed, 0x2c1b_3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x297a_2d39)
  mixed ^= mixed >>> 16
  return (mixed >>> 8) % 3 === 0 ? 1 + ((mixed & 0xff) % 100) : unreachable
}

/** The direct distances from some nodes to some nodes. */
function directDistances({ top, left, side }: { top: number; left: number; side: number }): Int32Array {
  const distances = new Int32Array(side * side)
  for (let index = 0; index < side * side; index++) {
    distances[index] = directDistance(top + Math.floor(index / side), left + (index % side))
  }
  return distances
}

export const DistanceBlock = defineActor<BlockProtocol>()({
  name: 'DistanceBlock',
  module: import.meta.url,
  init: (args: Args) => ({
    ...args,
    distances: directDistances({ top: args.row * args.side, left: args.column * args.side, side: args.side }),
    round: 0,
    grid: [] as readonly ActorRef<BlockProtocol>[],
    /** What was told for this round and later ones. */
    told: [] as Told[],
    done: undefined as ReplyToken<Int32Array> | undefined,
  }),
  on: {
    /** Replies with the distances of the block after the last round. */
    run(state, grid, ctx) {
      state.grid = grid
      state.done = ctx.deferReply<Int32Array>()
      goOn(state, (to, told) => ctx.tell(to, 'told', told))
      if (state.round === state.blocks) ctx.reply(state.done, state.distances)
      return state.done
    },
    told(state, told, ctx) {
      state.told.push(told)
      if (state.done === undefined || state.round === state.blocks) return
      goOn(state, (to, message) => ctx.tell(to, 'told', message))
      if (state.round === state.blocks) ctx.reply(state.done, state.distances)
    },
  },
})

interface State extends Args {
  readonly distances: Int32Array
  round: number
  readonly grid: readonly ActorRef<BlockProtocol>[]
  told: Told[]
}

/** Goes through the rounds as far as what was told allows. */
function goOn(state: State, tell: (to: ActorRef<BlockProtocol>, told: Told) => void): void {
  const { row, column, blocks, distances, grid } = state
  while (state.round < blocks) {
    const { round } = state
    const tellAll = (from: Told['from'], isFor: (row: number, column: number) => boolean) => {
      const copy = distances.slice()
      for (const [index, ref] of grid.entries()) {
        if (isFor(Math.floor(index / blocks), index % blocks)) tell(ref, { round, from, distances: copy })
      }
    }
    const heard = (from: Told['from']) =>
      state.told.find((told) => told.round === round && told.from === from)?.distances
    if (row === round && column === round) {
      shorten(distances, distances, distances)
      tellAll('diagonal', (y, x) => (y === round) !== (x === round))
    } else if (row === round || column === round) {
      const diagonal = heard('diagonal')
      if (diagonal === undefined) return
      if (row === round) {
        shorten(distances, diagonal, distances)
        tellAll('row', (y, x) => x === column && y !== round)
      } else {
        shorten(distances, distances, diagonal)
        tellAll('column', (y, x) => y === row && x !== round)
      }
    } else {
      const [ofRow, ofColumn] = [heard('row'), heard('column')]
      if (ofRow === undefined || ofColumn === undefined) return
      shorten(distances, ofColumn, ofRow)
    }
    state.told = state.told.filter((told) => told.round > round)
    state.round++
  }
}

/** Floyd and Warshall without blocks. */
function plainDistances(nodes: number): Int32Array {
  const distances = directDistances({ top: 0, left: 0, side: nodes })
  shorten(distances, distances, distances)
  return distances
}

/** Where the distance from one node to another is, in the list of all blocks' distances. */
function inBlocks(distances: Int32Array, { nodes, block }: { nodes: number; block: number }): Int32Array[] {
  const blocks = nodes / block
  return range(blocks * blocks).map((index) => {
    const [top, left] = [Math.floor(index / blocks) * block, (index % blocks) * block]
    return Int32Array.from({ length: block * block }, (_, at) => {
      return distances[(top + Math.floor(at / block)) * nodes + left + (at % block)] as number
    })
  })
}

export const allPairsShortestPath = defineProgram({
  name: 'all-pairs-shortest-path',
  summary: 'distances in a graph, an actor for each block of their matrix',
  unit: 'distances',
  size: { nodes: 960, block: 80 },
  quick: { nodes: 60, block: 20 },
  problem: ({ nodes, block }) => (nodes % block === 0 ? undefined : 'block divides nodes'),
  expected: (size) => inBlocks(plainDistances(size.nodes), size),
  async run(stage, { nodes, block }) {
    const blocks = nodes / block
    const grid = range(blocks * blocks).map((index) => {
      const [row, column] = [Math.floor(index / blocks), index % blocks]
      return stage.spawn(DistanceBlock, { row, column, blocks, side: block }, stage.nodeAt(row + column))
    })
    const refs = await Promise.all(grid)
    return await Promise.all(refs.map((ref) => stage.ask(ref, 'run', refs)))
  },
  verify(distances, expected) {
    for (const [index, block] of expected.entries()) expectSameNumbers(`block ${index}`, distances[index] ?? [], block)
  },
  units: ({ nodes }) => nodes * nodes,
})
