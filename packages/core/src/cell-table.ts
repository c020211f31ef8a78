/** The cells of a node by slot. A slot is used again; an incarnation never is, so an old reference finds nobody. */
import type { ActorCell } from './actor-cell.ts'
import { Ref } from './actor-ref.ts'

export class CellTable implements Iterable<ActorCell> {
  readonly #node: string
  readonly #epoch: number
  readonly #cells: (ActorCell | undefined)[] = []
  readonly #freeSlots: number[] = []
  #incarnations = 0

  constructor(node: string, epoch: number) {
    this.#node = node
    this.#epoch = epoch
  }

  /** A new reference with a slot of its own; `fill` or `release` follows. */
  allocate(): Ref {
    const slot = this.#freeSlots.pop() ?? this.#cells.length
    if (slot === this.#cells.length) this.#cells.push(undefined)
    return new Ref(this.#node, this.#epoch, slot, this.#incarnations++)
  }

  fill(cell: ActorCell): void {
    this.#cells[cell.ref.slot] = cell
  }

  release(ref: Ref): void {
    this.#cells[ref.slot] = undefined
    this.#freeSlots.push(ref.slot)
  }

  /** The living actor in that slot. */
  at(slot: number): ActorCell | undefined {
    return this.#cells[slot]
  }

  /** The living actor whose very own reference `ref` is, as most are that its node's actors have; no copy of it will do. */
  own(ref: Ref): ActorCell | undefined {
    const { slot } = ref
    const cell = slot >= 0 && slot < this.#cells.length ? this.#cells[slot] : undefined
    return cell !== undefined && cell.ref === ref ? cell : undefined
  }

  /** The living actor that an unnamed reference to this node means. */
  find(ref: Ref): ActorCell | undefined {
    if (ref.epoch !== this.#epoch) return undefined
    const cell = this.#cells[ref.slot]
    return cell !== undefined && cell.ref.incarnation === ref.incarnation ? cell : undefined
  }

  /** All living cells, the guardian first. */
  *[Symbol.iterator](): Iterator<ActorCell> {
    for (const cell of this.#cells) if (cell !== undefined) yield cell
  }
}
