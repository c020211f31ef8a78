/** Values of one place of a state, numbered: equal values have one number, and one frozen representative. */
import { frozenOfKey } from './canonical-text.ts'
import { canonicalKey, canonicalValue, frozen, type Refuse } from './canonical-value.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'

export class ValueTable {
  readonly #interner: Interner<unknown>
  /** The numbers of representatives, and of primitives: a value that did not change is not walked. */
  readonly #numbers = new Map<unknown, number>()

  constructor(log?: NumberLog) {
    this.#interner = new Interner(log, frozenOfKey)
  }

  intern(value: unknown, path: string, refuse: Refuse): number {
    // -0 is not 0 here, which a Map cannot say.
    const known = Object.is(value, -0) ? undefined : this.#numbers.get(value)
    if (known !== undefined) return known
    const quick = canonicalKey(value)
    const seen = quick === undefined ? undefined : this.#interner.find(quick)
    if (seen !== undefined) return seen
    const form = canonicalValue(value, path, refuse)
    const id = this.#interner.intern(form.key, () => frozen(form.value))
    if (!Object.is(value, -0)) this.#numbers.set(this.get(id), id)
    return id
  }

  get(id: number): unknown {
    return this.#interner.get(id)
  }
}
