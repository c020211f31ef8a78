/** Crashes up to a bound, with what the disk may have of what was written: output commit, early tells, recovery. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { check, type StateView } from '../src/index.ts'

type WitnessProtocol = { saw: (count: number) => void }

const Witness = defineActor<WitnessProtocol>()({
  name: 'Witness',
  init: () => ({ seen: 0 }),
  on: {
    saw(state, count) {
      state.seen = Math.max(state.seen, count)
    },
  },
})

/** Counts by events and tells the witness, held or early. */
const counter = (early: boolean, persists = true) =>
  defineActor<{ add: () => void }>()({
    name: 'Counter',
    init: (args: { witness: ActorRef<WitnessProtocol> }) => ({ ...args, count: 0 }),
    events: { added: (state: { count: number }) => void state.count++ },
    started(state, ctx) {
      if (state.count === 0) ctx.timers.once({ key: 'add', delayMs: 1 }, 'add')
    },
    on: {
      add(state, _message, ctx) {
        if (persists) ctx.persist('added')
        else state.count++
        if (early) ctx.tellEarly(state.witness, 'saw', state.count)
        else ctx.tell(state.witness, 'saw', state.count)
        if (state.count < 2) ctx.timers.once({ key: 'add', delayMs: 1 }, 'add')
      },
    },
  })

const remembered = (view: StateView) => view.state('witness').seen <= view.state('disk/counter').count

function checkCounter(definition: ReturnType<typeof counter>, crashes: number, durable = true) {
  return check({
    actors: [
      { name: 'witness', definition: Witness },
      {
        node: 'disk',
        name: 'counter',
        definition,
        args: (ref: (name: string) => ActorRef<any>) => ({ witness: ref('witness') }),
        ...(durable ? { durableId: 'counter' } : {}),
      },
    ],
    network: 'unordered',
    crashes,
    always: { 'the world knows nothing that is forgotten': remembered },
    sometimes: {
      'the disk is down': (view) => !view.isUp('disk/counter'),
      'two are remembered': (view) => view.state('witness').seen === 2,
      'what was not synced survives': (view) =>
        !view.isUp('disk/counter') && view.state('disk/counter').count > view.state('witness').seen,
    },
  })
}

test('what is held until the sync is never forgotten, whatever the disk has kept', () => {
  expect(checkCounter(counter(false), 2)).toMatchObject({
    complete: true,
    always: { 'the world knows nothing that is forgotten': 'holds' },
    sometimes: { 'the disk is down': 'holds', 'two are remembered': 'holds', 'what was not synced survives': 'holds' },
  })
})

test('what is told early may be known of what is forgotten', () => {
  const { counterexample } = checkCounter(counter(true), 1)
  expect(counterexample?.steps.map(({ event }) => event)).toEqual(expect.arrayContaining(['timer', 'crash', 'deliver']))
  expect(counterexample?.steps).toHaveLength(3)
  expect(checkCounter(counter(true), 0).counterexample).toBeUndefined()
})

test('without a disk everything is forgotten, and persisting is refused', () => {
  const { counterexample } = checkCounter(counter(false, false), 1, false)
  expect(counterexample?.property).toBe('the world knows nothing that is forgotten')
  expect(() => checkCounter(counter(false), 1, false)).toThrow('persists added, but is not durable')
})

test('a message for a node that is down waits or is lost; timers and the rest of memory go', () => {
  const Sleeper = defineActor<{ wake: () => void }>()({
    name: 'Sleeper',
    init: () => ({ woken: 0, starts: 0 }),
    started(state, ctx) {
      state.starts++
      ctx.timers.once({ key: 'never', delayMs: 1 }, 'wake')
    },
    on: { wake: (state) => void state.woken++ },
  })
  const Caller = defineActor<{ never: () => void }>()({
    name: 'Caller',
    init: (args: { to: ActorRef<any> }) => args,
    started: (state, ctx) => ctx.tell(state.to, 'wake'),
    on: { never() {} },
  })
  const result = check({
    actors: [
      { node: 'far', name: 'sleeper', definition: Sleeper },
      { name: 'caller', definition: Caller, args: (ref) => ({ to: ref('far/sleeper') }) },
    ],
    network: 'ordered',
    crashes: 1,
    always: {
      'no timer is left while it is down': (view) => view.isUp('far/sleeper') || view.timers('far/sleeper').size === 0,
      'its timer wakes it once, and each of two starts of the caller': (view) => view.state('far/sleeper').woken <= 3,
    },
    sometimes: {
      'lost while down': (view) => !view.isUp('far/sleeper') && view.messages().length === 0,
      'arrived after': (view) => view.isUp('far/sleeper') && view.state('far/sleeper').woken === 2,
    },
  })
  expect(result).toMatchObject({ complete: true, counterexample: undefined })
  expect(result.sometimes).toEqual({ 'lost while down': 'holds', 'arrived after': 'holds' })
})

test('a reminder comes back with the node, a done one does not', () => {
  const Reminded = defineActor<{ begin: () => void; remind: () => void }>()({
    name: 'Reminded',
    init: () => ({ begun: false, done: 0 }),
    events: {
      begun: (state: any) => {
        state.begun = true
      },
      done: (state: any) => void state.done++,
    },
    started(state, ctx) {
      if (!state.begun) ctx.tell(ctx.self, 'begin')
    },
    on: {
      begin(state, _message, ctx) {
        if (state.begun) return
        ctx.persist('begun')
        ctx.reminders.set({ key: 'one', atMs: 5 }, 'remind')
      },
      remind: (_state, _message, ctx) => ctx.persist('done'),
    },
  })
  const result = check({
    actors: [{ name: 'reminded', definition: Reminded, durableId: 'r' }],
    network: 'unordered',
    crashes: 2,
    always: { 'its effect is had once': (view) => view.state('reminded').done <= 1 },
    eventually: { 'it is done': (view) => view.state('reminded').done === 1 },
    sometimes: { 'it waits on the disk': (view) => !view.isUp('reminded') && view.state('reminded').begun },
  })
  expect(result.always).toEqual({ 'its effect is had once': 'holds' })
  expect(result.sometimes).toEqual({ 'it waits on the disk': 'holds' })
})
