/** Deferred replies against a map of them by token, whatever nodes and numbers the asks have. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import { ReplyToken } from '../src/actor-ref.ts'
import { Deferral, Deferrals } from '../src/deferrals.ts'
import { tokenKey } from '../src/reply-keys.ts'

const change = fc.record({
  isSet: fc.boolean(),
  node: fc.constantFrom('a', 'b', 'c'),
  epoch: fc.nat(1),
  askId: fc.integer({ min: 1, max: 3 }),
})
/** Nothing is asked of the actors here. */
const cell = {} as ActorCell

test('each is found by its token until it is taken out, also among others of the same number', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const deferrals = new Deferrals()
      const known = new Map<string, Deferral>()
      for (const { isSet, node, epoch, askId } of changes) {
        const key = tokenKey(new ReplyToken(node, epoch, askId))
        if (isSet) {
          const deferral = new Deferral(new ReplyToken(node, epoch, askId), cell)
          deferrals.set(deferral)
          known.set(key, deferral)
        } else {
          expect(deferrals.take(new ReplyToken(node, epoch, askId))).toBe(known.get(key))
          known.delete(key)
        }
        expect(deferrals.size).toBe(known.size)
        expect(new Set(deferrals)).toEqual(new Set(known.values()))
        for (const deferral of known.values()) expect(deferrals.get(deferral.token)).toBe(deferral)
        expect(deferrals.get(new ReplyToken('nobody', epoch, askId))).toBeUndefined()
      }
    }),
  )
})
