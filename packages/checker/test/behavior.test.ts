/** Behaviors, the stash and repeating timers in the checker: part of an actor's local state. */
import { defineActor, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { CheckerError, check, formatCounterexample } from '../src/index.ts'

const Lamp = defineActor({
  name: 'Lamp',
  init: () => ({}),
  started: (_state, ctx) => ctx.tell(ctx.self, 'press'),
  behaviors: {
    lit: {
      press: (_state, _message: undefined, ctx) => ctx.unbecome(),
    },
  },
  on: {
    press: (_state, _message: undefined, ctx) => ctx.become('lit', { afterMs: 10 }, 'dim'),
    dim: (_state, _message: undefined, ctx) => ctx.unbecome(),
  },
})

test('a behavior tells two local states apart, with its timeout', () => {
  const seen = new Set<string | undefined>()
  const result = check({
    actors: [{ name: 'lamp', definition: Lamp }],
    network: 'duplicating',
    always: {
      look: (view) => {
        seen.add(view.behavior('lamp'))
        return (view.behavior('lamp') === 'lit') === view.timers('lamp').has('@behavior')
      },
    },
  })
  expect(result).toMatchObject({ complete: true, distinct: 2, always: { look: 'holds' } })
  expect(seen).toEqual(new Set([undefined, 'lit']))
})

const Queue = defineActor({
  name: 'Queue',
  init: () => ({ taken: [] as string[] }),
  behaviors: {
    open: {
      put(state, item: string) {
        state.taken.push(item)
      },
    },
  },
  on: {
    put: (_state, _item: string, ctx) => ctx.stash(),
    open(_state, _message: undefined, ctx) {
      ctx.become('open')
      ctx.unstashAll()
    },
  },
})

const queue = namedRef(Queue, { node: 'local', name: 'queue' })

const Source = defineActor({
  name: 'Source',
  init: () => ({}),
  started(_state, ctx) {
    ctx.tell(queue, 'put', 'a')
    ctx.tell(queue, 'put', 'b')
    ctx.tell(queue, 'open')
  },
  on: { never: () => {} },
})

const queueSystem = {
  actors: [
    { name: 'queue', definition: Queue },
    { name: 'source', definition: Source },
  ] as const,
  network: 'unordered' as const,
}

test('what was put aside is handled in its order, before what arrives', () => {
  const orders = new Set<string>()
  const result = check({
    ...queueSystem,
    always: {
      'nothing is lost': (view) => {
        const waiting = view.stash('queue').length + view.messages().filter(({ name }) => name === 'put').length
        return view.state('queue').taken.length + waiting === 2
      },
      'the stash holds only what came before it was open': (view) => {
        if (view.behavior('queue') === 'open' && view.stash('queue').length === 2) {
          orders.add(
            view
              .stash('queue')
              .map(({ payload }) => payload)
              .join(''),
          )
        }
        return true
      },
    },
    sometimes: {
      ab: (view) => view.state('queue').taken.join('') === 'ab',
      ba: (view) => view.state('queue').taken.join('') === 'ba',
    },
  })
  expect(result).toMatchObject({ complete: true, always: { 'nothing is lost': 'holds' } })
  expect(result.sometimes).toEqual({ ab: 'holds', ba: 'holds' })
  expect(orders).toEqual(new Set(['ab', 'ba']))
})

test('a counterexample says what came from the stash', () => {
  const { counterexample } = check({
    ...queueSystem,
    always: {
      'nothing follows from the stash': (view) =>
        view.state('queue').taken.length === 0 || view.stash('queue').length === 0,
    },
  })
  expect(formatCounterexample(counterexample as never)).toContain('source -> queue, from the stash: put')
})

test('a repeating timer stays pending, one that was cancelled does not', () => {
  const Ticker = defineActor({
    name: 'Ticker',
    init: () => ({ ticks: 0 }),
    started(_state, ctx) {
      ctx.timers.fixedRate({ key: 'rate', periodMs: 5 }, 'tick')
      ctx.timers.fixedDelay({ key: 'delay', delayMs: 5 }, 'tick')
    },
    on: {
      tick(state, _message: undefined, ctx) {
        state.ticks++
        if (state.ticks === 3) ctx.timers.cancelAll()
        else if (!ctx.timers.isActive('rate')) throw new Error('the timer ended')
      },
    },
  })
  const result = check({ actors: [{ name: 'ticker', definition: Ticker }], network: 'unordered' })
  expect(result).toMatchObject({ complete: true, distinct: 4, generated: 1 + 2 + 2 + 2, counterexample: undefined })
})

test('a full stash fails the turn', () => {
  const Hoarder = defineActor({
    name: 'Hoarder',
    init: () => ({}),
    started: (_state, ctx) => ctx.tell(ctx.self, 'keep'),
    on: { keep: (_state, _message: undefined, ctx) => ctx.stash() },
  })
  const { counterexample } = check({ actors: [{ name: 'hoarder', definition: Hoarder }], network: 'duplicating' })
  expect(counterexample?.error).toMatchObject({ code: 'ERR_TROUPE_STASH_OVERFLOW' })
})

test('a stream is refused, by the name of its message', () => {
  const Source = defineActor({
    name: 'Source',
    init: () => ({}),
    started: (_state, ctx) => ctx.tell(ctx.self, 'count'),
    on: {
      async *count() {
        yield 1
      },
    },
  })
  const run = () => check({ actors: [{ name: 'source', definition: Source }], network: 'unordered' })
  expect(run).toThrow(CheckerError)
  expect(run).toThrow('answers count with a stream')
})
