/**
 * Random graphs of asks, and who in them can never go on: told from the graph alone, by rules of its own, and not from
 * what any kernel sees.
 */
import fc from 'fast-check'
import type { ActorHandle, ActorRef, ActorSystem } from '../src/index.ts'
import { AskerActor, type AskerProtocol, Later, type Plan, type PlannedAsk } from './ask-graph.ts'

/** Whom an ask is for: an asker by its number, straight or sent on by others; who answers late; who never answers. */
type Target =
  | { readonly asker: number; readonly over: number }
  | { readonly lateMs: number }
  | { readonly silentMs: number }

interface AskerPlan {
  readonly kind: Plan['kind']
  readonly targets: readonly Target[]
}

export type AskGraph = readonly AskerPlan[]

const askersMax = 7
const latestMs = 2_000
/** Longer than any search takes. */
const timeoutMs = 60_000

const target = (askers: number): fc.Arbitrary<Target> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ asker: fc.nat(askers - 1), over: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ asker: fc.nat(askers - 1), over: fc.integer({ min: 1, max: 2 }) }) },
    { weight: 1, arbitrary: fc.record({ lateMs: fc.integer({ min: 1, max: latestMs }) }) },
    { weight: 1, arbitrary: fc.record({ silentMs: fc.integer({ min: 1, max: latestMs }) }) },
  )

/** A graph of some askers, each with what it waits for. */
export const askGraph: fc.Arbitrary<AskGraph> = fc.integer({ min: 1, max: askersMax }).chain((askers) =>
  fc.array(
    fc
      .record({
        kind: fc.constantFrom<Plan['kind']>('all', 'race', 'settled'),
        targets: fc.array(target(askers), { maxLength: 3 }),
      })
      .filter(({ kind, targets }) => kind !== 'race' || targets.length > 0),
    { minLength: askers, maxLength: askers },
  ),
)

/** The askers that never go on, where the asks of `ended` (pairs of asker and position) end by themselves. */
export function stuckAskers(graph: AskGraph, ended: ReadonlySet<string> = new Set()): Set<number> {
  const stuck = new Set(graph.keys())
  for (let before = -1; before !== stuck.size; ) {
    before = stuck.size
    for (const [asker, { kind, targets }] of graph.entries()) {
      // A failure ends what waits for all; an ask that failed is one that others wait for no more.
      const fails = targets.some((to, position) => 'silentMs' in to || ended.has(`${asker} ${position}`))
      const ends = targets.map(
        (to, position) => !('asker' in to) || ended.has(`${asker} ${position}`) || !stuck.has(to.asker),
      )
      const goesOn = kind === 'race' ? ends.some(Boolean) : ends.every(Boolean) || (kind === 'all' && fails)
      if (goesOn) stuck.delete(asker)
    }
  }
  return stuck
}

/** Starts the graph on `nodes`; resolves to what each asker's turn came to. */
export async function runGraph(
  world: Pick<ActorSystem, 'spawn'>,
  graph: AskGraph,
  nodes: readonly string[],
  prefix = '',
): Promise<Promise<unknown[]>[]> {
  const on = (index: number) => ({ node: nodes[index % nodes.length] as string })
  const later = await world.spawn(Later, undefined, on(0))
  const silent = await world.spawn(AskerActor, undefined, on(1))
  const passers = [await world.spawn(AskerActor, undefined, on(2)), await world.spawn(AskerActor, undefined, on(1))]
  const askers: ActorHandle<AskerProtocol>[] = []
  for (const index of graph.keys())
    askers.push(await world.spawn(AskerActor, undefined, { name: `${prefix}a${index}`, ...on(index) }))
  const planned = (to: Target): PlannedAsk => {
    if ('lateMs' in to) return { to: later.ref, afterMs: to.lateMs, timeoutMs }
    if ('silentMs' in to) return { to: silent.ref, defer: true, timeoutMs: to.silentMs }
    const asker = (askers[to.asker] as ActorHandle<AskerProtocol>).ref
    if (to.over === 0) return { to: asker, timeoutMs }
    const over = [...passers.slice(0, to.over).map(({ ref }) => ref), asker]
    return { to: over[0] as ActorRef, over, timeoutMs }
  }
  return graph.map(({ kind, targets }, index) => {
    const plan: Plan = { gate: { to: later.ref, afterMs: 300 }, kind, asks: targets.map(planned) }
    const asked = (askers[index] as ActorHandle<AskerProtocol>).askWith({ timeoutMs: 10 * timeoutMs }, 'several', plan)
    return asked.then((answer) => (Array.isArray(answer) ? answer : [answer]))
  })
}

const cycleText = /^caught ERR_TROUPE_ASK_CYCLE (.*)$/

/**
 * Throws unless the errors in `answers` are what the graph asks for: in some order, each names a cycle of the graph among
 * those that are stuck when it comes, and with the last nobody is stuck any more. Returns how many there were.
 */
export function checkAnswers(graph: AskGraph, answers: readonly (readonly unknown[])[]): number {
  const cycles = answers.flat().flatMap((answer) => {
    const path = cycleText.exec(String(answer))?.[1]
    return path === undefined ? [] : [path.split(/ -\[\w+\]-> /).map((actor) => Number(/a(\d+)$/.exec(actor)?.[1]))]
  })
  if (!explains(graph, cycles, new Set())) {
    throw new Error(`${JSON.stringify(cycles)} are not the cycles of ${JSON.stringify(graph)}`)
  }
  return cycles.length
}

/** True when `cycles` can come in some order while the asks of `ended` have ended. */
function explains(graph: AskGraph, cycles: readonly (readonly number[])[], ended: ReadonlySet<string>): boolean {
  const stuck = stuckAskers(graph, ended)
  if (cycles.length === 0) return stuck.size === 0
  return cycles.some((cycle, index) => {
    const [asker, next] = cycle as [number, number]
    const isOfStuck = cycle.every((one) => stuck.has(one))
    const isPath = cycle.slice(0, -1).every((one, step) => positionOf(graph, one, cycle[step + 1], ended) >= 0)
    if (!isOfStuck || !isPath) return false
    return explains(
      graph,
      cycles.toSpliced(index, 1),
      new Set(ended).add(`${asker} ${positionOf(graph, asker, next, ended)}`),
    )
  })
}

function positionOf(graph: AskGraph, asker: number, to: number | undefined, ended: ReadonlySet<string>): number {
  const { targets } = graph[asker] as AskerPlan
  return targets.findIndex((ask, position) => 'asker' in ask && ask.asker === to && !ended.has(`${asker} ${position}`))
}
