/**
 * Dates in simulated code: now is the virtual time of the node, and local time is UTC in the language of the United
 * States, wherever the run takes place. `Intl` and what else speaks a language goes by the same, unless it is told one.
 */
import { type Callable, patch, put } from './guard-patches.ts'
import { currentScope } from './scopes.ts'

const locale = 'en-US'
const timeZone = 'UTC'
/** The end of a text that says its time zone. */
const zone = /(?:z|gmt|utc?|[ecmp][sd]t|[+-]\d\d:?\d\d)\s*(?:\([^)]*\))?\s*$/i

/** Puts virtual dates in the place of `Date`, `performance.now` and the like, until everything is put back. */
export function virtualDates(): void {
  const RealDate = Date
  const now = () => currentScope()?.now()
  patch(RealDate, 'now', (original) => () => now() ?? original.call(RealDate))
  patch(RealDate, 'parse', (original) => (text) => {
    return currentScope() === undefined ? original.call(RealDate, text) : parsed(original, String(text))
  })
  const parse = RealDate.parse
  function VirtualDate(this: unknown, ...parameters: unknown[]): unknown {
    const scope = currentScope()
    const values = scope === undefined ? parameters : [timeOf(parameters, scope.now(), parse)]
    if (new.target === undefined) return new RealDate(scope?.now() ?? RealDate.now()).toString()
    return Reflect.construct(RealDate, values, new.target === (VirtualDate as Callable) ? RealDate : new.target)
  }
  Object.defineProperties(VirtualDate, Object.getOwnPropertyDescriptors(RealDate))
  put(globalThis, 'Date', VirtualDate)
  put(RealDate.prototype, 'constructor', VirtualDate)
  localTimes(RealDate.prototype)
  localDates()
}

/** What `new Date(...)` means: nothing is now, several numbers are UTC, and so is a text that says no time zone. */
function timeOf(parameters: readonly unknown[], now: number, parse: (text: string) => number): unknown {
  if (parameters.length === 0) return now
  if (parameters.length > 1) return Date.UTC(...(parameters as [number, number]))
  const [value] = parameters
  return typeof value === 'string' ? parse(value) : value
}

function parsed(parse: Callable, text: string): number {
  if (zone.test(text)) return parse.call(Date, text)
  const inUtc: number = parse.call(Date, /\dT\d/.test(text) ? `${text}Z` : `${text} UTC`)
  return Number.isNaN(inUtc) ? parse.call(Date, text) : inUtc
}

/** The parts of a date by local time are those by UTC. */
function localTimes(prototype: Date): void {
  const methods = Object.getOwnPropertyNames(prototype)
  for (const key of methods) {
    const utc = key.replace(/^([gs]et)(?!UTC)/, '$1UTC')
    if (utc === key || !methods.includes(utc)) continue
    const inUtc = Reflect.get(prototype, utc) as Callable
    patch(prototype, key, (original) => {
      return function (this: unknown, ...parameters) {
        return (currentScope() === undefined ? original : inUtc).apply(this, parameters)
      }
    })
  }
  patch(prototype, 'getTimezoneOffset', (original) => {
    return function (this: unknown) {
      const offset: number = original.call(this)
      return currentScope() === undefined || Number.isNaN(offset) ? offset : 0
    }
  })
  const written = { toString: textOf, toDateString: dayOf, toTimeString: hourOf }
  for (const [key, text] of Object.entries(written)) {
    patch(prototype, key, (original) => {
      return function (this: unknown) {
        if (currentScope() === undefined) return original.call(this)
        return Number.isNaN((this as Date).getTime()) ? 'Invalid Date' : text(this as Date)
      }
    })
  }
}

function textOf(date: Date): string {
  return `${dayOf(date)} ${hourOf(date)}`
}

function dayOf(date: Date): string {
  const [weekday, day, month, year] = date.toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day} ${year}`
}

function hourOf(date: Date): string {
  return `${date.toUTCString().split(' ')[4]} GMT+0000 (Coordinated Universal Time)`
}

/** Languages and time zones that nobody names are those of every run. */
function localDates(): void {
  for (const key of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) {
    inLanguage(Date.prototype, key, 0, (options) => ({ timeZone, ...(options as object | undefined) }))
  }
  inLanguage(Number.prototype, 'toLocaleString', 0)
  inLanguage(BigInt.prototype, 'toLocaleString', 0)
  inLanguage(String.prototype, 'toLocaleLowerCase', 0)
  inLanguage(String.prototype, 'toLocaleUpperCase', 0)
  inLanguage(String.prototype, 'localeCompare', 1)
  for (const key of Object.getOwnPropertyNames(Intl)) {
    const original: unknown = Reflect.get(Intl, key)
    if (typeof original !== 'function' || !/^[A-Z]/.test(key) || key === 'Locale') continue
    const given = ([locales, options]: readonly unknown[]) => [
      locales ?? locale,
      key === 'DateTimeFormat' ? { timeZone, ...(options as object | undefined) } : options,
    ]
    const spoken: unknown = new Proxy(original, {
      apply: (target, self, parameters) =>
        Reflect.apply(target, self, currentScope() === undefined ? parameters : given(parameters)),
      construct: (target, parameters, newTarget) =>
        Reflect.construct(
          target,
          currentScope() === undefined ? parameters : given(parameters),
          newTarget === spoken ? target : newTarget,
        ),
    })
    put(Intl, key, spoken)
  }
}

/** The parameter at `place` is a language, the one behind it options. */
function inLanguage(
  owner: object,
  key: string,
  place: number,
  optionsOf: (options: unknown) => unknown = (options) => options,
): void {
  patch(owner, key, (original) => {
    return function (this: unknown, ...parameters) {
      if (currentScope() === undefined) return original.apply(this, parameters)
      const others = parameters.slice(0, place)
      return original.call(this, ...others, parameters[place] ?? locale, optionsOf(parameters[place + 1]))
    }
  })
}
