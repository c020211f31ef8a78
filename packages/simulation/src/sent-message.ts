/**
 * A message that was sent, as the trace takes it down and as its receiver finds it in its mailbox: one object, so that the
 * trace of a turn can say which of its way the message was, and need not take down its payload once more.
 */
import type { ReplyToken } from '@troupe/core'
import { type Envelope, EnvelopeKind, type Ref } from '@troupe/core/host'
import type { FrameFacts, Way } from './frame-facts.ts'
import type { MessageKind } from './message-kinds.ts'
import { TraceWay } from './trace-words.ts'

/** A way whose messages are counted. */
export interface CountedWay extends Way {
  readonly traceWay: TraceWay
}

/** Those that there are begin no class, whose constructor would be called for each: see `LocalMessage` and `Flight`. */
export interface SentMessage extends Envelope {
  readonly way: CountedWay
  /** Which of its way it is, from 1. */
  readonly number: number
  /** The message that it is, or of a frame that is no message, the frame. */
  readonly message: MessageKind
  /** Put together when somebody looks at them. */
  readonly facts: FrameFacts
}

/** The way of what stays on its node. */
export class OwnWay implements CountedWay {
  readonly from: { readonly name: string }
  readonly to: { readonly name: string }
  readonly traceWay: TraceWay
  sent = 0

  constructor(node: string) {
    this.from = { name: node }
    this.to = this.from
    this.traceWay = new TraceWay(node, node)
  }
}

/** A message that stays on its node. */
export class LocalMessage implements SentMessage {
  readonly name: string
  readonly payload: unknown
  readonly sender: Ref | undefined
  readonly asker: ReplyToken | undefined
  atUs = 0
  readonly way: OwnWay
  readonly number: number
  readonly message: MessageKind
  readonly #frame: 'tell' | 'ask' | 'offer'
  readonly #target: Ref

  constructor(
    frame: 'tell' | 'ask' | 'offer',
    way: OwnWay,
    target: Ref,
    message: MessageKind,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
  ) {
    this.name = message.name
    this.payload = payload
    this.sender = sender
    this.asker = replyTo
    this.way = way
    this.number = ++way.sent
    this.message = message
    this.#frame = frame
    this.#target = target
  }

  get kind(): EnvelopeKind {
    return EnvelopeKind.message
  }

  /** Nobody writes over it. */
  get isKept(): boolean {
    return true
  }

  keep(): void {}

  get askId(): number {
    return this.asker === undefined ? 0 : this.asker.askId
  }

  get replyTo(): ReplyToken | undefined {
    return this.asker
  }

  get facts(): FrameFacts {
    const { name, payload, sender, way } = this
    const node = way.from.name
    return { frame: this.#frame, from: node, to: node, target: this.#target, message: name, payload, sender }
  }
}
