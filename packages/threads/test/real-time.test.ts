/** Real time, for a local system and for the nodes of threads. */
import { createLocalSystem, defineActor } from '@troupe/core'
import { expect, test, vi } from 'vitest'
import { RealClock, realTime } from '../src/real-time.ts'

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
