/**
 * Values as texts of errors show them: so that a string is not taken for the number that it looks like, nor a promise for
 * what it will come to.
 */

/** Characters that are shown of one value. */
const charactersMax = 200
/** Levels of objects that are shown. */
const depthMax = 3

/**
 * `value` as a text of one line: a string in quotes, objects and lists as one writes them in code, Maps and Sets with what
 * they hold, functions by name. At most 200 characters.
 */
export function shownValue(value: unknown): string {
  let text: string
  try {
    text = shown(value, 0)
  } catch {
    return 'a value that cannot be shown' // A getter or a `toString` of its own threw.
  }
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 3)}...`
}

function shown(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'function':
      return value.name === '' ? 'a function' : `function ${value.name}`
    case 'object':
      return value === null ? 'null' : shownObject(value, depth)
    default:
      return String(value)
  }
}

function shownObject(value: object, depth: number): string {
  if (isThenable(value)) return 'a promise'
  // Errors, dates, patterns and URLs have a text of their own.
  const { toString: ownText } = value
  if (!Array.isArray(value) && typeof ownText === 'function' && ownText !== Object.prototype.toString) {
    return String(value)
  }
  const inner = (part: unknown) => shown(part, depth + 1)
  const prefix = classOf(value)
  if (depth >= depthMax) return `${prefix}${Array.isArray(value) ? '[...]' : '{...}'}`
  if (value instanceof Map) return `Map {${listed(value, ([key, item]) => `${inner(key)} => ${inner(item)}`)}}`
  if (value instanceof Set) return `Set {${listed(value, inner)}}`
  if (Array.isArray(value)) return `[${listed(value, inner).trim()}]`
  return `${prefix}{${listed(Object.entries(value), ([key, item]) => `${keyText(key)}: ${inner(item)}`)}}`
}

/** The items with commas between them, as far as they can be shown at all. */
function listed<Item>(items: Iterable<Item>, text: (item: Item) => string): string {
  const parts: string[] = []
  let length = 0
  for (const item of items) {
    if (length > charactersMax) break
    const part = text(item)
    parts.push(part)
    length += part.length
  }
  return parts.length === 0 ? '' : ` ${parts.join(', ')} `
}

/** True for what `await` would wait for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function classOf(value: object): string {
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' && name !== 'Array' ? `${name} ` : ''
}

function keyText(key: string): string {
  return /^[\w$]+$/.test(key) ? key : quoted(key)
}

/** In single quotes, as code has it. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}
