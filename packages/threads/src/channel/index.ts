/** The channel: one direction between two threads. What the host of threads uses of it, name by name. */
export {
  type ChannelOptions,
  type ChannelReceiver,
  type ChannelSender,
  createChannelPair,
  OUTBOUND_CAPACITY_DEFAULT,
  type ReceiverDescriptor,
  type SenderDescriptor,
} from './channel.ts'
export { openReceiver } from './channel-receiver.ts'
export { openSender } from './channel-sender.ts'
export { type Codec, createEncoding, ENCODING_START, type Encoded, type Encoding } from './codec.ts'
export { createDoorbell, Doorbell, type DoorbellDescriptor } from './doorbell.ts'
export { EncodeError, FrameError } from './errors.ts'
export { type Extension, registerExtension } from './extension.ts'
export { HAS_REPEATED } from './message-format.ts'
export { MessageReader } from './message-reader.ts'
export { MessageWriter } from './message-writer.ts'
export { collectReceivedBytes } from './received-bytes.ts'
export { RING_CAPACITY_BYTES_DEFAULT } from './ring.ts'
export { ShapeCodec } from './shape-codec.ts'
export type { WrittenShape } from './shape-table.ts'
