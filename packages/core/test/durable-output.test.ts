/** The corners of output commit: what happens between an event's turn and its sync, and when parts of it fail. */
import { expect, test } from 'vitest'
import { type ActorRef, defineActor, JournalRecordSizeError, type ReplyToken, type SystemEvents } from '../src/index.ts'
import { unsyncedMax } from '../src/unsynced-output.ts'
import { HeldDisk, memoryDisk, ProbeSystem } from './probe-system.ts'

const Ledger = defineActor({
  name: 'Ledger',
  init: () => ({ entries: [] as number[], sum: 0 }),
  events: {
    added(state, amount: number) {
      state.entries.push(amount)
      state.sum += amount
    },
  },
  snapshotEvery: 1_000,
  on: {
    add(state, amount: number, ctx) {
      ctx.persist('added', amount)
      return { entries: [...state.entries], sum: state.sum }
    },
    addAndFail(_state, amount: number, ctx) {
      ctx.persist('added', amount)
      throw new Error('after the event')
    },
    sum: (state) => state.sum,
    fail() {
      throw new Error('on purpose')
    },
  },
})

test('a reply that is held is a value: later turns do not change it', async () => {
  const disk = new HeldDisk()
  const Box = defineActor({
    name: 'Box',
    init: () => ({ bytes: new Uint8Array([0]) }),
    events: {
      set(state, value: number) {
        state.bytes[0] = value
      },
    },
    on: {
      set(state, value: number, ctx) {
        ctx.persist('set', value)
        return state.bytes
      },
    },
  })
  await using system = new ProbeSystem({ disk })
  const box = await system.spawn(Box, undefined, { durableId: 'box' })
  await box.ask('set', 0)
  disk.hold()
  const first = box.ask('set', 1)
  const second = box.ask('set', 2)
  await system.idle()
  disk.release()
  expect([...(await first)]).toEqual([1])
  expect([...(await second)]).toEqual([2])
})

test('a durable actor that resumes after a failure has only what its journal has', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const ledger = await system.spawn(Ledger, undefined, { durableId: 'a', supervise: { onFailure: 'resume' } })
  await ledger.ask('add', 1)
  await expect(ledger.ask('addAndFail', 10)).rejects.toThrow('after the event')
  expect(await ledger.ask('sum')).toBe(1)
  await expect(ledger.ask('fail')).rejects.toThrow('on purpose')
  expect(await ledger.ask('sum')).toBe(1)
})

test('a snapshot that cannot be taken is told as a failure; the turn stands', async () => {
  const Snapped = defineActor({
    name: 'Snapped',
    init: () => ({ sum: 0 }),
    events: {
      added(state, amount: number) {
        state.sum += amount
      },
    },
    snapshotEvery: 1,
    snapshot: () => {
      throw new Error('no picture today')
    },
    on: {
      add(state, amount: number, ctx) {
        ctx.persist('added', amount)
        return state.sum
      },
    },
  })
  const disk = memoryDisk()
  const failures: string[] = []
  {
    await using system = new ProbeSystem({ disk })
    system.events.on('failure', ({ message, error, directive }) => {
      failures.push(`${message}: ${error.message}, ${directive}`)
    })
    const actor = await system.spawn(Snapped, undefined, { durableId: 'a' })
    expect(await actor.ask('add', 1)).toBe(1)
    expect(await actor.ask('add', 2)).toBe(3)
  }
  expect(failures).toEqual(['snapshot: no picture today, resume', 'snapshot: no picture today, resume'])
  await using system = new ProbeSystem({ disk })
  const actor = await system.spawn(Snapped, undefined, { durableId: 'a' })
  expect(await actor.ask('add', 3)).toBe(6)
})

test('state with a Map comes back from a snapshot as it was', async () => {
  const Accounts = defineActor({
    name: 'Accounts',
    init: () => ({ balances: new Map<string, { amount: number }>() }),
    events: {
      paid(state, { to, amount }: { to: string; amount: number }) {
        const account = state.balances.get(to) ?? { amount: 0 }
        account.amount += amount
        state.balances.set(to, account)
      },
    },
    snapshotEvery: 2,
    on: {
      pay(_state, payment: { to: string; amount: number }, ctx) {
        ctx.persist('paid', payment)
      },
      balance: (state, name: string) => state.balances.get(name)?.amount ?? 0,
    },
  })
  const disk = memoryDisk()
  {
    await using system = new ProbeSystem({ disk })
    const accounts = await system.spawn(Accounts, undefined, { durableId: 'bank' })
    for (let count = 0; count < 5; count++) await accounts.ask('pay', { to: '__proto__', amount: 1 })
  }
  await using system = new ProbeSystem({ disk })
  const accounts = await system.spawn(Accounts, undefined, { durableId: 'bank' })
  expect(await accounts.ask('balance', '__proto__')).toBe(5)
  await accounts.ask('pay', { to: '__proto__', amount: 1 })
  expect(await accounts.ask('balance', '__proto__')).toBe(6)
})

test('an actor that is stopped while its sync is pending is gone only after the sync, and its id with it', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const ledger = await system.spawn(Ledger, undefined, { durableId: 'a' })
  await ledger.ask('sum')
  disk.hold()
  const reply = ledger.ask('add', 1)
  let gone = false
  const stopped = ledger.stop().then(() => {
    gone = true
  })
  await system.idle()
  expect(gone).toBe(false)
  await expect(system.spawn(Ledger, undefined, { durableId: 'a' })).rejects.toMatchObject({
    code: 'ERR_TROUPE_NAME_TAKEN',
  })
  disk.release()
  expect(await reply).toMatchObject({ sum: 1 })
  await stopped
  const again = await system.spawn(Ledger, undefined, { durableId: 'a' })
  expect(await again.ask('sum')).toBe(1)
})

test('what a durable actor committed before it was killed stays, and is told once it is synced', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const ledger = await system.spawn(Ledger, undefined, { durableId: 'a' })
  await ledger.ask('sum')
  disk.hold()
  const reply = ledger.ask('add', 1)
  const second = ledger.ask('add', 2)
  await system.idle()
  const killed = ledger.kill()
  await system.idle()
  disk.release()
  expect(await reply).toMatchObject({ sum: 1 })
  expect(await second).toMatchObject({ sum: 3 })
  await killed
  const again = await system.spawn(Ledger, undefined, { durableId: 'a' })
  expect(await again.ask('sum')).toBe(3)
})

test('an actor that is stopped while it is being recovered stops', async () => {
  const disk = memoryDisk()
  {
    await using system = new ProbeSystem({ disk })
    const ledger = await system.spawn(Ledger, undefined, { durableId: 'a' })
    await ledger.ask('add', 1)
  }
  await using system = new ProbeSystem({ disk })
  const ledger = await system.spawn(Ledger, undefined, { durableId: 'a' })
  await ledger.stop()
  const again = await system.spawn(Ledger, undefined, { durableId: 'a' })
  expect(await again.ask('sum')).toBe(1)
})

test('a node whose disk fails ends: it says why, and what waits for it ends', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const downs: string[] = []
  system.events.on('nodeDown', ({ reason }) => downs.push(reason))
  const ledger = await system.spawn(Ledger, undefined, { durableId: 'a' })
  await ledger.ask('add', 1)
  disk.break()
  const gone = system.terminated(ledger.ref)
  await expect(ledger.ask('add', 2)).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
  expect(downs).toEqual([expect.stringContaining('the disk is broken')])
  expect(await gone).toBe('node-down')
  expect(await system.terminated(ledger.ref)).toBe('node-down')
})

test('a record that is too big fails its turn, not the node', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const Hoard = defineActor({
    name: 'Hoard',
    init: () => ({ size: 0 }),
    events: {
      kept(state, bytes: Uint8Array) {
        state.size += bytes.length
      },
    },
    on: {
      keep(_state, size: number, ctx) {
        ctx.persist('kept', new Uint8Array(size))
      },
      size: (state) => state.size,
    },
  })
  const hoard = await system.spawn(Hoard, undefined, { durableId: 'h' })
  await hoard.ask('keep', 10)
  await expect(hoard.ask('keep', 65 * 1024 ** 2)).rejects.toThrow(JournalRecordSizeError)
  expect(await hoard.ask('size')).toBe(10)
})

test('what was held and cannot be sent after all fails its asker and nobody else', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk, messages: 'shared' })
  const Odd = defineActor({
    name: 'Odd',
    init: () => ({ token: undefined as ReplyToken<unknown> | undefined }),
    events: { noted() {} },
    on: {
      odd(_state, _message, ctx): unknown {
        ctx.persist('noted')
        return () => 1
      },
      fine(_state, _message, ctx) {
        ctx.persist('noted')
        return 'fine'
      },
    },
  }) as any
  const odd = (await system.spawn(Odd, undefined, { durableId: 'odd' })) as any
  await expect(odd.ask('odd')).rejects.toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
  expect(await odd.ask('fine')).toBe('fine')
})

test('a child whose start was held when its parent was killed never starts', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const started: string[] = []
  const Born = defineActor({
    name: 'Born',
    init: () => ({}),
    started: () => {
      started.push('born')
    },
    on: {},
  })
  const Mother = defineActor({
    name: 'Mother',
    init: () => ({}),
    events: { gaveBirth() {} },
    on: {
      bear(_state, _message, ctx): ActorRef {
        ctx.persist('gaveBirth')
        return ctx.spawn(Born, undefined)
      },
      ready: () => true,
    },
  })
  const mother = await system.spawn(Mother, undefined, { durableId: 'm' })
  await mother.ask('ready')
  disk.hold()
  mother.tell('bear')
  await system.idle()
  system.node.stopping.kill(system.node.lookup(mother.ref as never)!)
  disk.release()
  expect(await system.terminated(mother.ref)).toBe('not-found')
  expect(started).toEqual([])
})

test('an actor whose disk is slow takes turns up to a bound, and goes on after the sync', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const turns: number[] = []
  const Busy = defineActor({
    name: 'Busy',
    init: () => ({}),
    events: { noted() {} },
    snapshotEvery: 1_000_000,
    on: {
      note(_state, number: number, ctx) {
        turns.push(number)
        ctx.persist('noted')
      },
    },
  })
  const busy = await system.spawn(Busy, undefined, { durableId: 'busy' })
  await busy.ask('note', -1)
  disk.hold()
  for (let number = 0; number < unsyncedMax + 100; number++) busy.tell('note', number)
  const last = busy.ask('note', unsyncedMax + 100)
  await system.idle()
  expect(turns).toHaveLength(1 + unsyncedMax)
  disk.release()
  await last
  expect(turns).toEqual(Array.from({ length: unsyncedMax + 102 }, (_, index) => index - 1))
})

test('a turn whose events cannot be stored has failed, and leaves nothing of them in a state that resumes', async () => {
  const disk = memoryDisk()
  await using system = new ProbeSystem({ disk, messages: 'shared' })
  const Loose = defineActor({
    name: 'Loose',
    init: () => ({ count: 0 }),
    events: {
      took(state, _what: unknown) {
        state.count++
      },
    },
    on: {
      take: (_state, what: number, ctx) => ctx.persist('took', what),
      takeFunction: (_state, _message, ctx) => ctx.persist('took', () => 1),
      count: (state) => state.count,
    },
  })
  const loose = await system.spawn(Loose, undefined, { durableId: 'loose', supervise: { onFailure: 'resume' } })
  await loose.ask('take', 1)
  await expect(loose.ask('takeFunction')).rejects.toThrow()
  expect(await loose.ask('count')).toBe(1)
})

test.each([
  ['nothing', undefined, /ctx\.tell of hi was given undefined, which is not a reference/],
  ['what holds a reference', 'holder', /ctx\.tell of hi was given an object, .*; pass its ref/],
  ['a path', '/local/Ledger-1', /ctx\.tell of hi was given "\/local\/Ledger-1", .*; lookup\(path\) finds/],
])('a tell to %s fails its turn, also behind an event', async (_what, given, message) => {
  const Careless = defineActor({
    name: 'Careless',
    init: () => ({ events: 0 }),
    events: {
      happened(state) {
        state.events++
      },
    },
    on: {
      go(_state, to: string | undefined, ctx) {
        ctx.persist('happened')
        ctx.tell((to === 'holder' ? { ref: ctx.self } : to) as unknown as ActorRef<{ hi: () => void }>, 'hi')
      },
      events: (state) => state.events,
    },
  })
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const careless = await system.spawn(Careless, undefined, { durableId: 'careless' })
  await expect(careless.ask('go', given)).rejects.toThrow(message)
  expect(await careless.ask('events')).toBe(0)
  expect(() => system.tell(undefined as never, 'hi' as never)).toThrow(/tell of hi was given undefined/)
  expect(() => system.ask(careless as never, 'hi' as never)).toThrow(/ask of hi was given an object, .*; pass its ref/)
})

test('a snapshot that is more than a record holds is told as a typed failure, and no event is lost by it', async () => {
  const Text = defineActor({
    name: 'Text',
    init: () => ({ parts: [] as string[] }),
    events: {
      added(state, part: string) {
        state.parts.push(part)
      },
    },
    on: {
      add: (_state, length: number, ctx) => ctx.persist('added', 'x'.repeat(length)),
      snapshot: (_state, _message: void, ctx) => ctx.snapshot(),
      lengths: ({ parts }) => parts.map(({ length }) => length),
    },
  })
  const half = 40 * 1024 ** 2
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const failures: SystemEvents['failure'][0][] = []
  system.events.on('failure', (failure) => failures.push(failure))
  const text = await system.spawn(Text, undefined, { name: 'text', durableId: 'text' })
  await text.ask('add', half)
  await text.ask('snapshot')
  await text.ask('add', half)
  expect(failures).toEqual([])
  await text.ask('snapshot')
  await system.idle()
  expect(failures).toMatchObject([{ message: 'snapshot', directive: 'resume' }])
  const error = failures[0]?.error
  expect(error).toBeInstanceOf(JournalRecordSizeError)
  expect(error?.message).toMatch(/^a snapshot of text: \d+ bytes in one record of the journal, .* 67108864 at most$/)
  await text.stop()
  const again = await system.spawn(Text, undefined, { name: 'text', durableId: 'text' })
  expect(await again.ask('lengths')).toEqual([half, half])
})
