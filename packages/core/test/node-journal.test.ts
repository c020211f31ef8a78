/** A disk that fails while the journal is opened ends the node, as one that fails later does. */
import { expect, test } from 'vitest'
import { createLocalSystem, type DiskCallback, defineActor, MemoryDisk } from '../src/index.ts'

class FailingDisk extends MemoryDisk {
  fails = false

  override sync(file: string, done: DiskCallback<void>): void {
    super.sync(file, (error) => done(this.fails ? new Error('the disk fails') : error))
  }
}

const Counter = defineActor({
  name: 'Counter',
  init: () => ({ count: 0 }),
  events: {
    counted(state) {
      state.count++
    },
  },
  on: {
    count: (_state, _message: undefined, ctx) => ctx.persist('counted'),
  },
})

test('a journal that cannot be opened fails the node, not the actor', async () => {
  const disk = new FailingDisk({ schedule: (run) => void Promise.resolve().then(run) })
  {
    await using system = createLocalSystem({ disk })
    const counter = await system.spawn(Counter, undefined, { durableId: 'counter' })
    await counter.ask('count')
  }
  disk.fails = true
  const system = createLocalSystem({ disk })
  const failures: string[] = []
  for (const name of ['failure', 'restarted', 'escalated'] as const) system.events.on(name, () => failures.push(name))
  const counter = await system.spawn(Counter, undefined, { durableId: 'counter' })
  expect(await system.terminated(counter.ref)).toBe('node-down')
  expect(failures).toEqual([])
})
