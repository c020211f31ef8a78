/**
 * The nodes that are up, as one node's kernel knows them: the one source of the receptionist and of placement. The host
 * tells the kernel who came and who went; each change makes a new list, so that a list that was read stays as it was.
 */

/** A node that is up. */
export interface Member {
  readonly node: string
  /** Raised each time the node is replaced. */
  readonly epoch: number
}

export class Membership {
  /** In the order of their names. Nobody else has this list. */
  readonly #up: Member[]
  /** The same for those who read it, until it changes: most changes are never looked at. */
  #shown: readonly Member[] | undefined
  /** True once another node was up. */
  hadOthers = false

  constructor({ node, epoch }: Member) {
    this.#up = [{ node, epoch }]
  }

  /** The nodes that are up, this one too, in the order of their names. Never changed in place. */
  get members(): readonly Member[] {
    this.#shown ??= Object.freeze(this.#up.map(({ node, epoch }) => Object.freeze({ node, epoch })))
    return this.#shown
  }

  has(node: string): boolean {
    return this.#placeOf(node) >= 0
  }

  /** A node is up; false when that was known, or a later epoch of it is. */
  up({ node, epoch }: Member): boolean {
    const up = this.#up
    const place = this.#placeOf(node)
    if (place >= 0 && (up[place] as Member).epoch >= epoch) return false
    this.hadOthers = true
    this.#shown = undefined
    if (place >= 0) {
      up[place] = { node, epoch }
      return true
    }
    let at = up.length
    for (; at > 0 && node < (up[at - 1] as Member).node; at--) up[at] = up[at - 1] as Member
    up[at] = { node, epoch }
    return true
  }

  /** An epoch of a node ended; false when the node was not up, or is up with a later one. */
  down({ node, epoch }: Member): boolean {
    const place = this.#placeOf(node)
    if (place < 0 || (this.#up[place] as Member).epoch > epoch) return false
    this.#shown = undefined
    this.#up.splice(place, 1)
    return true
  }

  /** -1 when it is not up. */
  #placeOf(node: string): number {
    const up = this.#up
    for (let place = 0; place < up.length; place++) if ((up[place] as Member).node === node) return place
    return -1
  }
}
