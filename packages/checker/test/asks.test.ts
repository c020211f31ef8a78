/** `ctx.askThen` in checked actors: replies, timeouts, late replies, tokens, crashes; each state by hand where it is few. */
import { type ActorRef, AskTimeoutError, defineActor, type ReplyToken } from '@troupe/core'
import { expect, test } from 'vitest'
import {
  type CheckOptions,
  check,
  counterexampleReport,
  formatCounterexample,
  type NetworkKind,
  type StateView,
} from '../src/index.ts'

type ServerProtocol = { get: (which: number) => number; later: () => number; settle: () => void; wrong: () => number }
type AskerProtocol = { got: (value: number) => void; failed: (error: Error) => void }

const Server = defineActor<ServerProtocol>()({
  name: 'Server',
  init: (): { handled: number; waiting: ReplyToken<number>[] } => ({ handled: 0, waiting: [] }),
  on: {
    get(state, which) {
      state.handled = Math.min(2, state.handled + 1)
      return which * 7
    },
    later(state, _message, ctx) {
      const token = ctx.deferReply<number>()
      state.waiting.push(token)
      return token
    },
    settle(state, _message, ctx) {
      for (const token of state.waiting) ctx.reply(token, 1)
      state.waiting = []
    },
    wrong(_state, _message, ctx) {
      const token = ctx.deferReply<number>()
      ctx.replyError(token, new RangeError('out of range'))
      return token
    },
  },
})

/** A server of messages that are asked by name. */
type Asked = Record<string, (which: number) => number>

interface AskerArgs {
  readonly server: ActorRef<Asked>
  readonly message: string
  /** Asks again after an error, so many times; `-1`: always. */
  readonly retries: number
}

const Asker = defineActor<AskerProtocol>()({
  name: 'Asker',
  init: (args: AskerArgs): AskerArgs & { left: number; got: number | undefined; error: string } => ({
    ...args,
    left: args.retries,
    got: undefined,
    error: '',
  }),
  started(state, ctx) {
    ctx.askThen({ onReply: 'got', onError: 'failed' }, state.server, state.message, 1)
  },
  on: {
    got(state, value) {
      state.got = value
    },
    failed(state, error, ctx) {
      state.error = error.name
      if (state.left === 0) return
      if (state.left > 0) state.left--
      ctx.askThen({ onReply: 'got', onError: 'failed' }, state.server, state.message, 1)
    },
  },
})

const asker = (name: string, message = 'get', retries = 0, node?: string) => ({
  ...(node === undefined ? {} : { node }),
  name,
  definition: Asker,
  args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('server'), message, retries }),
})

const one = (network: NetworkKind, message = 'get', options: Partial<CheckOptions<any>> = {}) =>
  check({ actors: [{ name: 'server', definition: Server }, asker('ann', message)] as any, network, ...options })

/** What the asker and the network can be, as text, in every state. */
function states(options: CheckOptions<any>): string[] {
  const seen = new Set<string>()
  const result = check({
    ...options,
    always: {
      collect: (view: StateView) => {
        const { got, error } = view.state('ann')
        const waits = view.asks('ann').map(({ to, name }) => `waits for ${name} of ${to}`)
        const network = view.messages().map(({ name, kind = 'tell' }) => `${kind} ${name}`)
        seen.add([`handled ${view.state('server').handled}`, ...waits, got ?? error, ...network].join(', '))
        return true
      },
    },
  })
  expect(result.complete).toBe(true)
  expect(seen.size).toBe(result.distinct)
  return [...seen].sort()
}

test('an ask is a message, its reply is one, and its timeout may come at any time while it waits', () => {
  const actors = [{ name: 'server', definition: Server }, asker('ann')] as any
  const waits = 'waits for get of server, '
  expect(states({ actors, network: 'unordered' })).toEqual([
    `handled 0, AskTimeoutError`,
    `handled 0, AskTimeoutError, tell get`,
    `handled 0, ${waits}, ask get`,
    `handled 1, 7`,
    `handled 1, AskTimeoutError`,
    `handled 1, ${waits}, reply got`,
  ])
  // One that orders messages is no different here; one that loses them leaves asks to their timeouts.
  expect(states({ actors, network: 'ordered' })).toHaveLength(6)
  expect(states({ actors, network: 'unordered', lossy: true })).toEqual([
    `handled 0, AskTimeoutError`,
    `handled 0, AskTimeoutError, tell get`,
    `handled 0, ${waits}`,
    `handled 0, ${waits}, ask get`,
    `handled 1, 7`,
    `handled 1, AskTimeoutError`,
    `handled 1, ${waits}`,
    `handled 1, ${waits}, reply got`,
  ])
  // A delivery takes nothing away: what was an ask is handled again when the ask is over.
  expect(states({ actors, network: 'duplicating' })).toEqual([
    `handled 0, AskTimeoutError, tell get`,
    `handled 0, ${waits}, ask get`,
    `handled 1, 7, tell get`,
    `handled 1, AskTimeoutError, tell get`,
    `handled 1, ${waits}, ask get, reply got`,
    `handled 2, 7, tell get`,
    `handled 2, AskTimeoutError, tell get`,
    `handled 2, ${waits}, ask get, reply got`,
  ])
})

test('an actor that asks again for ever has few states, on every network', () => {
  for (const network of ['unordered', 'duplicating', 'ordered'] as const) {
    const actors = [{ name: 'server', definition: Server }, asker('ann', 'get', -1)] as any
    // What was given up piles up where nobody handles it: no more than three of it are looked at.
    const result = check({
      actors,
      network,
      boundary: (view) => view.messages().length <= 3,
      sometimes: { 'a reply after an error': (view) => view.state('ann').error !== '' && view.state('ann').got === 7 },
    })
    expect(result).toMatchObject({ complete: true, sometimes: { 'a reply after an error': 'holds' } })
    expect(result.distinct).toBeLessThan(60)
  }
})

test('a late reply is never taken for that of a later ask', () => {
  const Echo = defineActor<{ echo: (value: number) => number }>()({
    name: 'Echo',
    init: () => ({}),
    on: { echo: (_state, value) => value },
  })
  const Retrying = defineActor<{ got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Retrying',
    init: (args: { echo: ActorRef<{ echo: (value: number) => number }> }) => ({ ...args, asked: 1, got: 0 }),
    started(state, ctx) {
      ctx.askThen({ onReply: 'got', onError: 'failed' }, state.echo, 'echo', 1)
    },
    on: {
      got(state, value) {
        state.got = value
      },
      failed(state, _error, ctx) {
        if (state.asked === 3) return
        state.asked++
        ctx.askThen({ onReply: 'got', onError: 'failed' }, state.echo, 'echo', state.asked)
      },
    },
  })
  for (const network of ['unordered', 'duplicating', 'ordered'] as const) {
    const result = check({
      actors: [
        { name: 'echo', definition: Echo },
        { name: 'ann', definition: Retrying, args: (ref) => ({ echo: ref('echo') }) },
      ],
      network,
      lossy: true,
      always: {
        'what it got is what it asked last': (view) =>
          view.state('ann').got === 0 || view.state('ann').got === view.state('ann').asked,
      },
      sometimes: { third: (view) => view.state('ann').got === 3 },
    })
    expect(result).toMatchObject({ complete: true, counterexample: undefined, sometimes: { third: 'holds' } })
  }
})

test('a reply may be deferred, be an error, or be for a message that nobody has', () => {
  const got = (value: unknown) => (view: StateView) => view.state('ann').got === value
  const failed = (name: string) => (view: StateView) => view.state('ann').error === name
  const Settler = defineActor<{ never: () => void }>()({
    name: 'Settler',
    init: (args: { server: ActorRef<ServerProtocol> }) => args,
    started: (state, ctx) => ctx.tell(state.server, 'settle'),
    on: { never() {} },
  })
  const later = check({
    actors: [
      { name: 'server', definition: Server },
      asker('ann', 'later'),
      { name: 'settler', definition: Settler, args: (ref) => ({ server: ref('server') }) },
    ],
    network: 'unordered',
    sometimes: { answered: got(1), 'timed out': failed('AskTimeoutError') },
    always: {
      'a token that is kept is of an ask that somebody waits for, or leads nowhere': (view) =>
        view.state('server').waiting.every((token: ReplyToken) => token.askId === 0 || view.asks('ann').length === 1),
    },
  })
  expect(later).toMatchObject({ complete: true, counterexample: undefined })
  expect(later.sometimes).toEqual({ answered: 'holds', 'timed out': 'holds' })
  const sometimes = { error: failed('RangeError'), unknown: failed('UnknownMessageError') }
  expect(one('unordered', 'wrong', { sometimes }).sometimes).toEqual({ error: 'holds', unknown: 'fails' })
  expect(one('ordered', 'nonsense', { sometimes }).sometimes).toEqual({ error: 'fails', unknown: 'holds' })
})

test('who answers may be another: by a message that is sent on, or by a token', () => {
  const Front = defineActor<{ get: (which: number) => number; byToken: () => number }>()({
    name: 'Front',
    init: (args: { back: ActorRef<any> }) => args,
    on: {
      get: (state, _which, ctx) => ctx.forward(state.back),
      byToken(state, _message, ctx) {
        const token = ctx.deferReply<number>()
        ctx.tell(state.back, 'answer', token)
        return token
      },
    },
  })
  const Back = defineActor<{ get: (which: number) => number; answer: (token: ReplyToken<number>) => void }>()({
    name: 'Back',
    init: () => ({}),
    on: { get: (_state, which) => which * 11, answer: (_state, token, ctx) => ctx.reply(token, 22) },
  })
  const check2 = (message: string) =>
    check({
      actors: [
        { name: 'back', definition: Back },
        { name: 'server', definition: Front, args: (ref) => ({ back: ref('back') }) },
        asker('ann', message),
      ],
      network: 'unordered',
      sometimes: { forwarded: (view) => view.state('ann').got === 11, token: (view) => view.state('ann').got === 22 },
      always: {
        'the reply of another goes to the asker': (view) =>
          view.messages().every(({ kind, from, to }) => kind !== 'reply' || (from === 'back' && to === 'ann')),
        'no token of an ask that is over is under way': (view) =>
          view.messages().every(({ name, payload }) => {
            return name !== 'answer' || view.asks('ann').length === 1 || (payload as ReplyToken).askId === 0
          }),
      },
    })
  expect(check2('get')).toMatchObject({ counterexample: undefined, sometimes: { forwarded: 'holds', token: 'fails' } })
  expect(check2('byToken')).toMatchObject({
    counterexample: undefined,
    sometimes: { forwarded: 'fails', token: 'holds' },
  })
})

test('an ask that was stashed is answered when it is put back, and late if its asker has given up', () => {
  const Busy = defineActor<{ get: (which: number) => number; open: () => void }>()({
    name: 'Busy',
    init: () => ({ isOpen: false, handled: 0 }),
    started: (_state, ctx) => ctx.timers.once({ key: 'open', delayMs: 1 }, 'open'),
    on: {
      get(state, which, ctx): number {
        if (state.isOpen) state.handled++
        else ctx.stash()
        return which
      },
      open(state, _message, ctx) {
        state.isOpen = true
        ctx.unstashAll()
      },
    },
  })
  const result = check({
    actors: [{ name: 'server', definition: Busy }, asker('ann')],
    network: 'ordered',
    sometimes: {
      'answered from the stash': (view) => view.state('ann').got === 1 && view.state('server').handled === 1,
      'handled though nobody waits': (view) => view.state('ann').error !== '' && view.state('server').handled === 1,
      'withdrawn from the stash': (view) =>
        view.state('ann').error !== '' && view.stash('server').length === 0 && view.messages().length === 0,
    },
  })
  expect(result).toMatchObject({ complete: true })
  expect(Object.values(result.sometimes)).toEqual(['holds', 'holds', 'holds'])
})

const farServer = (name: string, retries = 0) => ({
  ...asker(name, 'get', retries),
  args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('far/server'), message: 'get', retries }),
})

test('the crash of the node that was asked ends an ask; that of the asker forgets it', () => {
  for (const network of ['unordered', 'ordered', 'duplicating'] as const) {
    const asked = check({
      actors: [
        { node: 'far', name: 'server', definition: Server },
        { ...farServer('ann', -1), node: 'near' },
      ],
      network,
      crashes: 1,
      boundary: (view) => view.messages().length <= 3,
      sometimes: {
        'node down': (view) => view.state('near/ann').error === 'NodeDownError',
        'timeout while it is down': (view) =>
          view.state('near/ann').error === 'AskTimeoutError' && !view.isUp('far/server'),
        'a reply after that': (view) => view.state('near/ann').error !== '' && view.state('near/ann').got === 7,
        'handled for an asker that forgot': (view) => !view.isUp('near/ann') && view.state('far/server').handled > 0,
      },
      always: {
        'who is down waits for nothing': (view) => view.isUp('near/ann') || view.asks('near/ann').length === 0,
        'what is an ask is waited for': (view) =>
          view.messages().every(({ kind }) => kind === undefined || view.asks('near/ann').length > 0),
      },
    })
    expect(asked).toMatchObject({ complete: true, counterexample: undefined })
    expect(Object.entries(asked.sometimes)).toEqual(Object.keys(asked.sometimes).map((name) => [name, 'holds']))
  }
})

test('of actors of one node, an ask and who is to answer it are forgotten together', () => {
  const result = check({
    actors: [
      { node: 'far', name: 'server', definition: Server },
      { ...farServer('ann'), node: 'far' },
    ],
    network: 'ordered',
    crashes: 1,
    sometimes: { 'node down': (view) => view.state('far/ann').error === 'NodeDownError' },
  })
  expect(result).toMatchObject({ complete: true, sometimes: { 'node down': 'fails' } })
})

test('the ask of a durable actor waits for its record, and times out no earlier', () => {
  const Durable = defineActor<{ begin: () => void; got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Durable',
    init: (args: { server: ActorRef<ServerProtocol> }) => ({ ...args, begun: false, got: 0, error: '' }),
    events: {
      begun(state: any) {
        state.begun = true
      },
    },
    started(state, ctx) {
      if (!state.begun) ctx.timers.once({ key: 'begin', delayMs: 1 }, 'begin')
    },
    on: {
      begin(state, _message, ctx) {
        ctx.persist('begun')
        ctx.askThen({ onReply: 'got', onError: 'failed' }, state.server, 'get', 1)
      },
      got(state, value) {
        state.got = value
      },
      failed(state, error) {
        state.error = error.name
      },
    },
  })
  for (const crashSteps of ['all', 'fewest'] as const) {
    const result = check({
      actors: [
        { name: 'server', node: 'far', definition: Server },
        { name: 'ann', definition: Durable, durableId: 'ann', args: (ref) => ({ server: ref('far/server') }) },
      ],
      network: 'unordered',
      crashes: 1,
      crashSteps,
      always: {
        'an end is of an ask that was durable': (view) => {
          const { got, error } = view.state('ann')
          return (got === 0 && error === '') || view.synced('ann').begun
        },
      },
      sometimes: {
        reply: (view) => view.state('ann').got === 7,
        timeout: (view) => view.state('ann').error === 'AskTimeoutError',
        'begun, and forgotten by the crash': (view) =>
          view.state('ann').begun &&
          view.asks('ann').length === 0 &&
          view.state('ann').got === 0 &&
          view.state('ann').error === '' &&
          view.state('far/server').handled === 1,
      },
    })
    expect(result).toMatchObject({ complete: true, counterexample: undefined })
    expect(Object.values(result.sometimes)).toEqual(['holds', 'holds', 'holds'])
  }
})

test('asks are exchanged with their askers: as many states as classes under every renaming', () => {
  const names = ['ann', 'bob', 'eve']
  const orders = names.flatMap((a) =>
    names.filter((b) => b !== a).map((b) => [a, b, names.find((c) => c !== a && c !== b) as string]),
  )
  const options = (message: string) =>
    ({
      actors: [{ name: 'server', definition: Server }, ...names.map((name) => asker(name, message))],
      network: 'unordered',
    }) as CheckOptions<any>
  const classes = new Set<string>()
  const form = (view: StateView, order: readonly string[]) => {
    const name = (id: string) => order[names.indexOf(id)] ?? id
    const messages = view
      .messages()
      .map(({ from, to, name: what, kind = 'tell' }) => [name(from), name(to), what, kind])
    const askers = names.map((id) => [name(id), view.state(id).got, view.state(id).error, view.asks(id)])
    return JSON.stringify([messages.sort(), askers.sort(), view.state('server').handled])
  }
  check({
    ...options('get'),
    always: {
      collect: (view: StateView) => Boolean(classes.add(orders.map((order) => form(view, order)).sort()[0] as string)),
    },
  })
  const { distinct } = check({ ...options('get'), symmetry: [names] })
  expect(distinct).toBe(classes.size)
  expect(distinct).toBeLessThan(check(options('get')).distinct / 3)
})

test('tokens in the state are exchanged with their askers', () => {
  const Keeper = defineActor<{ later: () => number; settle: () => void }>()({
    name: 'Keeper',
    init: (): { waiting: Set<ReplyToken<number>> } => ({ waiting: new Set() }),
    started: (_state, ctx) => ctx.timers.fixedRate({ key: 'settle', periodMs: 1 }, 'settle'),
    on: {
      later(state, _message, ctx) {
        const token = ctx.deferReply<number>()
        state.waiting.add(token)
        return token
      },
      settle(state, _message, ctx) {
        for (const token of state.waiting) ctx.reply(token, 1)
        state.waiting.clear()
      },
    },
  })
  const names = ['ann', 'bob', 'eve']
  const options = {
    actors: [{ name: 'server', definition: Keeper }, ...names.map((name) => asker(name, 'later'))],
    network: 'unordered',
  } as CheckOptions<any>
  const whole = check(options)
  const up = check({ ...options, symmetry: [names] })
  expect(up.complete).toBe(true)
  expect(up.distinct).toBeGreaterThanOrEqual(whole.distinct / 6)
  expect(up.distinct).toBeLessThan(whole.distinct / 3)
})

test('a counterexample tells of asks, answers and timeouts, as text and as a page', () => {
  const late = one('ordered', 'get', {
    always: {
      'nothing is handled in vain': (view) => view.state('server').handled === 0 || view.state('ann').error === '',
    },
  })
  expect(formatCounterexample(late.counterexample!)).toBe(
    [
      'invariant violated: nothing is handled in vain',
      '   0. server = {"handled":0,"waiting":[]}',
      '   0. ann = {"error":"","left":0,"message":"get","retries":0,"server":"local/server"}',
      '   1. ann -> server: get (ask) 1',
      '      server.handled: 0 -> 1',
      `   2. ann: an ask of server times out: failed "AskTimeoutError: no reply to get within its timeout, which is one of the checker's choices: every ask may time out at any time; handle it, by try and catch around an awaited ask or by onError of askThen, or pass over failed turns by failedTurns: 'discard'"`,
      '      ann.error: "" -> "AskTimeoutError"',
    ].join('\n'),
  )
  const answered = one('ordered', 'get', { always: { 'never answered': (view) => view.state('ann').got !== 7 } })
  const { events } = counterexampleReport(answered.counterexample!)
  expect(events.map(({ text }) => text)).toEqual([
    'get (ask) 1 from ann',
    'got (reply) 7 from server',
    'invariant violated: never answered',
  ])
  expect(events[1]?.cause).toBe(0)
  expect(answered.counterexample?.steps.map(({ message }) => message?.kind)).toEqual(['ask', 'reply'])
})

test('the error of a timeout is an AskTimeoutError, as on every host', () => {
  const errors: unknown[] = []
  const Judge = defineActor<{ got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Judge',
    init: (args: { server: ActorRef<ServerProtocol> }) => ({ ...args, error: undefined as Error | undefined }),
    started: (state, ctx) => ctx.askThen({ onReply: 'got', onError: 'failed' }, state.server, 'get', 1),
    on: {
      got() {},
      failed(state, error) {
        state.error = error
      },
    },
  })
  const result = check({
    actors: [
      { name: 'server', definition: Server },
      { name: 'ann', definition: Judge, args: (ref) => ({ server: ref('server') }) },
    ],
    network: 'unordered',
    always: { collect: (view) => errors.push(view.state('ann').error) > 0 },
  })
  expect(result.complete).toBe(true)
  const [error] = errors.filter((one) => one !== undefined)
  expect(error).toBeInstanceOf(AskTimeoutError)
  expect(error).toMatchObject({ code: 'ERR_TROUPE_ASK_TIMEOUT', facts: { message: 'get' } })
})

test('an actor that asks itself is answered, also where what it tells itself is part of the step', () => {
  for (const selfAtOnce of [false, true]) {
    const Self = defineActor<AskerProtocol & { mine: () => number }>()({
      name: 'Self',
      init: () => ({ got: 0, error: '' }),
      started: (_state, ctx) => ctx.askThen({ onReply: 'got', onError: 'failed' }, ctx.self, 'mine'),
      on: {
        mine: () => 5,
        got(state, value) {
          state.got = value
        },
        failed(state, error) {
          state.error = error.name
        },
      },
    })
    const result = check({
      actors: [{ name: 'self', definition: Self }],
      network: 'unordered',
      selfAtOnce,
      sometimes: { got: (view) => view.state('self').got === 5 },
    })
    expect(result).toMatchObject({ distinct: 5, complete: true, sometimes: { got: 'holds' } })
  }
})

test('refuses an ask that is awaited, one with a signal, and asks where orders of steps are left out', () => {
  const asking = (go: (ctx: any, to: ActorRef<any>) => unknown) =>
    defineActor<AskerProtocol>()({
      name: 'Asking',
      init: (args: { server: ActorRef<any> }) => args,
      started: (state, ctx) => void go(ctx, state.server),
      on: { got() {}, failed() {} },
    })
  const then = { onReply: 'got', onError: 'failed' }
  const attempt = (go: (ctx: any, to: ActorRef<any>) => unknown, options: Partial<CheckOptions<any>> = {}) =>
    check({
      actors: [
        { name: 'server', definition: Server },
        { name: 'ann', definition: asking(go), args: (ref: any) => ({ server: ref('server') }) },
      ] as any,
      network: 'unordered',
      ...options,
    })
  expect(() => attempt((ctx, to) => void ctx.ask(to, 'get', 1))).toThrow('awaits the reply')
  expect(() => attempt((ctx, to) => ctx.askThen({ ...then, signal: ctx.signal }, to, 'get', 1))).toThrow(
    'with a signal',
  )
  expect(() => attempt((ctx, to) => ctx.askThen(then, to, 'get', 1), { reduction: 'persistent-sets' })).toThrow(
    'check without reduction',
  )
})
