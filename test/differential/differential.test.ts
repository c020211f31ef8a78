/** The differential test, short: the command runs the same with as many programs as one likes. */
import { expect, test } from 'vitest'
import { compareHosts } from './differential.ts'
import { ThreadRuns } from './hosts.ts'

const seed = 20

test('three hundred random programs are the same on threads, in simulation and locally', async () => {
  await using threads = await ThreadRuns.open()
  const { difference, programs, replies, failures, deaths } = await compareHosts({ programs: 300, seed, threads })
  expect(difference).toBeUndefined()
  expect(programs).toBe(300)
  // Programs that do nothing would be the same everywhere.
  expect({ replies: replies > 500, failures: failures > 200, deaths: deaths > 200 }).toEqual({
    replies: true,
    failures: true,
    deaths: true,
  })
})

test.each(['swapped-messages', 'doubled-message', 'dropped-notice'])(
  '%s, planted on every thread, is found',
  async (bug) => {
    await using threads = await ThreadRuns.open({ servicesModule: new URL(`./planted/${bug}.ts`, import.meta.url) })
    const { difference } = await compareHosts({ programs: 300, seed, threads, shrinks: false })
    expect(difference?.what.length).toBeGreaterThan(0)
    // The other hosts load no services module: only the threads are wrong.
    expect(difference?.what.filter((text) => !text.startsWith('simulation | threads'))).toEqual([])
  },
)
