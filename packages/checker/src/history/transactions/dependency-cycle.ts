/** Cycles in a dependency graph: shortest ones with no rw edge, with one, with several that keep apart, or with any. */
import { HistoryError } from '../history-error.ts'
import type { Dependency } from './dependency-graph.ts'

/** What a cycle may have of rw edges: none, exactly one, none next to each other, or any. */
export type CycleShape = 'no-rw' | 'one-rw' | 'apart' | 'any'

/** A graph whose nodes are the transactions 0 to n - 1. */
export class CycleSearch {
  readonly #out: Dependency[][]
  readonly #nodes: number
  #steps = 0
  readonly #stepsMax: number

  /** At most `stepsMax` edges are looked at in all searches together; beyond it `find` throws. */
  constructor(nodes: number, dependencies: readonly Dependency[], stepsMax: number) {
    this.#nodes = nodes
    this.#stepsMax = stepsMax
    this.#out = Array.from({ length: nodes }, () => [])
    for (const dependency of dependencies) (this.#out[dependency.from] as Dependency[]).push(dependency)
  }

  /**
   * For each strongly connected part of the graph a shortest cycle through one of the edges that `through` accepts,
   * using edges that `along` accepts otherwise. Every node of a cycle is there once.
   */
  find(
    shape: CycleShape,
    along: (dependency: Dependency) => boolean,
    through: (dependency: Dependency) => boolean,
  ): Dependency[][] {
    const part = components(this.#out, (edge) => along(edge) || through(edge))
    const best = new Map<number, Dependency[]>()
    for (let from = 0; from < this.#nodes; from++) {
      for (const edge of this.#out[from] as Dependency[]) {
        const own = part[from] as number
        if (!through(edge) || part[edge.to] !== own) continue
        const shortest = best.get(own)
        if (shortest !== undefined && shortest.length === 2) continue
        const back = this.#path(edge, shape, (next) => along(next) && part[next.to] === own, shortest?.length)
        if (back !== undefined) best.set(own, [edge, ...back])
      }
    }
    return [...best.values()]
  }

  /** A shortest way from the end of `edge` back to its beginning that makes a cycle shorter than `below` edges. */
  #path(
    edge: Dependency,
    shape: CycleShape,
    along: (dependency: Dependency) => boolean,
    below = Number.POSITIVE_INFINITY,
  ): Dependency[] | undefined {
    // Where rw edges keep apart, a transaction that an rw edge led to is another place than by any other edge.
    const placeAfter = ({ to, kind }: Dependency) => to * 2 + (shape === 'apart' && kind === 'rw' ? 1 : 0)
    const start = placeAfter(edge)
    const reached = new Map<number, Reached>()
    let front = [start]
    for (let length = 2; front.length > 0 && length < below; length++) {
      const next: number[] = []
      for (const place of front) {
        for (const dependency of this.#out[place >>> 1] as Dependency[]) {
          if (++this.#steps > this.#stepsMax) throw new StepsExhaustedError(this.#stepsMax)
          if (!along(dependency)) continue
          const isRw = dependency.kind === 'rw'
          if (isRw && (shape === 'no-rw' || shape === 'one-rw' || (place & 1) === 1)) continue
          const to = placeAfter(dependency)
          if (reached.has(to)) continue
          reached.set(to, { dependency, from: place })
          if (dependency.to !== edge.from) next.push(to)
          else if (!(shape === 'apart' && isRw && edge.kind === 'rw')) return simple(edge, wayTo(reached, to, start))
        }
      }
      front = next
    }
    return undefined
  }
}

/** How a place was reached. */
interface Reached {
  readonly dependency: Dependency
  readonly from: number
}

/** Thrown by a search for cycles that ran out of steps. */
export class StepsExhaustedError extends HistoryError {
  constructor(stepsMax: number) {
    super(`the search for cycles took more than ${stepsMax} steps: raise stepsMax`, { stepsMax })
  }
}

function wayTo(reached: ReadonlyMap<number, Reached>, to: number, start: number): Dependency[] {
  const way: Dependency[] = []
  let place = to
  do {
    const { dependency, from } = reached.get(place) as Reached
    way.push(dependency)
    place = from
  } while (place !== start)
  return way.reverse()
}

/** The way if no transaction is there twice. A cycle where one is goes round a shorter one, which is found by itself. */
function simple(edge: Dependency, way: Dependency[]): Dependency[] | undefined {
  return new Set([edge.to, ...way.map(({ to }) => to)]).size === way.length + 1 ? way : undefined
}

/** The number of each node's strongly connected component (Tarjan 1972), without recursion. */
function components(out: readonly (readonly Dependency[])[], follows: (dependency: Dependency) => boolean): Int32Array {
  const component = new Int32Array(out.length).fill(-1)
  const index = new Int32Array(out.length).fill(-1)
  const low = new Int32Array(out.length)
  const edgeAt = new Int32Array(out.length)
  const open: number[] = []
  let indices = 0
  let count = 0
  for (let root = 0; root < out.length; root++) {
    if (index[root] !== -1) continue
    const path = [root]
    while (path.length > 0) {
      const node = path.at(-1) as number
      if (index[node] === -1) {
        index[node] = low[node] = indices++
        open.push(node)
      }
      const edge = (out[node] as readonly Dependency[])[edgeAt[node] as number]
      if (edge !== undefined) {
        edgeAt[node] = (edgeAt[node] as number) + 1
        if (!follows(edge)) continue
        if (index[edge.to] === -1) path.push(edge.to)
        else if (component[edge.to] === -1) low[node] = Math.min(low[node] as number, index[edge.to] as number)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number)
      if (low[node] !== index[node]) continue
      let member: number
      do {
        member = open.pop() as number
        component[member] = count
      } while (member !== node)
      count++
    }
  }
  return component
}
