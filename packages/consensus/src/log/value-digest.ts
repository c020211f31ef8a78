/**
 * Whether two values are the same, without keeping either: two lanes of 32 bits over a walk in the order of the keys and
 * entries, so that values that differ have one digest with a chance of one in 2^64. The bytes of a journal would say the
 * same, and take several times as long to make.
 */
import { encodeValue } from '@troupe/core/host'

/** How deep values are walked; what lies deeper, or leads back to itself, goes in as bytes. */
const depthMax = 32

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

/** The digest of data: equal for values that are the same, in the same order of keys and entries. */
export function valueDigest(value: unknown): bigint {
  const { low, high } = new DigestWalk().value(value)
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** The digest of data for which the order of keys and entries makes no difference: for few values, since it sorts them. */
export function unorderedDigest(value: unknown): Digest {
  return new DigestWalk().value(inOrder(value, 0))
}

function inOrder(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth >= depthMax) return value
  const within = (part: unknown) => inOrder(part, depth + 1)
  const kind = value.constructor
  if (kind === Array) return (value as readonly unknown[]).map(within)
  if (kind === Map) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)]
    return new Map(sorted(entries.map(([key, item]) => [within(key), within(item)] as const)))
  }
  if (kind === Set) return new Set(sorted([...(value as ReadonlySet<unknown>)].map(within)))
  if (kind !== Object) return value
  const keys = Object.keys(value).toSorted()
  return Object.fromEntries(keys.map((key) => [key, within((value as Record<string, unknown>)[key])]))
}

function sorted<Part>(parts: readonly Part[]): Part[] {
  const digested = parts.map((part) => ({ part, digest: valueDigest(part) }))
  return digested.toSorted((one, other) => (one.digest < other.digest ? -1 : 1)).map(({ part }) => part)
}

/** A digest, and that of a part of what is digested that was known before. */
export interface Digest {
  readonly low: number
  readonly high: number
}

/** One walk; the digest is of all that was put in, in that order. */
export class DigestWalk implements Digest {
  /** The lanes: whole numbers of 32 bits. */
  low = 0x9e3779b9 | 0
  high = 0x7f4a7c15 | 0

  value(value: unknown): this {
    this.#value(value, 0)
    return this
  }

  number(number: number): this {
    this.#number(number)
    return this
  }

  /** What was digested by itself. */
  part({ low, high }: Digest): this {
    this.#word(low)
    this.#word(high)
    return this
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'number':
        this.#number(value)
        return
      case 'string':
        this.#text(value)
        return
      case 'boolean':
        this.#word(value ? 0x7472 : 0x6661)
        return
      case 'undefined':
        this.#word(0x756e)
        return
      case 'object':
        if (value === null) this.#word(0x6e75)
        else this.#object(value, depth)
        return
      default:
        this.#bytes(encodeValue(value))
    }
  }

  /** What an object is, the constructor says that it inherits, faster than its prototype: data has no function of its own. */
  #object(value: object, depth: number): void {
    const kind = value.constructor
    if (depth >= depthMax) this.#bytes(encodeValue(value))
    else if (kind === Object) {
      for (const key in value) {
        this.#text(key)
        this.#value((value as Record<string, unknown>)[key], depth + 1)
      }
      this.#word(0x7b7b)
    } else if (kind === Map) {
      const map = value as ReadonlyMap<unknown, unknown>
      this.#word(map.size ^ 0x6d6d)
      for (const [key, item] of map) {
        this.#value(key, depth + 1)
        this.#value(item, depth + 1)
      }
    } else if (kind === Array) {
      const list = value as readonly unknown[]
      this.#word(0x5b5b)
      for (let index = 0; index < list.length; index++) this.#value(list[index], depth + 1)
      this.#word(0x5d5d)
    } else if (kind === Set) {
      this.#word(0x7373)
      for (const item of value as ReadonlySet<unknown>) this.#value(item, depth + 1)
      this.#word(0x5d5d)
    } else this.#bytes(encodeValue(value))
  }

  #number(value: number): void {
    double[0] = value
    this.#word(halves[0] as number)
    this.#word(halves[1] as number)
  }

  #text(text: string): void {
    const { length } = text
    this.#word(length ^ 0x2222)
    const pairs = length & ~1
    for (let index = 0; index < pairs; index += 2)
      this.#word(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16))
    if (pairs < length) this.#word(text.charCodeAt(pairs))
  }

  #bytes(bytes: Uint8Array): void {
    this.#word(bytes.length ^ 0x6262)
    for (let index = 0; index < bytes.length; index++) this.#word(bytes[index] as number)
  }

  /** As MurmurHash3 mixes a block, in one lane with its constants and in the other with those of its finaliser. */
  #word(word: number): void {
    let mixed = Math.imul(word, 0xcc9e2d51 | 0)
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593) ^ this.low
    this.low = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + (0xe6546b64 | 0)) | 0
    mixed = Math.imul(this.high ^ word, 0x85ebca6b | 0)
    this.high = (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35 | 0) + this.low) | 0
  }
}
