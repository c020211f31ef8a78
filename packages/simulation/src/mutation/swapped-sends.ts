/** Two sends of a turn in the other order: those that come one after the other, to the same receiver. */
import { type ActorRef, refKey } from '@troupe/core'
import { type Intercept, isEffect } from './intercepted-context.ts'

export class SwappedSends {
  readonly #first: string
  readonly #second: string
  readonly #onSwap: () => void
  /** The first send, until it is known what comes after it. */
  #held: { readonly to: string; readonly send: () => void } | undefined

  constructor(first: string, second: string, onSwap: () => void) {
    this.#first = first
    this.#second = second
    this.#onSwap = onSwap
  }

  readonly intercept: Intercept = (effect, args, proceed) => {
    const isTell = effect === 'tell' || effect === 'tellWith'
    if (!isTell) {
      if (isEffect(effect) && !effect.startsWith('log.')) this.end()
      return proceed(args)
    }
    const [to, name] = effect === 'tell' ? args : args.slice(1)
    const receiver = refKey(to as ActorRef)
    const held = this.#held
    if (held !== undefined && held.to === receiver && name === this.#second) {
      this.#held = undefined
      this.#onSwap()
      proceed(args)
      held.send()
      return undefined
    }
    this.end()
    if (name !== this.#first) return proceed(args)
    this.#held = { to: receiver, send: () => void proceed(args) }
    return undefined
  }

  /** What is held goes out. */
  end(): void {
    const held = this.#held
    this.#held = undefined
    held?.send()
  }
}
