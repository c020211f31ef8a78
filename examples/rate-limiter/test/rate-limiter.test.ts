/** The limiter in virtual time, to the millisecond, and behind a real HTTP server. */
import { createLocalSystem } from '@troupe/core'
import { realTime } from '@troupe/threads/real-time'
import { expect, test } from 'vitest'
import { Limiter } from '../src/limiter.ts'
import { serve } from '../src/server.ts'

const limits = { burst: 3, refillMs: 100, idleMs: 1_000 }

test('admits a burst, then one request for each token that was put back', async () => {
  await using system = createLocalSystem()
  const limiter = await system.spawn(Limiter, limits)
  const admitted = async (count: number) => {
    const verdicts = await Promise.all(Array.from({ length: count }, () => limiter.ask('acquire', 'ada')))
    return verdicts.filter((verdict) => verdict.admitted).length
  }
  expect(await admitted(10)).toBe(3)
  await system.advance(99)
  expect(await limiter.ask('acquire', 'ada')).toEqual({ admitted: false, remaining: 0, retryAfterMs: 1 })
  await system.advance(1)
  expect(await admitted(10)).toBe(1)
  await system.advance(250)
  expect(await admitted(10)).toBe(2)
  await system.advance(10_000)
  expect(await admitted(10)).toBe(3)
})

test('clients do not feel each other, and a bucket that nobody uses ends', async () => {
  await using system = createLocalSystem()
  const limiter = await system.spawn(Limiter, limits)
  for (const client of ['ada', 'bob', 'ada', 'ada']) await limiter.ask('acquire', client)
  expect(await limiter.ask('acquire', 'ada')).toMatchObject({ admitted: false })
  expect(await limiter.ask('acquire', 'bob')).toMatchObject({ admitted: true, remaining: 1 })
  expect(await limiter.ask('clients')).toBe(2)
  await system.advance(300 + 999)
  expect(await limiter.ask('clients')).toBe(1)
  await system.advance(1)
  expect(await limiter.ask('clients')).toBe(0)
  expect(await limiter.ask('acquire', 'ada')).toMatchObject({ admitted: true, remaining: 2 })
})

test('an HTTP client beyond its bucket is told 429, and when to come back', async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const limiter = await system.spawn(Limiter, { burst: 4, refillMs: 3_600_000, idleMs: 1_000 })
  const { server, url } = await serve(limiter)
  const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(url, { headers: { 'x-api-key': 'k' } })))
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(4)
  const refused = responses.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(16)
  expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 3_000)).toBe(true)
  await Promise.all(responses.map((response) => response.text()))
  await new Promise((resolve) => server.close(resolve))
})
