/** A large state is explored as a small one is, on drafts too. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { type CheckOptions, check, type StateView } from '../src/index.ts'

interface Item {
  readonly id: number
  counts: number[]
  tags: Set<string>
}

const Store = defineActor<{ change: (how: string) => void; noted: (item: Item) => void }>()({
  name: 'Store',
  init: (args: { ballast: number; peer: ActorRef<any> }) => ({
    ballast: Array.from({ length: args.ballast }, (_, index) => ({
      name: `ballast ${index}`,
      at: new Map([[index, {}]]),
    })),
    peer: args.peer,
    items: new Map<number, Item>([[0, { id: 0, counts: [], tags: new Set() }]]),
    last: undefined as Item | undefined,
  }),
  started(_state, ctx) {
    for (const how of ['add', 'move', 'draw', 'copy']) ctx.timers.once({ key: how, delayMs: 1 }, 'change', how)
  },
  on: {
    change(state, how, ctx) {
      const item = state.items.get(0) as Item
      item.counts.push(state.items.size)
      if (how === 'add') state.items.set(1, { id: 1, counts: [...item.counts], tags: new Set(['added']) })
      if (how === 'move') state.last = item
      if (how === 'draw') item.tags.add(ctx.random.pick(['left', 'right']))
      // Of a draft there is no such clone.
      if (how === 'copy') item.counts = structuredClone(item.counts)
      if (state.last !== undefined) state.last.tags.add('last')
      ctx.tell(state.peer, 'noted', item)
    },
    noted(state, item) {
      if (item.tags.has('right')) throw new Error('turned right')
      state.items.set(2, item)
    },
  },
})

const options = (ballast: number, drafts: boolean) =>
  ({
    actors: [
      {
        name: 'store',
        definition: Store,
        args: (ref: (name: string) => ActorRef<any>) => ({ ballast, peer: ref('store') }),
      },
    ],
    network: 'unordered',
    drafts,
    always: { 'few are counted': (view: StateView) => view.state('store').items.get(0).counts.length < 4 },
    sometimes: { 'one is last': (view: StateView) => view.state('store').last?.tags.has('last') === true },
    stopAtViolation: false,
  }) satisfies CheckOptions<any>

test.each([false, true])('counts, verdicts and counterexamples are those of a small state, drafts: %s', (drafts) => {
  const large = check(options(60, drafts))
  const small = check(options(0, false))
  const { distinct, generated, depth, always, sometimes } = small
  expect(distinct).toBeGreaterThan(50)
  expect({ always, sometimes }).toEqual({
    always: { 'few are counted': 'fails' },
    sometimes: { 'one is last': 'holds' },
  })
  expect(large).toMatchObject({ distinct, generated, depth, always, sometimes })
  const told = ({ counterexamples }: typeof small) =>
    counterexamples.map(({ kind, property, error, steps }) => ({
      kind,
      property,
      error: (error as Error | undefined)?.message,
      steps: steps.map(({ timer, message, choices, states }) => {
        const { items, last } = states.store as { items: unknown; last: unknown }
        return { timer, message, choices, items, last }
      }),
    }))
  expect(told(large)).toEqual(told(small))
  expect(told(small).map(({ error }) => error)).toContain('turned right')
})
