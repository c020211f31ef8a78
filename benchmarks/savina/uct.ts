/**
 * UCT, the unbalanced cobwebbed tree: a tree whose shape and whose work at each place nobody knows before; each place of
 * it is an actor, which does its work, starts its children, and tells its parent what is below it. The subtrees that begin
 * `levels` below the root are handed out to all threads in turn; all else stays where it began.
 *
 * Size: `depth` of the tree at most, `branching`: children at most, `work` steps at each place at most, `levels`. Verified
 * against a sequential walk of the same tree: its places, its greatest depth and the sum of its work.
 * Messages are plain data, made anew.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { busyWork, RandomNumbers } from './random-numbers.ts'

type Shape = { readonly depth: number; readonly branching: number; readonly work: number }
interface Place {
  /** Says what the place and all below it are. */
  readonly seed: number
  readonly level: number
}
interface Found {
  readonly places: number
  readonly deepest: number
  readonly sum: number
}
type Growing = {
  grow: (place: Place) => void
  /** Above where subtrees are handed out. */
  handOut: (order: { place: Place; levels: number; nodes: readonly string[] }) => void
  start: (order: { place: Place; levels: number; nodes: readonly string[] }) => Found
  found: (found: Found) => void
}

/** What is at a place: its work, done, and its children. */
function visit({ seed, level }: Place, { depth, branching, work }: Shape): { sum: number; children: Place[] } {
  const random = new RandomNumbers(seed)
  const sum = busyWork(random.int(work), seed)
  // Near the root all children are there; further down ever fewer, to none at the full depth.
  const count = level < 3 ? branching : random.float() < 1 - level / depth ? random.int(branching) : 0
  const children = Array.from({ length: count }, () => ({ seed: random.next(), level: level + 1 }))
  return { sum, children }
}

export const TreePlace = defineActor<Growing>()({
  name: 'TreePlace',
  module: import.meta.url,
  init: (args: { parent: ActorRef<Growing> | undefined; shape: Shape }) => ({
    ...args,
    places: 1,
    deepest: 0,
    sum: 0,
    waiting: 0,
    done: undefined as ReplyToken<Found> | undefined,
  }),
  on: {
    grow(state, place, ctx) {
      const children = begin(state, place)
      for (const child of children) {
        ctx.tell(ctx.spawn(TreePlace, { parent: ctx.self, shape: state.shape }), 'grow', child)
      }
      if (children.length === 0) finish(state, ctx)
    },
    handOut: (state, order, ctx) => handOut(state, order, ctx),
    async start(state, order, ctx) {
      state.done = ctx.deferReply<Found>()
      await handOut(state, order, ctx)
      return state.done
    },
    found(state, found, ctx) {
      state.places += found.places
      state.deepest = Math.max(state.deepest, found.deepest)
      state.sum += found.sum
      if (--state.waiting === 0) finish(state, ctx)
    },
  },
})

interface Growth {
  readonly parent: ActorRef<Growing> | undefined
  readonly shape: Shape
  places: number
  deepest: number
  sum: number
  waiting: number
  done: ReplyToken<Found> | undefined
}

function begin(state: Growth, place: Place): Place[] {
  const { sum, children } = visit(place, state.shape)
  state.deepest = place.level
  state.sum = sum
  state.waiting = children.length
  return children
}

async function handOut(
  state: Growth,
  { place, levels, nodes }: { place: Place; levels: number; nodes: readonly string[] },
  ctx: ActorContext<Growing>,
): Promise<void> {
  const children = begin(state, place)
  const args = { parent: ctx.self, shape: state.shape }
  if (levels > 1) {
    for (const child of children) {
      ctx.tell(ctx.spawn(TreePlace, args), 'handOut', { place: child, levels: levels - 1, nodes })
    }
  } else {
    const spawned = children.map((_, index) => ctx.spawnOn(nodes[index % nodes.length] as string, TreePlace, args))
    for (const [index, ref] of (await Promise.all(spawned)).entries()) ctx.tell(ref, 'grow', children[index] as Place)
  }
  if (children.length === 0) finish(state, ctx)
}

function finish({ parent, places, deepest, sum, done }: Growth, ctx: ActorContext<Growing>): void {
  const found = { places, deepest, sum }
  if (parent !== undefined) {
    ctx.tell(parent, 'found', found)
    ctx.stop()
  } else if (done !== undefined) ctx.reply(done, found)
}

const root = { seed: 5, level: 0 }

export const uct = defineProgram({
  name: 'uct',
  summary: 'a tree that nobody knows the shape of, an actor at each place',
  unit: 'actors',
  size: { depth: 7, branching: 10, work: 50_000, levels: 3 },
  quick: { depth: 5, branching: 6, work: 500, levels: 2 },
  expected(shape) {
    let [places, deepest, sum] = [0, 0, 0]
    const stack: Place[] = [root]
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      const visited = visit(place, shape)
      places++
      deepest = Math.max(deepest, place.level)
      sum += visited.sum
      stack.push(...visited.children)
    }
    return { places, deepest, sum }
  },
  async run(stage, { levels, ...shape }) {
    const top = await stage.spawn(TreePlace, { parent: undefined, shape })
    return await stage.ask(top, 'start', { place: root, levels, nodes: stage.nodes })
  },
  verify(found, expected) {
    expectEqual('places', found.places, expected.places)
    expectEqual('deepest level', found.deepest, expected.deepest)
    expectEqual('sum of the work', found.sum, expected.sum)
  },
  units: (_size, { places }) => places,
})
