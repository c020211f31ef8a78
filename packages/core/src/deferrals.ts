/**
 * Replies that were deferred, by their tokens. They are kept by the number of the ask alone, since asks of several nodes
 * rarely have the same at a time: no string is made of a token to look for it.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ReplyToken } from './actor-ref.ts'

/** A reply that an actor took into its own hands. */
export class Deferral {
  readonly token: ReplyToken
  /** The actor. */
  readonly cell: ActorCell
  /** Of the signal of the turn that deferred it, if that turn asked for one. */
  controller: AbortController | undefined = undefined

  constructor(token: ReplyToken, cell: ActorCell) {
    this.token = token
    this.cell = cell
  }
}

export class Deferrals implements Iterable<Deferral> {
  /** A list where there are several of one number. */
  readonly #byAsk = new Map<number, Deferral | Deferral[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Puts one in, in the place of that of the same token. */
  set(deferral: Deferral): void {
    const { askId } = deferral.token
    const known = this.#byAsk.get(askId)
    if (known === undefined) this.#byAsk.set(askId, deferral)
    else {
      const others = (Array.isArray(known) ? known : [known]).filter(({ token }) => !sameToken(token, deferral.token))
      this.#size -= Array.isArray(known) ? known.length - others.length : 1 - others.length
      this.#byAsk.set(askId, [...others, deferral])
    }
    this.#size++
  }

  get(token: ReplyToken): Deferral | undefined {
    const known = this.#byAsk.get(token.askId)
    if (known === undefined) return undefined
    if (Array.isArray(known)) return known.find((deferral) => sameToken(deferral.token, token))
    return sameToken(known.token, token) ? known : undefined
  }

  /** Takes it out; `undefined` when it is not in. */
  take(token: ReplyToken): Deferral | undefined {
    const deferral = this.get(token)
    if (deferral === undefined) return undefined
    const { askId } = token
    const known = this.#byAsk.get(askId)
    if (!Array.isArray(known) || known.length === 1) this.#byAsk.delete(askId)
    else {
      this.#byAsk.set(
        askId,
        known.filter((other) => other !== deferral),
      )
    }
    this.#size--
    return deferral
  }

  /** In the order in which they were put in, those of one number together. */
  *[Symbol.iterator](): Iterator<Deferral> {
    for (const known of this.#byAsk.values()) {
      if (Array.isArray(known)) yield* known
      else yield known
    }
  }
}

/** True when both are of the same ask. */
export function sameToken(left: ReplyToken, right: ReplyToken): boolean {
  return left.askId === right.askId && left.epoch === right.epoch && left.node === right.node
}
