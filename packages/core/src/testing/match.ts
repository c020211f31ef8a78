/** Whether a message is what a test expects, and how a test's report prints it. */
import { Ref, refKey, sameRef } from '../actor-ref.ts'

const textMax = 500

/**
 * True when `actual` equals `expected` as a value. An object with `asymmetricMatch`, such as Vitest's
 * `expect.objectContaining`, decides itself, at any depth. Properties that are `undefined` count as absent.
 */
export function matches(expected: unknown, actual: unknown): boolean {
  if (Object.is(expected, actual)) return true
  if (typeof expected !== 'object' || expected === null) return false
  if ('asymmetricMatch' in expected && typeof expected.asymmetricMatch === 'function') {
    return expected.asymmetricMatch(actual) === true
  }
  if (typeof actual !== 'object' || actual === null) return false
  if (expected instanceof Ref) return actual instanceof Ref && sameRef(expected, actual)
  if (Object.getPrototypeOf(expected) !== Object.getPrototypeOf(actual)) return false
  if (expected instanceof Date) return expected.getTime() === (actual as Date).getTime()
  if (expected instanceof Error) return matches(errorFacts(expected), errorFacts(actual as Error))
  if (expected instanceof Map) return matches([...expected], [...(actual as typeof expected)])
  if (expected instanceof Set) return matches([...expected], [...(actual as typeof expected)])
  return matchesProperties(expected as Properties, actual as Properties)
}

type Properties = Readonly<Record<string, unknown>>

function matchesProperties(expected: Properties, actual: Properties): boolean {
  const keysOf = (value: Properties) => Object.keys(value).filter((key) => value[key] !== undefined)
  const keys = keysOf(expected)
  return (
    keys.length === keysOf(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && matches(expected[key], actual[key]))
  )
}

function errorFacts({ name, message }: Error): object {
  return { name, message }
}

/** A value for people, cut to a length that fits a report. */
export function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner) => showInner(inner)) ?? String(value)
  return text.length > textMax ? `${text.slice(0, textMax)}...` : text
}

function showInner(value: unknown): unknown {
  if (value instanceof Ref) return `ref ${refKey(value)}`
  if (value instanceof Map) return { Map: [...value] }
  if (value instanceof Set) return { Set: [...value] }
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return '(a function)'
  if (typeof value === 'object' && value !== null && 'asymmetricMatch' in value) return `(${String(value)})`
  return value
}
