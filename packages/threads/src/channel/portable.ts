/**
 * The portable form: a copy of a message that structured clone carries without loss, for the side path.
 *
 * Structured clone keeps cycles, repeated references, odd keys and odd strings. It loses the class and code of errors
 * and the class of registered extensions, and it drags along the whole buffer behind a small view. So the copy holds a
 * stand-in, an empty object, wherever such a thing was, and a list beside it says what each stand-in stands for. The
 * clone keeps identity, also between the copy and the list, and the receiver puts the real things back.
 */
import { troupeErrorClass } from '@troupe/core/host'
import { extensionOf, extensionOfType } from './extension.ts'
import { Route, routeOf } from './sendable.ts'

/** What is posted: the copy, and what its stand-ins stand for. */
type Portable = [root: unknown, standIns: StandIn[]]
type StandIn = [standIn: object, extensionType: number, plain: unknown]
/** The number of a stand-in for an error; extensions have theirs from 1. */
const ERROR_TYPE = 0

interface PortableError {
  className: string
  name: string
  message: string
  stack: string | undefined
  hasCause: boolean
  cause: unknown
  /** Own enumerable properties such as `code`, as far as they can be sent. */
  fields: [string, unknown][]
}

/** The built-in error classes. They and Troupe's keep their class; any other becomes an `Error` with the class's name. */
const BUILT_IN_ERRORS = new Map<string, new (message: string) => Error>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
)

/**
 * The portable copy of a value that `routeOf` did not refuse. Views on the buffers of `moved`, which are posted in a
 * transfer list, and on shared memory stay views on them.
 */
export function toPortable(value: unknown, moved?: ReadonlySet<ArrayBufferLike>): unknown {
  const standIns: StandIn[] = []
  const copies = new Map<object, object>()
  if (moved !== undefined) for (const buffer of moved) copies.set(buffer, buffer)
  return [copyOut(value, copies, standIns), standIns] satisfies Portable
}

/** The value behind a portable copy that has been through structured clone. Changes the copy. Throws when it is none. */
export function fromPortable(portable: unknown): unknown {
  if (!Array.isArray(portable) || portable.length !== 2 || !Array.isArray(portable[1]))
    throw new TypeError('not a portable message')
  const [root, standIns] = portable as Portable
  if (standIns.length === 0) return root
  const revived = new Map<object, unknown>()
  for (const [standIn, type, plain] of standIns) {
    if (typeof standIn !== 'object' || standIn === null) throw new TypeError('a stand-in is no object')
    if (type === ERROR_TYPE) revived.set(standIn, createError(plain as PortableError))
    else revived.set(standIn, reviveExtension(type, plain))
  }
  const visited = new Set<object>()
  // An error's cause and fields may hold stand-ins too, its own among them, so they are filled in when all exist.
  for (const [standIn, type, plain] of standIns)
    if (type === ERROR_TYPE) fillError(revived.get(standIn) as Error, putBack(plain, revived, visited) as PortableError)
  return putBack(root, revived, visited)
}

function copyOut(value: unknown, copies: Map<object, object>, standIns: StandIn[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  const remember = <Copy extends object>(copy: Copy): Copy => {
    copies.set(value, copy)
    return copy
  }
  const prototype = Object.getPrototypeOf(value)
  const extension = prototype === null ? undefined : extensionOf(prototype)
  if (extension !== undefined) {
    const standIn = remember({})
    standIns.push([standIn, extension.type, extension.write(value)])
    return standIn
  }
  if (Array.isArray(value)) {
    const copy = remember(new Array<unknown>(value.length))
    for (const key of Object.keys(value)) define(copy, key, copyOut(value[key as never], copies, standIns))
    return copy
  }
  if (prototype === Object.prototype || prototype === null) {
    const copy = remember({})
    for (const key of Object.keys(value)) define(copy, key, copyOut(value[key as never], copies, standIns))
    return copy
  }
  if (value instanceof Map) {
    const copy = remember(new Map<unknown, unknown>())
    for (const [key, item] of value) copy.set(copyOut(key, copies, standIns), copyOut(item, copies, standIns))
    return copy
  }
  if (value instanceof Set) {
    const copy = remember(new Set<unknown>())
    for (const item of value) copy.add(copyOut(item, copies, standIns))
    return copy
  }
  if (ArrayBuffer.isView(value)) {
    const stays = value.buffer instanceof SharedArrayBuffer || copies.get(value.buffer) === value.buffer
    return remember(stays ? value : copyView(value))
  }
  if (value instanceof Error) {
    const standIn = remember({})
    const entry: StandIn = [standIn, ERROR_TYPE, undefined]
    standIns.push(entry)
    entry[2] = describeError(value, copies, standIns)
    return standIn
  }
  return value
}

/** A view on a buffer of its own, with just the bytes the view shows. */
function copyView(view: ArrayBufferView): ArrayBufferView {
  const bytes = new Uint8Array(view.byteLength)
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  if (Buffer.isBuffer(view)) return bytes
  return new (view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(bytes.buffer)
}

/** An error is often the report of a failure, which must arrive: what it carries that cannot be sent is left out. */
function describeError(error: Error, copies: Map<object, object>, standIns: StandIn[]): PortableError {
  const className = typeof error.constructor?.name === 'string' ? error.constructor.name : 'Error'
  const fields: [string, unknown][] = []
  const keys = new Set(Object.keys(error))
  // Not enumerable where the platform sets them: Node's `code` on some classes, `errors` of an AggregateError.
  for (const key of ['code', 'errors']) if (key in error) keys.add(key)
  for (const key of ['name', 'message', 'stack', 'cause']) keys.delete(key)
  for (const key of keys) {
    const item = (error as unknown as Record<string, unknown>)[key]
    if (routeOf(item) !== Route.refused) fields.push([key, copyOut(item, copies, standIns)])
  }
  const hasCause = Object.hasOwn(error, 'cause')
  const cause = !hasCause ? undefined : routeOf(error.cause) === Route.refused ? String(error.cause) : error.cause
  const name = String(error.name)
  return {
    className,
    // A class that did not set a name inherits one that says nothing.
    name:
      BUILT_IN_ERRORS.has(name) && !BUILT_IN_ERRORS.has(className) && className !== 'AggregateError' ? className : name,
    message: String(error.message),
    stack: typeof error.stack === 'string' ? error.stack : undefined,
    hasCause,
    cause: copyOut(cause, copies, standIns),
    fields,
  }
}

function createError({ className, name, message }: PortableError): Error {
  if (className === 'DOMException') return new DOMException(message, name)
  if (className === 'AggregateError') return new AggregateError([], message)
  const error = new (BUILT_IN_ERRORS.get(className) ?? troupeErrorClass(className) ?? Error)(message)
  if (error.name !== name) hide(error, 'name', name)
  return error
}

function fillError(error: Error, { stack, hasCause, cause, fields }: PortableError): void {
  if (stack !== undefined) hide(error, 'stack', stack)
  if (hasCause) hide(error, 'cause', cause)
  for (const [key, item] of fields)
    if (key === 'errors' && error instanceof AggregateError) hide(error, key, item)
    else if (!(error instanceof DOMException)) define(error, key, item)
}

function reviveExtension(type: number, plain: unknown): unknown {
  const extension = extensionOfType(type)
  if (extension === undefined) throw new TypeError(`no class is registered here for extension type ${type}`)
  return extension.read(plain)
}

/** Replaces stand-ins by what they stand for, in place, everywhere below `value`. */
function putBack(value: unknown, revived: Map<object, unknown>, visited: Set<object>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (revived.has(value)) return revived.get(value)
  if (visited.has(value)) return value
  visited.add(value)
  if (value instanceof Map) {
    const entries = [...value]
    value.clear()
    for (const [key, item] of entries) value.set(putBack(key, revived, visited), putBack(item, revived, visited))
  } else if (value instanceof Set) {
    const items = [...value]
    value.clear()
    for (const item of items) value.add(putBack(item, revived, visited))
  } else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null) define(value, key, putBack(item, revived, visited))
    }
  }
  return value
}

/** Sets a property as data, whatever its key: assigning to `__proto__` would change the prototype. */
function define(target: object, key: string, value: unknown): void {
  if (key !== '__proto__') (target as Record<string, unknown>)[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true })
}
