/** The given machines: what they do not know they refuse, and it changes nothing. */
import { cloneValue } from '@troupe/core/host'
import { describe, expect, test } from 'vitest'
import { configurationMachine, counterMachine, keyValueMachine, lockMachine } from '../../src/index.ts'
import type { AnyMachine } from '../../src/log/state-machine.ts'

interface Given {
  readonly machine: AnyMachine
  /** Taken, in order, and what they give. */
  readonly taken: readonly (readonly [command: unknown, result: unknown])[]
  readonly refused: readonly (readonly [command: unknown, message: string])[]
  readonly answers: readonly (readonly [query: unknown, answer: unknown])[]
  readonly unanswered: readonly (readonly [query: unknown, message: string])[]
}

const notObjects = (what: string, values: readonly unknown[] = [undefined, null, 5, 'x']) =>
  values.map((value) => [value, `${what} is an object, got`] as const)

const machines: Record<string, Given> = {
  Counter: {
    machine: counterMachine,
    taken: [
      [{ op: 'add', by: 5 }, 5n],
      [{ op: 'add', by: -(2n ** 70n) }, 5n - 2n ** 70n],
    ],
    refused: [
      ...notObjects('a command'),
      [{ op: 'sub', by: 1 }, "there is no op 'sub'; there are add"],
      [{ by: 1 }, 'there is no op undefined; there are add'],
      [{ op: 'add', by: 1.5 }, 'by must be a bigint or a whole number, got 1.5'],
      [{ op: 'add', by: Number.NaN }, 'got NaN'],
      [{ op: 'add', by: '12' }, "got '12'"],
      [{ op: 'add', by: true }, 'got true'],
      [{ op: 'add', by: [] }, 'got []'],
      [{ op: 'add' }, 'got undefined'],
    ],
    answers: [['value', 5n - 2n ** 70n]],
    unanswered: [
      ['nonsense', "the only query is 'value', got 'nonsense'"],
      [undefined, 'got undefined'],
    ],
  },
  LockService: {
    machine: lockMachine,
    taken: [
      [{ op: 'acquire', lock: 'l', owner: 'x' }, 1],
      [{ op: 'acquire', lock: 'l', owner: 'x' }, 1],
      [{ op: 'acquire', lock: 'l', owner: 'y' }, undefined],
      [{ op: 'release', lock: 'l', owner: 'y', token: 1 }, false],
      [{ op: 'release', lock: 'l', owner: 'x', token: 1 }, true],
      [{ op: 'acquire', lock: 'l', owner: 'y' }, 2],
    ],
    refused: [
      ...notObjects('a command'),
      [{ op: 'nonsense', lock: 'l', token: 2 }, "there is no op 'nonsense'; there are acquire, release, expire"],
      [{ op: 'expires', lock: 'l', token: 2 }, "did you mean 'expire'?"],
      [{ op: 'acquire', owner: 'x' }, 'lock must be a text, got undefined'],
      [{ op: 'acquire', lock: 'm' }, 'owner must be a text, got undefined'],
      [{ op: 'acquire', lock: 'm', owner: Number.NaN }, 'owner must be a text, got NaN'],
      [{ op: 'release', lock: 'l', owner: 'y' }, 'token must be a whole number from 0, got undefined'],
      [{ op: 'expire', lock: 'free' }, 'token must be a whole number from 0, got undefined'],
    ],
    answers: [
      [{ lock: 'l' }, { owner: 'y', token: 2 }],
      [{ lock: 'm' }, undefined],
    ],
    unanswered: [...notObjects('a query'), [{}, 'lock must be a text, got undefined']],
  },
  ConfigurationStore: {
    machine: configurationMachine,
    taken: [
      [
        { op: 'set', key: 'a', expected: 0, value: 1 },
        { taken: true, epoch: 1, value: 1 },
      ],
      [
        { op: 'set', key: 'a', expected: 0, value: 2 },
        { taken: false, epoch: 1, value: 1 },
      ],
      [
        { op: 'set', key: 'a', expected: 1, value: undefined },
        { taken: true, epoch: 2, value: undefined },
      ],
    ],
    refused: [
      ...notObjects('a command'),
      [{ op: 'delete', key: 'a', expected: 2 }, "there is no op 'delete'; there are set"],
      [{ op: 'set', expected: 0, value: 2 }, 'key must be a text, got undefined'],
      [{ op: 'set', key: 5, expected: 0, value: 2 }, 'key must be a text, got 5'],
      [{ op: 'set', key: 'b', value: 2 }, 'expected must be a whole number from 0, got undefined'],
      [{ op: 'set', key: 'a', expected: '2', value: 2 }, "got '2'"],
      [{ op: 'set', key: 'a', expected: 2 }, 'value is missing'],
    ],
    answers: [
      [{ key: 'a' }, { epoch: 2, value: undefined }],
      [{ key: 'b' }, { epoch: 0, value: undefined }],
      [{ prefix: '' }, [['a', { epoch: 2, value: undefined }]]],
    ],
    unanswered: [
      ...notObjects('a query'),
      [{}, 'prefix must be a text, got undefined'],
      [{ key: 5 }, 'key must be a text, got 5'],
      [{ key: 'a', prefix: '' }, 'a key or a prefix, not both'],
    ],
  },
  KeyValueStore: {
    machine: keyValueMachine,
    taken: [
      [{ op: 'put', key: 'a', value: 1 }, undefined],
      [{ op: 'get', key: 'a' }, 1],
      [{ op: 'append', key: 'b', value: 'xy' }, 2],
      [{ op: 'compareAndSet', key: 'c', expected: undefined, value: 3 }, true],
      [{ op: 'compareAndSet', key: 'c', expected: null, value: 4 }, false],
      [{ op: 'put', key: 'u', value: undefined }, undefined],
      [{ op: 'delete', key: 'a' }, 1],
    ],
    refused: [
      ...notObjects('a command'),
      [{ op: 'PUT', key: 'a', value: 1 }, "there is no op 'PUT'; did you mean 'put'?"],
      [{ key: 'a', value: 1 }, 'there is no op undefined'],
      [{ op: 'put', value: 1 }, 'key must be a text, got undefined'],
      [{ op: 'get', key: 5 }, 'key must be a text, got 5'],
      [{ op: 'put', key: 'a' }, 'value is missing; give undefined where that is meant'],
      [{ op: 'append', key: 'a' }, 'value must be a text, got undefined'],
      [{ op: 'append', key: 'a', value: 5 }, 'value must be a text, got 5'],
      [{ op: 'append', key: 'c', value: 'x' }, 'c is not a string'],
      [{ op: 'compareAndSet', key: 'a', expectd: 1, value: 2 }, 'expected is missing'],
      [{ op: 'compareAndSet', key: 'a', expected: undefined }, 'value is missing'],
      [{ op: 'compareAndSet', key: 'a', expected: { a: 1 }, value: 2 }, 'compares strings, numbers, booleans and null'],
    ],
    answers: [
      [{ key: 'b' }, 'xy'],
      [{ key: 'a' }, undefined],
    ],
    unanswered: [...notObjects('a query'), [{}, 'key must be a text, got undefined']],
  },
}

describe.each(Object.entries(machines))('%s', (_name, { machine, taken, refused, answers, unanswered }) => {
  const filled = () => {
    const state = machine.initial()
    for (const [command, result] of taken) expect(machine.apply(state, command)).toEqual(result)
    return state
  }

  test('carries out what it knows, and answers', () => {
    const state = filled()
    for (const [query, answer] of answers) expect(machine.query?.(state, query)).toEqual(answer)
  })

  test('refuses what it does not know, and changes nothing', () => {
    const state = filled()
    const before = cloneValue(state)
    for (const [command, message] of refused) {
      expect(() => machine.apply(state, command), message).toThrow(message)
      expect(state, message).toEqual(before)
    }
    for (const [query, message] of unanswered) expect(() => machine.query?.(state, query), message).toThrow(message)
    expect(state).toEqual(before)
  })
})
