/** The command as a process: streams and exit codes. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

test('a check that holds ends with 0 and prints its row alone', () => {
  const { status, stdout, stderr } = run('check', 'transaction-commit', '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ program: 'transaction-commit', distinct: 34, generated: 94, depth: 7 })
})

test('threads end with the search', () => {
  const { status, stdout } = run('check', 'single-copy', '--servers', '2', '--threads', '2', '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ distinct: 62, violations: [{ steps: 4 }] })
})

test('nonsense ends with 2; help with 0', () => {
  expect(run('check', 'abd', '--servers', 'two')).toMatchObject({ status: 2, stdout: '' })
  expect(run()).toMatchObject({ status: 2 })
  const help = run('--help')
  expect(help.status).toBe(0)
  expect(help.stdout).toContain('history')
})
