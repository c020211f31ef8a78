/** Seeds as they are given on a command line. */
import { ConfigurationError } from '@troupe/core'

/** The most seeds that one command goes through. */
const seedsMax = 10_000_000

/** `N`: 1 to N; `A..B`: both included. Throws a `ConfigurationError` for anything else, none, or more than 10,000,000. */
export function seedsOf(text: string): number[] {
  const match = /^(?:(\d+)\.\.)?(\d+)$/.exec(text)
  if (match === null) throw new ConfigurationError(`seeds must be N or A..B, got '${text}'`, { seeds: text })
  const first = Number(match[1] ?? 1)
  const last = Number(match[2])
  const count = last - first + 1
  if (!Number.isSafeInteger(last) || count < 1 || count > seedsMax) {
    throw new ConfigurationError(
      `seeds must be 1 to ${seedsMax} of them, the first not above the last, got '${text}'`,
      {
        seeds: text,
      },
    )
  }
  return Array.from({ length: count }, (_, index) => first + index)
}
