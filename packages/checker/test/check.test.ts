/** `check` on systems of one or two small actors: choices, limits, failures and what it refuses. */
import {
  type ActorContext,
  type ActorRef,
  ConfigurationError,
  defineActor,
  defineService,
  namedRef,
  provideService,
  TroupeError,
} from '@troupe/core'
import { expect, test } from 'vitest'
import { CheckerError, check, formatCounterexample, model, type SearchProgress } from '../src/index.ts'

/** One actor whose `started` sends it `go`. */
function alone(go: (state: any, ctx: ActorContext<any, any>) => unknown, init: () => any = () => ({ value: 0 })) {
  const definition = defineActor<{ go: () => any; other: () => void }>()({
    name: 'Alone',
    init,
    started(_state, ctx) {
      ctx.tell(ctx.self, 'go')
    },
    events: {
      added: (state: any, by: number) => {
        state.value += by
      },
    },
    on: { go: (state, _message, ctx) => go(state, ctx), other() {} },
  })
  return [{ name: 'alone', definition }] as const
}

test('a random choice takes every outcome', () => {
  const die = check({
    actors: alone((state, ctx) => {
      state.value = ctx.random.int(6) + 1
    }),
    network: 'unordered',
    sometimes: { six: (view) => view.state('alone').value === 6, seven: (view) => view.state('alone').value === 7 },
  })
  expect(die).toMatchObject({ distinct: 7, generated: 7, depth: 2, complete: true })
  expect(die.sometimes).toEqual({ six: 'holds', seven: 'fails' })
})

test('choices of one turn multiply, and later ones may depend on earlier ones', () => {
  const actors = alone((state, ctx) => {
    state.value = ctx.random.chance(0.5)
      ? `${ctx.random.pick(['a', 'b', 'c'])}${ctx.random.int(2)}`
      : ctx.random.chance(0) || ctx.random.chance(1)
  })
  expect(check({ actors, network: 'unordered' })).toMatchObject({ distinct: 1 + 6 + 1, generated: 8 })
})

test('outcomes with the same effect are one transition', () => {
  const actors = alone((state, ctx) => {
    state.value = ctx.random.int(6) % 2
    ctx.timers.once({ key: 'later', delayMs: ctx.random.int(50) }, 'other')
  })
  expect(check({ actors, network: 'unordered', depthMax: 2 })).toMatchObject({ distinct: 3, generated: 3 })
})

test('a counterexample says which outcomes were drawn', () => {
  const { counterexample } = check({
    actors: alone((state, ctx) => {
      state.value = [ctx.random.int(6), ctx.random.int(6)]
    }),
    network: 'unordered',
    always: { 'no double five': (view) => String(view.state('alone').value) !== '5,5' },
  })
  expect(counterexample?.steps.map((step) => step.choices)).toEqual([[5, 5]])
})

test('random choices in started make several initial states', () => {
  const Coin = defineActor<{ never: () => void }>()({
    name: 'Coin',
    init: () => ({ heads: false }),
    started(state, ctx) {
      state.heads = ctx.random.chance(0.5)
    },
    on: { never() {} },
  })
  const actors = ['left', 'right'].map((name) => ({ name, definition: Coin }))
  expect(check({ actors, network: 'duplicating' })).toMatchObject({ distinct: 4, generated: 4, depth: 1 })
})

test('pending timers fire in any order, each once; one that was cancelled never does', () => {
  const Clocked = defineActor<{ tick: (name: string) => void }>()({
    name: 'Clocked',
    init: () => ({ fired: [] as string[] }),
    started(_state, ctx) {
      for (const key of ['a', 'b', 'c']) ctx.timers.once({ key, delayMs: key === 'a' ? 1 : 1_000 }, 'tick', key)
      ctx.timers.cancel('b')
    },
    on: { tick: (state, name) => void state.fired.push(name) },
  })
  const orders: string[] = []
  const result = check({
    actors: [{ name: 'clocked', definition: Clocked }],
    network: 'duplicating',
    always: {
      collect: (view) => {
        if (view.timers('clocked').size === 0) orders.push(view.state('clocked').fired.join(''))
        return true
      },
    },
  })
  expect(result).toMatchObject({ distinct: 5, generated: 5, depth: 3 })
  expect(orders.toSorted()).toEqual(['ac', 'ca'])
})

test('a timer that starts itself again and changes nothing is no transition', () => {
  const Heartbeat = defineActor<{ beat: () => void }>()({
    name: 'Heartbeat',
    init: () => ({}),
    started: (_state, ctx) => ctx.timers.once({ key: 'beat', delayMs: 1 }, 'beat'),
    on: { beat: (_state, _message, ctx) => ctx.timers.once({ key: 'beat', delayMs: 2 }, 'beat') },
  })
  const actors = [{ name: 'heartbeat', definition: Heartbeat }] as const
  expect(check({ actors, network: 'duplicating' })).toMatchObject({ distinct: 1, generated: 1, depth: 1 })
})

test('a delivery without effect is no transition and leaves the message where it is', () => {
  const result = check({
    actors: alone((state) => {
      state.value = 0
    }),
    network: 'unordered',
    always: { 'the message is there': (view) => view.messages().length === 1 },
  })
  expect(result).toMatchObject({ distinct: 1, generated: 1, always: { 'the message is there': 'holds' } })
})

test('an unordered network is a multiset, a duplicating one a set', () => {
  const Twice = defineActor<{ one: () => void }>()({
    name: 'Twice',
    init: () => ({ seen: 0 }),
    started(_state, ctx) {
      ctx.tell(ctx.self, 'one')
      ctx.tell(ctx.self, 'one')
    },
    on: {
      one(state) {
        if (state.seen < 5) state.seen++
      },
    },
  })
  const actors = [{ name: 'twice', definition: Twice }] as const
  expect(check({ actors, network: 'unordered' })).toMatchObject({ distinct: 3, generated: 3 })
  expect(check({ actors, network: 'unordered', lossy: true })).toMatchObject({ distinct: 6 })
  expect(check({ actors, network: 'duplicating' })).toMatchObject({ distinct: 6, generated: 6 })
})

test('a persisted event is applied at once', () => {
  const actors = alone((_state, ctx) => ctx.persist('added', 7))
  const result = check({
    actors,
    network: 'unordered',
    sometimes: { seven: (v) => v.state('alone').value === 7 },
  })
  expect(result).toMatchObject({ distinct: 2, sometimes: { seven: 'holds' } })
})

test('named references find actors by node and name', () => {
  const Greeter = defineActor<{ hello: () => void }>()({
    name: 'Greeter',
    init: () => ({ greeted: 0 }),
    on: { hello: (state) => void state.greeted++ },
  })
  const Caller = defineActor<{ never: () => void }>()({
    name: 'Caller',
    init: () => ({}),
    started(_state, ctx) {
      ctx.tell(namedRef(Greeter, { node: 'b', name: 'greeter' }), 'hello')
    },
    on: { never() {} },
  })
  const result = check({
    actors: [
      { node: 'a', name: 'greeter', definition: Greeter },
      { node: 'b', name: 'greeter', definition: Greeter },
      { node: 'a', name: 'caller', definition: Caller },
    ],
    network: 'unordered',
    sometimes: { greeted: (view) => view.state('b/greeter').greeted === 1 },
    always: { 'only that one': (view) => view.state('a/greeter').greeted === 0 },
  })
  expect(result).toMatchObject({
    distinct: 2,
    sometimes: { greeted: 'holds' },
    always: { 'only that one': 'holds' },
  })
})

const counting = () =>
  alone((state, ctx) => {
    state.value++
    ctx.tell(ctx.self, 'go')
  })

test('limits end a search that has no end, and leave what they hide unknown', () => {
  const properties = {
    always: { small: (view: any) => view.state('alone').value < 1_000 },
    sometimes: {
      three: (view: any) => view.state('alone').value === 3,
      many: (view: any) => view.state('alone').value === 999,
    },
  }
  const verdicts = { always: { small: 'unknown' }, sometimes: { three: 'holds', many: 'unknown' } }
  expect(check({ actors: counting(), network: 'unordered', statesMax: 20, ...properties })).toMatchObject({
    distinct: 20,
    depth: 20,
    complete: false,
    cut: 'statesMax',
    ...verdicts,
  })
  expect(check({ actors: counting(), network: 'unordered', depthMax: 10, ...properties })).toMatchObject({
    distinct: 10,
    depth: 10,
    complete: false,
    cut: 'depthMax',
    ...verdicts,
  })
})

test('a search says how far it is, and ends where what it tells that throws', () => {
  const told: SearchProgress[] = []
  const limited = { actors: counting(), network: 'unordered', statesMax: 1_000 } as const
  const progress = (found: SearchProgress) => told.push(found)
  expect(check({ ...limited, progress }).distinct).toBe(1_000)
  expect(told.length).toBeGreaterThanOrEqual(3)
  for (const [index, { distinct, depth }] of told.entries()) {
    expect(distinct).toBeGreaterThan(told[index - 1]?.distinct ?? 0)
    expect(distinct - depth).toBe(1)
  }
  const interrupt = () => {
    throw new RangeError('enough')
  }
  expect(() => check({ ...limited, progress: interrupt })).toThrow('enough')
})

test('an invariant that the initial state violates has a counterexample without steps', () => {
  const result = check({ actors: counting(), network: 'duplicating', always: { never: () => false } })
  expect(result).toMatchObject({ distinct: 1, depth: 1, counterexample: { property: 'never', steps: [] } })
})

test('a handler that throws is a counterexample, or passed over', () => {
  const actors = alone((state, ctx) => {
    state.value++
    if (state.value === 3) throw new Error('no threes')
    ctx.tell(ctx.self, 'go')
  })
  const result = check({ actors, network: 'unordered' })
  expect(result).toMatchObject({ distinct: 3, depth: 3, cut: 'violation' })
  const { counterexample } = result
  expect(counterexample).toMatchObject({ property: undefined, error: new Error('no threes') })
  expect(counterexample?.steps.map((step) => (step.states.alone as any).value)).toEqual([1, 2, 2])
  expect(formatCounterexample(counterexample!)).toBe(
    [
      'turn failed: Error: no threes',
      '   0. alone = {"value":0}',
      '   1. alone -> alone: go',
      '      alone.value: 0 -> 1',
      '   2. alone -> alone: go',
      '      alone.value: 1 -> 2',
      '   3. alone -> alone: go',
    ].join('\n'),
  )
  expect(formatCounterexample(counterexample!, { states: true })).toContain(
    '1. alone -> alone: go\n      alone = {"value":1}\n',
  )
  expect(check({ actors, network: 'unordered', failedTurns: 'discard' })).toMatchObject({
    distinct: 3,
    complete: true,
  })
})

test('what a view and a message show is frozen; what a handler changes after a tell is not in the message', () => {
  const Sender = defineActor<{ list: (items: number[]) => void }>()({
    name: 'Sender',
    init: () => ({ items: [1], got: '', failed: '' }),
    started(state, ctx) {
      ctx.tell(ctx.self, 'list', state.items)
      state.items.push(2)
    },
    on: {
      list(state, items) {
        state.got = items.join()
        try {
          items.push(3)
        } catch (error) {
          state.failed = (error as Error).name
        }
      },
    },
  })
  const result = check({
    actors: [{ name: 'sender', definition: Sender }],
    network: 'unordered',
    always: {
      frozen: (view) =>
        Object.isFrozen(view.state('sender').items) && view.messages().every(({ payload }) => Object.isFrozen(payload)),
    },
    sometimes: {
      end: (view) => {
        const { items, got, failed } = view.state('sender')
        return items.length === 2 && got === '1' && failed === 'TypeError'
      },
    },
  })
  expect(result).toMatchObject({ always: { frozen: 'holds' }, sometimes: { end: 'holds' } })
})

const http = defineService<{ get(): string }>('http')
class Point {
  readonly x = 1
}

test.each<[string, (state: any, ctx: ActorContext<any, any>) => unknown, RegExp]>([
  ['a clock read', (_state, ctx) => ctx.now(), /reads ctx\.now\(\)/],
  ['a float', (_state, ctx) => ctx.random.float(), /random\.float\(\)/],
  ['too many outcomes', (_state, ctx) => ctx.random.int(2 ** 32), /random\.int\(4294967296\)/],
  ['too many draws', (_state, ctx) => Array.from({ length: 17 }, () => ctx.random.int(2)), /more than 65536 sequences/],
  ['an asynchronous turn', async () => {}, /asynchronous/],
  ['an ask', (_state, ctx) => void ctx.ask(ctx.self, 'go'), /asks go of local\/alone/],
  [
    'a spawn',
    (_state, ctx) => ctx.spawn(counting()[0].definition, undefined),
    /spawns Alone, but no more than 0 children may be: raise spawnsMax/,
  ],
  ['a kill', (_state, ctx) => ctx.kill(), /kills an actor/],
  ['a watch', (_state, ctx) => ctx.watch(ctx.self), /watches an actor/],
  ['an unwatch', (_state, ctx) => ctx.unwatch(ctx.self), /unwatches an actor/],
  ['a service', (_state, ctx) => ctx.use(http), /uses service http/],
  [
    'a message to an outsider',
    (_state, ctx) => ctx.tell(namedRef(counting()[0].definition, { node: 'local', name: 'bob' }), 'go'),
    /tells go to local\/bob, which is none of the checked actors/,
  ],
  [
    'a message that is no plain data',
    (_state, ctx) => ctx.tell(ctx.self, 'other', new Point() as never),
    /class Point/,
  ],
  [
    'a class instance in the state',
    (state) => {
      state.at = { of: [new Point()] }
    },
    /state\.at\.of\[0\] is an instance of class Point/,
  ],
  [
    'a function in the state',
    (state) => {
      state.run = new Map([['k', () => {}]])
    },
    /state\.run\.get\("k"\) is a function/,
  ],
  [
    'a cycle in the state',
    (state) => {
      state.self = state
    },
    /state\.self is part of itself/,
  ],
  [
    'a refusal that the handler caught',
    (_state, ctx) => {
      try {
        ctx.now()
      } catch {}
    },
    /reads ctx\.now\(\)/,
  ],
])('refuses %s, naming actor and message', (_what, go, text) => {
  const error = refusalOf(() => check({ actors: alone(go), network: 'duplicating' }))
  expect(error.code).toBe('ERR_TROUPE_CHECKER')
  expect(error.message).toMatch(/^actor alone, message go: /)
  expect(error.message).toMatch(text)
  expect(error.facts).toEqual({ actor: 'alone', message: 'go' })
})

test('refuses state that is not plain data at init', () => {
  const actors = alone(
    () => {},
    () => ({ when: new Date(0) }),
  )
  const { message } = refusalOf(() => check({ actors, network: 'duplicating' }))
  expect(message).toMatch(/^actor alone, message init: state\.when is an instance of class Date/)
})

const Shopper = defineActor<{ buy: (item: string) => void }>()({
  name: 'Shopper',
  uses: [http],
  init: () => ({ bought: '' }),
  started(_state, ctx) {
    ctx.tell(ctx.self, 'buy', 'tea')
  },
  on: {
    buy(state, item, ctx) {
      state.bought = `${ctx.use(http).get()} ${item}`
    },
  },
})

test('a twin of a service is part of the turn that calls it', () => {
  const result = check({
    actors: [{ name: 'shopper', definition: Shopper }],
    network: 'duplicating',
    services: { http: { get: () => 'one' } },
    sometimes: { bought: (view) => view.state('shopper').bought === 'one tea' },
  })
  expect(result).toMatchObject({ sometimes: { bought: 'holds' }, complete: true })
})

test('refuses a declared service without a twin before it searches, and providers', () => {
  const actors = [{ name: 'shopper', definition: Shopper }] as const
  const missing = refusalOf(() => check({ actors, network: 'duplicating' }))
  expect(missing).toMatchObject({ facts: { actor: 'shopper', service: 'http' } })
  expect(missing.message).toMatch(/actor shopper uses service http, which check was not given/)
  const provided = { http: provideService(http, { start: () => ({ get: () => 'two' }) }) }
  const provider = refusalOf(() => check({ actors, network: 'duplicating', services: provided }), ConfigurationError)
  expect(provider.message).toMatch(/service http is a provider/)
})

test('refuses a turn that depends on more than its state and message', () => {
  let runs = 0
  const actors = alone((_state, ctx) => ctx.random.int(2 + runs++))
  expect(refusalOf(() => check({ actors, network: 'duplicating' })).message).toMatch(/draws differently when run again/)
})

test('refuses malformed options and systems', () => {
  const actors = counting()
  const network = 'duplicating'
  const attempts: [() => unknown, RegExp][] = [
    [() => check({ actors: [], network }), /at least one actor/],
    [() => check({ actors: [...actors, ...actors], network }), /two actors are named alone/],
    [
      () => check({ actors, network: 'fifo' as never }),
      /network must be one of unordered, duplicating, ordered, got 'fifo'/,
    ],
    [() => check({ actors, network, failedTurns: 'x' as never }), /failedTurns/],
    [() => check({ actors, network, statesMax: 0 }), /statesMax must be a whole number from 1, got 0/],
    [() => check({ actors, network, depthMax: 1.5 }), /depthMax/],
    [() => check({ actors, network, crash: 1 } as any), /check: there is no option 'crash'; did you mean 'crashes'\?/],
    [() => check({ model: {}, depth: 1 } as any), /check: there is no option 'depth'; did you mean 'depthMax'\?/],
    [() => check({ actors, network, crashes: '1' } as any), /crashes must be a whole number from 0, got '1'/],
    [() => check({ actors, network, lossy: 'no' } as any), /lossy must be true or false, got 'no'/],
    [() => check({ actors, network, secondsMax: '9' } as any), /secondsMax must be a number above 0, got '9'/],
    [() => check({ actors, network, always: true } as any), /always must be an object of predicates by name, got true/],
    [() => check({ actors, network, always: { x: true } } as any), /always x must be a function .*, got true/],
    [() => check({ actors, network, mayEnd: 'no' } as any), /mayEnd must be true, false or a function of the view/],
    [() => check({ actors, network, boundary: 5 } as any), /boundary must be a function, got 5/],
    [() => check({ actors, network, symmetry: ['a', 'b'] } as any), /symmetry must be a list of lists of ids/],
    [() => check({ actors, network, isLeftover: true } as any), /isLeftover must be a function .*, got true/],
    [() => check({ actors, network, services: 3 } as any), /services must be twins by name, got 3/],
    [
      () => check({ actors, network, history: { initial: 0, send: 1 } } as any),
      /history: .* 'send'; did you mean 'sent'\?/,
    ],
    [() => check({ actors, network, history: { initial: 0, sent: 1 } } as any), /history.sent must be a function/],
    [() => check({ actors: [{ ...actors[0], arg: {} }], network } as any), /an actor: .* 'arg'; did you mean 'args'\?/],
    [() => check({ actors: [{ ...actors[0], name: 1 }], network } as any), /name of an actor must be a text .*, got 1/],
    [() => check({ actors: { alone: actors[0] }, network } as any), /actors must be a list of at least one actor/],
    [() => check(undefined as any), /what check takes must be an object of options, got undefined/],
    [
      () => model({ init: () => [1], action: {} } as any),
      /model: there is no option 'action'; did you mean 'actions'\?/,
    ],
    [() => model({ init: [1], actions: {} } as any), /model: init must be a function .*, got \[1\]/],
    [() => model({ init: () => [1], actions: { step: 1 } } as any), /model: action step must be a function/],
    [
      () => check({ model: { init: async () => [1], actions: {} } } as any),
      /init .* an iterable of states, got a promise/,
    ],
    [() => check({ model: { init: () => [], actions: {} } }), /init yields no state/],
    [() => check({ model: { init: () => [1], step: {} } } as any), /model: there is no option 'step'/],
  ]
  for (const [attempt, text] of attempts) expect(refusalOf(attempt, ConfigurationError).message).toMatch(text)
  const stranger = () => check({ actors, network, always: { bob: (view) => view.state('bob') } })
  expect(refusalOf(stranger).message).toMatch(/no actor bob; there are alone/)
})

test('what a predicate returns is true or false, and no promise', () => {
  const attempt = (properties: object) =>
    refusalOf(() => check({ actors: alone(() => {}), network: 'duplicating', ...properties })).message
  for (const kind of ['always', 'sometimes', 'eventually']) {
    const broken = async () => {
      throw new Error('nobody hears of this')
    }
    expect(attempt({ [kind]: { late: broken } })).toBe(
      'property late: a predicate is synchronous and returns true or false, got a promise',
    )
    expect(attempt({ [kind]: { nothing: () => {} } })).toMatch(/property nothing: .*, got undefined/)
  }
  expect(attempt({ mayEnd: async () => true })).toMatch(/property mayEnd: .*, got a promise/)
})

test('an init and a started that throw are named', () => {
  const Broken = defineActor<{ never: () => void }>()({
    name: 'Broken',
    init: (args: { peer: ActorRef<any> | undefined; early: boolean }) => {
      if (args.early) throw new Error('early')
      return {}
    },
    started() {
      throw new Error('late')
    },
    on: { never() {} },
  })
  const attempt = (early: boolean, peer: string) =>
    refusalOf(
      () =>
        check({
          actors: [{ name: 'broken', definition: Broken, args: (ref) => ({ early, peer: ref(peer) }) }],
          network: 'duplicating',
        }),
      TroupeError,
    ).message
  expect(attempt(true, 'broken')).toBe('actor broken: init threw: Error: early')
  expect(attempt(false, 'broken')).toBe('actor broken: started threw: Error: late')
  expect(attempt(false, 'bob')).toBe('check: args ask for actor bob; there are broken')
})

test('messages, state, invariants and actors may be called __proto__ or constructor', () => {
  const names = ['__proto__', 'constructor', 'toString']
  const each = <Value>(make: (name: string) => Value) => Object.fromEntries(names.map((name) => [name, make(name)]))
  for (const name of names) {
    const definition = defineActor<any>()({
      name,
      init: () => ({ got: each(() => 0) }),
      started(_state, ctx) {
        ctx.tell(
          ctx.self,
          name,
          each((key) => key),
        )
      },
      on: each(() => (state: any, payload: any) => {
        state.got = { ...payload }
      }) as any,
    })
    const isBefore = (view: any) => Object.entries(view.state(name).got).every(([, value]) => value === 0)
    const { distinct, always, counterexample } = check({
      actors: [{ name, definition }],
      network: 'unordered',
      always: { ...each(() => () => true), ...Object.fromEntries([[name, isBefore]]) },
    })
    expect(distinct).toBe(2)
    expect(Object.entries(always)).toContainEqual([name, 'fails'])
    expect(formatCounterexample(counterexample!)).toContain(`1. ${name} -> ${name}: ${name}`)
  }
})

function refusalOf(
  attempt: () => unknown,
  kind: new (...parameters: any[]) => TroupeError = CheckerError,
): TroupeError {
  try {
    attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return error as TroupeError
  }
  throw new Error('nothing was refused')
}
