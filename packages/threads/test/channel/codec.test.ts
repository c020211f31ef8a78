import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEncoding, ENCODING_START } from '../../src/channel/codec.ts'
import { EncodeError, FrameError } from '../../src/channel/errors.ts'
import { registerExtension } from '../../src/channel/extension.ts'
import { NESTING_MAX, Tag } from '../../src/channel/message-format.ts'
import { ShapeCodec } from '../../src/channel/shape-codec.ts'
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

/** A view, or its buffer, whose memory was moved to somebody else. */
function movedAway<View extends ArrayBufferView<ArrayBuffer>>(view: View): View {
  view.buffer.transfer()
  return view
}

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
    ['a promise', { result: Promise.resolve() }, 'payload.result is an instance of class Promise'],
    ['a weak map', new WeakMap(), 'payload is an instance of class WeakMap'],
    ['a class instance', { user: new (class User {})() }, 'payload.user is an instance of class User'],
    [
      'a subclass of a known type',
      new Map([['list', new (class List extends Array {})()]]),
      'payload.get("list") is an',
    ],
    ['a function in a set', new Set([1, Math.max]), 'payload.values()[1] is a function'],
    ['an odd key', { 'a b': Math.max }, 'payload["a b"] is a function'],
    ['a function behind what goes aside', { zero: -0, call: Math.max }, 'payload.call is a function'],
    [
      'a moved buffer',
      { list: [movedAway(new Uint8Array(8)).buffer] },
      'payload.list[0] is a buffer that was moved away',
    ],
    ['a view on one', { list: [movedAway(new Uint8Array(8))] }, 'payload.list[0] is a buffer that was moved away'],
    ['a data view on one', movedAway(new DataView(new ArrayBuffer(8))), 'payload is a buffer that was moved away'],
    [
      'a view on one that could grow',
      [movedAway(new Uint16Array(new ArrayBuffer(8, { maxByteLength: 16 })))],
      'payload[0] is a buffer that was moved away',
    ],
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
    const throwsLater = {
      shape: { known: 1 },
      get field() {
        throw new Error('no more')
      },
    }
    for (const value of [deep, throwing, throwsLater]) expect(() => sender.send(value)).toThrow(EncodeError)
    sender.send({ shape: { known: 2 } })
    sender.flush()
    expect(drainAll()).toEqual([{ shape: { known: 2 } }])
  })
})

describe('what is data', () => {
  it('has an array that is mostly holes, in the room of its items', () => {
    const last = 2 ** 32 - 2
    const sparse: unknown[] = []
    sparse[last] = { n: 1 }
    sparse[7] = sparse
    const encoding = createEncoding()
    new ShapeCodec().encode(sparse, encoding)
    expect(encoding.end).toBeLessThan(60)
    const received = passThrough(sparse) as unknown[]
    expect(received.length).toBe(last + 1)
    expect(Object.keys(received)).toEqual(['7', String(last)])
    expect(received[7]).toBe(received)
    expect(received[last]).toEqual({ n: 1 })
    const empty = passThrough(new Array(last)) as unknown[]
    expect([empty.length, Object.keys(empty)]).toEqual([last, []])
  })

  it('has arrays with some holes, and those end where they did', () => {
    const some: unknown[] = Array.from({ length: 100 }, (_, index) => index)
    for (let index = 40; index < 100; index += 2) delete some[index]
    some.length = 130
    expect(passThrough(some)).toStrictEqual(some)
  })

  it('has no keys that an array has beside its items, many or few', () => {
    for (const length of [2, 100]) {
      const odd = Object.assign(new Array(length), { 1: 'one', more: 1 })
      expect(Object.keys(passThrough(odd) as object)).toEqual(['1'])
    }
  })

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

  it('that has no stack arrives without one', () => {
    const sent = new RangeError('far')
    delete sent.stack
    const received = passThrough(sent) as Error
    expect(received).toBeInstanceOf(RangeError)
    expect(received.stack).toBeUndefined()
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

/** What a fresh codec makes of bytes, with nothing beside them. */
function decode(bytes: Uint8Array): unknown {
  const from = { bytes, start: 0, end: bytes.length, bulk: bytes, bulkStart: 0, bulkEnd: 0, handles: [] }
  return new ShapeCodec().decode(from)
}

const letters = (text: string) => [Tag.latin1, text.length, ...Buffer.from(text)]

describe('the decoder', () => {
  it('answers any bytes with a value or a FrameError', () => {
    const encoding = createEncoding()
    new ShapeCodec().encode([{ type: 'inc', n: 1, list: [1, 'two', 3n, new Date(0), new Set([1])] }], encoding)
    const valid = Uint8Array.from(encoding.bytes.subarray(ENCODING_START, encoding.end))
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((writes) => {
        const bytes = Uint8Array.from(valid)
        for (const [at, byte] of writes) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['an object whose shape was never defined', [0, Tag.shaped, 46], 'shape that was not defined'],
    ['a text that was never defined', [0, Tag.text | 3, 46], 'not defined'],
    ['a tag that stands for nothing', [0, 0xff], 'tag 0xff'],
    ['text that is not UTF-8', [0, Tag.utf8, 2, 0x61, 0xff], 'not UTF-8'],
    ['a shape with the same key twice', [0, Tag.newShape, 0, 2, ...letters('a'), ...letters('a'), 1, 2], 'twice'],
    ['a shape with a key that is no text', [0, Tag.newShape, 0, 1, 7, 1], 'where a text should be'],
    ['an object that is not there', [1, Tag.shortArray | 1, Tag.again, 1], 'object 1, which is not there'],
    ['a repeated object where none repeats', [0, Tag.shortArray | 1, Tag.again, 0], 'which is not there'],
    ['a class that nobody registered', [0, Tag.extension, 61, 1], 'class 61'],
    ['a handle that did not come', [0, Tag.handle], 'missing'],
    ['bulk that did not come', [0, Tag.bulk, 1, 8], 'ends too early'],
    ['elements cut in pieces', [0, Tag.binary, 6, 3, 1, 2, 3], 'larger'],
    ['a length beyond the end', [0, Tag.utf8, 252, 0xff, 0xff, 0xff, 0x7f, 1], 'ends too early'],
    ['an item that is missing outside of an array', [0, Tag.hole], 'tag 0xb1'],
    ['more than a value', [0, 1, 2], 'end with its value'],
    [
      'an item of a sparse array beyond its length',
      [0, Tag.sparseArray, 70, 1, 70, 1],
      'an array of 70 with an item at 70',
    ],
    ['items of a sparse array in no order', [0, Tag.sparseArray, 70, 2, 5, 1, 4, 1], 'an item at 4'],
    ['an item of a sparse array at no place', [0, Tag.sparseArray, 70, 1, Tag.null, 1], 'an item at null'],
    ['flags that nobody sets', [2, 1], 'begins with 2'],
    ['nesting without end', [0, ...new Array(NESTING_MAX + 1).fill(Tag.shortArray | 1), 1], 'nested deeper than 1016'],
  ])('refuses %s, and says so', (_name, bytes, said) => {
    const attempt = () => decode(Uint8Array.from(bytes))
    expect(attempt).toThrow(FrameError)
    expect(attempt).toThrow(said)
  })

  it('answers anything posted beside the ring with a value or a FrameError', () => {
    const bytes = Uint8Array.of(0, Tag.handle)
    fc.assert(
      fc.property(fc.anything(), (handle) => {
        const from = { bytes, start: 0, end: 2, bulk: bytes, bulkStart: 0, bulkEnd: 0, handles: [handle] }
        try {
          new ShapeCodec().decode(from)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
    )
  })
})
