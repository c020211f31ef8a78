/** The growth suite in its quick mode, and what it keeps: no time is judged. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type GrowthLine, growthCommand, growthParts, growthSuite } from '../../benchmarks/src/growth.ts'
import { saveGrowth } from '../../benchmarks/src/growth-results.ts'

let folder: URL

beforeAll(async () => {
  folder = pathToFileURL(`${await mkdtemp(join(tmpdir(), 'troupe-growth-'))}/`)
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterAll(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

test('every part completes and has a figure for each size', async () => {
  const lines = await growthSuite({ quick: true })
  expect([...new Set(lines.map(({ part }) => part))]).toEqual(growthParts)
  expect(lines.filter(({ part }) => part === 'threads').map(({ at }) => at)).toEqual([1, 2])
  expect(lines.filter(({ part }) => part === 'sizes').map(({ at }) => at)).toEqual([0, 1_000])
  for (const { figures } of lines)
    for (const figure of Object.values(figures)) expect(Number.isFinite(figure)).toBe(true)
})

test('parts are kept one by one, and all that were kept are plotted', async () => {
  const row = (part: GrowthLine['part'], at: number, figures: Record<string, number>): GrowthLine => {
    return { suite: 'growth', part, at, figures }
  }
  const sizes = [0, 1, 1_000].map((at) => row('sizes', at, { wallNs: 500 + at }))
  await saveGrowth(sizes, 'one machine', folder)
  const mailboxes = [1, 100].map((at) => row('mailboxes', at, { messageNs: 300 / at }))
  await saveGrowth(mailboxes, 'another <machine>', folder)
  await saveGrowth([row('mailboxes', 10, { messageNs: 80 })], 'another <machine>', folder)
  const kept = (await readFile(new URL('growth.jsonl', folder), 'utf8')).trim().split('\n')
  expect(kept.map((line) => JSON.parse(line)).map(({ part, at }) => [part, at])).toEqual([
    ...sizes.map(({ at }) => ['sizes', at]),
    ['mailboxes', 10],
  ])
  const plot = await readFile(new URL('growth.svg', folder), 'utf8')
  expect(plot).toContain('<title>1,000 bytes: 1,500</title>')
  expect(plot).toContain('<title>10 messages that wait: 80</title>')
  expect(plot).toContain('another &lt;machine&gt;')
  expect(plot).not.toContain('NaN')
  expect(plot.match(/<circle/g)).toHaveLength(4)
})

test('a part that there is not is refused', async () => {
  expect(await growthCommand(['actor'])).toBe(2)
  expect(await growthCommand(['--fast'])).toBe(2)
})
