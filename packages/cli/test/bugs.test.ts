/** `troupe bugs`. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { troupe } from './troupe.ts'

test('the table of planted bugs: a row for each bug and each schedule', async () => {
  const { code, rows } = await troupe('bugs', 'half-quorum', 'lost-deduplication', '--seeds', '6', '--harm', '--json')
  expect(code).toBe(0)
  const schedules = ['random', 'pct', 'pos', 'delay']
  expect(rows().map(({ bug, strategy }) => `${bug} ${strategy}`)).toEqual([
    ...schedules.map((schedule) => `half-quorum ${schedule}`),
    ...schedules.map((schedule) => `lost-deduplication ${schedule}`),
  ])
  for (const { bug, scenario, seeds, found, seedsMedian, seedsP95, harmed, reasons, cleanFound } of rows()) {
    expect({ seeds, cleanFound }).toEqual({ seeds: 6, cleanFound: 0 })
    expect(scenario).toBe(bug === 'half-quorum' ? 'paxos' : 'delivery')
    expect(found).toBeGreaterThan(0)
    expect(Object.values(reasons as Record<string, number>).reduce((sum, count) => sum + count)).toBe(found)
    expect(seedsMedian).toBeGreaterThanOrEqual(1)
    expect(seedsP95).toBeGreaterThanOrEqual(seedsMedian)
    if (bug === 'half-quorum') expect(harmed).toBeGreaterThan(0)
    else expect(harmed).toBe(found)
  }
})

test('people see one schedule, and a file gets the same as Markdown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'troupe-bugs-'))
  const file = join(folder, 'table.md')
  const words = [
    'bugs',
    'half-quorum',
    '--strategy',
    'pct',
    '--seeds',
    '5',
    '--shrink',
    '--tries',
    '40',
    '--markdown',
    file,
  ]
  const { code, stdout } = await troupe(...words)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^bug +scenario .*\nhalf-quorum +paxos +pct +\d\/5 .* \d+>\d+ +\d+>\d+ .*\n$/)
  const [heading, rule, row] = (await readFile(file, 'utf8')).split('\n')
  expect(heading).toBe(
    '| bug | scenario | schedule | found | median | p95 | harm | events | faults | clean | noticed as |',
  )
  expect(rule).toBe('| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |')
  expect(row).toMatch(/^\| half-quorum \| paxos \| pct \| \d\/5 \|/)
  await writeFile(file, 'Before.\n\n<!-- planted bugs -->\nold\n<!-- end of planted bugs -->\n\nAfter.\n')
  await troupe(...words)
  const place = `<!-- planted bugs -->\n\n${[heading, rule, row].join('\n')}\n\n<!-- end of planted bugs -->`
  expect(await readFile(file, 'utf8')).toBe(`Before.\n\n${place}\n\nAfter.\n`)
  const other = `| other | paxos | pct | 1/2 | 1 | 1 | - | - | - | 0 | check |`
  const stale = (row as string).replace(/\d\/5/, '7/9')
  await writeFile(file, `${[heading, rule, other, stale, other.replace('pct', 'pos')].join('\n')}\n`)
  await troupe(...words)
  // The row that was counted stands where it stood, and the others stay.
  const kept = [heading, rule, other, row, other.replace('pct', 'pos'), '']
  expect((await readFile(file, 'utf8')).split('\n')).toEqual(kept)
  await troupe('bugs', 'half-quorum', '--strategy', 'pos', '--seeds', '2..2', '--markdown', file)
  expect((await readFile(file, 'utf8')).split('\n').slice(0, 5)).toEqual(kept.slice(0, 5))
  expect((await readFile(file, 'utf8')).split('\n')[5]).toMatch(/^\| half-quorum \| paxos \| pos \| 1\/1 \|/)
  await rm(folder, { recursive: true })
  const nowhere = await troupe(...words.slice(0, -1), join(folder, 'gone', 'table.md'))
  expect(nowhere.code).toBe(2)
  expect(nowhere.stderr).toContain('cannot be written to')
})

test('a name that is no bug is answered with each name once', async () => {
  const { stderr } = await troupe('bugs', 'nothing')
  const [, list = ''] = /there are (.*)/.exec(stderr) ?? []
  const names = list.split(', ')
  expect(names).toContain('half-quorum')
  expect(names).toHaveLength(new Set(names).size)
})

test('a bug that no seed finds fails the table', async () => {
  // One node alone is a quorum whichever way it is counted: there is nothing to find.
  const words = ['--seeds', '3', '--nodes', '1', '--strategy', 'random', '--json']
  const { code, rows } = await troupe('bugs', 'counted-replies', ...words)
  expect(code).toBe(1)
  expect(rows()).toMatchObject([
    { found: 0, seedsMedian: null, seedsP95: null, harmed: null, shrunk: null, reasons: {} },
  ])
})

test.each([
  ['bugs nothing', "there is no planted bug 'nothing'; there are forgotten-promise"],
  ['bugs half-qourum', "there is no planted bug 'half-qourum'; did you mean 'half-quorum'?"],
  ['bugs --nodes 0', "--nodes must be a whole number from 1, got '0'"],
  ['bugs stale-fill --nodes 9', 'scenario cache runs on 4 nodes, got 9'],
  ['bugs --strategy luck', "--strategy takes random, pct, pos, delay, with commas between them; got 'luck'"],
])('troupe %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await troupe(...command.split(' '), '--json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})
