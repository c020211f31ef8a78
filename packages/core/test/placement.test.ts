/** Placement and rendezvous hashing: even, stable, and typed errors. */
import { expect, test } from 'vitest'
import { actorKey, createLocalSystem, defineActor } from '../src/index.ts'
import { Membership } from '../src/membership.ts'
import { Placement } from '../src/placement.ts'
import { rendezvous } from '../src/rendezvous.ts'

const nodes = Array.from({ length: 8 }, (_, index) => `node-${index + 1}`)
const keys = Array.from({ length: 8_000 }, (_, index) => `user:${index}`)
const request = { definition: 'Any' }

function placementOf(names: readonly string[], policies = {}): { membership: Membership; placement: Placement } {
  const membership = new Membership({ node: 'main', epoch: 0 })
  for (const node of names) membership.up({ node, epoch: 0 })
  return {
    membership,
    placement: new Placement({ node: 'main', placement: policies, programNode: 'main' }, membership),
  }
}

test('keys spread evenly: chi-square over 8 nodes stays below the 99.9 % quantile', () => {
  for (const prefix of ['user:', 'order-', '', 'a/very/long/common/prefix/of/all/keys/']) {
    const counts = new Map(nodes.map((node) => [node, 0]))
    for (let index = 0; index < 8_000; index++) {
      const node = nodes[rendezvous(`${prefix}${index}`, nodes)] as string
      counts.set(node, (counts.get(node) ?? 0) + 1)
    }
    const expected = 8_000 / nodes.length
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 7 degrees of freedom.
    expect(chiSquare, prefix).toBeLessThan(24.3)
  }
})

test('when a node goes only its own keys move, and evenly; the order of the nodes does not matter', () => {
  const left = nodes.filter((node) => node !== 'node-3')
  const gained = new Map(left.map((node) => [node, 0]))
  for (const key of keys) {
    const before = nodes[rendezvous(key, nodes)] as string
    const after = left[rendezvous(key, left)] as string
    if (before === 'node-3') gained.set(after, (gained.get(after) ?? 0) + 1)
    else expect(after).toBe(before)
    const reversed = nodes.toReversed()
    expect(reversed[rendezvous(key, reversed)]).toBe(before)
  }
  for (const count of gained.values()) expect(count).toBeGreaterThan(90)
})

test('a placement follows the nodes that are up, and says when there is none', () => {
  const { membership, placement } = placementOf(['node-2', 'node-1'])
  expect(['spread', 'spread', 'spread'].map((choice) => placement.choose(choice, request))).toEqual([
    'node-1',
    'node-2',
    'node-1',
  ])
  membership.down({ node: 'node-1', epoch: 0 })
  expect(placement.choose({ key: 'any' }, request)).toBe('node-2')
  membership.down({ node: 'node-2', epoch: 0 })
  for (const choice of ['spread', { key: 'any' }]) {
    expect(() => placement.choose(choice, request)).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_NODE_DOWN' }))
  }
  expect(placement.choose('local', request)).toBe('main')
})

test("a node that only this one knows of is the program's own", () => {
  expect(placementOf([]).placement.choose('spread', request)).toBe('main')
})

test('a policy sees the candidates and who asks; one with a reserved name or that is no function is refused', () => {
  const seen: unknown[] = []
  const { placement } = placementOf(nodes.slice(0, 2), {
    seeing(...parameters: unknown[]) {
      seen.push(parameters)
      return 'node-2'
    },
  })
  expect(placement.choose('seeing', { definition: 'Any', name: 'one' })).toBe('node-2')
  expect(seen).toEqual([[['node-1', 'node-2'], { definition: 'Any', name: 'one' }]])
  for (const policies of [{ spread: () => 'node-1' }, { mine: 'node-1' }]) {
    expect(() => createLocalSystem({ placement: policies as never })).toThrow(
      expect.objectContaining({ code: 'ERR_TROUPE_CONFIGURATION' }),
    )
  }
})

test('membership is published as snapshots: by name, the latest epoch, never changed in place', () => {
  const membership = new Membership({ node: 'b', epoch: 0 })
  const before = membership.members
  expect(membership.up({ node: 'a', epoch: 1 })).toBe(true)
  expect(membership.up({ node: 'a', epoch: 0 })).toBe(false)
  expect(before).toEqual([{ node: 'b', epoch: 0 }])
  expect(membership.members).toEqual([
    { node: 'a', epoch: 1 },
    { node: 'b', epoch: 0 },
  ])
  expect(membership.down({ node: 'a', epoch: 0 })).toBe(false)
  expect(membership.down({ node: 'a', epoch: 1 })).toBe(true)
  expect(() => (membership.members as any[]).push(1)).toThrow(TypeError)
})

test('a node that nobody looks for anything on has no receptionist', async () => {
  const system = createLocalSystem()
  const kernel = (system as any).kernel
  const Plain = defineActor({ name: 'Plain', init: () => ({}), on: { ping: () => 'pong' } })
  const plain = await system.spawn(Plain, undefined)
  expect(await plain.ask('ping')).toBe('pong')
  const cells = () => [...kernel.cells].map((cell: any) => cell.definition.name)
  expect(cells()).toEqual(['Guardian', 'Plain', 'Watcher'])
  const Key = actorKey('plain', Plain)
  await system.register(Key, plain.ref)
  expect(cells()).toContain('Receptionist')
  expect(await system.find(Key)).toHaveLength(1)
  await plain.stop()
  expect(await system.find(Key)).toEqual([])
  await system.stop()
})
