/**
 * Shapes of payloads: of each message the last one that was seen, with a copier and a hasher written for exactly its keys.
 * A payload of that shape that holds nothing but atoms and references, which most are, is copied and hashed without going
 * through a list of its keys; all others go the general way. Copies and hashes are the same on both.
 */
import { Ref } from '@troupe/core/host'
import type { TraceHash } from './trace-hash.ts'

/** Messages whose shape is remembered, and the keys of a payload up to which it has one. */
const messagesMax = 1_000
const keysMax = 16
/** Different shapes of one message after which none is looked for any more. */
const changesMax = 8

interface Shape {
  readonly keys: readonly string[]
  /** A frozen copy; `undefined` when something in it is more than an atom or a reference. */
  readonly copy: (payload: any) => object | undefined
  readonly hash: (payload: any, hash: TraceHash) => void
}

/** What is remembered of one message. */
interface Known {
  shape: Shape | undefined
  changes: number
}

export class MessageShapes {
  readonly #known = new Map<string, Known>()
  readonly #wordOf: (key: string) => number

  /** `wordOf`: a key's own hash. */
  constructor(wordOf: (key: string) => number) {
    this.#wordOf = wordOf
  }

  /** The shape of this payload of the message; `undefined` when it has none. */
  of(message: string, payload: unknown): Shape | undefined {
    if (typeof payload !== 'object' || payload === null) return undefined
    if (Object.getPrototypeOf(payload) !== Object.prototype) return undefined
    let known = this.#known.get(message)
    if (known === undefined) {
      if (this.#known.size >= messagesMax) return undefined
      known = { shape: undefined, changes: 0 }
      this.#known.set(message, known)
    }
    if (known.shape !== undefined && has(payload, known.shape.keys)) return known.shape
    if (known.changes >= changesMax) return undefined
    known.changes++
    known.shape = this.#made(Object.keys(payload))
    return known.shape
  }

  #made(keys: readonly string[]): Shape | undefined {
    if (keys.length > keysMax || keys.includes('__proto__')) return undefined
    const quoted = keys.map((key) => JSON.stringify(key))
    const fields = quoted.map((key, index) => `${key}: v${index}`).join(', ')
    const atoms = keys.map((_, index) => `isAtom(v${index})`).join(' && ') || 'true'
    const words = keys.map((key) => this.#wordOf(key))
    return {
      keys,
      copy: written('isAtom', `return ({ ${fields} }) => ${atoms} ? Object.freeze({ ${fields} }) : undefined`)(isAtom),
      hash: written(
        'nothing',
        `return ({ ${fields} }, hash) => { ${words.map((word, index) => `hash.field(${word}, v${index})`).join('; ')} }`,
      )(undefined),
    }
  }
}

/** The functions of a shape are written for it, so that each reads and makes objects of one kind only. */
function written(parameter: string, body: string): (value: unknown) => any {
  return new Function(parameter, body) as (value: unknown) => any
}

/** True when the keys of `payload` are these, in this order. */
function has(payload: object, keys: readonly string[]): boolean {
  let index = 0
  for (const key in payload) if (keys[index++] !== key) return false
  return index === keys.length
}

function isAtom(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null || value instanceof Ref
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}
