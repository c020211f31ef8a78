/**
 * Extensions: the few classes whose instances may travel in messages, by agreement of both threads. Everything else
 * with a prototype of its own is refused, because it would arrive as something else.
 *
 * The table belongs to the thread, not to a channel: classes are registered once, when the module that defines them is
 * loaded, and every channel's codec sees them. A sender and a receiver that registered different classes under one
 * type number disagree about the message; numbers are therefore assigned in one place, by core.
 */
import assert from 'node:assert/strict'

/** How the instances of one class travel. */
export interface Extension<Instance extends object = any, Plain = any> {
  /** Instances have exactly this class's prototype; subclasses are other classes. */
  class: abstract new (
    ...args: any[]
  ) => Instance
  /** The number that stands for the class in messages, from 1 to 63; the same on every thread. */
  type: number
  /**
   * The instance as plain data without references to itself. An array of fields is cheapest. Must be pure; it may run
   * more than once for one message.
   */
  write(value: Instance): Plain
  /** The instance from its plain data; throws when that is not what `write` returns. */
  read(plain: Plain): Instance
}

const TYPE_MAX = 63
const byPrototype = new Map<object, Extension>()
const byType: (Extension | undefined)[] = []

/**
 * Lets instances of `extension.class` travel in messages, on every channel of this thread. Registering the same class
 * under the same type again replaces how it is written and read.
 *
 * ```ts
 * class Point { constructor(readonly x: number, readonly y: number) {} }
 * registerExtension({ class: Point, type: 7, write: (p) => [p.x, p.y], read: ([x, y]) => new Point(x, y) })
 * ```
 */
export function registerExtension<Instance extends object, Plain>(extension: Extension<Instance, Plain>): void {
  const { class: extensionClass, type } = extension
  assert(Number.isInteger(type) && type >= 1 && type <= TYPE_MAX, `type must be a whole number from 1 to ${TYPE_MAX}`)
  const known = byType[type]
  assert(
    known === undefined || known.class === extensionClass,
    `extension type ${type} already stands for ${known?.class.name}`,
  )
  const knownClass = byPrototype.get(extensionClass.prototype)
  assert(knownClass === undefined || knownClass.type === type, `${extensionClass.name} already has another type`)
  byType[type] = extension
  byPrototype.set(extensionClass.prototype, extension)
}

/** The extension for values with this prototype. */
export function extensionOf(prototype: object): Extension | undefined {
  return byPrototype.get(prototype)
}

/** The extension with this type number. */
export function extensionOfType(type: number): Extension | undefined {
  return byType[type]
}
