/** A channel whose two ends are open on this thread, for tests that need no second one. */
import {
  type ChannelOptions,
  type ChannelReceiver,
  type ChannelSender,
  createChannelPair,
  createDoorbell,
  Doorbell,
  openReceiver,
  openSender,
  type ReceiverDescriptor,
  type SenderDescriptor,
} from '../../src/channel/index.ts'

export interface Loopback {
  sender: ChannelSender
  receiver: ChannelReceiver
  senderDoorbell: Doorbell
  receiverDoorbell: Doorbell
  descriptors: { sender: SenderDescriptor; receiver: ReceiverDescriptor }
  /** Everything that is published, in order. */
  drainAll(): unknown[]
}

export function openLoopback(options: Partial<ChannelOptions> = {}): Loopback {
  const senderDoorbell = createDoorbell()
  const receiverDoorbell = createDoorbell()
  const descriptors = createChannelPair({ senderDoorbell, receiverDoorbell, ...options })
  const receiver = openReceiver(descriptors.receiver)
  return {
    sender: openSender(descriptors.sender),
    receiver,
    senderDoorbell: new Doorbell(senderDoorbell),
    receiverDoorbell: new Doorbell(receiverDoorbell),
    descriptors,
    drainAll() {
      const values: unknown[] = []
      receiver.drain((value) => values.push(value), Number.POSITIVE_INFINITY)
      return values
    },
  }
}

/** Parks the owner of a doorbell: resolves when somebody rang, or at once when there is work. */
export function rung(owner: Doorbell, hasWork: () => boolean = () => false): Promise<void> {
  return new Promise((resolve) => {
    if (!owner.park(hasWork, () => resolve())) resolve()
  })
}

/** The value as it arrives at the other end of a fresh channel. */
export function passThrough(value: unknown): unknown {
  const { sender, drainAll } = openLoopback()
  sender.send(value)
  sender.flush()
  const [received] = drainAll()
  return received
}
