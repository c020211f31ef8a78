/**
 * Values as bytes, for the journal: MessagePack by msgpackr with its structured-clone extensions (Map, Set, Date,
 * typed arrays, errors, cycles) and two of ours, for references and reply tokens.
 */
import { addExtension, Packr } from 'msgpackr/pack'
import { Ref, ReplyToken } from './actor-ref.ts'

/** How a class of values is written inside MessagePack. */
export interface ValueExtension<Instance> {
  readonly class: new (...parameters: any[]) => Instance
  /** The MessagePack extension type, 1 to 100. */
  readonly type: number
  write(value: Instance): unknown
  read(plain: any): Instance
}

/** Troupe's own extensions, the same in journals and in channels. */
export const refExtension: ValueExtension<Ref> = {
  class: Ref,
  type: 0x52,
  write: (ref) =>
    ref.name === undefined
      ? [ref.node, ref.epoch, ref.slot, ref.incarnation]
      : [ref.node, ref.epoch, ref.slot, ref.incarnation, ref.name],
  read: ([node, epoch, slot, incarnation, name]) => new Ref(node, epoch, slot, incarnation, name),
}

/** See {@link refExtension}. */
export const replyTokenExtension: ValueExtension<ReplyToken> = {
  class: ReplyToken,
  type: 0x54,
  write: (token) => [token.node, token.epoch, token.askId],
  read: ([node, epoch, askId]) => new ReplyToken(node, epoch, askId),
}

for (const extension of [refExtension, replyTokenExtension]) {
  const { class: Class, type, write, read } = extension as ValueExtension<unknown>
  addExtension({ Class, type, write, read } as unknown as Parameters<typeof addExtension>[0])
}

const packr = new Packr({ useRecords: false, structuredClone: true, moreTypes: true })

/** `value` as bytes of its own. */
export function encodeValue(value: unknown): Uint8Array {
  return new Uint8Array(packr.pack(value))
}

/** The value that {@link encodeValue} was given. */
export function decodeValue(bytes: Uint8Array): unknown {
  return packr.unpack(bytes)
}
