/** `pnpm rounds`: a row for each setting, and what it refuses before it runs anything. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { roundsCommand } from './rounds-command.ts'

async function rounds(...words: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await roundsCommand(words, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  })
  return { code, stdout, stderr }
}

test.each([
  [['--seeds', '0'], "'0'"],
  [['--seeds', 'abc'], "'abc'"],
  [['--nodes', '1'], "--nodes takes whole numbers from 2 to 15, with commas between them; got '1'"],
  [['--nodes', '3,x'], "got 'x'"],
  [['--nodes', '16'], "got '16'"],
  [['--svg', '/nowhere/rounds.svg'], '--svg cannot be written: ENOENT'],
  [['--svg', tmpdir()], 'is a folder'],
  [['--seed', '3'], "Unknown option '--seed'"],
  [['3'], "Unexpected argument '3'"],
])('%j is refused in one line', async (words, message) => {
  const { code, stdout, stderr } = await rounds(...words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^ConfigurationError \(ERR_TROUPE_\w+\): .*\n$/)
  expect(stderr).toContain(message)
})

test('a row for each algorithm, number of nodes and plan of faults, and the plot', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-rounds-'))
  try {
    const svg = join(folder, 'rounds.svg')
    const { code, stdout } = await rounds('--seeds', '2', '--nodes', '2,3', '--svg', svg, '--json')
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(code).toBe(0)
    expect(rows.map(({ algorithm, nodes, faults }) => [algorithm, nodes, faults].join(' '))).toEqual(
      ['ben-or', 'chandra-toueg'].flatMap((algorithm) =>
        [2, 3].flatMap((nodes) => ['none', 'all'].map((faults) => `${algorithm} ${nodes} ${faults}`)),
      ),
    )
    expect(rows.every(({ seeds, failures }) => seeds === 2 && failures.length === 0)).toBe(true)
    expect(readFileSync(svg, 'utf8')).toContain('chandra-toueg, 3 nodes, faults: all')
    expect((await rounds('--help')).code).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
