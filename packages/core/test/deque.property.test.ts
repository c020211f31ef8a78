/** The deque against a plain array, over random operations. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deque } from '../src/deque.ts'

type Operation =
  | { readonly do: 'push' | 'unshift' | 'shift' | 'pop' | 'peek' }
  | { readonly do: 'bringToFront'; readonly at: number }
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('push' as const, 'unshift' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('shift' as const, 'pop' as const, 'peek' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bringToFront' as const), at: fc.nat() }) },
)

test('it does what an array does', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const deque = new Deque<number>()
      const array: number[] = []
      for (const [item, operation] of operations.entries()) {
        switch (operation.do) {
          case 'push':
            deque.push(item)
            array.push(item)
            break
          case 'unshift':
            deque.unshift(item)
            array.unshift(item)
            break
          case 'shift':
            expect(deque.shift()).toBe(array.shift())
            break
          case 'pop':
            expect(deque.pop()).toBe(array.pop())
            break
          case 'peek':
            expect(deque.peek()).toBe(array[0])
            break
          case 'bringToFront': {
            if (array.length === 0) break
            const at = operation.at % array.length
            deque.bringToFront(at)
            const front = array[0] as number
            array[0] = array[at] as number
            array[at] = front
            break
          }
        }
        expect(deque.length).toBe(array.length)
      }
      const rest: (number | undefined)[] = []
      while (deque.length > 0) rest.push(deque.shift())
      expect(rest).toEqual(array)
      expect(deque.shift()).toBeUndefined()
    }),
  )
})

test('what has left is not kept alive', async () => {
  const deque = new Deque<object>()
  const references = Array.from({ length: 8 }, () => {
    const item = {}
    deque.push(item)
    return new WeakRef(item)
  })
  for (let count = 0; count < 8; count++) deque.shift()
  expect(deque.peek()).toBeUndefined()
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(references.filter((reference) => reference.deref() !== undefined)).toHaveLength(0)
})
