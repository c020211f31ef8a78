/**
 * Fuzzing below the codec: bytes, positions and markers of a ring that nobody wrote so. Whatever is done, what the
 * reader delivers must be a beginning of what was sent, byte for byte.
 */
import assert from 'node:assert/strict'
import { MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { RandomStream } from '@troupe/core'
import { Tag } from '../../src/channel/message-format.ts'
import { checksumStart, checksumStep, FRAME_HEADER_BYTES, FrameKind, frameBytes } from '../../src/channel/ring.ts'
import { RingWriter } from '../../src/channel/ring-writer.ts'
import '../../src/value-extensions.ts'
import { type Loopback, openLoopback } from '../channel/loopback.ts'
import { type FuzzRound, randomValue, refusalOf, scramble } from './fuzz-round.ts'

const capacityBytes = 1_024
const headerBytes = 640
const tailWord = 32
const headWord = 64

/** A channel with some messages in it, and where they lie. */
interface Attacked extends Loopback {
  readonly sent: readonly unknown[]
  /** The offsets of the frames. */
  readonly frames: readonly number[]
  readonly words: Int32Array
  readonly random: RandomStream
}

/** Does something to the channel; true when the reader has to notice. */
type Attack = (channel: Attacked) => boolean

const attacks: Readonly<Record<string, Attack>> = {
  nothing: () => false,
  'one bit flipped': ({ words, frames, random }) => {
    const at = random.pick(frames)
    const counted = 2 + (((words[at >> 2]! & 0x0fff_ffff) + 3) >> 2)
    words[(at >> 2) + random.int(counted)]! ^= 1 << random.int(32)
    return true
  },
  'random words': ({ words, random }) => {
    for (let count = 1 + random.int(40); count > 0; count--) words[random.int(words.length)] = random.int(2 ** 32)
    return false
  },
  'bytes inserted or taken out': ({ words, frames, random }) => {
    const bytes = new Uint8Array(words.buffer, headerBytes)
    const before = bytes.slice(0, endOf(words, frames))
    const after = scramble(before, random).subarray(0, before.length)
    bytes.set(after)
    // Zeros behind the last payload are no part of it.
    return false
  },
  'a frame moved': ({ words, frames, random }) => {
    const [from, to] = [random.pick(frames), random.pick(frames)]
    if (from === to) return false
    const size = frameBytes(words[from >> 2]! & 0x0fff_ffff)
    words.copyWithin(to >> 2, from >> 2, (from + size) >> 2)
    return true
  },
  'a frame made shorter': (channel) => {
    const at = channel.random.pick(channel.frames)
    const header = channel.words[at >> 2]!
    const length = header & 0x0fff_ffff
    rewrite(channel.words, at, header >>> 28, channel.random.int(length))
    return true
  },
  'a frame made longer': (channel) => {
    const at = channel.random.pick(channel.frames)
    const header = channel.words[at >> 2]!
    const length = header & 0x0fff_ffff
    rewrite(channel.words, at, header >>> 28, length + 1 + channel.random.int(600))
    return true
  },
  'a frame of another kind': (channel) => {
    const at = channel.random.pick(channel.frames)
    const header = channel.words[at >> 2]!
    // Padding may be left out at any place: it is the one kind that changes the number of messages and no other thing.
    const kind = channel.random.pick([0, 2, 3, 4, 7, 14].filter((other) => other !== header >>> 28))
    rewrite(channel.words, at, kind, header & 0x0fff_ffff)
    return true
  },
  'a tail anywhere': ({ descriptors, random }) => {
    new Int32Array(descriptors.sender.ring)[tailWord] = random.int(2 ** 32)
    return false
  },
  'a tail nearby': ({ descriptors, random }) => {
    new Int32Array(descriptors.sender.ring)[tailWord]! += 8 * (random.int(512) - 256)
    return false
  },
  'a head anywhere, and more messages': ({ descriptors, random, sender }) => {
    new Int32Array(descriptors.sender.ring)[headWord] = random.int(2 ** 32)
    // What the sender overwrites now, it overwrites before it was read.
    for (let count = 0; count < 40; count++) sender.send('x'.repeat(40))
    sender.flush()
    return false
  },
  'a marker without a message': ({ descriptors, random }) => {
    write(
      descriptors.sender.ring,
      FrameKind.aside,
      Uint8Array.from({ length: random.pick([0, 3, 4, 5, 8]) }, () => random.int(256)),
    )
    return true
  },
  'a message taken away from its marker': ({ sender, descriptors }) => {
    sender.send({ like: /a/ })
    sender.flush()
    return receiveMessageOnPort(descriptors.receiver.port) !== undefined
  },
  'a message without a marker': ({ sender, descriptors, random }) => {
    descriptors.sender.port.postMessage(
      random.pick<unknown>([[99, ['stray']], 'stray', [1], null, [1_000, [{ handles: [] }]]]),
    )
    sender.send({ like: /a/ })
    sender.flush()
    return true
  },
  'an odd message at its marker': ({ descriptors, random, sent }) => {
    const marker = new Uint8Array(4)
    const number = sent.filter(goesAside).length + 1
    new DataView(marker.buffer).setInt32(0, number, true)
    const bytes = (...tags: number[]) => {
      const head = new Int32Array(6)
      head.set([24, tags.length, 0, 0])
      new Uint8Array(head.buffer).set(tags, 16)
      return new Uint8Array(head.buffer)
    }
    const odd = random.pick<unknown>([
      null,
      'no post',
      [],
      {},
      { handles: [] },
      { handles: 7, bytes: bytes(0, 1) },
      { handles: [], bytes: 'no bytes' },
      { handles: [], bytes: new Uint8Array(new SharedArrayBuffer(32)) },
      { handles: [], bytes: Uint8Array.of(1) },
      { handles: [], bytes: new Uint8Array(Int32Array.of(100, 1, 0, 0, 0).buffer) },
      { handles: [], bytes: new Uint8Array(Int32Array.of(16, -9, 0, 0, 0).buffer) },
      { handles: [], bytes: bytes(0, 0xff) },
      { handles: [1], bytes: bytes(0, Tag.handle) },
      { handles: [], bytes: bytes(0, Tag.handle) },
      { handles: [/a/], bytes: bytes(0, 1) },
      { handles: [new MessageChannel().port1], bytes: bytes(0, Tag.handle) },
    ])
    const handles = (odd as { handles?: unknown } | null)?.handles
    const ports = Array.isArray(handles) && handles[0] instanceof MessagePort ? [handles[0]] : []
    descriptors.sender.port.postMessage([number, [odd]], ports)
    write(descriptors.sender.ring, FrameKind.aside, marker)
    return true
  },
  'a payload that is no message': ({ descriptors, random }) => {
    write(descriptors.sender.ring, FrameKind.message, Uint8Array.of(0, 0xc1, random.int(256)))
    return true
  },
}

/** The names of the attacks. */
export const ringAttacks = Object.keys(attacks)

/** One round. */
export function fuzzRing(random: RandomStream): FuzzRound {
  const attack = random.pick(ringAttacks)
  const loopback = openLoopback({ capacityBytes, outboundCapacity: 8 })
  const { sender, receiver, descriptors } = loopback
  const sent: unknown[] = []
  // Half of the ring at most, so that no message waits outside and the attacks find room.
  for (
    let count = 1 + random.int(6);
    count > 0 && sender.sentBytes < capacityBytes / 2 && sender.pending === 0;
    count--
  ) {
    const value = randomValue(random)
    sent.push(value)
    sender.send(value)
  }
  sender.flush()
  const words = new Int32Array(descriptors.sender.ring, headerBytes)
  const tail = new Int32Array(descriptors.sender.ring)[tailWord]!
  const frames: number[] = []
  for (let at = 0; at < tail; at += frameBytes(words[at >> 2]! & 0x0fff_ffff)) frames.push(at)
  try {
    const mustNotice = attacks[attack]!({ ...loopback, sent, frames, words, random })
    const said = readAll(loopback, sent, attack)
    assert(said !== undefined || !mustNotice, `${attack}: the reader did not notice`)
    return { attack, outcome: said === undefined ? 'unharmed' : 'refused', said }
  } finally {
    sender.close()
    receiver.close()
  }
}

/** Reads to the end or to the error; what was delivered must be a beginning of what was sent. */
function readAll({ receiver, sender }: Loopback, sent: readonly unknown[], attack: string): string | undefined {
  const received: unknown[] = []
  const read = () => {
    // Each pass delivers something or is the last: no number of passes is needed twice.
    for (let passes = 0; receiver.drain((value) => received.push(value), 1_000) > 0; passes++) {
      assert(passes < 100, `${attack}: the reader does not come to an end`)
    }
  }
  const said = refusalOf(read)
  const comparable = received.slice(0, sent.length)
  assert.deepStrictEqual(comparable, sent.slice(0, comparable.length), `${attack}: a message that was not sent`)
  for (const more of received.slice(sent.length)) {
    assert(more === 'x'.repeat(40) || isStray(more), `${attack}: a message more than was sent`)
  }
  if (said === undefined) return undefined
  assert(receiver.closed && !receiver.hasMessages(), `${attack}: the channel is still open after its error`)
  assert.equal(
    refusalOf(() => receiver.drain(() => assert.fail('delivered after the error'), 10)),
    said,
  )
  assert.equal(sender.send('more'), false, `${attack}: the sender goes on`)
  return said
}

function isStray(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as { like?: unknown }).like instanceof RegExp
}

function goesAside(value: unknown): boolean {
  const { sender, descriptors, receiver } = openLoopback()
  sender.send(value)
  sender.flush()
  const words = new Int32Array(descriptors.sender.ring, headerBytes)
  const isAside = words[0]! >>> 28 === FrameKind.aside || (words[0]! >>> 28 === FrameKind.composed && words[4] !== 0)
  sender.close()
  receiver.close()
  return isAside
}

function endOf(words: Int32Array, frames: readonly number[]): number {
  const last = frames.at(-1)!
  return last + FRAME_HEADER_BYTES + (words[last >> 2]! & 0x0fff_ffff & ~3)
}

/** A frame as an incorrect writer would write it: the checksum is right, the rest is not. */
function rewrite(words: Int32Array, at: number, kind: number, length: number): void {
  const header = (kind << 28) | length
  let sum = checksumStart(header, at)
  const first = (at >> 2) + 2
  for (let word = 0; word < (length + 3) >> 2 && first + word < words.length; word++) {
    sum = checksumStep(sum, words[first + word]!)
  }
  words[at >> 2] = header
  words[(at >> 2) + 1] = sum
}

/** Appends a frame with a writer of its own; the channel's sender must not write afterwards. */
function write(ring: SharedArrayBuffer, kind: FrameKind, payload: Uint8Array): void {
  const writer = new RingWriter(ring)
  assert(writer.write(kind, payload, 0, payload.length), 'the attack found no room')
  writer.publish()
}
