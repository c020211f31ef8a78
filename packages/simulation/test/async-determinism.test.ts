import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { simulateTwice } from '../src/index.ts'
import { asyncProgram } from './async-program.ts'

const schedules = ['random', 'pct', 'pos', 'delay'] as const

test.each(schedules)(
  '%s: actors with asynchronous turns take the same steps twice, with every fault',
  async (schedule) => {
    const hashes = new Set<string>()
    for (let seed = 1; seed <= 40; seed++) {
      const run = await simulateTwice({ seed, nodes: 3, faults: 'all', delivery: 'hostile', schedule }, asyncProgram)
      hashes.add(run.hash)
    }
    expect(hashes.size).toBe(40)
  },
)

test('so do they in other processes, time zones and languages', async () => {
  const program = new URL('./hashes-process.ts', import.meta.url).pathname
  const places = [
    { TZ: 'UTC', LANG: 'C' },
    { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    { TZ: 'America/St_Johns', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
  ]
  const hashes = await Promise.all(
    places.map(async (place) => {
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...process.env, ...place } })
      return JSON.parse(stdout) as string[]
    }),
  )
  expect(new Set(hashes[0]).size).toBe(20)
  for (const others of hashes.slice(1)) expect(others).toEqual(hashes[0])
})
