/** `troupe history check`: verdicts of Porcupine by command, and what is no history. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { troupe } from './troupe.ts'

const folder = fileURLToPath(new URL('../../../test/data/histories/', import.meta.url))
const expected: Record<string, boolean> = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8'))

test.each([
  ['register', 'jepsen/', 52],
  ['kv', 'kv/', 4],
])('all histories of model %s have their verdicts, a row each', async (model, prefix, count) => {
  const names = Object.keys(expected).filter((name) => name.startsWith(prefix))
  expect(names).toHaveLength(count)
  const files = names.map((name) => folder + name)
  const { code, rows, stderr } = await troupe('history', 'check', '--model', model, ...files, '--json')
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(rows().map(({ file, verdict }) => [file, verdict])).toEqual(
    names.map((name) => [folder + name, expected[name]]),
  )
  for (const { seconds } of rows()) expect(seconds).toBeGreaterThanOrEqual(0)
})

test('a history that holds passes, and one whose steps run out is unknown', async () => {
  const file = `${folder}jepsen/etcd_002.log`
  const held = await troupe('history', 'check', '--model', 'register', file, '--json')
  expect(held.code).toBe(0)
  expect(held.rows()).toMatchObject([{ file, verdict: true }])
  const cut = await troupe('history', 'check', '--model', 'register', file, '--steps-max', '1000', '--json')
  expect(cut.code).toBe(1)
  expect(cut.rows()).toMatchObject([{ file, verdict: 'unknown' }])
})

test('people see why a history is refuted', async () => {
  const { code, stdout } = await troupe('history', 'check', '--model', 'kv', `${folder}kv/c01-bad.txt`)
  expect(code).toBe(1)
  expect(stdout).toContain('kv/c01-bad.txt: not linearizable (38 operations')
  expect(stdout).toContain('not linearizable: key-value store at "7"')
  expect(stdout).toContain('process 0: get 7 = "x 0 0 y"')
})

test.each([
  [['--model', 'kv', 'nowhere.txt'], 'history nowhere.txt cannot be read: ENOENT'],
  [['--model', 'register', `${folder}kv/c01-ok.txt`], 'c01-ok.txt: line 1: not a line of a Jepsen log'],
  [['--model', 'queue', 'any.txt'], 'Allowed choices are register, kv'],
  [['any.txt'], "required option '--model <model>' not specified"],
  [['--model', 'kv'], "missing required argument 'files'"],
  [['--model', 'kv', 'any.txt', '--steps-max', '0'], "--steps-max must be a whole number from 1, got '0'"],
])('troupe history check %j is refused', async (words, message) => {
  const { code, stdout, stderr } = await troupe('history', 'check', ...words, '--json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})
