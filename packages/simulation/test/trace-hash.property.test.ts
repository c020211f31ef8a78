/** The running hash tells payloads, messages, times and orders apart, by shapes and by the general walk alike. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageKinds } from '../src/message-kinds.ts'
import { TraceHash } from '../src/trace-hash.ts'

interface Step {
  readonly atMs: number
  readonly message: string
  readonly payload: unknown
}

const atom = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
)
const flat = fc.record({ from: atom, round: atom, value: atom }).map((fields) => ({ ...fields }))
const payload = fc.oneof(flat, fc.jsonValue({ maxDepth: 3 }))
const step: fc.Arbitrary<Step> = fc.record({
  atMs: fc.constantFrom(0, 0.25, 1, 1.5),
  message: fc.constantFrom('prepare', 'promise'),
  payload,
})

function digestOf(steps: readonly Step[]): string {
  const hash = new TraceHash()
  const kinds = new MessageKinds()
  for (const { atMs, message, payload } of steps) {
    hash.time(atMs)
    hash.message(kinds.of(message), payload)
  }
  return hash.digest
}

const textOf = (steps: readonly Step[]) => JSON.stringify(steps)

test('equal runs have equal hashes, and different ones different hashes', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(step, { minLength: 1, maxLength: 6 }),
      (one, other) => {
        expect(digestOf(structuredClone(one))).toBe(digestOf(one))
        expect(digestOf(one) === digestOf(other)).toBe(textOf(one) === textOf(other))
      },
    ),
    { numRuns: 500 },
  )
})

test('one value, one key, one time or one order more or less is another hash', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), fc.nat(), flat, (steps, at, { value }) => {
      const index = at % steps.length
      const changed = (change: Partial<Step>) =>
        steps.map((one, place) => (place === index ? { ...one, ...change } : one))
      const own = steps[index] as Step
      const variants = [
        changed({ payload: { from: own.payload, round: 1, value } }),
        changed({ payload: { from: own.payload, value, round: 1 } }),
        changed({ payload: [own.payload, {}] }),
        changed({ payload: [{}, own.payload] }),
        changed({ atMs: own.atMs + 1e-9 }),
        changed({ message: `${own.message}.` }),
        [...steps.slice(1), steps[0] as Step],
      ]
      for (const variant of variants) {
        expect(digestOf(variant) === digestOf(steps)).toBe(textOf(variant) === textOf(steps))
      }
    }),
    { numRuns: 300 },
  )
})
