import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createDoorbell, Doorbell } from '../../src/channel/doorbell.ts'

describe('a doorbell', () => {
  it('wakes its parked owner once, and costs nothing while the owner is awake', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    expect(other.ring()).toBe(false)
    const waiting = owner.park(() => false, 0)
    expect(owner.parked).toBe(true)
    expect(other.ring()).toBe(true)
    expect(other.ring()).toBe(false)
    await waiting
    expect(owner.parked).toBe(false)
  })

  it('does not park when work comes between the announcement and the wait', () => {
    const doorbell = new Doorbell(createDoorbell())
    let looks = 0
    expect(doorbell.park(() => ++looks > 1, 0)).toBeUndefined()
    expect(looks).toBe(2)
    expect(doorbell.parked).toBe(false)
  })

  it('does not wait when it is rung between the last look and the wait', () => {
    const descriptor = createDoorbell()
    const other = new Doorbell(descriptor)
    const rings: boolean[] = []
    const waiting = new Doorbell(descriptor).park(() => {
      rings.push(other.ring())
      return false
    }, 0)
    expect(rings).toEqual([false, true])
    expect(waiting).toBeUndefined()
  })

  it('spins for no longer than its limit', () => {
    let looks = 0
    const doorbell = new Doorbell(createDoorbell())
    void doorbell.park(() => {
      looks++
      return false
    }, 10)
    expect(looks).toBe(12)
  })

  it('returns the same promise to an owner that parks again, and looks for work again', async () => {
    const doorbell = new Doorbell(createDoorbell())
    const first = doorbell.park(() => false, 0)
    expect(doorbell.park(() => false, 0)).toBe(first)
    expect(doorbell.park(() => true, 0)).toBeUndefined()
    expect(doorbell.parked).toBe(false)
    expect(doorbell.ring()).toBe(false)
    expect(doorbell.park(() => false, 0)).toBe(first)
    expect(doorbell.ring()).toBe(true)
    await first
  })

  it('is not rung while its owner is up, parked or not', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    const first = owner.park(() => false, 0)
    owner.awaken()
    expect(other.ring()).toBe(false)
    expect(owner.park(() => false, 0)).toBe(first)
    expect(other.ring()).toBe(true)
    expect(other.waking).toBe(true)
    owner.awaken()
    expect(other.waking).toBe(false)
    const second = owner.park(() => false, 0)
    await first
    expect(owner.parked).toBe(true)
    other.ring()
    await second
    expect(other.waking).toBe(false)
  })

  it('can be rung by port, beside others that notify', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const { port1, port2 } = new MessageChannel()
    port2.on('message', () => owner.rung())
    const [byPort, other] = [new Doorbell(descriptor, port1), new Doorbell(descriptor)]
    for (const who of [byPort, byPort, other, byPort, other, other, byPort]) {
      const waiting = owner.park(() => false, 0)
      expect(who.ring()).toBe(true)
      expect(owner.waking).toBe(true)
      await waiting
      expect(owner.waking).toBe(false)
    }
    expect(owner.wakes).toBe(7)
    port2.close()
  })

  it('is not missed by an owner that noticed a ring by itself and parked again', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    for (let round = 0; round < 20; round++) {
      const first = owner.park(() => false, 0)
      other.ring()
      owner.awaken()
      await first
      const second = owner.park(() => false, 0)
      // With and without the first notification noticed between.
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (owner.parked) other.ring()
      await second
    }
  })

  it('can be parked again before the last wake-up was noticed', async () => {
    const doorbell = new Doorbell(createDoorbell())
    const first = doorbell.park(() => false, 0)
    doorbell.ring()
    const second = doorbell.park(() => false, 0)
    expect(second).not.toBe(first)
    await first
    expect(doorbell.park(() => false, 0)).toBe(second)
    doorbell.ring()
    await second
  })
})
