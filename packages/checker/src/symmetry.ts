/**
 * Symmetry, exact: ids that can be exchanged for one another without anybody noticing make classes of states, and the
 * search holds one state of each. The representative of a state is the least of its renamed forms.
 *
 * Not every renaming is tried. Ids are first ordered by what each sees of the state (its *signature*: the state with the
 * id itself called "this one" and the others of its set "another"), which no renaming changes. Among ids with one
 * signature those that can be swapped without changing the state are alike, and only the orders of unlike ones are tried.
 */
import type { ReplyToken } from '@troupe/core'
import type { Ref } from '@troupe/core/host'
import { CheckerError } from './checker-error.ts'

/** New names for ids. */
export interface Renaming {
  /** Its number, from 0; what was renamed by it is remembered under this. */
  readonly index: number
  readonly names: ReadonlyMap<string, string>
  /** It gives several ids one name: what comes out is to be compared, not to be a state. */
  readonly isView: boolean
  /** What stands for a reference. Set by systems that have them. */
  ref?: (ref: Ref) => unknown
  /** What stands for a reply token; likewise. */
  token?: (token: ReplyToken) => unknown
}

/** A system whose states can be renamed. */
export interface SymmetricSystem {
  /** Writes the renamed form of `tuple` to `into`, which is another array. */
  renamed(tuple: Int32Array, renaming: Renaming, into: Int32Array): void
  /** A number for the state seen through `view`, which gives several ids one name: equal when the renamed states are. */
  signature(tuple: Int32Array, view: Renaming): number
  /** Prepares a renaming for use, once. */
  prepare?(renaming: Renaming): void
}

/** Forms of one state that may have to be compared. */
const formsMax = 1_000_000

export class Symmetry {
  readonly #system: SymmetricSystem
  readonly #sets: readonly (readonly string[])[]
  readonly #renamings = new Map<string, Renaming>()
  /** For each set, for each id: the view in which that id is this one. */
  readonly #views: readonly (readonly Renaming[])[]
  /** For each set, for each pair of ids: the renaming that swaps them. */
  readonly #swaps: readonly (readonly (readonly Renaming[])[])[]
  readonly #best: Int32Array
  readonly #form: Int32Array

  constructor(system: SymmetricSystem, width: number, sets: readonly (readonly string[])[]) {
    this.#system = system
    this.#sets = checkedSets(sets)
    this.#best = new Int32Array(width)
    this.#form = new Int32Array(width)
    const others = (set: number) =>
      this.#sets.flatMap((ids, index) => (index === set ? [] : ids.map((id) => [id, `\0of set ${index}`] as const)))
    this.#views = this.#sets.map((ids, set) =>
      ids.map((self) =>
        this.#renaming(
          [...others(set), ...ids.map((id) => [id, id === self ? '\0this one' : '\0another'] as const)],
          true,
        ),
      ),
    )
    this.#swaps = this.#sets.map((ids) =>
      ids.map((left) =>
        ids.map((right) =>
          this.#renaming([
            [left, right],
            [right, left],
          ]),
        ),
      ),
    )
  }

  /** Throws when the states in which the system begins are not symmetric themselves. */
  assertSymmetric(initial: readonly Int32Array[]): void {
    const keys = new Set(initial.map((tuple) => tuple.join()))
    for (const [set, ids] of this.#sets.entries()) {
      for (let other = 1; other < ids.length; other++) {
        for (const tuple of initial) {
          this.#system.renamed(tuple, this.#swap(set, 0, other), this.#form)
          if (keys.has(this.#form.join())) continue
          throw new CheckerError(
            `symmetry: the beginning changes when ${ids[0]} and ${ids[other]} are swapped; they are not symmetric, or a ` +
              'list or a number tells them apart: keep symmetric ids in Sets, or as keys',
            { ids: [ids[0], ids[other]] },
          )
        }
      }
    }
  }

  /** The state that stands for all that are symmetric to `tuple`. Valid until the next call. */
  readonly representative = (tuple: Int32Array): Int32Array => {
    let renamings: (readonly (readonly [string, string])[])[] = [[]]
    for (const [set, ids] of this.#sets.entries()) {
      const arrangements = this.#arrangements(tuple, set)
      renamings = renamings.flatMap((names) =>
        arrangements.map((order) => [...names, ...order.map((id, place) => [ids[id], ids[place]] as [string, string])]),
      )
      if (renamings.length > formsMax) {
        throw new CheckerError(`symmetry: one state has more than ${formsMax} forms to compare; declare fewer ids`)
      }
    }
    let isFirst = true
    for (const names of renamings) {
      this.#system.renamed(tuple, this.#renaming(names), this.#form)
      if (isFirst || isLess(this.#form, this.#best)) this.#best.set(this.#form)
      isFirst = false
    }
    return this.#best
  }

  /** The orders of a set's ids, by number, in which the least form may be found. */
  #arrangements(tuple: Int32Array, set: number): number[][] {
    const ids = this.#sets[set] as readonly string[]
    const signatures = (this.#views[set] as readonly Renaming[]).map((view) => this.#system.signature(tuple, view))
    const order = ids.map((_id, index) => index)
    order.sort((left, right) => (signatures[left] as number) - (signatures[right] as number) || left - right)
    let orders: number[][] = [[]]
    for (let start = 0; start < order.length; ) {
      let end = start + 1
      while (end < order.length && signatures[order[end] as number] === signatures[order[start] as number]) end++
      const runs = unlikeOrders(this.#alike(tuple, set, order.slice(start, end)))
      if (orders.length * runs.length > formsMax) {
        throw new CheckerError(`symmetry: one state has more than ${formsMax} forms to compare; declare fewer ids`)
      }
      orders = orders.flatMap((before) => runs.map((run) => [...before, ...run]))
      start = end
    }
    return orders
  }

  /** Groups ids that can be swapped without changing the state: that is an equivalence. */
  #alike(tuple: Int32Array, set: number, ids: readonly number[]): number[][] {
    const groups: number[][] = []
    for (const id of ids) {
      const group = groups.find(([first]) => {
        this.#system.renamed(tuple, this.#swap(set, first as number, id), this.#form)
        return isEqual(tuple, this.#form)
      })
      if (group === undefined) groups.push([id])
      else group.push(id)
    }
    return groups
  }

  #swap(set: number, left: number, right: number): Renaming {
    return ((this.#swaps[set] as readonly (readonly Renaming[])[])[left] as readonly Renaming[])[right] as Renaming
  }

  #renaming(names: readonly (readonly [string, string])[], isView = false): Renaming {
    const key = names.map(([from, to]) => `${from}\0${to}`).join('\0\0')
    let renaming = this.#renamings.get(key)
    if (renaming === undefined) {
      renaming = { index: this.#renamings.size, names: new Map(names), isView }
      this.#system.prepare?.(renaming)
      this.#renamings.set(key, renaming)
    }
    return renaming
  }
}

/** The different orders of the members of groups, where members of one group are alike. */
function unlikeOrders(groups: readonly (readonly number[])[]): number[][] {
  const orders: number[][] = []
  const taken = groups.map(() => 0)
  const length = groups.reduce((sum, group) => sum + group.length, 0)
  const order: number[] = []
  const extend = (): void => {
    if (order.length === length) {
      orders.push([...order])
      if (orders.length > formsMax)
        throw new CheckerError(`symmetry: one state has more than ${formsMax} forms to compare`)
      return
    }
    for (const [index, group] of groups.entries()) {
      const next = group[taken[index] as number]
      if (next === undefined) continue
      taken[index] = (taken[index] as number) + 1
      order.push(next)
      extend()
      order.pop()
      taken[index] = (taken[index] as number) - 1
    }
  }
  extend()
  return orders
}

function checkedSets(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const all = sets.flat()
  const twice = all.find((id, index) => all.indexOf(id) !== index)
  if (twice !== undefined) throw new CheckerError(`symmetry: ${twice} is named twice; an id is in one set, once`)
  const wrong = all.find((id) => typeof id !== 'string' || id === '')
  if (wrong !== undefined) throw new CheckerError('symmetry: ids are strings that are not empty')
  return sets.filter((ids) => ids.length > 1)
}

function isEqual(left: Int32Array, right: Int32Array): boolean {
  for (let place = 0; place < left.length; place++) if (left[place] !== right[place]) return false
  return true
}

function isLess(left: Int32Array, right: Int32Array): boolean {
  for (let place = 0; place < left.length; place++) {
    if (left[place] !== right[place]) return (left[place] as number) < (right[place] as number)
  }
  return false
}
