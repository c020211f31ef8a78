/** The lock service: asks with timeouts, children, and the write of a holder whose lease is over. */
import { expect, test } from 'vitest'
import { type Counterexample, formatCounterexample } from '../src/index.ts'
import { checkProgram } from '../src/programs/index.ts'

test('a store that compares tokens is never overwritten by a late holder, and every client is done', () => {
  for (const network of ['unordered', 'ordered'] as const) {
    const result = checkProgram('lock-service', { network })
    expect(result).toMatchObject({ complete: true, counterexample: undefined })
    if (network === 'unordered') expect(result).toMatchObject({ distinct: 2_566, generated: 7_114, depth: 15 })
    expect(Object.values(result.sometimes)).toEqual(['holds', 'holds'])
    expect(Object.values(result.eventually)).toEqual(['holds', 'holds'])
  }
})

test('without tokens it is: by a write that its holder has given up, with the lock', () => {
  const { counterexample } = checkProgram('lock-service', { parameters: { fenced: 0 } })
  expect(counterexample).toMatchObject({ kind: 'always', property: 'no write overtakes that of a later holder' })
  const text = formatCounterexample(counterexample as Counterexample)
  expect(text).toContain('client0: an ask of store times out: unknown')
  expect(text).toContain('lock/Lease-2 = ')
  expect(text).toMatch(/client1 -> store: write \(ask\) 2\n[\s\S]*client0 -> store: write 1\n/)
})

test('a network that loses messages leaves clients to their timeouts', () => {
  expect(checkProgram('lock-service', { lossy: true, statesMax: 2e6 })).toMatchObject({
    always: { 'no write overtakes that of a later holder': 'holds' },
    eventually: { 'every client is done': 'holds' },
  })
})
