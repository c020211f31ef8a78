/**
 * The running hash of a run: two lanes of 32 bits, mixed as in MurmurHash3's finaliser. Values go in by a canonical walk,
 * so that two runs have one hash if and only if, up to collisions, they took the same steps with the same payloads. No
 * text is made for it and no object: what comes again and again, names and pairs of nodes, goes in as a word of its own.
 */
import { ReplyToken } from '@troupe/core'
import { Ref } from '@troupe/core/host'

/** Values of one payload that go into the hash; what is beyond does not distinguish runs. */
const valuesMax = 10_000
/** Bytes of one buffer that go into the hash, with its length. */
const bytesMax = 4_096
/** Names whose hash is remembered. */
const namesMax = 10_000
/** Texts in payloads whose hash is remembered, and between which lengths: what is shorter is hashed sooner than found. */
const textsMax = 4_096
const textLengthMin = 8
const textLengthMax = 256
/** Places of keys in objects for which the last key is remembered: messages of one kind have theirs in one order. */
const placesMax = 16

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)
/** Which of the halves holds the sign: the first one of the hash on every machine. */
const upper = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/** A text that goes into the hash again and again, with its own hash. */
export class TraceName {
  readonly text: string
  readonly word: number

  /** `kind` sets the word apart from those of the same text in other places. */
  constructor(text: string, kind = '') {
    this.text = text
    this.word = textHash(`${kind} ${text}`)
  }
}

/** From one node to another, as it goes into the hash. */
export class TraceWay {
  readonly from: string
  readonly to: string
  readonly sentWord: number
  readonly deliveredWord: number

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
    this.sentWord = textHash(`sent ${from} ${to}`)
    this.deliveredWord = textHash(`delivered ${from} ${to}`)
  }
}

/** What the hash needs to know of a message. */
interface HashedMessage {
  readonly word: number
  shapeOf(payload: unknown): { hash(payload: any, hash: TraceHash): void } | undefined
}

export class TraceHash {
  /** The lanes; the hashers of shapes read and write them. */
  low = 0x9e3779b9 | 0
  high = 0x7f4a7c15 | 0
  #valuesLeft = 0
  /** A fraction, so that the field is made for such; no time is below 0. */
  #time = -0.5
  readonly #names = new Map<string, number>()
  readonly #texts = new Map<string, number>()
  readonly #lastKeys: string[] = new Array(placesMax).fill('')
  readonly #lastWords: number[] = new Array(placesMax).fill(0)

  /** The hash so far: 16 hexadecimal digits. */
  get digest(): string {
    return hex(finish(this.high ^ this.low)) + hex(finish((this.low + Math.imul(this.high, 5)) | 0))
  }

  word(word: number): void {
    let mixed = Math.imul(word, 0xcc9e2d51 | 0)
    mixed = ((mixed << 15) | (mixed >>> 17)) ^ this.low
    const low = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x6546b64) | 0
    this.low = low
    this.high = (Math.imul(this.high ^ word, 0x85ebca6b | 0) + low) | 0
  }

  number(value: number): void {
    if ((value | 0) === value) this.word(value)
    else {
      double[0] = value
      this.word(halves[upper] as number)
      this.word(halves[1 - upper] as number)
    }
  }

  /** The time of what follows: it goes in when it is another than before. */
  time(milliseconds: number): void {
    if (milliseconds === this.#time) return
    this.#time = milliseconds
    double[0] = milliseconds
    this.word(halves[upper] as number)
    this.word(halves[1 - upper] as number)
  }

  /** A text that comes again and again: its own hash is remembered. */
  name(text: string): void {
    this.word(this.#wordOf(text))
  }

  #wordOf(text: string): number {
    let word = this.#names.get(text)
    if (word === undefined) {
      word = textHash(text)
      if (this.#names.size < namesMax) this.#names.set(text, word)
    }
    return word
  }

  /** Most texts come at least twice, when a message is sent and when it is handled. */
  #textWord(text: string): number {
    if (text.length < textLengthMin || text.length > textLengthMax) return textHash(text)
    let word = this.#texts.get(text)
    if (word === undefined) {
      word = textHash(text)
      if (this.#texts.size >= textsMax) this.#texts.clear()
      this.#texts.set(text, word)
    }
    return word
  }

  /** The name of the field at this place of its object. */
  #key(key: string, place: number): void {
    if (place >= placesMax) {
      this.name(key)
      return
    }
    if (this.#lastKeys[place] !== key) {
      this.#lastKeys[place] = key
      this.#lastWords[place] = this.#wordOf(key)
    }
    this.word(this.#lastWords[place] as number)
  }

  /** A payload of any shape that can be sent. */
  payload(value: unknown): void {
    this.#valuesLeft = valuesMax
    this.value(value)
  }

  /** A message with its payload. */
  message(kind: HashedMessage, payload: unknown): void {
    this.word(kind.word)
    this.#valuesLeft = valuesMax
    const shape = kind.shapeOf(payload)
    if (shape === undefined) this.value(payload)
    else shape.hash(payload, this)
  }

  /** One value within a payload. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.number(value)
        return
      case 'string':
        this.word(value.length)
        this.word(this.#textWord(value))
        return
      case 'boolean':
        this.word(value ? 0x7472 : 0x6661)
        return
      case 'undefined':
        this.word(0x756e)
        return
      case 'bigint':
        this.word(textHash(value.toString(16)))
        return
      case 'object':
        break
      default:
        this.word(0x3f3f)
        return
    }
    if (value === null) {
      this.word(0x6e75)
      return
    }
    if (this.#valuesLeft-- > 0) this.#object(value)
  }

  #object(value: object): void {
    // Most are plain objects of this realm.
    if (Object.getPrototypeOf(value) === Object.prototype) this.#fields(value)
    else if (Array.isArray(value)) {
      this.word(value.length ^ 0x5b5b)
      for (const item of value) this.value(item)
    } else if (value instanceof Ref) {
      this.name(value.node)
      this.word(value.epoch)
      this.word(value.slot)
      this.word(value.incarnation)
      if (value.name !== undefined) this.name(value.name)
    } else if (value instanceof ReplyToken) {
      this.name(value.node)
      this.word(value.epoch)
      this.word(value.askId)
    } else if (value instanceof Map) {
      this.word(value.size ^ 0x6d6d)
      for (const [key, item] of value) {
        this.value(key)
        this.value(item)
      }
    } else if (value instanceof Set) {
      this.word(value.size ^ 0x7373)
      for (const item of value) this.value(item)
    } else if (ArrayBuffer.isView(value)) {
      this.#bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    } else if (value instanceof ArrayBuffer) {
      this.#bytes(new Uint8Array(value))
    } else if (value instanceof Date) {
      this.number(value.getTime())
    } else if (value instanceof Error) {
      // Never the stack: it says where the program's files are.
      this.value(value.name)
      this.value(value.message)
    } else if (value instanceof RegExp) {
      this.value(String(value))
    } else this.#fields(value)
  }

  #fields(value: object): void {
    let place = 0
    for (const key in value) {
      this.#key(key, place++)
      this.value((value as Record<string, unknown>)[key])
    }
    this.word(place ^ 0x7b7b)
  }

  #bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    const end = Math.min(bytes.length, bytesMax)
    for (let index = 0; index < end; index++) this.word(bytes[index] as number)
  }
}

/** The statements of {@link TraceHash.word}, for functions that are written: over `low`, `high` and `mixed`. */
export function mixOf(word: string): string {
  return `
    mixed = Math.imul(${word}, ${0xcc9e2d51 | 0})
    mixed = ((mixed << 15) | (mixed >>> 17)) ^ low
    low = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + ${0x6546b64}) | 0
    high = (Math.imul(high ^ ${word}, ${0x85ebca6b | 0}) + low) | 0`
}

/** The hash of a text, two of its units at a time. */
export function textHash(text: string): number {
  const { length } = text
  let hash = 0x811c9dc5 | 0
  let index = 0
  for (; index + 1 < length; index += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16)), 0x9e3779b1 | 0)
    hash ^= hash >>> 15
  }
  if (index < length) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b | 0)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35 | 0)
  return mixed ^ (mixed >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
