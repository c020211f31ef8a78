/**
 * Online facility location: customers arrive one by one; each goes to the nearest facility, and pays the way, until a
 * quadrant of the plane has paid for a facility of its own: then one is opened where its customers are on average, and
 * the quadrant is divided in four, each an actor. Below the first division the quadrants are on all threads in turn.
 * Customers travel in blocks.
 *
 * Size: `customers`, `block` of them, `cost` of a facility. Verified: a sequential run of the same quadrants opens as many
 * facilities and pays as much. A block is a typed array of coordinates that nobody changes after it was sent.
 */
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'
import { defineProgram, expectEqual, expectNear } from './program.ts'
import { RandomNumbers } from './random-numbers.ts'

interface Square {
  readonly x: number
  readonly y: number
  readonly side: number
}
interface QuadrantArgs {
  readonly square: Square
  readonly level: number
  /** Coordinates of the facilities that are known here, one pair after the other. */
  readonly facilities: readonly number[]
  readonly cost: number
}
interface Bill {
  readonly customers: number
  readonly facilities: number
  readonly paid: number
}
type Locating = { customers: (coordinates: Float64Array) => void; bill: () => Bill }

const seed = 11
const levelMax = 7
/** By quadrant: which thread of all. */
const placeOrder = [0, 1, 3, 2]

/** One quadrant without its children: what its actor and the sequential run have in common. */
class Quadrant {
  readonly args: QuadrantArgs
  readonly facilities: number[]
  customers = 0
  opened = 0
  paid = 0
  #sumX = 0
  #sumY = 0

  constructor(args: QuadrantArgs) {
    this.args = args
    this.facilities = [...args.facilities]
  }

  /** Serves a customer; true when the quadrant has to be divided now. */
  serve(x: number, y: number): boolean {
    const { facilities } = this
    let nearest = Number.POSITIVE_INFINITY
    for (let index = 0; index < facilities.length; index += 2) {
      const [dx, dy] = [(facilities[index] as number) - x, (facilities[index + 1] as number) - y]
      const squared = dx * dx + dy * dy
      if (squared < nearest) nearest = squared
    }
    this.customers++
    this.paid += Math.sqrt(nearest)
    this.#sumX += x
    this.#sumY += y
    if (this.paid < this.args.cost || this.args.level === levelMax) return false
    facilities.push(this.#sumX / this.customers, this.#sumY / this.customers)
    this.opened++
    return true
  }

  /** The four quadrants below, in the order of {@link childAt}. */
  divided(): QuadrantArgs[] {
    const { square, level, cost } = this.args
    const side = square.side / 2
    return [0, 1, 2, 3].map((child) => ({
      square: { x: square.x + (child & 1) * side, y: square.y + (child >> 1) * side, side },
      level: level + 1,
      facilities: [...this.facilities],
      cost,
    }))
  }

  childAt(x: number, y: number): number {
    const { square } = this.args
    return (x >= square.x + square.side / 2 ? 1 : 0) + (y >= square.y + square.side / 2 ? 2 : 0)
  }

  get bill(): Bill {
    return { customers: this.customers, facilities: this.opened, paid: this.paid }
  }
}

function added(bills: readonly Bill[]): Bill {
  return bills.reduce((sum, bill) => ({
    customers: sum.customers + bill.customers,
    facilities: sum.facilities + bill.facilities,
    paid: sum.paid + bill.paid,
  }))
}

export const QuadrantActor = defineActor<Locating>()({
  name: 'QuadrantActor',
  module: import.meta.url,
  init: ({ args, nodes }: { args: QuadrantArgs; nodes: readonly string[] }) => ({
    quadrant: new Quadrant(args),
    nodes,
    children: [] as ActorRef<Locating>[],
  }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    customers(state, coordinates, ctx) {
      const { quadrant } = state
      let index = 0
      let divides = false
      if (state.children.length === 0) {
        for (; index < coordinates.length && !divides; index += 2) {
          divides = quadrant.serve(coordinates[index] as number, coordinates[index + 1] as number)
        }
      }
      const rest = coordinates.subarray(index)
      if (divides) return divide(state, rest, ctx)
      passOn(state, rest, ctx)
      return undefined
    },
    async bill(state, _nothing, ctx) {
      const below = await Promise.all(state.children.map((child) => ctx.askWith({ timeoutMs: 60_000 }, child, 'bill')))
      return added([state.quadrant.bill, ...below])
    },
  },
})

interface QuadrantState {
  readonly quadrant: Quadrant
  readonly nodes: readonly string[]
  readonly children: ActorRef<Locating>[]
}

/** Starts the four quadrants below, those of the first division on the threads in turn, and gives them what is left. */
async function divide(state: QuadrantState, rest: Float64Array, ctx: ActorContext<Locating>): Promise<void> {
  for (const [index, args] of state.quadrant.divided().entries()) {
    const child = { args, nodes: state.nodes }
    // Opposite corners share a thread of two, so that customers who come from one side are not one thread's alone.
    const node = state.nodes[(placeOrder[index] as number) % state.nodes.length] as string
    state.children.push(
      args.level === 1 ? await ctx.spawnOn(node, QuadrantActor, child) : ctx.spawn(QuadrantActor, child),
    )
  }
  passOn(state, rest, ctx)
}

function passOn({ quadrant, children }: QuadrantState, coordinates: Float64Array, ctx: ActorContext<Locating>): void {
  if (children.length === 0) return
  const parts = children.map(() => new Float64Array(coordinates.length))
  const lengths = children.map(() => 0)
  for (let index = 0; index < coordinates.length; index += 2) {
    const [x, y] = [coordinates[index] as number, coordinates[index + 1] as number]
    const child = quadrant.childAt(x, y)
    const part = parts[child] as Float64Array
    const length = lengths[child] as number
    part[length] = x
    part[length + 1] = y
    lengths[child] = length + 2
  }
  for (const [index, ref] of children.entries()) {
    const length = lengths[index] as number
    if (length > 0) ctx.tell(ref, 'customers', (parts[index] as Float64Array).slice(0, length))
  }
}

/** Sends the customers to the root and replies with the bill of all quadrants. */
export const CustomerSource = defineActor({
  name: 'CustomerSource',
  module: import.meta.url,
  init: () => ({}),
  on: {
    async run(_state, { root, customers, block }: { root: ActorRef<Locating>; customers: number; block: number }, ctx) {
      const random = new RandomNumbers(seed)
      for (let left = customers; left > 0; left -= block) {
        ctx.tell(root, 'customers', drawn(random, 2 * Math.min(block, left)))
      }
      return await ctx.askWith({ timeoutMs: 300_000 }, root, 'bill')
    },
  },
})

function drawn(random: RandomNumbers, count: number): Float64Array {
  const coordinates = new Float64Array(count)
  for (let index = 0; index < count; index++) coordinates[index] = random.float()
  return coordinates
}

function rootOf(cost: number): QuadrantArgs {
  return { square: { x: 0, y: 0, side: 1 }, level: 0, facilities: [0.5, 0.5], cost }
}

/** The same quadrants without actors. */
class SequentialQuadrant {
  readonly #own: Quadrant
  readonly #children: SequentialQuadrant[] = []

  constructor(args: QuadrantArgs) {
    this.#own = new Quadrant(args)
  }

  serve(x: number, y: number): void {
    const child = this.#children[this.#own.childAt(x, y)]
    if (child !== undefined) child.serve(x, y)
    else if (this.#own.serve(x, y)) {
      this.#children.push(...this.#own.divided().map((args) => new SequentialQuadrant(args)))
    }
  }

  get bill(): Bill {
    return added([this.#own.bill, ...this.#children.map(({ bill }) => bill)])
  }
}

export const facilityLocation = defineProgram({
  name: 'facility-location',
  summary: 'quadrants of a plane open facilities for the customers that arrive',
  unit: 'customers',
  size: { customers: 500_000, block: 500, cost: 60 },
  quick: { customers: 5_000, block: 100, cost: 20 },
  expected({ customers, cost }) {
    const random = new RandomNumbers(seed)
    const root = new SequentialQuadrant(rootOf(cost))
    for (let index = 0; index < customers; index++) root.serve(random.float(), random.float())
    return root.bill
  },
  async run(stage, { customers, block, cost }) {
    const root = await stage.spawn(QuadrantActor, { args: rootOf(cost), nodes: stage.nodes })
    const source = await stage.spawn(CustomerSource, undefined)
    return await stage.ask(source, 'run', { root, customers, block })
  },
  verify(bill, expected) {
    expectEqual('customers', bill.customers, expected.customers)
    expectEqual('facilities', bill.facilities, expected.facilities)
    expectNear('paid', bill.paid, expected.paid, 1e-9)
  },
  units: ({ customers }) => customers,
})
