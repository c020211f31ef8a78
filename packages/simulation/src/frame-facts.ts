/** Frames as the simulated network sees them: copied as another machine would get them, and described for the trace. */
import { type Frame, FrameKind, isPrepared, prepareMessage, Ref } from '@troupe/core/host'
import type { MessageKind } from './message-kinds.ts'
import type { PayloadShape } from './message-shapes.ts'
import type { FrameName } from './trace.ts'

/** From where to where. */
export interface Way {
  readonly from: { readonly name: string }
  readonly to: { readonly name: string }
}

/** A frame in the trace. */
export interface FrameFacts {
  readonly frame: FrameName
  readonly from: string
  readonly to: string
  readonly target: Ref | undefined
  readonly message: string
  readonly payload: unknown
  readonly sender: Ref | undefined
}

/**
 * A frozen copy of the payload of a message, which has that shape, as crossing to another machine makes one; `target` is
 * the name, if it has one.
 */
export function copyPayload(
  kind: MessageKind,
  payload: unknown,
  shape: PayloadShape | undefined,
  target: string | undefined,
  way: Way,
): unknown {
  if (isAtom(payload) || isPrepared(payload)) return payload
  return kind.copy(payload, shape) ?? copyGenerally(kind.name, payload, target, way.to.name)
}

/** A function of its own: one with another one in it makes room for what that needs at each call. */
function copyGenerally(name: string, payload: unknown, target: string | undefined, node: string): unknown {
  return prepareMessage(
    payload,
    'copied',
    () => `message ${name} to ${target === undefined ? '' : `${target} on `}${node}`,
  )
}

/** The frame with a frozen copy of its payload. */
export function copyFrame(frame: Frame, kind: MessageKind, way: Way): Frame {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return frame.with(6, copyPayload(kind, frame[6], kind.shapeOf(frame[6]), frame[4], way)) as unknown as Frame
    case FrameKind.streamItem:
      return frame.with(
        4,
        prepareMessage(frame[4], 'copied', () => `a stream from ${way.from.name}`),
      ) as unknown as Frame
    case FrameKind.reply:
      return [frame[0], frame[1], frame[2], prepareMessage(frame[3], 'copied', () => `a reply from ${way.from.name}`)]
    default:
      return frame
  }
}

/** True for what is the same on every machine. */
function isAtom(payload: unknown): boolean {
  return payload === undefined || payload === null || typeof payload === 'number' || typeof payload === 'string'
}

const frameNames: readonly FrameName[] = [
  'tell',
  'ask',
  'reply',
  'replyError',
  'watch',
  'unwatch',
  'terminated',
  'stop',
  'forward',
  'link',
  'unlink',
  'linkEnded',
  'kill',
  'streamOpen',
  'streamItem',
  'streamEnd',
  'streamCredit',
  'streamCancel',
  'cancel',
  'offer',
  'waitProbe',
]

/** The name of the message that the frame carries; of a frame that is no message, its own. */
export function messageOf(frame: Frame): string {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return frame[5]
    default:
      return frameNames[frame[0]] as FrameName
  }
}

/** What of the frame stands for its payload in the trace. */
export function payloadOf(frame: Frame): unknown {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return frame[6]
    case FrameKind.reply:
    case FrameKind.streamOpen:
    case FrameKind.streamEnd:
    case FrameKind.streamCredit:
    case FrameKind.streamCancel:
      return frame[3]
    case FrameKind.streamItem:
    case FrameKind.terminated:
    case FrameKind.linkEnded:
      return frame[4]
    case FrameKind.waitProbe:
      return frame[2].turns.map(({ path }) => path).join(' ')
    case FrameKind.replyError:
      return `${frame[3].name}: ${frame[3].message}`
    default:
      return undefined
  }
}

/** What the trace says of a frame. */
export function factsOf(frame: Frame, way: Way): FrameFacts {
  return {
    frame: frameNames[frame[0]] as FrameName,
    from: way.from.name,
    to: way.to.name,
    target: targetOf(frame, way),
    message: messageOf(frame),
    payload: payloadOf(frame),
    sender: senderOf(frame),
  }
}

/** The actor that it is for. */
function targetOf(frame: Frame, way: Way): Ref | undefined {
  switch (frame[0]) {
    case FrameKind.reply:
    case FrameKind.replyError:
    case FrameKind.streamOpen:
    case FrameKind.streamItem:
    case FrameKind.streamEnd:
    case FrameKind.streamCredit:
    case FrameKind.streamCancel:
    case FrameKind.waitProbe:
      return undefined
    case FrameKind.terminated:
    case FrameKind.linkEnded:
      return frame[2]
    default:
      return new Ref(way.to.name, frame[1], frame[2], frame[3], frame[4])
  }
}

/** The actor that it comes from. */
function senderOf(frame: Frame): Ref | undefined {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return frame[7]
    case FrameKind.watch:
    case FrameKind.unwatch:
    case FrameKind.link:
    case FrameKind.unlink:
      return frame[5]
    case FrameKind.terminated:
    case FrameKind.linkEnded:
      return frame[3]
    default:
      return undefined
  }
}
