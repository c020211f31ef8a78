/** What waits in a mailbox: a message, or one of the few other things that give an actor a turn or end it. */
import type { TerminationReason } from './actor-definition.ts'
import { type ActorRef, type Ref, ReplyToken } from './actor-ref.ts'

/** The kinds of envelope. The first four, and `pull`, give the actor a turn; the others are for the kernel. */
export const EnvelopeKind = {
  message: 0,
  started: 1,
  terminated: 2,
  stopped: 3,
  timer: 4,
  stop: 5,
  attend: 6,
  /** The next item of a stream: a turn too. */
  pull: 7,
  reminder: 8,
  /** What an ask of this actor came to, where a plain message might have to make room for others. */
  answer: 9,
} as const
export type EnvelopeKind = (typeof EnvelopeKind)[keyof typeof EnvelopeKind]

/**
 * One thing to be handled by one actor. All that a kernel makes have one shape, so that its hot path sees one hidden class;
 * hosts may have kinds of their own.
 *
 * A plain message waits in its mailbox as its parts, and the turn loop puts them into the same envelope turn after turn,
 * until one is to be kept: whoever holds on to the envelope of a turn beyond the turn says so by {@link keep}.
 */
export class Envelope {
  readonly kind: EnvelopeKind
  readonly name: string
  readonly payload: unknown
  readonly sender: Ref | undefined
  /** Set when the sender asked: a token of its node, which together with the number of the ask says where the reply goes. */
  readonly asker: ReplyToken | undefined
  /** 0 when nobody asked. */
  readonly askId: number
  /** When it was put into the mailbox, in microseconds modulo 2^32; 0 where nobody measures. */
  atUs = 0
  /** True when somebody holds on to it: it must stay as it is. */
  isKept = false

  constructor(
    kind: EnvelopeKind,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
  ) {
    this.kind = kind
    this.name = name
    this.payload = payload
    this.sender = sender
    this.asker = replyTo
    this.askId = replyTo === undefined ? 0 : replyTo.askId
  }

  /** The token of the ask; `undefined` when nobody asked. */
  get replyTo(): ReplyToken | undefined {
    return this.asker === undefined ? undefined : tokenOf(this.asker, this.askId)
  }

  keep(): void {
    this.isKept = true
  }
}

/** An envelope whose parts the turn loop and the mailboxes write over, message after message, until it is kept. */
export type SpareEnvelope = { -readonly [Part in keyof Envelope]: Envelope[Part] }

/** The token of ask `askId` of the node that `asker` is a token of. */
export function tokenOf(asker: ReplyToken, askId: number): ReplyToken {
  return asker.askId === askId ? asker : new ReplyToken(asker.node, asker.epoch, askId)
}

/** The envelope of a message that nobody waits for the reply to. */
export function plainEnvelope(name: string, payload: unknown, sender: unknown): Envelope {
  return new Envelope(EnvelopeKind.message, name, payload, sender as Ref | undefined, undefined)
}

/** An envelope to be written over. */
export function emptyEnvelope(): SpareEnvelope {
  return plainEnvelope('', undefined, undefined)
}

/** The message that an answer is. */
export function messageOf({ name, payload, sender, atUs }: Envelope): Envelope {
  const message = plainEnvelope(name, payload, sender)
  message.atUs = atUs
  return message
}

/** The payload of a `terminated` envelope. */
export interface Termination {
  readonly ref: ActorRef
  readonly reason: TerminationReason
  /** The key of the watch that this answers. */
  readonly key: string
}

export const startedEnvelope = new Envelope(EnvelopeKind.started, 'started', undefined, undefined, undefined)
export const stoppedEnvelope = new Envelope(EnvelopeKind.stopped, 'stopped', undefined, undefined, undefined)
/** Put in front: what was decided about the actor is done before its next turn. */
export const attendEnvelope = new Envelope(EnvelopeKind.attend, 'attend', undefined, undefined, undefined)
export const stopEnvelope = new Envelope(EnvelopeKind.stop, 'stop', undefined, undefined, undefined)
