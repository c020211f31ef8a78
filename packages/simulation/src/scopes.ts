/**
 * Whose code is running: an actor's, the program's, or nobody's that belongs to a run. Asynchronous continuations keep
 * the scope in which they began, so that what they reach for can be told from the code of the world around the run.
 *
 *     an event begins        running = its scope                       two stores, nothing else
 *     it makes a promise     the platform's hook enters the scope      what goes on from here has it
 *     the event ends         running is as before; what was entered is left
 *     a continuation runs    nothing is running: the platform says in which scope it began
 *
 * An event that makes no promise, which most do not, pays for the stores alone.
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
  /** True once continuations have it. */
  isCarried = false
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

/** The scopes of asynchronous continuations. */
const carried = new AsyncLocalStorage<Scope | undefined>()
/** The scope of the event that is being run; `undefined` between events, when continuations run. */
let running: Scope | undefined
/** True once the running scope is that of continuations, too, and what theirs was before. */
let entered = false
let carriedBefore: Scope | undefined

/** The scope of the code that runs now. */
export function currentScope(): Scope | undefined {
  return running ?? carried.getStore()
}

/** Runs `run` in `scope`. */
function runIn<Argument, Result>(scope: Scope, run: (argument: Argument) => Result, argument: Argument): Result {
  const outer = running
  const outerEntered = entered
  const outerCarried = carriedBefore
  running = scope
  entered = false
  try {
    return run(argument)
  } finally {
    if (entered) carried.enterWith(carriedBefore)
    running = outer
    entered = outerEntered
    carriedBefore = outerCarried
  }
}

/** What goes on from here has the scope of the code that runs now. */
function carry(): void {
  if (running === undefined) return
  const before = carried.getStore()
  if (before === running) return
  if (!entered) carriedBefore = before
  entered = true
  running.isCarried = true
  carried.enterWith(running)
}

/** {@link runIn} with two arguments. */
function runWithin<On, What, Result>(scope: Scope, run: (on: On, what: What) => Result, on: On, what: What): Result {
  return runIn(scope, () => run(on, what), undefined)
}

/** The outermost scope is left that continuations had, too. */
function uncarry(): void {
  carried.enterWith(carriedBefore)
  entered = false
  carriedBefore = undefined
}

/** The scopes of one node's events. */
export class NodeScopes {
  readonly name: string
  readonly path: string
  /** For the next event; none while one is being run. */
  spare: Scope | undefined = undefined

  constructor(name: string) {
    this.name = name
    this.path = `/${name}`
  }
}

/** Code of the program that is run again and again: an observer, a property. Each time it is a scope of its own. */
export class ProgramScopes {
  readonly #make: () => Scope
  #spare: Scope | undefined

  constructor(make: () => Scope) {
    this.#make = make
  }

  run<Argument, Result>(run: (argument: Argument) => Result, argument: Argument): Result {
    const scope = this.#spare ?? this.#make()
    this.#spare = undefined
    const isWithin = running !== undefined
    try {
      if (isWithin) return runIn(scope, run, argument)
      running = scope
      return run(argument)
    } finally {
      if (!isWithin) {
        running = undefined
        if (entered) uncarry()
      }
      if (!scope.isCarried) this.#spare = scope
    }
  }
}

/** The scopes of one run. */
export class Scopes {
  readonly #source: ScopeSource

  constructor(source: ScopeSource) {
    this.#source = source
  }

  /** Runs one event of a node, in a scope of its own: which actor's it is is known once the kernel has picked one. */
  runNode<On, What, Result>(node: NodeScopes, run: (on: On, what: What) => Result, on: On, what: What): Result {
    const scope = node.spare ?? new Scope(this.#source, node.name, node.path, true)
    node.spare = undefined
    scope.who = node.path
    if (running !== undefined) return runWithin(scope, run, on, what)
    running = scope
    try {
      return run(on, what)
    } finally {
      running = undefined
      if (entered) uncarry()
      // What goes on later keeps it, as it was in this event.
      if (!scope.isCarried) node.spare = scope
    }
  }

  /** The event that is being run turns out to be a turn of this actor. */
  enterActor(actor: string): void {
    const scope = currentScope()
    if (scope !== undefined) scope.who = actor
  }

  /** Runs the program, whose clock is that of `node`. */
  runProgram<Result>(node: string, who: string, run: () => Result): Result {
    return runIn(new Scope(this.#source, node, who, false), run, undefined)
  }

  /** The scopes of an observer or a property, whose clock is that of `node`. */
  program(node: string, who: string): ProgramScopes {
    return new ProgramScopes(() => new Scope(this.#source, node, who, false))
  }
}

let intercepts = false

/** Whether something may go on before the next step: a promise was made or settled, or the platform is to do something. */
export const continuations = { areDue: false }

/**
 * Has promises that simulated code makes or settles noticed, until the function that it returns is called; rejections, from
 * then on.
 */
export function watchPromises(): () => void {
  if (!intercepts) interceptRejections(process, () => carried.getStore()?.turn)
  intercepts = true
  return v8.promiseHooks.createHook({
    init() {
      continuations.areDue = true
      promiseMade()
      carry()
    },
    settled() {
      continuations.areDue = true
    },
  }) as () => void
}

/** The scopes of a simulated node's turns: the scope of the event that is being run, with its owner. */
export function simulatedScopes(schedule: (run: () => void) => void): TurnScopes {
  const become = (turn: TurnScope | undefined) => {
    const scope = currentScope()
    if (scope === undefined || scope.turn === turn) return
    const own = scope.of(turn)
    if (running === undefined) carried.enterWith(own)
    else {
      running = own
      if (entered) carry()
    }
  }
  return {
    enter: become,
    leave: () => become(undefined),
    run(turn, run) {
      const scope = currentScope()
      if (scope === undefined) return run()
      const inTurn = () => {
        // A promise that is rejected here may have been made elsewhere.
        carry()
        return run()
      }
      return runIn(scope.of(turn), inTurn, undefined)
    },
    settled(run) {
      // Rejections are told between two steps.
      continuations.areDue = true
      schedule(run)
    },
  }
}
