import { describe, expect, test } from 'vitest'
import { type CpuProfile, profileTable, selfTimes, threadNameOf } from '../../benchmarks/src/profile/cpu-profile.ts'

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })

/** Four samples at 1,000, 2,000, 3,000 and 4,000 microseconds: turn, turn, idle, and tell at the end. */
const profile: CpuProfile = {
  startTime: 0,
  nodes: [
    { id: 1, callFrame: frame('(idle)') },
    { id: 2, callFrame: frame('turn', 'file:///project/core/turn.ts', 41) },
    { id: 3, callFrame: frame('', 'node:events', 9) },
  ],
  samples: [2, 2, 1, 3],
  timeDeltas: [1_000, 1_000, 1_000, 1_000],
}
const everything = { root: '/project/', within: [{ fromUs: 0, toUs: 10_000 }] }

describe('a profile', () => {
  test('gives each function the time until the next sample', () => {
    expect(selfTimes(profile, everything)).toEqual([
      { name: 'turn', place: 'core/turn.ts:42', milliseconds: 2 },
      { name: '(idle)', place: '', milliseconds: 1 },
      { name: '(anonymous)', place: 'node:events:10', milliseconds: 0 },
    ])
  })

  test('counts only what was sampled while work was measured', () => {
    const within = [{ fromUs: 1_500, toUs: 2_500 }]
    expect(selfTimes(profile, { ...everything, within })).toEqual([
      { name: 'turn', place: 'core/turn.ts:42', milliseconds: 1 },
    ])
  })

  test('shows shares of the time that the thread was busy', () => {
    const [head, first] = profileTable(profile, { ...everything, top: 1 }).split('\n')
    expect(head).toBe('busy 2 ms, idle 1 ms; time of each function itself:')
    expect(first).toMatch(/^ *100\.0 % +2 ms {2}turn +core\/turn\.ts:42$/)
  })

  test('is named after the thread in its file name', () => {
    expect(threadNameOf('CPU.20261127.043547.11708.0.001.cpuprofile')).toBe('main thread')
    expect(threadNameOf('CPU.20261127.043548.11708.2.002.cpuprofile')).toBe('worker thread 2')
  })
})
