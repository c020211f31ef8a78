/** The nodes that are up against a map of them, whoever comes and goes in whatever order and epoch. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Membership } from '../src/membership.ts'

const change = fc.record({
  isUp: fc.boolean(),
  node: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  epoch: fc.integer({ min: 0, max: 3 }),
})

test('the latest epoch of each node that is up, in the order of names, in lists that stay as they are', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const membership = new Membership({ node: 'c', epoch: 0 })
      const up = new Map([['c', 0]])
      const listed = () => [...up].sort().map(([node, epoch]) => ({ node, epoch }))
      for (const { isUp, node, epoch } of changes) {
        const before = membership.members
        const copy = [...before]
        const known = up.get(node) ?? -1
        const isChange = isUp ? epoch > known : epoch >= known && known >= 0
        if (isChange && isUp) up.set(node, epoch)
        else if (isChange) up.delete(node)
        expect(isUp ? membership.up({ node, epoch }) : membership.down({ node, epoch })).toBe(isChange)
        expect(membership.members).toEqual(listed())
        expect(before).toEqual(copy)
        expect(membership.has(node)).toBe(up.has(node))
      }
    }),
  )
})
