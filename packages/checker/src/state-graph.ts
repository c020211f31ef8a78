/**
 * The steps between the states of a finished search, and what `eventually` asks of them: is there a run on which a
 * condition never holds? Such a run ends in a state without a step, or goes round a cycle for ever (a lasso):
 *
 *     initial -> ... -> end              initial -> ... -> a -> ... -> b -> a
 *
 * The steps are found by expanding each state again, so a search pays for them only when somebody asks.
 */
import type { Explorer } from './explorer.ts'
import { ActionNames, type ActionOf, type LabelledGraph, WeakFairness } from './fairness.ts'
import type { SystemStep } from './transition-system.ts'
import { grown } from './tuple-table.ts'

/** A run on which a condition never holds. */
export interface Lasso {
  /** The states from an initial one, by number. */
  readonly path: readonly number[]
  /** The place in `path` to which the last state of it leads back; `undefined`: the run ends there. */
  readonly loopsTo: number | undefined
  /** The actions of the steps from there on, where it matters which they are. */
  readonly actions?: readonly (string | undefined)[]
}

/** `undefined` when no run avoids the condition, `unknown` when one leaves what was searched before it can be told. */
export type Avoidance = Lasso | 'unknown' | undefined

/** A state on a cycle; where runs are to be fair, with what it is strongly connected with. */
interface Turning {
  readonly id: number
  readonly part: ReadonlySet<number> | undefined
}

export class StateGraph implements LabelledGraph {
  readonly #size: number
  readonly #expanded: number
  readonly #initial: readonly number[]
  /** The successors of state `id` are `#targets[#starts[id] .. #starts[id + 1])`; -1: a state that was left out. */
  readonly #starts: Int32Array
  #targets = new Int32Array(1 << 10)
  /** The actions of these steps, where it matters which they are. */
  #actions: Int32Array | undefined
  readonly #names = new ActionNames()
  readonly #fairness: WeakFairness | undefined

  /** `actionOf`: only weakly fair runs count. */
  constructor(explorer: Explorer<any>, actionOf?: ActionOf<any>) {
    const names = this.#names
    this.#actions = actionOf && new Int32Array(1 << 10)
    this.#fairness = actionOf && new WeakFairness(this)
    this.#size = explorer.states.size
    this.#expanded = explorer.expanded
    this.#initial = [...new Set(explorer.system.initial().map((tuple) => explorer.numberOf(tuple)))].filter(
      (id) => id >= 0,
    )
    this.#starts = new Int32Array(this.#size + 1)
    let length = 0
    for (let id = 0; id < this.#size; id++) {
      this.#starts[id] = length
      const add = (to: number, step?: SystemStep) => {
        if (length === this.#targets.length) {
          this.#targets = grown(this.#targets, length + 1)
          this.#actions = this.#actions && grown(this.#actions, length + 1)
        }
        if (this.#actions !== undefined) this.#actions[length] = step === undefined ? -1 : names.of(actionOf?.(step))
        this.#targets[length++] = to
      }
      if (explorer.states.isVoid(id)) continue
      if (id < explorer.expanded) explorer.successors(id, add)
      else add(-1)
    }
    this.#starts[this.#size] = length
  }

  /** A short run from an initial state through states for which `holds` is false. */
  avoid(holds: (id: number) => boolean): Avoidance {
    const parents = new Int32Array(this.#size).fill(-2)
    const order: number[] = []
    for (const id of this.#initial) {
      if (holds(id) || parents[id] !== -2) continue
      parents[id] = -1
      order.push(id)
    }
    let leaves = false
    let end: number | undefined
    // Breadth first, through the states where the condition does not hold; the first end met is a nearest one.
    for (let at = 0; at < order.length; at++) {
      const id = order[at] as number
      if (this.#mayEnd(id)) end ??= id
      this.each(id, (to) => {
        if (to < 0) leaves = true
        else if (parents[to] === -2 && !holds(to)) {
          parents[to] = id
          order.push(to)
        }
      })
    }
    const pathTo = (id: number): number[] => {
      const path: number[] = []
      for (let at = id; at >= 0; at = parents[at] as number) path.push(at)
      return path.reverse()
    }
    const ending = end === undefined ? undefined : pathTo(end)
    const turning = this.#nearestOnCycle(order, parents)
    if (turning !== undefined) {
      const stem = pathTo(turning.id)
      const loopsTo = stem.length - 1
      const fair = turning.part && this.#fairness?.fairCycle(turning.id, turning.part)
      const cycle = fair?.map(({ to }) => to).slice(0, -1) ?? this.#shortestCycle(turning.id, parents)
      const path = [...stem, ...cycle]
      if (ending === undefined || path.length < ending.length) {
        return fair === undefined
          ? { path, loopsTo }
          : { path, loopsTo, actions: fair.map(({ action }) => this.#names.name(action)) }
      }
    }
    if (ending !== undefined) return { path: ending, loopsTo: undefined }
    return leaves ? 'unknown' : undefined
  }

  each(id: number, visit: (to: number, action: number) => void): void {
    const end = this.#starts[id + 1] as number
    for (let index = this.#starts[id] as number; index < end; index++) {
      visit(this.#targets[index] as number, this.#actions?.[index] ?? -1)
    }
  }

  /** Whether a run may end in state `id`: no step is left, or none that has to be taken. */
  #mayEnd(id: number): boolean {
    if (this.#starts[id] === this.#starts[id + 1]) return true
    return id < this.#expanded && (this.#fairness?.mayRest(id) ?? false)
  }

  /**
   * The first state of `order` that lies on a cycle of states with a parent, by Tarjan's components, without recursion; where
   * runs are to be fair, on one of a component that has a fair run, and the component.
   */
  #nearestOnCycle(order: readonly number[], parents: Int32Array): Turning | undefined {
    const inside = (id: number) => id >= 0 && parents[id] !== -2
    const indexes = new Int32Array(this.#size)
    const lows = new Int32Array(this.#size)
    const onCycle = new Uint8Array(this.#size)
    const onStack = new Uint8Array(this.#size)
    const component: number[] = []
    const parts = new Map<number, ReadonlySet<number>>()
    let counter = 0
    for (const root of order) {
      if (indexes[root] !== 0) continue
      const calls = [{ id: root, next: this.#starts[root] as number }]
      while (calls.length > 0) {
        const call = calls.at(-1) as { id: number; next: number }
        const { id } = call
        if (indexes[id] === 0) {
          indexes[id] = lows[id] = ++counter
          component.push(id)
          onStack[id] = 1
        }
        let deeper = false
        while (call.next < (this.#starts[id + 1] as number)) {
          const to = this.#targets[call.next++] as number
          if (!inside(to)) continue
          if (to === id) onCycle[id] = 1
          if (indexes[to] === 0) {
            calls.push({ id: to, next: this.#starts[to] as number })
            deeper = true
            break
          }
          if (onStack[to] === 1) lows[id] = Math.min(lows[id] as number, indexes[to] as number)
        }
        if (deeper) continue
        calls.pop()
        const caller = calls.at(-1)
        if (caller !== undefined) lows[caller.id] = Math.min(lows[caller.id] as number, lows[id] as number)
        if (lows[id] !== indexes[id]) continue
        const members = component.splice(component.lastIndexOf(id))
        const turns = members.length > 1 || onCycle[id] === 1
        const part = turns && this.#fairness !== undefined ? new Set(members) : undefined
        const counts = turns && (part === undefined || this.#fairness?.hasFairRun(part))
        for (const member of members) {
          onStack[member] = 0
          onCycle[member] = counts ? 1 : 0
          if (counts && part !== undefined) parts.set(member, part)
        }
      }
    }
    const id = order.find((id) => onCycle[id] === 1)
    return id === undefined ? undefined : { id, part: parts.get(id) }
  }

  /** The states after `from` on a shortest way back to it, `from` left out. */
  #shortestCycle(from: number, parents: Int32Array): number[] {
    const before = new Map<number, number>()
    const queue = [from]
    for (let at = 0; at < queue.length; at++) {
      const id = queue[at] as number
      let back = false
      this.each(id, (to) => {
        if (to === from) back = true
        else if (to >= 0 && parents[to] !== -2 && !before.has(to)) {
          before.set(to, id)
          queue.push(to)
        }
      })
      if (!back) continue
      const cycle: number[] = []
      for (let step = id; step !== from; step = before.get(step) as number) cycle.push(step)
      return cycle.reverse()
    }
    throw new Error(`state ${from} lies on no cycle`)
  }
}
