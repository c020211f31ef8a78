/** The objects that a walk over a value has met, so that what comes again and again, as in a cycle, is walked once. */

/** Objects that are walked without a note that they were: most values have fewer, and a cycle is not that deep. */
const unnotedMax = 2_048

export class SeenObjects {
  #count = 0
  #noted: Set<object> | undefined

  /** True for an object that was met before, as soon as there are so many that this matters. */
  meets(value: object): boolean {
    if (this.#count++ < unnotedMax) return false
    this.#noted ??= new Set()
    if (this.#noted.has(value)) return true
    this.#noted.add(value)
    return false
  }
}
