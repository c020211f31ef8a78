import { expect, test } from 'vitest'
import { type KnownOptions, refuseUnknownOptions, unknownOptionProblem } from '../src/host.ts'
import {
  type ActorRef,
  ConfigurationError,
  createLocalSystem,
  defineActor,
  definePool,
  defineRouter,
  defineTask,
  type ProtocolOf,
} from '../src/index.ts'
import { createTestKit } from '../src/testing/index.ts'

const known: KnownOptions<{ threads: number; timeoutMs: number; onFailure: string }> = {
  threads: true,
  timeoutMs: true,
  onFailure: true,
}

const Echo = defineActor({
  name: 'Echo',
  init: () => ({}),
  on: { say: (_state, what: string) => what, asks: async (_state, _message: void, ctx) => askWrongly(ctx) },
})

/** What an ask with a misspelt option throws inside a turn. */
async function askWrongly(ctx: any): Promise<string> {
  try {
    return await ctx.askWith({ timeout: 5 }, ctx.self, 'say', 'a')
  } catch (error) {
    return (error as Error).message
  }
}

test('the first option that is not known is named, with the nearest that is', () => {
  const nearest = (option: string) => unknownOptionProblem('it', { [option]: 1 }, known)?.facts
  expect(nearest('threads')).toBeUndefined()
  expect(nearest('thread')).toEqual({ option: 'thread', nearest: 'threads' })
  expect(nearest('Threads')).toEqual({ option: 'Threads', nearest: 'threads' })
  expect(nearest('timeuotMs')).toEqual({ option: 'timeuotMs', nearest: 'timeoutMs' })
  expect(nearest('timeout')).toEqual({ option: 'timeout', nearest: 'timeoutMs' })
  expect(nearest('colour')).toEqual({ option: 'colour', nearest: undefined })
  // What every object has is no option either.
  expect(nearest('toString')).toEqual({ option: 'toString', nearest: undefined })
  expect(() => refuseUnknownOptions('it', { threads: 1, colour: 2 }, known)).toThrow(
    "it: there is no option 'colour'; there are threads, timeoutMs, onFailure",
  )
})

test('what is no object of options is told with the options that there are', () => {
  expect(() => refuseUnknownOptions('it', 'node-2' as never, known)).toThrow(
    "it takes an object of options, got 'node-2'; there are threads, timeoutMs, onFailure",
  )
})

test('a spawn from outside has a node beside the options of a child', async () => {
  await using system = createLocalSystem({})
  const spawn = (options: unknown) => system.spawn(Echo, undefined, options as object)
  await expect(spawn({ nod: 'local' })).rejects.toThrow("spawn of Echo: there is no option 'nod'; did you mean 'node'?")
  await expect(spawn({ colour: 1 })).rejects.toThrow("'colour'; there are node, name, supervise, mailbox, durableId, ")
  await expect(spawn('local')).rejects.toThrow(
    "spawn of Echo takes an object of options, got 'local'; there are node, ",
  )
  await expect(spawn({ node: 'local', name: 'a' })).resolves.toBeDefined()
})

test('an option that is inherited is not looked at', () => {
  expect(unknownOptionProblem('it', Object.create({ colour: 1 }), known)).toBeUndefined()
})

test.each<[what: string, () => unknown, message: string]>([
  ['a system', () => createLocalSystem({ sed: 1 } as any), "'sed'; did you mean 'seed'?"],
  ['a test kit', () => createTestKit({ messaegs: 'shared' } as any), "did you mean 'messages'?"],
  ['a definition', () => defineActor({ name: 'A', init: () => ({}), on: {}, start() {} } as any), "'started'?"],
  [
    'its supervision',
    () => defineActor({ name: 'A', init: () => ({}), on: {}, supervise: { onfailure: 'stop' } as any }),
    "actor A: supervise: there is no option 'onfailure'; did you mean 'onFailure'?",
  ],
  ['a task', () => defineTask({ name: 'a', run: () => 1, timeout: 5 } as any), "task a: there is no option 'timeout'"],
  ['a router', () => defineRouter({ name: 'r', stratgy: 'random' } as any), "did you mean 'strategy'?"],
  ['a pool', () => definePool({ name: 'p', routee: Echo, sizes: 2 } as any), "did you mean 'size'?"],
  [
    'its routees',
    () => definePool({ name: 'p', routee: Echo, size: 2, options: { mailbx: {} } as any }),
    "pool p: options: there is no option 'mailbx'; did you mean 'mailbox'?",
  ],
])('%s', (_what, run, message) => {
  expect(run).toThrow(ConfigurationError)
  expect(run).toThrow(message)
})

test('spawns, asks and sends are looked at in development, and not in production', async () => {
  for (const messages of ['frozen', 'shared'] as const) {
    await using system = createLocalSystem({ messages })
    const echo = await system.spawn(Echo, undefined)
    const wrong = [
      () => system.spawn(Echo, undefined, { nam: 'echo' } as any),
      () => system.spawn(Echo, undefined, { mailbox: { capcity: 5 } } as any),
      async () => system.askWith({ timeoutMS: 5 } as any, echo.ref, 'say', 'a'),
      async () => system.sendWith({ window: 5 } as any, echo.ref, 'say', 'a'),
    ]
    for (const run of wrong) {
      const thrown = await run().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (messages === 'frozen') expect(thrown).toBeInstanceOf(ConfigurationError)
      else expect(thrown).toBeUndefined()
    }
    // With the option unknown to anybody the ask of itself would wait for its timeout.
    if (messages === 'shared') continue
    expect(await echo.ask('asks')).toContain("an ask: there is no option 'timeout'; did you mean 'timeoutMs'?")
  }
})

test('an end of an ask that the asker never handles is refused by name, which no type tells of an inferred definition', async () => {
  const Asker = defineActor({
    name: 'Asker',
    init: (args: { echo: ActorRef<ProtocolOf<typeof Echo>> }) => ({ ...args, got: [] as string[] }),
    behaviors: { waiting: { said: (state, text: string) => void state.got.push(text) } },
    on: {
      ask(state, names: { onReply: string; onError: string }, ctx) {
        ctx.become('waiting')
        ctx.askThen(names, state.echo, 'say', 'hello')
      },
      failed(_state, _error: Error) {},
      got: (state) => state.got,
    },
  })
  for (const messages of ['frozen', 'shared'] as const) {
    await using system = createLocalSystem({ messages })
    const echo = await system.spawn(Echo, undefined)
    const asker = await system.spawn(Asker, { echo: echo.ref })
    await asker.ask('ask', { onReply: 'said', onError: 'failed' })
    expect(await asker.ask('got')).toEqual(['hello'])
    const misspelt = asker.ask('ask', { onReply: 'sayd', onError: 'failed' })
    if (messages === 'shared') await misspelt
    else {
      await expect(misspelt).rejects.toThrow(ConfigurationError)
      await expect(asker.ask('ask', { onReply: 'said', onError: 'faild' })).rejects.toThrow(
        "actor Asker: ctx.askThen names 'faild' as onError, for which it has no handler; there are ask, failed, got, said",
      )
    }
  }
})

/** What a handler with those options throws. */
async function thrownBy(call: (ctx: any) => void): Promise<string> {
  await using system = createLocalSystem()
  const Setter = defineActor({
    name: 'Setter',
    init: () => ({}),
    on: {
      set(_state, _message: undefined, ctx) {
        try {
          call(ctx)
          return 'nothing'
        } catch (error) {
          return String(error)
        }
      },
    },
  })
  return await (await system.spawn(Setter, undefined, { name: 'setter' })).ask('set')
}

test.each<[call: string, (ctx: any) => void, option: string, nearest: string]>([
  ['timers.once', (ctx) => ctx.timers.once({ key: 'k', delay: 5 }, 'set'), 'delay', 'delayMs'],
  ['timers.fixedDelay', (ctx) => ctx.timers.fixedDelay({ key: 'k', delayMS: 5 }, 'set'), 'delayMS', 'delayMs'],
  ['timers.fixedRate', (ctx) => ctx.timers.fixedRate({ key: 'k', periodms: 5 }, 'set'), 'periodms', 'periodMs'],
  ['reminders.set', (ctx) => ctx.reminders.set({ key: 'k', atms: 5 }, 'set'), 'atms', 'atMs'],
])('%s refuses options that it has not', async (call, run, option, nearest) => {
  const what = `${call}: there is no option '${option}'; did you mean '${nearest}'?`
  expect(await thrownBy(run)).toBe(`ConfigurationError: /local/setter: ${what}`)
})

test('a priority of a message that is never taken is refused, where it is defined and where it is spawned', async () => {
  const mailbox = { priority: { sya: 3 } }
  const what = "mailbox.priority names 'sya', for which it has no handler; did you mean 'say'?"
  const parts = { name: 'A', init: () => ({}), on: {}, behaviors: { loud: { say() {} } } }
  expect(() => defineActor({ ...parts, mailbox } as any)).toThrow(`actor A: ${what}`)
  expect(() => definePool({ name: 'p', routee: Echo, size: 2, options: { mailbox } })).toThrow(
    `pool p: options: ${what}`,
  )
  await using system = createLocalSystem()
  await expect(system.spawn(Echo, undefined, { mailbox })).rejects.toThrow(`spawn of Echo: ${what}`)
  expect(await thrownBy((ctx) => ctx.spawn(Echo, undefined, { mailbox }))).toContain(`spawn of Echo: ${what}`)
  // One of any behavior is taken, and by \`otherwise\` each is.
  await system.spawn(defineActor(parts as any), undefined, { mailbox: { priority: { say: 1 } } })
  await system.spawn(defineActor({ ...parts, otherwise() {} } as any), undefined, { mailbox })
})
