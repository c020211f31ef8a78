import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createDoorbell, Doorbell } from '../../src/channel/doorbell.ts'
import { rung } from './loopback.ts'

describe('a doorbell', () => {
  it('wakes its parked owner once, and costs nothing while the owner is awake', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    expect(other.ring()).toBe(false)
    const waiting = rung(owner)
    expect(owner.parked).toBe(true)
    expect(other.ring()).toBe(true)
    expect(other.ring()).toBe(false)
    await waiting
    expect(owner.parked).toBe(false)
    expect([owner.parkings, owner.wakes]).toEqual([1, 1])
  })

  it('does not park when work comes before the announcement, or between it and the wait', () => {
    const doorbell = new Doorbell(createDoorbell())
    const seenParked: boolean[] = []
    const hasWork = () => {
      seenParked.push(doorbell.parked)
      return true
    }
    expect(doorbell.park(hasWork, () => undefined)).toBe(false)
    expect(seenParked).toEqual([true])
    expect(doorbell.parked).toBe(false)
    expect(doorbell.parkings).toBe(0)
  })

  it('does not wait when it is rung between the look and the wait', () => {
    const descriptor = createDoorbell()
    const other = new Doorbell(descriptor)
    let rings = 0
    const hasWork = () => {
      if (other.ring()) rings++
      return false
    }
    expect(
      new Doorbell(descriptor).park(hasWork, () => {
        throw new Error('the owner is up')
      }),
    ).toBe(false)
    expect(rings).toBe(1)
    expect(other.waking).toBe(false)
  })

  it('spins for no longer than its limit, and no longer than there is nothing to do', () => {
    let looks = 0
    const doorbell = new Doorbell(createDoorbell())
    const after = (looksNeeded: number) => () => ++looks === looksNeeded
    expect(doorbell.spin(after(0), 10)).toBe(-1)
    expect(looks).toBe(11)
    expect(doorbell.spin(after(14), 10)).toBe(2)
    expect(doorbell.spins).toBe(12)
  })

  it('looks for work again when its owner parks again, and calls who parked last', async () => {
    const doorbell = new Doorbell(createDoorbell())
    const calls: string[] = []
    expect(
      doorbell.park(
        () => false,
        () => calls.push('first'),
      ),
    ).toBe(true)
    expect(
      doorbell.park(
        () => true,
        () => calls.push('busy'),
      ),
    ).toBe(false)
    expect(doorbell.parked).toBe(false)
    expect(doorbell.ring()).toBe(false)
    await new Promise<void>((resolve) => {
      expect(
        doorbell.park(
          () => false,
          () => calls.push('second'),
        ),
      ).toBe(true)
      expect(
        doorbell.park(
          () => false,
          () => resolve(),
        ),
      ).toBe(true)
      expect(doorbell.ring()).toBe(true)
    })
    expect(calls).toEqual([])
    expect([doorbell.parkings, doorbell.wakes]).toEqual([2, 1])
  })

  it('is not rung while its owner is up, parked or not', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    let calls = 0
    owner.park(
      () => false,
      () => calls++,
    )
    owner.awaken()
    expect(other.ring()).toBe(false)
    owner.park(
      () => false,
      () => calls++,
    )
    expect(other.ring()).toBe(true)
    expect(other.waking).toBe(true)
    // It found out by itself, so that nobody need tell it.
    owner.awaken()
    expect(other.waking).toBe(false)
    expect(owner.wakes).toBe(1)
    const second = rung(owner)
    other.ring()
    await second
    expect(other.waking).toBe(false)
    expect(calls).toBe(0)
  })

  it('can be rung by port, beside others that notify', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const { port1, port2 } = new MessageChannel()
    port2.on('message', () => owner.rung())
    const byPorts: boolean[] = []
    const [byPort, other] = [new Doorbell(descriptor, port1), new Doorbell(descriptor)]
    for (const who of [byPort, byPort, other, byPort, other, other, byPort]) {
      const waiting = new Promise<boolean>((resolve) => owner.park(() => false, resolve))
      expect(who.ring()).toBe(true)
      expect(owner.waking).toBe(true)
      byPorts.push(await waiting)
      expect(owner.waking).toBe(false)
    }
    expect(byPorts).toEqual([true, true, false, true, false, false, true])
    expect(owner.wakes).toBe(7)
    port2.close()
  })

  it('is not missed by an owner that noticed a ring by itself and parked again', async () => {
    const descriptor = createDoorbell()
    const owner = new Doorbell(descriptor)
    const other = new Doorbell(descriptor)
    for (let round = 0; round < 20; round++) {
      owner.park(
        () => false,
        () => undefined,
      )
      other.ring()
      owner.awaken()
      const second = rung(owner)
      // With and without the first notification noticed between.
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      expect(owner.parked).toBe(true)
      other.ring()
      await second
    }
  })

  it('can be parked again before the last wake-up was noticed', async () => {
    const doorbell = new Doorbell(createDoorbell())
    void rung(doorbell)
    doorbell.ring()
    const second = rung(doorbell)
    expect(doorbell.parked).toBe(true)
    expect([doorbell.parkings, doorbell.wakes]).toEqual([2, 1])
    doorbell.ring()
    await second
    expect(doorbell.wakes).toBe(2)
  })
})
