/** The options of a replicated log: their defaults, and what of them could not work. */
import { ConfigurationError } from '@troupe/core'
import { refuseUnknownOptions, requireOption, shownValue } from '@troupe/core/host'
import type { LogClientArguments } from './log-client.ts'
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
export function logOptions(
  log: string,
  given: { readonly [Name in keyof LogOptions]?: LogOptions[Name] | undefined } = {},
): LogOptions {
  refuseUnknownOptions(`replicated log ${log}`, given, known)
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const options = { ...defaults, ...said } as LogOptions
  const check = (holds: boolean, name: keyof LogOptions, what: string) => {
    if (!holds)
      throw new ConfigurationError(`replicated log ${log}: ${name} must be ${what}, got ${shownValue(options[name])}`, {
        log,
        name,
      })
  }
  const { electionTimeoutMs, clockDriftMax } = options
  check(
    typeof electionTimeoutMs === 'number' && electionTimeoutMs > 0 && isTimer(electionTimeoutMs),
    'electionTimeoutMs',
    'a number above 0 and at most 2^31 - 1, or Infinity',
  )
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

/** What a client may have been given as options, with the defaults. */
type ClientLimits = Required<Pick<LogClientArguments, 'retryMs' | 'inFlightMax' | 'batchMax' | 'commandBytesMax'>>

/** Throws a `ConfigurationError` that names the first limit of a client that could not work. */
export function requireClientLimits(log: string, limits: ClientLimits): void {
  const where = `client of replicated log ${log}`
  requireRetryMs(log, limits.retryMs)
  for (const name of ['inFlightMax', 'batchMax', 'commandBytesMax'] as const) {
    const value = limits[name]
    requireOption(Number.isInteger(value) && value >= 1, `${where}: ${name}`, 'a whole number from 1', value)
  }
}

/** Throws a `ConfigurationError` for what is no interval after which a client of the log could send again. */
export function requireRetryMs(log: string, retryMs: unknown): void {
  const isInterval = typeof retryMs === 'number' && retryMs >= 1 && retryMs <= timerMsMax
  const option = `client of replicated log ${log}: retryMs`
  requireOption(isInterval, option, 'a number of milliseconds from 1 to 2^31 - 1', retryMs)
}

/** The longest time that a timer runs. */
const timerMsMax = 2 ** 31 - 1

function isTimer(milliseconds: number): boolean {
  return milliseconds <= timerMsMax || milliseconds === Number.POSITIVE_INFINITY
}
