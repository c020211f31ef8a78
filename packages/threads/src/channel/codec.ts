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
   * Encodes `value` and describes the result in `into`. Throws an `EncodeError` when the value cannot be sent; the
   * codec's state is then what it was.
   */
  encode(value: unknown, into: Encoding): void
  /** Decodes the first `length` of `bytes`, without keeping them. Throws a `FrameError` when they are no message. */
  decode(bytes: Uint8Array, length: number): unknown
  /** Turns what `encode` set aside, after a structured clone, into the value. Throws a `FrameError` likewise. */
  decodeAside(aside: unknown): unknown
}

/** The result of {@link Codec.encode}; reused from call to call. */
export interface Encoding {
  /** True when the message must go over the side port as `aside`, false when it is `bytes` from `start` to `end`. */
  isAside: boolean
  /** The codec's own memory: copy it before the next call. */
  bytes: Uint8Array
  start: number
  end: number
  /** A value that structured clone copies faithfully. */
  aside: unknown
}

/** An encoding to pass to {@link Codec.encode}. */
export function createEncoding(): Encoding {
  return { isAside: false, bytes: new Uint8Array(0), start: 0, end: 0, aside: undefined }
}
