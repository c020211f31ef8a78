/**
 * Code for shapes: a function that writes the values of an object with known keys, and one that makes such an object.
 * Both are as fast as code written by hand for that one kind of message, since the engine sees one hidden class in each.
 *
 * No key is ever part of the code. What is generated depends on the number of keys alone; the keys come in as a list and
 * are used as constants. (The shape's number is in a comment, because the engine shares what it learned about a piece
 * of code among equal pieces.) Objects are made by a constructor whose prototype is `Object.prototype`, which is how a
 * plain object with these keys comes about in one step.
 *
 * Where code must not be generated from strings (`--disallow-code-generation-from-strings`), and for the keys that code
 * cannot set by assignment, the loops of `message-writer.ts` and `message-reader.ts` do the same.
 */
import { putNumber } from './byte-writer.ts'
import { Tag } from './message-format.ts'
import type { MessageReader } from './message-reader.ts'
import type { ShapeWriter, WrittenShape } from './shape-table.ts'

/** Makes an object with the keys of one shape from the values that come next. */
export type ShapeReader = (reader: MessageReader) => object

/** How often a shape is met before it is worth code of its own. */
export const USES_BEFORE_CODE = 100

/** The most bytes that a number takes, and all else that is written without asking for room. */
const NUMBER_BYTES_MAX = 9
/** Reading `__proto__` is free where the engine knows the object, but can be switched off. */
const HAS_PROTO = hasProto()

let serial = 0
let allowed: boolean | undefined

/** False where the process does not let code be generated from strings. */
export function mayGenerateCode(): boolean {
  if (allowed === undefined) {
    try {
      new Function('')
      allowed = true
    } catch {
      allowed = false
    }
  }
  return allowed
}

/** What is known about an object's place in the message when its writer is called. */
export const Depth = {
  /**
   * It is the message, and flat as far as is known: none of its objects has objects in it. Then it can only repeat one
   * of the few that it has itself, and nothing needs to be remembered.
   */
  root: 0,
  /** It is an object of a flat message. */
  leaf: 1,
  /** Anywhere. Objects are remembered. */
  any: 2,
} as const
export type Depth = (typeof Depth)[keyof typeof Depth]

/** What a writer of a shape did. */
export const Written = {
  /** Nothing: the object is of another shape. */
  no: 0,
  yes: 1,
  /** Something that is to be taken back: the message is not flat. */
  taken: 2,
} as const
export type Written = (typeof Written)[keyof typeof Written]

/** Code that writes objects of `shape`; `undefined` where it cannot be. */
export function compileWriter(shape: WrittenShape): ShapeWriter | undefined {
  const { keys } = shape
  if (!mayGenerateCode()) return undefined
  const room = keys.length * NUMBER_BYTES_MAX
  return generate<ShapeWriter>(
    keys,
    `let ${keys
      .map((_, index) => `s${index} = 0, e${index}`)
      .concat('item')
      .join(', ')}
    return function (writer, value, depth) {
      if (${HAS_PROTO ? 'value.__proto__' : 'getPrototypeOf(value)'} !== prototype) return ${Written.no}
      let at = 0
      for (const key in value) {
        switch (at++) {
          ${keys.map((_, index) => `case ${index}: if (key !== k${index}) return ${Written.no}; break`).join('\n          ')}
          default: return ${Written.no}
        }
      }
      if (at !== ${keys.length}) return ${Written.no}
      if (depth === ${Depth.any}) {
        if (!writer.isNew(value)) return ${Written.yes}
        writer.enter()
      }
      writer.reserve(${room + 2})
      const { texts } = writer
      let { bytes, position } = writer
      bytes[position] = ${Tag.shaped}
      bytes[position + 1] = shape.number
      position += 2
      shape.isUsed = true
      let item, known, a, b, c
      ${keys
        .map(
          (_, index) => `item = value[k${index}]
      if (typeof item === 'number') position = putNumber(writer, bytes, position, item)
      else if (typeof item === 'string') {
        known = texts[s${index}]
        if (known !== undefined && known === item) {
          bytes[position] = ${Tag.text} | (s${index} >> 8)
          bytes[position + 1] = s${index}
          position += 2
        } else {
          writer.position = position
          s${index} = writer.text(item)
          writer.reserve(${room})
          ;({ bytes, position } = writer)
        }
      } else {
        writer.position = position
        if (typeof item !== 'object' || item === null) writer.value(item)
        else if (depth === ${Depth.any}) e${index} = writer.object(item, e${index})
        else {
          if (depth === ${Depth.leaf} || item === value || item === a || item === b || item === c || c !== undefined) return ${Written.taken}
          if (e${index} === undefined || !e${index}.isSent || e${index}.write === undefined) return ${Written.taken}
          if (e${index}.write(writer, item, ${Depth.leaf}) !== ${Written.yes}) return ${Written.taken}
          c = b
          b = a
          a = item
        }
        writer.reserve(${room})
        ;({ bytes, position } = writer)
      }`,
        )
        .join('\n      ')}
      writer.position = position
      if (depth === ${Depth.any}) writer.leave()
      return ${Written.yes}
    }`,
    shape,
  )
}

/** Code that makes objects with `keys`; `undefined` where it cannot be. */
export function compileReader(keys: readonly string[]): ShapeReader | undefined {
  // Indices are no properties of a hidden class, and `__proto__` cannot be assigned.
  if (!mayGenerateCode() || keys.some((key) => key === '__proto__' || /^\d+$/.test(key))) return undefined
  const parameters = keys.map((_, index) => `p${index}`)
  return generate<ShapeReader>(
    keys,
    `function Shaped(${parameters.join(', ')}) {
      ${parameters.map((parameter, index) => `this[k${index}] = ${parameter}`).join('\n      ')}
    }
    Shaped.prototype = Object.prototype
    return function (reader) {
      return new Shaped(${parameters.map(() => 'reader.value()').join(', ')})
    }`,
  )
}

function generate<Result>(keys: readonly string[], body: string, shape?: WrittenShape): Result {
  const constants = keys.map((_, index) => `const k${index} = keys[${index}]`).join('\n')
  const code = `'use strict' // ${serial++}\n${constants}\n${body}`
  const parameters = ['keys', 'shape', 'putNumber', 'prototype', 'getPrototypeOf']
  return new Function(...parameters, code)(keys, shape, putNumber, Object.prototype, Object.getPrototypeOf) as Result
}

function hasProto(): boolean {
  try {
    return Reflect.get({}, '__proto__') === Object.prototype
  } catch {
    return false
  }
}
