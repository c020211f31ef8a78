/**
 * Logs of a key-value store, one EDN map a line:
 *
 *     {:process 0, :type :invoke, :f :append, :key "3", :value "x 0 1 y"}
 *
 * `:type` is `:invoke`, `:ok`, `:fail` or `:info`, `:f` is `:get`, `:put` or `:append`; the value is a string, or nil
 * where there is none.
 */
import { HistoryError } from './history-error.ts'
import { HistoryRecorder, type OperationId } from './history-recorder.ts'
import type { KeyValueInput, KeyValueOutput } from './models/key-value.ts'
import type { Operation } from './operation.ts'

/** One entry of the map: a keyword, and a string, an integer, nil or a keyword. */
const entry = /^\s*:([a-z-]+)\s+("(?:[^"\\]|\\["\\nrt])*"|-?\d+|nil|:[a-z][a-z-]*)\s*,?/
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
const needed = ['process', 'type', 'f', 'key', 'value']
/** What Jepsen writes too; it does not matter here. */
const passedOver = ['index', 'time', 'error']

interface OpenOperation {
  readonly id: OperationId
  readonly input: KeyValueInput
}

/**
 * The history in such a log. What ended as `:info`, or not at all, never returned, and so did a get that failed;
 * another operation that failed had no effect and is left out. Throws a {@link HistoryError} that names the line for
 * anything else.
 */
export function parseKeyValueLog(text: string): Operation<KeyValueInput, KeyValueOutput>[] {
  const recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>()
  const open = new Map<number, OpenOperation>()
  text.split('\n').forEach((untrimmed, index) => {
    const line = untrimmed.trim()
    if (line === '') return
    const refuse = (why: string) => new HistoryError(`line ${index + 1}: ${why}: ${line}`, { line: index + 1 })
    const { process, type, value, ...called } = operationOf(line, refuse)
    if (type === ':invoke') {
      if (open.has(process)) throw refuse(`process ${process} calls again before its last operation ended`)
      const input = inputOf(called, value, refuse)
      open.set(process, { id: recorder.invoke(process, input), input })
      return
    }
    const ended = open.get(process)
    if (ended === undefined) throw refuse(`process ${process} has no operation that could end`)
    const { input, id } = ended
    if (called.name !== input.name || called.key !== input.key) {
      throw refuse(`process ${process} called ${input.name} of ${JSON.stringify(input.key)}`)
    }
    if (input.name !== 'get' && value !== input.value && (type === ':ok' || value !== undefined)) {
      throw refuse(`process ${process} called it with ${JSON.stringify(input.value)}`)
    }
    open.delete(process)
    if (type === ':info' || (type === ':fail' && input.name === 'get')) recorder.abandon(id)
    else if (type === ':fail') recorder.fail(id)
    else if (type !== ':ok') throw refuse(`${type} is no :type`)
    else if (input.name !== 'get') recorder.return(id, undefined)
    else if (value === undefined) throw refuse('a get returns a string')
    else recorder.return(id, value)
  })
  return recorder.operations()
}

type Refuse = (why: string) => HistoryError

interface LineOperation {
  readonly process: number
  readonly type: string
  readonly name: string
  readonly key: string
  /** Undefined for nil. */
  readonly value: string | undefined
}

function operationOf(line: string, refuse: Refuse): LineOperation {
  const map = mapOf(line, refuse)
  const missing = needed.find((name) => !map.has(name))
  if (missing !== undefined) throw refuse(`:${missing} is missing`)
  const [process, type, name, key, value] = needed.map((each) => map.get(each) as string)
  const number = Number(process)
  if (!/^\d+$/.test(process as string) || !Number.isSafeInteger(number)) throw refuse(':process is not a number')
  return {
    process: number,
    type: type as string,
    name: (name as string).slice(1),
    key: stringOf(key as string) ?? raise(refuse(':key is not a string')),
    value: value === 'nil' ? undefined : (stringOf(value as string) ?? raise(refuse(':value is not a string'))),
  }
}

/** The entries of one flat EDN map, as they are written. */
function mapOf(line: string, refuse: Refuse): Map<string, string> {
  if (!line.startsWith('{') || !line.endsWith('}')) throw refuse('not a map in braces')
  const map = new Map<string, string>()
  let rest = line.slice(1, -1)
  while (rest.trim() !== '') {
    const [all, name, value] = entry.exec(rest) ?? []
    if (all === undefined || name === undefined || value === undefined) throw refuse(`cannot read from ${rest.trim()}`)
    if (map.has(name)) throw refuse(`:${name} comes twice`)
    if (!needed.includes(name) && !passedOver.includes(name)) throw refuse(`:${name} is not known`)
    map.set(name, value)
    rest = rest.slice(all.length)
  }
  return map
}

function inputOf(
  { name, key }: { readonly name: string; readonly key: string },
  value: string | undefined,
  refuse: Refuse,
): KeyValueInput {
  if (name === 'get') {
    if (value !== undefined) throw refuse('a get is called with nil')
    return { name, key }
  }
  if (name !== 'put' && name !== 'append') throw refuse(`:${name} is neither :get nor :put nor :append`)
  if (value === undefined) throw refuse(`a ${name} needs a value`)
  return { name, key, value }
}

/** The string that an EDN string stands for; undefined when `text` is none. */
function stringOf(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined
  return text.slice(1, -1).replace(/\\(.)/g, (_all, escaped: string) => escapes[escaped] ?? escaped)
}

function raise(error: Error): never {
  throw error
}
