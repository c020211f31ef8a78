/**
 * The msgpack codec: plain data as msgpackr's sequential records, all else aside as a portable copy.
 *
 * Sequential records send an object shape's keys once per channel and refer to them afterwards, which makes small
 * messages about twice as fast as plain msgpack. The price is state: the decoder must see every definition, in order.
 * The channel promises that. An encoder that failed half-way may have noted definitions it never sent, so it is
 * replaced by a new one, which defines every shape again; the decoder takes the newer definition.
 *
 * `msgpackr/pack` is msgpackr without its native reader of strings. That one keeps a table for the whole process, which
 * each thread that loads it clears and fills again while the others read by it.
 */
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE, Unpackr } from 'msgpackr/pack'
import type { Codec, Encoding } from './codec.ts'
import { EncodeError, FrameError } from './errors.ts'
import { fromPortable, toPortable } from './portable.ts'
import { explainRefusal, Route, routeOf } from './sendable.ts'

/** msgpackr's encoder leaves its result in place and says where, instead of allocating a view. */
const IN_PLACE = REUSE_BUFFER_MODE | RESET_BUFFER_MODE
type InPlace = Buffer & { start: number; end: number }

/** Sequential records; sets, bigints, typed arrays by type; copies of binary data; `toJSON` is not called. */
const options = () => ({ sequential: true, moreTypes: true, copyBuffers: true, useToJSON: false })

/** The first codec of channels; see the head of `msgpack-codec.ts`. */
export class MsgpackCodec implements Codec {
  #packr = new Packr(options())
  readonly #unpackr = new Unpackr(options())

  encode(value: unknown, into: Encoding): void {
    into.isAside = prepare(value, into)
    if (into.isAside) return
    try {
      const encoded = this.#packr.pack(value, IN_PLACE) as InPlace
      into.bytes = encoded
      into.start = encoded.start
      into.end = encoded.end
    } catch (cause) {
      this.#packr = new Packr(options())
      throw new EncodeError('payload', `could not be encoded: ${cause}`, { cause })
    }
  }

  decode(bytes: Uint8Array, length: number): unknown {
    // msgpackr reads short strings by this method where it exists; a Buffer would make binary data arrive as Buffers.
    const source = bytes as Uint8Array & { latin1Slice?: typeof Buffer.prototype.latin1Slice }
    source.latin1Slice ??= Buffer.prototype.latin1Slice
    try {
      return this.#unpackr.unpack(source, length)
    } catch (cause) {
      throw new FrameError(`the message could not be decoded: ${cause}`, { cause })
    }
  }

  decodeAside(aside: unknown): unknown {
    try {
      return fromPortable(aside)
    } catch (cause) {
      throw new FrameError(`the message beside the ring could not be read: ${cause}`, { cause })
    }
  }
}

/** Decides the route, and takes the portable copy where it leads aside; true then. */
function prepare(value: unknown, into: Encoding): boolean {
  try {
    const route = routeOf(value)
    if (route === Route.plain) return false
    if (route === Route.refused) throw explainRefusal(value)
    into.aside = toPortable(value)
    return true
  } catch (cause) {
    if (cause instanceof EncodeError) throw cause
    // A getter that threw, or a nesting deeper than the stack.
    throw new EncodeError('payload', `could not be read: ${cause}`, { cause })
  }
}
