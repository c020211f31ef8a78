/** One ask, or one send, that waits for its end: what is known of it, and its places in the lists that it is in. */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import type { AskMoment, TimeoutGroup } from './ask-timeouts.ts'
import type { Envelope } from './envelope.ts'
import type { ObservedAsk } from './observers.ts'

/** What settles a promise. */
export interface Settlers {
  readonly promise: Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The messages that the end of an ask becomes, in whose actor nothing waits: with the reply, or with the error. */
export interface AnswerNames {
  readonly onReply: string
  readonly onError: string
}

export class PendingAsk implements ObservedAsk {
  askId: number
  from: ActorCell | undefined
  to: Ref
  name: string
  /** True for a send, which waits for room in the receiver's mailbox and not for a reply. */
  readonly isOffer: boolean
  /** Of the promise that it ends; `undefined` where its end is a message. */
  readonly settlers: Settlers | undefined
  onReply: string | undefined
  onError: string | undefined
  readonly signal: AbortSignal | undefined
  group: TimeoutGroup
  moment: AskMoment
  /** The message of the turn that asked, while that turn waits. */
  during: Envelope | undefined
  /** True once its reply was deferred by an actor of its own node. */
  isDeferred = false
  /** True once somebody was told of it who may hold on to it. */
  isTold = false
  /** Takes the listener off the asker's signal. */
  unlisten: (() => void) | undefined = undefined
  /** The other asks of the same actor. */
  earlier: PendingAsk | undefined = undefined
  later: PendingAsk | undefined = undefined
  /** The other asks of the same timeout, in the order in which they began. */
  before: PendingAsk | undefined = undefined
  behind: PendingAsk | undefined = undefined

  constructor(
    askId: number,
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    isOffer: boolean,
    settlers: Settlers | undefined,
    names: AnswerNames | undefined,
    signal: AbortSignal | undefined,
    group: TimeoutGroup,
    moment: AskMoment,
    during: Envelope | undefined,
  ) {
    this.askId = askId
    this.from = from
    this.to = to
    this.name = name
    this.isOffer = isOffer
    this.settlers = settlers
    this.onReply = names?.onReply
    this.onError = names?.onError
    this.signal = signal
    this.group = group
    this.moment = moment
    this.during = during
  }

  /**
   * Makes it another ask. Only for one whose end became a message, that ended, and that has no signal: its object is used again,
   * so that an ask makes none.
   */
  becomes(
    askId: number,
    from: ActorCell,
    to: Ref,
    name: string,
    names: AnswerNames,
    group: TimeoutGroup,
    moment: AskMoment,
  ): void {
    this.askId = askId
    this.from = from
    this.to = to
    this.name = name
    this.onReply = names.onReply
    this.onError = names.onError
    this.group = group
    this.moment = moment
    this.isDeferred = false
  }

  get timeoutMs(): number {
    return this.group.timeoutMs
  }

  /** When it began, by the node's clock; of one that no turn waits for perhaps not known yet. */
  get openedAt(): number {
    return this.moment.at ?? Number.POSITIVE_INFINITY
  }
}
