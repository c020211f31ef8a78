/** Ordered networks, and the message delivered last. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { check } from '../src/index.ts'

const Taker = defineActor<{ take: (item: string) => void }>()({
  name: 'Taker',
  init: () => ({ taken: '' }),
  on: {
    take(state, item) {
      if (item !== 'ignored') state.taken += item
    },
  },
})
const Giver = defineActor<{ never: () => void }>()({
  name: 'Giver',
  init: (args: { to: ActorRef<any>; items: readonly string[] }) => args,
  started(state, ctx) {
    for (const item of state.items) ctx.tell(state.to, 'take', item)
  },
  on: { never() {} },
})
const giver = (name: string, ...items: string[]) => ({
  name,
  definition: Giver,
  args: (ref: (name: string) => ActorRef<any>) => ({ to: ref('taker'), items }),
})

function ends(givers: readonly ReturnType<typeof giver>[], options: object) {
  const seen = new Set<string>()
  const result = check({
    actors: [{ name: 'taker', definition: Taker }, ...givers] as any,
    network: 'ordered',
    always: { collect: (view) => view.messages().length > 0 || Boolean(seen.add(view.state('taker').taken)) },
    ...options,
  })
  return { result, seen: [...seen].sort() }
}

test('an ordered network keeps the order of each pair, and of none across pairs', () => {
  expect(ends([giver('a', '1', '2'), giver('b', '3')], {}).seen).toEqual(['123', '132', '312'])
  expect(ends([giver('a', '1', '2'), giver('b', '3')], { network: 'unordered' }).seen).toHaveLength(6)
})

test('a message without effect is taken from an ordered network', () => {
  const { result, seen } = ends([giver('a', 'ignored', '2')], {})
  expect(seen).toEqual(['2'])
  expect(result).toMatchObject({ distinct: 3, generated: 3 })
})

test('an ordered network that loses messages loses any of them', () => {
  expect(ends([giver('a', '1', '2')], { lossy: true }).seen).toEqual(['', '1', '12', '2'])
})

test('the message delivered last tells states apart where that is asked for', () => {
  const Flipped = defineActor<{ flip: (which: number) => void }>()({
    name: 'Flipped',
    init: () => ({ isUp: false }),
    started(_state, ctx) {
      for (const which of [1, 2]) ctx.tell(ctx.self, 'flip', which)
    },
    on: {
      flip(state, _which) {
        state.isUp = !state.isUp
      },
    },
  })
  const options = { actors: [{ name: 'one', definition: Flipped }], network: 'duplicating' } as const
  expect(check(options)).toMatchObject({ distinct: 2 })
  expect(check({ ...options, lastDelivered: true })).toMatchObject({ distinct: 5, generated: 11 })
  expect(() => check({ ...options, network: 'ordered', lastDelivered: true })).toThrow('lastDelivered')
})
