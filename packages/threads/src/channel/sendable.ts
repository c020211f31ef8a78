/**
 * Why a value cannot travel. A message is written in one walk that stops at the first thing that is no data; this second
 * walk, which only refused messages take, says where it is and what.
 */
import { isProxy } from 'node:util/types'
import { describeInstance, isDetached } from '@troupe/core/host'
import { EncodeError } from './errors.ts'
import { extensionOf } from './extension.ts'
import { clonedPrototypes, viewTypeOf } from './message-format.ts'

/** The error for a value that a codec refused: names the first part that is not data. */
export function explainRefusal(value: unknown): EncodeError {
  return findRefused(value, 'payload', new Set()) ?? new EncodeError('payload', 'changed while it was being sent')
}

function findRefused(value: unknown, path: string, visited: Set<object>): EncodeError | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return new EncodeError(path, `is a ${typeof value}`)
  if (typeof value !== 'object' || value === null || visited.has(value)) return undefined
  visited.add(value)
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Map.prototype) {
    let index = 0
    for (const [key, item] of value as Map<unknown, unknown>) {
      const itemPath =
        typeof key === 'string' ? `${path}.get(${JSON.stringify(key)})` : `${path}.entries()[${index}][1]`
      const found = findRefused(key, `${path}.keys()[${index}]`, visited) ?? findRefused(item, itemPath, visited)
      if (found !== undefined) return found
      index++
    }
    return undefined
  }
  if (prototype === Set.prototype) {
    let index = 0
    for (const item of value as Set<unknown>) {
      const found = findRefused(item, `${path}.values()[${index++}]`, visited)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (prototype === Object.prototype || prototype === null || prototype === Array.prototype) {
    for (const key of Object.keys(value)) {
      const found = findRefused((value as Record<string, unknown>)[key], memberPath(path, key, value), visited)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (isWhole(value, prototype)) {
    return isDetached(value) ? new EncodeError(path, 'is a buffer that was moved away') : undefined
  }
  const what = isProxy(value) ? 'a Proxy' : describeInstance(value)
  return new EncodeError(path, `is ${what}, which is not a value that can be sent`)
}

function isWhole(value: object, prototype: object): boolean {
  if (extensionOf(prototype) !== undefined) return true
  if (isProxy(value)) return false
  return (
    prototype === Date.prototype ||
    clonedPrototypes.has(prototype) ||
    viewTypeOf.has(prototype) ||
    value instanceof Error
  )
}

function memberPath(path: string, key: string, owner: object): string {
  if (Array.isArray(owner) && /^\d+$/.test(key)) return `${path}[${key}]`
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}
