/** Values of flags: text from the command line to what the packages take, or a {@link UsageError}. */
import { allFaults, type FaultKnobs } from '@troupe/simulation'
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
