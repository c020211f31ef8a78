/** Cycles of asks on one node, to the millisecond, and what is no cycle. */
import { expect, test } from 'vitest'
import {
  type ActorRef,
  AskCycleError,
  ConfigurationError,
  createLocalSystem,
  defineActor,
  defineTask,
  type ProtocolOf,
  type ReplyToken,
} from '../src/index.ts'
import { type Asker, AskerActor, Later } from './ask-graph.ts'
import { HeldDisk, ProbeSystem } from './probe-system.ts'

const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

test('the ask that closes a cycle fails after a while with the path; the others are answered', async () => {
  await using system = new ProbeSystem()
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const asked = outcome(a!.ask('chain', [b!.ref, c!.ref, a!.ref]))
  await system.advance(99)
  expect(system.node.asks.size).toBe(4)
  await system.advance(1)
  const text = await asked
  expect(text).toBe('caught ERR_TROUPE_ASK_CYCLE /local/c -[chain]-> /local/a -[chain]-> /local/b -[chain]-> /local/c')
  expect(await a!.ask('chain', [])).toBe('end')
})

test('an actor that asks itself is told so', async () => {
  await using system = new ProbeSystem()
  const a = await system.spawn(AskerActor, undefined, { name: 'a' })
  const asked = a.ask('askUncaught', a.ref).catch((error: unknown) => error)
  await system.advance(100)
  const error = (await asked) as AskCycleError
  expect(error).toBeInstanceOf(AskCycleError)
  expect(error.message).toContain('/local/a -[chain]-> /local/a')
  expect(error.facts).toEqual({
    actor: '/local/a',
    message: 'chain',
    cycle: [{ actor: '/local/a', message: 'chain' }],
  })
})

test('who waits for a cycle and is not on it goes on waiting', async () => {
  await using system = new ProbeSystem()
  const [tail, a, b] = await Promise.all(
    ['tail', 'a', 'b'].map((name) => system.spawn(AskerActor, undefined, { name })),
  )
  a!.tell('chain', [b!.ref, a!.ref])
  await system.idle()
  // Younger than the asks of the cycle, and no part of it.
  const asked = tail!.ask('chain', [a!.ref])
  await system.advance(100)
  expect(await asked).toBe('end')
})

test('a turn that waits for several asks is in a cycle once nothing else is left', async () => {
  await using system = new ProbeSystem()
  const [a, b] = await Promise.all(['a', 'b'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const later = await system.spawn(Later, undefined)
  // Both for the answer after 500 ms and for the one that cannot come.
  const asked = a!.ask('several', {
    kind: 'all',
    asks: [
      { to: later.ref, afterMs: 500 },
      { to: b!.ref, back: true },
    ],
  })
  await system.advance(499)
  expect(system.node.asks.size).toBe(4)
  await system.advance(400)
  expect(await asked).toEqual(['later', 'caught ERR_TROUPE_ASK_CYCLE /local/b -[chain]-> /local/a -[chain]-> /local/b'])
})

test('a race with an ask that is answered is no cycle', async () => {
  await using system = new ProbeSystem()
  const [a, b] = await Promise.all(['a', 'b'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const later = await system.spawn(Later, undefined)
  const asks = [
    { to: later.ref, afterMs: 4_000 },
    { to: b!.ref, back: true },
  ]
  const asked = a!.ask('several', { kind: 'race', asks })
  await system.advance(3_999)
  expect(system.node.asks.size).toBe(4)
  await system.advance(1)
  expect(await asked).toBe('later')
  await system.idle()
  expect(system.node.asks.size).toBe(0)
})

test('a race with a task, with a stream, or with what a signal of its own stands for is no cycle', async () => {
  const done = Promise.withResolvers<string>()
  const outside = Promise.withResolvers<string>()
  const slow = defineTask({ name: 'slow', run: () => done.promise })
  const Items = defineActor({
    name: 'Items',
    init: (args: { later: ActorRef<{ answer: (afterMs: number) => string }> }) => args,
    on: {
      async *items({ later }, _message: undefined, ctx) {
        yield await ctx.ask(later, 'answer', 1_000)
      },
    },
  })
  interface RacerProtocol {
    poke: () => string
    race: (against: 'task' | 'stream' | 'outside') => string
  }
  const Racer = defineActor<RacerProtocol>()({
    name: 'Racer',
    init: (args: { items: ActorRef<ProtocolOf<typeof Items>> }) => args,
    on: {
      poke: () => 'poked',
      async race({ items }, against, ctx): Promise<string> {
        if (against === 'task') return Promise.race([ctx.ask(ctx.self, 'poke'), ctx.task(slow, undefined)])
        if (against === 'stream') {
          const stream = (await ctx.ask(items, 'items'))[Symbol.asyncIterator]()
          return Promise.race([ctx.ask(ctx.self, 'poke'), stream.next().then(({ value }) => value as string)])
        }
        const controller = new AbortController()
        const poked = ctx.askWith({ signal: controller.signal }, ctx.self, 'poke').catch(() => 'aborted')
        const first = await Promise.race([poked, outside.promise])
        controller.abort()
        return `${first} ${await poked}`
      },
    },
  })
  await using system = new ProbeSystem()
  const later = await system.spawn(Later, undefined)
  const items = await system.spawn(Items, { later: later.ref })
  const racer = await system.spawn(Racer, { items: items.ref })
  for (const [against, answer] of [
    ['task', 'done'],
    ['stream', 'later'],
    ['outside', 'outside aborted'],
  ] as const) {
    const asked = racer.ask('race', against)
    await system.advance(1_000)
    if (against === 'task') done.resolve('done')
    if (against === 'outside') outside.resolve('outside')
    expect(await asked).toBe(answer)
  }
})

test('a turn with a signal passes it on to its asks and is found all the same', async () => {
  await using system = new ProbeSystem()
  const a = await system.spawn(AskerActor, undefined, { name: 'a' })
  const asked = a.ask('askWithOwnSignal', a.ref)
  await system.advance(100)
  expect(await asked).toBe('caught ERR_TROUPE_ASK_CYCLE /local/a -[chain]-> /local/a')
})

test('an ask of an earlier turn does not make a turn wait', async () => {
  const outside = Promise.withResolvers<void>()
  const Careless = defineActor<{
    start: (to: Asker) => void
    wait: () => Promise<string>
    chain: (refs: Asker[]) => string
    answer: () => string
  }>()({
    name: 'Careless',
    init: () => ({ answer: 'none' }),
    on: {
      start(state, to, ctx) {
        void ctx.ask(to, 'chain', [ctx.self as ActorRef<any>]).then((answer) => {
          state.answer = answer
        })
      },
      async wait() {
        await outside.promise
        return 'waited'
      },
      chain: () => 'end',
      answer: ({ answer }) => answer,
    },
  })
  await using system = new ProbeSystem()
  const careless = await system.spawn(Careless, undefined)
  const other = await system.spawn(AskerActor, undefined)
  careless.tell('start', other.ref)
  const waited = careless.ask('wait')
  await system.advance(1_000)
  outside.resolve()
  expect(await waited).toBe('waited')
  await system.idle()
  expect(await careless.ask('answer')).toBe('end')
  expect(system.node.asks.size).toBe(0)
})

test('a cycle over asks that were sent on is found', async () => {
  await using system = new ProbeSystem()
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const asked = a!.ask('several', { kind: 'all', asks: [{ to: b!.ref, over: [b!.ref, c!.ref, a!.ref] }] })
  await system.advance(100)
  // Forwarded by b to c, then by c to a itself.
  expect(await asked).toBe('caught ERR_TROUPE_ASK_CYCLE /local/a -[passOn]-> /local/a')
})

test('a deferred reply may come from anybody: no cycle', async () => {
  await using system = new ProbeSystem()
  const [a, b] = await Promise.all(['a', 'b'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const asked = a!.ask('several', { kind: 'all', asks: [{ to: b!.ref, defer: true, timeoutMs: 4_000 }] })
  await system.idle()
  // It has the token of what a waits for, and asks a before it answers.
  const blocked = b!.ask('chain', [a!.ref])
  await system.advance(3_999)
  expect(system.node.asks.size).toBe(4)
  await system.advance(1)
  expect(await asked).toBe('caught ERR_TROUPE_ASK_TIMEOUT undefined')
  expect(await blocked).toBe('end')
})

test('a turn that gave its reply away, and goes on asking, is not who keeps the asker waiting', async () => {
  type Way = 'sends it to one' | 'sends it to two' | 'defers it' | 'stashes it too'
  const Giver = defineActor<{ give: (way: Way) => string; hold: () => string }>()({
    name: 'Giver',
    init: (args: { others: readonly ActorRef<any>[] }) => args,
    on: {
      async give({ others: [asker, taker, busy] }, way, ctx): Promise<any> {
        if (way.startsWith('sends')) {
          ctx.forward(taker as ActorRef<any>)
          if (way === 'sends it to two') ctx.forward(busy as ActorRef<any>)
          return ctx.ask(asker as ActorRef<any>, 'chain', [])
        }
        const token = ctx.deferReply<string>()
        ctx.tell(taker as ActorRef<any>, 'takeLater', token)
        if (way === 'stashes it too') {
          ctx.stash()
          ctx.tell(ctx.self, 'hold')
          return token
        }
        await ctx.ask(asker as ActorRef<any>, 'chain', [])
        return token
      },
      hold: async ({ others: [asker] }, _message, ctx): Promise<any> => ctx.ask(asker as ActorRef<any>, 'chain', []),
    },
  })
  /** Answers after a second, whatever way the ask came. */
  interface TakerProtocol {
    give: (way: Way) => string
    takeLater: (token: ReplyToken<string>) => void
    take: (token: ReplyToken<string>) => void
  }
  const Taker = defineActor<TakerProtocol>()({
    name: 'Taker',
    init: () => ({}),
    on: {
      give(_state, _way, ctx) {
        const token = ctx.deferReply<string>()
        ctx.tell(ctx.self, 'takeLater', token)
        return token
      },
      takeLater: (_state, token, ctx) => ctx.timers.once({ key: `take ${token.askId}`, delayMs: 1_000 }, 'take', token),
      take: (_state, token, ctx) => ctx.reply(token, 'taken'),
    },
  })
  const Client = defineActor<{ start: (message: { to: ActorRef<any>; way: Way }) => string; chain: () => string }>()({
    name: 'Client',
    init: () => ({}),
    on: { start: async (_state, { to, way }, ctx): Promise<any> => ctx.ask(to, 'give', way), chain: () => 'end' },
  })
  for (const way of ['sends it to one', 'sends it to two', 'defers it', 'stashes it too'] as const) {
    await using system = new ProbeSystem({ metrics: true })
    const client = await system.spawn(Client, undefined)
    const taker = await system.spawn(Taker, undefined)
    // Held by an ask of the client, behind which what it is sent waits.
    const busy = await system.spawn(Giver, { others: [client.ref, taker.ref, client.ref] })
    const giver = await system.spawn(Giver, { others: [client.ref, taker.ref, busy.ref] })
    const asked = client.ask('start', { to: giver.ref, way })
    if (way === 'sends it to two') busy.tell('give', 'sends it to one')
    await system.advance(1_000)
    expect(await asked, way).toBe('taken')
    const ended = (await system.metrics()).nodes[0]?.asks.ended
    expect(ended, way).not.toHaveProperty('ERR_TROUPE_ASK_CYCLE')
  }
})

test('a message in the stash waits with the mailbox', async () => {
  await using system = new ProbeSystem()
  const [a, b] = await Promise.all(['a', 'b'].map((name) => system.spawn(AskerActor, undefined, { name })))
  const asked = a!.ask('several', { kind: 'all', asks: [{ to: b!.ref, stash: true }] })
  await system.idle()
  b!.tell('chain', [a!.ref])
  await system.advance(100)
  const unstashed = b!.ask('unstash')
  await system.idle()
  await unstashed
  expect(await asked).toBe('unstashed')
})

test('asks that a durable actor holds until they are synced count once they are sent', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const a = await system.spawn(AskerActor, undefined, { name: 'a', durableId: 'a' })
  const b = await system.spawn(AskerActor, undefined, { name: 'b', durableId: 'b' })
  disk.hold()
  a.tell('note')
  const asked = a.ask('chain', [b.ref, a.ref])
  await system.advance(1_000)
  expect(system.node.asks.size).toBe(2)
  disk.release()
  await system.advance(200)
  expect(await asked).toBe('caught ERR_TROUPE_ASK_CYCLE /local/b -[chain]-> /local/a -[chain]-> /local/b')
})

test('Infinity: nobody looks; what is not above 0 is refused', async () => {
  await using system = new ProbeSystem({ askCyclesAfterMs: Number.POSITIVE_INFINITY })
  const a = await system.spawn(AskerActor, undefined, { name: 'a' })
  const asked = a.ask('several', { kind: 'all', asks: [{ to: a.ref, timeoutMs: 4_000 }] })
  await system.advance(4_000)
  expect(await asked).toBe('caught ERR_TROUPE_ASK_TIMEOUT undefined')
  for (const askCyclesAfterMs of [0, -1, Number.NaN]) {
    expect(() => createLocalSystem({ askCyclesAfterMs })).toThrow(ConfigurationError)
  }
})

test('nothing is left on the clock when nobody asks any more', async () => {
  await using system = new ProbeSystem()
  const a = await system.spawn(AskerActor, undefined)
  const b = await system.spawn(AskerActor, undefined)
  expect(await a.ask('chain', [b.ref])).toBe('end')
  await system.advance(10_000)
  expect(system.clock.runNext()).toBe(false)
})
