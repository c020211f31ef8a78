/**
 * How actors end, in one step: their children first, the last spawned first, then comes their own last turn. No turn is under
 * way between two steps, so nobody has to be waited for. What is under way to who is gone finds nobody.
 */
import { ActorStoppedError } from '@troupe/core'
import type { ActorSystemParts } from './actor-system.ts'
import { canonicalValue } from './canonical-value.ts'
import type { SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import type { Step } from './step.ts'

/** What an ending asks of the system. */
interface SystemSteps {
  /** Takes a step of one actor, in place. */
  take(next: Int32Array, step: Step): void
  /** What `next` can be when an actor waits for no replies any more. */
  withoutAsks(next: Int32Array, actor: number): Int32Array[]
}

export class Endings {
  readonly #parts: ActorSystemParts
  /** Where the network is in a tuple. */
  readonly #place: number
  readonly #steps: SystemSteps

  constructor(parts: ActorSystemParts, place: number, steps: SystemSteps) {
    this.#parts = parts
    this.#place = place
    this.#steps = steps
  }

  /** What `tuple` can be when `actor` has ended. */
  end(tuple: Int32Array, actor: number): Int32Array[] {
    const { transitions, system } = this.#parts
    if (transitions.local(actor, tuple[actor] as number).suspended !== undefined) {
      const what = `actor ${system.label(actor)} ends with its parent while it awaits a reply, which the checker cannot wait for`
      throw new CheckerError(`${what}: have it ask by ctx.askThen`, { actor: system.label(actor) })
    }
    return this.endChildren(tuple, actor)
      .flatMap((before) =>
        transitions.lastTurns(actor, before[actor] as number).map((step) => {
          const next = before.slice()
          this.#steps.take(next, step)
          return next
        }),
      )
      .flatMap((next) => this.#steps.withoutAsks(next, actor))
      .map((next) => {
        const { owed } = transitions.local(actor, next[actor] as number)
        next[actor] = 0
        this.#send(
          next,
          owed.map((ask) => this.#stopped(ask, actor)),
        )
        this.bury(next, actor)
        const { parent } = system.actors[actor] as SystemActor
        if (parent >= 0 && next[parent] !== 0) next[parent] = this.#withoutChild(parent, next[parent] as number, actor)
        return next
      })
  }

  /** What `tuple` can be when the children of `actor` have ended. */
  endChildren(tuple: Int32Array, actor: number): Int32Array[] {
    const { children } = this.#parts.transitions.local(actor, tuple[actor] as number).kin
    let left = [tuple]
    for (const child of children.toReversed()) {
      if (!child.isGone) left = left.flatMap((next) => this.end(next, child.actor))
    }
    return left
  }

  /** Takes what is under way to `actor`, who is gone, out of the network. Who asked is told, unless that was done. */
  bury(next: Int32Array, actor: number, tells = true): void {
    const { network, messages } = this.#parts
    const contents = next[this.#place] as number
    const left: number[] = []
    const answers: number[] = []
    for (let index = network.start(contents); index < network.end(contents); index++) {
      const message = network.messageAt(index)
      const { to, kind, ask } = messages.get(message)
      if (to !== actor) left.push(message)
      else if (kind === 'ask' && tells) answers.push(this.#stopped(ask, actor))
    }
    if (left.length === network.end(contents) - network.start(contents)) return
    const last = network.last(contents)
    next[this.#place] = network.of(left, last)
    this.#send(next, answers)
  }

  #send(next: Int32Array, sent: readonly number[]): void {
    if (sent.length === 0) return
    const { network, messages } = this.#parts
    // Who asked may be gone too.
    const heard = sent.filter((message) => next[messages.get(message).to] !== 0)
    next[this.#place] = network.apply(next[this.#place] as number, network.turnDelta(-1, heard))
  }

  /** The answer of `actor` to an ask that it will not answer any more. */
  #stopped(ask: number, actor: number): number {
    const { asks, messages } = this.#parts
    const { from, name, onError } = asks.get(ask)
    const error = new ActorStoppedError(`${name}: the actor is not there or stopped before it replied`, {
      message: name,
    })
    return messages.intern(actor, from, onError, canonicalValue(error, onError, unlikely), 'error', ask)
  }

  #withoutChild(parent: number, local: number, actor: number): number {
    return this.#parts.transitions.runner.withKin(parent, local, (kin) => ({
      ...kin,
      children: kin.children.map((child) => (child.actor === actor ? { ...child, isGone: true } : child)),
    }))
  }
}

/** What the checker made itself is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`${path} is ${what}`)
