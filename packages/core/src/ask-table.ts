/**
 * The asks of a node that wait for their reply. Most end before many others began, so each has a place of its own by its
 * number, and only those that find it taken are in a map.
 *
 * Asks whose ends are messages are often over within the run of turns in which they began. They are put into the lists, of
 * their actor and of their timeout, only once as many others have begun as there are places, or somebody looks at a list.
 */
import type { ActorCell } from './actor-cell.ts'
import { type Ref, refKey } from './actor-ref.ts'
import { askAborted, nodeDownError, tooManyAsks } from './ask-errors.ts'
import { AskTimeouts, type TimeoutGroup, timedOut } from './ask-timeouts.ts'
import type { CellExtras } from './cell-extras.ts'
import { ActorStoppedError, SystemStoppedError, withoutStack } from './errors.ts'
import { type AnswerNames, PendingAsk, type Settlers } from './pending-ask.ts'
import type { Clock } from './ports/clock.ts'

/**
 * Called for an ask that ended: answered, by an actor of `answeredBy` if a node is named, or given up. `error`
 * undefined: with a reply.
 */
export type AskEnded = (
  ask: PendingAsk,
  outcome: 'answered' | 'given-up',
  answeredBy: string | undefined,
  error: Error | undefined,
) => void

/** Rejects a promise that `from` waits for, or the outside, in whoever's turn that happens: it is theirs. */
export type RejectFor = (from: ActorCell | undefined, reject: () => void) => void

/** Gives an actor the message that the end of one of its asks becomes. */
export type AnswerAsker = (from: ActorCell, name: string, payload: unknown, sender: Ref) => void

/** Who hears of what happens here. */
export interface AskTableParts {
  readonly clock: Clock
  /** True while asks are told to somebody who may hold on to them. */
  readonly isObserved?: () => boolean
  /** For each ask that ends, however it does. */
  readonly onEnded?: AskEnded
  /** For each that begins; of those whose ends become messages only where asks are observed. */
  readonly onOpened?: (ask: PendingAsk) => void
  readonly rejectFor?: RejectFor
  readonly answer?: AnswerAsker
}

/** Places for asks by their numbers; a power of two. */
const places = 256
/** Ended asks that wait to be used again. */
const spareMax = 256
/** Asks of one actor whose ends become messages. */
const asksThenMax = 100_000

/** What settles the promise that was made last: one executor for all asks, so that each makes nothing but its promise. */
let resolveLast: (value: unknown) => void
let rejectLast: (error: Error) => void
const takeSettlers = (resolve: (value: unknown) => void, reject: (error: Error) => void) => {
  resolveLast = resolve
  rejectLast = reject
}

export class AskTable {
  // Who asks often how many there are finds it in front.
  #size = 0
  #nextId = 1
  /** Of asks that an actor's turn may wait for: by when they began, cycles are looked for. */
  readonly #heldTimeouts: AskTimeouts
  /** Of those from outside, and those whose ends become messages. */
  readonly #looseTimeouts: AskTimeouts
  readonly #places: (PendingAsk | undefined)[] = new Array(places)
  /** Asks that found their place taken. */
  readonly #crowded = new Map<number, PendingAsk>()
  readonly #onEnded: AskEnded
  readonly #onOpened: (ask: PendingAsk) => void
  readonly #rejectFor: RejectFor
  readonly #answer: AnswerAsker
  readonly #isObserved: () => boolean
  /** The first of the asks whose ends were messages, to be used again, and how many there are. */
  #spare: PendingAsk | undefined
  #spareCount = 0
  /** From this number on there may be asks that are in no list. */
  #unlistedFrom = 1

  constructor({ clock, isObserved = () => false, onEnded, onOpened, rejectFor, answer }: AskTableParts) {
    const expire = (ask: PendingAsk) =>
      this.#giveUp(
        ask,
        withoutStack(() => timedOut(ask)),
      )
    this.#heldTimeouts = new AskTimeouts(clock, 0, expire)
    this.#looseTimeouts = new AskTimeouts(clock, clock.slackMs ?? 0, expire, () => this.gather())
    this.#isObserved = isObserved
    this.#onEnded = onEnded ?? (() => {})
    this.#onOpened = onOpened ?? (() => {})
    this.#rejectFor = rejectFor ?? ((_from, reject) => reject())
    this.#answer = answer ?? (() => {})
  }

  get size(): number {
    return this.#size
  }

  /** The asks that turns of actors may wait for, by their timeouts, in the order in which they began. */
  get heldGroups(): Iterable<TimeoutGroup> {
    return this.#heldTimeouts.groups
  }

  /** True while somebody waits for the ask's reply. */
  has(askId: number): boolean {
    return this.pending(askId) !== undefined
  }

  /** The ask of that number, while it waits. */
  pending(askId: number): PendingAsk | undefined {
    const ask = this.#places[askId & (places - 1)]
    if (ask !== undefined && ask.askId === askId) return ask
    return this.#crowded.size === 0 ? undefined : this.#crowded.get(askId)
  }

  /** Opens an ask: its number, and the promise of its end. It ends too when `signal` is aborted; when it is already, no ask is opened. */
  open(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    timeoutMs: number,
    signal?: AbortSignal,
    isOffer = false,
  ): { readonly askId: number; readonly promise: Promise<unknown> } {
    const askId = this.#nextId++
    if (signal?.aborted) return { askId, promise: Promise.reject(askAborted(name, to, signal)) }
    const promise = new Promise<unknown>(takeSettlers)
    const settlers: Settlers = { promise, resolve: resolveLast, reject: rejectLast }
    const timeouts = from === undefined ? this.#looseTimeouts : this.#heldTimeouts
    const ask = new PendingAsk(
      askId,
      from,
      to,
      name,
      isOffer,
      settlers,
      undefined,
      signal,
      timeouts.group(timeoutMs),
      timeouts.moment(timeoutMs),
      from?.context?.envelope,
    )
    this.#begin(ask, timeouts)
    return { askId, promise }
  }

  /**
   * Opens an ask whose end becomes a message of `from`: its number, or -1 when `signal` is aborted already; that is an end
   * too. Throws an `OverloadError` when `from` has too many of them. `isOwn`: the one that is asked is on this node.
   */
  openThen(
    from: ActorCell,
    to: Ref,
    name: string,
    timeoutMs: number,
    names: AnswerNames,
    signal: AbortSignal | undefined,
    isOwn: boolean,
  ): number {
    if (signal?.aborted) {
      this.#answer(from, names.onError, askAborted(name, to, signal), to)
      return -1
    }
    const extras = from.extras ?? from.rare()
    if (extras.asksThen >= asksThenMax) throw tooManyAsks(from, name, asksThenMax)
    extras.asksThen++
    const timeouts = this.#looseTimeouts
    const group = timeouts.group(timeoutMs)
    const moment = timeouts.moment(timeoutMs)
    // Each is looked for once, and never many at a time.
    if ((this.#nextId & (places - 1)) === 0) this.gather()
    const askId = this.#nextId++
    let ask = this.#spare
    if (ask === undefined || signal !== undefined) {
      ask = new PendingAsk(askId, from, to, name, false, undefined, names, signal, group, moment, undefined)
    } else {
      this.#spare = ask.earlier
      this.#spareCount--
      ask.earlier = undefined
      ask.becomes(askId, from, to, name, names, group, moment)
    }
    ask.endsPlainly = isOwn && signal === undefined && !this.#isObserved()
    const place = askId & (places - 1)
    // Whose moment is known may be due at any time.
    if (ask.endsPlainly && moment.at === undefined && this.#places[place] === undefined) {
      this.#places[place] = ask
      this.#size++
      ask.isListed = false
    } else this.#begin(ask, timeouts)
    return askId
  }

  /** Puts the asks that are in no list into those of their actors and of their timeouts. */
  gather(): void {
    const end = this.#nextId
    for (let askId = this.#unlistedFrom; askId < end; askId++) {
      const ask = this.#places[askId & (places - 1)]
      if (ask !== undefined && ask.askId === askId && !ask.isListed) this.#list(ask, this.#looseTimeouts)
    }
    this.#unlistedFrom = end
  }

  #list(ask: PendingAsk, timeouts: AskTimeouts): void {
    ask.isListed = true
    timeouts.add(ask)
    if (ask.from !== undefined) this.#link(ask, ask.from.extras ?? ask.from.rare())
  }

  #begin(ask: PendingAsk, timeouts: AskTimeouts): void {
    const { askId } = ask
    const place = askId & (places - 1)
    if (this.#places[place] === undefined) this.#places[place] = ask
    else this.#crowded.set(askId, ask)
    this.#size++
    this.#list(ask, timeouts)
    if (ask.signal !== undefined) this.#listen(ask, ask.signal)
    if (!ask.isOffer && (ask.onReply === undefined || this.#isObserved())) {
      ask.isTold = true
      this.#onOpened(ask)
    }
  }

  #link(ask: PendingAsk, extras: CellExtras): void {
    const earlier = extras.lastAsk
    if (earlier !== undefined) {
      ask.earlier = earlier
      earlier.later = ask
    }
    extras.lastAsk = ask
  }

  /** Ends an ask with its reply; false when nobody waits for it any more. */
  resolve(askId: number, value: unknown, answeredBy?: string): boolean {
    const ask = this.pending(askId)
    if (ask === undefined) return false
    if (ask.endsPlainly && !ask.isDeferred) this.#remove(ask)
    else this.#end(ask, 'answered', answeredBy, undefined)
    const { settlers } = ask
    if (settlers !== undefined) settlers.resolve(value)
    else {
      this.#answer(ask.from as ActorCell, ask.onReply as string, value, ask.to)
      this.#useAgain(ask)
    }
    return true
  }

  /** The ask is over, and nobody else has it, unless it was told or has a listener. */
  #useAgain(ask: PendingAsk): void {
    if (ask.isTold || ask.signal !== undefined || this.#spareCount >= spareMax) return
    ask.from = undefined
    ask.earlier = this.#spare
    this.#spare = ask
    this.#spareCount++
  }

  /** Ends an ask with the error that answers it; false when nobody waits for it any more. */
  reject(askId: number, error: Error, answeredBy?: string): boolean {
    const ask = this.pending(askId)
    if (ask === undefined) return false
    this.#end(ask, 'answered', answeredBy, error)
    this.#fail(ask, error)
    return true
  }

  /** Ends an ask that is not waited for any longer; who was asked is to know. */
  giveUp(askId: number, error: Error): void {
    const ask = this.pending(askId)
    if (ask !== undefined) this.#giveUp(ask, error)
  }

  /** Takes back an ask whose message could not be sent. */
  takeBack(askId: number, error: Error): void {
    const ask = this.pending(askId)
    if (ask !== undefined) this.#end(ask, 'answered', undefined, error)
  }

  #giveUp(ask: PendingAsk, error: Error): void {
    this.#end(ask, 'given-up', undefined, error)
    this.#fail(ask, error)
  }

  #fail({ from, to, settlers, onError }: PendingAsk, error: Error): void {
    if (settlers !== undefined) this.#rejectFor(from, () => settlers.reject(error))
    else this.#answer(from as ActorCell, onError as string, error, to)
  }

  #listen(ask: PendingAsk, signal: AbortSignal): void {
    const abort = () => this.#giveUp(ask, askAborted(ask.name, ask.to, signal))
    signal.addEventListener('abort', abort, { once: true })
    ask.unlisten = () => signal.removeEventListener('abort', abort)
  }

  /** Ends every ask that waits for an actor on `node`. */
  rejectNode(node: string): void {
    if (this.#size === 0) return
    for (const ask of this.#all()) {
      if (ask.to.node === node && this.has(ask.askId))
        this.#giveUp(
          ask,
          withoutStack(() => nodeDownError(node, ask.name, ask.to)),
        )
    }
  }

  /** Forgets the asks of an actor that is no more; their replies will be dead letters. */
  dropCell(cell: ActorCell): void {
    if (cell.extras !== undefined && cell.extras.asksThen > 0) this.gather()
    for (let ask = cell.lastAsk; ask !== undefined; ask = cell.lastAsk) {
      const error = new ActorStoppedError(`${cell.path()} stopped while it waited for ${ask.name}`)
      this.#end(ask, 'given-up', undefined, error)
      if (ask.settlers === undefined) continue
      // The turn that waited is over for good: nobody else need handle this.
      ask.settlers.promise.catch(() => {})
      this.#fail(ask, error)
    }
  }

  /** The node ends: asks from outside the actors fail, those of its actors are forgotten with the turns that wait. */
  close(reason: string): void {
    for (const ask of this.#all()) {
      if (!this.has(ask.askId)) continue
      const error = new SystemStoppedError(`ask ${ask.name} of ${refKey(ask.to)}: ${reason}`)
      if (ask.from !== undefined) this.#end(ask, 'given-up', undefined, error)
      else this.#giveUp(ask, error)
    }
    this.#heldTimeouts.close()
    this.#looseTimeouts.close()
  }

  /** The asks that wait, in the order in which they began. */
  #all(): PendingAsk[] {
    if (this.#size === 0) return []
    const waiting = [...this.#crowded.values()]
    // A loop of its own: in a list with places that were never taken, `filter` looks for each of them in the prototypes, too.
    for (let place = 0; place < places; place++) {
      const ask = this.#places[place]
      if (ask !== undefined) waiting.push(ask)
    }
    return waiting.sort((left, right) => left.askId - right.askId)
  }

  #end(
    ask: PendingAsk,
    outcome: 'answered' | 'given-up',
    answeredBy: string | undefined,
    error: Error | undefined,
  ): void {
    this.#remove(ask)
    if (ask.unlisten !== undefined) ask.unlisten()
    this.#onEnded(ask, outcome, answeredBy, error)
  }

  #remove(ask: PendingAsk): void {
    const { askId, from } = ask
    const place = askId & (places - 1)
    if (this.#places[place] === ask) this.#places[place] = undefined
    else this.#crowded.delete(askId)
    this.#size--
    if (ask.settlers === undefined && from !== undefined) (from.extras ?? from.rare()).asksThen--
    if (ask.isListed) this.#unlist(ask, from)
  }

  #unlist(ask: PendingAsk, from: ActorCell | undefined): void {
    ask.group.remove(ask)
    if (from !== undefined) this.#unlink(ask, from.extras ?? from.rare())
  }

  #unlink(ask: PendingAsk, extras: CellExtras): void {
    const { earlier, later } = ask
    if (later === undefined) extras.lastAsk = earlier
    else later.earlier = earlier
    if (earlier !== undefined) earlier.later = later
    ask.earlier = undefined
    ask.later = undefined
  }
}
