/**
 * What a step made of a state, place by place: `.lead.round: 1 -> 2`. A state may be large, and a step changes little of it. Both
 * sides are canonical, so that what is equal has equal text.
 */
import { isPlain } from './canonical-value.ts'
import { showValue } from './show-value.ts'

/** Longer texts of values are cut. */
const textLengthMax = 120
/** Places of one state that are told of. */
const changesMax = 24

/** A part of a container, by the end of its path. */
type Parts = ReadonlyMap<string, unknown>

/** Each place that differs, as one line that begins with its path; the path of the whole is empty. */
export function stateChanges(before: unknown, after: unknown): string[] {
  const changes: string[] = []
  addChanges('', before, after, changes)
  if (changes.length <= changesMax) return changes
  return [...changes.slice(0, changesMax), `: and ${changes.length - changesMax} changes more`]
}

/** The text of a value, cut where it is long. */
export function shortText(value: unknown): string {
  const text = shown(value)
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax)}... (${text.length} characters)`
}

function addChanges(path: string, before: unknown, after: unknown, changes: string[]): void {
  if (Object.is(before, after)) return
  const [old, now] = [partsOf(before), partsOf(after)]
  if (old === undefined || now === undefined || kindOf(before) !== kindOf(after)) {
    const isSame = typeof before === typeof after && kindOf(before) === kindOf(after) && shown(before) === shown(after)
    if (!isSame) changes.push(`${path}: ${shortText(before)} -> ${shortText(after)}`)
    return
  }
  for (const [name, part] of now) {
    if (old.has(name)) addChanges(path + name, old.get(name), part, changes)
    else if (part !== undefined) changes.push(`${path}${name} = ${shortText(part)}`)
  }
  for (const [name, part] of old) if (!now.has(name) && part !== undefined) changes.push(`${path}${name} is gone`)
}

function shown(value: unknown): string {
  return value === undefined ? 'undefined' : showValue(value)
}

function kindOf(value: unknown): unknown {
  if (Array.isArray(value)) return Array
  return value instanceof Map ? Map : value instanceof Set ? Set : Object
}

/** `undefined`: it is shown and compared as a whole. */
function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return new Map(value.map((part, index) => [`[${index}]`, part]))
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [`.get(${shortText(key)})`, part]))
  if (value instanceof Set) return new Map([...value].map((part) => [`.has(${shortText(part)})`, true]))
  if (!isPlain(value)) return undefined
  return new Map(Object.entries(value).map(([name, part]) => [nameText(name), part]))
}

function nameText(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
