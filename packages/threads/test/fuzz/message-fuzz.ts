/**
 * Fuzzing of the codec: bytes that are no message in frames that are right. What the reader delivers must be something
 * that a sender could have sent: data, which goes through another channel unchanged.
 */
import assert from 'node:assert/strict'
import type { RandomStream } from '@troupe/core'
import { createEncoding, ENCODING_START, ShapeCodec } from '../../src/channel/index.ts'
import { NESTING_MAX, Tag } from '../../src/channel/message-format.ts'
import { FrameKind } from '../../src/channel/ring.ts'
import { RingWriter } from '../../src/channel/ring-writer.ts'
import '../../src/value-extensions.ts'
import { openLoopback, passThrough } from '../channel/loopback.ts'
import { type FuzzRound, randomValue, refusalOf, scramble } from './fuzz-round.ts'

/** The bytes of a message, or of what is none; `mustRefuse` when it is certainly none. */
interface Attempt {
  readonly bytes: Uint8Array
  readonly mustRefuse: boolean
}

const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value)
  return [Tag.utf8, bytes.length, ...bytes]
}
/** Bytes behind the flags of a message in which nothing repeats. */
const fixed = (...bytes: number[]): Attempt => ({ bytes: Uint8Array.from([0, ...bytes]), mustRefuse: true })
const bytesOf = (random: RandomStream, length: number) => Array.from({ length }, () => random.int(256))

const attempts: Readonly<Record<string, (random: RandomStream) => Attempt>> = {
  'a message as it is': (random) => ({ bytes: encoded(random), mustRefuse: false }),
  'a scrambled message': (random) => ({ bytes: scramble(encoded(random), random), mustRefuse: false }),
  'random bytes': (random) => ({ bytes: Uint8Array.from(bytesOf(random, random.int(200))), mustRefuse: false }),
  'no bytes': () => ({ bytes: new Uint8Array(0), mustRefuse: true }),
  'flags and nothing else': (random) => ({ bytes: Uint8Array.of(random.int(2)), mustRefuse: true }),
  'flags that nobody sets': (random) => ({ bytes: Uint8Array.of(2 + random.int(254), 1), mustRefuse: true }),
  'a message cut off': (random) => {
    const whole = encoded(random)
    return { bytes: whole.subarray(0, random.int(whole.length)), mustRefuse: true }
  },
  'a message with more behind it': (random) => ({
    bytes: Uint8Array.from([...encoded(random), ...bytesOf(random, 1 + random.int(9))]),
    mustRefuse: true,
  }),
  'a huge count': (random) =>
    fixed(
      ...random.pick<number[]>([
        [Tag.latin1],
        [Tag.utf8],
        [Tag.utf16],
        [Tag.array],
        [Tag.map],
        [Tag.set],
        [Tag.record],
        [Tag.binary, 1],
        [Tag.bulk, 1],
        [Tag.sparseArray, 9],
      ]),
      252,
      ...bytesOf(random, 3),
      random.pick([0x7f, 0xff, 0x10]),
      ...bytesOf(random, random.int(20)),
    ),
  'a count a little too large': (random) => {
    const left = random.int(20)
    const head = random.pick<number[]>([
      [Tag.latin1],
      [Tag.utf8],
      [Tag.array],
      [Tag.binary, 1],
      [Tag.set],
      [Tag.newText, 0],
    ])
    const counted = Math.min(left + 1 + random.int(20), 32)
    return fixed(...head, counted, ...new Array(left).fill(1))
  },
  'a count that begins with nothing a count begins with': (random) =>
    fixed(random.pick([Tag.latin1, Tag.array, Tag.map]), 253 + random.int(3), ...new Array(300).fill(1)),
  'nesting without end': (random) => {
    const head = random.pick([
      [Tag.shortArray | 1],
      [Tag.map, 1, 1],
      [Tag.set, 1],
      [Tag.record, 1, ...text('a')],
      [Tag.newShape, 0, 1, ...text('a')],
    ])
    const depth = NESTING_MAX + 1 + random.int(40)
    return fixed(...Array.from({ length: depth }, () => head).flat(), ...(random.chance(0.5) ? [1] : []))
  },
  'text that is not UTF-8': (random) => {
    const bad = random.pick([[0x80], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff]])
    const before = new Array(random.int(60)).fill(0x61)
    return fixed(Tag.utf8, before.length + bad.length, ...before, ...bad)
  },
  'an object of an unknown shape': (random) => fixed(Tag.shortArray | 2, 1, Tag.shaped, random.int(256)),
  'a text that the table does not have': (random) => fixed(Tag.text | random.int(4), random.int(256)),
  'a text too long for the table': (random) =>
    fixed(Tag.newText, 1, 33 + random.int(200), ...new Array(300).fill(0x61)),
  'a shape with bad keys': (random) => {
    const keys = random.pick<number[]>([
      [1, 7],
      [1, Tag.null],
      [2, ...text('a'), ...text('a')],
      [1, Tag.binary, 1, 1, 0x61],
      [33, ...Array.from({ length: 33 }, (_, key) => text(`key${key}`)).flat()],
      [0xff],
    ])
    return fixed(Tag.newShape, 0, ...keys, ...new Array(40).fill(1))
  },
  'a tag that is none': (random) =>
    fixed(
      ...random.pick([[], [Tag.shortArray | 1], [Tag.map, 1, 1]]),
      random.pick([0x8b, 0x8f, 0x9b, 0x9f, Tag.hole + 16, 0xc1, 0xff]),
    ),
  'a missing item where none may be': (random) =>
    fixed(
      ...random.pick<number[]>([[], [Tag.set, 1], [Tag.map, 1], [Tag.map, 1, 1], [Tag.record, 1, ...text('a')]]),
      Tag.hole,
    ),
  'binary data that is none': (random) =>
    fixed(
      ...random.pick<number[]>([
        [Tag.binary, 99, 1, 1],
        [Tag.binary, 9, 7, 1, 2, 3, 4, 5, 6, 7],
        [Tag.binary, 4, 1, 1],
        [Tag.bulk, 1, 0x80],
        [Tag.view, 1, 0, 8, Tag.null],
        [Tag.view, 1, 0, 8, ...text('buffer')],
        [Tag.view, 1, 9, 1, Tag.binary, 0, 1, 1],
        [Tag.view, 9, 1, 1, Tag.binary, 0, 16, ...new Array(16).fill(0)],
        [Tag.view, 1, Tag.null, Tag.true, Tag.handle],
      ]),
    ),
  'numbers that are none': (random) =>
    fixed(
      ...random.pick<number[]>([
        [Tag.bigInt, 7, ...text('ff')],
        [Tag.bigInt, Tag.true, ...text('')],
        [Tag.bigInt, Tag.false, ...text('0x7')],
        [Tag.bigInt, Tag.false, 7],
        [Tag.sparseArray, Tag.int16, 0xff, 0xff, 0],
        [Tag.sparseArray, ...text('7'), 0],
        [Tag.sparseArray, 9, 1, ...text('length'), 3],
        [Tag.float64, 1, 2, 3],
        [Tag.int32, 1],
      ]),
    ),
  'an object that is not there': (random) =>
    random.chance(0.5)
      ? fixed(Tag.shortArray | 1, Tag.again, 0)
      : {
          bytes: Uint8Array.from([
            1,
            ...random.pick([
              [Tag.again, 0],
              [Tag.shortArray | 1, Tag.again, 1 + random.int(99)],
            ]),
          ]),
          mustRefuse: true,
        },
  'something beside it that did not come': (random) =>
    fixed(...random.pick<number[]>([[Tag.handle], [Tag.shortArray | 1, Tag.handle]])),
  'an error that is none': (random) =>
    fixed(
      Tag.error,
      ...random.pick<number[]>([
        [7],
        [...text('Error'), 7],
        [...text('Error'), ...text('Error'), Tag.null],
        [...text('Error'), ...text('Error'), ...text('m'), Tag.undefined, Tag.false, 7, 8, Tag.hole],
        [...text('Error'), ...text('Error'), ...text('m'), Tag.undefined, Tag.true],
      ]),
    ),
  'a class that is none': (random) =>
    fixed(Tag.extension, random.pick([0, 1, 0x31, 0x3f, 0x40, 0xff]), ...random.pick([[], [1]])),
  'a reference that is none': (random) => {
    const type = random.pick([0x32, 0x34])
    const fields = random.pick<number[]>([
      text('abcd'),
      [Tag.null],
      [Tag.shortArray],
      [Tag.shortArray | 4, 1, 0, 0, 0],
      [Tag.shortArray | 4, ...text('n'), ...text('epoch'), 0, 0],
      [Tag.shortArray | 4, ...text('n'), Tag.int16, 0xfe, 0xff, 0, 0],
      [Tag.shortArray | 5, ...text('n'), 0, 0, 0, 7],
      [Tag.shortArray | 6, ...text('n'), 0, 0, 0, ...text('n'), 1],
      [Tag.shortArray | 3, ...text('n'), 0, Tag.int16, 0xff, 0xff],
      [Tag.shortArray | 3, ...text('n'), Tag.float64, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 1],
    ])
    return fixed(Tag.extension, type, ...fields)
  },
}

/** The names of the attempts. */
export const messageAttempts = Object.keys(attempts)

/** One round. */
export function fuzzMessage(random: RandomStream): FuzzRound {
  const attack = random.pick(messageAttempts)
  const { bytes, mustRefuse } = attempts[attack]!(random)
  const { sender, receiver, descriptors } = openLoopback({ capacityBytes: 65_536 })
  try {
    const writer = new RingWriter(descriptors.sender.ring)
    assert(writer.write(FrameKind.message, bytes, 0, bytes.length), `${bytes.length} bytes found no room`)
    writer.publish()
    const received: unknown[] = []
    const said = refusalOf(() => receiver.drain((value) => received.push(value), 10))
    assert.equal(received.length, said === undefined ? 1 : 0)
    if (said === undefined) {
      assert(!mustRefuse, `${attack}: the reader took ${hex(bytes)}`)
      const [value] = received
      assert.deepStrictEqual(
        passThrough(value),
        value,
        `${attack}: ${hex(bytes)} became another value on its second way`,
      )
    } else assert(receiver.closed)
    return { attack, outcome: said === undefined ? 'unharmed' : 'refused', said }
  } finally {
    sender.close()
    receiver.close()
  }
}

/** A message as a fresh codec writes it, one that goes into the ring. */
function encoded(random: RandomStream): Uint8Array {
  for (;;) {
    const encoding = createEncoding()
    new ShapeCodec().encode(randomValue(random), encoding)
    if (encoding.handles.length === 0 && encoding.end - ENCODING_START <= 2_048) {
      return Uint8Array.from(encoding.bytes.subarray(ENCODING_START, encoding.end))
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
