/**
 * Vitest's `test` with a kit for each test: stopped at its end, which fails when a turn failed or a message found nobody
 * and the test neither took that nor allowed it.
 *
 * ```ts
 * test('adds', async ({ kit }) => {
 *   const adder = await kit.spawn(Adder, undefined)
 *   expect(await adder.ask('add', 2)).toBe(2)
 * })
 * ```
 */
import { test as base, type TestAPI } from 'vitest'
import { createTestKit, type TestKit, type TestKitOptions } from './test-kit.ts'

/** What the tests have. */
interface Fixtures {
  readonly kit: TestKit
  /** Options of the kit: `test.extend({ kitOptions: { services: { http: twin } } })`. Default: none. */
  readonly kitOptions: TestKitOptions
}

/** `test` of Vitest with the fixture `kit`. */
export const test: TestAPI<Fixtures> = base.extend<Fixtures>({
  kitOptions: {},
  kit: async ({ kitOptions }, use) => {
    const kit = createTestKit(kitOptions)
    try {
      await use(kit)
      await kit.check()
    } finally {
      await kit.stop()
    }
  },
})
