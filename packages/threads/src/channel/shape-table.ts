/**
 * The shapes that a writer knows: which keys an object has, in which order. Finding the shape of an object is one walk
 * over its keys through a tree of the known ones, and allocates nothing.
 *
 * The table is bounded, and a stream of ever new shapes does not get into it: a shape is taken up when it is met for the
 * second time, which a small filter of hashes tells. When the table is full, the shapes that were not used since the
 * last time make room; when all were, nothing is taken up for a while. What is not in the table is written with its keys.
 */
import { SHAPE_KEYS_MAX, SHAPES_MAX } from './message-format.ts'
import type { MessageWriter } from './message-writer.ts'
import type { Depth, Written } from './shape-compiler.ts'

/** A plain object. */
export type Fields = Readonly<Record<string, unknown>>

/** Writes an object if it has the keys of one shape. */
export type ShapeWriter = (writer: MessageWriter, value: Fields, depth: Depth) => Written

/** Trust in a shape to begin with. */
export const TRUST = 16

/** An entry of a table that both ends keep. */
export interface Definition {
  /** True once the other end knows it, since it was sent. */
  isSent: boolean
}

/** A shape at the writer's end, known at the other end once its keys were sent under its number. */
export interface WrittenShape extends Definition {
  /** Its number in messages, as long as it is in the table. */
  readonly number: number
  readonly keys: readonly string[]
  /** True when it was met since the table was last swept. */
  isUsed: boolean
  /** How often it was written before it got code of its own. */
  uses: number
  write: ShapeWriter | undefined
  /** Above 0 as long as messages of this shape mostly turn out to be flat: see {@link Depth}. */
  trust: number
}

/** A place in the tree: the keys so far. */
interface Node {
  readonly key: string
  child: Node | undefined
  sibling: Node | undefined
  shape: WrittenShape | undefined
}

/** Hashes of shapes that were met once. */
const FILTER_SLOTS = 256
/** New shapes that are not taken up after a sweep that made no room. */
const REFUSALS_PER_SWEEP = 4_096

const nodeOf = (key: string): Node => ({ key, child: undefined, sibling: undefined, shape: undefined })

export class ShapeTable {
  readonly #shapes: (WrittenShape | undefined)[] = new Array(SHAPES_MAX).fill(undefined)
  readonly #free: number[] = Array.from({ length: SHAPES_MAX }, (_, index) => SHAPES_MAX - 1 - index)
  readonly #filter = new Int32Array(FILTER_SLOTS)
  #root = nodeOf('')
  #refusals = 0

  /** Shapes in the table. */
  get size(): number {
    return SHAPES_MAX - this.#free.length
  }

  /** The shape of `value`, when it is in the table. */
  find(value: object): WrittenShape | undefined {
    let node: Node = this.#root
    for (const key in value) {
      let next = node.child
      while (next !== undefined && next.key !== key) next = next.sibling
      if (next === undefined) return undefined
      node = next
    }
    return node.shape
  }

  /** Takes up the shape with these keys, which are not in the table; `undefined` when it is not worth it yet. */
  take(keys: readonly string[]): WrittenShape | undefined {
    if (keys.length > SHAPE_KEYS_MAX) return undefined
    const hash = hashOf(keys)
    const slot = hash & (FILTER_SLOTS - 1)
    if (this.#filter[slot] !== hash) {
      this.#filter[slot] = hash
      return undefined
    }
    const number = this.#free.pop() ?? this.#sweep()
    if (number === undefined) return undefined
    const shape: WrittenShape = { number, keys, isSent: false, isUsed: true, uses: 0, write: undefined, trust: TRUST }
    this.#shapes[number] = shape
    this.#insert(shape)
    return shape
  }

  /** Takes out what was not used since the last sweep; a number that became free. */
  #sweep(): number | undefined {
    if (this.#refusals > 0) {
      this.#refusals--
      return undefined
    }
    this.#root = nodeOf('')
    for (const [number, shape] of this.#shapes.entries()) {
      if (shape === undefined) continue
      if (shape.isUsed) {
        shape.isUsed = false
        this.#insert(shape)
      } else {
        // Whoever still expects objects of this shape neither uses its number nor keeps alive what its code expected.
        shape.isSent = false
        shape.write = undefined
        this.#shapes[number] = undefined
        this.#free.push(number)
      }
    }
    const number = this.#free.pop()
    if (number === undefined) this.#refusals = REFUSALS_PER_SWEEP
    return number
  }

  #insert(shape: WrittenShape): void {
    let node = this.#root
    for (const key of shape.keys) {
      let next = node.child
      while (next !== undefined && next.key !== key) next = next.sibling
      if (next === undefined) {
        next = nodeOf(key)
        next.sibling = node.child
        node.child = next
      }
      node = next
    }
    node.shape = shape
  }
}

function hashOf(keys: readonly string[]): number {
  let hash = keys.length
  for (const key of keys) {
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x0100_0193)
    hash = Math.imul(hash ^ 0x1_0000, 0x9e37_79b1)
  }
  // 0 is an empty slot of the filter.
  return (hash ^ (hash >>> 15)) | 0 || 1
}
