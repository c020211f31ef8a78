/** The living children of a cell, in the order in which they were spawned: a list through the cells themselves. */
import type { ActorCell } from './actor-cell.ts'

export class Children implements Iterable<ActorCell> {
  #first: ActorCell | undefined = undefined
  #last: ActorCell | undefined = undefined
  size = 0

  add(child: ActorCell): void {
    const last = this.#last
    child.previousSibling = last
    if (last === undefined) this.#first = child
    else last.nextSibling = child
    this.#last = child
    this.size++
  }

  /** Takes a child out; one that is not in the list is no change. */
  delete(child: ActorCell): void {
    const { previousSibling, nextSibling } = child
    if (previousSibling === undefined && this.#first !== child) return
    if (previousSibling === undefined) this.#first = nextSibling
    else previousSibling.nextSibling = nextSibling
    if (nextSibling === undefined) this.#last = previousSibling
    else nextSibling.previousSibling = previousSibling
    child.previousSibling = undefined
    child.nextSibling = undefined
    this.size--
  }

  *[Symbol.iterator](): Iterator<ActorCell> {
    let child = this.#first
    while (child !== undefined) {
      const { nextSibling } = child
      yield child
      child = nextSibling
    }
  }
}
