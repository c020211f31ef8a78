/** What a definition and the options of a spawn must be; each refusal names the part. */
import { describe, expect, test } from 'vitest'
import { compiled, isDefinition } from '../src/actor-definition.ts'
import { ConfigurationError, defineActor } from '../src/index.ts'
import { type SpawnOptions, validateSpawnOptions } from '../src/spawn-options.ts'
import { supervisionOf } from '../src/supervision.ts'

const define = (spec: unknown) => (defineActor as (spec: unknown) => unknown)(spec)
const good = { name: 'A', init: () => ({}), on: {} }

describe('defineActor', () => {
  test('gives the same in both forms', () => {
    const inferred = compiled(define({ ...good, module: 'file:///a.ts' }))
    const explicit = compiled((defineActor as any)()({ ...good, module: 'file:///a.ts' }))
    for (const definition of [inferred, explicit]) {
      expect(definition).toMatchObject({ name: 'A', module: 'file:///a.ts', snapshotEvery: 1_000 })
      expect(Object.isFrozen(definition)).toBe(true)
      expect(isDefinition(definition)).toBe(true)
    }
  })

  test.each([
    [null, /needs an object/],
    ['A', /needs an object/],
    [{ ...good, name: undefined }, /name/],
    [{ ...good, name: '' }, /name/],
    [{ ...good, name: 'a/b' }, /name/],
    [{ ...good, name: 'a'.repeat(101) }, /name/],
    [{ ...good, init: undefined }, /init must be a function/],
    [{ ...good, init: {} }, /init must be a function/],
    [{ ...good, on: undefined }, /on must be an object/],
    [{ ...good, on: { read: 1 } }, /on\.read must be a function/],
    [{ ...good, events: { added: 'x' } }, /events\.added must be a function/],
    [{ ...good, module: './a.ts' }, /module must be a URL, import\.meta\.url .*got '\.\/a\.ts'/],
    [{ ...good, started: 1 }, /started must be a function/],
    [{ ...good, stopped: 1 }, /stopped must be a function/],
    [{ ...good, terminated: null }, /terminated must be a function/],
    [{ ...good, snapshot: 1 }, /snapshot must be a function/],
    [{ ...good, restore: 1 }, /restore must be a function/],
    [{ ...good, snapshotEvery: 0 }, /snapshotEvery/],
    [{ ...good, snapshotEvery: 1.5 }, /snapshotEvery/],
  ])('refuses a malformed part (%#)', (spec, message) => {
    expect(() => define(spec)).toThrow(ConfigurationError)
    expect(() => define(spec)).toThrow(message)
  })

  test('messages and events may be called like what every object has', () => {
    const definition = compiled(
      define({ ...good, on: { constructor: () => 1, toString: () => 2, hasOwnProperty: () => 3 } }),
    )
    expect([...definition.handlers.keys()]).toEqual(['constructor', 'toString', 'hasOwnProperty'])
    expect(compiled(define(good)).handlers.get('constructor')).toBeUndefined()
  })

  test('what is no definition is refused with what it is', () => {
    expect(() => compiled({})).toThrow(/defineActor.*got object/)
    expect(() => compiled(null)).toThrow(/got null/)
    expect(() => compiled(() => {})).toThrow(/got function/)
  })
})

describe('spawn options', () => {
  const refused: [SpawnOptions, RegExp][] = [
    [{ name: '' }, /name/],
    [{ name: 'a b' }, /name/],
    [{ name: 'a/b' }, /name/],
    [{ durableId: '' }, /durableId/],
    [{ name: '@guardian' }, /not begin with @/],
    [{ mailbox: { capacity: 0 } }, /mailbox\.capacity/],
    [{ mailbox: { capacity: 1.5 } }, /mailbox\.capacity/],
    [{ mailbox: { capacity: Number.NaN } }, /mailbox\.capacity/],
    [{ mailbox: { overflow: 'drop-all' as never } }, /mailbox\.overflow/],
    [{ supervise: { strategy: 'one-for-some' as never } }, /supervise\.strategy/],
    [{ supervise: { onFailure: { RangeError: 'explode' as never } } }, /supervise\.onFailure\.RangeError/],
    [{ supervise: { onFailure: ['stop'] as never } }, /plain object/],
    [
      {
        supervise: { onFailure: Object.fromEntries(Array.from({ length: 101 }, (_, kind) => [kind, 'stop'])) as never },
      },
      /100/,
    ],
    [{ supervise: { rollback: 'yes' as never } }, /supervise\.rollback/],
    [{ supervise: 'restart' as never }, /supervise must be an object/],
    [{ mailbox: 5 as never }, /mailbox must be an object/],
    [{ supervise: { onFailure: 'explode' as never } }, /supervise\.onFailure/],
    [{ supervise: { maxRestarts: -1 } }, /supervise\.maxRestarts/],
    [{ supervise: { maxRestarts: 0.5 } }, /supervise\.maxRestarts/],
    [{ supervise: { withinMs: 0 } }, /supervise\.withinMs/],
    [{ supervise: { backoff: { minMs: 2, maxMs: 1 } } }, /supervise\.backoff/],
    [{ supervise: { backoff: { minMs: -1, maxMs: 1 } } }, /supervise\.backoff/],
  ]
  test.each(refused)('a malformed one is refused by name (%#)', (options, message) => {
    expect(() => validateSpawnOptions('A', options)).toThrow(ConfigurationError)
    expect(() => validateSpawnOptions('A', options)).toThrow(message)
    expect(() => validateSpawnOptions('A', options)).toThrow(/spawn of A/)
  })

  test('the others are taken', () => {
    const taken: SpawnOptions[] = [
      {},
      { name: 'a-b_c.d:e@1', durableId: 'any thing / at all' },
      { mailbox: { capacity: 1, overflow: 'drop-oldest' } },
      { mailbox: { capacity: Number.POSITIVE_INFINITY } },
      { supervise: { maxRestarts: 0, backoff: { minMs: 0, maxMs: 0 } } },
      { supervise: { strategy: 'rest-for-one', onFailure: { RangeError: 'resume', default: 'stop' }, rollback: true } },
    ]
    for (const options of taken) expect(() => validateSpawnOptions('A', options)).not.toThrow()
  })

  test('supervision has its defaults', () => {
    const defaults = {
      strategy: 'one-for-one',
      onFailure: 'restart',
      maxRestarts: 5,
      withinMs: 10_000,
      backoff: undefined,
      rollback: false,
    }
    expect(supervisionOf(undefined)).toEqual(defaults)
    expect(supervisionOf({ onFailure: 'stop' })).toEqual({ ...defaults, onFailure: 'stop' })
    expect(supervisionOf({ maxRestarts: 1 }, { onFailure: 'stop', maxRestarts: 2, rollback: true })).toEqual({
      ...defaults,
      onFailure: 'stop',
      maxRestarts: 1,
      rollback: true,
    })
  })
})
