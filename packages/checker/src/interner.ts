/** Numbers values by a key, from 0 in the order of first sight, and keeps one representative of each. */
import type { LoggedTable, NumberLog } from './number-log.ts'

export class Interner<Value> {
  /** Where another thread numbered the value, `undefined` until somebody asks. */
  readonly #values: (Value | undefined)[] = []
  readonly #keys: string[] = []
  readonly #ids = new Map<string, number>()
  readonly #log: LoggedTable | undefined
  readonly #read: ((key: string) => Value) | undefined

  /** With a `log`, numbers are those of all its threads; `read` makes the representative of a key that another has met. */
  constructor(log?: NumberLog, read?: (key: string) => Value) {
    this.#log = log?.open((key) => void this.#added(key, undefined))
    this.#read = read
  }

  /** How many values have numbers here. */
  get size(): number {
    return this.#keys.length
  }

  /** The representative of number `id`. */
  get(id: number): Value {
    const value = this.#values[id]
    return value === undefined && this.#read !== undefined ? this.#made(id, this.#read) : (value as Value)
  }

  /** The number of `key`, when it has one. */
  find(key: string): number | undefined {
    return this.#ids.get(key)
  }

  /** The number of `key`; `make` gives the representative when the key is new. */
  intern(key: string, make: () => Value): number {
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    return this.#log === undefined ? this.#added(key, make()) : this.#logged(this.#log, key, make)
  }

  #added(key: string, value: Value | undefined): number {
    const id = this.#keys.length
    this.#ids.set(key, id)
    this.#keys.push(key)
    this.#values.push(value)
    return id
  }

  #logged(log: LoggedTable, key: string, make: () => Value): number {
    log.append(key, () => this.#ids.has(key))
    const id = this.#ids.get(key) as number
    this.#values[id] ??= make()
    return id
  }

  /** The key of number `id`. */
  keyOf(id: number): string {
    if (id >= this.#keys.length) this.#log?.catchUp()
    return this.#keys[id] as string
  }

  #made(id: number, read: (key: string) => Value): Value {
    const made = read(this.keyOf(id))
    this.#values[id] = made
    return made
  }
}
