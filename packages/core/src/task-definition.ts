/**
 * `defineTask`: work that would keep a node from its other actors, as a value. A task is a function of its arguments;
 * `ctx.task` runs it where the host runs such work: on a pool of threads, or in place where time is virtual.
 */
import { ConfigurationError } from './errors.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { moduleProblemOf } from './module-url.ts'
import type { NotSendable, Sendable } from './protocol.ts'
import { shownValue } from './shown-value.ts'

declare const typesOf: unique symbol
const brand = Symbol.for('troupe.task-definition')

/** A task definition: pass it to `ctx.task`. */
export interface TaskDefinition<Args, Result> {
  readonly name: string
  /** The URL of the module that exports the definition: how another thread finds it. */
  readonly module: string | undefined
  readonly [typesOf]?: { readonly args: (args: Args) => void; readonly result: Result }
}

/** What a task's `run` gets beside its arguments. */
export interface TaskContext {
  /**
   * Aborted when nobody waits for the result any more. A long loop looks at `signal.aborted` now and then, or calls
   * `signal.throwIfAborted()`: both see the abort without a return to the event loop.
   */
  readonly signal: AbortSignal
  /** Moves these buffers to the caller with the result, instead of copying them; they are detached here. */
  transfer(...buffers: ArrayBuffer[]): void
}

/** Options of one run of a task. */
export interface TaskOptions {
  /** Ends the task when it is aborted. */
  readonly signal?: AbortSignal
  /** Buffers of the arguments that are moved instead of copied: they are detached here at once. */
  readonly transfer?: readonly ArrayBuffer[]
  /** Ends the task after so many milliseconds, from the call; above 0. Default: never. */
  readonly timeoutMs?: number
}

type CheckedTask<Args, Result> = [Args, Result] extends [Sendable<Args>, Sendable<Result>]
  ? TaskDefinition<Args, Result>
  : NotSendable<'the arguments or the result of a task hold a function or a symbol'>

/**
 * Defines a task. `run` depends on its arguments alone: it has no context of an actor, and in a simulation it may reach
 * for the real world no more than an actor does. `module: import.meta.url` lets the threads of a pool find it; they find
 * it by name among what the module exports. Throws a `ConfigurationError` when a part is missing.
 *
 * ```ts
 * export const countPrimes = defineTask({
 *   name: 'countPrimes', module: import.meta.url,
 *   run: (args: { below: number }, { signal }) => sieve(args.below, signal),
 * })
 * const primes = await ctx.task(countPrimes, { below: 1e7 }, { timeoutMs: 5_000 })
 * ```
 */
export function defineTask<Args, Result>(spec: {
  readonly name: string
  readonly module?: string
  readonly run: (args: Args, context: TaskContext) => Result | Promise<Result>
}): CheckedTask<Args, Awaited<Result>> {
  if (typeof spec !== 'object' || spec === null) throw new ConfigurationError('defineTask needs an object')
  const { name, module, run } = spec
  refuseUnknownOptions(`task ${String(name)}`, spec, { name: true, module: true, run: true })
  if (typeof name !== 'string' || !/^[\w.-]{1,100}$/.test(name)) {
    throw new ConfigurationError(
      `defineTask needs a name of 1 to 100 letters, digits or - _ . , got ${shownValue(name)}`,
    )
  }
  if (typeof run !== 'function') {
    throw new ConfigurationError(`task ${name}: run must be a function, got ${typeof run}`, { task: name })
  }
  const moduleProblem = moduleProblemOf(module)
  if (moduleProblem !== undefined) throw new ConfigurationError(`task ${name}: ${moduleProblem}`, { task: name })
  return Object.freeze({ [brand]: true, name, module, run }) as unknown as CheckedTask<Args, Awaited<Result>>
}

/** What a host reads of a task definition. */
export interface CompiledTask extends TaskDefinition<any, any> {
  readonly run: (args: any, context: TaskContext) => unknown
}

/** True for what `defineTask` made, also by another instance of this module. */
export function isTask(value: unknown): value is CompiledTask {
  return typeof value === 'object' && value !== null && brand in value
}

/** The runnable side of a task; throws a `ConfigurationError` that names the caller when `value` is none. */
export function compiledTask(value: unknown, caller: string): CompiledTask {
  if (isTask(value)) return value
  throw new ConfigurationError(
    `${caller}: task needs a definition made by defineTask(...), got ${value === null ? 'null' : typeof value}`,
  )
}
