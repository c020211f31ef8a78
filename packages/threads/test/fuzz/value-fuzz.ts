/**
 * Random values of every kind that structured clone supports, by a seed: what one seed makes is always the same. Beside
 * the kinds there are the odd ones of each: keys that a careless codec takes for its own, texts that are not well
 * formed, missing items, objects in several places, cycles.
 */
import type { RandomStream } from '@troupe/core'

const oddKeys = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  '0',
  '10',
  '',
  'a b',
  '"',
  "'];process.exit()//",
  'line\nend',
  '\u2028',
  '\ud800',
  'ключ',
]
const oddNumbers = [0, -0, 1, -1, 127, 128, -128, 32_767, 32_768, -32_768, -32_769, 2 ** 31 - 1, 2 ** 31, -(2 ** 31)]
const moreNumbers = [2 ** 32, 2 ** 53, -(2 ** 53), 0.1, 1e308, 5e-324, Number.NaN, Infinity, -Infinity]
const errorTypes = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
const letters = ['a', 'b', 'z', ' ', '0', 'ß', 'ÿ', '語', '🙂', '\0', '\ud83d', '\ude42']

/** Types of binary data, and the largest that is made of each. */
const viewTypes = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

/** Makes values; one maker makes one value, in which its objects may come twice. */
export class ValueMaker {
  readonly #random: RandomStream
  readonly #objects: object[] = []
  /** Values that may still be made inside. */
  #left: number

  constructor(random: RandomStream) {
    this.#random = random
    this.#left = random.pick([1, 3, 8, 20, 60])
  }

  value(depth = 0): unknown {
    const random = this.#random
    this.#left--
    if (this.#objects.length > 0 && random.chance(0.04)) return random.pick(this.#objects)
    const isLeaf = depth > 5 || this.#left <= 0
    switch (random.int(isLeaf ? 14 : 24)) {
      case 0:
      case 1:
        return random.int(2 ** 32) - 2 ** 31
      case 2:
        return random.pick([...oddNumbers, ...moreNumbers])
      case 3:
        return (random.float() - 0.5) * 10 ** random.int(20)
      case 4:
      case 5:
        return this.#text()
      case 6:
        return random.pick([null, undefined, true, false])
      case 7:
        return this.#bigInt()
      case 8:
        return this.#known(new Date(random.pick([0, Number.NaN, 8.64e15, random.int(2 ** 32) * 1_000 - 1e12])))
      case 9:
        return this.#known(this.#binary())
      case 10:
        return this.#known(this.#boxed())
      case 11:
        return this.#known(new RegExp(random.pick(['a+', '(?:)', '[/\\]]', '語']), random.pick(['', 'g', 'iu', 'sy'])))
      case 12:
        return random.int(128)
      case 13:
        return random.pick(['inc', 'put', 'accept', 'node-1'])
      case 14:
      case 15:
        return this.#array(depth)
      case 16:
        return this.#map(depth)
      case 17:
        return this.#set(depth)
      case 18:
        return this.#error(depth)
      case 19:
        return this.#shaped(depth)
      default:
        return this.#object(depth)
    }
  }

  #known<Made extends object>(made: Made): Made {
    this.#objects.push(made)
    return made
  }

  #text(): string {
    const random = this.#random
    const length = random.pick([0, 1, 5, 9, 31, 32, 33, 40, 127, 128, 129, random.int(600)])
    if (random.chance(0.6)) return 'abcdefghij'.repeat(length / 10 + 1).slice(0, length)
    return Array.from({ length }, () => random.pick(letters)).join('')
  }

  #bigInt(): bigint {
    const random = this.#random
    const size = BigInt(random.pick([0, 1, 8, 31, 63, 64, 65, 200]))
    const value = (1n << size) + BigInt(random.int(3)) - 1n
    return random.chance(0.5) ? -value : value
  }

  #binary(): ArrayBuffer | ArrayBufferView {
    const random = this.#random
    const type = random.pick(viewTypes)
    const length = random.pick([0, 1, 3, 8, 30, 300])
    const bytes = new Uint8Array((length + 1) * type.BYTES_PER_ELEMENT)
    for (let index = 0; index < bytes.length; index++) bytes[index] = random.int(256)
    if (random.chance(0.1)) return bytes.buffer
    if (random.chance(0.1)) return Buffer.from(bytes.subarray(0, length))
    if (random.chance(0.1)) return new DataView(bytes.buffer, 1, bytes.length - 1)
    return new type(bytes.buffer, type.BYTES_PER_ELEMENT, length)
  }

  #boxed(): object {
    const random = this.#random
    return random.pick([
      new Boolean(random.chance(0.5)),
      new Number(random.pick([...oddNumbers, ...moreNumbers])),
      new String(this.#text()),
      Object(this.#bigInt()),
    ])
  }

  #array(depth: number): unknown[] {
    const random = this.#random
    const array: unknown[] = this.#known([])
    if (random.chance(0.05)) {
      // Items at the beginning, anywhere and at the end; sometimes just enough of them to make it no sparse one.
      const length = random.pick([63, 64, 70, 5_000, 100_000, 2 ** 32 - 1])
      for (let index = random.pick([0, 0, 3, 16, 17]); index > 0; index--) array.push(this.value(depth + 1))
      for (let count = random.int(4); count > 0; count--) {
        array[random.pick([random.int(70), random.int(length), length - 1])] = this.value(depth + 1)
      }
      array.length = Math.max(array.length, length)
      return array
    }
    for (let length = random.pick([0, 1, 2, 4, 17]); length > 0; length--) {
      if (random.chance(0.05)) array.length++
      else array.push(this.value(depth + 1))
    }
    return array
  }

  #map(depth: number): Map<unknown, unknown> {
    const map = this.#known(new Map<unknown, unknown>())
    for (let size = this.#random.int(5); size > 0; size--) map.set(this.value(depth + 1), this.value(depth + 1))
    return map
  }

  #set(depth: number): Set<unknown> {
    const set = this.#known(new Set<unknown>())
    for (let size = this.#random.int(5); size > 0; size--) set.add(this.value(depth + 1))
    return set
  }

  /** What structured clone keeps of errors: one of its classes, name, message, stack and cause. */
  #error(depth: number): Error {
    const random = this.#random
    const error = this.#known(new (random.pick(errorTypes))(this.#text()))
    if (random.chance(0.5)) error.stack = this.#text()
    if (random.chance(0.4))
      Object.defineProperty(error, 'cause', { value: this.value(depth + 1), writable: true, configurable: true })
    return error
  }

  /** Objects of few shapes, which get code of their own. */
  #shaped(depth: number): object {
    const random = this.#random
    const inner = () => this.value(depth + 1)
    return this.#known(
      random.pick([
        () => ({ type: inner(), n: inner() }),
        () => ({ op: 'put', key: this.#text(), val: inner() }),
        () => ({ __proto__: null, ballot: inner(), slot: inner(), value: inner() }),
        () => ({}),
        () => Object.freeze({ x: random.int(100), y: random.float(), label: this.#text() }),
        () => JSON.parse('{"__proto__":1,"constructor":2,"b":3}') as object,
      ])(),
    )
  }

  #object(depth: number): object {
    const random = this.#random
    const object: Record<string, unknown> = this.#known({})
    for (let count = random.pick([0, 1, 2, 3, 5, random.int(40)]); count > 0; count--) {
      const key = random.chance(0.2) ? random.pick(oddKeys) : `key${random.int(random.pick([4, 1_000]))}`
      Object.defineProperty(object, key, {
        value: this.value(depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    if (random.chance(0.05)) Object.defineProperty(object, 'hidden', { value: 1, enumerable: false })
    return object
  }
}

/**
 * Where two values differ, `undefined` when they are equal as a value and its structured clone are: the same types and
 * contents, and the same object wherever the other has the same one. (`isDeepStrictEqual` does not look at which objects
 * are the same.)
 */
export function differenceOf(
  left: unknown,
  right: unknown,
  path = 'value',
  pairs = { rights: new Map<object, object>(), lefts: new Map<object, object>() },
): string | undefined {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    return Object.is(left, right) ? undefined : path
  }
  const known = pairs.rights.get(left)
  const other = pairs.lefts.get(right)
  if (known !== undefined && known === right && other === left) return undefined
  if (known !== undefined || other !== undefined) return `${path}, which is the same object elsewhere`
  pairs.rights.set(left, right)
  pairs.lefts.set(right, left)
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return `${path}, whose class is another`
  const inner = (a: unknown, b: unknown, at: string) => differenceOf(a, b, `${path}${at}`, pairs)
  const lists = (ours: readonly unknown[], theirs: readonly unknown[], at: string) => {
    if (ours.length !== theirs.length) return `${path}.size`
    for (const [index, item] of ours.entries()) {
      const difference = inner(item, theirs[index], `${at}[${index}]`)
      if (difference !== undefined) return difference
    }
    return undefined
  }
  const when = (isSame: boolean) => (isSame ? undefined : path)
  if (left instanceof Map) return lists([...left].flat(), [...(right as typeof left)].flat(), '.entries')
  if (left instanceof Set) return lists([...left], [...(right as typeof left)], '.values')
  if (left instanceof Date || left instanceof Number || left instanceof Boolean) {
    return when(Object.is(left.valueOf(), right.valueOf()))
  }
  if (left instanceof String || left instanceof BigInt) return when(left.valueOf() === right.valueOf())
  if (left instanceof RegExp) return when(String(left) === String(right))
  if (left instanceof Error) {
    const { name, message, stack, cause } = right as Error
    if (left.name !== name || left.message !== message || left.stack !== stack) return path
    return inner(left.cause, cause, '.cause')
  }
  if (left instanceof ArrayBuffer || ArrayBuffer.isView(left)) {
    const [ours, theirs] = [bytesOf(left), bytesOf(right as ArrayBuffer | ArrayBufferView)]
    return when(ours.length === theirs.length && ours.every((byte, index) => byte === theirs[index]))
  }
  const keys = Object.keys(left)
  const others = Object.keys(right)
  if (Array.isArray(left) && left.length !== (right as unknown[]).length) return `${path}.length`
  if (keys.length !== others.length) return `${path}, which has other keys`
  for (const [index, key] of keys.entries()) {
    const difference =
      key !== others[index] ? path : inner(left[key as never], right[key as never], `[${JSON.stringify(key)}]`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
