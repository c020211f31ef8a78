/** Counterexamples of actors as reports: each delivery tied to the step that sent it. The page itself: test/report. */
import { type ActorRef, defineActor, refKey } from '@troupe/core'
import { expect, test } from 'vitest'
import { check, counterexampleReport } from '../src/index.ts'

type PlayerProtocol = { ball: (count: number) => void }

const Player = defineActor<PlayerProtocol>()({
  name: 'Player',
  init: (args: { other: ActorRef<PlayerProtocol>; serves: boolean }) => ({ ...args, count: 0 }),
  started(state, ctx) {
    if (state.serves) ctx.tell(state.other, 'ball', 1)
  },
  on: {
    ball(state, count, ctx) {
      state.count = count
      ctx.tell(state.other, 'ball', count + 1)
    },
  },
})

test('a counterexample has an event for each step, with what it changed and who sent its message', () => {
  const { counterexample } = check({
    actors: [
      { name: 'ann', definition: Player, args: (ref) => ({ other: ref('bob'), serves: true }) },
      { name: 'bob', definition: Player, args: (ref) => ({ other: ref('ann'), serves: false }) },
    ],
    network: 'unordered',
    always: { 'below three': (view) => view.state('bob').count < 3 },
  })
  const { events, actors, verdict, initial } = counterexampleReport(counterexample!)
  expect(verdict).toBe('invariant violated: below three')
  expect(actors.map(({ path }) => path)).toEqual(['ann', 'bob'])
  expect(initial?.map(({ state }) => (state as { count: number }).count)).toEqual([0, 0])
  const steps = events.map(({ kind, actor, text, cause, states = [] }) => [
    kind,
    actor,
    text,
    cause,
    states.map((change) => [change.actor, (change.state as { count: number }).count]),
  ])
  expect(steps).toEqual([
    ['turn', 'bob', 'ball 1 from ann', undefined, [['bob', 1]]],
    ['turn', 'ann', 'ball 2 from bob', 0, [['ann', 2]]],
    ['turn', 'bob', 'ball 3 from ann', 1, [['bob', 3]]],
    ['violation', undefined, 'invariant violated: below three', undefined, []],
  ])
})

test('a child has its place in the report, from its start to its end, and so has a reference to it', () => {
  const Child = defineActor<{ end: () => void }>()({
    name: 'Child',
    init: () => ({}),
    on: { end: (_state, _message, ctx) => ctx.stop() },
  })
  const Parent = defineActor<{ end: () => void }>()({
    name: 'Parent',
    init: (): { child?: ActorRef<{ end: () => void }> } => ({}),
    started(state, ctx) {
      state.child = ctx.spawn(Child, undefined, { name: 'only' })
      ctx.tell(state.child, 'end')
    },
    on: { end() {} },
  })
  const { counterexample } = check({
    actors: [{ name: 'parent', definition: Parent }],
    network: 'unordered',
    spawnsMax: 1,
    mayEnd: false,
  })
  const report = counterexampleReport(counterexample!)
  expect(report.actors.map(({ path }) => path)).toEqual(['parent', 'parent/only'])
  const ends = report.events.flatMap(({ states = [] }) => states).filter(({ ended }) => ended)
  expect(ends.map(({ actor }) => actor)).toEqual(['parent/only'])
  const [state] = report.initial!.map((one) => one.state as { child: ActorRef })
  expect(refKey(state!.child)).toBe('local/parent/only')
})
