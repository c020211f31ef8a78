/** Links in one thread: what is refused, what waits, and what a broken channel does. */
import { MessageChannel } from 'node:worker_threads'
import { NotSendableError } from '@troupe/core'
import { checkFrame, type Frame, FrameKind, frameOf, Ref } from '@troupe/core/host'
import { describe, expect, it } from 'vitest'
import { type ChannelOptions, createChannelPair, createDoorbell, Doorbell } from '../src/channel/index.ts'
import { NodeLinks } from '../src/node-links.ts'

const tell = (n: unknown): Frame => [FrameKind.tell, 0, 1, 1, undefined, 'collect', n, undefined]
const terminated = (key: string): Frame => {
  const ref = new Ref('left', 0, 2, 2)
  return [FrameKind.terminated, 0, ref, ref, 'stopped', key]
}

function connected(
  sizes: Partial<ChannelOptions> = { capacityBytes: 1_024, outboundCapacity: 2 },
  isIdle: () => boolean = () => false,
) {
  const received: Frame[] = []
  const broken: string[] = []
  const make = (node: string) =>
    new NodeLinks({
      node,
      development: false,
      listener: {
        receive: (_from, frame) => received.push(checkFrame(frame)),
        receiveMessage: (_from, message) => received.push(frameOf(message)),
        receiveReply: (_from, { epoch, askId, payload }) => received.push([FrameKind.reply, epoch, askId, payload]),
        event: () => {},
        broken: (node) => broken.push(node),
        wake: () => {},
        isIdle,
        rung: () => {},
      },
    })
  const [left, right] = [make('left'), make('right')]
  const [leftDoorbell, rightDoorbell] = [createDoorbell(), createDoorbell()]
  const there = createChannelPair({ ...sizes, senderDoorbell: leftDoorbell, receiverDoorbell: rightDoorbell })
  const back = createChannelPair({ ...sizes, senderDoorbell: rightDoorbell, receiverDoorbell: leftDoorbell })
  const bell = new MessageChannel()
  left.connect({ node: 'right', epoch: 0, sender: there.sender, receiver: back.receiver, bell: bell.port1 })
  right.connect({ node: 'left', epoch: 3, sender: back.sender, receiver: there.receiver, bell: bell.port2 })
  return { left, right, received, broken, ring: there.sender.ring, rightDoorbell }
}

/** Sends a value as it is, past what a kernel would check. */
const raw = (links: NodeLinks, value: unknown): boolean => links.send('right', value as Frame) === undefined

describe('the links of a node', () => {
  it('keep every reply, also those that find no room, and their order', () => {
    const { left, right, received } = connected()
    for (let askId = 0; askId < 100; askId++) expect(left.sendReply('right', 3, askId, { askId })).toBeUndefined()
    left.send('right', terminated('last'))
    while (left.pending > 0 || right.hasWork()) {
      left.flush()
      right.drain(10)
    }
    const replies = Array.from({ length: 100 }, (_, askId): Frame => [FrameKind.reply, 3, askId, { askId }])
    expect(received).toEqual([...replies, terminated('last')])
    expect(left.sendReply('nobody', 3, 1, 1)).toBe('node-down')
  })

  it('publish a tell at once where those before came alone and the receiver sleeps, and together again once one does not', () => {
    let isIdle = true
    const { left, right, received, rightDoorbell } = connected(undefined, () => isIdle)
    const owner = new Doorbell(rightDoorbell)
    const to = new Ref('right', 3, 1, 1)
    const park = () =>
      owner.park(
        () => false,
        () => undefined,
      )
    /** How many of the tells from `first` on the other end has got before there was any flush. */
    const arrivedOf = (first: number, count: number) => {
      park()
      for (let n = first; n < first + count; n++)
        expect(left.sendMessage(to, 'collect', n, undefined, -1)).toBeUndefined()
      const arrived = right.drain(100)
      left.flush()
      right.drain(100)
      owner.awaken()
      return arrived
    }
    let sent = 0
    while (arrivedOf(sent, 1) === 0) expect(++sent).toBeLessThan(20)
    expect(arrivedOf(++sent, 1)).toBe(1)
    isIdle = false
    expect(arrivedOf(++sent, 1)).toBe(0)
    isIdle = true
    expect(arrivedOf(++sent, 3)).toBe(1)
    sent += 2
    expect(arrivedOf(++sent, 1)).toBe(0)
    expect(received.map((frame) => frame[6])).toEqual(Array.from({ length: sent + 1 }, (_, n) => n))
  })

  it('say which reply cannot be sent, and why', () => {
    const { left, right, received } = connected()
    const attempt = () => left.sendReply('right', 3, 1, { call: () => 0 })
    expect(attempt).toThrow(NotSendableError)
    expect(attempt).toThrow('a reply to node right: payload.call is a function')
    left.sendReply('right', 3, 2, 'sendable')
    left.flush()
    right.drain(10)
    expect(received).toEqual([[FrameKind.reply, 3, 2, 'sendable']])
  })

  it('refuse tells beyond the bounds, never a notice, and keep the order of what they took', () => {
    const { left, right, received } = connected()
    let accepted = 0
    while (left.send('right', tell(accepted)) === undefined) accepted++
    expect(left.send('right', terminated('first'))).toBeUndefined()
    expect(left.send('right', tell(-1))).toBe('overload')
    expect(left.send('right', terminated('second'))).toBeUndefined()
    while (left.pending > 0 || right.hasWork()) {
      left.flush()
      right.drain(10)
    }
    expect(received.map((frame) => frame[0])).toEqual([...new Array(accepted).fill(FrameKind.tell), 6, 6])
    expect(received.slice(0, accepted).map((frame) => frame[6])).toEqual(Array.from({ length: accepted }, (_, n) => n))
    expect(left.send('right', tell(accepted))).toBeUndefined()
  })

  it('refuse tells while too many bytes are under way, let a send wait for them, and keep the order', () => {
    const { left, right, received } = connected({ capacityBytes: 1 << 14, outboundBytesMax: 500_000 })
    expect(left.send('right', tell(new Uint8Array(300_000)))).toBeUndefined()
    expect(left.send('right', tell(new Uint8Array(300_000)))).toBeUndefined()
    expect(left.send('right', tell(2))).toBe('overload')
    expect(left.send('right', terminated('waits'))).toBeUndefined()
    left.flush()
    expect(left.hasWork()).toBe(false)
    right.drain(10)
    expect(received.map((frame) => frame[0])).toEqual([FrameKind.tell, FrameKind.tell])
    expect(left.hasWork()).toBe(true)
    left.flush()
    right.drain(10)
    expect(received.at(-1)).toEqual(terminated('waits'))
    expect(left.hasWork()).toBe(false)
    expect(left.send('right', tell(3))).toBeUndefined()
  })

  it('refuse what is for a node that is not there, or not there any more', () => {
    const { left, right, received } = connected()
    expect(left.send('other', tell(0))).toBe('node-down')
    left.send('right', tell(0))
    left.flush()
    expect(right.disconnect('left', 2)).toBe(false)
    expect(right.disconnect('left', 3)).toBe(true)
    expect(received).toEqual([tell(0)])
    expect(right.send('left', tell(0))).toBe('node-down')
    expect(left.send('right', tell(1))).toBe('node-down')
  })

  it('say of a channel that holds what no sender writes that it is broken, and go on', () => {
    const { left, right, received, broken, ring } = connected()
    left.send('right', tell(0))
    left.flush()
    new Uint8Array(ring, ring.byteLength - 1_024 + 8, 16).fill(0xff)
    expect(right.drain(10)).toBe(0)
    expect({ received, broken }).toEqual({ received: [], broken: ['left'] })
    expect(right.hasWork()).toBe(false)
    right.disconnect('left', 3)
    expect(broken).toEqual(['left'])
  })

  it('say the same once of values that are no frame and of events that nodes do not send', () => {
    for (const odd of [
      undefined,
      7,
      {},
      [99],
      [FrameKind.tell],
      [FrameKind.stop, 0, Number.NaN, 1, undefined],
      [-1, 'x', {}],
    ]) {
      const { left, right, received, broken } = connected()
      left.send('right', tell(0))
      expect(raw(left, odd)).toBe(true)
      left.send('right', tell(1))
      left.flush()
      while (right.drain(1) > 0);
      expect(right.hasWork()).toBe(false)
      expect(right.disconnect('left', 3)).toBe(true)
      expect({ received, broken }).toEqual({ received: [tell(0)], broken: ['left'] })
    }
  })
})
