/** The virtual clock against a sorted list: tasks run by time, then in the order in which they were set. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../src/virtual-clock.ts'

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('schedule' as const), value: fc.constantFrom(0, 1, 2, 5, 5, 9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('runNext' as const), value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('runTo' as const), value: fc.nat(4) }) },
)

test('tasks run in order, never early, and not once they were cancelled', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const clock = new VirtualClock(100)
      let open: { time: number; id: number; cancel: () => void }[] = []
      const ran: string[] = []
      const expected: string[] = []
      const expectNext = (limit: number) => {
        const next = [...open].sort((left, right) => left.time - right.time || left.id - right.id)[0]
        if (next === undefined || next.time > limit) return false
        open = open.filter((task) => task !== next)
        expected.push(`${next.id} at ${next.time}`)
        return true
      }
      for (const [id, { do: action, value }] of steps.entries()) {
        if (action === 'schedule') {
          const task = clock.schedule(value, () => ran.push(`${id} at ${clock.now()}`))
          open.push({ time: clock.now() + value, id, cancel: () => task.cancel() })
        } else if (action === 'cancel' && open.length > 0) {
          const [task] = open.splice(value % open.length, 1)
          task?.cancel()
        } else if (action === 'runNext') {
          expect(clock.runNext()).toBe(expectNext(Number.POSITIVE_INFINITY))
        } else if (action === 'runTo') {
          const end = clock.now() + value
          while (expectNext(end)) expect(clock.runNext(end)).toBe(true)
          expect(clock.runNext(end)).toBe(false)
          clock.moveTo(end)
          expect(clock.now()).toBe(end)
        }
        expect(ran).toEqual(expected)
        expect(clock.nextTime).toBe(open.length === 0 ? undefined : Math.min(...open.map(({ time }) => time)))
      }
    }),
  )
})

test('of very many tasks that are cancelled, the others run in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 3_000, maxLength: 6_000 }), fc.nat(9), (delays, kept) => {
      const clock = new VirtualClock()
      const ran: number[] = []
      const tasks = delays.map((delay, id) => clock.schedule(delay, () => ran.push(id)))
      for (const [id, task] of tasks.entries()) if (id % 10 !== kept) task.cancel()
      tasks[kept]?.cancel()
      tasks[kept]?.cancel()
      while (clock.runNext());
      const expected = delays
        .map((delay, id) => ({ delay, id }))
        .filter(({ id }) => id % 10 === kept && id !== kept)
        .sort((left, right) => left.delay - right.delay || left.id - right.id)
      expect(ran).toEqual(expected.map(({ id }) => id))
    }),
    { numRuns: 20 },
  )
})

test('a task that is set by a task runs after it, even without a delay', () => {
  const clock = new VirtualClock()
  const ran: string[] = []
  clock.schedule(1, () => {
    ran.push('outer')
    clock.schedule(0, () => ran.push('inner'))
    expect(ran).toEqual(['outer'])
  })
  while (clock.runNext());
  expect(ran).toEqual(['outer', 'inner'])
  expect(clock.now()).toBe(1)
})

test('time never goes back', () => {
  const clock = new VirtualClock(10)
  clock.moveTo(5)
  expect(clock.now()).toBe(10)
  clock.schedule(-5, () => {})
  expect(clock.nextTime).toBe(10)
})

test('a task that is held back runs where it would have, had it been set at once', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ line: fc.nat(3), gap: fc.nat(2) }), { maxLength: 60 }), (tasks) => {
      const [all, heads] = [new VirtualClock(), new VirtualClock()]
      const [ran, ranOfHeads]: [string[], string[]] = [[], []]
      const lastTime = new Map<number, number>()
      const lines = new Map<number, (() => void)[]>()
      for (const [id, { line, gap }] of tasks.entries()) {
        const time = (lastTime.get(line) ?? 0) + gap
        lastTime.set(line, time)
        all.schedule(time, () => ran.push(`${id} at ${all.now()}`))
        // Of each line only the first is set, and each sets the next.
        const order = heads.takeOrder()
        const waiting = lines.get(line) ?? []
        const run = () => {
          ranOfHeads.push(`${id} at ${heads.now()}`)
          waiting.shift()
          waiting[0]?.()
        }
        const set = () => heads.setAt(time, order, { run })
        waiting.push(set)
        lines.set(line, waiting)
        if (waiting.length === 1) set()
      }
      while (all.runNext());
      while (heads.runNext());
      expect(ranOfHeads).toEqual(ran)
    }),
  )
})
