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
  #members: readonly Member[]
  /** True once another node was up. */
  hadOthers = false

  constructor(self: Member) {
    this.#members = Object.freeze([Object.freeze({ node: self.node, epoch: self.epoch })])
  }

  /** The nodes that are up, this one too, in the order of their names. Never changed in place. */
  get members(): readonly Member[] {
    return this.#members
  }

  has(node: string): boolean {
    return this.#members.some((member) => member.node === node)
  }

  /** A node is up; false when that was known, or a later epoch of it is. */
  up({ node, epoch }: Member): boolean {
    const known = this.#members.find((member) => member.node === node)
    if (known !== undefined && known.epoch >= epoch) return false
    this.hadOthers = true
    const newcomer = Object.freeze({ node, epoch })
    const members: Member[] = []
    let isIn = false
    for (const member of this.#members) {
      if (member === known) continue
      if (!isIn && node < member.node) {
        members.push(newcomer)
        isIn = true
      }
      members.push(member)
    }
    if (!isIn) members.push(newcomer)
    this.#members = Object.freeze(members)
    return true
  }

  /** An epoch of a node ended; false when the node was not up, or is up with a later one. */
  down({ node, epoch }: Member): boolean {
    const left = this.#members.filter((member) => member.node !== node || member.epoch > epoch)
    if (left.length === this.#members.length) return false
    this.#members = Object.freeze(left)
    return true
  }
}
