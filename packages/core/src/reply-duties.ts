/**
 * Reply duties: which actors of a node took a reply into their own hands, and which asks nobody waits for any more. An
 * ask that was given up (aborted, timed out, its asker gone) is told to the actor that it was sent to: a message that
 * still waits is dropped before its turn, a turn under way or a deferred reply has its signal aborted.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ReplyToken } from './actor-ref.ts'
import type { AskTable } from './ask-table.ts'
import { AskAbortedError } from './errors.ts'
import { deferralKey, tokenKey } from './reply-keys.ts'

/** A reply that an actor took into its own hands. */
export interface Deferral {
  readonly token: ReplyToken
  /** Of the signal of the turn that deferred it, if that turn asked for one. */
  controller: AbortController | undefined
}

interface ReplyDutiesParts {
  readonly node: string
  readonly epoch: number
  readonly asks: AskTable
  readonly onAbort: () => void
}

/** Given-up asks that a cell may remember beyond those that its mailbox can hold. */
const givenUpSlack = 64

export class ReplyDuties {
  readonly #node: string
  readonly #epoch: number
  readonly #asks: AskTable
  readonly #onAbort: () => void
  /** Who of this node deferred the reply to an ask of this node, by its number. */
  readonly #deferringOwn = new Map<number, ActorCell>()
  /** The same for asks of other nodes, by token. */
  readonly #deferring = new Map<string, ActorCell>()
  /** The latest epoch of each node that died. */
  readonly #downEpochs = new Map<string, number>()

  /** `onAbort` is called before a signal is aborted. */
  constructor({ node, epoch, asks, onAbort }: ReplyDutiesParts) {
    this.#node = node
    this.#epoch = epoch
    this.#asks = asks
    this.#onAbort = onAbort
  }

  /** Replies of this node's actors that were deferred and are still owed. */
  get deferredCount(): number {
    return this.#deferringOwn.size + this.#deferring.size
  }

  defer(cell: ActorCell, token: ReplyToken): Deferral {
    const key = deferralKey(cell, token)
    const deferral: Deferral = { token, controller: undefined }
    cell.deferred ??= new Map()
    cell.deferred.set(key, deferral)
    if (typeof key === 'number') {
      this.#deferringOwn.set(key, cell)
      const ask = this.#asks.pending(key)
      if (ask !== undefined) ask.isDeferred = true
    } else this.#deferring.set(key, cell)
    return deferral
  }

  /** The ask was answered, or left to another actor: whoever of this node deferred its reply can forget it. */
  release(token: ReplyToken): Deferral | undefined {
    return this.#isOwn(token) ? this.releaseOwn(token.askId) : this.#release(token)
  }

  /** {@link release} of an ask of this node, by its number. */
  releaseOwn(askId: number): Deferral | undefined {
    const cell = this.#deferringOwn.get(askId)
    if (cell === undefined) return undefined
    this.#deferringOwn.delete(askId)
    return forget(cell, askId)
  }

  #release(token: ReplyToken): Deferral | undefined {
    if (this.#deferring.size === 0) return undefined
    const key = tokenKey(token)
    const cell = this.#deferring.get(key)
    if (cell === undefined) return undefined
    this.#deferring.delete(key)
    return forget(cell, key)
  }

  /** Nobody waits for the reply any more; the ask was sent to `cell`. */
  withdraw(cell: ActorCell | undefined, token: ReplyToken): void {
    const deferral = this.release(token)
    if (deferral !== undefined) {
      this.#abort(deferral, givenUp('a deferred reply'))
      return
    }
    if (cell === undefined) return
    const { current } = cell
    if (current?.replyTo !== undefined && sameToken(current.replyTo, token)) {
      this.#onAbort()
      cell.context?.abort(givenUp(current.name))
      return
    }
    for (const { envelope, context } of cell.interleaved?.values() ?? []) {
      if (envelope.replyTo === undefined || !sameToken(envelope.replyTo, token)) continue
      this.#onAbort()
      context.abort(givenUp(envelope.name))
      return
    }
    if (!this.#isOwn(token) && waitingOf(cell) > 0) this.#remember(cell, tokenKey(token))
  }

  /** True when nobody waits for the reply to a message from the mailbox of `cell`. */
  isGivenUp(cell: ActorCell, token: ReplyToken): boolean {
    if (this.#isOwn(token)) return !this.#asks.has(token.askId)
    if (this.#downEpochs.size > 0 && token.epoch <= (this.#downEpochs.get(token.node) ?? -1)) return true
    return cell.givenUp?.delete(tokenKey(token)) ?? false
  }

  /** A node died with its askers. */
  nodeDown(node: string, epoch: number, cells: Iterable<ActorCell>): void {
    this.#downEpochs.set(node, Math.max(epoch, this.#downEpochs.get(node) ?? -1))
    const isDead = (token: ReplyToken | undefined) => token?.node === node && token.epoch <= epoch
    for (const cell of cells) {
      // Most of a node that is large owe nobody anything.
      if (cell.current === undefined && cell.interleaved === undefined && cell.deferred === undefined) continue
      const underWay = [cell.current, ...(cell.interleaved?.keys() ?? [])]
      for (const turn of underWay) if (isDead(turn?.replyTo)) this.withdraw(cell, turn?.replyTo as ReplyToken)
      for (const { token } of [...(cell.deferred?.values() ?? [])]) if (isDead(token)) this.withdraw(cell, token)
    }
  }

  /** What `cell` began is cut short: the signals of its turn and of what it deferred are aborted. */
  cutShort(cell: ActorCell, reason: () => Error): void {
    if (cell.current !== undefined) {
      this.#onAbort()
      cell.context?.abort(reason())
    }
    for (const { context } of cell.interleaved?.values() ?? []) {
      this.#onAbort()
      context.abort(reason())
    }
    for (const deferral of cell.deferred?.values() ?? []) this.#abort(deferral, reason())
  }

  /** The replies that an actor which is no more had deferred; it owes them no longer. */
  dropCell(cell: ActorCell): ReplyToken[] {
    const tokens: ReplyToken[] = []
    for (const [key, { token }] of cell.deferred ?? []) {
      if (typeof key === 'number') this.#deferringOwn.delete(key)
      else this.#deferring.delete(key)
      tokens.push(token)
    }
    cell.deferred = undefined
    cell.givenUp = undefined
    return tokens
  }

  #abort({ controller }: Deferral, reason: Error): void {
    if (controller === undefined) return
    this.#onAbort()
    controller.abort(reason)
  }

  #isOwn(token: ReplyToken): boolean {
    return token.node === this.#node && token.epoch === this.#epoch
  }

  /** The message may be in the mailbox, or handled already: what is remembered for nothing is weeded out in time. */
  #remember(cell: ActorCell, key: string): void {
    cell.givenUp ??= new Set()
    cell.givenUp.add(key)
    if (cell.givenUp.size <= waitingOf(cell) + givenUpSlack) return
    const waiting = new Set<string>()
    const note = (token: ReplyToken | undefined) => {
      if (token !== undefined && cell.givenUp?.has(tokenKey(token))) waiting.add(tokenKey(token))
    }
    for (const { replyTo } of [...cell.mailbox, ...(cell.stash ?? [])]) note(replyTo)
    for (const { envelope, offer } of cell.mailbox.waiting ?? []) note(offer ?? envelope.replyTo)
    cell.givenUp = waiting
  }
}

/** The cell owes that reply no longer. */
function forget(cell: ActorCell, key: string | number): Deferral | undefined {
  const deferral = cell.deferred?.get(key)
  cell.deferred?.delete(key)
  return deferral
}

function waitingOf({ mailbox, stash }: ActorCell): number {
  return mailbox.length + (mailbox.waiting?.length ?? 0) + (stash?.length ?? 0)
}

function sameToken(left: ReplyToken, right: ReplyToken): boolean {
  return left.askId === right.askId && left.epoch === right.epoch && left.node === right.node
}

function givenUp(name: string): AskAbortedError {
  return new AskAbortedError(`nobody waits for the reply to ${name} any more`, { message: name })
}
