/** `await ctx.ask` in checked actors, by `checkAsync`: against actors that ask the same by `ctx.askThen`, and by hand. */
import {
  type ActorContext,
  type ActorRef,
  ConfigurationError,
  defineActor,
  type ReplyToken,
  type SuperviseOptions,
} from '@troupe/core'
import { expect, test } from 'vitest'
import {
  CheckerError,
  type CheckOptions,
  type CheckResult,
  check,
  checkAsync,
  formatCounterexample,
  type StateView,
} from '../src/index.ts'
import { programOptions } from '../src/programs/index.ts'

type AccountProtocol = { read: () => number; write: (balance: number) => void }

const Account = defineActor<AccountProtocol>()({
  name: 'Account',
  init: () => ({ balance: 0 }),
  on: {
    read: ({ balance }) => balance,
    write(state, balance) {
      state.balance = balance
    },
  },
})

interface ClientArgs {
  readonly account: ActorRef<AccountProtocol>
  readonly amount: number
}
type Phase = 'reads' | 'writes' | 'done' | 'failed'
const begun = (args: ClientArgs) => ({ ...args, phase: 'reads' as Phase, balance: undefined as number | undefined })

const AwaitingClient = defineActor<{ never: () => void }>()({
  name: 'AwaitingClient',
  init: begun,
  async started(state, ctx) {
    try {
      const balance = await ctx.ask(state.account, 'read')
      state.phase = 'writes'
      await ctx.ask(state.account, 'write', balance + state.amount)
      state.phase = 'done'
    } catch {
      state.phase = 'failed'
    }
  },
  on: { never() {} },
})

const AskingClient = defineActor<{ balance: (balance: number) => void; written: () => void; failed: () => void }>()({
  name: 'AskingClient',
  init: begun,
  started(state, ctx) {
    ctx.askThen({ onReply: 'balance', onError: 'failed' }, state.account, 'read')
  },
  on: {
    balance(state, balance, ctx) {
      // While a turn waits it knows what it has heard, and this actor does.
      state.balance = balance
      state.phase = 'writes'
      ctx.askThen({ onReply: 'written', onError: 'failed' }, state.account, 'write', balance + state.amount)
    },
    written(state) {
      state.balance = undefined
      state.phase = 'done'
    },
    failed(state) {
      state.balance = undefined
      state.phase = 'failed'
    },
  },
})

const clients = ['ann', 'bob']

/** Two clients add to one balance; `seen`: all that is to be seen of the states. */
function deposits(definition: typeof AwaitingClient | typeof AskingClient, options: Partial<CheckOptions<any>>) {
  const seen = new Set<string>()
  const checked: CheckOptions<any> = {
    network: 'unordered',
    stopAtViolation: false,
    ...options,
    actors: [
      { name: 'account', definition: Account },
      ...clients.map((name, index) => ({
        name,
        definition,
        args: (ref: (name: string) => ActorRef<any>) => ({ account: ref('account'), amount: index + 1 }),
      })),
    ],
    always: {
      'both deposits arrive': (view: StateView) => {
        const phases = clients.map((name) => view.state(name).phase)
        const asks = clients.map((name) => view.asks(name).map((ask) => ask.name))
        const network = view.messages().map(({ from, to, name, kind, payload }) => {
          const isAnswer = kind === 'reply' || kind === 'error'
          return [from, to, isAnswer ? '' : name, kind, payload instanceof Error ? payload.name : payload]
        })
        seen.add(JSON.stringify([view.state('account').balance, phases, asks, network]))
        return phases.some((phase) => phase !== 'done') || view.state('account').balance === 3
      },
    },
    sometimes: { 'the balance is 3': (view: StateView) => view.state('account').balance === 3 },
  }
  return { checked, seen }
}

const figures = ({ distinct, generated, depth, always, sometimes, complete, counterexample }: CheckResult) => ({
  ...{ distinct, generated, depth, always, sometimes, complete },
  steps: counterexample?.steps.length,
})

test.each<[string, Partial<CheckOptions<any>>, number]>([
  ['that keeps messages', { network: 'unordered' }, 116],
  ['that loses messages', { network: 'unordered', lossy: true }, 204],
  ['that duplicates', { network: 'duplicating' }, 121],
  ['in order', { network: 'ordered' }, 116],
  ['whose nodes crash', { network: 'unordered', crashes: 1 }, 2_515],
])(
  'a turn that awaits has the states and verdicts of asks by ctx.askThen, in a network %s',
  async (_what, options, distinct) => {
    const asking = deposits(AskingClient, options)
    const awaiting = deposits(AwaitingClient, options)
    const expected = figures(check(asking.checked))
    expect(figures(await checkAsync(awaiting.checked))).toEqual(expected)
    expect([...awaiting.seen].sort()).toEqual([...asking.seen].sort())
    expect(expected).toMatchObject({ complete: true, always: { 'both deposits arrive': 'fails' } })
    expect(expected.distinct).toBe(distinct)
  },
)

type ServerProtocol = { get: (which: number) => number }
type RelayProtocol = { get: (which: number) => number; note: () => void }

interface RelayState {
  readonly server: ActorRef<ServerProtocol>
  noted: number
  readonly heard: number[]
  readonly kept: ReplyToken<number>[]
}

const Server = defineActor<ServerProtocol>()({
  name: 'Server',
  init: () => ({}),
  supervise: { onFailure: 'resume' },
  on: {
    get(_state, which) {
      if (which < 0) throw new RangeError('out of range')
      return which * 7
    },
  },
})

type RelayContext = ActorContext<RelayProtocol>
type Get = (state: RelayState, which: number, ctx: RelayContext) => unknown

interface RelayOptions {
  /** Messages that do not wait, behind the one that does. */
  readonly notes?: number
  /** `undefined`: none. Default: it resumes. */
  readonly supervise?: SuperviseOptions | undefined
  readonly reentrant?: readonly ('get' | 'note')[]
  readonly options?: Partial<CheckOptions<any>>
}

/** Somebody asks a relay, whose handler is `get`, and tells it something. */
function relayed(get: Get, given: RelayOptions = {}): CheckOptions<any> {
  const { notes = 0, reentrant = [], options = {} } = given
  const supervise: SuperviseOptions | undefined = 'supervise' in given ? given.supervise : { onFailure: 'resume' }
  const Relay = defineActor<RelayProtocol>()({
    name: 'Relay',
    init: ({ server }: Pick<RelayState, 'server'>): RelayState => ({ server, noted: 0, heard: [], kept: [] }),
    reentrant,
    on: {
      get: get as (state: RelayState, which: number, ctx: RelayContext) => number,
      note(state) {
        state.noted++
      },
    },
  })
  const Driver = defineActor<{ got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Driver',
    init: ({ relay }: { relay: ActorRef<RelayProtocol> }) => ({ relay, got: '' }),
    started({ relay }, ctx) {
      ctx.askThen({ onReply: 'got', onError: 'failed' }, relay, 'get', 3)
      for (let note = 0; note < notes; note++) ctx.tell(relay, 'note')
    },
    on: {
      got(state, value) {
        state.got = String(value)
      },
      failed(state, error) {
        state.got = error.name
      },
    },
  })
  return {
    network: 'ordered',
    ...options,
    actors: [
      { name: 'server', definition: Server },
      {
        name: 'relay',
        definition: Relay,
        args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('server') }),
        ...(supervise && { supervise }),
      },
      { name: 'driver', definition: Driver, args: (ref: (name: string) => ActorRef<any>) => ({ relay: ref('relay') }) },
    ],
  }
}

/** What `of` says of all states, each once, sorted. */
async function seenOf(options: CheckOptions<any>, of: (view: StateView) => string): Promise<string[]> {
  const seen = new Set<string>()
  const always = { note: (view: StateView) => seen.add(of(view)) !== undefined }
  const result = await checkAsync({ ...options, always })
  expect(result.complete).toBe(true)
  return [...seen].sort()
}

const awaits = (view: StateView) => view.asks('relay').map(({ name }) => `awaits ${name}`)
const about = (view: StateView) => {
  const { noted, heard } = view.state('relay')
  return [`noted ${noted}`, `heard ${heard}`, `got ${view.state('driver').got}`, ...awaits(view)].join(', ')
}

const getTwice: Get = async (state, which, ctx) => {
  const first = await ctx.ask(state.server, 'get', which)
  state.heard.push(first)
  const second = await ctx.ask(state.server, 'get', first)
  state.heard.push(second)
  return first + second
}

test('a turn that waits holds the mailbox, and its reply is that of the message', async () => {
  const seen = await seenOf(relayed(getTwice, { notes: 1 }), about)
  // The asker does not wait for ever, nor does the relay.
  expect(seen).toEqual([
    'noted 0, heard , got ',
    'noted 0, heard , got , awaits get',
    'noted 0, heard , got AskTimeoutError',
    'noted 0, heard , got AskTimeoutError, awaits get',
    'noted 0, heard 21, got ',
    'noted 0, heard 21, got , awaits get',
    'noted 0, heard 21, got AskTimeoutError',
    'noted 0, heard 21, got AskTimeoutError, awaits get',
    'noted 0, heard 21,147, got ',
    'noted 0, heard 21,147, got 168',
    'noted 0, heard 21,147, got AskTimeoutError',
    'noted 1, heard , got ',
    'noted 1, heard , got AskTimeoutError',
    'noted 1, heard 21, got ',
    'noted 1, heard 21, got AskTimeoutError',
    'noted 1, heard 21,147, got ',
    'noted 1, heard 21,147, got 168',
    'noted 1, heard 21,147, got AskTimeoutError',
  ])
})

test('draws before and after a wait are choices, and those before are not drawn again', async () => {
  const get: Get = async (state, _which, ctx) => {
    const before = ctx.random.int(2)
    const reply = await ctx.ask(state.server, 'get', before)
    state.heard.push(before, reply, ctx.random.int(3))
    return 0
  }
  const seen = await seenOf(relayed(get), (view) => view.state('relay').heard.join())
  expect(seen).toEqual(['', '0,0,0', '0,0,1', '0,0,2', '1,7,0', '1,7,1', '1,7,2'])
})

test('asks that are awaited together are answered in any order', async () => {
  const get: Get = async (state, _which, ctx) => {
    const asked = [1, 2].map(async (which) => state.heard.push(await ctx.ask(state.server, 'get', which)))
    await Promise.all(asked)
    return 0
  }
  const seen = await seenOf(relayed(get, { options: { network: 'unordered' } }), about)
  expect(seen).toEqual([
    'noted 0, heard , got ',
    'noted 0, heard , got , awaits get, awaits get',
    'noted 0, heard , got AskTimeoutError',
    'noted 0, heard , got AskTimeoutError, awaits get, awaits get',
    'noted 0, heard 14, got ',
    'noted 0, heard 14, got , awaits get',
    'noted 0, heard 14, got AskTimeoutError',
    'noted 0, heard 14, got AskTimeoutError, awaits get',
    'noted 0, heard 14,7, got ',
    'noted 0, heard 14,7, got 0',
    'noted 0, heard 14,7, got AskTimeoutError',
    'noted 0, heard 7, got ',
    'noted 0, heard 7, got , awaits get',
    'noted 0, heard 7, got AskTimeoutError',
    'noted 0, heard 7, got AskTimeoutError, awaits get',
    'noted 0, heard 7,14, got ',
    'noted 0, heard 7,14, got 0',
    'noted 0, heard 7,14, got AskTimeoutError',
  ])
})

test('an error may come before it is awaited', async () => {
  const get: Get = async (state, _which, ctx) => {
    const [first, second] = [1, -1].map((which) => ctx.ask(state.server, 'get', which)) as [
      Promise<number>,
      Promise<number>,
    ]
    state.heard.push(await first)
    state.heard.push(await second.catch(() => -1))
    return 0
  }
  const heard = (view: StateView) => view.state('relay').heard.join()
  expect(await seenOf(relayed(get, { options: { network: 'unordered' } }), heard)).toEqual(['', '7', '7,-1'])
})

test('the first error ends a turn that awaits several, and nobody hears of the others', async () => {
  const get: Get = async (state, _which, ctx) => {
    await Promise.all([-1, 2].map((which) => ctx.ask(state.server, 'get', which)))
    return 0
  }
  const seen = await seenOf(relayed(get, { options: { network: 'unordered' } }), about)
  expect(seen).toEqual([
    'noted 0, heard , got ',
    'noted 0, heard , got , awaits get',
    'noted 0, heard , got , awaits get, awaits get',
    'noted 0, heard , got AskTimeoutError',
    'noted 0, heard , got AskTimeoutError, awaits get',
    'noted 0, heard , got AskTimeoutError, awaits get, awaits get',
    'noted 0, heard , got RangeError',
  ])
})

/** Until the turn fails. */
const waited = [
  'noted 0, heard , got ',
  'noted 0, heard , got , awaits get',
  'noted 0, heard , got AskTimeoutError',
  'noted 0, heard , got AskTimeoutError, awaits get',
]

test.each<[SuperviseOptions, string[]]>([
  [
    { onFailure: 'resume' },
    [
      ...waited,
      'noted 0, heard 21, got ',
      'noted 0, heard 21, got AskTimeoutError',
      'noted 0, heard 21, got RangeError',
    ],
  ],
  [{ onFailure: 'resume', rollback: true }, [...waited, 'noted 0, heard , got RangeError']],
  [{ onFailure: 'restart', maxRestarts: 1 }, [...waited, 'noted 0, heard , got RangeError']],
  [{ onFailure: 'stop' }, ['gone, got ', 'gone, got AskTimeoutError', 'gone, got RangeError', ...waited]],
])('a turn that fails after a wait is treated as its supervision says: %o', async (supervise, expected) => {
  const get: Get = async (state, which, ctx) => {
    state.heard.push(await ctx.ask(state.server, 'get', which))
    throw new RangeError('too much')
  }
  const alive = (view: StateView) => (view.isAlive('relay') ? about(view) : `gone, got ${view.state('driver').got}`)
  expect(await seenOf(relayed(get, { supervise }), alive)).toEqual(expected)
})

test('a turn that fails after a wait is a counterexample, which says where it waited', async () => {
  const get: Get = async (state, which, ctx) => {
    const reply = await ctx.ask(state.server, 'get', which).catch(() => 0)
    if (reply === 21) throw new RangeError('too much')
    return 0
  }
  const { counterexample } = await checkAsync(relayed(get, { supervise: undefined }))
  expect(counterexample).toMatchObject({ kind: 'failed', error: expect.any(RangeError) })
  const steps = formatCounterexample(counterexample as NonNullable<typeof counterexample>).match(/\d\. .* -> .*/g)
  expect(steps).toEqual([
    '1. driver -> relay: get (ask) 3',
    '2. relay -> server: get (ask) 3',
    '3. server -> relay: get (reply) 21',
  ])
})

test("what is left of an ask that ends while a turn waits is nobody's", async () => {
  // The token of the ask is kept before the wait, and used after it.
  const get: Get = async (state, which, ctx) => {
    const token = ctx.deferReply<number>()
    state.kept.push(token)
    const reply = await ctx.ask(state.server, 'get', which)
    ctx.reply(token, reply)
    state.kept.pop()
    return token
  }
  const seen = await seenOf(relayed(get), (view) => `${view.state('driver').got} ${view.state('relay').kept.length}`)
  expect(seen).toEqual([' 0', ' 1', '21 0', 'AskTimeoutError 0', 'AskTimeoutError 1'])
})

let calls = 0

test.each<[string, Get, RelayOptions, RegExp]>([
  [
    'depends on something else',
    async ({ server }, _which, ctx) => ctx.ask(server, 'get', calls++),
    {},
    /something else when run again/,
  ],
  ['awaits no ask', () => new Promise(() => {}), {}, /awaits something that is no ask/],
  ['does not await', ({ server }, which, ctx) => void ctx.ask(server, 'get', which), {}, /does not await the reply/],
  ['is re-entrant', getTwice, { reentrant: ['note'] }, /has re-entrant messages/],
  [
    'reads the clock after a wait',
    async ({ server }, which, ctx) => (await ctx.ask(server, 'get', which)) + ctx.now(),
    {},
    /reads ctx.now/,
  ],
])('a turn that %s is refused', async (_what, get, options, message) => {
  const refusal = checkAsync(relayed(get, options))
  await expect(refusal).rejects.toThrow(message)
  await expect(refusal).rejects.toThrow(CheckerError)
})

test.each<[string, Partial<CheckOptions<any>>, RegExp]>([
  ['symmetry', { symmetry: [['a', 'b']] }, /symmetry does not go with turns that wait/],
  ['reduction', { reduction: 'persistent-sets' }, /reduction does not go with turns that wait/],
  ['selfAtOnce', { selfAtOnce: true }, /selfAtOnce does not go with turns that wait/],
])('%s does not go with turns that wait', async (_option, options, message) => {
  const refusal = checkAsync(relayed(getTwice, { options }))
  await expect(refusal).rejects.toThrow(message)
  await expect(refusal).rejects.toThrow(ConfigurationError)
})

type ParentProtocol = { begin: () => void; end: () => void }

const Child = defineActor<{ note: () => void }>()({
  name: 'Child',
  init: ({ server }: Pick<RelayState, 'server'>) => ({ server, reply: 0, noted: 0 }),
  async started(state, ctx) {
    state.reply = await ctx.ask(state.server, 'get', 1).catch(() => -1)
  },
  on: {
    note(state) {
      state.noted = state.reply
    },
  },
})

/** Spawns a child that awaits in its first turn, tells it something, and ends it by a message or with itself. */
const parent = (by: 'stop of the child' | 'stop of the parent') =>
  defineActor<ParentProtocol>()({
    name: 'Parent',
    init: ({ server }: Pick<RelayState, 'server'>) => ({ server }),
    started({ server }, ctx) {
      const child = ctx.spawn(Child, { server }, { name: 'child' })
      ctx.tell(child, 'note')
      if (by === 'stop of the child') ctx.stop(child)
      else ctx.tell(ctx.self, 'end')
    },
    on: {
      begin() {},
      end(_state, _message, ctx) {
        ctx.stop()
      },
    },
  })

const family = (by: Parameters<typeof parent>[0]): CheckOptions<any> => ({
  network: 'ordered',
  spawnsMax: 1,
  actors: [
    { name: 'server', definition: Server },
    {
      name: 'parent',
      definition: parent(by),
      args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('server') }),
    },
  ],
})

test('a first turn that waits comes before any message, and a stop comes after it', async () => {
  const seen = await seenOf(family('stop of the child'), (view) => {
    if (!view.isAlive('parent/child')) return 'gone'
    const { reply, noted } = view.state('parent/child')
    return `reply ${reply}, noted ${noted}${view.asks('parent/child').length > 0 ? ', awaits' : ''}`
  })
  expect(seen).toEqual([
    'gone',
    'reply -1, noted -1',
    'reply -1, noted 0',
    'reply 0, noted 0',
    'reply 0, noted 0, awaits',
    'reply 7, noted 0',
    'reply 7, noted 7',
  ])
})

test('a parent does not end while its child waits: that is refused', async () => {
  await expect(checkAsync(family('stop of the parent'))).rejects.toThrow(/child ends with its parent while it awaits/)
})

type LedgerProtocol = { begin: () => void }

const Ledger = defineActor<LedgerProtocol>()({
  name: 'Ledger',
  init: ({ server, first }: Pick<RelayState, 'server'> & { first: 'ask' | 'persist' }) => ({ server, first, sum: 0 }),
  events: {
    added(state: { sum: number }, amount: number) {
      state.sum += amount
    },
  },
  async started(state, ctx) {
    if (state.first === 'persist') ctx.persist('added', 1)
    ctx.persist('added', await ctx.ask(state.server, 'get', 1).catch(() => 0))
  },
  on: { begin() {} },
})

const ledger = (first: 'ask' | 'persist', options: Partial<CheckOptions<any>> = {}): CheckOptions<any> => ({
  network: 'ordered',
  ...options,
  actors: [
    { name: 'server', definition: Server },
    {
      name: 'ledger',
      definition: Ledger,
      durableId: 'ledger',
      args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('server'), first }),
    },
  ],
})

test('a durable actor awaits before it persists, where no crash is explored', async () => {
  expect(await seenOf(ledger('ask'), (view) => String(view.state('ledger').sum))).toEqual(['0', '7'])
  await expect(checkAsync(ledger('persist'))).rejects.toThrow(/DurabilityError: .*asks get after it persisted/)
  await expect(checkAsync(ledger('ask', { crashes: 1 }))).rejects.toThrow(/awaits get, and has a disk/)
})

test.each(['two-phase-commit', 'abd', 'lock-service'])('`checkAsync` finds what `check` does in %s', async (name) => {
  const options = programOptions(name) as CheckOptions<any>
  expect(figures(await checkAsync(options))).toEqual(figures(check(options)))
})

test('actors that await each other all get a timeout', async () => {
  type Mutual = { ask: () => number }
  const Partner = defineActor<Mutual>()({
    name: 'Partner',
    init: ({ other }: { other: ActorRef<Mutual> }) => ({ other, error: '' }),
    async started(state, ctx) {
      await ctx.ask(state.other, 'ask').catch(({ name }: Error) => {
        state.error = name
      })
    },
    on: { ask: () => 1 },
  })
  const partner = (name: string, other: string) => ({
    name,
    definition: Partner,
    args: (ref: (name: string) => ActorRef<any>) => ({ other: ref(other) }),
  })
  const options: CheckOptions<any> = { network: 'ordered', actors: [partner('ann', 'bob'), partner('bob', 'ann')] }
  const errors = (view: StateView) => JSON.stringify(['ann', 'bob'].map((name) => view.state(name).error))
  // Whoever gives up first answers the other.
  expect(await seenOf(options, errors)).toEqual(
    ['["",""]', '["","AskTimeoutError"]', '["AskTimeoutError",""]', '["AskTimeoutError","AskTimeoutError"]'].sort(),
  )
  const always = { 'somebody waits': (view: StateView) => errors(view) === '["",""]' }
  expect((await checkAsync({ ...options, always })).counterexample?.steps.map(({ event }) => event)).toEqual([
    'timeout',
  ])
})

test('`check` does not wait', () => {
  expect(() => check(relayed(getTwice))).toThrow(/awaits the reply.*or checkAsync/)
})

const seenNothing = (args: { account: ActorRef<AccountProtocol> }) => ({
  ...args,
  seen: 'nothing' as number | 'nothing' | 'late',
})

const Careful = defineActor<{ never: () => void }>()({
  name: 'Careful',
  init: seenNothing,
  async started(state, ctx) {
    try {
      state.seen = await ctx.ask(state.account, 'read')
    } catch {
      state.seen = 'late'
    }
  },
  on: { never() {} },
})

const Hasty = defineActor<{ never: () => void }>()({
  name: 'Hasty',
  init: seenNothing,
  async started(state, ctx) {
    state.seen = await ctx.ask(state.account, 'read')
  },
  on: { never() {} },
})

test('a timeout is a choice of the checker: its error says so, and that it is handled or passed over', async () => {
  const reading = (definition: typeof Careful, options: Partial<CheckOptions<any>> = {}) =>
    checkAsync({
      actors: [
        { name: 'account', definition: Account },
        { name: 'reader', definition, args: (ref: (name: string) => ActorRef<any>) => ({ account: ref('account') }) },
      ],
      network: 'unordered',
      sometimes: {
        'the balance is seen': (view: StateView) => view.state('reader').seen === 0,
        'the reader is late': (view: StateView) => view.state('reader').seen === 'late',
      },
      ...options,
    } as CheckOptions<any>)
  const hasty = await reading(Hasty)
  expect(hasty.counterexample?.kind).toBe('failed')
  const text = formatCounterexample(hasty.counterexample!)
  expect(text).toMatch(/AskTimeoutError: no reply to read .* one of the checker's choices.*try and catch.*failedTurns/)
  expect(text).not.toContain('timeoutMs')
  expect(await reading(Careful)).toMatchObject({
    complete: true,
    counterexample: undefined,
    sometimes: { 'the balance is seen': 'holds', 'the reader is late': 'holds' },
  })
  expect(await reading(Hasty, { failedTurns: 'discard' })).toMatchObject({
    complete: true,
    counterexample: undefined,
    sometimes: { 'the balance is seen': 'holds', 'the reader is late': 'fails' },
  })
})

test('what checkAsync was told wrongly is said in its name, with what would do', async () => {
  const told = (options: object) => checkAsync({ ...relayed(() => 1), ...options } as CheckOptions<any>)
  const refused = async (options: object, message: RegExp) => {
    await expect(told(options)).rejects.toThrow(message)
    await expect(told(options)).rejects.toThrow(ConfigurationError)
  }
  await refused(
    { symmetry: [['driver']] },
    /^checkAsync: symmetry .*leave it out, or ask by ctx.askThen and use check$/,
  )
  await refused({ network: 'tidy' }, /^checkAsync: network must be one of/)
  await refused({ netwrok: 'ordered' }, /^checkAsync: there is no option 'netwrok'; did you mean 'network'/)
  await refused({ statesMax: 0 }, /^checkAsync: statesMax/)
  await refused({ always: { wrong: 1 } }, /^checkAsync: always wrong/)
  await refused({ actors: [] }, /^checkAsync: actors/)
  const own = new ConfigurationError('mine')
  const progress = () => {
    throw own
  }
  await expect(told({ progress })).rejects.toBe(own)
})
