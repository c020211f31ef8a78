/**
 * Options that nobody knows: `createSystem({ thread: 2 })` would do nothing and say nothing where types do not reach. Who
 * takes options lists them all, and the compiler sees to it that the list is whole:
 *
 *     const known: KnownOptions<InspectOptions> = { depth: true, ... }
 *
 * Nothing here is meant for the path of a message in production; what is looked at for each spawn or ask is so in
 * development only, where messages are frozen too.
 */
import { ConfigurationError } from './errors.ts'
import { shownValue } from './shown-value.ts'

/** Each option of that type, by name. */
export type KnownOptions<Options> = Readonly<Record<keyof Options, true>>

/** The changes that a typing error is made of at most, and the share of the name that they may be. */
const changesMax = 3
const changedShareMax = 0.5

/** Throws a `ConfigurationError` that names the option, what it `needs` to be and the value that it has, unless that `holds`. */
export function requireOption(holds: boolean, option: string, needs: string, value: unknown): asserts holds {
  if (holds) return
  throw new ConfigurationError(`${option} must be ${needs}, got ${shownValue(value)}`, { option })
}

/** What is wrong with `options`, which `where` takes: names the first that is not known, and the nearest that is. */
export function unknownOptionProblem(where: string, options: object, known: Readonly<Record<string, true>>) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const what = `${where} takes an object of options, got ${shownValue(options)}`
    return { message: `${what}; there are ${Object.keys(known).join(', ')}`, facts: {} }
  }
  for (const option in options) {
    if (Object.hasOwn(known, option) || !Object.hasOwn(options, option)) continue
    const { nearest, advice } = adviceFor(option, Object.keys(known))
    return { message: `${where}: there is no option '${option}'; ${advice}`, facts: { option, nearest } }
  }
  return undefined
}

/** Throws a `ConfigurationError` that names the first option that is not known, and the nearest that is. */
export function refuseUnknownOptions(where: string, options: object, known: Readonly<Record<string, true>>): void {
  const problem = unknownOptionProblem(where, options, known)
  if (problem !== undefined) throw new ConfigurationError(problem.message, problem.facts)
}

/** What to say of a name that is none of `names`: the nearest of them, or all where none is near. */
export function adviceFor(name: string, names: readonly string[]): { nearest: string | undefined; advice: string } {
  const nearest = nearestTo(name, names)
  return {
    nearest,
    advice: nearest === undefined ? `there are ${names.join(', ')}` : `did you mean '${nearest}'?`,
  }
}

/** The name that takes the fewest changes to come to; `undefined` when all are far away. */
function nearestTo(option: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined
  let fewest = Math.min(changesMax, Math.ceil(option.length * changedShareMax)) + 1
  for (const name of names) {
    const changes = changesBetween(option.toLowerCase(), name.toLowerCase())
    if (changes < fewest) {
      nearest = name
      fewest = changes
    }
  }
  return nearest
}

/** Letters to add, take away or replace, or two neighbours to exchange: the distance of Damerau and Levenshtein. */
function changesBetween(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let left = 1; left <= one.length; left++) {
    const row = [left]
    for (let right = 1; right <= other.length; right++) {
      const isSame = one[left - 1] === other[right - 1]
      let least = Math.min(last[right]! + 1, row[right - 1]! + 1, last[right - 1]! + (isSame ? 0 : 1))
      const isExchanged =
        left > 1 && right > 1 && one[left - 1] === other[right - 2] && one[left - 2] === other[right - 1]
      if (isExchanged) least = Math.min(least, before[right - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[other.length]!
}
