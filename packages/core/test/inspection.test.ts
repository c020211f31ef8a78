/** What an inspection says of an actor, and how the tree prints. */
import { expect, test } from 'vitest'
import { createLocalSystem, defineActor, formatTree, type LogEntry, type NodeInspection } from '../src/index.ts'

const Family = defineActor({
  name: 'Family',
  init: () => ({}),
  on: {
    bear(_state, name: string, ctx: any) {
      ctx.watch(ctx.spawn(Family, undefined, { name }))
    },
    async hang(_state, _message: undefined, ctx: any) {
      ctx.timers.once({ key: 'alarm', delayMs: 10_000 }, 'tick')
      await new Promise(() => {})
    },
    tick() {},
    fail() {
      throw new Error('on purpose')
    },
    say(_state, text: string, ctx) {
      ctx.log.debug(text)
      ctx.log.warn(text)
    },
  },
})

test('the tree prints with what is out of the ordinary', async () => {
  const system = createLocalSystem()
  const root = await system.spawn(Family, undefined, { name: 'root' })
  for (const name of ['left', 'right']) root.tell('bear', name)
  const other = await system.spawn(Family, undefined, { name: 'other' })
  await expect(other.ask('fail')).rejects.toThrow()
  other.tell('hang', undefined)
  other.tell('tick')
  await system.advance(250)
  expect(formatTree(await system.inspect())).toBe(
    [
      'local (epoch 0): 4 actors, 8 turns',
      '├─ root [Family] ready, watchers 1',
      '│  ├─ left [Family] ready, watchers 1',
      '│  └─ right [Family] ready, watchers 1',
      '└─ other [Family] busy with hang for 250 ms, mailbox 1, watchers 1, generation 1, timers alarm',
    ].join('\n'),
  )
})

test('options that make no sense are refused', async () => {
  await using system = createLocalSystem()
  for (const options of [{ depth: 0 }, { maxActors: 1.5 }, { timeoutMs: 0 }]) {
    await expect(system.inspect(options)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
  }
})

test('entries below the log level are not told', async () => {
  await using system = createLocalSystem({ logLevel: 'warn' })
  const entries: LogEntry[] = []
  system.events.on('log', (entry) => entries.push(entry))
  const actor = await system.spawn(Family, undefined)
  await system.advance(5)
  actor.tell('say', 'hear, hear')
  await system.idle()
  expect(entries).toMatchObject([{ level: 'warn', node: 'local', definition: 'Family', time: 5 }])
})

test('the tables of a node count what is open, and nothing of what has ended', async () => {
  await using system = createLocalSystem()
  const open = async () => {
    const { tables } = (await system.inspect()).nodes[0] as NodeInspection
    const { asks, timers, watches, watchers } = tables
    return { asks, timers, watches, watchers }
  }
  const before = await open()
  const root = await system.spawn(Family, undefined)
  const hanging = root.askWith({ timeoutMs: 1_000 }, 'hang', undefined)
  const ended = expect(hanging).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  await system.advance(5)
  expect(await open()).toEqual({
    ...before,
    asks: 1,
    timers: 1,
    watches: before.watches + 1,
    watchers: before.watchers + 1,
  })
  await root.kill()
  await ended
  expect(await open()).toEqual(before)
})
