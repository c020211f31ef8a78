/**
 * Whose code is running: an actor's, the program's, or nobody's that belongs to a run. Asynchronous continuations keep
 * the scope in which they began, so that what they reach for can be told from the code of the world around the run.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import v8 from 'node:v8'
import type { RandomStream } from '@troupe/core'
import { interceptRejections, promiseMade, type TurnScope, type TurnScopes } from '@troupe/core/host'

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
  /** Whose the promises are that are made here; `undefined`: nobody's. */
  readonly turn: TurnScope | undefined
  readonly #source: ScopeSource
  readonly #node: string

  constructor(source: ScopeSource, node: string, who: string, isActor: boolean, turn?: TurnScope) {
    this.turn = turn
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

  /** The same code, as that of a turn or of nobody. */
  of(turn: TurnScope | undefined): Scope {
    return new Scope(this.#source, this.#node, this.who, this.isActor, turn)
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

let intercepts = false

/** Has promises that actors make noticed, until the function that it returns is called; rejections, from then on. */
export function watchPromises(): () => void {
  if (!intercepts) interceptRejections(process, () => currentScope.getStore()?.turn)
  intercepts = true
  return v8.promiseHooks.onInit(promiseMade) as () => void
}

/** What the scopes of turns need of the run: its promises to go on before the next step, and a step of their node. */
export interface TurnScopeSteps {
  drain(): void
  schedule(run: () => void): void
}

/** The scopes of a simulated node's turns: the scope of the event that is being run, with its owner. */
export function simulatedScopes({ drain, schedule }: TurnScopeSteps): TurnScopes {
  const become = (turn: TurnScope | undefined) => {
    const scope = currentScope.getStore()
    if (scope !== undefined && scope.turn !== turn) currentScope.enterWith(scope.of(turn))
  }
  return {
    enter(turn) {
      // What it goes on with happens before the next step, and so does its rejection.
      drain()
      become(turn)
    },
    leave: () => become(undefined),
    run(turn, run) {
      const scope = currentScope.getStore()
      drain()
      return scope === undefined ? run() : currentScope.run(scope.of(turn), run)
    },
    settled(run) {
      drain()
      schedule(run)
    },
  }
}
