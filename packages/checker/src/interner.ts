/** Numbers values by a key, from 0 in the order of first sight, and keeps one representative of each. */
export class Interner<Value> {
  /** The representative of each number. */
  readonly values: Value[] = []
  /** The key of each number. */
  readonly keys: string[] = []
  readonly #ids = new Map<string, number>()

  /** The number of `key`, when it has one. */
  find(key: string): number | undefined {
    return this.#ids.get(key)
  }

  /** The number of `key`; `make` gives the representative when the key is new. */
  intern(key: string, make: () => Value): number {
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.values.length
    this.values.push(make())
    this.keys.push(key)
    this.#ids.set(key, id)
    return id
  }
}
