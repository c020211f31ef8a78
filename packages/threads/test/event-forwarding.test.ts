/** Events that find no room: how many they were is told as soon as there is room, and whatever else is told or not. */
import { EventStream, type LogEntry } from '@troupe/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventForwarding } from '../src/event-forwarding.ts'

const windowMs = 100

/** A node's forwarding over a channel that has room or not. */
function forwarding() {
  const events = new EventStream()
  const channel = { hasRoom: true, told: [] as LogEntry[] }
  const send = (_name: string, data: unknown) => {
    if (channel.hasRoom) channel.told.push(data as LogEntry)
    return channel.hasRoom
  }
  const forwarding = new EventForwarding({ node: 'node-1', events, send })
  const say = (count: number) => {
    for (let index = 0; index < count; index++) events.emit('log', entry)
  }
  const dropped = () => channel.told.map(({ fields }) => fields.dropped).filter((count) => count !== undefined)
  return { channel, forwarding, say, dropped }
}

const entry: LogEntry = {
  level: 'info',
  node: 'node-1',
  actor: '/node-1/speaker',
  definition: 'Speaker',
  generation: 0,
  time: 0,
  message: 'said',
  fields: {},
}

describe('the number of dropped events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is told once there is room, when its warning had none and no other event comes', () => {
    const { channel, say, dropped } = forwarding()
    channel.hasRoom = false
    say(600)
    vi.advanceTimersByTime(5 * windowMs)
    channel.hasRoom = true
    vi.advanceTimersByTime(windowMs)
    expect(dropped()).toEqual([600])
    vi.advanceTimersByTime(5 * windowMs)
    expect(vi.getTimerCount()).toBe(0)
    expect(dropped()).toEqual([600])
  })

  it('has those of the windows in which it could not be told', () => {
    const { channel, say, dropped } = forwarding()
    for (const count of [3, 0, 40]) {
      channel.hasRoom = false
      say(count)
      vi.advanceTimersByTime(windowMs)
    }
    channel.hasRoom = true
    say(2)
    vi.advanceTimersByTime(windowMs)
    expect(dropped()).toEqual([43])
    expect(channel.told).toHaveLength(3)
  })

  it('is told in the end, when the window is not over', () => {
    const { forwarding: ending, say, dropped } = forwarding()
    say(1_007)
    ending.end()
    expect(dropped()).toEqual([7])
    expect(vi.getTimerCount()).toBe(0)
  })
})
