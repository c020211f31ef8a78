/** Streams over a network that loses, doubles and reorders: the items come once and in order, or an error does. */
import { defineActor, type RefOf } from '@troupe/core'
import { expect, test } from 'vitest'
import { type FaultKnobs, simulate } from '../src/index.ts'

const Numbers = defineActor({
  name: 'Numbers',
  module: import.meta.url,
  init: () => ({ open: 0 }),
  on: {
    async *count(state, to: number) {
      state.open++
      try {
        for (let number = 0; number < to; number++) yield number
      } finally {
        state.open--
      }
    },
    open: ({ open }) => open,
  },
})

const Reader = defineActor({
  name: 'Reader',
  module: import.meta.url,
  init: (args: { numbers: RefOf<typeof Numbers> }) => args,
  on: {
    async read({ numbers }, to: number, ctx) {
      const items: number[] = []
      try {
        for await (const item of await ctx.askWith({ timeoutMs: 500 }, numbers, 'count', to)) {
          items.push(item)
        }
        return { items, error: undefined }
      } catch (error) {
        return { items, error: (error as { code?: string }).code }
      }
    },
  },
})

async function read(seed: number, faults: FaultKnobs) {
  let outcome: { items: readonly number[]; error: string | undefined } | undefined
  const run = await simulate({ seed, nodes: 2, faults, swarm: false, delivery: 'hostile' }, async (world) => {
    const numbers = await world.spawn(Numbers, undefined, { node: 'node-1' })
    const reader = await world.spawn(Reader, { numbers: numbers.ref }, { node: 'node-2' })
    outcome = await reader.askWith({ timeoutMs: 60_000 }, 'read', 100)
    // The cancellation is on its way on another link than this question.
    while ((await numbers.ask('open')) > 0) {}
  })
  return { ...(outcome as NonNullable<typeof outcome>), hash: run.hash }
}

const numbers = Array.from({ length: 100 }, (_, index) => index)

test('items that are doubled and reordered come once and in order', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { items, error } = await read(seed, { duplicate: 0.2, reorder: 0.2, loss: 0 })
    expect(error).toBeUndefined()
    expect(items).toEqual(numbers)
  }
})

test('an item that is lost ends the stream by timeout, behind the items before it, and the producer is told', async () => {
  const errors = new Set<string | undefined>()
  for (let seed = 1; seed <= 20; seed++) {
    const { items, error } = await read(seed, { loss: 0.02 })
    errors.add(error)
    expect(items).toEqual(numbers.slice(0, items.length))
    expect(items.length === 100).toBe(error === undefined)
  }
  expect(errors).toContain('ERR_TROUPE_ASK_TIMEOUT')
})

test('a seed decides a stream to the last step', async () => {
  const faults = { duplicate: 0.2, reorder: 0.2, loss: 0.01 }
  expect(await read(3, faults)).toEqual(await read(3, faults))
})
