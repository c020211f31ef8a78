import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ConfigurationError } from '@troupe/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  loadScenario,
  readSavedRun,
  replay,
  SavedRunError,
  type SimulatedWorld,
  VacuousCampaignError,
} from '../src/index.ts'
import { findSavedRun } from '../src/saved-run-file.ts'
import { SimulationTestError } from '../src/vitest/index.ts'
import { runSimulationTest, type SimulationTestPlace } from '../src/vitest/simulation-test.ts'
import { Counter } from './actors.ts'
import { deposits, forgetfulDeposits } from './fixtures/deposits.ts'

const program = new URL('./fixtures/deposits.ts', import.meta.url)
const root = resolve(import.meta.dirname, '../../..')
const { options, parameters } = forgetfulDeposits
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-'))
})
afterAll(() => rm(folder, { recursive: true }))

function place(environment: SimulationTestPlace['environment'] = {}) {
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  return { lines, name: "the bank's deposits", file: join(root, 'bank.test.ts'), environment, print }
}

async function errorOf(promise: Promise<unknown>): Promise<SimulationTestError> {
  const error = await promise.then(
    () => new Error('it went well'),
    (thrown) => thrown,
  )
  if (!(error instanceof SimulationTestError)) throw error
  return error
}

describe('the file of TROUPE_REPLAY', () => {
  test('is looked for in the current directory, and then in the packages that the test is in', async () => {
    const workspace = join(folder, 'workspace')
    const inner = join(workspace, 'packages/bank')
    const testFile = join(inner, 'test/bank.test.ts')
    await mkdir(join(inner, 'test'), { recursive: true })
    await mkdir(join(workspace, '.troupe'))
    for (const root of [workspace, inner]) await writeFile(join(root, 'package.json'), '{}')
    await writeFile(join(workspace, '.troupe/run.json'), '{}')
    const elsewhere = join(folder, 'elsewhere')
    expect(await findSavedRun('.troupe/run.json', testFile, workspace)).toBe(join(workspace, '.troupe/run.json'))
    expect(await findSavedRun('.troupe/run.json', testFile, elsewhere)).toBe(join(workspace, '.troupe/run.json'))
    for (const root of [workspace, inner]) await writeFile(join(root, 'run.json'), '{}')
    expect(await findSavedRun('run.json', testFile, elsewhere)).toBe(join(inner, 'run.json'))
    const missing = await findSavedRun('none.json', testFile, elsewhere).catch((thrown) => thrown)
    expect(missing).toBeInstanceOf(SavedRunError)
    for (const root of [elsewhere, inner, workspace]) expect(missing.message).toContain(join(root, 'none.json'))
    expect(missing.message).not.toContain(join(inner, 'test/none.json'))
    const absolute = join(folder, 'none.json')
    await expect(findSavedRun(absolute, testFile)).rejects.toThrow(`looked for ${absolute}`)
  })

  test('that is nowhere fails the test with where it was looked for', async () => {
    const attempt = runSimulationTest(place({ TROUPE_REPLAY: 'none.json' }), { ...options, parameters }, deposits.run)
    await expect(attempt).rejects.toThrow(
      `there is no saved run none.json; looked for ${join(process.cwd(), 'none.json')}`,
    )
  })
})

describe('a simulation test', () => {
  test('goes well when all seeds do, and tells how far it is', async () => {
    const here = place()
    const settings = { ...options, parameters, folder, seeds: 5, progressEveryMs: 0 }
    const outcome = await runSimulationTest(here, settings, deposits.run)
    expect(outcome).toMatchObject({ runs: 5, seeds: 5, failedSeed: undefined })
    expect(outcome?.injected.loss).toBeGreaterThan(0)
    expect(here.lines).toHaveLength(5)
    expect(here.lines[2]).toMatch(/^the bank's deposits: 3 of 5 seeds, \d+ events$/)
  })

  test('names the failing seed, how to run it alone, what goes wrong in the shrunk run, and its file', async () => {
    const settings = { ...options, parameters, folder }
    const error = await errorOf(runSimulationTest(place(), settings, forgetfulDeposits.run))
    const { seed, path } = error.facts as { seed: number; path: string }
    const text = error.message
    expect(text).toContain(`seed ${seed} failed: always no deposit counts twice: it does not hold`)
    expect(text).toContain(`run it alone: TROUPE_SEED=${seed} vitest run bank.test.ts -t 'the bank.s deposits'`)
    expect(text).toMatch(/shrunk: faults \d+ -> 1, nodes .* clients 3 -> 1, amounts 8 -> 1/)
    expect(text).toMatch(/what goes wrong in it:\n {2}\S/)
    expect(text).toContain(`TROUPE_REPLAY=${path}`)
    const saved = await readSavedRun(path)
    expect(saved.program).toMatchObject({
      test: { name: "the bank's deposits" },
      parameters: { clients: [expect.any(String)] },
    })
    // The seed alone, and the file, fail in the same way; the file of another test is not replayed.
    const alone = await errorOf(runSimulationTest(place({ TROUPE_SEED: `${seed}` }), settings, forgetfulDeposits.run))
    expect(alone.facts).toEqual(error.facts)
    expect(alone.message).toContain('(1 of 1 seeds were run)')
    const again = await errorOf(runSimulationTest(place({ TROUPE_REPLAY: path }), settings, forgetfulDeposits.run))
    expect(again.facts).toEqual(error.facts)
    expect(again.message).toContain(`run it again: TROUPE_REPLAY=${path} vitest run bank.test.ts`)
    const other = { ...place({ TROUPE_REPLAY: path }), name: 'another' }
    expect(await runSimulationTest(other, settings, forgetfulDeposits.run)).toBeUndefined()
  })

  test('names the reason of the shrunk run where it is another, and that no fault is needed', async () => {
    const settings = { folder, seeds: 1, nodes: 2, faults: 'all', parameters: { deposits: 17 } } as const
    const error = await errorOf(
      runSimulationTest(place(), settings, async (world, { deposits }) => {
        await world.sleep(1_000)
        world.check(deposits < 10, `the total is ${deposits * 50}`)
      }),
    )
    expect(error.message).toMatch(
      /^seed 1 failed: .*the total is 850.*\nthe shrunk run fails with: .*the total is 500\n/,
    )
    expect(error.message).toContain('\nno fault is needed: it fails without any\n')
    const { path } = error.facts as { path: string }
    const again = await errorOf(
      runSimulationTest(place({ TROUPE_REPLAY: path }), settings, async (world, { deposits }) => {
        await world.sleep(1_000)
        world.check(deposits < 10, `the total is ${deposits * 50}`)
      }),
    )
    expect(again.message).toMatch(/\nno fault is needed: it fails without any$/)
  })

  test('of a program in a module finds the same seed on several threads as on one, and its file replays by itself', async () => {
    const on = (threads: number) =>
      errorOf(runSimulationTest(place(), { program, export: 'forgetfulDeposits', threads, folder, seeds: '5..60' }))
    const one = await on(1)
    const three = await on(3)
    expect(three.facts).toEqual(one.facts)
    const saved = await readSavedRun(one.facts.path as string)
    const again = await replay(saved, await loadScenario(saved.program))
    expect(again).toMatchObject({ outcome: 'failed', hash: one.facts.hash })
    const clean = { program, export: 'deposits', threads: 2, seeds: 30 }
    expect(await runSimulationTest(place(), clean)).toMatchObject({ runs: 30, seeds: 30, failedSeed: undefined })
  })

  test('of a function finds the same seed on several threads, each of which imports the file of the test', async () => {
    const campaign = join(import.meta.dirname, 'fixtures/failing.campaign.ts')
    const at = (name: string) => ({ ...place(), file: campaign, name: `deposits (with faults) ${name}` })
    const settings = { ...options, parameters, folder, seeds: '5..40' }
    const on = (threads: number) =>
      errorOf(runSimulationTest(at('may count twice'), { ...settings, threads }, forgetfulDeposits.run))
    const one = await on(1)
    const three = await on(3)
    expect(three.facts).toEqual(one.facts)
    expect(three.message).toContain(`TROUPE_SEED=${one.facts.seed} vitest run ${relative(process.cwd(), campaign)}`)
    const clean = await runSimulationTest(at('count once'), { ...settings, threads: 2 }, deposits.run)
    expect(clean).toMatchObject({ runs: 36, seeds: 36, threads: 2, failedSeed: undefined })
    expect(clean?.injected.loss).toBeGreaterThan(0)
  })

  test('of a function runs all seeds in its own thread where another would run something else', async () => {
    const campaign = join(import.meta.dirname, 'fixtures/failing.campaign.ts')
    const alone = async (file: string, name: string) => {
      const here = { ...place(), file, name }
      const settings = { ...options, parameters, folder, seeds: 6, threads: 2, latency: { minMs: 3, meanMs: 3 } }
      const outcome = await runSimulationTest(here, settings, deposits.run)
      expect(outcome).toMatchObject({ runs: 6, threads: 1, failedSeed: undefined })
      return here.lines.join('\n')
    }
    expect(await alone(campaign, 'deposits (with faults) count once')).toContain('seed 1 is another run')
    expect(await alone(campaign, 'no such test')).toContain("has no test 'no such test' that can be run by itself")
    expect(await alone(join(root, 'none.test.ts'), 'none')).toContain('none.test.ts')
  })

  test('fails when no seed reached a claim, but not for one seed alone', async () => {
    const run = (environment: SimulationTestPlace['environment'], reaches: number) =>
      runSimulationTest(place(environment), { seeds: 20 }, async (world) => {
        world.sometimes('drew a small number', world.random.int(10) < reaches)
        world.sometimes('ran', () => true)
        await world.sleep(1)
      })
    const vacuous = await run({}, 0).catch((error) => error)
    expect(vacuous).toBeInstanceOf(VacuousCampaignError)
    expect(vacuous.facts).toMatchObject({ runs: 20, unreached: ['drew a small number'] })
    expect(await run({ TROUPE_SEED: '3' }, 0)).toMatchObject({ runs: 1, failedSeed: undefined })
    const reached = (await run({}, 5))?.seedsReached
    expect(reached?.ran).toBe(20)
    expect(reached?.['drew a small number']).toBeGreaterThan(0)
  })

  test('tells a program that is not deterministic', async () => {
    let runs = 0
    const settings = { seeds: 1, folder }
    const error = await errorOf(
      runSimulationTest(place(), settings, async (world) => world.check(runs++ > 0, 'only the first time')),
    )
    expect(error.message).toContain('the program is not deterministic; the option `twice: true`')
  })

  test('tells that the run which it saved is another one when it is run again', async () => {
    let runs = 0
    const failing = async (shrinkRunsMax: number, change: (world: SimulatedWorld) => Promise<unknown>) => {
      const program = async (world: SimulatedWorld) => {
        await change(world)
        world.check(false, 'always')
      }
      const error = await errorOf(runSimulationTest(place(), { seeds: 1, folder, shrinkRunsMax }, program))
      return error.message
    }
    const differing = async (world: SimulatedWorld) => {
      const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
      await counter.ask('add', ++runs)
    }
    for (const shrinkRunsMax of [0, 50]) {
      expect(await failing(shrinkRunsMax, differing)).toMatch(
        /\nwhich is another run when it is run again, from .*step.* on: the program is not deterministic; .*`twice: true`/,
      )
      expect(await failing(shrinkRunsMax, (world) => world.sleep(++runs))).toContain(
        'with its failure at another time: the',
      )
    }
    const repeating = await errorOf(
      runSimulationTest(place(), { seeds: 1, folder }, async (world) => world.check(false, 'always')),
    )
    expect(repeating.message).not.toContain('deterministic')
  })

  test('does not search for mistakes in how the world is used: they fail it at once, by themselves', async () => {
    const own = join(folder, 'mistakes')
    const mistaken = async (run: (world: SimulatedWorld) => Promise<unknown>) => {
      const here = place()
      const error = await runSimulationTest(here, { seeds: 3, threads: 1, folder: own }, run).catch((thrown) => thrown)
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(here.lines).toEqual([])
      return error.message
    }
    const predicate = (async () => true) as unknown as () => boolean
    expect(
      await mistaken(async (world) => {
        world.always('all is well', predicate)
        await world.sleep(1)
      }),
    ).toMatch(/^always all is well: a predicate is synchronous and returns true or false/)
    expect(await mistaken((world) => world.sleep(Number.NaN))).not.toContain('seed')
    await expect(readdir(own)).rejects.toThrow('ENOENT')
    const none = new URL('./none.ts', import.meta.url)
    const missing = await runSimulationTest(place(), { program: none, seeds: 3 }).catch((thrown) => thrown)
    expect(missing.message).toMatch(/^the program file:\S+none\.ts cannot be imported: /)
    for (const parameters of [{ count: 1, f: () => 1 }, { count: 1, f: { deep: () => 1 } }, { f: 1n }]) {
      const settings = { parameters, seeds: 3 }
      await expect(runSimulationTest(place(), settings, async () => {})).rejects.toThrow(
        'parameter f of a simulation test must be plain data',
      )
    }
  })

  test('runs each seed twice by choice, and names the first event that differs', async () => {
    let runs = 0
    const drawing = async (world: SimulatedWorld) => {
      runs++
      await world.sleep(world.random.int(10) === 0 ? runs : 1)
    }
    const settings = { seeds: 40, folder, threads: 1 }
    expect(await runSimulationTest(place(), settings, drawing)).toMatchObject({ runs: 40, failedSeed: undefined })
    const error = await errorOf(runSimulationTest(place(), { ...settings, twice: true }, drawing))
    expect(error.message).toMatch(/^seed \d+ is not one run \(\d+ of 40 seeds were run\)\nrun it alone: TROUPE_SEED=/)
    expect(error.message).toMatch(/two runs differ with the same events: one ended at step \d+ and \d+ ms/)
    const { seed } = error.facts as { seed: number }
    const alone = await errorOf(
      runSimulationTest(place({ TROUPE_SEED: `${seed}` }), { ...settings, twice: true }, drawing),
    )
    expect(alone.facts).toEqual({ seed })
  })

  test('finds on several threads the first seed whose two runs differ', async () => {
    const settings = { program, export: 'changingDeposits', folder, seeds: '1..24', twice: true }
    const one = await errorOf(runSimulationTest(place(), { ...settings, threads: 1 }))
    const two = await errorOf(runSimulationTest(place(), { ...settings, threads: 2 }))
    expect(two.facts).toEqual(one.facts)
    expect(two.message).toContain('two runs differ: event')
    const same = { ...settings, export: 'deposits', threads: 2 }
    expect(await runSimulationTest(place(), same)).toMatchObject({ runs: 24, failedSeed: undefined })
  })

  test('refuses what it cannot do', async () => {
    const refused = (settings: object, environment = {}) =>
      runSimulationTest(place(environment), settings, 'program' in settings ? undefined : async () => {})
    await expect(runSimulationTest(place(), {})).rejects.toThrow('either a function or the URL of a program')
    await expect(refused({ program, services: {} })).rejects.toThrow('belong in its scenario')
    await expect(refused({ program, export: 'deposits', threads: 0 })).rejects.toThrow('threads must be')
    await expect(refused({ seeds: 0 })).rejects.toThrow('needs at least one seed')
    await expect(refused({ seeds: '5..1' })).rejects.toThrow('needs at least one seed')
    await expect(refused({}, { TROUPE_SEED: 'x' })).rejects.toThrow('TROUPE_SEED must be a seed or a range')
  })
})

describe('in Vitest', () => {
  /** Exit code and output of a run of the fixture. */
  function vitest(environment: Record<string, string>): Promise<{ code: number; text: string }> {
    const script = join(root, 'node_modules/vitest/vitest.mjs')
    const config = join(import.meta.dirname, 'fixtures/vitest.config.ts')
    const env = { ...process.env, ...environment, CAMPAIGN_FOLDER: folder, NO_COLOR: '1' }
    return new Promise((done) => {
      execFile(process.execPath, [script, 'run', '--config', config], { cwd: root, env }, (error, out, errors) => {
        done({ code: error === null ? 0 : Number(error.code), text: stripVTControlCharacters(out + errors) })
      })
    })
  }

  test('the failure has it all, and the commands that it names do what they say', async () => {
    const all = await vitest({})
    expect(all.code).toBe(1)
    expect(all.text).toMatch(/1 failed \| 1 passed/)
    expect(all.text).toContain("-t 'deposits \\(with faults\\) may count twice'")
    const [, seed] = /TROUPE_SEED=(\d+) vitest/.exec(all.text) as unknown as [string, string]
    expect((await vitest({ TROUPE_SEED: seed })).text).toContain(`seed ${seed} failed`)
    const file = (await readdir(folder)).find((name) => name.includes('may-count-twice')) as string
    const again = await vitest({ TROUPE_REPLAY: join(folder, file) })
    expect(again.text).toMatch(/1 failed \| 1 skipped/)
    expect(again.text).toContain(`seed ${seed} failed`)
  })
})
