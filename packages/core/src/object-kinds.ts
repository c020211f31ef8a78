/** Kinds of plain objects, by their keys, as encoded values name them: of each the list of its keys, written once. */

/** Kinds that are remembered, and the keys that one has. */
const keptMax = 1_000
const keysMax = 64
/** Kinds that are looked through after another one. */
const followersMax = 8

/** Keys for which msgpackr or the general way of encoding does something of its own. */
export const oddKeys: ReadonlySet<string> = new Set([
  '__proto__',
  '__keys__',
  'constructor',
  'hasOwnProperty',
  'toJSON',
])

/** Objects with exactly these keys in this order. */
export class ObjectKind {
  readonly keys: readonly string[]
  /** The list of the keys, as it is written; and the same as words, the last of which may be longer than it is. */
  readonly list: Uint8Array
  readonly words: Int32Array
  /** The value in which the kind was last written, by its number, and the ID that it has there. */
  value = 0
  id = 0
  /** Kinds that followed this one: most likely one of them does again. */
  readonly followers: ObjectKind[] = []

  constructor(keys: readonly string[], list: Uint8Array) {
    this.keys = keys
    this.list = list
    this.words = wordsOf(list)
  }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4))
  for (let index = 0; index < bytes.length; index++) words[index >> 2]! |= (bytes[index] as number) << (8 * (index & 3))
  return words
}

/** The kinds of the objects of one value after the other. */
export class ObjectKinds {
  readonly #listOf: (keys: readonly string[]) => Uint8Array | undefined
  readonly #known = new Map<string, ObjectKind>()
  /** The kind that was asked for last; the first of a value follows one of its own. */
  readonly #first = new ObjectKind([], new Uint8Array())
  #last = this.#first

  /** `listOf` writes a list of keys, or refuses to. */
  constructor(listOf: (keys: readonly string[]) => Uint8Array | undefined) {
    this.#listOf = listOf
  }

  /** A value begins. */
  begin(): void {
    this.#last = this.#first
  }

  /** The kind of a plain object; `undefined` when there is to be none. */
  of(value: object): ObjectKind | undefined {
    const { followers } = this.#last
    for (let place = 0; place < followers.length; place++) {
      const kind = followers[place] as ObjectKind
      if (hasKeys(value, kind.keys)) {
        this.#last = kind
        return kind
      }
    }
    return this.#another(value, followers)
  }

  #another(value: object, followers: ObjectKind[]): ObjectKind | undefined {
    const kind = this.#search(value)
    // What the prototype of all objects was given is no field of this one.
    if (kind === undefined || !hasKeys(value, kind.keys)) return undefined
    if (followers.length < followersMax) followers.push(kind)
    this.#last = kind
    return kind
  }

  #search(value: object): ObjectKind | undefined {
    const keys = Object.keys(value)
    const name = `${keys.length} ${keys.join('\n')}`
    const known = this.#known.get(name)
    if (known !== undefined && known.keys.length === keys.length) return known
    if (known !== undefined || this.#known.size >= keptMax || keys.length > keysMax) return undefined
    if (keys.some((key) => oddKeys.has(key))) return undefined
    const list = this.#listOf(keys)
    if (list === undefined) return undefined
    const kind = new ObjectKind(keys, list)
    this.#known.set(name, kind)
    return kind
  }
}

function hasKeys(value: object, keys: readonly string[]): boolean {
  const { length } = keys
  let index = 0
  // Nothing is read beyond the keys: texts alone are compared faster than a text with nothing.
  for (const key in value) if (index === length || key !== keys[index++]) return false
  return index === length
}
