/**
 * The corners of an actor's life: failures that meet other failures, stops that meet restarts, and what must not be
 * left behind. The everyday promises are in the conformance suite.
 */
import { expect, test } from 'vitest'
import { type ActorRef, defineActor, namedRef, type ReplyToken } from '../src/index.ts'
import type { SeededRandomSource } from '../src/seeded-random.ts'
import { ProbeSystem } from './probe-system.ts'

/** Fails, or waits, as it is told. */
const Child = defineActor({
  name: 'Child',
  init: () => ({}),
  on: {
    fail() {
      throw new RangeError('child failed')
    },
    async failLater(_state, gate: { askee: ActorRef<{ wait: () => void }> }, ctx) {
      await ctx.ask(gate.askee, 'wait')
      throw new RangeError('child failed late')
    },
  },
})

/** Holds every ask until it is opened. */
const Gate = defineActor({
  name: 'Gate',
  init: () => ({ waiting: [] as ReplyToken<void>[] }),
  on: {
    wait(state, _message, ctx) {
      const token = ctx.deferReply<void>()
      state.waiting.push(token)
      return token
    },
    open(state, _message, ctx) {
      for (const token of state.waiting.splice(0)) ctx.reply(token, undefined)
    },
    waiting: (state) => state.waiting.length,
  },
})

/** A parent with one child whose failures it has to take itself. */
const Parent = defineActor({
  name: 'Parent',
  init: () => ({ child: undefined as ActorRef<{ fail: () => void }> | undefined, turns: 0 }),
  started(state, ctx) {
    state.child = ctx.spawn(Child, undefined, { name: 'child', supervise: { onFailure: 'escalate' } })
  },
  on: {
    failChild(state, _message, ctx) {
      if (state.child !== undefined) ctx.tell(state.child, 'fail')
    },
    now(state, _message, ctx) {
      return { at: ctx.now(), turns: ++state.turns }
    },
    async hold(_state, gate: ActorRef<{ wait: () => void }>, ctx) {
      await ctx.ask(gate, 'wait')
    },
  },
})

test('a parent that resumes after a failure was escalated to it still has a context', async () => {
  await using system = new ProbeSystem()
  const parent = await system.spawn(Parent, undefined, { supervise: { onFailure: 'resume' } })
  expect(await parent.ask('now')).toEqual({ at: 0, turns: 1 })
  parent.tell('failChild')
  await system.idle()
  expect(await parent.ask('now')).toEqual({ at: 0, turns: 2 })
})

test('an ask whose turn is cut short by an escalated failure ends with that failure', async () => {
  await using system = new ProbeSystem()
  const gate = await system.spawn(Gate, undefined)
  const parent = await system.spawn(Parent, undefined)
  parent.tell('failChild')
  const held = parent.ask('hold', gate.ref)
  await expect(held).rejects.toThrow('child failed')
  expect(system.node.now()).toBe(0)
})

/** Its `stopped` uses the context. */
const Farewell = defineActor({
  name: 'Farewell',
  init: (args: { to: ActorRef<{ note: (text: string) => void }>; act: 'tell' | 'spawn' | 'timer' | 'throwLater' }) =>
    args,
  on: {
    fail() {
      throw new Error('on purpose')
    },
    late() {},
  },
  async stopped(state, ctx) {
    if (state.act === 'spawn') ctx.spawn(Child, undefined)
    else if (state.act === 'timer') ctx.timers.once({ key: 'late', delayMs: 60_000 }, 'late')
    else if (state.act === 'throwLater') {
      await Promise.resolve()
      throw new Error('too late to matter')
    } else ctx.tell(state.to, 'note', 'stopped')
  },
})

const Notes = defineActor({
  name: 'Notes',
  init: () => ({ texts: [] as string[] }),
  on: {
    note(state, text: string) {
      state.texts.push(text)
    },
    texts: (state) => [...state.texts],
  },
})

test('an actor that is stopped while it waits to be restarted can still say so', async () => {
  await using system = new ProbeSystem()
  const notes = await system.spawn(Notes, undefined)
  const Holder = defineActor({
    name: 'Holder',
    init: () => ({ child: undefined as ActorRef<{ fail: () => never }> | undefined }),
    on: {
      start(state, _message, ctx) {
        state.child = ctx.spawn(
          Farewell,
          { to: notes.ref, act: 'tell' },
          { supervise: { backoff: { minMs: 1_000, maxMs: 1_000 } } },
        )
        ctx.tell(state.child, 'fail')
      },
    },
  })
  const holder = await system.spawn(Holder, undefined)
  holder.tell('start')
  await system.idle()
  await holder.stop()
  expect(await notes.ask('texts')).toEqual(['stopped'])
})

test('nothing can be spawned in the last turn: a child never outlives its parent', async () => {
  await using system = new ProbeSystem()
  const notes = await system.spawn(Notes, undefined)
  const actor = await system.spawn(Farewell, { to: notes.ref, act: 'spawn' })
  await actor.stop()
  expect([...system.node.cells].map((cell) => cell.definition.name)).not.toContain('Child')
})

test('a timer started in the last turn is gone with the actor', async () => {
  await using system = new ProbeSystem()
  const notes = await system.spawn(Notes, undefined)
  const actor = await system.spawn(Farewell, { to: notes.ref, act: 'timer' })
  await system.advance(10_000)
  await actor.stop()
  expect(system.clock.nextTime ?? 0).toBeLessThan(60_000)
})

test('an actor whose last turn fails late is gone all the same', async () => {
  await using system = new ProbeSystem()
  const notes = await system.spawn(Notes, undefined)
  const actor = await system.spawn(Farewell, { to: notes.ref, act: 'throwLater' })
  await actor.stop()
  await expect(actor.ask('late')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
})

test('a failure that is escalated to a parent already being restarted does not restart it again', async () => {
  await using system = new ProbeSystem()
  const gate = await system.spawn(Gate, undefined)
  const Twice = defineActor({
    name: 'Twice',
    init: () => ({}),
    on: {
      start(_state, _message, ctx) {
        const child = ctx.spawn(Child, undefined, { supervise: { onFailure: 'escalate' } })
        ctx.tell(child, 'failLater', { askee: gate.ref })
      },
      fail() {
        throw new Error('parent failed')
      },
    },
  })
  let restarts = 0
  system.events.on('restarted', () => {
    restarts++
  })
  const parent = await system.spawn(Twice, undefined)
  parent.tell('start')
  await system.idle()
  parent.tell('fail')
  await system.idle()
  gate.tell('open')
  await system.idle()
  expect(restarts).toBe(1)
})

test('a turn that stops its actor and then throws is reported', async () => {
  await using system = new ProbeSystem()
  const Leaver = defineActor({
    name: 'Leaver',
    init: () => ({}),
    on: {
      leave(_state, _message, ctx) {
        ctx.stop()
        throw new Error('while leaving')
      },
    },
  })
  const failures: string[] = []
  system.events.on('failure', ({ error, directive }) => {
    failures.push(`${directive}: ${error.message}`)
  })
  const leaver = await system.spawn(Leaver, undefined)
  leaver.tell('leave')
  await system.terminated(leaver.ref)
  expect(failures).toEqual(['stop: while leaving'])
})

test('a killed actor goes after its children', async () => {
  await using system = new ProbeSystem()
  const order: string[] = []
  const parent = await system.spawn(Parent, undefined, { name: 'parent' })
  await parent.ask('now')
  const cell = system.node.lookup(parent.ref as never)!
  const child = [...(cell.children ?? [])][0]!
  void system.terminated(child.ref).then(() => order.push('child'))
  void system.terminated(parent.ref).then(() => order.push('parent'))
  await system.idle()
  system.node.stopping.kill(cell)
  await system.idle()
  expect(order).toEqual(['child', 'parent'])
})

test('an ask whose turn is running when the actor is killed ends at once', async () => {
  await using system = new ProbeSystem()
  const gate = await system.spawn(Gate, undefined)
  const parent = await system.spawn(Parent, undefined)
  const held = parent.ask('hold', gate.ref)
  const outcome = expect(held).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  await system.idle()
  system.node.stopping.kill(system.node.lookup(parent.ref as never)!)
  await outcome
  expect(system.node.now()).toBe(0)
})

test('what listens to the event stream cannot harm the actors', async () => {
  await using system = new ProbeSystem()
  const thrown: unknown[] = []
  const onUnhandled = (reason: unknown) => thrown.push(reason)
  process.on('unhandledRejection', onUnhandled)
  const before = process.listeners('unhandledRejection').filter((listener) => listener !== onUnhandled)
  for (const listener of before) process.off('unhandledRejection', listener)
  try {
    system.events.on('failure', () => {
      throw new Error('a bad listener')
    })
    const child = await system.spawn(Child, undefined)
    await expect(child.ask('fail')).rejects.toThrow('child failed')
    await expect(child.ask('fail')).rejects.toThrow('child failed')
    await new Promise((resolve) => setImmediate(resolve))
    expect(thrown).toMatchObject([{ message: 'a bad listener' }, { message: 'a bad listener' }])
  } finally {
    process.off('unhandledRejection', onUnhandled)
    for (const listener of before) process.on('unhandledRejection', listener)
  }
})

test('nothing of many short lives is left: cells, deferred replies, asks, random streams', async () => {
  await using system = new ProbeSystem()
  const cellsBefore = [...system.node.cells].length
  for (let round = 0; round < 20; round++) {
    const notes = await system.spawn(Notes, undefined)
    await notes.ask('texts')
    await notes.stop()
  }
  await system.idle()
  expect([...system.node.cells]).toHaveLength(cellsBefore)
  expect(system.node.guardian.children?.size ?? 0).toBe(0)
  expect(system.node.guardian.deferred?.size ?? 0).toBe(0)
  expect(system.node.asks.size).toBe(0)
  expect(system.roots).toEqual([])
})

test('an actor that forwards a deferred reply does not remember it for ever', async () => {
  await using system = new ProbeSystem()
  const Worker = defineActor({
    name: 'Worker',
    init: () => ({}),
    on: {
      work(_state, token: ReplyToken<string>, ctx) {
        ctx.reply(token, 'done')
      },
    },
  })
  const worker = await system.spawn(Worker, undefined)
  const Forwarder = defineActor({
    name: 'Forwarder',
    init: () => ({}),
    on: {
      forward(_state, _message, ctx) {
        const token = ctx.deferReply<string>()
        ctx.tell(worker.ref, 'work', token)
        return token
      },
    },
  })
  const forwarder = await system.spawn(Forwarder, undefined)
  expect(await forwarder.ask('forward')).toBe('done')
  expect(system.node.lookup(forwarder.ref as never)?.deferred?.size ?? 0).toBe(0)
})

test('a deferred reply that cannot be sent leaves the ask open for another', async () => {
  await using system = new ProbeSystem()
  const Replier = defineActor({
    name: 'Replier',
    init: () => ({ token: undefined as ReplyToken<unknown> | undefined }),
    on: {
      ask(state, _message, ctx) {
        state.token = ctx.deferReply<unknown>()
        return state.token
      },
      replyBadly(state, _message, ctx) {
        if (state.token !== undefined) ctx.reply(state.token, () => 1)
      },
    },
  })
  const replier = await system.spawn(Replier, undefined, { supervise: { onFailure: 'stop' } })
  const asked = replier.ask('ask')
  replier.tell('replyBadly')
  await expect(asked).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  expect(system.node.now()).toBe(0)
})

test('the arguments of a child are a value: neither side sees the other change them', async () => {
  await using system = new ProbeSystem()
  const Keeper = defineActor({
    name: 'Keeper',
    init: (args: { bytes: Uint8Array; list: number[] }) => ({ args }),
    on: { read: (state) => ({ byte: state.args.bytes[0], list: state.args.list }) },
  })
  const Spawner = defineActor({
    name: 'Spawner',
    init: () => ({ bytes: new Uint8Array([1]), list: [1] }),
    on: {
      async run(state, _message, ctx) {
        const keeper = ctx.spawn(Keeper, { bytes: state.bytes, list: state.list })
        state.bytes[0] = 9
        expect(() => state.list.push(9)).toThrow(TypeError)
        return ctx.ask(keeper, 'read')
      },
    },
  })
  const spawner = await system.spawn(Spawner, undefined)
  expect(await spawner.ask('run')).toEqual({ byte: 1, list: [1] })
})

test("a timer's message is a value", async () => {
  await using system = new ProbeSystem()
  const Ticker = defineActor({
    name: 'Ticker',
    init: () => ({ bytes: new Uint8Array([1]), seen: 0 }),
    on: {
      start(state, _message, ctx: any) {
        ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick', state.bytes)
        state.bytes[0] = 9
      },
      tick(state, bytes: Uint8Array) {
        state.seen = bytes[0] ?? 0
      },
      seen: (state) => state.seen,
      startBadly(_state, _message, ctx: any) {
        ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick', { f: () => 1 })
      },
    },
  })
  const ticker = await system.spawn(Ticker, undefined)
  ticker.tell('start')
  await system.advance(1)
  expect(await ticker.ask('seen')).toBe(1)
  await expect(ticker.ask('startBadly')).rejects.toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
})

test('an asynchronous turn ends once, whatever its handler returned to wait for', async () => {
  await using system = new ProbeSystem()
  const Odd = defineActor({
    name: 'Odd',
    init: () => ({ turns: 0 }),
    on: {
      twice(state): Promise<number> {
        state.turns++
        // biome-ignore lint/suspicious/noThenProperty: a thenable that breaks its contract is what is tried here
        return { then: (done: (value: number) => void) => [done(1), done(2)] } as never
      },
      throws(): Promise<number> {
        return {
          // biome-ignore lint/suspicious/noThenProperty: as above
          then() {
            throw new RangeError('no promise at all')
          },
        } as never
      },
    },
  })
  let letters = 0
  system.events.on('deadLetter', () => {
    letters++
  })
  const odd = await system.spawn(Odd, undefined)
  expect(await odd.ask('twice')).toBe(1)
  await expect(odd.ask('throws')).rejects.toThrow('no promise at all')
  expect(await odd.ask('twice')).toBe(1)
  expect(letters).toBe(0)
})

test('actors without a name leave no random stream behind; one with a name goes on where it was', async () => {
  await using system = new ProbeSystem()
  const Dice = defineActor({
    name: 'Dice',
    init: () => ({}),
    on: { roll: (_state, _message: undefined, ctx) => ctx.random.int(2 ** 32) },
  })
  const random = system.node.ports.random as SeededRandomSource
  for (let count = 0; count < 10; count++) {
    const dice = await system.spawn(Dice, undefined)
    await dice.ask('roll')
    await dice.stop()
  }
  expect(random.streamCount).toBeLessThan(5)
  const rolls = new Set<number>()
  for (let count = 0; count < 3; count++) {
    const dice = await system.spawn(Dice, undefined, { name: 'dice' })
    rolls.add(await dice.ask('roll'))
    await dice.stop()
  }
  expect(rolls.size).toBe(3)
})

test('a notice of a watch that was withdrawn is not taken for one of a later watch', async () => {
  await using system = new ProbeSystem()
  const notes = await system.spawn(Notes, undefined)
  const gate = await system.spawn(Gate, undefined)
  const named = namedRef(Notes, { node: 'local', name: 'known' })
  const Watcher = defineActor({
    name: 'Watcher',
    init: () => ({}),
    on: {
      watch: (_state, _message, ctx) => ctx.watch(named),
      async rewatch(_state, _message, ctx) {
        await ctx.ask(gate.ref, 'wait')
        ctx.unwatch(named)
        ctx.watch(named)
      },
    },
    terminated: (_state, ref, reason, ctx) => ctx.tell(notes.ref, 'note', `${ref.name} ${reason}`),
  })
  const watcher = await system.spawn(Watcher, undefined)
  const first = await system.spawn(Notes, undefined, { name: 'known' })
  await watcher.ask('watch')
  watcher.tell('rewatch')
  await system.idle()
  await first.stop()
  const second = await system.spawn(Notes, undefined, { name: 'known' })
  gate.tell('open')
  await system.idle()
  expect(await notes.ask('texts')).toEqual([])
  await second.stop()
  await system.idle()
  expect(await notes.ask('texts')).toEqual(['known stopped'])
})

test('an actor that is told to stop while it fails to start again and again stops', async () => {
  await using system = new ProbeSystem()
  const Doomed = defineActor({
    name: 'Doomed',
    init: () => ({}),
    started() {
      throw new Error('never starts')
    },
    on: {},
  })
  // The budget's window is shorter than the backoff: it never escalates.
  const supervise = { maxRestarts: 1, withinMs: 1, backoff: { minMs: 10, maxMs: 10 } }
  const doomed = await system.spawn(Doomed, undefined, { supervise })
  await system.advance(100)
  const gone = system.terminated(doomed.ref)
  const stopped = doomed.stop()
  await system.advance(20)
  await stopped
  expect(await gone).toBe('stopped')
})
