/** `fair: 'weak'`: against every fair run of small graphs, and for what actors do. */
import { type ActorRef, ConfigurationError, defineActor } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check, model, type StateView, witness } from '../src/index.ts'

/** Two processes that count round by themselves; `good` once the second has moved. */
const spinning = model<{ spin: number; moved: boolean }>({
  init: () => [{ spin: 0, moved: false }],
  actions: {
    *spin(state) {
      yield { ...state, spin: (state.spin + 1) % 3 }
    },
    *move(state) {
      if (!state.moved) yield { ...state, moved: true }
    },
  },
})

test('a process that is never scheduled is a counterexample, unless runs are to be fair', () => {
  const eventually = { 'the other moves': ({ moved }: { moved: boolean }) => moved }
  expect(check({ model: spinning, eventually })).toMatchObject({
    eventually: { 'the other moves': 'fails' },
    counterexample: { loopsTo: 0 },
  })
  expect(check({ model: spinning, eventually, fair: 'weak' })).toMatchObject({
    eventually: { 'the other moves': 'holds' },
    counterexample: undefined,
  })
})

test('what is possible now and then only may be put off for ever, as weak fairness has it', () => {
  // A lock that is free in every second state: whoever waits for it may find it taken each time.
  const lock = model<{ taken: boolean; got: boolean }>({
    init: () => [{ taken: false, got: false }],
    actions: {
      *other(state) {
        yield { ...state, taken: !state.taken }
      },
      *take(state) {
        if (!state.taken && !state.got) yield { ...state, got: true }
      },
    },
  })
  const result = check({ model: lock, eventually: { got: ({ got }) => got }, fair: 'weak' })
  expect(result.eventually).toEqual({ got: 'fails' })
  expect(result.counterexample).toMatchObject({ loopsTo: 0 })
  expect(result.counterexample?.steps.map(({ action }) => action)).toEqual(['other', 'other'])
})

test('actions of one name are several by what witness names', () => {
  const pair = (named: boolean) =>
    model<{ at: readonly number[] }>({
      init: () => [{ at: [0, 0] }],
      actions: {
        *turn({ at }) {
          for (const id of [0, 1]) {
            const next = { at: at.with(id, ((at[id] as number) + 1) % 2) }
            yield named ? witness(next, id) : next
          }
        },
      },
    })
  const eventually = { 'the second turns': ({ at }: { at: readonly number[] }) => at[1] === 1 }
  expect(check({ model: pair(true), eventually, fair: 'weak' }).eventually).toEqual({ 'the second turns': 'holds' })
  expect(check({ model: pair(false), eventually, fair: 'weak' }).eventually).toEqual({ 'the second turns': 'fails' })
})

const actions = ['a', 'b', 'c']

test('weakly fair runs are those that an independent judge finds, in random graphs', () => {
  const step = fc.record({ from: fc.nat(4), to: fc.nat(4), action: fc.constantFrom(...actions) })
  fc.assert(
    fc.property(
      fc.uniqueArray(step, { maxLength: 9, selector: (one) => JSON.stringify(one) }),
      fc.nat(4),
      (steps, good) => {
        const bad = (id: number) => id !== good
        const out = (id: number) => steps.filter(({ from }) => from === id)
        const enabled = (id: number) => new Set(out(id).map(({ action }) => action))
        // Every set of bad states that are all reachable from one another within it is what some run stays in for ever.
        const reach = (from: number, within: ReadonlySet<number>) => {
          const seen = new Set<number>()
          const work = out(from)
            .filter(({ to }) => within.has(to))
            .map(({ to }) => to)
          for (let id = work.pop(); id !== undefined; id = work.pop()) {
            if (seen.has(id)) continue
            seen.add(id)
            for (const { to } of out(id)) if (within.has(to)) work.push(to)
          }
          return seen
        }
        const badStates = new Set([0, 1, 2, 3, 4].filter(bad))
        const reachable = bad(0) ? new Set([0, ...reach(0, badStates)]) : new Set<number>()
        const ends = [...reachable].some((id) => out(id).length === 0)
        const turns = Array.from({ length: 31 }, (_, index) => index + 1).some((mask) => {
          const set = new Set([0, 1, 2, 3, 4].filter((id) => (mask >> id) % 2 === 1))
          if (![...set].every((id) => reachable.has(id) && reach(id, set).size === set.size)) return false
          const always = actions.filter((action) => [...set].every((id) => enabled(id).has(action)))
          return always.every((action) =>
            steps.some((one) => one.action === action && set.has(one.from) && set.has(one.to)),
          )
        })
        const graph = model<number>({
          init: () => [0],
          actions: Object.fromEntries(
            actions.map((action) => [
              action,
              function* (id: number) {
                for (const one of out(id)) if (one.action === action) yield one.to
              },
            ]),
          ),
        })
        const result = check({ model: graph, eventually: { good: (id) => id === good }, fair: 'weak' })
        expect(result.eventually.good).toBe(ends || turns ? 'fails' : 'holds')
        const { counterexample } = result
        if (counterexample?.loopsTo === undefined) return
        // The cycle that is shown is fair itself.
        const states = [counterexample.initial, ...counterexample.steps.map(({ state }) => state)]
        const cycle = new Set(states.slice(counterexample.loopsTo))
        const taken = counterexample.steps.slice(counterexample.loopsTo).map(({ action }) => action)
        for (const action of actions) {
          if ([...cycle].every((id) => enabled(id).has(action))) expect(taken).toContain(action)
        }
        expect(states.every(bad)).toBe(true)
        expect(states[counterexample.loopsTo]).toBe(states.at(-1))
      },
    ),
    { numRuns: 500 },
  )
})

const Ticking = defineActor<{ tick: () => void; hello: () => void }>()({
  name: 'Ticking',
  init: (args: { other: ActorRef<any> | undefined }) => ({ ...args, ticks: 0, greeted: false }),
  started(state, ctx) {
    ctx.timers.fixedRate({ key: 'tick', periodMs: 1 }, 'tick')
    if (state.other !== undefined) ctx.tell(state.other, 'hello')
  },
  on: {
    tick(state) {
      state.ticks = (state.ticks + 1) % 2
    },
    hello(state) {
      state.greeted = true
    },
  },
})

test('a message that can be handled in every state is handled, unless the network may lose it', () => {
  const options = {
    actors: [
      { name: 'ann', definition: Ticking, args: (ref: (name: string) => ActorRef<any>) => ({ other: ref('bob') }) },
      { name: 'bob', definition: Ticking, args: { other: undefined } },
    ],
    network: 'unordered',
    eventually: { 'bob is greeted': (view: StateView) => view.state('bob').greeted },
  } as const
  expect(check(options as any).eventually).toEqual({ 'bob is greeted': 'fails' })
  expect(check({ ...options, fair: 'weak' } as any).eventually).toEqual({ 'bob is greeted': 'holds' })
  expect(check({ ...options, fair: 'weak', lossy: true } as any).eventually).toEqual({ 'bob is greeted': 'fails' })
})

test('an ask ends where runs are fair, by its reply or its timeout', () => {
  const Mute = defineActor<{ get: () => number; tick: () => void }>()({
    name: 'Mute',
    init: () => ({ ticks: 0 }),
    started: (_state, ctx) => ctx.timers.fixedRate({ key: 'tick', periodMs: 1 }, 'tick'),
    on: {
      get: (_state, _message, ctx) => ctx.deferReply<number>(),
      tick(state) {
        state.ticks = (state.ticks + 1) % 2
      },
    },
  })
  const Asker = defineActor<{ got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Asker',
    init: (args: { mute: ActorRef<{ get: () => number }> }) => ({ ...args, isOver: false }),
    started: (state, ctx) => ctx.askThen({ onReply: 'got', onError: 'failed' }, state.mute, 'get'),
    on: {
      got(state) {
        state.isOver = true
      },
      failed(state) {
        state.isOver = true
      },
    },
  })
  const options = {
    actors: [
      { name: 'mute', definition: Mute },
      { name: 'asker', definition: Asker, args: (ref: (name: string) => ActorRef<any>) => ({ mute: ref('mute') }) },
    ],
    network: 'ordered',
    lossy: true,
    eventually: { 'the ask is over': (view: StateView) => view.state('asker').isOver },
  }
  expect(check(options as any).eventually).toEqual({ 'the ask is over': 'fails' })
  expect(check({ ...options, fair: 'weak' } as any).eventually).toEqual({ 'the ask is over': 'holds' })
})

test('fairness is refused beside what calls actions by other names or leaves them out', () => {
  const base = { model: spinning, fair: 'weak' } as const
  expect(() => check({ ...base, symmetry: [['a', 'b']] })).toThrow(ConfigurationError)
  expect(() => check({ ...base, fair: 'strong' as never })).toThrow("fair must be one of none, weak, got 'strong'")
  const actors = [{ name: 'bob', definition: Ticking, args: { other: undefined } }] as const
  expect(() => check({ actors, network: 'ordered', fair: 'weak', reduction: 'persistent-sets' })).toThrow(
    'fair goes with neither symmetry nor reduction',
  )
})
