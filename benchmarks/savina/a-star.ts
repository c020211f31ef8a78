/**
 * A*: the cheapest way from one corner of a cube of cells to the opposite one, where entering each cell has a price. The
 * cells belong to workers, small cubes of them by a hash, so that all workers have a part of the front of the search
 * (Kishimoto, Fukunaga, Botea 2009); a worker expands the best of its open cells, and sends what it finds of cells that
 * are another's to their owner. The workers are on all threads in turn. What is known of a cell is in shared memory, and
 * touched by its owner alone.
 *
 * A leader lets the workers expand what costs up to a limit by the estimate, and raises the limit when nothing of that is
 * left, until the goal is within it: so no worker runs far ahead of the others, to search again what they find cheaper.
 * That nothing is left, and no message under way, is found as by Dijkstra and Scholten (1980): who begins to work owes an
 * acknowledgement to whoever made it begin, and pays when it has nothing to do and all its own messages are acknowledged.
 *
 * Size: `side` of the cube, `workers`, `expansions` of one turn, `raise`: by how much the limit goes up at a time. Verified: the price is that of Dijkstra's algorithm, run
 * sequentially, and the way that was found has that price. What is sent is a typed array that nobody changes.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual, WrongResultError } from './program.ts'
import { range } from './random-numbers.ts'

interface Cube {
  readonly side: number
  /** By cell: the price of the cheapest way to it that is known; `unknown` at first. */
  readonly prices: Int32Array
  /** By cell: by which of the six directions that way enters it. */
  readonly entered: Uint8Array
}
/** Cells found from elsewhere: for each the cell, the price to it and the direction, one after the other. */
interface Finds {
  readonly from: ActorRef<Acknowledging>
  readonly cells: Int32Array
}
type Acknowledging = { acknowledged: () => void }
type Searching = Acknowledging & {
  meet: (workers: readonly ActorRef<Searching>[]) => void
  found: (finds: Finds) => void
  more: () => void
  advance: (order: { from: ActorRef<Acknowledging>; limit: number }) => void
}
type Leading = Acknowledging & {
  search: (workers: readonly ActorRef<Searching>[]) => void
}

const unknown = 0x7fff_ffff
const blockSide = 8
const steps = [1, -1, 0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 1, -1]

/** What it costs to enter a cell: 1 to 9. */
function priceOf(cell: number): number {
  let mixed = Math.imul(cell ^ 0x51ed_270b, 0x2c1b_3c6d)
  mixed ^= mixed >>> 15
  return 1 + ((Math.imul(mixed, 0x297a_2d39) >>> 16) % 9)
}

/** The cell next to one, in one of six directions; -1 outside the cube. */
function neighbour(cell: number, direction: number, side: number): number {
  const x = (cell % side) + (steps[direction] as number)
  const y = (Math.floor(cell / side) % side) + (steps[6 + direction] as number)
  const z = Math.floor(cell / (side * side)) + (steps[12 + direction] as number)
  const inside = x >= 0 && y >= 0 && z >= 0 && x < side && y < side && z < side
  return inside ? (z * side + y) * side + x : -1
}

/** At the least it costs so much to go from a cell to the last one. */
function leastPrice(cell: number, side: number): number {
  return 3 * (side - 1) - (cell % side) - (Math.floor(cell / side) % side) - Math.floor(cell / (side * side))
}

function ownerOf(cell: number, { side, workers }: { side: number; workers: number }): number {
  const x = Math.floor((cell % side) / blockSide)
  const y = Math.floor((Math.floor(cell / side) % side) / blockSide)
  const z = Math.floor(Math.floor(cell / (side * side)) / blockSide)
  return (x + 3 * y + 5 * z) % workers
}

/** Cells by a whole number, the least first. */
class Buckets {
  readonly #buckets: number[][] = []
  #least = 0

  add(key: number, cell: number, price: number): void {
    const bucket = this.#buckets[key]
    if (bucket === undefined) this.#buckets[key] = [cell, price]
    else bucket.push(cell, price)
    if (key < this.#least) this.#least = key
  }

  /** The least number that a cell has, if it is below `bound`; -1 when there is none. */
  leastBelow(bound: number): number {
    const end = Math.min(bound, this.#buckets.length)
    while (this.#least < end && !(this.#buckets[this.#least]?.length ?? 0)) this.#least++
    return this.#least < end ? this.#least : -1
  }

  /** Takes a cell of that number, and the price that it was added with. */
  take(key: number): { cell: number; price: number } {
    const bucket = this.#buckets[key] as number[]
    const price = bucket.pop() as number
    return { price, cell: bucket.pop() as number }
  }
}

interface SearchArgs {
  readonly index: number
  readonly workerCount: number
  readonly expansions: number
  readonly cube: Cube
}
interface SearchState extends SearchArgs {
  workers: readonly ActorRef<Searching>[]
  readonly open: Buckets
  /** What costs more by the estimate is not expanded yet. */
  limit: number
  /** Messages of its own that are not acknowledged. */
  owed: number
  /** Whom it owes its acknowledgement while it works. */
  creditor: ActorRef<Acknowledging> | undefined
  /** True while a `more` is under way to itself. */
  going: boolean
}

export const SearchWorker = defineActor<Searching>()({
  name: 'SearchWorker',
  module: import.meta.url,
  init: (args: SearchArgs): SearchState => ({
    ...args,
    workers: [],
    open: new Buckets(),
    limit: 0,
    owed: 0,
    creditor: undefined,
    going: false,
  }),
  on: {
    meet(state, workers) {
      state.workers = workers
      if (ownerOf(0, { side: state.cube.side, workers: state.workerCount }) === state.index) improve(state, 0, 0, 0)
    },
    advance(state, { from, limit }, ctx) {
      state.limit = limit
      // Another worker's finds may have come before the leader's word.
      if (state.creditor === undefined) state.creditor = from
      else ctx.tell(from, 'acknowledged')
      if (!state.going) ctx.tell(ctx.self, 'more')
      state.going = true
    },
    found(state, { from, cells }, ctx) {
      if (state.creditor === undefined) state.creditor = from
      else ctx.tell(from, 'acknowledged')
      for (let at = 0; at < cells.length; at += 3) {
        improve(state, cells[at] as number, cells[at + 1] as number, cells[at + 2] as number)
      }
      if (!state.going) ctx.tell(ctx.self, 'more')
      state.going = true
    },
    more(state, _nothing, ctx) {
      state.going = false
      for (const [owner, cells] of expand(state).entries()) {
        if (cells.length === 0) continue
        state.owed++
        const found = { from: ctx.self, cells: Int32Array.from(cells) }
        ctx.tell(state.workers[owner] as ActorRef<Searching>, 'found', found)
      }
      if (state.open.leastBelow(state.limit + 1) >= 0) {
        state.going = true
        ctx.tell(ctx.self, 'more')
      } else settle(state, (to) => ctx.tell(to, 'acknowledged'))
    },
    acknowledged(state, _nothing, ctx) {
      state.owed--
      settle(state, (to) => ctx.tell(to, 'acknowledged'))
    },
  },
})

/** Pays what it owes when it has nothing to do and is owed nothing. */
function settle(state: SearchState, acknowledge: (to: ActorRef<Acknowledging>) => void): void {
  if (state.owed > 0 || state.going || state.creditor === undefined) return
  acknowledge(state.creditor)
  state.creditor = undefined
}

/** Notes a way to a cell of its own, if it is better than what was known. */
function improve({ cube, open }: SearchState, cell: number, price: number, direction: number): void {
  if (price >= (cube.prices[cell] as number)) return
  cube.prices[cell] = price
  cube.entered[cell] = direction
  open.add(price + leastPrice(cell, cube.side), cell, price)
}

/** Expands some of the best cells; returns what it found of others' cells, by owner. */
function expand(state: SearchState): number[][] {
  const { cube, open, expansions, index, workerCount, limit } = state
  const finds: number[][] = range(workerCount).map(() => [])
  const placing = { side: cube.side, workers: workerCount }
  for (let count = 0; count < expansions; count++) {
    const key = open.leastBelow(limit + 1)
    if (key < 0) break
    const { cell, price } = open.take(key)
    if (price > (cube.prices[cell] as number)) continue
    for (let direction = 0; direction < 6; direction++) {
      const next = neighbour(cell, direction, cube.side)
      if (next < 0) continue
      const nextPrice = price + priceOf(next)
      const owner = ownerOf(next, placing)
      if (owner === index) improve(state, next, nextPrice, direction)
      else finds[owner]?.push(next, nextPrice, direction)
    }
  }
  return finds
}

export const SearchLeader = defineActor<Leading>()({
  name: 'SearchLeader',
  module: import.meta.url,
  init: (args: { cube: Cube; raise: number }) => ({
    ...args,
    workers: [] as readonly ActorRef<Searching>[],
    limit: leastPrice(0, args.cube.side),
    working: 0,
    done: undefined as ReplyToken<void> | undefined,
  }),
  on: {
    /** Replies when the search is over: what is known of the last cell is then the cheapest way. */
    search(state, workers, ctx) {
      state.workers = workers
      state.done = ctx.deferReply<void>()
      advance(state, (to, limit) => ctx.tell(to, 'advance', { from: ctx.self, limit }))
      return state.done
    },
    acknowledged(state, _nothing, ctx) {
      if (--state.working > 0 || state.done === undefined) return
      // Nothing is under way, so that what is known of the last cell does not change meanwhile.
      if ((state.cube.prices.at(-1) as number) <= state.limit) ctx.reply(state.done, undefined)
      else advance(state, (to, limit) => ctx.tell(to, 'advance', { from: ctx.self, limit }))
    },
  },
})

/** Raises the limit and lets all workers go on. */
function advance(
  state: { limit: number; working: number; readonly raise: number; readonly workers: readonly ActorRef<Searching>[] },
  tell: (to: ActorRef<Searching>, limit: number) => void,
): void {
  state.limit += state.raise
  state.working = state.workers.length
  for (const worker of state.workers) tell(worker, state.limit)
}

/** The price of the cheapest way by Dijkstra's algorithm. */
function cheapest(side: number): number {
  const prices = new Int32Array(side ** 3).fill(unknown)
  const open = new Buckets()
  prices[0] = 0
  open.add(0, 0, 0)
  for (let key = open.leastBelow(unknown); key >= 0; key = open.leastBelow(unknown)) {
    const { cell, price } = open.take(key)
    if (price > (prices[cell] as number)) continue
    for (let direction = 0; direction < 6; direction++) {
      const next = neighbour(cell, direction, side)
      if (next < 0 || price + priceOf(next) >= (prices[next] as number)) continue
      prices[next] = price + priceOf(next)
      open.add(prices[next] as number, next, prices[next] as number)
    }
  }
  return prices[side ** 3 - 1] as number
}

/** The price of the way that was found, followed back from the last cell to the first. */
function priceOfWay({ side, entered }: Cube): number {
  let price = 0
  let steps = 0
  for (let cell = entered.length - 1; cell !== 0; ) {
    price += priceOf(cell)
    const direction = entered[cell] as number
    // Directions come in pairs of opposite ones.
    cell = neighbour(cell, direction ^ 1, side)
    if (cell < 0 || ++steps > entered.length) throw new WrongResultError('the way that was found leads nowhere')
  }
  return price
}

export const aStar = defineProgram({
  name: 'a-star',
  summary: 'the cheapest way through a cube of cells, searched by workers that own parts of it',
  unit: 'cells',
  size: { side: 160, workers: 4, expansions: 500, raise: 8 },
  quick: { side: 16, workers: 4, expansions: 50, raise: 4 },
  problem: ({ side }) => (side < 2 || side > 400 ? 'side is from 2 to 400' : undefined),
  expected: ({ side }) => cheapest(side),
  async run(stage, { side, workers, expansions, raise }) {
    const cells = side ** 3
    const cube: Cube = {
      side,
      prices: new Int32Array(new SharedArrayBuffer(cells * 4)).fill(unknown),
      entered: new Uint8Array(new SharedArrayBuffer(cells)),
    }
    const leader = await stage.spawn(SearchLeader, { cube, raise })
    const started = range(workers).map((index) =>
      stage.spawn(SearchWorker, { index, workerCount: workers, expansions, cube }, stage.nodeAt(index)),
    )
    const all = await Promise.all(started)
    for (const worker of all) await stage.ask(worker, 'meet', all)
    await stage.ask(leader, 'search', all)
    return { price: cube.prices[cells - 1], way: priceOfWay(cube) }
  },
  verify({ price, way }, expected) {
    expectEqual('price', price, expected)
    expectEqual('price of the way', way, expected)
  },
  units: ({ side }) => side ** 3,
})
