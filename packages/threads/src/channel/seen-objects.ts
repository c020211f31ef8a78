/**
 * The objects of one message that were met so far, each with its number. Most messages have few, which a list finds faster
 * than a map; the map is made for more.
 */

/** Objects remembered in the list alone. */
const LIST_MAX = 16

export class SeenObjects {
  readonly #list: (object | undefined)[] = new Array(LIST_MAX).fill(undefined)
  #numbers: Map<object, number> | undefined
  /** How many there are, and the number of the next. */
  count = 0

  /** Gives an object the next number and returns -1; or its number, when it has one. */
  add(value: object): number {
    const list = this.#list
    const { count } = this
    if (this.#numbers === undefined) {
      for (let number = 0; number < count; number++) if (list[number] === value) return number
      if (count === LIST_MAX) {
        this.#numbers = new Map()
        for (let number = 0; number < count; number++) this.#numbers.set(list[number] as object, number)
        this.#numbers.set(value, count)
      }
    } else {
      const number = this.#numbers.get(value)
      if (number !== undefined) return number
      this.#numbers.set(value, count)
    }
    list[count] = value
    this.count = count + 1
    return -1
  }

  /** Forgets all but the first `count`. */
  forget(count: number): void {
    const numbers = this.#numbers
    if (count === 0) this.#numbers = undefined
    else if (numbers !== undefined) {
      for (let number = count; number < this.count; number++) numbers.delete(this.#list[number] as object)
    }
    const listed = Math.min(this.count, LIST_MAX)
    for (let number = count; number < listed; number++) this.#list[number] = undefined
    if (this.#list.length > LIST_MAX) this.#list.length = Math.max(count, LIST_MAX)
    this.count = count
  }
}
