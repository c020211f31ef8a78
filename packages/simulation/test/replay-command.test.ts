/** `pnpm replay`: what it prints and how it ends. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moduleName, readSavedRun, type SavedRun, saveFailure, writeSavedRun } from '../src/index.ts'
import { forgetfulDeposits } from './fixtures/deposits.ts'

const root = resolve(import.meta.dirname, '../../..')
let folder = ''
let path = ''
let saved: SavedRun

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-'))
  path = join(folder, 'run.json')
  const module = moduleName(new URL('./fixtures/deposits.ts', import.meta.url), root)
  saved = (await saveFailure(forgetfulDeposits, { seed: 1, program: { module, export: 'forgetfulDeposits' } }))!.saved
  await writeSavedRun(path, saved)
})
afterAll(() => rm(folder, { recursive: true }))

function command(...parameters: string[]): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['scripts/replay.ts', ...parameters], { cwd: root }, (error, out, errors) => {
      done({ code: error === null ? 0 : Number(error.code), out, errors })
    })
  })
}

test('replays to the failure, to a step, and on with other choices', async () => {
  const whole = await command(path)
  expect(whole.code).toBe(0)
  expect(whole.out).toContain(`step ${saved.failure.step}: invariant no deposit counts twice does not hold`)
  expect(whole.out).toMatch(/what went wrong:\n {2}\S/)
  const until = await command(path, '--until', '40')
  expect(until.out).toContain('node-1 /node-1/ledger: {')
  expect(until.out).toContain('stopped after step 40')
  const other = await command(path, '--prefix', '10', '--seed', '3')
  expect(other.code).toBe(0)
  expect(other.out).not.toContain(`failed at ${saved.failure.virtualMs.toFixed(3)} ms`)
})

test('shrinks into a file beside', async () => {
  const { out } = await command(path, '--shrink')
  expect(out).toMatch(/^faults \d+ -> 1, nodes 4 -> 2/)
  const smaller = await readSavedRun(join(folder, 'run.shrunk.json'))
  expect(smaller.failure.kind).toBe(saved.failure.kind)
})

test('says what is wrong, and fails', async () => {
  expect(await command()).toMatchObject({ code: 1, errors: expect.stringContaining('usage: pnpm replay FILE') })
  const none = await command(join(folder, 'none.json'))
  expect(none).toMatchObject({ code: 1, errors: expect.stringContaining('none.json cannot be read') })
  const step = await command(path, '--until', 'soon')
  expect(step).toMatchObject({ code: 1, errors: expect.stringContaining('--until takes a whole number, got soon') })
})
