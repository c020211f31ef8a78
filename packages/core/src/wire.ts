/**
 * Frames: what nodes say to each other. Tuples with a number in front, which every codec encodes compactly.
 * `epoch` is that of the node meant (-1: whichever is there now), `slot`, `incarnation` and `name` are the target's.
 */
import type { TerminationReason } from './actor-definition.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import type { WaitProbe } from './ask-cycles.ts'
import type { ErrorData } from './errors.ts'

/** The first element of each frame. */
export const FrameKind = {
  tell: 0,
  ask: 1,
  reply: 2,
  replyError: 3,
  watch: 4,
  unwatch: 5,
  terminated: 6,
  stop: 7,
  forward: 8,
  link: 9,
  unlink: 10,
  linkEnded: 11,
  kill: 12,
  streamOpen: 13,
  streamItem: 14,
  streamEnd: 15,
  streamCredit: 16,
  streamCancel: 17,
  cancel: 18,
  offer: 19,
  waitProbe: 20,
} as const

type Target = readonly [epoch: number, slot: number, incarnation: number, name: string | undefined]

export type Frame =
  | readonly [kind: 0, ...target: Target, message: string, payload: unknown, sender: Ref | undefined]
  | readonly [kind: 1, ...target: Target, message: string, payload: unknown, sender: Ref | undefined, askId: number]
  | readonly [kind: 2, epoch: number, askId: number, value: unknown]
  | readonly [kind: 3, epoch: number, askId: number, error: ErrorData]
  | readonly [kind: 4, ...target: Target, watcher: Ref, key: string]
  | readonly [kind: 5, ...target: Target, watcher: Ref, key: string]
  | readonly [kind: 6, epoch: number, watcher: Ref, ref: Ref, reason: TerminationReason, key: string]
  | readonly [kind: 7, ...target: Target]
  | readonly [kind: 8, ...target: Target, message: string, payload: unknown, sender: Ref | undefined, to: ReplyToken]
  | readonly [kind: 9, ...target: Target, linker: Ref, id: string]
  | readonly [kind: 10, ...target: Target, linker: Ref, id: string]
  | readonly [kind: 11, epoch: number, linked: Ref, ref: Ref, reason: TerminationReason, id: string]
  | readonly [kind: 12, ...target: Target]
  | readonly [kind: 13, epoch: number, askId: number, producer: Ref]
  | readonly [kind: 14, epoch: number, askId: number, index: number, value: unknown]
  | readonly [kind: 15, epoch: number, askId: number, count: number]
  | readonly [kind: 16, epoch: number, askId: number, total: number]
  | readonly [kind: 17, epoch: number, askId: number]
  | readonly [kind: 18, ...target: Target, askId: number, isAnswered: boolean]
  | readonly [kind: 19, ...target: Target, message: string, payload: unknown, sender: Ref | undefined, askId: number]
  | readonly [kind: 20, epoch: number, probe: WaitProbe]

/**
 * A tell or an ask as its parts, for transports that need no frame of it: what carries nearly all traffic. `askId` is -1
 * in a tell. Transports and codecs use one object for many messages; whoever is handed one takes the parts.
 */
export class WireMessage {
  to: Ref
  name = ''
  payload: unknown = undefined
  sender: Ref | undefined = undefined
  askId = -1

  constructor(to: Ref) {
    this.to = to
  }
}

/** A reply as its parts, in the same way. */
export class WireReply {
  epoch = -1
  askId = 0
  payload: unknown = undefined
}

/** The frame that says the same as `message`. */
export function frameOf({ to, name, payload, sender, askId }: WireMessage): Frame {
  const { epoch, slot, incarnation } = to
  return askId < 0
    ? [FrameKind.tell, epoch, slot, incarnation, to.name, name, payload, sender]
    : [FrameKind.ask, epoch, slot, incarnation, to.name, name, payload, sender, askId]
}

/**
 * True for what a network may lose: what actors say to each other, and probes, which are repeated. The rest is the
 * runtime's own, and arrives.
 */
export function isMessageFrame(frame: Frame): boolean {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.reply:
    case FrameKind.replyError:
    case FrameKind.forward:
    case FrameKind.streamItem:
    case FrameKind.offer:
    case FrameKind.waitProbe:
      return true
    default:
      return false
  }
}
