/** Partial-order reduction: the verdicts of the full search, on random systems and on programs, with fewer states. */
import { type ActorRef, defineActor } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CheckOptions, check, type StateView } from '../src/index.ts'
import { programOptions } from '../src/programs/index.ts'

interface Rule {
  next: number
  send: { to: number; message: number } | undefined
}
const names = ['a', 'b', 'c']
const rule: fc.Arbitrary<Rule> = fc.record({
  next: fc.nat(2),
  send: fc.option(fc.record({ to: fc.nat(2), message: fc.nat(1) }), { nil: undefined, freq: 2 }),
})
const exactly = <Item>(item: fc.Arbitrary<Item>, length: number) =>
  fc.array(item, { minLength: length, maxLength: length })
/** By actor, message and state. Messages go up by actor in most systems, so that there is something to leave out. */
const program = exactly(exactly(exactly(rule, 3), 2), 3)

const Programmed = defineActor<{ handle: (message: number) => void }>()({
  name: 'Programmed',
  init: (args: { rules: Rule[][]; peers: ActorRef<any>[]; own: number; upwards: boolean; begins: boolean }) => ({
    ...args,
    at: 0,
    turns: 0,
  }),
  started(state, ctx) {
    if (state.begins) for (const key of [0, 1]) ctx.timers.once({ key: String(key), delayMs: 1 }, 'handle', key)
  },
  on: {
    handle(state, message, ctx) {
      if (state.turns === 3) return
      state.turns++
      const { next, send } = (state.rules[message] as Rule[])[state.at] as Rule
      state.at = next
      if (send !== undefined && (!state.upwards || send.to >= state.own)) {
        ctx.tell(state.peers[send.to] as ActorRef<any>, 'handle', send.message)
      }
    },
  },
})

test.each(['duplicating', 'unordered', 'ordered'] as const)('random systems, %s', (network) => {
  let full = 0
  let reduced = 0
  fc.assert(
    fc.property(program, fc.boolean(), fc.boolean(), fc.nat(2), fc.nat(2), (rules, upwards, lossy, seen, value) => {
      const is = (view: StateView) => view.state(names[seen] as string).at === value
      const options = {
        actors: names.map((name, own) => ({
          name,
          definition: Programmed,
          args: (ref: (name: string) => ActorRef<any>) => ({
            rules: rules[own] as Rule[][],
            peers: names.map(ref),
            own,
            upwards,
            begins: own !== 1,
          }),
        })),
        network,
        lossy,
        always: { never: (view: StateView) => !is(view) },
        sometimes: { is },
        eventually: { is },
        mayEnd: (view: StateView) => view.state('c').turns !== 1,
        stopAtViolation: false,
      } satisfies CheckOptions<any>
      const whole = check(options)
      const part = check({ ...options, reduction: 'persistent-sets' })
      const { always, sometimes, eventually } = whole
      expect(part).toMatchObject({ complete: true, always, sometimes, eventually })
      const deadlocks = (result: typeof whole) => result.counterexamples.some(({ kind }) => kind === 'deadlock')
      expect(deadlocks(part)).toBe(deadlocks(whole))
      expect(part.distinct).toBeLessThanOrEqual(whole.distinct)
      full += whole.distinct
      reduced += part.distinct
    }),
    { numRuns: 150 },
  )
  expect(reduced).toBeLessThan(full)
})

test('independent actors that nobody looks at are explored in one order', () => {
  const Counting = defineActor<{ tick: () => void }>()({
    name: 'Counting',
    init: () => ({ count: 0 }),
    started: (_state, ctx) => ctx.timers.fixedRate({ key: 'tick', periodMs: 1 }, 'tick'),
    on: {
      tick(state, _message, ctx) {
        if (++state.count === 4) ctx.timers.cancelAll()
      },
    },
  })
  const options = {
    actors: ['a', 'b', 'c', 'd'].map((name) => ({ name, definition: Counting })),
    network: 'unordered',
    always: { small: (view: StateView) => view.state('a').count < 5 },
  } satisfies CheckOptions<any>
  expect(check(options)).toMatchObject({ distinct: 5 ** 4 })
  expect(check({ ...options, reduction: 'persistent-sets' })).toMatchObject({
    complete: true,
    distinct: 12 + 5,
    always: { small: 'holds' },
  })
})

test.each(['two-phase-commit', 'abd', 'paxos-register', 'single-copy'])('%s has the same verdicts', (name) => {
  const options = programOptions(name) as CheckOptions<any>
  const { complete, always, sometimes, distinct } = check(options)
  const reduced = check({ ...options, reduction: 'persistent-sets' })
  expect(reduced).toMatchObject({ complete, always, sometimes })
  expect(reduced.distinct).toBeLessThanOrEqual(distinct)
})
