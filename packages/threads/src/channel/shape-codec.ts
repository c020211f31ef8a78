/**
 * The codec of channels: object shapes are learned, and each common one gets code of its own; what bytes cannot carry is
 * left to structured clone. How messages look is in `message-format.ts`.
 */
import type { Codec, Encoded, Encoding } from './codec.ts'
import { EncodeError, FrameError, Refused } from './errors.ts'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import { explainRefusal } from './sendable.ts'

/** See the head of `shape-codec.ts`. One instance serves one end of one channel. */
export class ShapeCodec implements Codec {
  readonly #writer: MessageWriter
  readonly #reader: MessageReader

  /** With a writer and a reader of one's own, which may know messages of more forms. */
  constructor(writer = new MessageWriter(), reader = new MessageReader()) {
    this.#writer = writer
    this.#reader = reader
  }

  encode(value: unknown, into: Encoding, moved?: ReadonlySet<ArrayBufferLike>): void {
    try {
      this.#writer.message(value, into, moved)
    } catch (cause) {
      into.bulk.length = into.handles.length = into.transfer.length = into.bulkLength = 0
      throw cause instanceof Refused ? explained(this.payloadOf(value)) : unreadable(cause)
    }
  }

  /** What is looked through when a value was refused. */
  protected payloadOf(value: unknown): unknown {
    return value
  }

  decode(from: Encoded): unknown {
    try {
      return this.#reader.message(from)
    } catch (cause) {
      if (cause instanceof FrameError) throw cause
      throw new FrameError(`the message could not be decoded: ${cause}`, { cause })
    }
  }
}

function explained(value: unknown): EncodeError {
  try {
    return explainRefusal(value)
  } catch (cause) {
    return unreadable(cause)
  }
}

/** A getter that threw, or a nesting deeper than is allowed. */
function unreadable(cause: unknown): EncodeError {
  return new EncodeError('payload', `could not be read: ${cause}`, { cause })
}
