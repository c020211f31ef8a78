/** Real time, for a local system and for the nodes of threads. */
import { createLocalSystem, defineActor } from '@troupe/core'
import { expect, test, vi } from 'vitest'
import { RealClock, realTime } from '../src/real-time.ts'
import { Plodder, Pusher } from './fixtures/plodder.ts'

test('in real time a busy actor leaves the event loop its turns', async () => {
  const Busy = defineActor({
    name: 'Busy',
    init: () => ({ over: false, turns: 0 }),
    on: {
      spin(state, _message, ctx: any) {
        state.turns++
        if (!state.over) ctx.tell(ctx.self, 'spin')
      },
      end(state) {
        state.over = true
        return state.turns
      },
    },
  })
  await using system = createLocalSystem({ realTime: realTime() })
  const busy = await system.spawn(Busy, undefined)
  busy.tell('spin')
  // Neither would ever run if the actor kept the thread.
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(await busy.ask('end')).toBeGreaterThan(0)
})

test('in real time the event loop has its turns between those that compute', async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const heard = new Int32Array(new SharedArrayBuffer(16))
  const plodder = await system.spawn(Plodder, { heard })
  const asked = Array.from({ length: 20 }, () => plodder.ask('plod'))
  await asked[0]
  await new Promise((resolve) => setImmediate(resolve))
  expect(Atomics.load(heard, 1)).toBeLessThan(20)
  await Promise.all(asked)
  expect(Atomics.load(heard, 1)).toBe(20)
})

test('in real time who asks again at once what was refused leaves the actor beside it its turns', async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const heard = new Int32Array(new SharedArrayBuffer(16))
  const plodder = await system.spawn(Plodder, { heard }, { mailbox: { capacity: 4 } })
  const pusher = await system.spawn(Pusher, undefined)
  const { refused, reply } = await pusher.ask('push', plodder.ref)
  expect({ reply, wasRefused: refused > 0 }).toEqual({ reply: 'done', wasRefused: true })
})

test('a delay beyond what a platform timer takes does not fire at once', () => {
  vi.useFakeTimers()
  try {
    let fired = false
    new RealClock().schedule(Number.POSITIVE_INFINITY, () => {
      fired = true
    })
    vi.advanceTimersByTime(60_000)
    expect(fired).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})
