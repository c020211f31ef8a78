/** A bucket alone: a probe stands for the limiter that owns it. */
import { test } from '@troupe/core/testing/vitest'
import { expect } from 'vitest'
import { Bucket } from '../src/bucket.ts'

const limits = { burst: 1, refillMs: 100, idleMs: 1_000 }

test('a bucket that is full and unused tells its owner, and only then', async ({ kit }) => {
  const owner = kit.probe<{ idle: (bucket: { client: string }) => void }>('owner')
  const bucket = await kit.spawn(Bucket, { client: 'ada', limits, owner: owner.ref })
  expect(await bucket.ask('acquire', 'ada')).toMatchObject({ admitted: true })
  await owner.expectNone({ withinMs: 1_099 })
  await owner.expectWithin({ withinMs: 1 }, 'idle', { client: 'ada' })
})
