/** The order of timers, over a platform whose own order cannot be relied on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PlatformTimers, TimerQueue } from '../src/timer-queue.ts'

/** A platform that fires late or a little early, as it likes. */
class Platform implements PlatformTimers {
  time = 0
  #started: { readonly at: number; readonly run: () => void } | undefined

  now(): number {
    return this.time
  }

  start(delayMs: number, run: () => void) {
    const started = { at: this.time + delayMs, run }
    this.#started = started
    return {
      cancel: () => {
        if (this.#started === started) this.#started = undefined
      },
    }
  }

  /** Fires what was started, `off` milliseconds away from its time; false when nothing was. */
  fire(off: number): boolean {
    const started = this.#started
    if (started === undefined) return false
    this.#started = undefined
    this.time = Math.max(this.time, started.at + off)
    started.run()
    return true
  }
}

const step = fc.record({ delayMs: fc.nat(6), passes: fc.nat(4), newRound: fc.boolean(), cancels: fc.boolean() })

test('timers run by the time they are due, none too early, the shorter of one round first, cancelled ones never', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.integer({ min: -1, max: 5 })),
      async (steps, offs) => {
        const platform = new Platform()
        const queue = new TimerQueue(platform)
        const ran: number[] = []
        const expected: { readonly id: number; readonly place: number }[] = []
        let round = platform.time
        for (const [id, { delayMs, passes, newRound, cancels }] of steps.entries()) {
          if (newRound) {
            await undefined
            await undefined
            round = platform.time
          }
          if (id === 0) round = platform.time
          const due = platform.time + delayMs
          const timer = queue.schedule(delayMs, () => {
            expect(platform.time).toBeGreaterThanOrEqual(due)
            ran.push(id)
          })
          if (cancels) timer.cancel()
          else expected.push({ id, place: round + delayMs })
          platform.time += passes
        }
        expect(queue.size).toBe(expected.length)
        for (let index = 0; platform.fire(offs[index % Math.max(1, offs.length)] ?? 0); index++) {
          // One that fires early for ever would never let time pass.
          if (index > 200) platform.time++
        }
        expected.sort((left, right) => left.place - right.place || left.id - right.id)
        expect(ran).toEqual(expected.map(({ id }) => id))
        expect(queue.size).toBe(0)
      },
    ),
  ))

test('a timer that starts another, or cancels one, from where it runs', () => {
  const platform = new Platform()
  const queue = new TimerQueue(platform)
  const ran: string[] = []
  const late = queue.schedule(3, () => ran.push('late'))
  queue.schedule(1, () => {
    ran.push('first')
    late.cancel()
    late.cancel()
    queue.schedule(1, () => ran.push('second'))
  })
  while (platform.fire(0));
  expect(ran).toEqual(['first', 'second'])
})

test('one that throws keeps none of the others from running', () => {
  const platform = new Platform()
  const queue = new TimerQueue(platform)
  let ran = false
  queue.schedule(1, () => {
    throw new Error('at once')
  })
  queue.schedule(1, () => {
    ran = true
  })
  expect(() => platform.fire(0)).toThrow('at once')
  platform.fire(0)
  expect(ran).toBe(true)
})
