/** What is no model is refused, by the name of the member that is wrong and what it has to return. */
import {
  checkLinearizable,
  checkSequentiallyConsistent,
  formatOrderCounterexample,
  historyReport,
  minimizeHistory,
  type ObjectModel,
  unknownOutput,
} from '@troupe/checker'
import { ConfigurationError } from '@troupe/core'
import { expect, test } from 'vitest'

const counter: ObjectModel<number, 'increment' | 'read', number> = {
  name: 'counter',
  init: () => 0,
  step(state, input, output) {
    const after = input === 'increment' ? state + 1 : state
    return output === unknownOutput || output === after ? [after] : []
  },
}
const history = [
  { process: 'ann', input: 'increment' as const, output: 1, calledAt: 0, returnedAt: 1 },
  { process: 'ann', input: 'read' as const, output: 5, calledAt: 2, returnedAt: 3 },
]
const checks = { checkLinearizable, checkSequentiallyConsistent, minimizeHistory }

/** The error of a check of a counter with these members. */
function refusal(check: (model: any, operations: any) => unknown, members: object): ConfigurationError {
  try {
    check({ ...counter, ...members }, history)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error as ConfigurationError
  }
  throw new Error('the model was taken')
}

test.each(Object.entries(checks))('%s refuses members that return what they must not', (_name, check) => {
  const step = /^step of the model counter must return an array of the states .*, an empty one for none, got /
  expect(refusal(check, { *step() {} }).message).toMatch(step)
  expect(refusal(check, { step: async () => [1] }).message).toMatch(step)
  expect(refusal(check, { step: () => Promise.reject(new Error('unheard')) }).message).toMatch(step)
  expect(refusal(check, { step: () => [Promise.resolve(1)] }).message).toMatch(step)
  expect(refusal(check, { step: () => 1 }).message).toMatch(step)
  expect(refusal(check, { step: () => undefined }).message).toMatch(step)
  expect(refusal(check, { init: async () => 0 }).message).toMatch(/^init of the model counter must return a state/)
  expect(refusal(check, { partition: async () => 'a' }).message).toMatch(/^partition of .* must return a string/)
  expect(refusal(check, { readOnly: async () => true }).message).toMatch(/^readOnly of .* must return true or false/)
  expect(refusal(check, { key: () => 1 }).message).toMatch(/^key of the model counter must return a string, got 1/)
})

test.each(Object.entries(checks))('%s refuses members that are missing or no functions', (name, check) => {
  const { message } = refusal(check, { step: undefined })
  expect(message).toMatch(/step of the model counter must be a function that returns an array .*, got undefined/)
  expect(message).toMatch(new RegExp(`^${name}: `))
  expect(refusal(check, { init: 0 }).message).toMatch(/init of the model counter must be a function that returns a st/)
  expect(refusal(check, { partition: 'key' }).message).toMatch(/partition of the model counter must be a function/)
  expect(refusal(check, { name: undefined }).message).toMatch(/name of the model must be a string/)
  expect(() => check({} as any, [])).toThrow(ConfigurationError)
  expect(() => check(undefined as any, [])).toThrow(/the model must be an object with init and step, got undefined/)
})

test('texts refuse what is no model, too', () => {
  const { counterexample } = checkLinearizable(counter, history)
  expect(() => formatOrderCounterexample({ ...counter, describe: async () => 'x' } as any, counterexample!)).toThrow(
    /describe of the model counter must return a string/,
  )
  expect(() => formatOrderCounterexample({} as any, counterexample!)).toThrow(/^formatOrderCounterexample: /)
  expect(() => historyReport({} as any, counterexample!)).toThrow(/^historyReport: /)
})

test('an operation that never returned reaches step as unknownOutput', () => {
  const outputs: unknown[] = []
  const watched: typeof counter = {
    ...counter,
    step(state, input, output) {
      outputs.push(output)
      return counter.step(state, input, output)
    },
  }
  const unanswered = { process: 'bob', input: 'increment' as const, calledAt: 0 }
  const seen = { process: 'ann', input: 'read' as const, output: 1, calledAt: 2, returnedAt: 3 }
  expect(checkLinearizable(watched, [unanswered, seen]).verdict).toBe(true)
  expect(outputs).toContain(unknownOutput)
})
