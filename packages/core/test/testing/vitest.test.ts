/** The fixture gives each test a kit of its own and minds what went wrong. */
import { expect, type TestContext, test as vitestTest } from 'vitest'
import { defineActor, defineService } from '../../src/index.ts'
import { createTestKit } from '../../src/testing/index.ts'
import { test } from '../../src/testing/vitest.ts'

const Adder = defineActor({
  name: 'Adder',
  init: () => ({ sum: 0 }),
  on: {
    add(state, by: number) {
      state.sum += by
      return state.sum
    },
    fail() {
      throw new Error('on purpose')
    },
  },
})

test('adds', async ({ kit }) => {
  const adder = await kit.spawn(Adder, undefined)
  expect(await adder.ask('add', 2)).toBe(2)
})

test('a failure that is taken does not fail the test', async ({ kit }) => {
  const adder = await kit.spawn(Adder, undefined)
  adder.tell('fail')
  expect(await kit.takeFailures()).toMatchObject([{ message: 'fail' }])
  expect(kit.now()).toBe(0)
})

const failing = test.extend('expectsFailure', async ({ kit }) => {
  const adder = await kit.spawn(Adder, undefined)
  adder.tell('fail')
  return kit
})

failing.fails('a failure that is not taken fails the test', async ({ expectsFailure }) => {
  await expectsFailure.idle()
  expect(expectsFailure.failures).toHaveLength(1)
})

const Greeter = defineService<{ greet(name: string): string }>('greeter')
const Host = defineActor({
  name: 'Host',
  uses: [Greeter],
  init: () => ({}),
  on: { welcome: (_state, name: string, ctx) => ctx.use(Greeter).greet(name) },
})
const withGreeter = test.extend({ kitOptions: { services: { greeter: { greet: (name: string) => `hello ${name}` } } } })

withGreeter('a kit is given twins', async ({ kit }) => {
  const host = await kit.spawn(Host, undefined)
  expect(await host.ask('welcome', 'ada')).toBe('hello ada')
})

test('a kit without them refuses who needs them', async ({ kit }) => {
  await expect(kit.spawn(Host, undefined)).rejects.toMatchObject({ code: 'ERR_TROUPE_SERVICE_MISSING' })
})

vitestTest('a kit can be disposed of', async (_context: TestContext) => {
  await using kit = createTestKit({ seed: 3 })
  const adder = await kit.spawn(Adder, undefined)
  expect(await adder.ask('add', 1)).toBe(1)
})
