/**
 * Mistakes of a state machine: what can be seen when it is defined is refused then; what one command does later fails its caller,
 * and the log goes on.
 */
import { CommandError, Counter, LogMachineObserver, replicate, startReplicated } from '@troupe/consensus'
import { ConfigurationError, JournalRecordSizeError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const options = { electionTimeoutMs: 200 }

function run(nodes: number, program: (world: SimulatedWorld) => Promise<void>) {
  return simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)
}

const late = async (): Promise<never> => {
  await undefined
  throw new Error('late')
}

/** By command, what `apply` does after it has counted. */
const mistakes: Record<string, () => unknown> = {
  'returns a promise that rejects': () => Promise.reject(new Error('rejected')),
  'returns a promise that rejects later': late,
  'returns data with such a promise in it': () => ({ list: [Promise.reject(new Error('rejected'))] }),
  'leaves a promise that rejects': () => {
    void late()
    return 'left'
  },
  'throws no error': () => {
    throw Object.create(null)
  },
  'throws an error that cannot be read': () => {
    throw Object.defineProperty(new Error('hidden'), 'message', {
      get: () => {
        throw new Error('unreadable')
      },
    })
  },
  'throws an error whose texts are none': () => {
    throw Object.assign(new Error('hidden'), { name: Symbol('name'), message: () => 'none' })
  },
}
const Mistaken = replicate<{ count: number }, string, unknown, string, unknown>(
  { name: 'Mistaken', snapshotEvery: 10 },
  {
    initial: () => ({ count: 0 }),
    apply(state, what) {
      state.count++
      return mistakes[what]?.() ?? state.count
    },
    query: (state, what) => mistakes[what]?.() ?? state.count,
  },
)

test.each(Object.keys(mistakes))(
  'a command whose apply %s fails its caller at most: the log goes on, and recovers',
  async (what) => {
    await run(3, async (world) => {
      const failures: string[] = []
      world.events.on('failure', ({ message }) => failures.push(message))
      const log = await startReplicated(world, Mistaken, { log: 'mistaken', members: world.nodes, options })
      const client = await log.client()
      expect(await client.execute('count')).toBe(1)
      for (const call of [() => client.execute(what), () => client.read(what)]) {
        const outcome = await call().catch((error: unknown) => error)
        if (what.startsWith('leaves')) expect(outcome).toBe('left')
        else expect(outcome).toBeInstanceOf(CommandError)
      }
      await world.sleep(1_000)
      expect(await client.execute('count')).toBe(3)
      for (const node of world.nodes) {
        world.crash(node)
        await world.restart(node)
      }
      expect(await client.execute('count', { timeoutMs: 20_000 })).toBe(4)
      await world.sleep(1_000)
      expect(failures).toEqual([])
      for (const { replica } of (await client.status()).members) expect(replica?.applied).toBeGreaterThan(0)
    })
  },
)

const apply = (state: { count: number }, by: number) => (state.count += by)
const whole = { initial: () => ({ count: 0 }), apply }
const define = (machine: object) => replicate({ name: 'None' }, machine as typeof whole)

test.each<[what: string, define: () => unknown, message: string]>([
  ['no apply', () => define({ initial: () => ({}) }), 'replicate None: the state machine has no function apply'],
  [
    'no machine',
    () => replicate({ name: 'None' }, undefined as never),
    'must be an object with functions initial and apply',
  ],
  [
    'no name',
    () => replicate({ initial: () => ({ count: 0 }), apply } as never, undefined as never),
    "there is no option 'initial'",
  ],
  ['a part misspelt', () => define({ ...whole, snapsot: 1 }), "there is no option 'snapsot'; did you mean 'snapshot'?"],
  ['an option misspelt', () => replicate({ name: 'None', snapshotevery: 1 } as never, whole), "mean 'snapshotEvery'?"],
  ['apply', () => define({ ...whole, apply: 5 }), 'replicate None: apply must be a function, got 5'],
  ['initial', () => define({ ...whole, initial: 0 }), 'initial must be a function, got 0'],
  ['query', () => define({ ...whole, query: 'value' }), "query must be a function, got 'value'"],
  ['async apply', () => define({ ...whole, apply: async () => 1 }), 'replicate None: apply is synchronous'],
  ['a generator', () => define({ ...whole, *query() {} }), 'query is synchronous'],
  ['an observer without', () => new LogMachineObserver(undefined as never), 'takes the object that replicate got'],
  ['an observer of a definition', () => new LogMachineObserver(Counter as never), 'has no function initial'],
])('a machine that is none is refused: %s', (_what, make, message) => {
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(message)
})

class Tally {
  readonly counts = new Map<string, number>()
  add(name: string): number {
    const count = (this.counts.get(name) ?? 0) + 1
    this.counts.set(name, count)
    return count
  }
}

test('a state that is no plain data is refused when it is defined, unless snapshot and restore carry it over a restart', async () => {
  const tally = { initial: () => new Tally(), apply: (state: Tally, name: string) => state.add(name) }
  const define = (machine: object) => replicate({ name: 'Tally' }, machine as typeof tally)
  const snapshot = ({ counts }: Tally) => counts
  const restore = (counts: Map<string, number>) => {
    const back = new Tally()
    for (const [name, count] of counts) back.counts.set(name, count)
    return back
  }
  expect(() => define(tally)).toThrow(ConfigurationError)
  expect(() => define(tally)).toThrow('replicate Tally: the state must be plain data')
  expect(() => define({ ...tally, initial: () => ({ by: { all: new Tally() } }) })).toThrow(
    'payload.by.all is an instance of class Tally',
  )
  expect(() => define({ ...tally, initial: () => Promise.resolve(1) })).toThrow('got a promise')
  expect(() => define({ ...tally, snapshot })).toThrow('snapshot needs restore, which makes the state of what it gives')
  expect(() => define({ ...tally, restore })).toThrow('give both snapshot and restore')
  expect(() => define({ ...tally, snapshot: (state: Tally) => state, restore })).toThrow(
    'what snapshot makes of the state must be plain data',
  )
  for (const plain of [[new Set([1])], new Map([['a', { list: new Uint8Array(2) }]]), Object.create(null)])
    define({ ...tally, initial: () => plain })

  const Restored = replicate({ name: 'Tally', snapshotEvery: 5 }, { ...tally, snapshot, restore })
  await run(1, async (world) => {
    const client = await (
      await startReplicated(world, Restored, { log: 'tally', members: world.nodes, options })
    ).client()
    for (let count = 1; count <= 20; count++) expect(await client.execute('a')).toBe(count)
    world.crash('node-1')
    await world.restart('node-1')
    expect(await client.execute('a', { timeoutMs: 20_000 })).toBe(21)
  })
})

test.each<[what: string, machine: object, message: string]>([
  [
    'a number',
    { initial: () => 0 },
    'the state must be an object, an array, a Map or a Set, which apply changes in place, got 0',
  ],
  ['nothing', { initial: () => undefined }, 'got undefined; put it into an object, as in { value: ... }'],
  [
    'another one after a snapshot',
    {
      initial: () => ({ count: 0 }),
      snapshot: (state: { count: number }) => state.count,
      restore: (count: number) => count,
    },
    'what restore makes of a snapshot must be an object, an array, a Map or a Set, which apply changes in place, got 0',
  ],
  [
    'of another class after a snapshot',
    { initial: () => new Tally(), snapshot: ({ counts }: Tally) => counts, restore: (counts: unknown) => counts },
    'restore must make the state of what snapshot gave, got Map {}, where initial gives Tally { counts: Map {} }',
  ],
  [
    'less after a snapshot',
    {
      initial: () => ({ count: 5, names: ['a'] }),
      snapshot: ({ count, names }: { count: number; names: string[] }) => ({ count, names }),
      restore: ({ count }: { count: number }) => ({ count, names: [] }),
    },
    "the first state does not come back from its snapshot: names[0] was 'a' and is absent",
  ],
  [
    'none after a snapshot',
    {
      initial: () => ({ count: 5 }),
      snapshot: ({ count }: { count: number }) => ({ count }),
      restore: ({ counts }: { counts: { a: number } }) => ({ count: counts.a }),
    },
    'restore threw for the first state: Cannot read properties of undefined',
  ],
])('a state that is %s is refused when it is defined', (_what, machine, message) => {
  const make = () => define({ apply: () => 0, ...machine })
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(message)
})

test('a restore of its own may bring up what older snapshots lack', () => {
  define({ ...whole, restore: (stored: object) => ({ ...stored, count: 0 }) })
})

const Polluted = replicate<{ list: unknown[] }, string, number, string, readonly string[]>(
  { name: 'Polluted', snapshotEvery: 5 },
  {
    initial: () => ({ list: [] }),
    apply: (state, what) =>
      state.list.push(what === 'a function' ? () => 0 : what === 'an instance' ? new Tally() : what),
    query: ({ list }) => list.map((item) => typeof item),
  },
)

test.each(['a function', 'an instance'])(
  '%s in a state is told when a snapshot is made, and is not lost',
  async (what) => {
    await run(3, async (world) => {
      const failures: { message: string; error: Error; directive: string }[] = []
      world.events.on('failure', (failure) => failures.push(failure))
      const log = await startReplicated(world, Polluted, { log: 'polluted', members: world.nodes, options })
      const client = await log.client()
      await client.execute(what)
      for (let count = 2; failures.length === 0; count++) expect(await client.execute('a')).toBe(count)
      const [{ message, error, directive }] = failures as [(typeof failures)[0]]
      expect({ message, directive }).toEqual({ message: 'snapshot', directive: 'resume' })
      expect(error.message).toContain(
        'replicated log polluted: the state of its machine cannot be stored as a snapshot: payload.list[0] is a',
      )
      for (const node of world.nodes) {
        world.crash(node)
        await world.restart(node)
      }
      const [first] = await client.read('', { timeoutMs: 20_000 })
      expect(first).toBe(what === 'a function' ? 'function' : 'object')
    })
  },
)

test('a replica that lags gets no snapshot of a state that is none, and the one that it asks says why', async () => {
  await run(3, async (world) => {
    const [, , behind] = world.nodes as [string, string, string]
    const errors: unknown[] = []
    world.events.on('log', ({ level, message, fields }) => {
      if (level === 'error') errors.push([message, fields?.problem])
    })
    const failures: string[] = []
    world.events.on('failure', ({ directive }) => failures.push(directive))
    const given = { log: 'polluted', members: world.nodes, options: { ...options, keepEntries: 2 } }
    const client = await (await startReplicated(world, Polluted, given)).client()
    await client.execute('a')
    world.crash(behind)
    for (const what of ['a function', 'a', 'a', 'a', 'a', 'a', 'a']) await client.execute(what, { timeoutMs: 20_000 })
    await world.restart(behind)
    await world.sleep(5_000)
    expect(errors).toContainEqual([
      'a replica that lags gets no snapshot',
      expect.stringContaining('payload.list[1] is a function'),
    ])
    expect(failures).not.toContain('restart')
    expect(await client.execute('a', { timeoutMs: 20_000 })).toBe(9)
  })
})

test('a machine whose snapshot is more than a record of the journal is told as a failure, and its log goes on', async () => {
  const machine = {
    initial: () => ({ count: 0 }),
    apply: (state: { count: number }, by: number) => (state.count += by),
    snapshot: ({ count }: { count: number }) => ({ count, ballast: 'x'.repeat(65 * 1024 ** 2) }),
    restore: ({ count }: { count: number }) => ({ count }),
  }
  const Heavy = replicate({ name: 'Heavy', snapshotEvery: 10 }, machine)
  await run(1, async (world) => {
    const failures: { actor: string; message: string; error: Error; directive: string }[] = []
    world.events.on('failure', (failure) => failures.push(failure))
    const heavy = await startReplicated(world, Heavy, { log: 'heavy', members: world.nodes, options })
    const client = await heavy.client()
    for (let count = 1; failures.length === 0; count++) expect(await client.execute(1)).toBe(count)
    const [{ actor, message, error, directive }] = failures as [(typeof failures)[0]]
    expect({ actor, message, directive }).toMatchObject({ message: 'snapshot', directive: 'resume' })
    expect(actor).toContain('/node-1/log.heavy')
    expect(error).toBeInstanceOf(JournalRecordSizeError)
    expect(error.message).toContain('in one record of the journal, which holds 67108864 at most')
    const reached = await client.execute(0)
    world.crash('node-1')
    await world.restart('node-1')
    expect(await client.execute(1, { timeoutMs: 20_000 })).toBe((reached as number) + 1)
  })
})
