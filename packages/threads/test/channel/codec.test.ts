import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEncoding } from '../../src/channel/codec.ts'
import { EncodeError, FrameError } from '../../src/channel/errors.ts'
import { registerExtension } from '../../src/channel/extension.ts'
import { MsgpackCodec } from '../../src/channel/msgpack-codec.ts'
import { openLoopback, passThrough } from './loopback.ts'

class Reference {
  readonly node: string
  readonly slot: number
  constructor(node: string, slot: number) {
    this.node = node
    this.slot = slot
  }
}
registerExtension({
  class: Reference,
  type: 60,
  write: (reference: Reference) => [reference.node, reference.slot],
  read: ([node, slot]: [string, number]) => new Reference(node, slot),
})

function refusal(value: unknown): EncodeError {
  const { sender, drainAll } = openLoopback()
  let thrown: unknown
  try {
    sender.send(value)
  } catch (error) {
    thrown = error
  }
  sender.flush()
  expect(drainAll()).toEqual([])
  expect(thrown).toBeInstanceOf(EncodeError)
  expect(thrown).toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
  return thrown as EncodeError
}

describe('what cannot be sent', () => {
  it.each([
    ['a function', { items: [1, 2, 3, { callback: () => 0 }] }, 'payload.items[3].callback is a function'],
    ['a symbol', [Symbol('s')], 'payload[0] is a symbol'],
    ['a promise', { result: Promise.resolve() }, 'payload.result is an instance of Promise'],
    ['a weak map', new WeakMap(), 'payload is an instance of WeakMap'],
    ['a class instance', { user: new (class User {})() }, 'payload.user is an instance of User'],
    [
      'a subclass of a known type',
      new Map([['list', new (class List extends Array {})()]]),
      'payload.get("list") is an',
    ],
    ['a function in a set', new Set([1, Math.max]), 'payload.values()[1] is a function'],
    ['an odd key', { 'a b': Math.max }, 'payload["a b"] is a function'],
    ['a function behind what goes aside', { zero: -0, call: Math.max }, 'payload.call is a function'],
    ['a hole and a function', Object.assign(new Array(5), { 4: Math.max }), 'payload[4] is a function'],
  ])('is refused with its path, and nothing is written: %s', (_name, value, message) => {
    expect(refusal(value).message).toContain(message)
  })

  it('is refused when it cannot even be read, and the channel goes on', () => {
    const { sender, drainAll } = openLoopback()
    let deep: unknown = 0
    for (let i = 0; i < 200_000; i++) deep = { deep }
    const throwing = {
      get field() {
        throw new Error('no')
      },
    }
    let reads = 0
    const throwsLater = {
      shape: { known: 1 },
      get field() {
        if (reads++ > 0) throw new Error('no more')
        return 1
      },
    }
    for (const value of [deep, throwing, throwsLater]) expect(() => sender.send(value)).toThrow(EncodeError)
    sender.send({ shape: { known: 2 } })
    sender.flush()
    expect(drainAll()).toEqual([{ shape: { known: 2 } }])
  })
})

describe('what is data', () => {
  it('keeps __proto__ as a key and does not change any prototype', () => {
    const received = passThrough(JSON.parse('{"__proto__":{"polluted":true},"n":1}')) as object
    expect(Object.keys(received)).toEqual(['__proto__', 'n'])
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype)
    expect((received as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('shares shared memory, and views on it', () => {
    const memory = new SharedArrayBuffer(8)
    const back = passThrough({ memory, view: new Uint8Array(memory, 2, 3) }) as {
      memory: typeof memory
      view: Uint8Array
    }
    Atomics.store(new Uint8Array(memory), 3, 7)
    expect(new Uint8Array(back.memory)[3]).toBe(7)
    expect([...back.view]).toEqual([0, 7, 0])
    expect(back.view.buffer).toBe(back.memory)
  })

  it('keeps cycles, also those through an error and its cause', () => {
    const error = new Error('outer') as Error & { self?: unknown }
    error.cause = { error }
    const received = passThrough({ error, list: [error] }) as { error: Error; list: unknown[] }
    expect(received.error).toBe(received.list[0])
    expect((received.error.cause as { error: unknown }).error).toBe(received.error)
  })

  it('brings small buffers as bytes of their own, in the ring and beside it', () => {
    const view = new Uint8Array(new ArrayBuffer(1000), 10, 3).fill(7)
    for (const extra of [0, -0]) {
      const [buffer, part] = passThrough([Buffer.from('abc'), view, extra]) as [Uint8Array, Uint8Array]
      expect(buffer.constructor).toBe(Uint8Array)
      expect([...buffer]).toEqual([97, 98, 99])
      expect(part.buffer.byteLength).toBe(3)
      expect([...part]).toEqual([7, 7, 7])
    }
  })
})

describe('an error', () => {
  it('keeps class, name, message, code, stack, cause and the facts it carries', () => {
    class AskTimeoutError extends Error {
      readonly code = 'ERR_TROUPE_ASK_TIMEOUT'
      readonly timeoutMs = 200
      readonly to = new Reference('worker-1', 4)
      readonly cleanUp = () => 0
    }
    const sent = new AskTimeoutError('no reply', { cause: new TypeError('inner') })
    const received = passThrough({ error: sent }) as { error: AskTimeoutError }
    expect(received.error).toBeInstanceOf(Error)
    expect(received.error).toMatchObject({
      name: 'AskTimeoutError',
      message: 'no reply',
      code: sent.code,
      timeoutMs: 200,
    })
    expect(received.error.stack).toBe(sent.stack)
    expect(received.error.cause).toBeInstanceOf(TypeError)
    expect((received.error.cause as Error).message).toBe('inner')
    expect(received.error.to).toEqual(sent.to)
    expect(received.error.to).toBeInstanceOf(Reference)
    expect(received.error.cleanUp).toBeUndefined()
  })

  it('of a built-in class arrives as one', () => {
    expect(passThrough(new RangeError('r'))).toBeInstanceOf(RangeError)
    const aggregate = passThrough(new AggregateError([new TypeError('a'), 2], 'several')) as AggregateError
    expect(aggregate).toBeInstanceOf(AggregateError)
    expect(aggregate.errors[0]).toBeInstanceOf(TypeError)
    expect(aggregate.errors[1]).toBe(2)
    const abort = passThrough(AbortSignal.abort().reason) as DOMException
    expect(abort).toBeInstanceOf(DOMException)
    expect(abort).toMatchObject({ name: 'AbortError', code: 20 })
  })

  it('with a cause that cannot be sent still arrives', () => {
    const received = passThrough(new Error('failed', { cause: () => 0 })) as Error
    expect(received).toMatchObject({ message: 'failed', cause: '() => 0' })
  })
})

describe('an extension', () => {
  it('brings instances across, repeated ones too, and beside the ring', () => {
    const reference = new Reference('main', 3)
    for (const extra of [0, -0]) {
      const received = passThrough({ from: reference, all: [reference, reference], extra }) as {
        from: Reference
        all: []
      }
      expect(received).toEqual({ from: reference, all: [reference, reference], extra })
      expect(received.from).toBeInstanceOf(Reference)
    }
  })

  it('cannot take a type or class that is taken', () => {
    const extension = { write: () => 0, read: () => new Date() }
    expect(() => registerExtension({ ...extension, class: Date, type: 60 })).toThrow('already stands for Reference')
    expect(() => registerExtension({ ...extension, class: Date, type: 64 })).toThrow('from 1 to 63')
  })
})

describe('the decoder', () => {
  it('answers any bytes with a value or a FrameError', () => {
    const encoding = createEncoding()
    new MsgpackCodec().encode([{ type: 'inc', n: 1, list: [1, 'two', 3n, new Date(0), new Set([1])] }], encoding)
    const valid = Uint8Array.from(encoding.bytes.subarray(encoding.start, encoding.end))
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((writes) => {
        const bytes = Uint8Array.from(valid)
        for (const [at, byte] of writes) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        const codec = new MsgpackCodec()
        try {
          codec.decode(bytes, bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('answers anything posted beside the ring with a value or a FrameError', () => {
    fc.assert(
      fc.property(fc.anything(), (aside) => {
        try {
          new MsgpackCodec().decodeAside(aside)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
    )
  })
})

it('strings are read without the native addon, which clears a table of all threads when one of them starts', async () => {
  // The module that the codec decodes with; its types leave this out.
  const reading: object = await import('msgpackr/unpack')
  expect(reading).toMatchObject({ isNativeAccelerationEnabled: false })
})
