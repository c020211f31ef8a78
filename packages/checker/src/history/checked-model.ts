/** Models as they are given: their members verified before a check begins, what these return whenever they are called. */
import { ConfigurationError } from '@troupe/core'
import { isThenable, requireOption, shownValue } from '@troupe/core/host'
import type { ObjectModel } from './object-model.ts'

/** What each function of a model returns, as its errors say it. */
const returns = {
  init: { what: 'a state, not a promise', holds: (value: unknown) => !isThenable(value) },
  step: {
    what: 'an array of the states that are possible afterwards, an empty one for none',
    holds: (value: unknown) => Array.isArray(value) && !value.some(isThenable),
  },
  partition: { what: 'a string', holds: isString },
  readOnly: { what: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
  key: { what: 'a string', holds: isString },
  describe: { what: 'a string', holds: isString },
}

type Member = keyof typeof returns

/** Throws a `ConfigurationError` that names the member of `model` that is missing or no function; `where` takes the model. */
export function verifyModel(where: string, model: ObjectModel<any, any, any>): void {
  const isObject = typeof model === 'object' && model !== null
  requireOption(isObject, `${where}: the model`, 'an object with init and step', model)
  requireOption(isString(model.name), `${where}: name of the model`, 'a string', model.name)
  for (const [member, { what }] of Object.entries(returns)) {
    const value = model[member as Member]
    const isOptional = member !== 'init' && member !== 'step'
    if (typeof value === 'function' || (isOptional && value === undefined)) continue
    const needs = `a function that returns ${what}`
    requireOption(false, `${where}: ${member} of the model ${model.name}`, needs, value)
  }
}

/** What `member` of `model` returned. Throws a `ConfigurationError` for anything that it must not return. */
export function answerOf<Value>(model: ObjectModel<any, any, any>, member: Member, value: Value): Value {
  const { what, holds } = returns[member]
  if (holds(value)) return value
  // A promise that is refused here is nobody's to handle.
  for (const part of Array.isArray(value) ? value : [value]) if (isThenable(part)) part.then(undefined, () => {})
  throw new ConfigurationError(`${member} of the model ${model.name} must return ${what}, got ${shownValue(value)}`, {
    model: model.name,
    member,
  })
}

/** A step that has changed the state that it was given: verdicts would be of states that never were. */
export function changedInPlace({ name }: ObjectModel<any, any, any>): ConfigurationError {
  const what = `step of the model ${name} changes the state that it is given; states are values: return a new one, or change a copy`
  return new ConfigurationError(what, { model: name, member: 'step' })
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}
