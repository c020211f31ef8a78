/** Behaviors and the stash where no host matters: what is refused, and corners of the stash. */
import { expect, test } from 'vitest'
import { ConfigurationError, createLocalSystem, defineActor, type SystemSpawnOptions } from '../src/index.ts'

const Stasher = defineActor({
  name: 'Stasher',
  init: () => ({ taken: [] as number[], open: false, failNext: false }),
  started(_state, ctx) {
    try {
      ctx.stash()
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
    }
  },
  on: {
    take(state, item: number, ctx) {
      if (!state.open) {
        ctx.stash()
        ctx.stash()
        return 'unheard'
      }
      state.taken.push(item)
      return `took ${item}`
    },
    /** Puts itself back at once, before what the mailbox holds; the second time it is handled. */
    takeAgain(state, item: number, ctx) {
      if (!state.open) {
        state.open = true
        ctx.stash()
        ctx.unstashAll()
        if (state.failNext) throw new Error('after it was put back')
        return 'unheard'
      }
      state.taken.push(item)
      return `took ${item} again`
    },
    failNext(state) {
      state.failNext = true
    },
    open(state, _message: undefined, ctx) {
      state.open = true
      ctx.unstashAll()
    },
    async stashLate(state, item: number, ctx) {
      await Promise.resolve()
      if (!state.open) ctx.stash()
      return `late ${item}`
    },
    taken: ({ taken }) => [...taken],
    becomeUnknown: (_state, _message: undefined, ctx) => (ctx as any).become('nothing'),
  },
})

const start = async (options: SystemSpawnOptions = {}) => {
  const system = createLocalSystem()
  return { system, actor: await system.spawn(Stasher, undefined, options) }
}

test('stashing twice in one turn puts the message aside once', async () => {
  const { system, actor } = await start()
  const asked = actor.ask('take', 1)
  await actor.ask('open')
  expect(await asked).toBe('took 1')
  expect(await actor.ask('taken')).toEqual([1])
  await system.stop()
})

test('a message that is stashed and put back in one turn is handled again, behind older ones', async () => {
  const { system, actor } = await start()
  const asked = [actor.ask('take', 1), actor.ask('takeAgain', 2), actor.ask('take', 3)]
  expect(await Promise.all(asked)).toEqual(['took 1', 'took 2 again', 'took 3'])
  expect(await actor.ask('taken')).toEqual([1, 2, 3])
  await system.stop()
})

test('a turn that fails after it put its own message back takes it with it, from the mailbox too', async () => {
  const { system, actor } = await start({ supervise: { onFailure: 'resume' } })
  await actor.ask('failNext')
  const asked = [actor.ask('take', 1), actor.ask('takeAgain', 2), actor.ask('take', 3)]
  expect(await Promise.allSettled(asked)).toMatchObject([
    { value: 'took 1' },
    { reason: { message: 'after it was put back' } },
    { value: 'took 3' },
  ])
  expect(await actor.ask('taken')).toEqual([1, 3])
  await system.stop()
})

test('an asynchronous turn can put its message aside', async () => {
  const { system, actor } = await start()
  const asked = actor.ask('stashLate', 1)
  await actor.ask('open')
  expect(await asked).toBe('late 1')
  await system.stop()
})

test('a behavior that is not there is refused by its name', async () => {
  const { system, actor } = await start()
  await expect(actor.ask('becomeUnknown')).rejects.toThrow('"nothing"')
  await system.stop()
})

test.each([0, 1.5, Number.POSITIVE_INFINITY])('a stash of %d is refused', async (stashCapacity) => {
  const system = createLocalSystem()
  await expect(system.spawn(Stasher, undefined, { mailbox: { stashCapacity } })).rejects.toThrow('stashCapacity')
  await system.stop()
})

test.each([
  ['behaviors that are no object', { behaviors: 1 }, /behaviors must be an object/],
  ['a behavior that is no object', { behaviors: { a: 1 } }, /behaviors\.a must be/],
  ['a handler that is no function', { behaviors: { a: { b: 1 } } }, /behaviors\.a\.b must be a function/],
])('%s is refused', (_name, part, message) => {
  expect(() => defineActor({ name: 'Bad', init: () => ({}), on: {}, ...part } as never)).toThrow(message)
})
