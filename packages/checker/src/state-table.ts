/**
 * The global states of a search, numbered from 0 in the order of first sight, each with the number of the state before it.
 * All are tuples of one width, so a state is a row, and its number is the row's:
 *
 *     slots     [ tag | number + 1, ... ]            open addressing by hash, one word each; 0: free
 *     rows      [ tuple 0 | tuple 1 | tuple 2 | ... ]
 *     parents   [ before 0 | before 1 | ... ]
 *
 * The upper bits of a slot's word are those of the hash, as many as the number leaves.
 *
 * Several threads can fill one table at once, without locks. A thread writes a row that nobody else knows of, then its word
 * into a free slot, by an atomic exchange. If another one was there first it looks at that one's state, and has its row
 * still. Words do not change once they are written, so that one that is read early is still right. Rows that lie side by side
 * share lines of the cache, so a thread takes some at a time; those that it leaves free are void.
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

/** Of a table's rows, when it moves: share `index` of `count`. */
export interface MovedShare {
  readonly index: number
  readonly count: number
}

/** What {@link StateTable.add} returns for a state that the table had, and for one for which a shared table has no room. */
export const knownState = -1
export const noRoom = -2

const slotsMin = 1 << 11
/** The threads of a search pause while their table grows; pages that nobody writes to take no memory. */
const slotsMinShared = 1 << 20
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
  /** The bits of a slot's word that are the number, and those that are the hash's. */
  #numberBits = 0
  #tagBits = 0
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
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const held = this.#slots[slot] as number
      if (held === 0) return -1
      if (((held ^ hash) & this.#tagBits) !== 0) continue
      const id = (held & this.#numberBits) - 1
      if (this.#equals(id, tuple)) return id
    }
  }

  /**
   * Adds `tuple`, reached from state `parent` (-1: it is an initial one), and returns its number; {@link knownState} when the
   * table has it; {@link noRoom} when a shared table must grow first.
   */
  add(tuple: Int32Array, parent: number): number {
    const hash = hashOf(tuple, this.#width)
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      let held = this.#slots[slot] as number
      if (held === 0) {
        if ((this.#size[0] as number) >= this.#capacity) {
          if (this.#isShared) return noRoom
          this.adopt(this.#larger(ArrayBuffer), { index: 0, count: 1 })
          return this.add(tuple, parent)
        }
        const id = this.#writeRow(tuple, parent)
        held = this.#take(slot, (hash & this.#tagBits) | (id + 1))
        if (held === 0) {
          this.#keepRow(id)
          return id
        }
      }
      if (((held ^ hash) & this.#tagBits) === 0 && this.#equals((held & this.#numberBits) - 1, tuple)) return knownState
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
   * Goes on in `memory`. With a `share` the table was in use before: of its rows, in so many equal shares, that one gets slots,
   * and states can be found when all have.
   */
  adopt({ size, slots, rows, parents }: StateMemory, share?: MovedShare): void {
    this.#size = size
    this.#slots = slots
    this.#rows = rows
    this.#parents = parents
    this.#measure()
    if (share === undefined) return
    const count = this.size
    const tuple = new Int32Array(this.#width)
    const end = Math.floor((count * (share.index + 1)) / share.count)
    for (let id = Math.floor((count * share.index) / share.count); id < end; id++) {
      if (this.isVoid(id)) continue
      this.read(id, tuple)
      const hash = hashOf(tuple, this.#width)
      const word = (hash & this.#tagBits) | (id + 1)
      let slot = hash & this.#mask
      while (slots[slot] !== 0 || this.#take(slot, word) !== 0) slot = (slot + 1) & this.#mask
    }
  }

  /** Puts a word into a slot that was seen free; returns what is there, if it no longer is. */
  #take(slot: number, word: number): number {
    if (this.#isShared) return Atomics.compareExchange(this.#slots, slot, 0, word)
    this.#slots[slot] = word
    return 0
  }

  /** Writes the next row of this thread, which is free until it is kept. */
  #writeRow(tuple: Int32Array, parent: number): number {
    const id = this.#isShared ? this.#ownRow() : (this.#size[0] as number)
    const start = id * this.#width
    for (let place = 0; place < this.#width; place++) this.#rows[start + place] = tuple[place] as number
    this.#parents[id] = parent
    return id
  }

  #ownRow(): number {
    if (this.#nextRow === this.#rowsEnd) {
      this.#nextRow = Atomics.add(this.#size, 0, this.#rowsTaken)
      this.#rowsEnd = this.#nextRow + this.#rowsTaken
    }
    return this.#nextRow
  }

  #keepRow(id: number): void {
    if (this.#isShared) this.#nextRow = id + 1
    else this.#size[0] = id + 1
  }

  #equals(id: number, tuple: Int32Array): boolean {
    const start = id * this.#width
    for (let place = 0; place < this.#width; place++) if (this.#rows[start + place] !== tuple[place]) return false
    return true
  }

  #larger(Memory: ArrayBufferConstructor | SharedArrayBufferConstructor): StateMemory {
    const made = memoryOf(this.#width, this.#slots.length * 2, Memory)
    const size = this.size
    made.size.set(this.#size)
    made.rows.set(this.#rows.subarray(0, size * this.#width))
    made.parents.set(this.#parents.subarray(0, size))
    return made
  }

  #measure(): void {
    const slots = this.#slots.length
    this.#mask = slots - 1
    this.#numberBits = 2 ** (32 - Math.clz32(this.#parents.length)) - 1
    this.#tagBits = ~this.#numberBits
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
  return { size: words(2), slots: words(slots), rows: words(rows * width), parents: words(rows) }
}
