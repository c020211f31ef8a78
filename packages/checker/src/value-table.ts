/** Values of one place of a state, numbered: equal values have one number, and one frozen representative. */
import { frozenOfKey } from './canonical-text.ts'
import { canonicalValue, frozen, type Refuse } from './canonical-value.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'
import { StructureTable } from './structure-table.ts'

export class ValueTable {
  readonly #interner: Interner<unknown>
  readonly #structures = new StructureTable()
  /** By number of structure. */
  readonly #ids = new Map<number, number>()

  constructor(log?: NumberLog) {
    this.#interner = new Interner(log, frozenOfKey)
  }

  /** The number of `value`, whose name in an error is `path`. */
  intern(value: unknown, path: string, refuse: Refuse): number {
    const structure = this.#structures.numberOf(value)
    const known = structure < 0 ? undefined : this.#ids.get(structure)
    if (known !== undefined) return known
    const form = canonicalValue(value, path, refuse)
    const id = this.#interner.intern(form.key, () => frozen(form.value))
    if (structure >= 0) {
      this.#ids.set(structure, id)
      this.#structures.remember(this.get(id), structure)
    }
    return id
  }

  get(id: number): unknown {
    return this.#interner.get(id)
  }
}
