/**
 * The global states of a search, numbered from 0 in the order of first sight, each with the number of the state before it.
 * All are tuples of one width, so a state is a row, and its number is the row's:
 *
 *     slots     [ tag, number + 1 | tag, number + 1 | ... ]   open addressing by hash; a tag of 0: free
 *     rows      [ tuple 0 | tuple 1 | tuple 2 | ... ]
 *     parents   [ before 0 | before 1 | ... ]
 *
 * Several threads can fill one table at once, without locks. A thread takes a free slot by exchanging its tag, then writes
 * the row, then the number. A thread that meets a tag like its own without a number waits for that number: nearly always it
 * is the same state. Tags and numbers do not change once they are written, so that one that is read early is still right.
 * Rows that lie side by side share lines of the cache, so a thread takes some at a time; those that it leaves free are void.
 */
import { hashOf } from './tuple-table.ts'

/** What a table is kept in; shared memory where several threads fill it. */
export interface StateMemory {
  readonly slots: Int32Array
  readonly rows: Int32Array
  readonly parents: Int32Array
  /** In place 0 how many rows were taken, in place 1 how many of those are void. */
  readonly size: Int32Array
}

/** Of a table's slots, when it moves: share `index` of `count`. */
export interface MovedShare {
  readonly index: number
  readonly count: number
}

/** What {@link StateTable.add} returns for a state that the table had, and for one for which a shared table has no room. */
export const knownState = -1
export const noRoom = -2

const slotsMin = 1 << 11
/** The threads of a search pause while their table grows; pages that nobody writes to take no memory. */
const slotsMinShared = 1 << 18
/** Of the slots, how many may be taken. */
const loadMax = 0.6
/** The parent of a row that holds no state. */
const voidRow = -2

export class StateTable {
  readonly #width: number
  readonly #isShared: boolean
  #size: Int32Array
  #slots: Int32Array
  #rows: Int32Array
  #parents: Int32Array
  #mask = 0
  #capacity = 0
  /** Rows that this thread has taken and not filled yet, and how many it takes at a time. */
  #nextRow = 0
  #rowsEnd = 0
  #rowsTaken = 1

  /** With `memory` the table is one of those that share it. */
  constructor(width: number, memory?: StateMemory) {
    this.#width = width
    this.#isShared = memory !== undefined
    const { size, slots, rows, parents } = memory ?? memoryOf(width, slotsMin, ArrayBuffer)
    this.#size = size
    this.#slots = slots
    this.#rows = rows
    this.#parents = parents
    this.#measure()
  }

  /** Memory for a table that is to be shared. */
  static shared(width: number, slots = slotsMinShared): StateMemory {
    return memoryOf(width, slots, SharedArrayBuffer)
  }

  /** How many rows were taken: every state's number is below. Rows are states in tables that are not shared. */
  get size(): number {
    return this.#isShared ? Atomics.load(this.#size, 0) : (this.#size[0] as number)
  }

  /** How many states it holds; in a shared table at most so many while threads have rows that they did not fill. */
  get count(): number {
    return this.size - (this.#size[1] as number)
  }

  /** Takes so many rows of a shared table at a time from now on; first {@link releaseRows}. */
  takeRows(count: number): void {
    this.#rowsTaken = count
  }

  /** Leaves the rows void that were taken and not filled. */
  releaseRows(): void {
    const left = this.#rowsEnd - this.#nextRow
    if (left === 0) return
    this.#parents.fill(voidRow, this.#nextRow, this.#rowsEnd)
    this.#nextRow = this.#rowsEnd
    Atomics.add(this.#size, 1, left)
  }

  /** Whether row `id` holds no state. */
  isVoid(id: number): boolean {
    return this.#parents[id] === voidRow
  }

  /** The number of `tuple`, or -1 when the table does not hold it. */
  find(tuple: Int32Array): number {
    const hash = hashOf(tuple, this.#width)
    const tag = hash | 1
    for (let slot = (hash >>> 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const held = this.#slots[slot * 2] as number
      if (held === 0) return -1
      if (held !== tag) continue
      const id = this.#numberAt(slot)
      if (this.#equals(id, tuple)) return id
    }
  }

  /**
   * Adds `tuple`, reached from state `parent` (-1: it is an initial one), and returns its number; {@link knownState} when the
   * table has it; {@link noRoom} when a shared table must grow first.
   */
  add(tuple: Int32Array, parent: number): number {
    const hash = hashOf(tuple, this.#width)
    const tag = hash | 1
    for (let slot = (hash >>> 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (this.#slots[slot * 2] === 0) {
        if ((this.#size[0] as number) >= this.#capacity) {
          if (this.#isShared) return noRoom
          this.adopt(this.#larger(ArrayBuffer), { index: 0, count: 1 })
          return this.add(tuple, parent)
        }
        if (this.#take(slot, tag)) return this.#fill(slot, tuple, parent)
      }
      if (this.#slots[slot * 2] === tag && this.#equals(this.#numberAt(slot), tuple)) return knownState
    }
  }

  /** Copies state `id` to `target`. */
  read(id: number, target: Int32Array): void {
    const start = id * this.#width
    for (let place = 0; place < this.#width; place++) target[place] = this.#rows[start + place] as number
  }

  /** The number of the state from which `id` was reached first; -1: it is an initial one. */
  parent(id: number): number {
    return this.#parents[id] as number
  }

  /** Memory of twice the size with this table's states, for every thread that shares it to {@link adopt} while none adds. */
  larger(): StateMemory {
    return this.#larger(SharedArrayBuffer)
  }

  /**
   * Goes on in `memory`. With a `share` the table was in use before: its slots are moved, of so many equal shares that one,
   * and states can be found when all were. A tag is all that a hash says of slots, so in order of slots old and new are
   * walked along together.
   */
  adopt({ size, slots, rows, parents }: StateMemory, share?: MovedShare): void {
    const before = this.#slots
    this.#size = size
    this.#slots = slots
    this.#rows = rows
    this.#parents = parents
    this.#measure()
    if (share === undefined) return
    const slotsBefore = before.length / 2
    const end = Math.floor((slotsBefore * (share.index + 1)) / share.count)
    for (let old = Math.floor((slotsBefore * share.index) / share.count); old < end; old++) {
      const tag = before[old * 2] as number
      if (tag === 0) continue
      let slot = (tag >>> 1) & this.#mask
      while (!this.#take(slot, tag)) slot = (slot + 1) & this.#mask
      slots[slot * 2 + 1] = before[old * 2 + 1] as number
    }
  }

  /** Puts a tag into a slot, if that is free. */
  #take(slot: number, tag: number): boolean {
    if (this.#slots[slot * 2] !== 0) return false
    if (this.#isShared) return Atomics.compareExchange(this.#slots, slot * 2, 0, tag) === 0
    this.#slots[slot * 2] = tag
    return true
  }

  #fill(slot: number, tuple: Int32Array, parent: number): number {
    const id = this.#isShared ? this.#takeRow() : (this.#size[0] as number)
    const start = id * this.#width
    for (let place = 0; place < this.#width; place++) this.#rows[start + place] = tuple[place] as number
    this.#parents[id] = parent
    if (this.#isShared) Atomics.store(this.#slots, slot * 2 + 1, id + 1)
    else {
      this.#size[0] = id + 1
      this.#slots[slot * 2 + 1] = id + 1
    }
    return id
  }

  #takeRow(): number {
    if (this.#nextRow === this.#rowsEnd) {
      this.#nextRow = Atomics.add(this.#size, 0, this.#rowsTaken)
      this.#rowsEnd = this.#nextRow + this.#rowsTaken
    }
    return this.#nextRow++
  }

  /** The number in a slot that has a tag. Where one is seen, so is the row: its place is known from the number alone. */
  #numberAt(slot: number): number {
    const written = this.#slots[slot * 2 + 1] as number
    if (written !== 0) return written - 1
    for (;;) {
      const number = Atomics.load(this.#slots, slot * 2 + 1)
      if (number !== 0) return number - 1
    }
  }

  #equals(id: number, tuple: Int32Array): boolean {
    const start = id * this.#width
    for (let place = 0; place < this.#width; place++) if (this.#rows[start + place] !== tuple[place]) return false
    return true
  }

  #larger(Memory: ArrayBufferConstructor | SharedArrayBufferConstructor): StateMemory {
    const made = memoryOf(this.#width, this.#slots.length, Memory)
    const size = this.size
    made.size.set(this.#size)
    made.rows.set(this.#rows.subarray(0, size * this.#width))
    made.parents.set(this.#parents.subarray(0, size))
    return made
  }

  #measure(): void {
    const slots = this.#slots.length / 2
    this.#mask = slots - 1
    this.#capacity = capacityOf(slots)
  }
}

/** States of a table with so many slots; threads that take rows at the same moment may pass it by those. */
function capacityOf(slots: number): number {
  return Math.floor(slots * loadMax)
}

/** Rows that a thread may take at a time. */
export const rowsTakenMax = 64
/** Rows beyond the capacity, for threads that pass it at once: so many for each of 256. */
const rowsBeyond = 256 * rowsTakenMax

function memoryOf(width: number, slots: number, Memory: ArrayBufferConstructor | SharedArrayBufferConstructor) {
  const rows = capacityOf(slots) + (Memory === ArrayBuffer ? 0 : rowsBeyond)
  const words = (length: number) => new Int32Array(new Memory(length * 4))
  return { size: words(2), slots: words(slots * 2), rows: words(rows * width), parents: words(rows) }
}
