/** Pools over threads: the example of docs/routing.md, and threads that are killed under load. */
import { readFile } from 'node:fs/promises'
import { setImmediate as immediate } from 'node:timers/promises'
import { type ActorInspection, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { WordCounters } from './fixtures/word-counters.ts'
import { fixture, nextEvent, startSystem } from './support.ts'

test('the example of the page', async () => {
  await using system = await startSystem()
  const counters = await system.spawn(WordCounters, { routee: { ignored: ['the'] } })
  expect(await counters.ask('count', 'the actor model')).toBe(2)
  while ((await counters.ask('@routees')).length < 2);
  const counts = await Promise.all(
    Array.from({ length: 200 }, (_, words) => counters.ask('count', 'word '.repeat(words))),
  )
  expect(counts).toEqual(Array.from({ length: 200 }, (_, words) => words))
  const { routed, routees } = await counters.ask('@statistics')
  expect(routed).toBe(201)
  expect(new Set(routees.map(({ ref }) => ref.node)).size).toBe(2)
  expect(routees.reduce((sum, routee) => sum + routee.routed, 0)).toBe(201)
  await counters.ask('@drain')
  expect(await system.terminated(counters.ref)).toMatch(/stopped|not-found/)
})

test('the page shows the example as it is', async () => {
  const page = await readFile(new URL('../../../docs/routing.md', import.meta.url), 'utf8')
  const source = await readFile(fixture('word-counters.ts'), 'utf8')
  expect(page).toContain(source.slice(source.indexOf('export const WordCounters')).trim())
})

test.each([
  ['the main thread', 'local'],
  ['a thread that is killed itself', 'node-1'],
])(
  'a pool on %s answers, refuses or fails every ask while threads are killed, and is whole again',
  async (_where, node) => {
    await using system = await startSystem({ threads: 3 })
    await system.spawn(WordCounters, { routee: { ignored: [] }, size: 6 }, { node, name: 'counters' })
    const counters = namedRef(WordCounters, { node: node === 'local' ? 'main' : node, name: 'counters' })
    let over = false
    const outcomes = { answered: 0, failed: new Set<string>() }
    const clients = Array.from({ length: 8 }, async () => {
      while (!over) {
        try {
          // What was sent on to a thread that died is not answered: the timeout ends it.
          expect(await system.askWith({ timeoutMs: 500 }, counters, 'count', 'three little words')).toBe(3)
          outcomes.answered++
        } catch (error) {
          outcomes.failed.add((error as { code: string }).code)
          // A node that is down refuses at once: the news of its return has to get in.
          await immediate()
        }
      }
    })
    for (let kill = 0; kill < 6; kill++) {
      const victim = `node-${(kill % 3) + 1}`
      const up = nextEvent(system, 'nodeUp', (event) => event.node === victim)
      const before = outcomes.answered
      await system.killNode(victim)
      await up
      while (outcomes.answered < before + 50) await immediate()
    }
    over = true
    await Promise.all(clients)
    for (const code of outcomes.failed)
      expect(code).toMatch(/^ERR_TROUPE_(NODE_DOWN|ACTOR_STOPPED|ROUTING|ASK_TIMEOUT)$/)
    while ((await system.ask(counters, '@routees')).length < 6);
    for (let count = 0; count < 12; count++) expect(await system.ask(counters, 'count', 'a b')).toBe(2)
    // Nobody is left over: as many word counters as the pool has routees live on all nodes.
    const { nodes } = await system.inspect()
    const all = (actors: readonly ActorInspection[]): ActorInspection[] =>
      actors.flatMap((actor) => [actor, ...all(actor.children)])
    const living = nodes.flatMap(({ roots }) => all(roots)).filter(({ definition }) => definition === 'WordCounter')
    expect(living).toHaveLength(6)
  },
)
