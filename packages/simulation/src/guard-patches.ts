/**
 * How the guard changes the platform: what is put in the place of a function or class, and how all of it is put back. What
 * is forbidden asks whose code is running by its scope, and is as ever for everybody outside the runs.
 */
import { currentScope, type Scope } from './scopes.ts'
import { DeterminismError } from './simulation-errors.ts'

export type Callable = (this: unknown, ...parameters: any[]) => any

const undo: (() => void)[] = []

/** Puts everything back, the last change first. */
export function restoreAll(): void {
  for (const restore of undo.splice(0).reverse()) restore()
}

/** Has something done when everything is put back. */
export function onRestore(restore: () => void): void {
  undo.push(restore)
}

/** Puts `value` in the place of a property. */
export function put(owner: object, key: string, value: unknown): void {
  const enumerable = Object.getOwnPropertyDescriptor(owner, key)?.enumerable ?? true
  define(owner, key, { value, enumerable, configurable: true, writable: true })
}

/** Puts a property in the place of another. */
export function define(owner: object, key: string, descriptor: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(owner, key)
  Object.defineProperty(owner, key, descriptor)
  undo.push(() => {
    if (before === undefined) Reflect.deleteProperty(owner, key)
    else Object.defineProperty(owner, key, before)
  })
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

/** By what they stand for and the name by which that is refused: those of earlier runs are put in place again. */
const guards = new WeakMap<Callable, Map<string, Callable>>()

/** Refuses calls of a function. */
export function forbid(owner: object, key: string, refusal: Refusal): void {
  patch(owner, key, (original) => {
    const known = guards.get(original) ?? new Map<string, Callable>()
    guards.set(original, known)
    const { name } = refusal
    const before = known.get(name)
    if (before !== undefined) return before
    function guarded(this: unknown, ...parameters: unknown[]): unknown {
      refuse(refusal, 'called')
      return original.apply(this, parameters)
    }
    // Such as the promise-returning forms that `util.promisify` finds.
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
    known.set(name, guarded)
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
