/** The payload inside a frame: where it stands, and what a sender is told when it cannot travel. */
import { NotSendableError, refKey } from '@troupe/core'
import { type Frame, FrameKind, Ref } from '@troupe/core/host'
import type { EncodeError } from './channel/index.ts'

/** The place of the payload in a frame that has one. */
export function payloadIndexOf(frame: Frame): number | undefined {
  switch (frame[0]) {
    case FrameKind.tell:
    case FrameKind.ask:
    case FrameKind.forward:
    case FrameKind.offer:
      return 6
    case FrameKind.reply:
      return 3
    case FrameKind.streamItem:
      return 4
    default:
      return undefined
  }
}

/** What a frame is about, for an error: the message, the receiver and the sender. */
export function describeFrame(node: string, frame: Frame): string {
  if (frame[0] === FrameKind.streamItem) return `an item of a stream to node ${node}`
  if (payloadIndexOf(frame) !== 6) return `a reply to node ${node}`
  const [, epoch, slot, incarnation, name, message, , sender] = frame as Extract<Frame, { readonly 0: 0 }>
  const to = refKey(new Ref(node, epoch, slot, incarnation, name ?? undefined))
  return `message ${message} to ${to}${sender === undefined ? '' : ` from ${refKey(sender)}`}`
}

/** What the sender is told when the channel refused the frame's payload, which it knows as `prefix`. */
export function notSendable(
  error: EncodeError,
  node: string,
  frame: Frame,
  prefix = `payload[${payloadIndexOf(frame)}]`,
): NotSendableError {
  const path = error.path.startsWith(prefix) ? `payload${error.path.slice(prefix.length)}` : error.path
  const problem = error.message.startsWith(error.path) ? error.message.slice(error.path.length) : ` ${error.message}`
  return new NotSendableError(
    `${describeFrame(node, frame)}: ${path}${problem}; messages carry plain data, Map, Set, Date, errors, buffers and references`,
    { path },
    { cause: error },
  )
}
