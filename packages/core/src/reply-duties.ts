/**
 * Reply duties: which actors of a node took a reply into their own hands, and which asks nobody waits for any more. An
 * ask that was given up (aborted, timed out, its asker gone) is told to the actor that it was sent to: a message that
 * still waits is dropped before its turn, a turn under way or a deferred reply has its signal aborted.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ReplyToken } from './actor-ref.ts'
import type { AskTable } from './ask-table.ts'
import { Deferral, Deferrals, sameToken } from './deferrals.ts'
import { AskAbortedError } from './errors.ts'
import { tokenKey } from './reply-keys.ts'

interface ReplyDutiesParts {
  readonly node: string
  readonly epoch: number
  readonly asks: AskTable
}

/** Given-up asks that a cell may remember beyond those that its mailbox can hold. */
const givenUpSlack = 64

export class ReplyDuties {
  readonly #node: string
  readonly #epoch: number
  readonly #asks: AskTable
  /** What actors of this node deferred: replies to asks of this node, by their numbers. */
  readonly #deferredOwn = new Map<number, Deferral>()
  /** The same of other nodes. */
  readonly #deferred = new Deferrals()
  /** The latest epoch of each node that died. */
  readonly #downEpochs = new Map<string, number>()

  constructor({ node, epoch, asks }: ReplyDutiesParts) {
    this.#node = node
    this.#epoch = epoch
    this.#asks = asks
  }

  /** Replies of this node's actors that were deferred and are still owed. */
  get deferredCount(): number {
    return this.#deferredOwn.size + this.#deferred.size
  }

  defer(cell: ActorCell, token: ReplyToken): Deferral {
    const deferral = new Deferral(token, cell)
    cell.deferred ??= new Deferrals()
    cell.deferred.set(deferral)
    if (this.#isOwn(token)) {
      this.#deferredOwn.set(token.askId, deferral)
      const ask = this.#asks.pending(token.askId)
      if (ask !== undefined) ask.isDeferred = true
    } else this.#deferred.set(deferral)
    return deferral
  }

  /** The ask was answered, or left to another actor: whoever of this node deferred its reply can forget it. */
  release(token: ReplyToken): Deferral | undefined {
    if (this.#isOwn(token)) return this.releaseOwn(token.askId)
    if (this.#deferred.size === 0) return undefined
    const deferral = this.#deferred.take(token)
    deferral?.cell.deferred?.take(token)
    return deferral
  }

  /** {@link release} of an ask of this node, by its number. */
  releaseOwn(askId: number): Deferral | undefined {
    const deferral = this.#deferredOwn.get(askId)
    if (deferral === undefined) return undefined
    this.#deferredOwn.delete(askId)
    deferral.cell.deferred?.take(deferral.token)
    return deferral
  }

  /** Nobody waits for the reply any more; the ask was sent to `cell`. */
  withdraw(cell: ActorCell | undefined, token: ReplyToken): void {
    const deferral = this.release(token)
    if (deferral !== undefined) {
      this.#abort(deferral, () => givenUp('a deferred reply'))
      return
    }
    if (cell === undefined) return
    const { current } = cell
    if (current?.replyTo !== undefined && sameToken(current.replyTo, token)) {
      cell.context?.abort(givenUp(current.name))
      return
    }
    for (const { envelope, context } of cell.interleaved?.values() ?? []) {
      if (envelope.replyTo === undefined || !sameToken(envelope.replyTo, token)) continue
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
    const withdraw = (cell: ActorCell, token: ReplyToken | undefined) => {
      if (token?.node === node && token.epoch <= epoch) this.withdraw(cell, token)
    }
    const isOwing = this.#deferred.size > 0
    for (const cell of cells) {
      // Most of a node that is large owe nobody anything.
      if (!hasBegun(cell)) continue
      const { current, interleaved, deferred } = cell
      const others = interleaved === undefined ? [] : [...interleaved.keys()]
      withdraw(cell, current?.replyTo)
      for (const { replyTo } of others) withdraw(cell, replyTo)
      if (isOwing) for (const { token } of [...(deferred ?? [])]) withdraw(cell, token)
    }
  }

  /** What `cell` began is cut short: the signals of its turn and of what it deferred are aborted. */
  cutShort(cell: ActorCell, reason: () => Error): void {
    if (cell.current !== undefined) cell.context?.abort(reason())
    for (const { context } of cell.interleaved?.values() ?? []) context.abort(reason())
    for (const deferral of cell.deferred ?? []) this.#abort(deferral, reason)
  }

  /** The replies that an actor which is no more had deferred; it owes them no longer. */
  dropCell(cell: ActorCell): ReplyToken[] {
    const tokens: ReplyToken[] = []
    for (const { token } of cell.deferred ?? []) {
      if (this.#isOwn(token)) this.#deferredOwn.delete(token.askId)
      else this.#deferred.take(token)
      tokens.push(token)
    }
    cell.deferred = undefined
    cell.givenUp = undefined
    return tokens
  }

  /** Most turns that deferred a reply never asked for their signal, and nobody hears why it would be aborted. */
  #abort({ controller }: Deferral, reason: () => Error): void {
    controller?.abort(reason())
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

/** True for one that may owe somebody an answer beyond its synchronous turn. */
function hasBegun({ current, extras }: ActorCell): boolean {
  if (current !== undefined) return true
  return extras !== undefined && (extras.interleaved !== undefined || (extras.deferred?.size ?? 0) > 0)
}

function waitingOf({ mailbox, stash }: ActorCell): number {
  return mailbox.length + (mailbox.waiting?.length ?? 0) + (stash?.length ?? 0)
}

function givenUp(name: string): AskAbortedError {
  return new AskAbortedError(`nobody waits for the reply to ${name} any more`, { message: name })
}
