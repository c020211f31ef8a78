/** Linearizability and sequential consistency by example, the recorder, and what a refuted history shows. */
import {
  checkLinearizable,
  checkSequentiallyConsistent,
  formatOrderCounterexample,
  HistoryError,
  HistoryRecorder,
  keyValueModel,
  lockModel,
  minimizeHistory,
  type ObjectModel,
  type Operation,
  queueModel,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
  setModel,
  unknownOutput,
} from '@troupe/checker'
import { ConfigurationError } from '@troupe/core'
import { describe, expect, test } from 'vitest'

type RegisterHistory = Operation<RegisterInput<number>, RegisterOutput<number>>[]
const register = registerModel<number>(0)
const put = (process: number, value: number, calledAt: number, returnedAt?: number) => ({
  process,
  input: { name: 'write' as const, value },
  calledAt,
  returnedAt,
})
const get = (process: number, output: number, calledAt: number, returnedAt?: number) => ({
  process,
  input: { name: 'read' as const },
  output,
  calledAt,
  returnedAt,
})

describe('a register', () => {
  // The examples of Porcupine's tests, which are those of a quiz of MIT's 6.824.
  test('a read inside a write may see either value, until another saw the new one', () => {
    expect(checkLinearizable(register, [put(0, 100, 0, 100), get(1, 100, 25, 75), get(2, 0, 30, 60)]).verdict).toBe(
      true,
    )
    expect(checkLinearizable(register, [put(0, 200, 0, 100), get(1, 200, 10, 30), get(2, 0, 40, 90)]).verdict).toBe(
      false,
    )
  })

  test('operations that take no time, and times that are equal', () => {
    const good = [put(0, 100, 0, 100), get(1, 100, 25, 75), get(2, 0, 30, 30), get(3, 0, 30, 30)]
    expect(checkLinearizable(register, good).verdict).toBe(true)
    const bad = [put(0, 200, 0, 100), get(1, 200, 10, 10), get(2, 200, 10, 10), get(3, 0, 40, 90)]
    expect(checkLinearizable(register, bad).verdict).toBe(false)
    expect(checkLinearizable(register, [put(0, 1, 0, 5), get(1, 0, 5, 6)]).verdict).toBe(true)
    expect(checkLinearizable(register, [put(0, 1, 0, 5), get(1, 0, 6, 7)]).verdict).toBe(false)
  })

  test('a stale read is sequentially consistent, going back is not', () => {
    const stale: RegisterHistory = [put(0, 1, 0, 1), get(1, 0, 2, 3), get(1, 1, 4, 5)]
    expect(checkLinearizable(register, stale).verdict).toBe(false)
    expect(checkSequentiallyConsistent(register, stale).verdict).toBe(true)
    const back: RegisterHistory = [put(0, 1, 0, 1), get(1, 1, 2, 3), get(1, 0, 4, 5)]
    const { verdict, counterexample } = checkSequentiallyConsistent(register, back)
    expect(verdict).toBe(false)
    expect(formatOrderCounterexample(register, counterexample!)).toBe(`not sequentially consistent: register
the longest order explains 2 of 3 operations:
  process 0: write 1  [0, 1]  then 1
  process 1: read 1   [2, 3]  then 1
here none of these can come next, in state 1:
  process 1: read 0   [4, 5]`)
  })

  test('sequential consistency does not follow from that of each key', () => {
    const on = (process: number, name: 'put' | 'get', key: string, value: string, at: number) => ({
      process,
      input: name === 'put' ? { name, key, value } : { name, key },
      output: value,
      calledAt: at,
      returnedAt: at,
    })
    const history = [
      on(0, 'put', 'x', '1', 0),
      on(0, 'get', 'y', '', 1),
      on(1, 'put', 'y', '1', 2),
      on(1, 'get', 'x', '', 3),
    ]
    for (const key of ['x', 'y']) {
      const part = history.filter(({ input }) => input.key === key)
      expect(checkSequentiallyConsistent(keyValueModel, part).verdict).toBe(true)
    }
    expect(checkSequentiallyConsistent(keyValueModel, history).verdict).toBe(false)
  })
})

test('one key refutes the history while another would take all the steps', () => {
  // Appends that overlap and were never read have more orders than the budget.
  const open = Array.from({ length: 12 }, (_, index) => ({
    process: index,
    input: { name: 'append' as const, key: 'a', value: `${index}` },
    output: undefined,
    calledAt: index,
    returnedAt: 100,
  }))
  const reads = [1, 2].map((at) => ({
    process: 50 + at,
    input: { name: 'get' as const, key: 'a' },
    output: 'never',
    calledAt: 200 + at,
    returnedAt: 200 + at,
  }))
  const other = { process: 99, input: { name: 'get' as const, key: 'b' }, output: 'x', calledAt: 300, returnedAt: 301 }
  const stepsMax = 10_000
  expect(checkLinearizable(keyValueModel, [...open, ...reads], { stepsMax }).verdict).toBe('unknown')
  const { verdict, counterexample, steps } = checkLinearizable(keyValueModel, [...open, ...reads, other], { stepsMax })
  expect([verdict, counterexample?.partition]).toEqual([false, 'b'])
  expect(steps).toBeLessThan(stepsMax)
})

test('queue, set and lock', () => {
  const at = <Input, Output>(
    process: number,
    input: Input,
    output: Output,
    calledAt: number,
    returnedAt = calledAt,
  ) => ({
    process,
    input,
    output,
    calledAt,
    returnedAt,
  })
  const queue = queueModel<number>()
  const enqueues = [1, 2].map((item) => at(0, { name: 'enqueue' as const, item }, undefined, item))
  const dequeues = (...items: (number | null)[]) =>
    items.map((item, index) => at(1, { name: 'dequeue' as const }, item, 10 + index))
  expect(checkLinearizable(queue, [...enqueues, ...dequeues(1, 2, null)]).verdict).toBe(true)
  expect(checkLinearizable(queue, [...enqueues, ...dequeues(2, 1)]).verdict).toBe(false)
  expect(checkLinearizable(queue, [...enqueues, ...dequeues(1, 1)]).verdict).toBe(false)

  // As in Porcupine's test of Knossos' set.
  const set = setModel<number>()
  const adds = [100, 110].map((item, process) => at(process, { name: 'add' as const, item }, undefined, 0, 9))
  for (const [items, verdict] of [
    [[100], true],
    [[110, 100], true],
    [[], true],
    [[100, 100, 110], false],
    [[7], false],
  ] as const) {
    expect(checkLinearizable(set, [...adds, at(2, { name: 'read' as const }, items, 1, 5)]).verdict).toBe(verdict)
  }

  const lock = (name: 'acquire' | 'release', owner: string, from: number, to: number) =>
    at(0, { name, owner }, undefined, from, to)
  const handed = [lock('acquire', 'ann', 0, 1), lock('acquire', 'bob', 2, 9), lock('release', 'ann', 3, 4)]
  expect(checkLinearizable(lockModel, handed).verdict).toBe(true)
  expect(checkLinearizable(lockModel, [lock('acquire', 'ann', 0, 1), lock('acquire', 'bob', 2, 3)]).verdict).toBe(false)
})

test('a model of one’s own, over operations that a recorder saw', async () => {
  const counter: ObjectModel<number, 'increment' | 'read', number> = {
    name: 'counter',
    init: () => 0,
    step(state, input, output) {
      const after = input === 'increment' ? state + 1 : state
      return output === unknownOutput || output === after ? [after] : []
    },
  }
  const recorder = new HistoryRecorder<'increment' | 'read', number>()
  let value = 0
  const [ann, bob] = [recorder.invoke('ann', 'increment'), recorder.invoke('bob', 'increment')]
  recorder.return(bob, ++value)
  recorder.return(ann, ++value)
  await recorder.record('ann', 'increment', async () => ++value)
  const lost = recorder.record('bob', 'increment', () => Promise.reject(new Error('timeout')))
  await expect(lost).rejects.toThrow('timeout')
  recorder.fail(recorder.invoke('bob', 'increment'))
  const history = recorder.operations()
  expect(history.map(({ output }) => output)).toEqual([2, 1, 3, undefined])
  expect(checkLinearizable(counter, history).verdict).toBe(true)
  await recorder.record('eve', 'read', async () => 5)
  const { verdict, counterexample } = checkLinearizable(counter, recorder.operations())
  expect(verdict).toBe(false)
  expect(formatOrderCounterexample(counter, counterexample!)).toContain('process eve: "read" = 5')
})

test('a recorder refuses what is no history', () => {
  const recorder = new HistoryRecorder<string, string>({ operationsMax: 2 })
  const id = recorder.invoke('ann', 'x')
  expect(() => recorder.invoke('ann', 'y')).toThrow(/before its last operation ended/)
  recorder.return(id, 'done')
  expect(() => recorder.return(id, 'again')).toThrow(HistoryError)
  recorder.abandon(recorder.invoke('ann', 'y'))
  expect(() => recorder.invoke('ann', 'z')).toThrow(/operationsMax/)
  let time = 5
  const backwards = new HistoryRecorder<string, string>({ now: () => time-- })
  const late = backwards.invoke('ann', 'x')
  expect(() => backwards.return(late, 'y')).toThrow(/clock went from 5 to 4/)
})

test('times and budgets that make no sense are refused, and so is a model that contradicts itself', () => {
  expect(() => checkLinearizable(register, [get(0, 0, 5, 4)])).toThrow(HistoryError)
  expect(() => checkLinearizable(register, [get(0, 0, Number.NaN, 4)])).toThrow(HistoryError)
  expect(() => checkLinearizable(register, [], { stepsMax: 0 })).toThrow(ConfigurationError)
  expect(() => checkLinearizable(register, [], { stepMax: 5 } as any)).toThrow("did you mean 'stepsMax'?")
  const lying = { ...register, readOnly: () => true }
  expect(() => checkLinearizable(lying, [put(0, 1, 0, 1)])).toThrow(/read-only/)
})

test('what is no history is refused', () => {
  for (const history of [undefined, null, {}])
    expect(() => checkLinearizable(register, history as never)).toThrow('a history is a list of operations')
  const refused = () => checkSequentiallyConsistent(register, [get(0, 0, 0, 1), null as never])
  expect(refused).toThrow(HistoryError)
  expect(refused).toThrow('operation 1 is no operation, got null')
})

test.each([true, false])('a step that changes the state it is given is refused (given back: %s)', (givenBack) => {
  const model: ObjectModel<{ sum: number }, number, number> = {
    name: 'sum',
    init: () => ({ sum: 0 }),
    step(state, input, output) {
      state.sum += input
      if (output === unknownOutput || output === state.sum) return [givenBack ? state : { ...state }]
      return []
    },
  }
  const added = (process: number, output: number) => ({ process, input: 1, output, calledAt: 0, returnedAt: 5 })
  for (const check of [checkLinearizable, checkSequentiallyConsistent]) {
    const refused = () => check(model, [added(1, 2), added(2, 1)])
    expect(refused).toThrow(ConfigurationError)
    expect(refused).toThrow('step of the model sum changes the state that it is given')
  }
  const pure = {
    ...model,
    step: (state: { sum: number }, ...rest: [number, number]) => model.step({ ...state }, ...rest),
  }
  expect(checkLinearizable(pure as typeof model, [added(1, 2), added(2, 1)]).verdict).toBe(true)
})

test('a minimized history still refutes, and holds what contradicts each other', () => {
  const noise = Array.from({ length: 20 }, (_, index) => get(5 + index, 0, index, index + 0.5))
  const history: RegisterHistory = [
    ...noise,
    put(0, 1, 20, 21),
    put(1, 2, 22, 23),
    get(2, 2, 24, 25),
    get(3, 1, 26, 27),
    put(0, 3, 30, 31),
  ]
  const minimized = minimizeHistory(register, history)
  expect(minimized).toEqual([put(0, 1, 20, 21), put(1, 2, 22, 23), get(3, 1, 26, 27)])
  expect(checkLinearizable(register, minimized).verdict).toBe(false)
  const fine = history.slice(0, 20)
  expect(minimizeHistory(register, fine)).toBe(fine)
})
