/** The channel between real threads: nothing lost or reordered, no wake-up missed, a death at any moment survived. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createChannelPair, createDoorbell, Doorbell, openReceiver } from '../../src/channel/index.ts'
import { rung } from './loopback.ts'
import type { PeerReport, PeerTask } from './peer-worker.ts'

function startPeer(task: PeerTask): Worker {
  const ports = [task.sender?.port, task.receiver?.port].filter((port) => port !== undefined)
  return new Worker(new URL('./peer-worker.ts', import.meta.url), { workerData: task, transferList: ports })
}

/** The peer's report, after it has ended by itself; rejects when it failed. */
async function finished(peer: Worker): Promise<PeerReport> {
  const exited = once(peer, 'exit')
  const [report] = (await once(peer, 'message')) as [PeerReport]
  expect(await exited).toEqual([0])
  return report
}

describe('a channel between threads', () => {
  it.each([
    { spinLimit: 0, capacityBytes: 1 << 20 },
    { spinLimit: 200, capacityBytes: 1 << 13 },
  ])('exchanges 200,000 messages, both threads parking ($spinLimit spins, $capacityBytes bytes)', async (options) => {
    const { spinLimit, capacityBytes } = options
    const [left, right] = [createDoorbell(), createDoorbell()]
    const there = createChannelPair({ senderDoorbell: left, receiverDoorbell: right, capacityBytes })
    const back = createChannelPair({ senderDoorbell: right, receiverDoorbell: left, capacityBytes })
    const common = { role: 'exchange', count: 100_000, spinLimit } as const
    const reports = await Promise.all([
      finished(startPeer({ ...common, doorbell: left, sender: there.sender, receiver: back.receiver })),
      finished(startPeer({ ...common, doorbell: right, sender: back.sender, receiver: there.receiver })),
    ])
    for (const { received, parks } of reports) {
      expect(received).toBe(100_000)
      if (spinLimit === 0) expect(parks).toBeGreaterThan(0)
    }
  })

  it('brings 200,000 messages through a small ring and a small queue, the sender waiting for room', async () => {
    const [left, right] = [createDoorbell(), createDoorbell()]
    const pair = createChannelPair({
      senderDoorbell: left,
      receiverDoorbell: right,
      capacityBytes: 1 << 12,
      outboundCapacity: 10,
    })
    const common = { count: 200_000, spinLimit: 0 }
    const [, consumer] = await Promise.all([
      finished(startPeer({ ...common, role: 'flood', doorbell: left, sender: pair.sender })),
      finished(startPeer({ ...common, role: 'consume', doorbell: right, receiver: pair.receiver })),
    ])
    expect(consumer.received).toBe(200_000)
  })

  it('delivers every published message, whole and in order, of a thread that was terminated while it wrote', async () => {
    for (let round = 0; round < 12; round++) {
      const [left, right] = [createDoorbell(), createDoorbell()]
      const capacityBytes = round % 2 === 0 ? 1 << 12 : 1 << 20
      const { sender, receiver } = createChannelPair({ senderDoorbell: left, receiverDoorbell: right, capacityBytes })
      const doorbell = new Doorbell(right)
      const channel = openReceiver(receiver)
      const peer = startPeer({ role: 'endless', doorbell: left, sender, count: 0, spinLimit: 0 })
      let received = 0
      const receive = (value: unknown) => {
        expect((value as { n: number }).n).toBe(received)
        received++
      }
      while (received < 1000 + round * 137) {
        channel.drain(receive, 100)
        await rung(doorbell, () => channel.hasMessages())
      }
      await peer.terminate()
      const before = received
      while (channel.drain(receive, 1000) > 0);
      expect(received).toBeGreaterThanOrEqual(before)
      expect(channel.hasMessages()).toBe(false)
    }
  })

  it('does not keep a thread open that parked with open channels', async () => {
    const [left, right] = [createDoorbell(), createDoorbell()]
    const there = createChannelPair({ senderDoorbell: left, receiverDoorbell: right })
    const back = createChannelPair({ senderDoorbell: right, receiverDoorbell: left })
    const channel = openReceiver(there.receiver)
    const common = { role: 'idle', count: 0, spinLimit: 0 } as const
    await finished(startPeer({ ...common, doorbell: left, sender: there.sender, receiver: back.receiver }))
    const received: unknown[] = []
    channel.drain((value) => received.push(value), 10)
    expect(received).toEqual([{ n: 0, zero: -0 }])
  })
})
