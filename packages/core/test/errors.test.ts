/** Errors cross threads as data and come back with class, code, facts and cause. */
import { describe, expect, test } from 'vitest'
import * as errors from '../src/errors.ts'
import { decodeError, encodeError, RemoteError, TroupeError, toError, withoutStack } from '../src/errors.ts'

type ErrorClass = new (message: string, facts?: errors.ErrorFacts, options?: ErrorOptions) => TroupeError
const concrete = (Object.values(errors) as unknown[]).filter(
  (value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof TroupeError,
)
const overWire = (error: unknown) => decodeError(structuredClone(encodeError(error)))

test('every error of Troupe has a code of its own', () => {
  const codes = concrete.map((errorClass) => new errorClass('m').code)
  expect(concrete.length).toBeGreaterThan(13)
  expect(new Set(codes).size).toBe(codes.length)
  for (const code of codes) expect(code).toMatch(/^ERR_TROUPE_[A-Z_]+$/)
})

test.each(concrete.map((errorClass) => [errorClass.name, errorClass] as const))(
  '%s comes back whole',
  (name, errorClass) => {
    const cause = new RangeError('why')
    const back = overWire(new errorClass('what', { actor: '/n/a', list: [1] }, { cause })) as TroupeError
    expect(back).toBeInstanceOf(errorClass)
    expect(back).toMatchObject({ name, message: 'what', facts: { actor: '/n/a', list: [1] } })
    expect(back.code).toBe(new errorClass('').code)
    expect(back.cause).toBeInstanceOf(RangeError)
    expect((back.cause as Error).message).toBe('why')
  },
)

describe('other errors', () => {
  test.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'of the platform keep their class and code (%#)',
    (errorClass) => {
      const original = Object.assign(new errorClass('m'), { code: 'E_CODE' })
      const back = overWire(original)
      expect(back).toBeInstanceOf(errorClass)
      expect(back.name).toBe(errorClass.name)
      expect(back).toMatchObject({ message: 'm', code: 'E_CODE' })
      expect(back.stack).toBe(original.stack)
    },
  )

  test('of an unknown class keep name and code in a RemoteError', () => {
    class PaymentError extends Error {
      override name = 'PaymentError'
      readonly code = 402
    }
    const back = overWire(new PaymentError('declined'))
    expect(back).toBeInstanceOf(RemoteError)
    expect(back).toMatchObject({ name: 'PaymentError', code: '402', message: 'declined' })
    // Sent on, it stays what it is.
    expect(overWire(back)).toMatchObject({ name: 'PaymentError', code: '402' })
  })

  test('without a code have none afterwards', () => {
    expect('code' in overWire(new TypeError('m'))).toBe(false)
  })

  test('that are no errors become one, with their text', () => {
    expect(toError('boom').message).toContain('boom')
    expect(toError(undefined).message).toContain('undefined')
    expect(toError(Object.create(null)).message).toContain('[object Object]')
    const error = new Error('as it is')
    expect(toError(error)).toBe(error)
  })

  test('that are their own cause end somewhere', () => {
    const error = new Error('loop')
    error.cause = error
    let depth = 0
    for (let cause: unknown = overWire(error); cause instanceof Error; cause = cause.cause) depth++
    expect(depth).toBeGreaterThan(1)
    expect(depth).toBeLessThan(20)
  })
})

test('an error whose parts are not what they should be travels as one whose parts are', () => {
  const odd = Object.assign(new Error('m'), {
    name: 7,
    message: Symbol('s'),
    stack: [1],
    code: { a: 1 },
    facts: 'none',
  })
  expect(encodeError(odd)).toEqual({ name: '7', message: 'Symbol(s)', code: '[object Object]' })
})

test('an error that is made without a stack says what it is, and the next one has a stack again', () => {
  const error = withoutStack(() => new RangeError('too far'))
  expect(error.stack).toBe('RangeError: too far')
  expect(() =>
    withoutStack(() => {
      throw new Error('not made')
    }),
  ).toThrow('not made')
  expect(new Error('another').stack).toContain('errors.test.ts')
})
