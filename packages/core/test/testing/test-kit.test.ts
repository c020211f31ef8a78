/** The test kit: what probes expect and how they say that it did not come, virtual time, and what counts as trouble. */
import { describe, expect, test } from 'vitest'
import { type ActorRef, defineActor } from '../../src/index.ts'
import { createTestKit } from '../../src/testing/index.ts'

type Bank = { reserve: (order: { id: string; amount: number }) => boolean; release: (id: string) => void }

const Shop = defineActor({
  name: 'Shop',
  init: (args: { bank: ActorRef<Bank> }) => args,
  on: {
    async order({ bank }, order: { id: string; amount: number }, ctx: any): Promise<string> {
      if (!(await ctx.ask(bank, 'reserve', order))) return 'refused'
      ctx.timers.once({ key: order.id, delayMs: 1_000 }, 'expire', order.id)
      return 'reserved'
    },
    expire({ bank }, id: string, ctx: any) {
      ctx.tell(bank, 'release', id)
    },
    twice({ bank }, id: string, ctx: any) {
      for (let count = 0; count < 2; count++) ctx.tell(bank, 'release', id)
    },
    greet: (_state, name: string) => `hello ${name}`,
    fail() {
      throw new RangeError('out of stock')
    },
  },
})

async function shop() {
  const kit = createTestKit()
  const bank = kit.probe<Bank>('bank')
  return { kit, bank, shop: await kit.spawn(Shop, { bank: bank.ref }, { name: 'shop' }) }
}

const order = { id: 'a', amount: 5 }

describe('a probe', () => {
  test('expects messages, answers asks, and waits as long as it is told to', async () => {
    const { kit, bank, shop: actor } = await shop()
    const answer = actor.ask('order', order)
    expect(await bank.expect('reserve', { id: 'a', amount: 5 })).toEqual(order)
    expect(bank.sender).toEqual(actor.ref)
    bank.reply(true)
    expect(await answer).toBe('reserved')
    await bank.expectNone({ withinMs: 999 })
    await bank.expectWithin({ withinMs: 5_000 }, 'release', 'a')
    expect(kit.now()).toBe(1_000)
    await kit.stop()
  })

  test('can refuse an ask, and be the sender', async () => {
    const { kit, bank, shop: actor } = await shop()
    const answer = actor.ask('order', order)
    await bank.expect('reserve')
    bank.fail(new RangeError('no such account'))
    await expect(answer).rejects.toThrow('no such account')
    bank.tell(actor.ref, 'expire', 'b')
    await bank.expect('release', (id) => id === 'b')
    expect((await kit.takeFailures()).map(({ message }) => message)).toEqual(['order'])
    await kit.check()
    await kit.stop()
  })

  test('takes matchers at any depth, several messages, and the end of an actor', async () => {
    const { kit, bank, shop: actor } = await shop()
    void actor.ask('order', order).catch(() => {})
    await bank.expect('reserve', { id: expect.any(String), amount: 5 })
    bank.reply(false)
    actor.tell('twice', 'c')
    expect(await bank.receiveMany(2)).toEqual([
      { name: 'release', payload: 'c' },
      { name: 'release', payload: 'c' },
    ])
    bank.watch(actor.ref)
    await actor.stop()
    expect(await bank.expectTerminated(actor.ref)).toBe('stopped')
    await kit.stop()
  })

  test('says what came instead, from whom, and what waits behind', async () => {
    const { kit, bank, shop: actor } = await shop()
    actor.tell('twice', 'c')
    await expect(bank.expect('release', 'd')).rejects.toThrow(
      '/local/bank expected release "d", got release "c" from /local/shop, then release',
    )
    await expect(bank.expectNone()).rejects.toThrow('/local/bank expected nothing, got release "c" from /local/shop')
    await expect(bank.receiveMany(2)).rejects.toMatchObject({ code: 'ERR_TROUPE_EXPECTATION' })
    expect(() => bank.reply(1)).toThrow('/local/bank: reply has nobody to go to: release was told, not asked')
    await kit.stop()
  })

  test('says that nothing came, and what went wrong meanwhile', async () => {
    const { kit, bank, shop: actor } = await shop()
    actor.tell('fail')
    await expect(bank.expect('release')).rejects.toThrow(
      '/local/bank expected release, but nothing came within 0 ms\n' +
        '  /local/shop failed in fail (restart): RangeError: out of stock',
    )
    await kit.stop()
  })
})

describe('a kit', () => {
  test('minds failures and dead letters that nobody took or allowed', async () => {
    const { kit, shop: actor } = await shop()
    actor.tell('fail')
    await expect(kit.check()).rejects.toThrow('/local/shop failed in fail')
    expect(await kit.takeFailures()).toHaveLength(1)
    await actor.stop()
    actor.tell('greet', 'nobody')
    await expect(kit.check()).rejects.toThrow('dead letter (no-such-actor): greet "nobody" to local.0/')
    kit.allow('deadLetters')
    await kit.check()
    await kit.stop()
  })

  test('compares what messages hold', async () => {
    const kit = createTestKit()
    const probe = kit.probe<{ value: (value: unknown) => void }>()
    const values = [
      new Map([['a', new Set([1])]]),
      new Date(5),
      new Uint8Array([1, 2]),
      { ref: probe.ref, gone: undefined },
      [1n, [null]],
    ]
    for (const value of values) probe.tell(probe.ref, 'value', value)
    for (const value of values)
      await probe.expect('value', (value as { ref?: unknown }).ref ? { ref: probe.ref } : value)
    const others: [sent: unknown, expected: unknown][] = [
      [new Map([['a', 1]]), new Map([['a', 2]])],
      [new Date(5), new Date(6)],
      [{ a: 1, b: 2 }, { a: 1 }],
      [[1], { 0: 1 }],
      [new RangeError('a'), new TypeError('a')],
      [undefined, null],
    ]
    for (const [sent, expected] of others) {
      probe.tell(probe.ref, 'value', sent)
      await expect(probe.expect('value', expected)).rejects.toThrow('expected value')
    }
    await kit.stop()
  })
})
