/**
 * How the guard changes the platform: what is put in the place of a function or class, and how all of it is put back. What
 * is forbidden asks whose code is running by its scope, and is as ever for everybody outside the runs.
 */
import { currentScope, type Scope } from './scopes.ts'
import { DeterminismError } from './simulation-errors.ts'

export type Callable = (this: unknown, ...parameters: any[]) => any

/** One property that was changed. */
class Change {
  readonly #owner: object
  readonly #key: string
  /** What stands there meanwhile. */
  readonly #during: PropertyDescriptor
  /** What it read before, of its own or not. */
  readonly #valueBefore: unknown
  readonly #before: PropertyDescriptor | undefined
  /** Nothing but the value is another, so that assigning it is enough, which takes a fraction of the time. */
  readonly #isAssigned: boolean

  constructor(owner: object, key: string, during: PropertyDescriptor) {
    this.#owner = owner
    this.#key = key
    this.#during = during
    this.#valueBefore = Reflect.get(owner, key)
    const before = Object.getOwnPropertyDescriptor(owner, key)
    this.#before = before
    this.#isAssigned = isPlain(before) && isPlain(during) && before.enumerable === during.enumerable
  }

  /** True while the property reads what it did when this change was made first. */
  get isAsBefore(): boolean {
    return Reflect.get(this.#owner, this.#key) === this.#valueBefore
  }

  make(): void {
    if (this.#isAssigned) (this.#owner as Record<string, unknown>)[this.#key] = this.#during.value
    else Object.defineProperty(this.#owner, this.#key, this.#during)
  }

  takeBack(): void {
    if (this.#isAssigned) (this.#owner as Record<string, unknown>)[this.#key] = this.#valueBefore
    else if (this.#before === undefined) Reflect.deleteProperty(this.#owner, this.#key)
    else Object.defineProperty(this.#owner, this.#key, this.#before)
  }
}

/** A property that is a value, and may become another. */
function isPlain(descriptor: PropertyDescriptor | undefined): descriptor is PropertyDescriptor {
  return descriptor?.writable === true && descriptor.configurable === true
}

/** All that was changed the last time, in order. */
const changes: Change[] = []

/** Puts everything back, the last change first. */
export function restoreAll(): void {
  takeBack(changes.length)
}

/**
 * Changes all that was changed the last time, in the same way. False, with nothing changed, where nothing was, or something
 * is not what it was then: all is to be changed anew.
 */
export function repeatAll(): boolean {
  const length = changes.length
  let made = 0
  while (made < length && (changes[made] as Change).isAsBefore) (changes[made++] as Change).make()
  if (made === length) return length > 0
  takeBack(made)
  changes.length = 0
  return false
}

/** Takes back the first of the changes. */
function takeBack(made: number): void {
  for (let index = made - 1; index >= 0; index--) (changes[index] as Change).takeBack()
}

/** Puts `value` in the place of a property. */
export function put(owner: object, key: string, value: unknown): void {
  const enumerable = Object.getOwnPropertyDescriptor(owner, key)?.enumerable ?? true
  define(owner, key, { value, enumerable, configurable: true, writable: true })
}

/** Puts a property in the place of another. */
export function define(owner: object, key: string, descriptor: PropertyDescriptor): void {
  const change = new Change(owner, key, descriptor)
  change.make()
  changes.push(change)
}

/** Puts a function in the place of another, which it is made from. Nothing, where there is none of that name. */
export function patch(owner: object, key: string, replacementOf: (original: Callable) => Callable): void {
  const original = Reflect.get(owner, key)
  if (typeof original === 'function') put(owner, key, replacementOf(original))
}

/** Whose code is refused. */
export type Applies = (scope: Scope) => boolean

const everywhere: Applies = () => true
/** The program may read what it is to run with; an actor may not. */
export const actorsOnly: Applies = (scope) => scope.isActor

/** What is refused, as the error says it. */
export interface Refusal {
  readonly name: string
  /** What to use in its place. */
  readonly instead: string
  readonly applies?: Applies
}

/** Refuses calls of a function. */
export function forbid(owner: object, key: string, refusal: Refusal): void {
  patch(owner, key, (original) => {
    function guarded(this: unknown, ...parameters: unknown[]): unknown {
      refuse(refusal, 'called')
      return original.apply(this, parameters)
    }
    // Such as the promise-returning forms that `util.promisify` finds.
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
    return guarded
  })
}

/** Refuses the functions of a module, but for those that `isAllowed` lets through. */
export function forbidAll(
  module: object,
  { name, ...refusal }: Refusal,
  isAllowed: (key: string) => boolean = () => false,
): void {
  for (const [key, value] of Object.entries(module)) {
    // Classes stay: what they do goes through the functions, or nobody can have made one.
    if (typeof value !== 'function' || !/^[a-z]/.test(key) || isAllowed(key)) continue
    forbid(module, key, { ...refusal, name: `${name}.${key}` })
  }
}

/** Refuses the making of instances of a class. */
export function forbidNew(owner: object, key: string, refusal: Refusal): void {
  const original = Reflect.get(owner, key)
  if (typeof original !== 'function') return
  const guarded: object = new Proxy(original, {
    construct(target, parameters, newTarget): object {
      refuse(refusal, 'made a')
      return Reflect.construct(target, parameters, newTarget === guarded ? target : newTarget)
    },
  })
  put(owner, key, guarded)
}

/** Throws, and fails the run whoever catches it, when the code that runs now must not do this. */
export function refuse({ name, instead, applies = everywhere }: Refusal, did: string): void {
  const scope = currentScope()
  if (scope === undefined || !applies(scope)) return
  const { who } = scope
  const error = new DeterminismError(`${who} ${did} ${name} in a simulation: ${instead}`, { who, name })
  scope.leak(error)
  throw error
}
