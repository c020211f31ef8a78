/**
 * The codec: how one message becomes bytes on the sender's thread and a value again on the receiver's.
 *
 * A channel knows nothing about values and a codec nothing about rings, so that either can be replaced and measured
 * alone. A codec may keep state that both ends build up in step (definitions of the object shapes it has seen): the
 * channel promises that whatever was encoded is decoded, exactly once and in the same order.
 */

/** Turns messages into bytes and back. One instance serves one end of one channel. */
export interface Codec {
  /**
   * Encodes `value` and describes the result in `into`. The buffers of `moved` need not be copied: they belong to this
   * message. Throws an `EncodeError` when the value cannot be sent; the codec's state is then what it was.
   */
  encode(value: unknown, into: Encoding, moved?: ReadonlySet<ArrayBufferLike>): void
  /** Decodes one message, without keeping its memory. Throws a `FrameError` when it is none. */
  decode(from: Encoded): unknown
}

/** Where the message begins in {@link Encoding.bytes}. */
export const ENCODING_START = 16

/** The result of {@link Codec.encode}; reused from call to call. */
export interface Encoding {
  /**
   * The codec's own memory, which holds the message from {@link ENCODING_START} to `end`: copy it before the next call.
   * What is in front of it is the caller's to use. Its length is a multiple of 4.
   */
  bytes: Uint8Array
  end: number
  /** Binary data that belongs behind these bytes, not copied yet, each piece from a multiple of 8 on. */
  bulk: Uint8Array[]
  /** Bytes of the bulk with what lies between its pieces. */
  bulkLength: number
  /** Set by the caller: for how many bytes of bulk in all there is room. More becomes handles instead. */
  bulkRoom: () => number
  /** What only structured clone brings over. */
  handles: unknown[]
  /** Buffers among the handles, or under them, that are transferred. */
  transfer: ArrayBuffer[]
}

/** One encoded message, as it arrived. */
export interface Encoded {
  /** Memory of the reader's own, which no other thread changes: the message is there from `start` to `end`. */
  bytes: Uint8Array
  start: number
  end: number
  /** Memory in which the bulk lies from `bulkStart` to `bulkEnd`. */
  bulk: Uint8Array
  bulkStart: number
  bulkEnd: number
  /** The handles, after structured clone. */
  handles: readonly unknown[]
}

/** An encoding to pass to {@link Codec.encode}. */
export function createEncoding(): Encoding {
  const bytes = new Uint8Array(0)
  return {
    bytes,
    end: 0,
    bulk: [],
    bulkLength: 0,
    bulkRoom: () => Number.POSITIVE_INFINITY,
    handles: [],
    transfer: [],
  }
}

/** The next multiple of 8: where a piece of bulk begins. */
export function aligned(length: number): number {
  return (length + 7) & ~7
}

/** A buffer with its methods for text, which Node has and its types leave out. */
export interface TextBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  utf8Write(text: string, offset: number): number
}
