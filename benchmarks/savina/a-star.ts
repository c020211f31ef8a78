/**
 * A*: the cheapest way from one corner of a cube of cells to the opposite one, where entering each cell has a price. The
 * cells belong to workers, small cubes of them by a hash, so that all workers have a part of the front of the search
 * (Kishimoto, Fukunaga, Botea 2009); a worker expands the best of its open cells, and sends what it finds of cells that
 * are another's to their owner. The workers are on all threads in turn. What is known of a cell is in shared memory, and
 * touched by its owner alone.
 *
 * The search is over when no worker has an open cell that could still be better and no message is under way, which is
 * found as by Dijkstra and Scholten (1980): who begins to work owes an acknowledgement to whoever made it begin, and pays
 * when it has nothing to do and all its own messages are acknowledged.
 *
 * Size: `side` of the cube, `workers`, `expansions` of one turn. Verified: the price is that of Dijkstra's algorithm, run
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
  bound: (price: number) => void
}
type Leading = Acknowledging & {
  search: (order: { workers: readonly ActorRef<Searching>[]; first: number }) => void
  reached: (price: number) => void
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
  readonly leader: ActorRef<Leading>
}
interface SearchState extends SearchArgs {
  workers: readonly ActorRef<Searching>[]
  readonly open: Buckets
  /** The price of the cheapest way to the goal that anybody has found. */
  bound: number
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
    bound: unknown,
    owed: 0,
    creditor: undefined,
    going: false,
  }),
  on: {
    meet(state, workers) {
      state.workers = workers
    },
    found(state, { from, cells }, ctx) {
      if (state.creditor === undefined) state.creditor = from
      else ctx.tell(from, 'acknowledged')
      for (let at = 0; at < cells.length; at += 3) {
        improve(state, cells[at] as number, cells[at + 1] as number, cells[at + 2] as number)
      }
      if (state.going) return
      state.going = true
      ctx.tell(ctx.self, 'more')
    },
    more(state, _nothing, ctx) {
      state.going = false
      const { finds, reached } = expand(state)
      for (const [owner, cells] of finds.entries()) {
        if (cells.length === 0) continue
        state.owed++
        const found = { from: ctx.self, cells: Int32Array.from(cells) }
        ctx.tell(state.workers[owner] as ActorRef<Searching>, 'found', found)
      }
      if (reached) ctx.tell(state.leader, 'reached', state.bound)
      if (state.open.leastBelow(state.bound) >= 0) {
        state.going = true
        ctx.tell(ctx.self, 'more')
      } else settle(state, (to) => ctx.tell(to, 'acknowledged'))
    },
    bound(state, price) {
      state.bound = Math.min(state.bound, price)
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

/** Expands some of the best cells; returns what it found of others' cells, by owner, and whether it reached the goal. */
function expand(state: SearchState): { finds: number[][]; reached: boolean } {
  const { cube, open, expansions, index, workerCount } = state
  const finds: number[][] = range(workerCount).map(() => [])
  const placing = { side: cube.side, workers: workerCount }
  const goal = cube.prices.length - 1
  let reached = false
  for (let count = 0; count < expansions; count++) {
    const key = open.leastBelow(state.bound)
    if (key < 0) break
    const { cell, price } = open.take(key)
    if (price > (cube.prices[cell] as number)) continue
    if (cell === goal) {
      state.bound = price
      reached = true
      continue
    }
    for (let direction = 0; direction < 6; direction++) {
      const next = neighbour(cell, direction, cube.side)
      if (next < 0) continue
      const nextPrice = price + priceOf(next)
      const owner = ownerOf(next, placing)
      if (owner === index) improve(state, next, nextPrice, direction)
      else finds[owner]?.push(next, nextPrice, direction)
    }
  }
  return { finds, reached }
}

export const SearchLeader = defineActor<Leading>()({
  name: 'SearchLeader',
  module: import.meta.url,
  init: () => ({
    workers: [] as readonly ActorRef<Searching>[],
    price: unknown,
    done: undefined as ReplyToken<void> | undefined,
  }),
  on: {
    /** Replies when the search is over: what is known of the last cell is then the cheapest way. */
    search(state, { workers, first }, ctx) {
      state.workers = workers
      state.done = ctx.deferReply<void>()
      ctx.tell(workers[first] as ActorRef<Searching>, 'found', { from: ctx.self, cells: Int32Array.of(0, 0, 0) })
      return state.done
    },
    reached(state, price, ctx) {
      state.price = Math.min(state.price, price)
      for (const worker of state.workers) ctx.tell(worker, 'bound', state.price)
    },
    acknowledged(state, _nothing, ctx) {
      if (state.done !== undefined) ctx.reply(state.done, undefined)
    },
  },
})

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
  size: { side: 100, workers: 4, expansions: 500 },
  quick: { side: 16, workers: 4, expansions: 50 },
  problem: ({ side }) => (side < 2 || side > 400 ? 'side is from 2 to 400' : undefined),
  expected: ({ side }) => cheapest(side),
  async run(stage, { side, workers, expansions }) {
    const cells = side ** 3
    const cube: Cube = {
      side,
      prices: new Int32Array(new SharedArrayBuffer(cells * 4)).fill(unknown),
      entered: new Uint8Array(new SharedArrayBuffer(cells)),
    }
    const leader = await stage.spawn(SearchLeader, undefined)
    const started = range(workers).map((index) =>
      stage.spawn(SearchWorker, { index, workerCount: workers, expansions, cube, leader }, stage.nodeAt(index)),
    )
    const all = await Promise.all(started)
    for (const worker of all) await stage.ask(worker, 'meet', all)
    await stage.ask(leader, 'search', { workers: all, first: ownerOf(0, { side, workers }) })
    return { price: cube.prices[cells - 1], way: priceOfWay(cube) }
  },
  verify({ price, way }, expected) {
    expectEqual('price', price, expected)
    expectEqual('price of the way', way, expected)
  },
  units: ({ side }) => side ** 3,
})
