/** Values of flags: text from the command line to what the packages take, or a {@link UsageError}. */
import { allFaults, checkSchedule, type FaultKnobs, type ScheduleOptions } from '@troupe/simulation'
import { UsageError } from './usage-error.ts'

/** Reads the whole numbers from `least` to `most`. */
export function wholeNumber(flag: string, least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
    throw new UsageError(`${flag} must be a whole number ${range}, got '${text}'`, { flag, value: text })
  }
}

/** Reads a number of seconds above 0. */
export function secondsNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value
    throw new UsageError(`${flag} must be a number of seconds above 0, got '${text}'`, { flag, value: text })
  }
}

/** Reads one or more of `known`, with commas between them. */
export function namesOf<Name extends string>(flag: string, known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    const names = text.split(',')
    const unknown = names.find((name) => !(known as readonly string[]).includes(name))
    if (unknown === undefined) return names as Name[]
    throw new UsageError(`${flag} takes ${known.join(', ')}, with commas between them; got '${unknown}'`, {
      flag,
      value: text,
    })
  }
}

/** Reads a share from 0 to 1. */
export function shareNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value <= 1) return value
    throw new UsageError(`${flag} must be a number from 0 to 1, got '${text}'`, { flag, value: text })
  }
}

/** Reads a schedule, by its name alone or with parameters: `pct`, `pct:depth=4,steps=500`. */
export function scheduleOf(text: string): ScheduleOptions {
  const [strategy = '', given] = text.split(':', 2)
  const parameters = (given === undefined ? [] : given.split(',')).map((part) => {
    const [, name, value] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part) ?? []
    if (name !== undefined) return [name, Number(value)] as const
    throw new UsageError(`--strategy takes parameters as in pct:depth=4,steps=500; got '${part}'`, { value: text })
  })
  return checkSchedule({ strategy, ...Object.fromEntries(parameters) } as ScheduleOptions)
}

/** A schedule as {@link scheduleOf} reads it. */
export function scheduleText({ strategy, ...parameters }: ScheduleOptions): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return given.length === 0 ? strategy : `${strategy}:${given.join(',')}`
}

/** What each parameter is, and in which programs or scenarios: `clients (abd, lock-service); visitors (lock)`. */
export function parameterTexts(
  among: Iterable<{
    readonly name: string
    readonly parameters: Readonly<Record<string, { readonly what: string }>>
  }>,
): ReadonlyMap<string, string> {
  const names = new Map<string, Map<string, string[]>>()
  for (const { name, parameters } of among) {
    for (const [parameter, { what }] of Object.entries(parameters)) {
      const meanings = names.get(parameter) ?? new Map<string, string[]>()
      names.set(parameter, meanings.set(what, [...(meanings.get(what) ?? []), name]))
    }
  }
  const text = (meanings: ReadonlyMap<string, string[]>) =>
    [...meanings].map(([what, owners]) => `${what} (${owners.join(', ')})`).join('; ')
  return new Map([...names].map(([parameter, meanings]) => [parameter, text(meanings)]))
}

/** A fault plan as `--faults` takes it: what {@link faultPlan} reads as that plan. */
export function faultText(faults: FaultKnobs): string {
  if (faults === allFaults) return 'all'
  const strengths = Object.entries(faults).filter(([, strength]) => strength > 0)
  return strengths.length === 0 ? 'none' : strengths.map(([kind, strength]) => `${kind}=${strength}`).join(',')
}

/** Kinds of fault that a hostile network has unless it is told otherwise: a plan that does not name them is without. */
const quiet: FaultKnobs = { loss: 0, duplicate: 0, reorder: 0 }

/**
 * Reads `own` (undefined: the scenario's plan), `none`, `all` (moderate strengths of every kind) or a list such as
 * `crash=4,loss=0.2`, which has nothing beside it.
 */
export function faultPlan(text: string): FaultKnobs | undefined {
  if (text === 'own') return undefined
  if (text === 'none') return quiet
  if (text === 'all') return allFaults
  const strengths = text.split(',').map((part) => {
    const [, kind, strength] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part) ?? []
    if (kind !== undefined && kind in allFaults) return [kind, Number(strength)]
    const kinds = Object.keys(allFaults).join(', ')
    throw new UsageError(`--faults must be own, none, all, or KIND=STRENGTH,... of the kinds ${kinds}; got '${part}'`, {
      flag: '--faults',
      value: part,
    })
  })
  return { ...quiet, ...Object.fromEntries(strengths) }
}
