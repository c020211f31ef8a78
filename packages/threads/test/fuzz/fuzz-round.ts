/**
 * What one round of a fuzzer says, and the values that rounds send. A round breaks one channel in one way and then reads
 * it. It throws an `AssertionError` when the reader did anything but what it promises: deliver what was sent, or say
 * with a `FrameError` what is wrong and deliver nothing more.
 */
import assert from 'node:assert/strict'
import { type RandomStream, ReplyToken } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import { FrameError } from '../../src/channel/index.ts'

/** How a round ended: the reader refused something, or there was nothing that it had to refuse. */
export type FuzzOutcome = 'refused' | 'unharmed'

/** One round: what was done to the channel, and how its reader took it. */
export interface FuzzRound {
  readonly attack: string
  readonly outcome: FuzzOutcome
  /** The error, when there was one. */
  readonly said: string | undefined
}

/** Calls `read`; the error's text if it threw a `FrameError`. Throws for any other. */
export function refusalOf(read: () => void): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    assert(error instanceof FrameError, `the reader threw ${error instanceof Error ? error.stack : String(error)}`)
    assert(error.message.length > 10 && error.code === 'ERR_TROUPE_FRAME', `the error says nothing: ${error.message}`)
    return error.message
  }
}

/** Keys that a careless reader takes for something of its own. */
const oddKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  '__keys__',
  'length',
  'a b',
  '',
]

/** A value that can be sent; some can only go beside the ring. */
export function randomValue(random: RandomStream, depth = 0): unknown {
  const kind = random.int(depth > 3 ? 9 : 18)
  const several = (make: () => unknown) => Array.from({ length: random.int(4) }, make)
  switch (kind) {
    case 0:
      return random.int(2 ** 32) - 2 ** 31
    case 1:
      return random.float() * 1e9
    case 2:
      return randomText(random)
    case 3:
      return random.pick([null, undefined, true, false, Number.NaN, -0, Number.POSITIVE_INFINITY, 2 ** 53])
    case 4:
      return BigInt(random.int(2 ** 32)) ** BigInt(random.int(6))
    case 5:
      return new Date(random.int(2 ** 32) * 1_000)
    case 6:
      return Uint8Array.from({ length: random.int(40) }, () => random.int(256))
    case 7:
      return new Ref(`node-${random.int(3)}`, random.int(3), random.int(100), random.int(1_000))
    case 8:
      return random.chance(0.5)
        ? new Ref('node-1', -1, -1, -1, randomText(random))
        : new ReplyToken('node-1', 0, random.int(1_000))
    case 9:
      return random.chance(0.3) ? /a+/g : new Float64Array(random.int(5))
    case 10:
      return new Map(
        several(() => [randomValue(random, depth + 1), randomValue(random, depth + 1)]) as [unknown, unknown][],
      )
    case 11:
      return new Set(several(() => randomValue(random, depth + 1)))
    case 12:
    case 13:
      return several(() => randomValue(random, depth + 1))
    default:
      return Object.fromEntries(
        several(() => [
          random.chance(0.1) ? random.pick(oddKeys) : `key${random.int(6)}`,
          randomValue(random, depth + 1),
        ]) as [string, unknown][],
      )
  }
}

function randomText(random: RandomStream): string {
  const length = random.chance(0.1) ? random.int(300) : random.int(12)
  return Array.from({ length }, () => random.pick(['a', 'z', ' ', 'ß', '語', '🙂', '\0'])).join('')
}

/** `bytes` with a few of their bits or bytes changed, taken out, put in or repeated. */
export function scramble(bytes: Uint8Array, random: RandomStream): Uint8Array {
  let result = [...bytes]
  for (let changes = 1 + random.int(3); changes > 0; changes--) {
    const at = random.int(result.length + 1)
    switch (random.int(6)) {
      case 0:
        if (at < result.length) result[at]! ^= 1 << random.int(8)
        break
      case 1:
        if (at < result.length) result[at] = random.int(256)
        break
      case 2:
        result.splice(at, 0, ...Array.from({ length: 1 + random.int(4) }, () => random.int(256)))
        break
      case 3:
        result.splice(at, 1 + random.int(4))
        break
      case 4:
        result = result.slice(0, at)
        break
      default:
        result.splice(at, 0, ...result.slice(at, at + random.int(16)))
    }
  }
  return Uint8Array.from(result)
}
