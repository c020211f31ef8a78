/** On threads, in development and in production: what a machine keeps of a command is the same on every replica. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startReplicated } from '@troupe/consensus'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { Carts } from './cart-machine.ts'

const members = ['node-1', 'node-2', 'node-3']

for (const development of [true, false]) {
  const mode = development ? 'development' : 'production'
  test(`a replica that was restarted and one that came later have the same state, in ${mode}`, async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-carts-'))
    {
      await using system = await createSystem({ threads: 4, dataDirectory, development, log: 'none' })
      const carts = await startReplicated(system, Carts, { log: 'carts', members })
      const client = await carts.client()
      const added: number[] = []
      const add = async (line: number) => {
        added.push(await client.execute({ op: 'add', id: 'a', line: `l${line}` }))
      }
      await client.execute({ op: 'new', id: 'a', lines: ['x'] })
      for (let line = 0; line < 4; line++) await add(line)

      // One takes its state from its journal, one learns the entries from others.
      const [first] = await client.members()
      await system.stopActor(first!.replica)
      await carts.startReplica('node-1')
      await carts.startReplica({ node: 'node-4' })
      await client.changeMembers([...members, 'node-4'])
      for (let line = 4; line < 8; line++) await add(line)
      expect(added).toEqual([2, 3, 4, 5, 6, 7, 8, 9])

      for (const member of [...members, 'node-4']) {
        while ((await carts.status({ node: member })).role !== 'leader') {
          await client.transferLeadership(member)
          await client.read('a')
        }
        expect(await client.read('a')).toEqual(['x', 'l0', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7'])
      }
    }
    await rm(dataDirectory, { recursive: true })
  })
}
