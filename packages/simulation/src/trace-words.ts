/** The words of 32 bits that texts, names, pairs of nodes and the marks of lists and objects are in the hash of a run. */

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
  /** Of a turn that handles one of its messages. */
  readonly handledWord: number

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
    this.sentWord = textHash(`sent ${from} ${to}`)
    this.deliveredWord = textHash(`delivered ${from} ${to}`)
    this.handledWord = textHash(`handled ${from} ${to}`)
  }
}

/** Begins the words of a list of that many items. */
export function listWord(length: number): number {
  return length ^ 0x5b5b
}

/** Ends the words of an object with that many fields. */
export function fieldsWord(count: number): number {
  return count ^ 0x7b7b
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
