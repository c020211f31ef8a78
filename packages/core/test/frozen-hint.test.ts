/** A turn that fails since it changed what was frozen says so, and which turn it was. */
import { type ActorRef, createLocalSystem, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'

const Log = defineActor({
  name: 'Log',
  supervise: { onFailure: 'resume' },
  init: () => ({ lines: ['a', 'b'], byName: new Map([['a', 1]]), names: new Set(['a']), last: { line: 'a' } }),
  on: {
    all: (state) => state,
    copy: ({ lines }) => [...lines],
    push: ({ lines }) => lines.push('c'),
    pop: ({ lines }) => lines.pop(),
    sort: ({ lines }) => lines.sort().length,
    splice: ({ lines }) => lines.splice(0, 1).length,
    assign({ last }) {
      last.line = 'c'
    },
    remove({ last }) {
      delete (last as { line?: string }).line
    },
    define: ({ last }) => void Object.defineProperty(last, 'more', { value: 1 }),
    map: ({ byName }) => byName.set('b', 2).size,
    set: ({ names }) => names.add('b').size,
    async later({ lines }) {
      await Promise.resolve()
      lines.push('c')
    },
    other(): never {
      throw new TypeError('Cannot read properties of undefined')
    },
    own(): never {
      throw Object.freeze(new TypeError('Cannot delete property a of b'))
    },
  },
})
const Caller = defineActor({
  name: 'Caller',
  init: (log: { ref: ActorRef<{ push: () => number }> }) => log,
  on: { call: ({ ref }, _: undefined, ctx): Promise<unknown> => ctx.ask(ref, 'push') },
})

const changing = ['push', 'pop', 'sort', 'splice', 'assign', 'remove', 'define', 'map', 'set', 'later'] as const

test.each(changing)('%s of what was sent names its turn and the reason', async (name) => {
  await using system = createLocalSystem()
  const log = await system.spawn(Log, undefined, { name: 'log' })
  await log.ask('all')
  const failures: Error[] = []
  system.events.on('failure', ({ error }) => failures.push(error))
  const failed = log.ask(name)
  await expect(failed).rejects.toThrow(TypeError)
  const what = `(something frozen was changed by ${name} of /local/log: outside of production messages, replies and arguments are frozen`
  await expect(failed).rejects.toThrow(what)
  expect(failures.map(({ stack }) => stack)).toEqual([expect.stringContaining(what)])
})

test('a state of which copies are sent goes on', async () => {
  await using system = createLocalSystem()
  const log = await system.spawn(Log, undefined)
  expect(await log.ask('copy')).toEqual(['a', 'b'])
  expect(await log.ask('push')).toBe(3)
})

test('other errors, and errors that are frozen, are as they were thrown', async () => {
  await using system = createLocalSystem()
  const log = await system.spawn(Log, undefined)
  await expect(log.ask('other')).rejects.toThrow(/^Cannot read properties of undefined$/)
  await expect(log.ask('own')).rejects.toThrow(/^Cannot delete property a of b$/)
})

test('who asked and fails with it says nothing more', async () => {
  await using system = createLocalSystem()
  const log = await system.spawn(Log, undefined, { name: 'log' })
  const caller = await system.spawn(Caller, { ref: log.ref })
  await log.ask('all')
  const error = await caller.ask('call').then(String, String)
  expect(error.split('something frozen was changed').length).toBe(2)
  expect(error).toContain('by push of /local/log')
})

test('where messages are shared nothing is frozen', async () => {
  await using system = createLocalSystem({ messages: 'shared' })
  const log = await system.spawn(Log, undefined)
  await log.ask('all')
  expect(await log.ask('push')).toBe(3)
})
