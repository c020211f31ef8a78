/**
 * The portable form: a value as bytes and what structured clone brings over beside them, to be posted by itself. It keeps
 * what the channels' codec keeps and structured clone loses: the class and code of errors, registered classes.
 */
import { aligned, createEncoding, ENCODING_START } from './codec.ts'
import { ShapeCodec } from './shape-codec.ts'

/** What is posted. */
interface Portable {
  /** The message and its bulk. */
  bytes: Uint8Array
  /** Where the message ends. */
  end: number
  handles: readonly unknown[]
}

/**
 * The portable form of `value`. The buffers of `moved`, which are posted in a transfer list, and shared memory are not
 * copied. Throws an `EncodeError` when the value cannot be sent.
 */
export function toPortable(value: unknown, moved?: ReadonlySet<ArrayBufferLike>): unknown {
  const encoding = createEncoding()
  new ShapeCodec().encode(value, encoding, moved)
  const { bytes, end, bulk, bulkLength, handles } = encoding
  return { bytes: compose(bytes, end, bulk, bulkLength), end, handles } satisfies Portable
}

/** The value behind a portable form that has been posted. Throws a `FrameError` when it is none. */
export function fromPortable(portable: unknown): unknown {
  const { bytes, end, handles } = portable as Portable
  const bulk = { bulk: bytes, bulkStart: aligned(end), bulkEnd: bytes.length }
  return new ShapeCodec().decode({ bytes, start: ENCODING_START, end, ...bulk, handles })
}

/** Bytes up to `end` and, from the next multiple of 8 on, pieces of bulk, in memory of their own. */
export function compose(
  bytes: Uint8Array,
  end: number,
  bulk: readonly Uint8Array[],
  bulkLength: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(aligned(end) + bulkLength)
  all.set(bytes.subarray(0, end))
  let at = aligned(end)
  for (const piece of bulk) {
    all.set(piece, at)
    at += aligned(piece.length)
  }
  return all
}
