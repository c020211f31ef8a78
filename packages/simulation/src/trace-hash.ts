/**
 * The running hash of a run. Values go in as words of 32 bits, by a canonical walk, so that two runs have one hash if and
 * only if, up to collisions, they took the same steps with the same payloads. No text is made for it and no object: what
 * comes again and again, names and pairs of nodes, goes in as a word of its own.
 *
 *     word, word, word ... ──> a list ──> when it is full, or somebody looks: lanes, mixed as in MurmurHash3
 *                                           words with an even number: two lanes │ the others: two more
 *
 * An event only puts its words into the list: mixing many at once does not wait for one multiplication after the other,
 * and its code is not in everybody's way.
 */
import { ReplyToken } from '@troupe/core'
import { isBoxed, namePlace, Ref, sparseIndices, sparseLengthMin } from '@troupe/core/host'
import { fieldsWord, listWord, textHash } from './trace-words.ts'

/** Values of one payload that go into the hash; what is beyond does not distinguish runs. */
const valuesMax = 10_000
/** Bytes of one buffer that go into the hash, with its length. */
const bytesMax = 4_096
/** Names whose hash is remembered. */
const namesMax = 10_000
/** Places for the names that were asked for last. */
const recentMax = 128
/** Places for texts in payloads whose hash is remembered, and between which lengths: what is shorter is hashed sooner than found. */
const textsMax = 256
const textLengthMin = 8
const textLengthMax = 256
/** Places of keys in objects for which the last key is remembered: messages of one kind have theirs in one order. */
const placesMax = 16
/** Words that are mixed in at once, and for how many there is room before each event and each field of a payload. */
const wordsMax = 1_024
const roomMin = 64

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)
/** Which of the halves holds the sign: the first one of the hash on every machine. */
const upper = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/** What the hash needs to know of a message. */
interface HashedMessage {
  readonly word: number
  shapeOf(payload: unknown): HashedShape | undefined
}

/** What the hash needs to know of time: read here, since a number that is passed on may be put on the heap. */
interface HashedClock {
  now(): number
}

/** What is written to hash payloads of one shape. */
interface HashedShape {
  hash(payload: any, hash: TraceHash): void
}

export class TraceHash {
  /** Words that are not mixed in yet, and how many: the hashers of shapes put theirs here, for which {@link makeRoom} makes room. */
  readonly words = new Int32Array(wordsMax)
  length = 0
  /** Words that are. */
  #mixed = 0
  /** The lanes of words with even numbers, and those of the others. */
  #evenLow = 0x9e3779b9 | 0
  #evenHigh = 0x7f4a7c15 | 0
  #oddLow = 0x85ebca77 | 0
  #oddHigh = 0x27d4eb2f | 0
  #valuesLeft = 0
  /** The payload that was put in by {@link sharedPayload} last, and where its words are as long as they are not mixed in. */
  #shared: object | undefined = undefined
  #sharedStart = 0
  #sharedEnd = 0
  /** A fraction, so that the field is made for such; no time is below 0. */
  #time = -0.5
  readonly #names = new Map<string, number>()
  /** The names that were asked for last. */
  readonly #recentNames: string[] = new Array(recentMax).fill('')
  readonly #recentWords = new Int32Array(recentMax).fill(textHash(''))
  readonly #texts: string[] = new Array(textsMax).fill('')
  readonly #textWords = new Int32Array(textsMax)
  readonly #lastKeys: string[] = new Array(placesMax).fill('')
  readonly #lastWords: number[] = new Array(placesMax).fill(0)

  /** The hash so far: 16 hexadecimal digits. */
  get digest(): string {
    this.#mixIn()
    let low = this.#evenLow
    let high = this.#evenHigh
    const { words, length } = this
    for (const word of [this.#oddLow, this.#oddHigh, ...words.subarray(0, length), this.#mixed + length]) {
      low = mixedLow(low, word)
      high = mixedHigh(high, word, low)
    }
    return hex(finish(high ^ low)) + hex(finish((low + Math.imul(high, 5)) | 0))
  }

  word(word: number): void {
    if (this.length === wordsMax) this.#mixIn()
    this.words[this.length++] = word
  }

  /** Makes room for the words of an event, or of some fields of a payload. */
  makeRoom(): void {
    if (this.length > wordsMax - roomMin) this.#mixIn()
  }

  /** Mixes the words into the lanes, two at a time; one may be left. */
  #mixIn(): void {
    const { words, length } = this
    const end = length & ~1
    let evenLow = this.#evenLow
    let evenHigh = this.#evenHigh
    let oddLow = this.#oddLow
    let oddHigh = this.#oddHigh
    for (let index = 0; index < end; index += 2) {
      const even = words[index] as number
      const odd = words[index + 1] as number
      evenLow = mixedLow(evenLow, even)
      evenHigh = mixedHigh(evenHigh, even, evenLow)
      oddLow = mixedLow(oddLow, odd)
      oddHigh = mixedHigh(oddHigh, odd, oddLow)
    }
    this.#evenLow = evenLow
    this.#evenHigh = evenHigh
    this.#oddLow = oddLow
    this.#oddHigh = oddHigh
    this.#mixed = (this.#mixed + end) | 0
    if (length > end) words[0] = words[end] as number
    this.length = length - end
    this.#sharedEnd = 0
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

  /** An event, which has one payload at most, begins, at the time of `clock`, with those two words. */
  event(clock: HashedClock, first: number, second: number): void {
    this.#valuesLeft = valuesMax
    if (this.length > wordsMax - roomMin) this.#mixIn()
    if (clock.now() !== this.#time) this.time(clock.now())
    const { words, length } = this
    words[length] = first
    words[length + 1] = second
    this.length = length + 2
  }

  /** A text that comes again and again: its own hash is remembered. */
  name(text: string): void {
    this.word(this.#wordOf(text))
  }

  #wordOf(text: string): number {
    const place = namePlace(text, recentMax)
    if (this.#recentNames[place] !== text) {
      this.#recentWords[place] = this.#searchWord(text)
      this.#recentNames[place] = text
    }
    return this.#recentWords[place] as number
  }

  #searchWord(text: string): number {
    let word = this.#names.get(text)
    if (word === undefined) {
      word = textHash(text)
      if (this.#names.size < namesMax) this.#names.set(text, word)
    }
    return word
  }

  /** A text in a payload: its length, and its {@link textWord}. */
  text(text: string): void {
    this.word(text.length)
    this.word(this.textWord(text))
  }

  /** The hash of a text in a payload: most come at least twice, when a message is sent and when it is handled. */
  textWord(text: string): number {
    const { length } = text
    if (length < textLengthMin || length > textLengthMax) return textHash(text)
    // Each text has one place, which its last units say: those that are alike seldom end alike.
    const last = text.charCodeAt(length - 1) + 10 * text.charCodeAt(length - 2)
    const place = (last + 101 * text.charCodeAt(length >> 1) + 31 * length) & (textsMax - 1)
    if (this.#texts[place] !== text) {
      this.#texts[place] = text
      this.#textWords[place] = textHash(text)
    }
    return this.#textWords[place] as number
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
    this.shaped(kind, payload, kind.shapeOf(payload))
  }

  /** The same of a payload whose shape is known, or known to be none. */
  shaped({ word }: HashedMessage, payload: unknown, shape: HashedShape | undefined): void {
    this.word(word)
    this.shapedPayload(payload, shape)
  }

  /** The payload alone. */
  shapedPayload(payload: unknown, shape: HashedShape | undefined): void {
    this.#valuesLeft = valuesMax
    if (shape === undefined) this.value(payload)
    else shape.hash(payload, this)
  }

  /** {@link shapedPayload} of one that comes again and never changes: its words are there already. */
  sharedPayload(payload: object, shape: HashedShape | undefined): void {
    const { words, length } = this
    const start = this.#sharedStart
    const count = this.#sharedEnd - start
    if (payload === this.#shared && count > 0 && length + count <= wordsMax) {
      for (let index = 0; index < count; index++) words[length + index] = words[start + index] as number
      this.length = length + count
      return
    }
    const mixed = this.#mixed
    this.shapedPayload(payload, shape)
    this.#shared = payload
    this.#sharedStart = length
    this.#sharedEnd = this.#mixed === mixed ? this.length : 0
  }

  /** One value within a payload. */
  value(value: unknown): void {
    if (typeof value === 'number') this.number(value)
    else if (typeof value === 'string') this.text(value)
    else if (value === null) this.word(0x6e75)
    else if (typeof value === 'object') {
      if (this.takesObject()) this.object(value)
    } else if (typeof value === 'boolean') this.word(value ? 0x7472 : 0x6661)
    else if (value === undefined) this.word(0x756e)
    else if (typeof value === 'bigint') this.word(textHash(value.toString(16)))
    else this.word(0x3f3f)
  }

  /** True while the payload has not more objects than go in; called once for each. */
  takesObject(): boolean {
    return this.#valuesLeft-- > 0
  }

  /** An object within a payload. */
  object(value: object): void {
    // Most are plain objects.
    if (value.constructor === Object) this.#fields(value)
    else if (Array.isArray(value)) {
      this.word(listWord(value.length))
      let mayBeSparse = value.length >= sparseLengthMin
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index]
        if (item === undefined && mayBeSparse && !(index in value)) {
          if (this.holes(value, index)) return
          mayBeSparse = false
        }
        this.value(item)
      }
    } else if (value instanceof Ref) this.reference(value)
    else this.#otherObject(value)
  }

  /** The items of a list from its first hole on, with their places, if it is mostly holes; false if it is not. */
  holes(list: readonly unknown[], from: number): boolean {
    const indices = sparseIndices(list)
    if (indices === undefined) return false
    for (const index of indices) {
      if (index < from) continue
      this.number(index)
      this.value(list[index])
    }
    return true
  }

  reference({ node, epoch, slot, incarnation, name }: Ref): void {
    this.name(node)
    this.word(epoch)
    this.word(slot)
    this.word(incarnation)
    if (name !== undefined) this.name(name)
  }

  #otherObject(value: object): void {
    if (value instanceof ReplyToken) {
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
    } else if (isBoxed(value)) {
      this.value(value.valueOf())
    } else this.#fields(value)
  }

  #fields(value: object): void {
    let place = 0
    for (const key in value) {
      this.#key(key, place++)
      this.value((value as Record<string, unknown>)[key])
    }
    this.word(fieldsWord(place))
  }

  #bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    const end = Math.min(bytes.length, bytesMax)
    for (let index = 0; index < end; index++) this.word(bytes[index] as number)
  }
}

/** The lower lane of a pair, with that word mixed in. */
function mixedLow(low: number, word: number): number {
  const scaled = Math.imul(word, 0xcc9e2d51 | 0)
  const mixed = ((scaled << 15) | (scaled >>> 17)) ^ low
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x6546b64) | 0
}

/** The upper lane, once the word is in the lower one. */
function mixedHigh(high: number, word: number, low: number): number {
  return (Math.imul(high ^ word, 0x85ebca6b | 0) + low) | 0
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b | 0)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35 | 0)
  return mixed ^ (mixed >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
