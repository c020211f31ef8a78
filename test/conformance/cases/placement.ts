/** Section 19: placement. */
import type { NodeChoice } from '@troupe/core'
import { expect } from 'vitest'
import { Singer } from '../actors/finder.ts'
import type { Bench, Case } from '../host.ts'

const placed = ({ system, to }: Bench, node: NodeChoice) => system.spawn(Singer, { to }, { node })

export const placement: readonly Case[] = [
  {
    promise: '19.1',
    name: 'near an actor, local and by name, from outside and inside',
    async check(bench) {
      const { node, otherNode } = bench
      const spawner = await placed(bench, node)
      const other = await placed(bench, otherNode)
      expect((await placed(bench, { near: other.ref })).ref.node).toBe(otherNode)
      expect((await spawner.ask('spawnSinger', { near: other.ref })).node).toBe(otherNode)
      expect((await spawner.ask('spawnSinger', 'local')).node).toBe(node)
      expect((await spawner.ask('spawnSinger', otherNode)).node).toBe(otherNode)
      await expect(placed(bench, { nearly: other.ref } as never)).rejects.toMatchObject({
        code: 'ERR_TROUPE_CONFIGURATION',
      })
    },
  },
  {
    promise: '19.2',
    name: 'spread takes the nodes in turn, evenly',
    async check(bench) {
      const spawner = await placed(bench, bench.node)
      const nodes: string[] = []
      for (let count = 0; count < 4; count++) nodes.push((await spawner.ask('spawnSinger', 'spread')).node)
      const { nodes: all } = bench.system
      const each = 4 / all.length
      expect(nodes.sort()).toEqual(all.flatMap((node) => Array.from({ length: each }, () => node)).sort())
    },
  },
  {
    promise: '19.3',
    name: 'the same key is the same node, whoever asks',
    async check(bench) {
      const spawners = [await placed(bench, bench.node), await placed(bench, bench.otherNode)]
      for (const key of ['ada', 'grace', 'edsger', 'barbara']) {
        const { node } = (await placed(bench, { key })).ref
        for (const spawner of spawners) expect((await spawner.ask('spawnSinger', { key })).node).toBe(node)
      }
    },
  },
  {
    promise: '19.4',
    name: 'a policy of the host chooses, and what it cannot mean is a typed error',
    async check(bench) {
      const spawner = await placed(bench, bench.node)
      const last = [...bench.system.nodes].sort().at(-1)
      expect((await placed(bench, 'last')).ref.node).toBe(last)
      expect((await spawner.ask('spawnSinger', 'last')).node).toBe(last)
      for (const policy of ['nowhere', 'throwing', 'noSuchPolicy']) {
        await expect(placed(bench, policy)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
      }
      await expect(spawner.ask('spawnSinger', 'nowhere')).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
      await expect(spawner.ask('spawnSinger', 'noSuchPolicy')).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
    },
  },
]
