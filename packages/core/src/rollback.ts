/**
 * Rollback of a failed turn: the turn runs on an Immer draft of the state, synchronous or not, and what it changed
 * becomes the state when it ends well. What a turn lets out is plain data all the same: drafts in it are replaced by
 * what they stand for.
 *
 * A draft is of a tree: plain objects, arrays, Maps and Sets, each in one place, and immutable values. What Immer would
 * change in place (dates, bytes, instances of classes) or take apart (an object in two places) is refused at the spawn.
 */
import { current, enableMapSet, Immer, isDraft, isDraftable } from 'immer'
import type { ActorCell } from './actor-cell.ts'
import { Ref, ReplyToken } from './actor-ref.ts'
import { enterBehavior } from './behavior.ts'
import type { Effects } from './effects.ts'
import { ConfigurationError } from './errors.ts'

enableMapSet()
const immer = new Immer({ autoFreeze: false })

export class Rollback {
  readonly #cell: ActorCell
  /** The state and the behavior before the turn under way, if there is one. */
  #before:
    | {
        readonly state: unknown
        readonly behavior: string | undefined
        readonly earlier: readonly (string | undefined)[]
      }
    | undefined
  readonly #draftFree = new WeakMap<Effects, Effects>()

  constructor(cell: ActorCell) {
    this.#cell = cell
  }

  /** The state as of the last turn that ended well. */
  get state(): unknown {
    return this.#before === undefined ? this.#cell.state : this.#before.state
  }

  /** Begins a turn: the cell's state is a draft until its end. Returns `effects` for values that may have drafts in them. */
  begin(effects: Effects): Effects {
    const cell = this.#cell
    const { state } = cell
    this.#before = { state, behavior: cell.behavior, earlier: cell.behaviorsBefore }
    if (isDraftable(state)) cell.state = immer.createDraft(state as object)
    let draftFree = this.#draftFree.get(effects)
    if (draftFree === undefined) {
      draftFree = withoutDrafts(effects)
      this.#draftFree.set(effects, draftFree)
    }
    return draftFree
  }

  /** Ends a turn that went well; returns its `result` without drafts. */
  keep<Result>(result: Result): Result {
    if (this.#before === undefined) return result
    const plain = undraft(result)
    if (isDraft(this.#cell.state)) this.#cell.state = immer.finishDraft(this.#cell.state)
    this.#before = undefined
    return plain
  }

  /** Ends a turn that failed: everything is as it was before it. */
  undo(): void {
    const before = this.#before
    if (before === undefined) return
    this.#before = undefined
    this.#cell.state = before.state
    if (this.#cell.behavior !== before.behavior || this.#cell.behaviorsBefore !== before.earlier) {
      enterBehavior(this.#cell, before.behavior, before.earlier)
    }
  }
}

/** Effects whose arguments lose their drafts on the way in. */
function withoutDrafts(effects: Effects): Effects {
  return new Proxy(effects, {
    get(target, name) {
      const effect = Reflect.get(target, name, target)
      if (typeof effect !== 'function') return effect
      return (...parameters: unknown[]) =>
        Reflect.apply(
          effect,
          target,
          parameters.map((value) => undraft(value)),
        )
    },
  })
}

/** `value` with every draft in it replaced by plain data; `value` itself when it has none. */
function undraft<Value>(value: Value): Value {
  return replaced(value, new Map()) as Value
}

function replaced(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isDraft(value)) return current(value)
  if (!isDraftable(value)) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  // Until its parts are known; a cycle has no drafts in it that are not found on the way.
  seen.set(value, value)
  const made = withParts(value, (part) => replaced(part, seen))
  seen.set(value, made)
  return made
}

/** `value` with its parts mapped; the same object when none of them changed. */
function withParts(value: object, map: (part: unknown) => unknown): object {
  let changed = false
  const part = (before: unknown) => {
    const after = map(before)
    if (after !== before) changed = true
    return after
  }
  let made: object
  if (Array.isArray(value)) made = value.map(part)
  else if (value instanceof Map) made = new Map([...value].map(([key, item]) => [part(key), part(item)]))
  else if (value instanceof Set) made = new Set([...value].map(part))
  else made = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, part(item)]))
  return changed ? made : value
}

/** Throws a {@link ConfigurationError} that names the place when `state` is nothing that a turn can be rolled back on. */
export function assertRollsBack(state: unknown, definition: string): void {
  const places = new Map<object, string>()
  const refuse = (place: string, what: string): never => {
    throw new ConfigurationError(
      `spawn of ${definition}: supervise.rollback cannot undo changes of ${place}, which is ${what}; the state must be a tree of plain objects, arrays, Maps, Sets and immutable values`,
      { definition, place },
    )
  }
  const check = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null || value instanceof Ref || value instanceof ReplyToken) return
    const elsewhere = places.get(value)
    if (elsewhere !== undefined) refuse(place, `the same object as ${elsewhere}`)
    places.set(value, place)
    if (value instanceof Map || value instanceof Set) {
      const name = value instanceof Map ? 'Map' : 'Set'
      if (Object.getPrototypeOf(value) !== (value instanceof Map ? Map : Set).prototype)
        refuse(place, `a class of ${name}`)
      for (const [key, item] of value.entries()) {
        if (value instanceof Set) check(item, `${place}.item`)
        else if (isImmutable(key)) check(item, `${place}.get(${String(key)})`)
        else refuse(`a key of ${place}`, 'an object')
      }
    } else if (isDraftable(value)) {
      for (const key of Reflect.ownKeys(value)) {
        const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor
        const at = Array.isArray(value) ? `${place}[${String(key)}]` : `${place}.${String(key)}`
        if ('value' in property) check(property.value, at)
        else refuse(at, 'an accessor')
      }
    } else refuse(place, `an instance of ${value.constructor?.name ?? 'an unknown class'}`)
  }
  check(state, 'state')
}

function isImmutable(key: unknown): boolean {
  return typeof key !== 'object' || key === null || key instanceof Ref || key instanceof ReplyToken
}
