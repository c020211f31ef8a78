/** What arrives from other nodes: frames are taken apart, and each is handed to the part of this node that it is for. */
import { Ref, ReplyToken } from './actor-ref.ts'
import { Delivery } from './delivery.ts'
import { stopEnvelope } from './envelope.ts'
import { decodeError } from './errors.ts'
import { checkFrame } from './frame-check.ts'
import { type Frame, FrameKind, type WireMessage, type WireReply } from './wire.ts'

export abstract class FrameReceiver extends Delivery {
  /** A tell or an ask from another node, whose parts were checked where they were taken apart. */
  receiveMessage(
    from: { readonly node: string; readonly epoch: number },
    { to, name, payload, sender, askId }: WireMessage,
  ): void {
    if (!this.alive) return
    this.deliver(to, name, payload, sender, askId < 0 ? undefined : new ReplyToken(from.node, from.epoch, askId))
  }

  /** A reply from another node, in the same way. */
  receiveReply(from: { readonly node: string }, { epoch, askId, payload }: WireReply): void {
    if (this.alive && epoch === this.epoch) this.settleAsk(askId, payload, undefined, from.node)
  }

  /** A frame from another node. Throws a `MalformedFrameError`, and has done nothing then, when it is none. */
  receive(from: { readonly node: string; readonly epoch: number }, received: Frame): void {
    if (!this.alive) return
    const frame = checkFrame(received)
    switch (frame[0]) {
      case FrameKind.tell:
        this.deliver(targetOf(this, frame), frame[5], frame[6], frame[7], undefined)
        break
      case FrameKind.ask:
        this.deliver(
          targetOf(this, frame),
          frame[5],
          frame[6],
          frame[7],
          new ReplyToken(from.node, from.epoch, frame[8]),
        )
        break
      case FrameKind.forward:
        this.deliver(targetOf(this, frame), frame[5], frame[6], frame[7], frame[8])
        break
      case FrameKind.offer: {
        const offer = new ReplyToken(from.node, from.epoch, frame[8])
        this.deliverOffer(targetOf(this, frame), frame[5], frame[6], frame[7], offer)
        break
      }
      case FrameKind.reply:
        if (frame[1] === this.epoch) this.settleAsk(frame[2], frame[3], undefined, from.node)
        break
      case FrameKind.replyError:
        if (frame[1] === this.epoch) this.settleAsk(frame[2], undefined, decodeError(frame[3]), from.node)
        break
      case FrameKind.cancel:
        this.#askCancelled(targetOf(this, frame), new ReplyToken(from.node, from.epoch, frame[5]), frame[6])
        break
      case FrameKind.waitProbe:
        this.askCycles.receive(frame[1], frame[2])
        break
      case FrameKind.watch:
        this.deathWatch.addWatcher(targetOf(this, frame), frame[5], frame[6])
        break
      case FrameKind.unwatch:
        this.deathWatch.removeWatcher(targetOf(this, frame), frame[5], frame[6])
        break
      case FrameKind.terminated:
        if (frame[1] === this.epoch) this.deathWatch.terminated(frame[2], frame[3], frame[4], frame[5])
        break
      case FrameKind.stop: {
        const cell = this.lookup(targetOf(this, frame))
        if (cell !== undefined && !this.isSystemActor(cell)) this.enqueue(cell, stopEnvelope)
        break
      }
      case FrameKind.kill: {
        const cell = this.lookup(targetOf(this, frame))
        if (cell !== undefined && !this.isSystemActor(cell)) this.stopping.kill(cell)
        break
      }
      case FrameKind.link:
        this.links.accept(targetOf(this, frame), frame[5], frame[6])
        break
      case FrameKind.unlink:
        this.links.withdraw(targetOf(this, frame), frame[6])
        break
      case FrameKind.linkEnded:
        if (frame[1] === this.epoch) this.links.ended(frame[2], frame[3], frame[4], frame[5])
        break
      default:
        this.streams.receive(from, frame)
    }
  }

  #askCancelled(to: Ref, token: ReplyToken, isAnswered: boolean): void {
    if (isAnswered) this.duties.release(token)
    else this.duties.withdraw(this.lookup(to), token)
  }
}

/** The actor of `node` that the frame is for. */
function targetOf({ node }: { readonly node: string }, frame: Frame & { readonly 4: string | undefined }): Ref {
  return new Ref(
    node,
    frame[1],
    frame[2] as number,
    frame[3] as number,
    typeof frame[4] === 'string' ? frame[4] : undefined,
  )
}
