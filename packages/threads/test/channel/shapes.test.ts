/** Shapes: what is learned, how it is bounded, and that keys are never code. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { SHAPE_KEYS_MAX, SHAPES_MAX } from '../../src/channel/message-format.ts'
import { compileReader, compileWriter, mayGenerateCode, USES_BEFORE_CODE } from '../../src/channel/shape-compiler.ts'
import { ShapeTable, type WrittenShape } from '../../src/channel/shape-table.ts'
import { openLoopback } from './loopback.ts'

/** Objects with keys that would end, open or change something if they were code. */
const oddObjects: readonly object[] = [
  JSON.parse('{"__proto__":{"polluted":true},"n":1}'),
  JSON.parse('{"a":1,"__proto__":null}'),
  { "'": 1, '"': 2, '`': 3, '\\': 4, '${process.exit(1)}': 5 },
  { "'];process.exit(1)//": 1, '"+process.exit(1)+"': 2, '*/process.exit(1)/*': 3 },
  { 'line\nend': 1, 'carriage\rreturn': 2, '\u2028': 3, '\u2029': 4, '\0': 5, '\ud800': 6 },
  { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: 4, this: 5, keys: 6, writer: 7, k0: 8, p0: 9, Shaped: 10 },
  { 0: 'zero', 10: 'ten', 4294967295: 'big', '-1': 'minus', '1.5': 'half', '01': 'padded' },
  {},
  { get: 1, set: 2, async: 3, eval: 4, arguments: 5, yield: 6, await: 7 },
]

/** How often an object is sent: more often than it takes for its shape to get code of its own. */
const times = USES_BEFORE_CODE + 20

describe('an object whose keys are odd', () => {
  it.each(oddObjects.map((object) => [JSON.stringify(Object.keys(object)), object] as const))(
    'arrives as it is, before and after its shape got code: %s',
    (_keys, object) => {
      const { sender, drainAll } = openLoopback()
      for (let count = 0; count < times; count++) sender.send(object)
      sender.flush()
      const received = drainAll() as object[]
      expect(received).toHaveLength(times)
      for (const copy of received) {
        expect(Object.entries(copy)).toEqual(Object.entries(object))
        expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
        expect((copy as { polluted?: unknown }).polluted).toBeUndefined()
      }
      expect({}).not.toHaveProperty('polluted')
    },
  )

  it('does not find its keys in the code that is generated', () => {
    const keys = ['secretKey', 'other "key"']
    const table = new ShapeTable()
    table.take(keys)
    const written = String(compileWriter(table.take(keys) as WrittenShape))
    const read = String(compileReader(keys))
    expect(written).toContain('k1')
    expect(read).toContain('Shaped')
    for (const code of [written, read]) expect(code).not.toContain('ey"')
    for (const code of [written, read]) expect(code).not.toContain('secret')
  })
})

describe('values of one shape', () => {
  it('keep their types, though code was made while they were of others', () => {
    const { sender, drainAll } = openLoopback()
    const values = [1, 1.5, -0, 'text', true, null, undefined, 7n, [1], { deep: [2] }, new Date(3), new Map([[1, 2]])]
    const sent = Array.from({ length: times * 3 }, (_, index) => ({
      type: 'mixed',
      value: index < times ? index : values[index % values.length],
    }))
    for (const message of sent) sender.send(message)
    sender.flush()
    expect(drainAll()).toStrictEqual(sent)
  })

  it('keep cycles and repeated objects, though code was made', () => {
    const { sender, drainAll } = openLoopback()
    for (let count = 0; count < times; count++) {
      const inner = { n: count }
      const outer: { left: object; right: object; self?: object } = { left: inner, right: inner }
      if (count % 2 === 0) outer.self = outer
      sender.send(outer)
    }
    sender.flush()
    for (const [index, received] of drainAll().entries()) {
      const { left, right, self } = received as { left: { n: number }; right: object; self?: object }
      expect(left.n).toBe(index)
      expect(right).toBe(left)
      expect(self).toBe(index % 2 === 0 ? received : undefined)
    }
  })

  it('keep what repeats and what lies deeper, though all messages before were flat', () => {
    const { sender, drainAll } = openLoopback()
    const flat = (n: number) => ({ text: `text ${n}`, left: { n, name: `left ${n}` }, right: { n, name: 'right' } })
    type Message = { text: string; left: unknown; right: unknown }
    const odd: readonly ((n: number) => Message)[] = [
      (n) => {
        const inner = { n, name: `both ${n}` }
        return { text: `odd ${n}`, left: inner, right: inner }
      },
      (n) => {
        const message: Message = { ...flat(n), text: `odd ${n}` }
        message.right = message
        return message
      },
      (n) => {
        const inner = { n, name: `deep ${n}` }
        return { text: `odd ${n}`, left: inner, right: { n, name: inner } }
      },
      (n) => ({ text: `odd ${n}`, left: { n, name: `left ${n}` }, right: [{ n, name: 'listed' }] }),
      (n) => ({ text: `odd ${n}`, left: new Map([[n, { n }]]), right: { n, name: null } }),
      (n) => ({ text: `odd ${n}`, left: { name: 'other order', n }, right: { n, name: 'right', more: true } }),
      (n) => ({ text: `odd ${n}`, left: Object.assign(Object.create(null), { n, name: 'bare' }), right: undefined }),
    ]
    const sent: Message[] = []
    for (let n = 0; n < times * 4; n++) {
      sent.push(n < times || n % 3 !== 0 ? flat(n) : (odd[n % odd.length] as (n: number) => Message)(n))
    }
    for (const message of sent) sender.send(message)
    sender.flush()
    const received = drainAll() as Message[]
    expect(received).toEqual(sent)
    for (const [index, { left, right }] of received.entries()) {
      const message = sent[index] as Message
      expect(right === left).toBe(message.right === message.left)
      expect(right === received[index]).toBe(message.right === message)
    }
  })

  it('with more objects in one than are compared without being remembered', () => {
    const { sender, drainAll } = openLoopback()
    const sent = Array.from({ length: times * 2 }, (_, n) => {
      const [a, b, c, d, e] = [{ n }, { n }, { n }, { n }, { n }]
      return n % 2 === 0 ? { a, b, c, d, e } : { a, b, c, d, e: a }
    })
    for (const message of sent) sender.send(message)
    sender.flush()
    for (const [n, received] of drainAll().entries()) {
      expect(received).toEqual(sent[n])
      const { a, e } = received as { a: object; e: object }
      expect(a === e).toBe(n % 2 === 1)
    }
  })

  it('are found again after others took their numbers', () => {
    const { sender, drainAll } = openLoopback()
    const outer = (inner: unknown) => ({ always: 'here', inner })
    for (let count = 0; count < times * 2; count++) sender.send(outer({ first: count, second: 'inner' }))
    for (let stream = 0; stream < SHAPES_MAX * 12; stream++) {
      for (let count = 0; count < 3; count++) sender.send(outer([{ [`key${stream}`]: count }]))
      sender.flush()
      drainAll()
    }
    for (let count = 0; count < times; count++) sender.send(outer({ first: count, second: 'inner' }))
    sender.flush()
    const received = drainAll()
    expect(received).toEqual(Array.from({ length: times }, (_, n) => outer({ first: n, second: 'inner' })))
  })

  it('are written though a getter throws in the midst of one', () => {
    const { sender, drainAll } = openLoopback()
    const message = (n: number) => ({ text: `text ${n}`, inner: { name: `name ${n}`, n } })
    for (let n = 0; n < times * 2; n++) {
      const inner = { name: `lost ${n}` }
      Object.defineProperty(inner, 'n', {
        enumerable: true,
        get() {
          throw new Error('not now')
        },
      })
      if (n > times) expect(() => sender.send({ text: `lost ${n}`, inner })).toThrow('not now')
      sender.send(message(n))
      if (n > times) sender.send({ text: `lost ${n}`, inner: { name: `lost ${n}`, n } })
    }
    sender.flush()
    const received = drainAll()
    expect(received.slice(0, times)).toEqual(Array.from({ length: times }, (_, n) => message(n)))
    expect(received.at(-1)).toEqual({
      text: `lost ${times * 2 - 1}`,
      inner: { name: `lost ${times * 2 - 1}`, n: times * 2 - 1 },
    })
  })

  it('are defined again when the message that defined them could not be sent', () => {
    const { sender, drainAll } = openLoopback()
    for (let count = 0; count < 5; count++) {
      expect(() => sender.send({ known: { shape: 'text' }, [`key${count % 2}`]: 1, call: () => 0 })).toThrow('function')
      sender.send({ known: { shape: 'text' }, [`key${count % 2}`]: 1 })
    }
    sender.flush()
    expect(drainAll()).toHaveLength(5)
  })
})

describe('the table of shapes', () => {
  const keysOf = (value: object) => Object.keys(value)

  it('takes up a shape that is met again, and finds it whatever object has it', () => {
    const table = new ShapeTable()
    expect(table.find({ a: 1, b: 2 })).toBeUndefined()
    expect(table.take(['a', 'b'])).toBeUndefined()
    const shape = table.take(['a', 'b'])
    expect(shape?.keys).toEqual(['a', 'b'])
    expect(table.find({ a: 'x', b: null })).toBe(shape)
    for (const other of [{ b: 1, a: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, {}]) expect(table.find(other)).toBeUndefined()
  })

  it('does not grow by a stream of ever new shapes, and keeps those in use', () => {
    const table = new ShapeTable()
    const inUse = { type: 'accept', slot: 1 }
    for (let count = 0; count < 2; count++) table.take(keysOf(inUse))
    for (let stream = 0; stream < 100_000; stream++) {
      const keys = [`once${stream}`, `never${stream * 7}`]
      table.take(keys)
      // One in ten comes twice and is taken up.
      if (stream % 10 === 0) table.take(keys)
      const shape = table.find(inUse)
      expect(shape).toBeDefined()
      if (shape !== undefined) shape.isUsed = true
      expect(table.size).toBeLessThanOrEqual(SHAPES_MAX)
    }
  })

  it('never takes up dictionaries', () => {
    const table = new ShapeTable()
    const keys = Array.from({ length: SHAPE_KEYS_MAX + 1 }, (_, index) => `key${index}`)
    for (let count = 0; count < 3; count++) expect(table.take(keys)).toBeUndefined()
    expect(table.size).toBe(0)
  })
})

it('a channel through which ever new shapes go keeps its memory, and brings the others as before', () => {
  const { sender, drainAll } = openLoopback()
  const send = (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const dictionary = { [`id${n}`]: n, [`name${n * 3}`]: `text ${n}` }
      sender.send(dictionary)
      if (n % 3 === 0) sender.send(dictionary)
      sender.send({ type: 'inc', n })
      if (n % 100 === 99) {
        sender.flush()
        const received = drainAll() as { type?: string; n: number }[]
        expect(received.at(-1)).toEqual({ type: 'inc', n })
        expect(received.filter(({ type }) => type === 'inc')).toHaveLength(100)
      }
    }
  }
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  send(0, 20_000)
  const before = heap()
  send(20_000, 120_000)
  // 133,000 shapes more, at some hundred bytes each if they were kept.
  expect(heap() - before).toBeLessThan(4e6)
})

it('code is not generated where that is forbidden, and everything arrives all the same', async () => {
  expect(mayGenerateCode()).toBe(true)
  const child = fileURLToPath(new URL('./no-code.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--disallow-code-generation-from-strings', child])
  expect(JSON.parse(stdout)).toEqual({ mayGenerateCode: false, main: true, worker: true, values: 2_000 })
})
