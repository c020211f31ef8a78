/**
 * Whose code is running: an actor's, the program's, or nobody's that belongs to a run. Asynchronous continuations keep
 * the scope in which they began, so that what they reach for can be told from the code of the world around the run.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RandomStream } from '@troupe/core'

/** What the scopes of one run need to know. */
export interface ScopeSource {
  nowOn(node: string): number
  stream(purpose: string): RandomStream
  /** Fails the run because of a leak. */
  leak(error: Error): void
}

/** The code that runs, and what stands for the real world there. */
export class Scope {
  /** The actor's path, or what else the code is, for messages. */
  who: string
  /** False for the program and its observers, which may read files. */
  isActor: boolean
  readonly #source: ScopeSource
  readonly #node: string

  constructor(source: ScopeSource, node: string, who: string, isActor: boolean) {
    this.#source = source
    this.#node = node
    this.who = who
    this.isActor = isActor
  }

  /** Milliseconds, by the clock of the node that the code runs on. */
  now(): number {
    return this.#source.nowOn(this.#node)
  }

  random(): RandomStream {
    return this.#source.stream(`globals of ${this.who}`)
  }

  leak(error: Error): void {
    this.#source.leak(error)
  }
}

/** The scope of the code that runs now. */
export const currentScope = new AsyncLocalStorage<Scope>()

/** The scopes of one run. */
export class Scopes {
  readonly #source: ScopeSource

  constructor(source: ScopeSource) {
    this.#source = source
  }

  /** Runs one event of a node, in a scope of its own: which actor's it is is known once the kernel has picked one. */
  runNode<Result>(node: string, run: () => Result): Result {
    return currentScope.run(new Scope(this.#source, node, `/${node}`, true), run)
  }

  /** The event that is being run turns out to be a turn of this actor. */
  enterActor(actor: string): void {
    const scope = currentScope.getStore()
    if (scope !== undefined) scope.who = actor
  }

  /** Runs the program, an observer or an invariant, whose clock is that of `node`. */
  runProgram<Result>(node: string, who: string, run: () => Result): Result {
    return currentScope.run(new Scope(this.#source, node, who, false), run)
  }
}
