/** The behavior of an actor is in the trace, in its hash and in the view of invariants. */
import { defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { simulate } from '../src/index.ts'

/** The same lamp, messages and states; only the name of the behavior that it becomes differs. */
const lampOf = (as: 'red' | 'green') =>
  defineActor({
    name: 'Lamp',
    init: () => ({}),
    behaviors: { red: { look: () => 'lit' }, green: { look: () => 'lit' } },
    on: {
      light: (_state, _message: undefined, ctx) => ctx.become(as),
      look: () => 'dark',
    },
  })

async function run(as: 'red' | 'green') {
  const Lamp = lampOf(as)
  const seen = new Set<string | undefined>()
  const { hash, trace } = await simulate({ seed: 1, nodes: 1, trace: true }, async (world) => {
    world.always('look', (view) => {
      for (const { behavior } of view.cells(Lamp)) seen.add(behavior)
      return true
    })
    const lamp = await world.spawn(Lamp, undefined)
    expect(await lamp.ask('look')).toBe('dark')
    await lamp.ask('light')
    expect(await lamp.ask('look')).toBe('lit')
  })
  const turns = trace?.flatMap((event) =>
    event.type === 'turn' && event.definition === 'Lamp' ? [`${event.message} ${event.behavior}`] : [],
  )
  return { hash, seen, turns }
}

test('two runs that differ in a behavior alone have different hashes', async () => {
  const red = await run('red')
  expect(red.turns).toEqual(['look undefined', 'light undefined', 'look red'])
  expect(red.seen).toEqual(new Set([undefined, 'red']))
  expect((await run('red')).hash).toBe(red.hash)
  expect((await run('green')).hash).not.toBe(red.hash)
})
