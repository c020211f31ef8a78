/**
 * A double-ended queue over a growing power-of-two ring: the shape of lanes and the run queue. Its fields are private by their
 * types alone, as in the turn loop.
 */
export class Deque<Item> {
  private ring: (Item | undefined)[] = []
  private head = 0
  length = 0

  push(item: Item): void {
    if (this.length === this.ring.length) this.#grow()
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = item
    this.length++
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined
    const ring = this.ring
    const item = ring[this.head]
    ring[this.head] = undefined
    this.head = (this.head + 1) & (ring.length - 1)
    this.length--
    return item
  }

  pop(): Item | undefined {
    if (this.length === 0) return undefined
    const ring = this.ring
    const position = (this.head + --this.length) & (ring.length - 1)
    const item = ring[position]
    ring[position] = undefined
    return item
  }

  unshift(item: Item): void {
    if (this.length === this.ring.length) this.#grow()
    this.head = (this.head - 1) & (this.ring.length - 1)
    this.ring[this.head] = item
    this.length++
  }

  /** Forgets all items, and keeps the room. */
  clear(): void {
    while (this.length > 0) this.shift()
  }

  peek(): Item | undefined {
    return this.length === 0 ? undefined : this.ring[this.head]
  }

  /** The items, the next to leave first. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let index = 0; index < this.length; index++) {
      yield this.ring[(this.head + index) & (this.ring.length - 1)] as Item
    }
  }

  /** Brings the item at `index` (0 is the next to leave) to the front, exchanging it with the one there. */
  bringToFront(index: number): void {
    const ring = this.ring
    const position = (this.head + index) & (ring.length - 1)
    const item = ring[position]
    ring[position] = ring[this.head]
    ring[this.head] = item
  }

  #grow(): void {
    const ring = this.ring
    const grown: (Item | undefined)[] = new Array(Math.max(4, ring.length * 2))
    for (let index = 0; index < this.length; index++) grown[index] = ring[(this.head + index) & (ring.length - 1)]
    for (let index = this.length; index < grown.length; index++) grown[index] = undefined
    this.ring = grown
    this.head = 0
  }
}
