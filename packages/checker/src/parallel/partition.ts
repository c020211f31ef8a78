/**
 * One part of a search that several share: the states whose hash is this part's, and the steps from them. States of other
 * parts leave as batches; what arrives is looked up, and expanded with the next level.
 */
import { holds, type Predicate, type ViolationKind } from '../properties.ts'
import type { Searched, SearchOptions } from '../search.ts'
import { grown, TupleTable } from '../tuple-table.ts'

/** States for another part. Numbers are the sender's; each is defined in the batch that first has it. */
export interface Batch {
  readonly from: number
  readonly definitions: readonly (readonly [place: number, id: number, part: unknown])[]
  /** For each state: its parts, and the number of the state before it. */
  readonly tuples: Int32Array
}

/** The first violation of one kind and property that a part has found. */
export interface FoundViolation {
  readonly kind: ViolationKind
  readonly property: string | undefined
  readonly id: number
  /** The level in which it was found; of two parts' violations, that of the lower one has the shorter run. */
  readonly level: number
}

/** A state by its part and its number there; a part of -1: there is none. */
export interface StateAddress {
  readonly part: number
  readonly id: number
}

/** States in a batch. */
const batchStates = 4_096

export class Partition {
  generated = 0
  readonly violations: FoundViolation[] = []
  readonly #searched: Searched<any, any, unknown>
  readonly #index: number
  readonly #count: number
  readonly #always: readonly (readonly [string, Predicate<any>])[]
  readonly #unseen: Map<string, Predicate<any>>
  readonly #mayEnd: Predicate<any>
  readonly #boundary: Predicate<any> | undefined
  readonly #states = new TupleTable()
  #parentParts = new Int32Array(1 << 10)
  #parentIds = new Int32Array(1 << 10)
  /** States below this number are expanded, or being expanded; the level under way ends at the other. */
  #next = 0
  #levelEnd = 0
  #level = 0
  /** By place: the hash of each number. */
  readonly #hashes: number[][]
  /** By part: the states that it was told of already, so that it is told once. */
  readonly #told: readonly TupleTable[]
  /** By part, by place: the numbers that it knows. */
  readonly #defined: readonly (readonly Set<number>[])[]
  /** By part, by place: what its numbers are here. */
  readonly #known: readonly (readonly number[][])[]
  readonly #outgoing: { definitions: [number, number, unknown][]; tuples: number[] }[]

  constructor(searched: Searched<any, any, unknown>, options: SearchOptions<any>, index: number, count: number) {
    this.#searched = searched
    this.#index = index
    this.#count = count
    this.#always = Object.entries(options.always ?? {})
    this.#unseen = new Map(Object.entries(options.sometimes ?? {}))
    const { mayEnd = true } = options
    this.#mayEnd = typeof mayEnd === 'boolean' ? () => mayEnd : mayEnd
    this.#boundary = options.boundary
    const { width } = searched.system
    const places = <Item>(make: () => Item) => Array.from({ length: width }, make)
    const parts = <Item>(make: () => Item) => Array.from({ length: count }, make)
    this.#hashes = places(() => [])
    this.#told = parts(() => new TupleTable())
    this.#defined = parts(() => places(() => new Set<number>()))
    this.#known = parts(() => places(() => []))
    this.#outgoing = parts(() => ({ definitions: [], tuples: [] }))
    for (const tuple of searched.system.initial()) if (this.#ownerOf(tuple) === index) this.#reach(tuple, -1)
  }

  get distinct(): number {
    return this.#states.size
  }

  /** The properties that were true of no state here. */
  get unseen(): readonly string[] {
    return [...this.#unseen.keys()]
  }

  /** States that the next level begins with. */
  get frontier(): number {
    return this.#states.size - this.#next
  }

  /** Ends a level, once every batch of it is here: what was found is the next. */
  endLevel(): void {
    this.#level++
    this.#levelEnd = this.#states.size
  }

  /** Expands up to `statesMax` states of the level; true when it is done. `send` gets full batches, at the end all. */
  expand(statesMax: number, send: (part: number, batch: Batch) => void): boolean {
    const { system, view } = this.#searched
    const current = new Int32Array(system.width)
    const until = Math.min(this.#levelEnd, this.#next + statesMax)
    for (; this.#next < until; this.#next++) {
      const id = this.#next
      this.#states.read(id, current)
      let steps = 0
      system.expand(current, (step, next) => {
        steps++
        if (step.error !== undefined) this.#violated('failed', undefined, id)
        else this.#reach(next, id)
        return false
      })
      if (steps === 0 && !holds('mayEnd', this.#mayEnd, view(current))) {
        this.#violated('deadlock', undefined, id)
      }
      for (let part = 0; part < this.#count; part++) {
        if ((this.#outgoing[part]?.tuples.length ?? 0) >= batchStates * (system.width + 1)) this.#flush(part, send)
      }
    }
    const isDone = this.#next === this.#levelEnd
    if (isDone) for (let part = 0; part < this.#count; part++) this.#flush(part, send)
    return isDone
  }

  /** Takes in states that another part has reached. */
  receive({ from, definitions, tuples }: Batch): void {
    const { portable, system } = this.#searched
    const known = this.#known[from] as readonly number[][]
    for (const [place, id, part] of definitions) (known[place] as number[])[id] = portable.importPart(place, part)
    const tuple = new Int32Array(system.width)
    for (let at = 0; at < tuples.length; at += system.width + 1) {
      for (let place = 0; place < system.width; place++) {
        tuple[place] = (known[place] as number[])[tuples[at + place] as number] as number
      }
      this.#add(tuple, from, tuples[at + system.width] as number)
    }
  }

  /** The parts of state `id` as plain data, and the state before it. */
  describe(id: number): { readonly parts: readonly unknown[]; readonly parent: StateAddress } {
    const tuple = new Int32Array(this.#searched.system.width)
    this.#states.read(id, tuple)
    return {
      parts: Array.from(tuple, (part, place) => this.#searched.portable.exportPart(place, part)),
      parent: { part: this.#parentParts[id] as number, id: this.#parentIds[id] as number },
    }
  }

  /** A step, or the beginning, has led to `tuple`. */
  #reach(tuple: Int32Array, parent: number): void {
    const owner = this.#ownerOf(tuple)
    const table = owner === this.#index ? this.#states : (this.#told[owner] as TupleTable)
    if (table.find(tuple) < 0) {
      if (this.#boundary !== undefined && !holds('boundary', this.#boundary, this.#searched.view(tuple))) return
      if (owner === this.#index) this.#add(tuple, parent < 0 ? -1 : this.#index, parent)
      else {
        table.intern(tuple)
        this.#tell(owner, tuple, parent)
      }
    }
    this.generated++
  }

  #add(tuple: Int32Array, parentPart: number, parentId: number): void {
    const sizeBefore = this.#states.size
    const id = this.#states.intern(tuple)
    if (id < sizeBefore) return
    if (id >= this.#parentIds.length) {
      this.#parentIds = grown(this.#parentIds, id + 1)
      this.#parentParts = grown(this.#parentParts, id + 1)
    }
    this.#parentParts[id] = parentPart
    this.#parentIds[id] = parentId
    const view = this.#searched.view(tuple)
    for (const [name, predicate] of this.#unseen) if (holds(name, predicate, view)) this.#unseen.delete(name)
    for (const [property, predicate] of this.#always) {
      if (!holds(property, predicate, view)) this.#violated('always', property, id)
    }
  }

  #violated(kind: ViolationKind, property: string | undefined, id: number): void {
    if (this.violations.some((found) => found.kind === kind && found.property === property)) return
    this.violations.push({ kind, property, id, level: this.#level })
  }

  #tell(owner: number, tuple: Int32Array, parent: number): void {
    const { definitions, tuples } = this.#outgoing[owner] as {
      definitions: [number, number, unknown][]
      tuples: number[]
    }
    const defined = this.#defined[owner] as readonly Set<number>[]
    for (let place = 0; place < tuple.length; place++) {
      const id = tuple[place] as number
      tuples.push(id)
      if ((defined[place] as Set<number>).has(id)) continue
      ;(defined[place] as Set<number>).add(id)
      definitions.push([place, id, this.#searched.portable.exportPart(place, id)])
    }
    tuples.push(parent)
  }

  #flush(part: number, send: (part: number, batch: Batch) => void): void {
    const { definitions, tuples } = this.#outgoing[part] as {
      definitions: [number, number, unknown][]
      tuples: number[]
    }
    if (tuples.length === 0) return
    this.#outgoing[part] = { definitions: [], tuples: [] }
    send(part, { from: this.#index, definitions, tuples: Int32Array.from(tuples) })
  }

  /** The part whose state `tuple` is. */
  #ownerOf(tuple: Int32Array): number {
    let hash = 0
    for (let place = 0; place < tuple.length; place++) {
      const id = tuple[place] as number
      const hashes = this.#hashes[place] as number[]
      hashes[id] ??= this.#searched.portable.hashPart(place, id)
      hash = Math.imul(hash ^ (hashes[id] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return (hash >>> 0) % this.#count
  }
}
