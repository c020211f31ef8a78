/** Options that leave out steps: crashes in few of them, own messages at once, messages that are over, sinks. */
import { type ActorRef, defineActor, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { check, type NetworkKind, type StateView } from '../src/index.ts'

type LedgerProtocol = { add: () => void; noted: (count: number) => void }
type HolderProtocol = { saw: (count: number) => void }

const Holder = defineActor<HolderProtocol>()({
  name: 'Holder',
  init: () => ({ seen: 0 }),
  on: {
    saw(state, count) {
      state.seen = Math.max(state.seen, count)
    },
  },
})

const ledger = (early: boolean) =>
  defineActor<LedgerProtocol>()({
    name: 'Ledger',
    init: (args: { holder: ActorRef<HolderProtocol> }) => ({ ...args, count: 0, noted: 0 }),
    events: { added: (state: { count: number }) => void state.count++ },
    restore: (count: { holder: ActorRef<HolderProtocol>; count: number }) => ({ ...count, noted: 0 }),
    started(state, ctx) {
      if (state.count < 3) ctx.timers.once({ key: 'add', delayMs: 1 }, 'add')
    },
    on: {
      add(state, _message, ctx) {
        ctx.persist('added')
        if (early) ctx.tellEarly(state.holder, 'saw', state.count)
        else ctx.tell(state.holder, 'saw', state.count)
        ctx.tellEarly(ctx.self, 'noted', state.count)
        if (state.count < 3) ctx.timers.once({ key: 'add', delayMs: 1 }, 'add')
      },
      noted(state, count) {
        state.noted = Math.max(state.noted, count)
      },
    },
  })

function explore(early: boolean, options: object = {}, network: NetworkKind = 'unordered') {
  const states = new Set<string>()
  const result = check({
    actors: [
      { name: 'holder', definition: Holder },
      {
        node: 'disk',
        name: 'ledger',
        definition: ledger(early),
        durableId: 'ledger',
        args: (ref: (name: string) => ActorRef<any>) => ({ holder: ref('holder') }),
      },
    ],
    network,
    crashes: 2,
    always: {
      'nothing that is known is forgotten': (view) => {
        const { count, noted } = view.state('disk/ledger')
        if (view.isUp('disk/ledger')) states.add([view.state('holder').seen, count, noted].join())
        return view.state('holder').seen <= view.synced('disk/ledger').count
      },
    },
    stopAtViolation: false,
    ...options,
  })
  return { ...result, states }
}

test.each<NetworkKind>(['unordered', 'duplicating', 'ordered'])(
  'crashes in few steps lead to the same states and verdicts, %s',
  (network) => {
    for (const early of [false, true]) {
      const all = explore(early, {}, network)
      const few = explore(early, { crashSteps: 'fewest' }, network)
      expect(few.complete).toBe(true)
      expect(few.distinct).toBeLessThan(all.distinct)
      expect(few.always).toEqual(all.always)
      expect(few.states).toEqual(all.states)
      expect(few.always).toEqual({ 'nothing that is known is forgotten': early ? 'fails' : 'holds' })
    }
  },
)

test('a counterexample tells where the disk stalls and the node crashes', () => {
  const { counterexample } = explore(true, {
    crashSteps: 'fewest',
    stopAtViolation: true,
    always: { remembers: (view: StateView) => view.state('holder').seen <= view.state('disk/ledger').count },
  })
  expect(counterexample?.steps.map(({ event, stalls }) => [event, stalls])).toEqual(
    expect.arrayContaining([
      ['timer', true],
      ['reboot', false],
    ]),
  )
})

test('with own messages at once no state has one under way', () => {
  const own = (view: StateView) => !view.messages().some(({ from, to }) => from === to)
  const { always } = explore(false, { always: { own } })
  expect(always).toEqual({ own: 'fails' })
  const atOnce = explore(false, { selfAtOnce: true, always: { own } })
  expect(atOnce.always).toEqual({ own: 'holds' })
})

test('a sink keeps nothing, and a store is what an actor begins with', () => {
  const { sometimes, always } = check({
    actors: [
      { name: 'holder', definition: Holder, sink: true },
      {
        node: 'disk',
        name: 'ledger',
        definition: ledger(false),
        durableId: 'ledger',
        stored: { count: 2, holder: namedRef(Holder, { node: 'local', name: 'holder' }) },
        args: (ref: (name: string) => ActorRef<any>) => ({ holder: ref('holder') }),
      },
    ],
    network: 'unordered',
    crashes: 1,
    always: {
      'the holder hears nothing': (view) => view.messages().every(({ to }) => to !== 'holder'),
      'it goes on from its store': (view) => view.state('disk/ledger').count >= 2,
    },
    sometimes: { 'it ends': (view) => view.state('disk/ledger').count === 3 },
  })
  expect({ ...sometimes, ...always }).toEqual({
    'it ends': 'holds',
    'the holder hears nothing': 'holds',
    'it goes on from its store': 'holds',
  })
})
