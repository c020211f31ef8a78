/**
 * The promises that the compiler keeps. `tsc -p test` checks them: each `@ts-expect-error` fails the check when the line
 * below it compiles. The actors that are declared here run nowhere, but their definitions are made.
 */
import { describe, expectTypeOf, test } from 'vitest'
import {
  type ActorContext,
  type ActorDefinition,
  type ActorHandle,
  type ActorRef,
  type ArgsOf,
  type AskOptions,
  type createLocalSystem,
  defineActor,
  defineService,
  type NotSendable,
  namedRef,
  type ProtocolOf,
  provideService,
  type RefOf,
  type ReplyOf,
  type ReplyToken,
  type Sendable,
} from '../src/index.ts'

/** Calls that are checked and never made. */
const compiles = (name: string, _calls: (ctx: ActorContext, system: ReturnType<typeof createLocalSystem>) => unknown) =>
  test(name, () => {})

// The inferred form.

const Counter = defineActor({
  name: 'Counter',
  module: import.meta.url,
  init: (args: { start: number }) => ({ count: args.start }),
  on: {
    add(state, by: number) {
      state.count += by
    },
    read(state) {
      return state.count
    },
    async readLater(state) {
      await Promise.resolve()
      return String(state.count)
    },
    readDeferred(_state, _message: undefined, ctx) {
      return ctx.deferReply<bigint>()
    },
    async readLaterDeferred(_state, _message: undefined, ctx) {
      await Promise.resolve()
      return ctx.deferReply<Date>()
    },
    tick(state, _message, ctx) {
      ctx.log.info(String(state.count))
    },
    set(state, { to, by = 1 }: { to: number; by?: number }) {
      state.count = to * by
    },
  },
})

describe('the inferred form', () => {
  test('reads the protocol off the handlers', () => {
    expectTypeOf<ProtocolOf<typeof Counter>>().toEqualTypeOf<{
      add: (message: number) => void
      read: () => number
      readLater: () => string
      readDeferred: (message?: undefined) => bigint
      readLaterDeferred: (message?: undefined) => Date
      tick: () => void
      set: (message: { to: number; by?: number }) => void
    }>()
    expectTypeOf<ArgsOf<typeof Counter>>().toEqualTypeOf<{ start: number }>()
    expectTypeOf<RefOf<typeof Counter>>().toEqualTypeOf<ActorRef<ProtocolOf<typeof Counter>>>()
  })

  test('suits a protocol written by hand, asynchronous or not', () => {
    type Readable = { read: () => number; readLater: () => string; readDeferred: () => bigint }
    expectTypeOf<RefOf<typeof Counter>>().toExtend<ActorRef<Readable>>()
  })

  test('replies are what an ask resolves to: sync, async, deferred', () => {
    type Protocol = ProtocolOf<typeof Counter>
    expectTypeOf<ReplyOf<Protocol, 'read'>>().toEqualTypeOf<number>()
    expectTypeOf<ReplyOf<Protocol, 'readLater'>>().toEqualTypeOf<string>()
    expectTypeOf<ReplyOf<Protocol, 'readDeferred'>>().toEqualTypeOf<bigint>()
    expectTypeOf<ReplyOf<Protocol, 'readLaterDeferred'>>().toEqualTypeOf<Date>()
    expectTypeOf<ReplyOf<Protocol, 'add'>>().toEqualTypeOf<void>()
  })

  compiles('sends what the protocol takes', (ctx) => {
    const counter = ctx.spawn(Counter, { start: 1 })
    ctx.tell(counter, 'add', 2)
    ctx.tell(counter, 'read')
    ctx.tell(counter, 'tick')
    // A handler that says its message is undefined needs none either.
    void ctx.ask(counter, 'readDeferred')
    ctx.tell(counter, 'set', { to: 1 })
    expectTypeOf(ctx.ask(counter, 'read')).toEqualTypeOf<Promise<number>>()
    expectTypeOf(ctx.askWith({ timeoutMs: 5 }, counter, 'readLater')).toEqualTypeOf<Promise<string>>()
  })

  compiles('refuses a wrong name, a wrong payload, a payload too few and one too many', (ctx) => {
    const counter = ctx.spawn(Counter, { start: 1 })
    // @ts-expect-error no such message
    ctx.tell(counter, 'ad', 2)
    // @ts-expect-error the payload is a number
    ctx.tell(counter, 'add', '2')
    // @ts-expect-error the payload is missing
    ctx.tell(counter, 'add')
    // @ts-expect-error it takes no payload
    ctx.tell(counter, 'read', 1)
    // @ts-expect-error a field is missing
    ctx.tell(counter, 'set', { by: 1 })
    // @ts-expect-error no such message to ask
    void ctx.ask(counter, 'reed')
    // @ts-expect-error options are no payload
    void ctx.ask(counter, 'read', { timeoutMs: 5 } satisfies AskOptions)
    // @ts-expect-error the arguments of init are missing
    ctx.spawn(Counter)
    // @ts-expect-error the arguments of init are wrong
    ctx.spawn(Counter, { start: '1' })
    // @ts-expect-error no such directive
    ctx.spawn(Counter, { start: 1 }, { supervise: { onFailure: 'explode' } })
  })

  compiles('refuses a wrong use of a reply', async (ctx) => {
    const counter = ctx.spawn(Counter, { start: 1 })
    // @ts-expect-error the reply is a number
    const text: string = await ctx.ask(counter, 'read')
    // @ts-expect-error there is no reply
    const sum: number = await ctx.ask(counter, 'add', 1)
    return [text, sum]
  })

  compiles('an ask whose end is a message names messages that take it', () => {
    type Protocol = {
      got: (count: number) => void
      lost: (error: Error) => void
      told: (text: string) => void
      tick: () => void
    }
    const asked = (ctx: ActorContext<Protocol>, counter: RefOf<typeof Counter>) => {
      ctx.askThen({ onReply: 'got', onError: 'lost' }, counter, 'read')
      ctx.askThen({ onReply: 'told', onError: 'lost', timeoutMs: 5 }, counter, 'readLater')
      // One that takes nothing is only told that it ended.
      ctx.askThen({ onReply: 'tick', onError: 'tick' }, counter, 'add', 1)
      // @ts-expect-error the reply is a number
      ctx.askThen({ onReply: 'told', onError: 'lost' }, counter, 'read')
      // @ts-expect-error an error is no number
      ctx.askThen({ onReply: 'got', onError: 'got' }, counter, 'read')
      // @ts-expect-error nothing is replied
      ctx.askThen({ onReply: 'got', onError: 'lost' }, counter, 'add', 1)
      // @ts-expect-error there is no such message
      ctx.askThen({ onReply: 'gotten', onError: 'lost' }, counter, 'read')
      // @ts-expect-error what becomes of an error is to be said
      ctx.askThen({ onReply: 'got' }, counter, 'read')
      // @ts-expect-error the payload is a number
      ctx.askThen({ onReply: 'tick', onError: 'tick' }, counter, 'add', '1')
    }
    return asked
  })

  compiles('handles from outside have the same types', async (_ctx, system) => {
    const counter = await system.spawn(Counter, { start: 1 }, { node: 'spread' })
    expectTypeOf(counter).toEqualTypeOf<ActorHandle<ProtocolOf<typeof Counter>>>()
    expectTypeOf(counter.ask('read')).toEqualTypeOf<Promise<number>>()
    counter.tell('add', 1)
    // @ts-expect-error the payload is a number
    counter.tell('add', true)
    // @ts-expect-error no such message
    await counter.ask('sum')
    system.tell(counter.ref, 'add', 1)
    // @ts-expect-error a handle is no reference
    system.tell(counter, 'add', 1)
  })

  compiles('a named reference has the protocol of its definition', (ctx) => {
    const counter = namedRef(Counter, { node: 'n', name: 'counter' })
    ctx.tell(counter, 'add', 1)
    // @ts-expect-error no such message
    ctx.tell(counter, 'sum')
  })

  compiles('an actor without arguments is spawned with undefined', (ctx) => {
    const Plain = defineActor({ name: 'Plain', init: () => ({}), on: {} })
    ctx.spawn(Plain, undefined)
    // @ts-expect-error it takes none
    ctx.spawn(Plain, 1)
  })
})

// The explicit form.

type Ping = { pong: (message: { from: ActorRef<Pong> }) => void }
type Pong = { ping: (message: { from: ActorRef<Ping> }) => void; hits: () => number; end: () => void }

const Player = defineActor<Pong>()({
  name: 'Player',
  module: import.meta.url,
  init: () => ({ hits: 0 }),
  on: {
    ping(state, message, ctx) {
      state.hits++
      ctx.tell(message.from, 'pong', { from: ctx.self })
      // @ts-expect-error a pinger takes no ping
      const wrong = () => ctx.tell(message.from, 'ping', { from: ctx.self })
      return void wrong
    },
    hits: (state) => state.hits,
    end: (_state, _message, ctx) => ctx.stop(),
  },
})

const Pinger = defineActor<Ping>()({
  name: 'Pinger',
  init: (args: { to: ActorRef<Pong> }) => args,
  started: (state, ctx) => ctx.tell(state.to, 'ping', { from: ctx.self }),
  on: { pong: (_state, message, ctx) => ctx.tell(message.from, 'end') },
})

describe('the explicit form', () => {
  compiles('lets two actors know each other', (ctx) => {
    const player = ctx.spawn(Player, undefined)
    ctx.spawn(Pinger, { to: player })
    // @ts-expect-error a pinger is no player
    ctx.spawn(Pinger, { to: ctx.spawn(Pinger, { to: player }) })
    expectTypeOf(ctx.ask(player, 'hits')).toEqualTypeOf<Promise<number>>()
  })

  test('demands every handler, of the right type', () => {
    // @ts-expect-error the handler of hits is missing
    defineActor<Pong>()({ name: 'Player', init: () => ({}), on: { ping() {}, end() {} } })
    defineActor<Pong>()({
      name: 'Player',
      init: () => ({}),
      on: {
        ping() {},
        end() {},
        // @ts-expect-error the reply is a number
        hits: () => 'many',
      },
    })
    defineActor<Pong>()({
      name: 'Player',
      init: () => ({}),
      on: {
        ping() {},
        end() {},
        // A reply may come later, or be deferred.
        hits: async (_state, _message, ctx) => ctx.deferReply<number>(),
      },
    })
    defineActor<Pong>()({
      name: 'Player',
      init: () => ({}),
      on: {
        ping() {},
        end() {},
        // @ts-expect-error the deferred reply is a number
        hits: (_state, _message, ctx) => ctx.deferReply<string>(),
      },
    })
  })

  test('types the timers by the protocol', () => {
    defineActor<Pong>()({
      name: 'Player',
      init: () => ({ self: undefined as ActorRef<Pong> | undefined }),
      started(_state, ctx) {
        ctx.timers.once({ key: 'end', delayMs: 1 }, 'end')
        // @ts-expect-error no such message
        ctx.timers.once({ key: 'end', delayMs: 1 }, 'stop')
        // @ts-expect-error the payload is missing
        ctx.timers.once({ key: 'ping', delayMs: 1 }, 'ping')
        // @ts-expect-error there is no delay
        ctx.timers.once({ key: 'end' }, 'end')
        expectTypeOf(ctx.self).toEqualTypeOf<ActorRef<Pong>>()
      },
      on: { ping() {}, hits: () => 1, end() {} },
    }) satisfies ActorDefinition<Pong, void>
  })

  test('lets an actor spawn its own kind, annotated where the reference is returned', () => {
    type Node = { grow: () => ActorRef<Node>; depth: () => number }
    const Tree: ActorDefinition<Node, { depth: number }> = defineActor<Node>()({
      name: 'Tree',
      init: (args: { depth: number }) => args,
      on: {
        grow: (state, _message, ctx) => ctx.spawn(Tree, { depth: state.depth + 1 }),
        depth: (state) => state.depth,
      },
    })
    expectTypeOf<RefOf<typeof Tree>>().toEqualTypeOf<ActorRef<Node>>()
  })

  interface Sink<Value> {
    got: (message: { value: Value | undefined }) => void
  }
  interface Stack<Value> {
    push: (value: Value) => void
    pop: (message: { to: ActorRef<Sink<Value>> }) => void
  }
  function stackOf<Value>() {
    return defineActor<Stack<Value>>()({
      name: 'Stack',
      init: () => ({ items: [] as Value[] }),
      on: {
        push(state, value) {
          state.items.push(value as Value)
        },
        pop(state, message, ctx) {
          ctx.tell(message.to, 'got', { value: state.items.pop() as Value })
        },
      },
    })
  }

  compiles('takes interfaces and type parameters', (ctx) => {
    const numbers = ctx.spawn(stackOf<number>(), undefined)
    ctx.tell(numbers, 'push', 4)
    // @ts-expect-error a stack of numbers
    ctx.tell(numbers, 'push', 'x')
    const texts = undefined as unknown as ActorRef<Sink<string>>
    // @ts-expect-error a sink of texts gets no numbers
    ctx.tell(numbers, 'pop', { to: texts })
  })
})

describe('references', () => {
  compiles('can be narrowed, never widened', (ctx) => {
    const player = ctx.spawn(Player, undefined)
    const reader: ActorRef<Pick<Pong, 'hits'>> = player
    expectTypeOf(ctx.ask(reader, 'hits')).toEqualTypeOf<Promise<number>>()
    const anyone: ActorRef = player
    // @ts-expect-error a narrowed reference takes no other message
    ctx.tell(reader, 'end')
    // @ts-expect-error it cannot be widened back
    const widened: ActorRef<Pong> = reader
    // @ts-expect-error nobody knows what anyone takes
    ctx.tell(anyone, 'end')
    ctx.watch(anyone)
    ctx.stop(anyone)
    return widened
  })

  compiles('payloads are no wider than the handler takes: no bivariance', () => {
    type Narrow = { put: (value: 1 | 2) => void }
    type Wide = { put: (value: number) => void }
    const wide = undefined as unknown as ActorRef<Wide>
    const narrow: ActorRef<Narrow> = wide
    // @ts-expect-error an actor of 1 and 2 takes no other number
    const widened: ActorRef<Wide> = narrow
    return widened
  })
})

describe('what can be sent', () => {
  type Tree = { readonly left?: Tree; readonly right?: Tree; readonly value: number }
  type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

  test('leaves pass as they are, collections by their parts', () => {
    type Message = {
      date: Date
      map: ReadonlyMap<string, Set<number>>
      bytes: Uint8Array
      error: RangeError
      ref: ActorRef<Pong>
      token: ReplyToken<number>
      big: bigint
      optional?: string
      tuple: [number, string]
    }
    expectTypeOf<Message>().toExtend<Sendable<Message>>()
    expectTypeOf<Tree>().toExtend<Sendable<Tree>>()
    expectTypeOf<Sendable<() => void>>().toExtend<NotSendable<string>>()
    expectTypeOf<{ deep: [symbol] }>().not.toExtend<Sendable<{ deep: [symbol] }>>()
    expectTypeOf<Map<string, () => void>>().not.toExtend<Sendable<Map<string, () => void>>>()
  })

  compiles('recursive payloads', (ctx) => {
    const Keeper = defineActor({
      name: 'Keeper',
      init: () => ({}),
      on: { tree: (_state, tree: Tree) => tree, json: (_state, json: Json) => json },
    })
    const keeper = ctx.spawn(Keeper, undefined)
    ctx.tell(keeper, 'tree', { left: { value: 1 }, value: 2 })
    // @ts-expect-error a tree has numbers
    ctx.tell(keeper, 'tree', { left: { value: '1' }, value: 2 })
    expectTypeOf(ctx.ask(keeper, 'tree', { value: 1 })).toEqualTypeOf<Promise<Tree>>()
  })

  compiles('a recursive payload with a function somewhere in it is refused', (ctx) => {
    type Good = number | Map<string, Good> | Set<Good> | [Good, Good] | { readonly deep: Good[] }
    const Fine = defineActor({
      name: 'Fine',
      init: (_args: Good) => ({}),
      on: { put: (_state, message: Good) => message, get: (): Json => 1 },
    })
    ctx.spawn(Fine, [1, new Map()])
    type Bad = number | Map<string, Bad> | [Bad, Bad] | { readonly deep: Bad[]; readonly callback: () => void }
    const Refused = defineActor({ name: 'Refused', init: () => ({}), on: { put: (_state, _message: Bad[]) => 1 } })
    // @ts-expect-error a function deep in a message
    ctx.spawn(Refused, undefined)
  })

  compiles('an actor with a function in a message, a reply or its arguments cannot be spawned', (ctx, system) => {
    const InMessage = defineActor({
      name: 'A',
      init: () => ({}),
      on: { put: (_state, message: { callback: () => void }) => message.callback() },
    })
    // @ts-expect-error a function in a message
    ctx.spawn(InMessage, undefined)
    // @ts-expect-error from outside neither
    void system.spawn(InMessage, undefined)
    const InReply = defineActor({ name: 'B', init: () => ({}), on: { get: () => ({ callback: () => 1 }) } })
    // @ts-expect-error a function in a reply
    ctx.spawn(InReply, undefined)
    const InLaterReply = defineActor({ name: 'C', init: () => ({}), on: { get: async () => [() => 1] } })
    // @ts-expect-error a function in a reply that comes later
    ctx.spawn(InLaterReply, undefined)
    const InArguments = defineActor({ name: 'D', init: (args: { callback: () => void }) => ({ args }), on: {} })
    // @ts-expect-error a function in the arguments of init
    ctx.spawn(InArguments, { callback: () => {} })
    const Symbolic = defineActor({ name: 'E', init: () => ({}), on: { put: (_state, _message: symbol) => {} } })
    // @ts-expect-error a symbol in a message
    ctx.spawn(Symbolic, undefined)
    const Explicit = defineActor<{ put: (callback: () => void) => void }>()({
      name: 'F',
      init: () => ({}),
      on: { put: (_state, callback) => callback() },
    })
    // @ts-expect-error in the explicit form neither
    ctx.spawn(Explicit, undefined)
  })

  compiles('a handle cannot be put in a message, its reference can', (ctx) => {
    const Holder = defineActor({
      name: 'Holder',
      init: () => ({}),
      on: { hold: (_state, _handle: ActorHandle<Pong>) => {} },
    })
    // @ts-expect-error a handle has methods
    ctx.spawn(Holder, undefined)
    const RefHolder = defineActor({
      name: 'Holder',
      init: () => ({}),
      on: { hold: (_state, _ref: ActorRef<Pong>) => {} },
    })
    const holder = ctx.spawn(RefHolder, undefined)
    const handle = undefined as unknown as ActorHandle<Pong>
    ctx.tell(holder, 'hold', handle.ref)
    // @ts-expect-error the handle itself
    ctx.tell(holder, 'hold', handle)
  })
})

describe('events', () => {
  test('persist takes the declared events and their payloads only', () => {
    defineActor({
      name: 'Account',
      init: () => ({ total: 0 }),
      events: {
        added(state, by: number) {
          state.total += by
        },
        closed(state) {
          state.total = 0
        },
      },
      on: {
        add(_state, by: number, ctx) {
          ctx.persist('added', by)
          ctx.persist('closed')
          // @ts-expect-error no such event
          const undeclared = () => ctx.persist('removed', by)
          // @ts-expect-error the event is a number
          const wrong = () => ctx.persist('added', 'x')
          // @ts-expect-error the event is missing
          const missing = () => ctx.persist('added')
          return void [undeclared, wrong, missing]
        },
      },
    })
  })

  test('an actor that declares no events persists none', () => {
    defineActor({
      name: 'Plain',
      init: () => ({}),
      on: {
        add(_state, _message: number, ctx) {
          // @ts-expect-error no event is declared
          const wrong = () => ctx.persist('added', 1)
          return void wrong
        },
      },
    })
  })

  test('in the explicit form too', () => {
    defineActor<{ add: (by: number) => void }>()({
      name: 'Account',
      init: () => ({ total: 0 }),
      events: {
        added(state, by: number) {
          state.total += by
        },
      },
      on: {
        add(_state, by, ctx) {
          ctx.persist('added', by)
          // @ts-expect-error the event is a number
          const wrong = () => ctx.persist('added', 'x')
          return void wrong
        },
      },
    })
  })

  test('the state of handlers, events and restore is that of init', () => {
    defineActor({
      name: 'State',
      init: () => ({ total: 0 }),
      restore: (stored: { total: number }) => stored,
      started(state) {
        expectTypeOf(state).toEqualTypeOf<{ total: number }>()
      },
      on: {
        read(state) {
          // @ts-expect-error no such field
          return state.sum as number
        },
      },
    })
  })
})

describe('services', () => {
  compiles('a service has the type it was defined with', (ctx) => {
    const Greeter = defineService<{ greet(name: string): string }>('greeter')
    expectTypeOf(ctx.use(Greeter).greet('you')).toEqualTypeOf<string>()
    // @ts-expect-error no such method
    ctx.use(Greeter).shout('you')
  })

  compiles('a provider makes what its service is, and may keep more for its own stop', () => {
    const Greeter = defineService<{ greet(name: string): string }>('greeter')
    const greet = (name: string) => name
    provideService(Greeter, {
      start: async () => ({ greet, socket: 5 }),
      stop: (instance) => expectTypeOf(instance.socket).toEqualTypeOf<number>(),
    })
    // @ts-expect-error it does not greet
    provideService(Greeter, { start: () => ({ shout: greet }) })
    // @ts-expect-error it greets numbers
    provideService(Greeter, { start: () => ({ greet: (count: number) => String(count) }) })
    // @ts-expect-error a name is no service
    defineActor({ name: 'Named', uses: ['greeter'], init: () => ({}), on: {} })
  })
})
