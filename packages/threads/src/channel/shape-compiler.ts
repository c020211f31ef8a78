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
import type { MessageReader } from './message-reader.ts'
import type { ShapeWriter } from './shape-table.ts'

/** Makes an object with the keys of one shape from the values that come next. */
export type ShapeReader = (reader: MessageReader) => object

/** How often a shape is met before it is worth code of its own. */
export const USES_BEFORE_CODE = 100

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

/** Code that writes the values of `keys`; `undefined` where it cannot be. */
export function compileWriter(keys: readonly string[]): ShapeWriter | undefined {
  if (!mayGenerateCode()) return undefined
  return generate<ShapeWriter>(
    keys,
    `return function (writer, value) {
      let item
      ${keys
        .map(
          (_, index) => `item = value[k${index}]
      if (typeof item === 'number') writer.number(item)
      else if (typeof item === 'string') writer.text(item)
      else writer.value(item)`,
        )
        .join('\n      ')}
    }`,
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

function generate<Result>(keys: readonly string[], body: string): Result {
  const constants = keys.map((_, index) => `const k${index} = keys[${index}]`).join('\n')
  return new Function('keys', `'use strict' // ${serial++}\n${constants}\n${body}`)(keys) as Result
}
