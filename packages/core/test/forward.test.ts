/** Forwarding: what a host-independent case cannot see. */
import { expect, expectTypeOf, test } from 'vitest'
import { type ActorDefinition, type ActorRef, defineActor, type ProtocolOf } from '../src/index.ts'
import { HeldDisk, ProbeSystem } from './probe-system.ts'

const Target = defineActor({ name: 'Target', init: () => ({}), on: { add: (_state, amount: number) => amount + 100 } })

test('a durable actor forwards once its events are synced, and not at all when its turn throws', async () => {
  const Ledger = defineActor<{ add: (amount: number) => number }>()({
    name: 'Ledger',
    init: (args: { to: ActorRef<ProtocolOf<typeof Target>> }) => ({ ...args, sum: 0 }),
    events: {
      added(state, amount: number) {
        state.sum += amount
      },
    },
    on: {
      add(state, amount, ctx) {
        ctx.persist('added', amount)
        ctx.forward(state.to)
        if (amount < 0) throw new RangeError('below zero')
        return 0
      },
    },
  })
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const target = await system.spawn(Target, undefined)
  const ledger = await system.spawn(Ledger, { to: target.ref }, { durableId: 'a' })
  expect(await ledger.ask('add', 1)).toBe(101)
  disk.hold()
  let reply: number | undefined
  const asked = ledger.ask('add', 2).then((value) => {
    reply = value
  })
  await system.idle()
  expect(reply).toBeUndefined()
  disk.release()
  await asked
  expect(reply).toBe(102)
  await expect(ledger.ask('add', -1)).rejects.toThrow('below zero')
})

test('a turn without a message has nothing to forward', async () => {
  const Early = defineActor({
    name: 'Early',
    init: () => ({}),
    started(_state, ctx) {
      ctx.forward(ctx.self)
    },
    on: {},
  })
  await using system = new ProbeSystem()
  const failures: unknown[] = []
  system.events.on('failure', ({ error }) => failures.push(error))
  await system.spawn(Early, undefined, { supervise: { onFailure: 'stop' } })
  await system.idle()
  expect(failures).toMatchObject([{ code: 'ERR_TROUPE_CONFIGURATION' }])
})

test('an actor that stops during the turn in which it forwarded leaves the ask to who got it', async () => {
  const never = Promise.withResolvers<void>()
  const Waiter = defineActor({
    name: 'Waiter',
    init: (args: { to: ActorRef<ProtocolOf<typeof Target>> }) => args,
    on: {
      async add(state, _amount: number, ctx): Promise<number> {
        ctx.forward(state.to)
        await never.promise
        return 0
      },
    },
  })
  await using system = new ProbeSystem()
  const target = await system.spawn(Target, undefined)
  const waiter = await system.spawn(Waiter, { to: target.ref })
  const reply = waiter.ask('add', 1)
  system.node.run(1)
  system.node.stopping.kill([...system.node.cells].find((cell) => cell.definition.name === 'Waiter')!)
  expect(await reply).toBe(101)
})

test('a definition with otherwise can be generic, and need not name its messages', () => {
  function passing<Protocol extends object>(): ActorDefinition<Protocol, ActorRef<Protocol>> {
    return defineActor<Protocol>()({
      name: 'Passing',
      init: (to: ActorRef<Protocol>) => ({ to }),
      otherwise: (state, message, ctx) => {
        expectTypeOf(message).toEqualTypeOf<{ readonly name: string; readonly payload: unknown }>()
        ctx.forward(state.to)
      },
    })
  }
  expectTypeOf<ProtocolOf<ReturnType<typeof passing<{ a: () => number }>>>>().toEqualTypeOf<{ a: () => number }>()
  expect(passing().name).toBe('Passing')
  // @ts-expect-error a message that on names must be of the protocol's type
  defineActor<{ a: () => number }>()({ name: 'Odd', init: () => 0, on: { a: () => 'text' }, otherwise: () => {} })
  // @ts-expect-error without otherwise every message of the protocol is named
  defineActor<{ a: () => number }>()({ name: 'Less', init: () => 0, on: {} })
})
