/**
 * Whose code is running: an actor's, the program's, or nobody's that belongs to a run. Asynchronous continuations keep
 * the scope in which they began, so that what they reach for can be told from the code of the world around the run.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RandomStream } from '@troupe/core'

/** The code that runs, and what stands for the real world there. */
export interface Scope {
  /** The actor's path, or what else the code is, for messages. */
  readonly who: string
  /** False for the program and its observers, which may read files. */
  readonly isActor: boolean
  /** Milliseconds, by the clock of the node that the code runs on. */
  now(): number
  random(): RandomStream
  /** Fails the run because of a leak. */
  leak(error: Error): void
}

/** The scope of the code that runs now. */
export const currentScope = new AsyncLocalStorage<Scope>()

/** What the scopes of one run need to know. */
export interface ScopeSource {
  nowOn(node: string): number
  stream(purpose: string): RandomStream
  leak(error: Error): void
}

/** The scopes of one run. */
export class Scopes {
  readonly #source: ScopeSource

  constructor(source: ScopeSource) {
    this.#source = source
  }

  /** Runs the code of one actor. */
  runActor<Result>(node: string, actor: string, run: () => Result): Result {
    return currentScope.run(this.#scope(node, actor, true), run)
  }

  /** Runs the program, an observer or an invariant, whose clock is that of `node`. */
  runProgram<Result>(node: string, who: string, run: () => Result): Result {
    return currentScope.run(this.#scope(node, who, false), run)
  }

  #scope(node: string, who: string, isActor: boolean): Scope {
    const source = this.#source
    return {
      who,
      isActor,
      now: () => source.nowOn(node),
      random: () => source.stream(`globals of ${who}`),
      leak: (error) => source.leak(error),
    }
  }
}
