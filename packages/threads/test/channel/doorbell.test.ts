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
