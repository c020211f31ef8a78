/**
 * The codec of nodes: tells, asks and replies without a frame. All of a message but its payload (to whom, its name, from whom) is
 * its head, and most heads come again and again. So a head is sent once and means a slot of a table from then on, at both
 * ends: sending it is two bytes, and what arrives is the references of the first time, already checked.
 *
 * Both tables have a fixed number of slots. A head that finds its slot taken takes it over, and is sent whole.
 *
 * ```text
 *   flags: 2 a message, 4 its head is new, 8 it is an ask, 16 a reply
 *   message: slot | epoch, slot, incarnation, name, message, sender, if new | number of the ask, if one | payload
 *   reply:   epoch | number of the ask | payload
 * ```
 */
import { sameRef } from '@troupe/core'
import { checkFrame, FrameKind, frameOf, Ref, WireMessage, WireReply } from '@troupe/core/host'
import {
  type Encoding,
  HAS_REPEATED,
  MessageReader,
  MessageWriter,
  ShapeCodec,
  type WrittenShape,
} from './channel/index.ts'

const IS_MESSAGE = 2
const IS_NEW = 4
const IS_ASK = 8
const IS_REPLY = 16
const HEADS_MAX = 256

interface WrittenHead {
  readonly slot: number
  readonly to: Ref
  readonly name: string
  readonly sender: Ref | undefined
  /** True while the other end has it. */
  isSent: boolean
  /** The shape that the payload had the last time. */
  expected: WrittenShape | undefined
}

interface ReadHead {
  readonly to: Ref
  readonly name: string
  readonly sender: Ref | undefined
}

class FrameWriter extends MessageWriter {
  readonly #heads: (WrittenHead | undefined)[] = new Array(HEADS_MAX).fill(undefined)

  /** The head of the last message, which is most often that of the next. */
  #latest: WrittenHead | undefined
  /** The shape that the last reply had. */
  #expectedReply: WrittenShape | undefined

  protected override root(value: unknown): void {
    if (!(value instanceof WireMessage)) {
      if (value instanceof WireReply) this.#reply(value)
      else this.value(value)
      return
    }
    const { to, name, sender, askId } = value
    this.flags |= askId < 0 ? IS_MESSAGE : IS_MESSAGE | IS_ASK
    let head = this.#latest
    if (head === undefined || !head.isSent || head.to !== to || head.name !== name || head.sender !== sender) {
      head = this.#headOf(to, name, sender)
    } else this.tag(head.slot)
    if (askId >= 0) this.number(askId)
    const { payload } = value
    if (typeof payload === 'number') this.number(payload)
    else head.expected = this.whole(payload, head.expected)
  }

  #reply({ epoch, askId, payload }: WireReply): void {
    this.flags |= IS_REPLY
    this.number(epoch)
    this.number(askId)
    if (typeof payload === 'number') this.number(payload)
    else this.#expectedReply = this.whole(payload, this.#expectedReply)
  }

  /** Writes the slot of a head, and the head itself if the other end does not have it there. */
  #headOf(to: Ref, name: string, sender: Ref | undefined): WrittenHead {
    const slot = slotOf(to, name, sender)
    this.tag(slot)
    let head = this.#heads[slot]
    if (
      head === undefined ||
      !head.isSent ||
      head.name !== name ||
      !sameRef(head.to, to) ||
      !sameRef(head.sender, sender)
    ) {
      head = this.#define(slot, to, name, sender)
    }
    this.#latest = head
    return head
  }

  #define(slot: number, to: Ref, name: string, sender: Ref | undefined): WrittenHead {
    this.flags |= IS_NEW
    const head: WrittenHead = { slot, to, name, sender, isSent: true, expected: undefined }
    this.#heads[slot] = head
    this.defines(head)
    this.value(to.epoch)
    this.value(to.slot)
    this.value(to.incarnation)
    this.value(to.name)
    this.value(name)
    this.value(sender)
    return head
  }

  /** True when the head of `message` needs not be looked at. */
  knows({ to, name, sender }: WireMessage): boolean {
    const head = this.#latest
    if (head !== undefined && head.to === to && head.name === name && head.sender === sender) return head.isSent
    const other = this.#heads[slotOf(to, name, sender)]
    return other?.to === to && other.name === name && other.sender === sender && other.isSent
  }
}

class FrameReader extends MessageReader {
  protected override readonly flagsKnown = 31
  readonly #node: string
  readonly #heads: (ReadHead | undefined)[] = new Array(HEADS_MAX).fill(undefined)
  readonly #message: WireMessage
  readonly #reply = new WireReply()

  constructor(node: string) {
    super()
    this.#node = node
    this.#message = new WireMessage(new Ref(node, -1, -1, -1))
  }

  protected override root(flags: number): unknown {
    if ((flags & IS_MESSAGE) === 0) {
      if ((flags & ~HAS_REPEATED) === IS_REPLY) return this.#replied()
      if (flags > HAS_REPEATED) throw this.malformed('is marked as part of what it is not')
      return this.value()
    }
    if ((flags & IS_REPLY) !== 0) throw this.malformed('is a message and a reply')
    const slot = this.byte()
    const head = (flags & IS_NEW) === 0 ? this.#heads[slot] : this.#define(slot)
    if (head === undefined) throw this.malformed('is for an address that was not defined')
    const message = this.#message
    message.to = head.to
    message.name = head.name
    message.sender = head.sender
    message.askId = (flags & IS_ASK) === 0 ? -1 : this.#askId()
    message.payload = this.value()
    return message
  }

  #replied(): WireReply {
    const reply = this.#reply
    reply.epoch = this.#whole(-1, 'answers in no epoch')
    reply.askId = this.#whole(0, 'answers an ask without a number')
    reply.payload = this.value()
    return reply
  }

  #askId(): number {
    return this.#whole(0, 'asks under no number')
  }

  /** The next value, which must be a whole number from `min`. */
  #whole(min: number, problem: string): number {
    const value = this.value()
    if (!Number.isSafeInteger(value) || (value as number) < min) throw this.malformed(problem)
    return value as number
  }

  #define(slot: number): ReadHead | undefined {
    const fields = [this.value(), this.value(), this.value(), this.value(), this.value(), undefined, this.value()]
    const frame = checkFrame([FrameKind.tell, ...fields])
    if (frame[0] !== FrameKind.tell) return undefined
    const [, epoch, place, incarnation, name, message, , sender] = frame
    const head = { to: new Ref(this.#node, epoch, place, incarnation, name), name: message, sender }
    this.#heads[slot] = head
    return head
  }
}

/** One end of a channel between nodes, of which `node` is the one that receives. */
export class FrameCodec extends ShapeCodec {
  readonly #writer: FrameWriter

  constructor(node: string) {
    const writer = new FrameWriter()
    super(writer, new FrameReader(node))
    this.#writer = writer
  }

  /** Throws a `MalformedFrameError` too, when a message is none: its sender is to hear of it, and not its receiver. */
  override encode(value: unknown, into: Encoding, moved?: ReadonlySet<ArrayBufferLike>): void {
    if (value instanceof WireMessage && !this.#writer.knows(value)) checkFrame(frameOf(value))
    super.encode(value, into, moved)
  }

  protected override payloadOf(value: unknown): unknown {
    return value instanceof WireMessage || value instanceof WireReply ? value.payload : value
  }
}

/** A slot for a head; heads of a few actors that talk to each other rarely meet in one. */
function slotOf(to: Ref, name: string, sender: Ref | undefined): number {
  // A name that is no text is found out when its head is checked.
  if (typeof name !== 'string') return 0
  const text = name.length === 0 ? 0 : name.charCodeAt(0) * 3 + name.charCodeAt(name.length - 1) + name.length * 7
  const from = sender === undefined ? 0 : sender.slot * 5 + 11
  return (to.slot * 29 + from + text) & (HEADS_MAX - 1)
}
