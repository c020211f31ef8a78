/**
 * Fuzzing of the codec: bytes that are no message in frames that are right. What the reader delivers must be something
 * that a sender could have sent: data, which goes through another channel unchanged.
 */
import assert from 'node:assert/strict'
import type { RandomStream } from '@troupe/core'
import { createEncoding, MsgpackCodec } from '../../src/channel/index.ts'
import { FrameKind } from '../../src/channel/ring.ts'
import { RingWriter } from '../../src/channel/ring-writer.ts'
import { Route, routeOf } from '../../src/channel/sendable.ts'
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
  return [0xd9, bytes.length, ...bytes]
}
const fixed = (...bytes: number[]): Attempt => ({ bytes: Uint8Array.from(bytes), mustRefuse: true })
const bytesOf = (random: RandomStream, length: number) => Array.from({ length }, () => random.int(256))

const attempts: Readonly<Record<string, (random: RandomStream) => Attempt>> = {
  'a message as it is': (random) => ({ bytes: encoded(random), mustRefuse: false }),
  'a scrambled message': (random) => ({ bytes: scramble(encoded(random), random), mustRefuse: false }),
  'random bytes': (random) => ({ bytes: Uint8Array.from(bytesOf(random, random.int(200))), mustRefuse: false }),
  'no bytes': () => fixed(),
  'a message cut off': (random) => {
    const whole = encoded(random)
    return { bytes: whole.subarray(0, random.int(whole.length)), mustRefuse: true }
  },
  'a message with more behind it': (random) => ({
    bytes: Uint8Array.from([...encoded(random), ...bytesOf(random, 1 + random.int(9))]),
    mustRefuse: true,
  }),
  'a huge length': (random) =>
    fixed(
      random.pick([0xc6, 0xc9, 0xdb, 0xdd, 0xdf]),
      random.pick([0x7f, 0xff, 0x10]),
      ...bytesOf(random, 3 + random.int(20)),
    ),
  'a length a little too large': (random) => {
    const left = random.int(20)
    const head = random.pick([[0xc4], [0xc7], [0xd9], [0xdc, 0]])
    const type = head[0] === 0xc7 ? [0x42] : []
    return fixed(...head, left + 1 + random.int(20), ...type, ...new Array(left).fill(1))
  },
  'nesting without end': (random) => {
    const head = random.pick([[0x91], [0x81, 1], [0xd4, 0x73, 0, 0x91], [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]])
    const depth = 300 + random.int(40)
    return fixed(...Array.from({ length: depth }, () => head).flat(), ...(random.chance(0.5) ? [1] : []))
  },
  'text that is not UTF-8': (random) => {
    const bad = random.pick([[0x80], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff]])
    const before = new Array(random.int(60)).fill(0x61)
    return fixed(0xd9, before.length + bad.length, ...before, ...bad)
  },
  'a record of an unknown shape': (random) => fixed(0x92, 1, 0x40 + random.int(64)),
  'a shape with bad keys': (random) => {
    const keys = random.pick([
      [0x91, 7],
      [0x91, 0xc0],
      [0x92, 0xa1, 0x61, 0xa1, 0x61],
      [0x91, ...text('__proto__')],
      [0x91, ...text('__keys__')],
      [0xa1, 0x61],
      [0xc4, 1, 0x61],
      [0x81, 0xa1, 0x61, 1],
      [0xdc, 0xff, 0xff],
    ])
    return fixed(0xd4, 0x72, 0x40, ...keys, 1, 2)
  },
  'a shape of a number that is none': (random) =>
    fixed(0xd4, 0x72, random.pick([0, 0x3f, 0x80, 0xff]), 0x91, 0xa1, 0x61, 1),
  'a shape in two bytes': () => fixed(0xd5, 0x72, 0x40, 0, 0x91, 0xa1, 0x61, 1),
  'the unused token': (random) => fixed(...random.pick([[0xc1], [0x91, 0xc1], [0x81, 1, 0xc1]])),
  'an extension that is none': (random) => {
    const type = random.pick([1, 2, 0x31, 0x41, 0x64, 0x7f, 0x80, 0xfe])
    return fixed(
      ...random.pick([
        [0xd4, type, 0],
        [0xd6, type, 1, 2, 3, 4],
        [0xc7, 2, type, 1, 2],
      ]),
      ...random.pick([[], [1]]),
    )
  },
  'an extension of msgpackr that no sender uses': (random) =>
    fixed(
      ...random.pick([
        [0xd4, 0x65, 0, 0x93, ...text('Error'), ...text('m'), 0xc0],
        [0xd4, 0x78, 0, 0x92, ...text('(a+)+$'), ...text('g')],
        [0xd6, 0x62, 0, 0, 0, 9, 1, 0xa1, 0x61, 0xa1, 0x62],
        [0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1],
        [0xd6, 0x70, 0, 0, 0, 1],
      ]),
    ),
  'an extension of another size': (random) =>
    fixed(
      ...random.pick([
        [0xd4, 0, 7],
        [0xd5, 0xff, 1, 2],
        [0xc7, 0, 0x42],
        [0xc7, 0, 0x74],
        [0xc7, 3, 0xff, 1, 2, 3],
        [0xc7, 4, 0x74, 8, 1, 2, 3],
        [0xc7, 2, 0x74, 99, 1],
        [0xd4, 0x73, 0, 0xa1, 0x61],
        [0xd4, 0x73, 0, 7],
        [0xd4, 0x73, 1, 0x90],
      ]),
    ),
  'a reference that is none': (random) => {
    const type = random.pick([0x32, 0x34])
    const fields = random.pick([
      [0xa4, 0x61, 0x62, 0x63, 0x64],
      [0xc0],
      [0x90],
      [0x94, 1, 0, 0, 0],
      [0x94, ...text('n'), ...text('epoch'), 0, 0],
      [0x94, ...text('n'), 0xfe, 0, 0],
      [0x95, ...text('n'), 0, 0, 0, 7],
      [0x96, ...text('n'), 0, 0, 0, ...text('n'), 1],
      [0x93, ...text('n'), 0, 0xff],
      [0x93, ...text('n'), 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 1],
    ])
    return fixed(0xd4, type, 0, ...fields)
  },
}

/** The names of the attempts. */
export const messageAttempts = Object.keys(attempts)

/** One round. */
export function fuzzMessage(random: RandomStream): FuzzRound {
  const attack = random.pick(messageAttempts)
  const { bytes, mustRefuse } = attempts[attack]!(random)
  const { sender, receiver, descriptors } = openLoopback({ capacityBytes: 16_384 })
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
      assert(routeOf(value) !== Route.refused, `${attack}: ${hex(bytes)} became what cannot be sent`)
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
  const codec = new MsgpackCodec()
  const encoding = createEncoding()
  for (;;) {
    codec.encode(randomValue(random), encoding)
    if (!encoding.isAside && encoding.end - encoding.start <= 2_048) {
      return Uint8Array.from(encoding.bytes.subarray(encoding.start, encoding.end))
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
