/** The options of a replicated log: their defaults, and what of them could not work. */
import { ConfigurationError } from '@troupe/core'
import { refuseUnknownOptions, shownValue } from '@troupe/core/host'
import type { LogOptions } from './replica-state.ts'

const defaults: LogOptions = {
  electionTimeoutMs: 500,
  batchMax: 512,
  inFlightMax: 8_192,
  waitingMax: 16_384,
  keepEntries: 1_024,
  commandBytesMax: 1024 ** 2,
  chunkBytes: 65_536,
  sessionsMax: 1_024,
  leaseMs: 0,
  clockDriftMax: 0.02,
}

const known = Object.fromEntries(Object.keys(defaults).map((name) => [name, true as const]))

/** All options of a log. Throws a `ConfigurationError` that names the first that nobody knows or that could not work. */
export function logOptions(log: string, given: Partial<LogOptions> = {}): LogOptions {
  refuseUnknownOptions(`replicated log ${log}`, given, known)
  const options = { ...defaults, ...given }
  const check = (holds: boolean, name: keyof LogOptions, what: string) => {
    if (!holds)
      throw new ConfigurationError(`replicated log ${log}: ${name} must be ${what}, got ${shownValue(options[name])}`, {
        log,
        name,
      })
  }
  const { electionTimeoutMs, clockDriftMax } = options
  check(typeof electionTimeoutMs === 'number' && electionTimeoutMs > 0, 'electionTimeoutMs', 'a number above 0')
  for (const name of ['batchMax', 'inFlightMax', 'waitingMax', 'sessionsMax'] as const)
    check(Number.isInteger(options[name]) && options[name] >= 1, name, 'a whole number from 1')
  // Far below what a journal stores as one record.
  const mebibytes16 = 16 * 1024 ** 2
  for (const name of ['commandBytesMax', 'chunkBytes'] as const) {
    const isSize = Number.isInteger(options[name]) && options[name] >= 1
    check(isSize && options[name] <= mebibytes16, name, `a whole number from 1 to ${mebibytes16}`)
  }
  check(Number.isInteger(options.keepEntries) && options.keepEntries >= 0, 'keepEntries', 'a whole number from 0')
  check(Number.isFinite(options.leaseMs) && options.leaseMs >= 0, 'leaseMs', 'a number of milliseconds from 0')
  check(
    Number.isFinite(clockDriftMax) && clockDriftMax >= 0 && clockDriftMax < 1,
    'clockDriftMax',
    'a share from 0 and below 1',
  )
  return options
}
