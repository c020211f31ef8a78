/** A state as lines, a path and a text each, so that two states are compared line by line. Any value; bounded. */
import { refKey } from '@troupe/core'
import { Ref } from '@troupe/core/host'

/** A place in a state, and what is there. */
export type StateLine = readonly [path: string, text: string]

const linesMax = 200
const depthMax = 8
const textLengthMax = 200
/** The path of a state that has no parts. */
const whole = '(state)'

/** The lines of `value`, at most 200; then one that says that there are more. */
export function stateLines(value: unknown): StateLine[] {
  const lines: StateLine[] = []
  addLines(value, '', 0, lines)
  return lines
}

function addLines(value: unknown, path: string, depth: number, lines: StateLine[]): void {
  if (lines.length > linesMax) return
  if (lines.length === linesMax) {
    lines.push(['...', 'more lines'])
    return
  }
  const parts = depth < depthMax ? partsOf(value) : undefined
  if (parts === undefined) lines.push([path === '' ? whole : path, textOf(value)])
  else if (parts.length === 0) lines.push([path === '' ? whole : path, emptyText(value)])
  else {
    for (const [name, part] of parts) {
      if (lines.length > linesMax) return
      addLines(part, path === '' ? name.replace(/^\./, '') : path + name, depth + 1, lines)
    }
  }
}

/** The parts of a container, each with the end of its path; `undefined` for what is no container. */
function partsOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Ref || value instanceof Error) return undefined
  if (value instanceof Date || value instanceof RegExp || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return undefined
  }
  if (Array.isArray(value)) return value.slice(0, linesMax + 1).map((part, index) => [`[${index}]`, part])
  if (value instanceof Map) {
    return [...value].slice(0, linesMax + 1).map(([key, part]) => [`.get(${textOf(key)})`, part])
  }
  if (value instanceof Set) return [...value].slice(0, linesMax + 1).map((part) => [`.has(${textOf(part)})`, true])
  return Object.keys(value)
    .slice(0, linesMax + 1)
    .map((key) => [
      /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${cut(key)}` : `[${cut(JSON.stringify(key))}]`,
      (value as Record<string, unknown>)[key],
    ])
}

function emptyText(value: unknown): string {
  if (Array.isArray(value)) return '[]'
  if (value instanceof Map) return 'Map {}'
  return value instanceof Set ? 'Set {}' : '{}'
}

function textOf(value: unknown): string {
  if (value instanceof Ref) return cut(refKey(value))
  if (value instanceof Error) return cut(`${value.name}: ${value.message}`)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`
  if (typeof value === 'bigint') return cut(`${value}n`)
  if (typeof value === 'number' || value instanceof RegExp) return cut(String(value))
  try {
    return cut(JSON.stringify(value) ?? String(value))
  } catch {
    return cut(Object.prototype.toString.call(value))
  }
}

function cut(text: string): string {
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}...` : text
}
