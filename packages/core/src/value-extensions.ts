/** Troupe's own classes inside MessagePack: references and reply tokens, the same in journals and in channels. */
import { Ref, ReplyToken } from './actor-ref.ts'
import { checkRef, checkToken } from './frame-check.ts'

/** How a class of values is written inside MessagePack. */
export interface ValueExtension<Instance> {
  readonly class: new (...parameters: any[]) => Instance
  /** The MessagePack extension type, 1 to 63, which channels and journals share. */
  readonly type: number
  write(value: Instance): unknown
  read(plain: any): Instance
}

/** Troupe's own extensions, the same in journals and in channels. */
export const refExtension: ValueExtension<Ref> = {
  class: Ref,
  type: 0x32,
  write: (ref) => {
    checkRef(ref)
    return ref.name === undefined
      ? [ref.node, ref.epoch, ref.slot, ref.incarnation]
      : [ref.node, ref.epoch, ref.slot, ref.incarnation, ref.name]
  },
  read: (plain) => {
    const [node, epoch, slot, incarnation, name] = fieldsOf(plain, 4, 5)
    return checkRef(new Ref(node, epoch, slot, incarnation, name))
  },
}

/** See {@link refExtension}. */
export const replyTokenExtension: ValueExtension<ReplyToken> = {
  class: ReplyToken,
  type: 0x34,
  write: (token) => {
    checkToken(token)
    return [token.node, token.epoch, token.askId]
  },
  read: (plain) => {
    const [node, epoch, askId] = fieldsOf(plain, 3, 3)
    return checkToken(new ReplyToken(node, epoch, askId))
  },
}

function fieldsOf(plain: unknown, least: number, most: number): any[] {
  if (Array.isArray(plain) && plain.length >= least && plain.length <= most) return plain
  throw new TypeError('a reference or reply token consists of other fields')
}
