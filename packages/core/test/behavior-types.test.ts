/** What the compiler knows of behaviors, timers and streams; see `types.test.ts`. */
import { describe, expectTypeOf, test } from 'vitest'
import {
  type ActorDefinition,
  type createLocalSystem,
  defineActor,
  type NotSendable,
  type ProtocolOf,
  type ReplyOf,
  type Unhandled,
} from '../src/index.ts'

const Door = defineActor({
  name: 'Door',
  module: import.meta.url,
  init: (args: { code: number }) => ({ ...args, passed: 0 }),
  started(_state, ctx) {
    ctx.become('closed')
    // @ts-expect-error no behavior of that name
    ctx.become('ajar')
  },
  behaviors: {
    closed: {
      open(state, code: number, ctx) {
        expectTypeOf(state.passed).toEqualTypeOf<number>()
        expectTypeOf(ctx.behavior).toEqualTypeOf<'closed' | 'open' | undefined>()
        if (code === state.code) ctx.become('open', { afterMs: 100 }, 'close')
        return code === state.code
      },
    },
    open: {
      open: () => 'already',
      close(_state, _message: undefined, ctx) {
        ctx.become('closed')
        ctx.unbecome()
        // @ts-expect-error no behavior of that name
        ctx.become('ajar')
      },
      pass(state, count: number) {
        state.passed += count
      },
    },
  },
  on: {
    passed: (state) => state.passed,
    pass(_state, _count: number, ctx) {
      ctx.stash()
      // @ts-expect-error no behavior of that name
      ctx.become('ajar')
    },
  },
})

type Gate = { open: (code: number) => boolean; close: () => void; pass: (count: number) => void; passed: () => number }

const GateActor = defineActor<Gate>()({
  name: 'Gate',
  module: import.meta.url,
  init: (args: { code: number }) => ({ ...args, passed: 0 }),
  started: (_state, ctx) => ctx.become('closed'),
  behaviors: {
    closed: {
      open(state, code, ctx) {
        expectTypeOf(code).toEqualTypeOf<number>()
        expectTypeOf(state.passed).toEqualTypeOf<number>()
        ctx.become('open', { afterMs: 100 }, 'close')
        // @ts-expect-error no such message
        ctx.become('open', { afterMs: 100 }, 'slam')
        // @ts-expect-error its payload is missing
        ctx.become('open', { afterMs: 100 }, 'pass')
        // @ts-expect-error no behavior of that name
        ctx.become('ajar')
        return true
      },
    },
    open: {
      open: () => false,
      close: (_state, _message, ctx) => ctx.unbecome(),
      pass(state, count) {
        state.passed += count
      },
    },
  },
  on: {
    passed: (state) => state.passed,
  },
})

describe('behaviors', () => {
  test('a protocol is read off on and the behaviors together', () => {
    expectTypeOf<ProtocolOf<typeof Door>>().toEqualTypeOf<{
      open: (message: number) => boolean | string
      close: (message?: undefined) => void
      pass: (message: number) => void
      passed: () => number
    }>()
    expectTypeOf<ProtocolOf<typeof GateActor>>().toEqualTypeOf<Gate>()
  })

  test('handlers of behaviors fit the protocol, and every message has a handler', () => {
    const common = { name: 'Gate', module: import.meta.url, init: () => ({ passed: 0 }) }
    defineActor<Gate>()({
      ...common,
      behaviors: {
        closed: {
          open: () => true,
          close: () => {},
          // @ts-expect-error the payload is a number
          pass: (_state, _count: string) => {},
        },
      },
      on: { passed: () => 0 },
    })
    defineActor<Gate>()({
      ...common,
      behaviors: {
        // @ts-expect-error the reply is a boolean
        closed: { open: () => 'yes', close: () => {}, pass: () => {} },
      },
      on: { passed: () => 0 },
    })
    const incomplete = defineActor<Gate>()({
      ...common,
      behaviors: { closed: { open: () => true, close: () => {} } },
      on: { passed: () => 0 },
    })
    expectTypeOf(incomplete).toEqualTypeOf<Unhandled<'pass'>>()
    expectTypeOf(incomplete).not.toExtend<ActorDefinition<any, any>>()
    // @ts-expect-error without behaviors every message has its handler in on
    defineActor<Gate>()({ ...common, on: { passed: () => 0 } })
    defineActor({
      ...common,
      on: {
        go(_state, _message: undefined, ctx) {
          // @ts-expect-error there are no behaviors
          ctx.become('closed')
        },
      },
    })
  })
})

const Streams = defineActor({
  name: 'Streams',
  init: () => ({}),
  on: {
    async *range(_state, to: number) {
      for (let item = 0; item < to; item++) yield { item }
    },
    async later(): Promise<AsyncIterable<string>> {
      return (async function* () {
        yield 'later'
      })()
    },
  },
})

describe('streams', () => {
  test('an ask of a generator resolves to an iterable of its items', () => {
    type Protocol = ProtocolOf<typeof Streams>
    expectTypeOf<ReplyOf<Protocol, 'range'>>().toEqualTypeOf<AsyncIterable<{ item: number }>>()
    expectTypeOf<ReplyOf<Protocol, 'later'>>().toEqualTypeOf<AsyncIterable<string>>()
    const explicit = defineActor<{ range: (to: number) => AsyncIterable<number> }>()({
      name: 'Explicit',
      init: () => ({}),
      on: {
        async *range(_state, to) {
          expectTypeOf(to).toEqualTypeOf<number>()
          yield to
        },
      },
    })
    expectTypeOf(explicit).toExtend<ActorDefinition<any, any>>()
  })

  test('the wrong payload and the wrong item are refused', () => {
    const _calls = async (system: ReturnType<typeof createLocalSystem>) => {
      const handle = await system.spawn(Streams, undefined)
      // @ts-expect-error the payload is a number
      await handle.ask('range', 'ten')
      for await (const { item } of await handle.askWith({ window: 4 }, 'range', 10)) {
        expectTypeOf(item).toEqualTypeOf<number>()
      }
    }
    const functions = defineActor({
      name: 'Functions',
      init: () => ({}),
      on: {
        async *range() {
          yield () => 1
        },
      },
    })
    expectTypeOf(functions).toExtend<NotSendable<string>>()
  })
})
