/**
 * Numbers values by structure, without making text of them: equal values have equal numbers, as their canonical keys are
 * equal. Most values that a search meets are known, and this is how it finds out. A leaf is numbered by itself, anything
 * else by the tuple of what it is and what is in it:
 *
 *     [array, item ...]   [set, item ... sorted]   [map, key, item ... sorted]   [names of an object, item ...]
 *     [reference, text]   [reply token or error, text]
 */
import { ReplyToken, refKey } from '@troupe/core'
import { Ref, sparseIndices, sparseLengthMin } from '@troupe/core/host'
import { keyOf } from './canonical-text.ts'
import { isPlain } from './canonical-value.ts'
import { TupleTable } from './tuple-table.ts'

const arrayTag = -1
const setTag = -2
const mapTag = -3
const refTag = -4
const textTag = -5
const unknown = -1
/** Nested more deeply, or round in a circle, a value has no number. */
const depthMax = 64
const shapesMax = 1_024
/** References that are known by identity; a handler may make new ones for ever. */
const refsMax = 4_096

/** The keys of objects in one order, and the places of their items in the order that all objects with these keys share. */
interface Shape {
  readonly keys: readonly string[]
  readonly number: number
  readonly places: Int32Array
}

export class StructureTable {
  /** Tuples are numbered from 0, and so are leaves: the lowest bit of a number says which it is. */
  readonly #tuples = new TupleTable()
  readonly #leaves = new Map<unknown, number>()
  readonly #shapes: Shape[] = []
  readonly #shapeNumbers = new Map<string, number>()
  /** The numbers of values that do not change. */
  readonly #known = new Map<object, number>()
  #refs = 0
  /** Items of what is being walked, the innermost last. */
  #stack = new Int32Array(256)
  #height = 0
  #tuple = new Int32Array(64)

  /** The number of `value`; -1 for what is not plain data, Map, Set and references, or is nested too deeply. */
  numberOf(value: unknown): number {
    this.#height = 0
    return this.#numberOf(value, 0)
  }

  /** Remembers the number of a value that is frozen, so that it is not walked again. */
  remember(value: unknown, number: number): void {
    if (typeof value === 'object' && value !== null) this.#known.set(value, number)
  }

  #numberOf(value: unknown, depth: number): number {
    if (typeof value !== 'object' || value === null) return this.#leaf(value)
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (depth === depthMax) return unknown
    const base = this.#height
    if (Array.isArray(value)) {
      this.#push(arrayTag)
      let mayBeSparse = value.length >= sparseLengthMin
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index]
        if (item === undefined && mayBeSparse && !(index in value)) {
          if (sparseIndices(value) !== undefined) return unknown
          mayBeSparse = false
        }
        if (!this.#item(item, depth)) return unknown
      }
    } else if (value instanceof Set) {
      this.#push(setTag)
      for (const item of value) if (!this.#item(item, depth)) return unknown
      this.#stack.subarray(base + 1, this.#height).sort()
    } else if (value instanceof Map) {
      const entries: [number, number][] = []
      for (const [key, item] of value) {
        const entry: [number, number] = [this.#numberOf(key, depth + 1), this.#numberOf(item, depth + 1)]
        if (entry.includes(unknown)) return unknown
        entries.push(entry)
      }
      entries.sort((left, right) => left[0] - right[0] || left[1] - right[1])
      this.#push(mapTag)
      for (const number of entries.flat()) this.#push(number)
    } else if (value instanceof Ref) {
      return this.#ref(value)
    } else if (value instanceof ReplyToken || (value instanceof Error && Object.isFrozen(value))) {
      this.#push(textTag)
      this.#push(this.#leaf(keyOf(value)))
    } else {
      if (!isPlain(value)) return unknown
      const { number, places } = this.#shapeOf(Object.keys(value))
      if (number === unknown) return unknown
      const items = Object.values(value)
      this.#push(number)
      for (let index = 0; index < places.length; index++) {
        if (!this.#item(items[places[index] as number], depth)) return unknown
      }
    }
    return this.#tupleFrom(base)
  }

  #ref(ref: Ref): number {
    const base = this.#height
    this.#push(refTag)
    // A named one and another may look the same.
    this.#push(this.#leaf(`${ref.name === undefined} ${refKey(ref)}`))
    const number = this.#tupleFrom(base)
    if (this.#refs < refsMax) {
      this.#refs++
      this.#known.set(ref, number)
    }
    return number
  }

  #leaf(value: unknown): number {
    if (typeof value === 'function' || typeof value === 'symbol') return unknown
    // A Map takes -0 for 0.
    const leaf = value === 0 && Object.is(value, -0) ? minusZero : value
    const known = this.#leaves.get(leaf)
    if (known !== undefined) return known
    const number = this.#leaves.size * 2 + 1
    this.#leaves.set(leaf, number)
    return number
  }

  #item(value: unknown, depth: number): boolean {
    const number = this.#numberOf(value, depth + 1)
    this.#push(number)
    return number !== unknown
  }

  #push(number: number): void {
    if (this.#height === this.#stack.length) this.#stack = doubled(this.#stack)
    this.#stack[this.#height++] = number
  }

  /** The number of the tuple that lies on the stack from `base`, which it is taken from. */
  #tupleFrom(base: number): number {
    const length = this.#height - base
    while (this.#tuple.length < length) this.#tuple = doubled(this.#tuple)
    for (let index = 0; index < length; index++) this.#tuple[index] = this.#stack[base + index] as number
    this.#height = base
    return this.#tuples.intern(this.#tuple, length) * 2
  }

  /** What is known of objects with these keys in this order. Objects of a model have few such orders, and of those the latest. */
  #shapeOf(keys: readonly string[]): Shape {
    const shapes = this.#shapes
    for (let index = 0; index < shapes.length; index++) {
      const shape = shapes[index] as Shape
      if (!hasKeys(shape, keys)) continue
      if (index > 0) {
        shapes[index] = shapes[index - 1] as Shape
        shapes[index - 1] = shape
      }
      return shape
    }
    if (shapes.length === shapesMax) return { keys, number: unknown, places: new Int32Array(0) }
    const places = Int32Array.from(keys.keys())
    places.sort((left, right) => ((keys[left] as string) < (keys[right] as string) ? -1 : 1))
    const name = JSON.stringify([...places].map((place) => keys[place]))
    const number = this.#shapeNumbers.get(name) ?? this.#shapeNumbers.size
    this.#shapeNumbers.set(name, number)
    const shape = { keys, number, places }
    shapes.push(shape)
    return shape
  }
}

/** What stands for -0. */
const minusZero = {}

function hasKeys({ keys }: Shape, others: readonly string[]): boolean {
  if (keys.length !== others.length) return false
  for (let index = 0; index < keys.length; index++) if (keys[index] !== others[index]) return false
  return true
}

function doubled(words: Int32Array): Int32Array<ArrayBuffer> {
  const made = new Int32Array(words.length * 2)
  made.set(words)
  return made
}
