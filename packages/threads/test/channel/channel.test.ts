import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { EncodeError, FrameError } from '../../src/channel/errors.ts'
import { RingMemory } from '../../src/channel/ring.ts'
import { openLoopback, rung } from './loopback.ts'

describe('a channel', () => {
  it('shows nothing before flush, rings the parked receiver once, and delivers up to the limit', async () => {
    const { sender, receiver, receiverDoorbell, drainAll } = openLoopback()
    const ring = rung(receiverDoorbell, () => receiver.hasMessages())
    for (let i = 0; i < 10; i++) expect(sender.send({ i })).toBe(true)
    expect(receiver.hasMessages()).toBe(false)
    expect(receiverDoorbell.parked).toBe(true)
    sender.flush()
    await ring
    const values: unknown[] = []
    expect(receiver.drain((value) => values.push(value), 4)).toBe(4)
    expect(values).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }, { i: 3 }])
    expect(drainAll()).toHaveLength(6)
    expect(receiver.drain(() => undefined, 4)).toBe(0)
  })

  it('publishes by itself when a long turn has written much', () => {
    const { sender, receiver } = openLoopback()
    while (!receiver.hasMessages()) expect(sender.send('x'.repeat(1000))).toBe(true)
    expect(sender.pending).toBe(0)
  })

  it('keeps the order of messages in the ring, beside it, and in the queue', () => {
    const kind = fc.constantFrom('small', 'large', 'aside', 'drain', 'flush')
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 300 }), (kinds) => {
        const { sender, drainAll } = openLoopback({ capacityBytes: 1024 })
        const received: unknown[] = []
        let sent = 0
        for (const next of kinds) {
          if (next === 'drain') received.push(...drainAll().map((value) => (value as { n: number }).n))
          else if (next === 'flush') sender.flush()
          else if (next === 'large') sender.send({ n: sent++, text: 'y'.repeat(600) })
          else if (next === 'aside') sender.send({ n: sent++, like: /a/ })
          else sender.send({ n: sent++ })
        }
        do {
          sender.flush()
          received.push(...drainAll().map((value) => (value as { n: number }).n))
        } while (sender.pending > 0)
        received.push(...drainAll().map((value) => (value as { n: number }).n))
        expect(received).toEqual(Array.from({ length: sent }, (_, n) => n))
      }),
    )
  })

  it('queues when the ring is full, refuses beyond the queue, and loses or reorders nothing it accepted', async () => {
    const { sender, senderDoorbell, drainAll } = openLoopback({ capacityBytes: 1024, outboundCapacity: 50 })
    let accepted = 0
    while (sender.send({ n: accepted })) accepted++
    expect(sender.pending).toBe(50)
    expect(sender.send({ n: -1 })).toBe(false)
    expect(sender.flushable).toBe(false)

    const ring = rung(senderDoorbell, () => sender.flushable)
    expect(senderDoorbell.parked).toBe(true)
    const received = drainAll()
    await ring
    expect(sender.flushable).toBe(true)
    expect(sender.send({ n: accepted++ })).toBe(true)
    while (sender.pending > 0) {
      sender.flush()
      received.push(...drainAll())
    }
    sender.flush()
    received.push(...drainAll())
    expect(received).toEqual(Array.from({ length: accepted }, (_, n) => ({ n })))
    expect(sender.send({ n: 0 })).toBe(true)
    expect(sender.pending).toBe(0)
  })

  it.each([
    ['copied', (bytes: Uint8Array) => ({ value: bytes, moved: undefined })],
    ['transferred', (bytes: Uint8Array) => ({ value: { bytes }, moved: new Set([bytes.buffer]) })],
    ['long texts', (bytes: Uint8Array) => ({ value: 'x'.repeat(bytes.length), moved: undefined })],
  ])('refuses beyond so many bytes beside the ring, until they were taken: %s', async (_how, messageOf) => {
    const sizes = { capacityBytes: 1 << 14, outboundBytesMax: 1_000_000 }
    const { sender, senderDoorbell, receiver } = openLoopback(sizes)
    const send = () => {
      const { value, moved } = messageOf(new Uint8Array(200_000))
      return sender.send(value, moved)
    }
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 5; count++) expect(send()).toBe(true)
      expect(send()).toBe(false)
      expect(sender.send('short')).toBe(false)
      expect(sender.pending).toBe(0)
      expect(sender.flushable).toBe(false)
      const ring = rung(senderDoorbell, () => sender.flushable)
      expect(receiver.drain(() => {}, 2)).toBe(2)
      await ring
      expect(sender.flushable).toBe(true)
      expect(send()).toBe(true)
      expect(send()).toBe(true)
      expect(send()).toBe(false)
      expect(receiver.drain(() => {}, 10)).toBe(5)
      sender.flush()
      expect(sender.waits).toBe(false)
      expect(sender.flushable).toBe(false)
    }
  })

  it('counts the bytes of its queue', () => {
    const { sender, drainAll } = openLoopback({ capacityBytes: 1024, outboundBytesMax: 2_000 })
    const text = 'x'.repeat(95)
    let accepted = 0
    while (sender.send(text)) accepted++
    // Each takes a few bytes more than its letters.
    expect(sender.pending).toBe(21)
    let received = 0
    while (sender.pending > 0) {
      received += drainAll().length
      sender.flush()
    }
    expect(received + drainAll().length).toBe(accepted)
    expect(sender.waits).toBe(false)
  })

  it('does not let a sender park when room was made after its last try', () => {
    const { sender, senderDoorbell, drainAll } = openLoopback({ capacityBytes: 1024 })
    while (sender.pending === 0) sender.send({ n: 0 })
    drainAll()
    const hasWork = () => sender.flushable
    expect(senderDoorbell.park(hasWork, () => undefined)).toBe(false)
  })

  it('looks for room once more after it has announced that it waits', () => {
    const { sender, receiver, drainAll } = openLoopback({ capacityBytes: 1024 })
    const announce = RingMemory.prototype.announceWaiting
    let announced = 0
    // The receiver makes room at the one moment at which neither the sender's look nor its announcement shows it.
    const spy = vi.spyOn(RingMemory.prototype, 'announceWaiting').mockImplementation(function (this: RingMemory) {
      announced++
      drainAll()
      announce.call(this)
    })
    try {
      while (announced === 0) sender.send({ n: 0 })
    } finally {
      spy.mockRestore()
    }
    expect(sender.pending).toBe(0)
    expect(receiver.hasMessages()).toBe(true)
  })

  it('brings a message as it was when it was sent, though it waited in the queue', () => {
    const { sender, drainAll } = openLoopback({ capacityBytes: 1024 })
    const message = { n: 1 }
    while (sender.pending < 10) sender.send(message)
    message.n = 2
    for (let rounds = 0; sender.pending > 0 || rounds === 0; rounds++) {
      for (const value of drainAll()) expect(value).toEqual({ n: 1 })
      sender.flush()
    }
  })

  it('goes on after a refused message and after a handler that threw', () => {
    const { sender, receiver, drainAll } = openLoopback()
    sender.send({ shape: 1 })
    expect(() => sender.send({ shape: () => 0 })).toThrow(EncodeError)
    sender.send({ shape: 2 })
    sender.flush()
    const failing = () => {
      throw new Error('handler')
    }
    expect(() => receiver.drain(failing, 10)).toThrow('handler')
    expect(drainAll()).toEqual([{ shape: 2 }])
  })

  it('is closed at the receiver when the sender closed and all was delivered', async () => {
    const { sender, receiver, receiverDoorbell, drainAll } = openLoopback()
    sender.send(1)
    sender.send(-0)
    const ring = rung(receiverDoorbell, () => receiver.hasMessages() || receiver.closed)
    sender.close()
    await ring
    expect(receiver.closed).toBe(false)
    expect(drainAll()).toEqual([1, -0])
    expect(receiver.closed).toBe(true)
    expect(sender.send(2)).toBe(false)
  })

  it('refuses at the sender when the receiver closed, and wakes a sender that waits for room', async () => {
    const { sender, receiver, senderDoorbell } = openLoopback({ capacityBytes: 1024 })
    while (sender.pending < 5) sender.send('full')
    const ring = rung(senderDoorbell, () => sender.flushable)
    receiver.close()
    await ring
    expect(sender.closed).toBe(true)
    expect(sender.send('more')).toBe(false)
    sender.flush()
    expect(sender.pending).toBe(0)
  })

  it('fails for good with a FrameError when its memory was damaged, and tells the sender', () => {
    const { sender, receiver, descriptors } = openLoopback()
    sender.send({ n: 1 })
    sender.flush()
    new Uint8Array(descriptors.receiver.ring).fill(0xa5, 640)
    const deliver = () => expect.unreachable()
    expect(() => receiver.drain(deliver, 1)).toThrow(FrameError)
    expect(() => receiver.drain(deliver, 1)).toThrow(FrameError)
    expect(receiver.closed).toBe(true)
    expect(sender.send({ n: 2 })).toBe(false)
  })

  it('fails when the message that a marker names is not beside the ring', () => {
    const { sender, receiver, descriptors } = openLoopback()
    descriptors.sender.port.postMessage('stranger')
    sender.send(/a/)
    sender.flush()
    expect(() => receiver.drain(() => expect.unreachable(), 1)).toThrow(FrameError)
  })
})
