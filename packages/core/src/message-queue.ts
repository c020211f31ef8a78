/**
 * The messages of a mailbox behind the first, in chunks: arrays that are filled from their beginning to their end. A plain
 * message takes three places, its name, payload and sender, and becomes an envelope when it is taken out: what waits is then
 * a few arrays, and not as many objects as messages, which the garbage collector would have to copy. Anything else is kept as
 * the envelope that it is, in the first of its three places. The last place of a chunk is for the chunk that follows it.
 *
 * A queue that becomes empty begins again at the beginning of its chunk. One chunk grows to a bound; then others follow it, so
 * that a long queue neither copies itself nor keeps its room when it was emptied.
 */
import type { Ref } from './actor-ref.ts'
import { type Envelope, plainEnvelope, type SpareEnvelope } from './envelope.ts'

type Chunk = unknown[]

const placesEach = 3
/** Messages that a chunk begins with, and that it can have. */
const messagesMin = 4
const messagesMax = 1_024
/** Messages that an empty queue keeps room for. */
const messagesKept = 64
/** The greatest lengths of a chunk, and of one that is kept. */
const lengthMax = lengthFor(messagesMax)
const lengthKept = lengthFor(messagesKept)
/** Chunks of full size, emptied, that wait for the next long queue of this thread: making one anew costs as its messages do. */
const spareChunks: Chunk[] = []
const spareChunksMax = 64

export class MessageQueue implements Iterable<Envelope> {
  /** Where the next to leave is. */
  #from: Chunk = new Array(lengthFor(messagesMin))
  #start = 0
  /** Where the next goes in. */
  #into: Chunk = this.#from
  #end = 0

  /** A message that nobody waits for the reply to. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    if (this.#end + 1 === this.#into.length) this.#makeRoom()
    const into = this.#into
    const end = this.#end
    into[end] = name
    into[end + 1] = payload
    into[end + 2] = sender
    this.#end = end + placesEach
  }

  push(envelope: Envelope): void {
    if (this.#end + 1 === this.#into.length) this.#makeRoom()
    this.#into[this.#end] = envelope
    this.#end += placesEach
  }

  unshift(envelope: Envelope): void {
    if (this.#start === 0) this.#putChunkBefore()
    this.#start -= placesEach
    this.#from[this.#start] = envelope
  }

  /** Takes out the next into `spare`, if it is a plain message; otherwise it stays. There must be one. */
  shiftPlain(spare: SpareEnvelope): boolean {
    const from = this.#from
    const start = this.#start
    const name = from[start]
    if (typeof name !== 'string') return this.#isFollowed() && this.shiftPlain(spare)
    const payload = from[start + 1]
    // A name is the definition's, and a reference is small: the next message may write over them.
    if (typeof payload !== 'number') from[start + 1] = undefined
    this.#start = start + placesEach
    spare.name = name
    spare.payload = payload
    spare.sender = from[start + 2] as Ref | undefined
    return true
  }

  /** Takes out the next; `spare` becomes the envelope of a plain message. */
  shift(spare: SpareEnvelope): Envelope | undefined {
    this.#isFollowed()
    if (this.#isEmpty()) return undefined
    const next = this.#from[this.#start]
    if (typeof next === 'string') {
      this.shiftPlain(spare)
      return spare
    }
    this.#from[this.#start] = undefined
    this.#start += placesEach
    return next as Envelope
  }

  peek(): Envelope | undefined {
    this.#isFollowed()
    return this.#isEmpty() ? undefined : envelopeAt(this.#from, this.#start)
  }

  /** The messages, the next to leave first. */
  *[Symbol.iterator](): Iterator<Envelope> {
    let chunk = this.#from
    let at = this.#start
    while (chunk !== this.#into || at !== this.#end) {
      if (at + 1 === chunk.length) {
        chunk = chunk[at] as Chunk
        at = 0
      } else {
        yield envelopeAt(chunk, at)
        at += placesEach
      }
    }
  }

  /** The last message was taken out. True when the queue had taken much: its room is given back, and it is to be dropped. */
  emptied(): boolean {
    this.#isFollowed()
    this.#start = 0
    this.#end = 0
    if (this.#into.length <= lengthKept) return false
    giveBack(this.#into)
    return true
  }

  #isEmpty(): boolean {
    return this.#start === this.#end && this.#from === this.#into
  }

  /** At the end of a chunk: goes on with the one that follows, if one does. */
  #isFollowed(): boolean {
    const from = this.#from
    if (this.#start + 1 < from.length || from === this.#into) return false
    this.#from = from[this.#start] as Chunk
    this.#start = 0
    giveBack(from)
    return true
  }

  /** The last chunk is full: what was taken out of it makes room, or it grows, or another follows it. */
  #makeRoom(): void {
    const into = this.#into
    const start = this.#start
    if (into !== this.#from || (into.length === lengthMax && start < this.#end / 2)) {
      const next = spareChunks.pop() ?? new Array(lengthMax)
      into[this.#end] = next
      this.#into = next
      this.#end = 0
      return
    }
    const target = start < this.#end / 2 ? larger(into) : into
    const end = this.#end - start
    for (let at = 0; at < end; at++) target[at] = into[start + at]
    // Also in a chunk that is dropped: only a full collection would find out that nobody needs it.
    into.fill(undefined, target === into ? end : 0)
    this.#from = target
    this.#into = target
    this.#start = 0
    this.#end = end
  }

  #putChunkBefore(): void {
    const chunk: Chunk = new Array(lengthFor(messagesMin))
    chunk[chunk.length - 1] = this.#from
    this.#from = chunk
    this.#start = chunk.length - 1
  }
}

function lengthFor(messages: number): number {
  return messages * placesEach + 1
}

/** An empty chunk for more messages than that one: for four times as many, or for the most. */
function larger(chunk: Chunk): Chunk {
  if (chunk.length < lengthKept) return new Array((chunk.length - 1) * 4 + 1)
  return spareChunks.pop() ?? new Array(lengthMax)
}

/** Keeps an emptied chunk of full size for another queue. */
function giveBack(chunk: Chunk): void {
  if (chunk.length < lengthMax || spareChunks.length >= spareChunksMax) return
  chunk[lengthMax - 1] = undefined
  spareChunks.push(chunk)
}

function envelopeAt(chunk: Chunk, at: number): Envelope {
  const name = chunk[at]
  return typeof name === 'string' ? plainEnvelope(name, chunk[at + 1], chunk[at + 2]) : (name as Envelope)
}
