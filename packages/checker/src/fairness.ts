/**
 * Weak fairness: a run is fair when no action is possible from some moment on without ever being taken. Of a strongly connected
 * part of the state graph the run that goes through all of it is as fair as any in it: an action that it never takes although
 * it could in every state is one that no run within takes. So a part has a fair run exactly when each action that is possible
 * in all of its states is taken by one of its steps.
 */

/** The action that a step is, by name; `undefined`: one that need never be taken. */
export type ActionOf<Step> = (step: Step) => string | undefined

/** The steps of a graph, each with a number for its action; -1: one that need never be taken. */
export interface LabelledGraph {
  /** Visits the steps from state `id`; -1: to a state that was left out. */
  each(id: number, visit: (to: number, action: number) => void): void
}

/** A step of such a graph. */
export interface GraphStep {
  readonly to: number
  readonly action: number
}

/** The numbers of actions. */
export class ActionNames {
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()

  of(action: string | undefined): number {
    if (action === undefined) return -1
    const known = this.#numbers.get(action)
    if (known !== undefined) return known
    this.#numbers.set(action, this.#names.length)
    return this.#names.push(action) - 1
  }

  name(action: number): string | undefined {
    return this.#names[action]
  }
}

/** What of weak fairness one state, or a part of the graph, leaves open. */
export class WeakFairness {
  readonly #graph: LabelledGraph

  constructor(graph: LabelledGraph) {
    this.#graph = graph
  }

  /** Whether nothing has to happen in state `id`, so that a run may end there. */
  mayRest(id: number): boolean {
    return this.#enabled(id).size === 0
  }

  /** Whether some run stays in `part`, a strongly connected part of the graph, for ever and is fair. */
  hasFairRun(part: ReadonlySet<number>): boolean {
    let owed: Set<number> | undefined
    const taken = new Set<number>()
    for (const id of part) {
      const enabled = this.#enabled(id)
      owed = owed === undefined ? enabled : both(owed, enabled)
      this.#graph.each(id, (to, action) => {
        if (part.has(to)) taken.add(action)
      })
    }
    return [...(owed ?? [])].every((action) => taken.has(action))
  }

  /** A fair way round `part`, which has one: its steps, the last of which leads back to `from`. */
  fairCycle(from: number, part: ReadonlySet<number>): GraphStep[] {
    const cycle: GraphStep[] = []
    let at = from
    let owed = this.#enabled(from)
    const go = (isThere: (id: number, action: number, to: number) => boolean) => {
      for (const step of this.#shortest(at, part, isThere)) {
        const { to, action } = step
        cycle.push(step)
        owed.delete(action)
        at = to
        owed = both(owed, this.#enabled(to))
      }
    }
    while (owed.size > 0) {
      const [action] = owed as Set<number>
      go((_id, taken, to) => taken === action || !this.#enabled(to).has(action as number))
    }
    if (at !== from || cycle.length === 0) go((_id, _action, to) => to === from)
    return cycle
  }

  #enabled(id: number): Set<number> {
    const enabled = new Set<number>()
    this.#graph.each(id, (_to, action) => {
      if (action >= 0) enabled.add(action)
    })
    return enabled
  }

  /** The steps of a shortest way from `from` within `part` whose last one is what `isThere` looks for. */
  #shortest(
    from: number,
    part: ReadonlySet<number>,
    isThere: (id: number, action: number, to: number) => boolean,
  ): GraphStep[] {
    const before = new Map<number, readonly [id: number, action: number]>()
    const queue = [from]
    for (let at = 0; at < queue.length; at++) {
      const id = queue[at] as number
      let last: GraphStep | undefined
      this.#graph.each(id, (to, action) => {
        if (last !== undefined || !part.has(to)) return
        if (isThere(id, action, to)) last = { to, action }
        else if (to !== from && !before.has(to)) {
          before.set(to, [id, action])
          queue.push(to)
        }
      })
      if (last === undefined) continue
      const way = [last]
      for (let step = id; step !== from; ) {
        const [earlier, action] = before.get(step) as readonly [number, number]
        way.push({ to: step, action })
        step = earlier
      }
      return way.reverse()
    }
    throw new Error(`nothing of what was looked for can be reached from state ${from}`)
  }
}

function both(left: ReadonlySet<number>, right: ReadonlySet<number>): Set<number> {
  return new Set([...left].filter((item) => right.has(item)))
}
