/**
 * Canonical keys read back: a key says everything of its value, so a value travels between threads as its key. The grammar
 * is that of JSON with `M{key:value}` and `S{item}` for Maps and Sets, `@[...]` and `![...]` for references and reply
 * tokens, `E{...}` for errors, `1n` for bigints, and the numbers and constants that JSON has not.
 */
import { ReplyToken } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import { canonicalValue, errorOfData, frozen, type Refuse } from './canonical-value.ts'

/** The value that `key`, made by `canonicalValue`, stands for. */
export function valueOfKey(key: string): unknown {
  return new KeyReader(key).value()
}

/** The same, frozen and in canonical order. */
export function frozenOfKey(key: string): unknown {
  return frozen(canonicalValue(valueOfKey(key), 'value', unlikely).value)
}

/** The key of a value that came from a key. */
export function keyOf(value: unknown): string {
  return canonicalValue(value, 'value', unlikely).key
}

/** What has a key is plain data. */
const unlikely: Refuse = (path, what) => new Error(`${path} is ${what}`)

const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
])

class KeyReader {
  readonly #key: string
  #at = 0

  constructor(key: string) {
    this.#key = key
  }

  value(): unknown {
    switch (this.#key[this.#at]) {
      case '"':
        return this.#text()
      case '[':
        return this.#items(']')
      case '{':
        return Object.fromEntries(this.#entries() as [string, unknown][])
      case 'M':
        this.#at++
        return new Map(this.#entries())
      case 'S':
        this.#at++
        return new Set(this.#items('}'))
      case 'E':
        this.#at++
        return errorOfData(Object.fromEntries(this.#entries() as [string, unknown][]))
      case '@':
        this.#at++
        return this.#ref()
      case '!': {
        this.#at++
        const [node, epoch, askId] = this.#items(']') as [string, number, number]
        return new ReplyToken(node, epoch, askId)
      }
      default:
        return this.#leaf()
    }
  }

  #ref(): Ref {
    const parts = this.#items(']')
    if (parts.length === 2) {
      const [node, name] = parts as [string, string]
      return new Ref(node, -1, -1, -1, name)
    }
    const [node, epoch, slot, incarnation] = parts as [string, number, number, number]
    return new Ref(node, epoch, slot, incarnation)
  }

  /** What stands between a bracket and its `end`, separated by commas. */
  #items(end: string): unknown[] {
    const items: unknown[] = []
    this.#at++
    while (this.#key[this.#at] !== end) {
      if (this.#key[this.#at] === ',') this.#at++
      items.push(this.value())
    }
    this.#at++
    return items
  }

  #entries(): [unknown, unknown][] {
    const entries: [unknown, unknown][] = []
    this.#at++
    while (this.#key[this.#at] !== '}') {
      if (this.#key[this.#at] === ',') this.#at++
      const name = this.value()
      this.#at++
      entries.push([name, this.value()])
    }
    this.#at++
    return entries
  }

  #text(): string {
    const start = this.#at++
    while (this.#key[this.#at] !== '"') this.#at += this.#key[this.#at] === '\\' ? 2 : 1
    return JSON.parse(this.#key.slice(start, ++this.#at))
  }

  #leaf(): unknown {
    const start = this.#at
    while (this.#at < this.#key.length && !',:]}'.includes(this.#key[this.#at] as string)) this.#at++
    const text = this.#key.slice(start, this.#at)
    if (constants.has(text)) return constants.get(text)
    return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text)
  }
}
