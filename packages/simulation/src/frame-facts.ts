/** Frames as the simulated network sees them: copied as another machine would get them, and described for the trace. */
import { type Frame, FrameKind, prepareMessage, Ref } from '@troupe/core/host'
import type { FrameName } from './trace.ts'

/** From where to where. */
interface Way {
  readonly from: { readonly name: string }
  readonly to: { readonly name: string }
}

/** A frame in the trace. */
export type FrameFacts = {
  readonly frame: FrameName
  readonly from: string
  readonly to: string
  readonly target: Ref | undefined
  readonly message: string
  readonly payload: unknown
  readonly sender: Ref | undefined
}

/** The frame with a frozen copy of its payload, as crossing to another machine makes one. */
export function copyFrame(frame: Frame, way: Way): Frame {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer: {
      const describe = () => `message ${frame[5]} to ${frame[4] === undefined ? '' : `${frame[4]} on `}${way.to.name}`
      return frame.with(6, prepareMessage(frame[6], 'copied', describe)) as unknown as Frame
    }
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

/** What the trace says of a frame. */
export function factsOf(frame: Frame, way: Way): FrameFacts {
  const name = frameNames[frame[0]] as FrameName
  const facts = {
    frame: name,
    from: way.from.name,
    to: way.to.name,
    target: undefined,
    message: name,
    sender: undefined,
  }
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return { ...facts, target: targetOf(frame, way), message: frame[5], payload: frame[6], sender: frame[7] }
    case FrameKind.reply:
      return { ...facts, payload: frame[3] }
    case FrameKind.streamItem:
      return { ...facts, payload: frame[4] }
    case FrameKind.streamOpen:
    case FrameKind.streamEnd:
    case FrameKind.streamCredit:
    case FrameKind.streamCancel:
      return { ...facts, target: undefined, payload: frame[3] }
    case FrameKind.waitProbe:
      return { ...facts, payload: frame[2].turns.map(({ path }) => path).join(' ') }
    case FrameKind.replyError:
      return { ...facts, payload: `${frame[3].name}: ${frame[3].message}` }
    case FrameKind.watch:
    case FrameKind.unwatch:
    case FrameKind.link:
    case FrameKind.unlink:
      return { ...facts, target: targetOf(frame, way), payload: undefined, sender: frame[5] }
    case FrameKind.terminated:
    case FrameKind.linkEnded:
      return { ...facts, target: frame[2], payload: frame[4], sender: frame[3] }
    default:
      return { ...facts, target: targetOf(frame, way), payload: undefined }
  }
}

function targetOf(frame: Frame & { readonly 4: string | undefined }, way: Way): Ref {
  return new Ref(way.to.name, frame[1], frame[2] as number, frame[3] as number, frame[4])
}
