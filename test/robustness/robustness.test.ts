/** What a system has to endure, at short length; `pnpm thread-kills` and `pnpm robustness` do the same at full length. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { killWays, planKills } from './kill-plan.ts'
import { type ScenarioFigures, scenarios } from './scenarios.ts'
import type { ThreadKillsFigures } from './thread-kills.ts'

/** In a process of its own, so that an abort is a failure of the test, and no test runner's memory is measured. */
async function run<Figures>(program: string, ...args: string[]): Promise<Figures> {
  const command = [join(import.meta.dirname, program), ...args, '--json']
  // The exit code repeats what the findings say; a process that ended in another way has printed none.
  const { stdout } = await promisify(execFile)(process.execPath, command).catch((error) => {
    if (error.code === 1 && error.stdout !== '') return error as { stdout: string }
    throw error
  })
  return JSON.parse(stdout) as Figures
}

test('threads are killed under load, and nothing is missing, doubled or left over', { timeout: 240_000 }, async () => {
  const figures = await run<ThreadKillsFigures>('thread-kills.ts', '--kills', '12', '--threads', '3', '--seed', '11')
  expect(figures.findings).toEqual([])
  expect(figures.kills).toBe(12)
  expect(figures.deathsTold).toBeGreaterThan(6)
  for (const name of ['ask answered', 'stream answered', 'task answered', 'spawn answered', 'tells received']) {
    expect(figures.counts[name]).toBeGreaterThan(10)
  }
  expect(figures.counts['ledgers compared after a return']).toBeGreaterThan(6)
})

test.each(Object.keys(scenarios))('%s: nothing grows and nothing is left over', { timeout: 120_000 }, async (name) => {
  const all = await run<Record<string, ScenarioFigures>>('robustness.ts', name, '--short')
  expect(all[name]?.findings).toEqual([])
})

test('a plan of kills is a function of its seed, with every way, pairs and kills of successors', () => {
  const nodes = ['node-1', 'node-2', 'node-3']
  const plan = planKills({ kills: 200, seed: 5, nodes })
  expect(planKills({ kills: 200, seed: 5, nodes })).toEqual(plan)
  expect(planKills({ kills: 200, seed: 6, nodes })).not.toEqual(plan)
  const deaths = plan.flat()
  const again = deaths.filter(({ againAfterMs }) => againAfterMs !== undefined)
  expect(deaths.length + again.length).toBe(200)
  expect(new Set(deaths.map(({ way }) => way))).toEqual(new Set(killWays))
  expect(again.length).toBeGreaterThan(10)
  expect(plan.some((round) => round.length === 2 && round[0]?.node !== round[1]?.node)).toBe(true)
})
