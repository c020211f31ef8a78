/** What a transport refuses when it is told to send. */
import { checkFrame, type Frame, FrameKind, frameOf, Ref, WireMessage } from '@troupe/core/host'

/** Whom it is for; throws a `MalformedFrameError` for the parts of a tell or an ask that would make no frame. */
export function checkedTarget(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Ref {
  const { epoch, slot, incarnation } = to
  if (
    (epoch | 0) === epoch &&
    (slot | 0) === slot &&
    (incarnation | 0) === incarnation &&
    // None of them is below -1.
    ((epoch + 1) | (slot + 1) | (incarnation + 1)) >= 0 &&
    to instanceof Ref &&
    typeof name === 'string'
  ) {
    return to
  }
  return checkedAll(to, name, payload, sender, askId)
}

function checkedAll(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Ref {
  const message = new WireMessage(to)
  message.name = name
  message.payload = payload
  message.sender = sender
  message.askId = askId
  checkFrame(frameOf(message))
  return to instanceof Ref
    ? to
    : new Ref((to as Ref).node, (to as Ref).epoch, (to as Ref).slot, (to as Ref).incarnation, (to as Ref).name)
}

/** What a full channel refuses, as that of threads does; sends, replies and what the runtime says wait for room. */
export function refusedWhenFull(frame: Frame): boolean {
  return frame[0] === FrameKind.tell || frame[0] === FrameKind.ask || frame[0] === FrameKind.forward
}
