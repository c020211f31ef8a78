/** What a transport refuses when it is told to send. */
import { checkFrame, type Frame, FrameKind, frameOf, Ref, WireMessage } from '@troupe/core/host'

/** Whom it is for; throws a `MalformedFrameError` for the parts of a tell or an ask that would make no frame. */
export function checkedTarget(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Ref {
  const { epoch, slot, incarnation } = to
  const isUsual = (epoch | 0) === epoch && (slot | 0) === slot && (incarnation | 0) === incarnation
  if (to instanceof Ref && isUsual && epoch >= -1 && slot >= -1 && incarnation >= -1 && typeof name === 'string') {
    return to
  }
  const message = new WireMessage(to)
  message.name = name
  message.payload = payload
  message.sender = sender
  message.askId = askId
  checkFrame(frameOf(message))
  return to instanceof Ref ? to : new Ref((to as Ref).node, epoch, slot, incarnation, (to as Ref).name)
}

/** What a full channel refuses, as that of threads does; sends, replies and what the runtime says wait for room. */
export function refusedWhenFull(frame: Frame): boolean {
  return frame[0] === FrameKind.tell || frame[0] === FrameKind.ask || frame[0] === FrameKind.forward
}
