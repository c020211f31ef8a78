/** Handlers as the turn loop finds them against the map that they are in, in whatever order they are looked for. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HandlerTable } from '../src/handler-table.ts'

/** Many of the same length, and of lengths that are the same but for a multiple of what is told apart. */
const names = ['', 'a', 'b', 'c', 'ab', 'ba', 'sixteen letters!!', 'sixteen letters!?', 'none of them']

test('a handler is found by its name alone, whatever was looked for before', () => {
  fc.assert(
    fc.property(fc.subarray(names), fc.array(fc.constantFrom(...names), { maxLength: 50 }), (has, asked) => {
      const table = new HandlerTable(has.map((name) => [name, () => name]))
      for (const name of asked)
        expect(table.find(name)?.(undefined, undefined, undefined as never)).toBe(table.has(name) ? name : undefined)
    }),
  )
})
