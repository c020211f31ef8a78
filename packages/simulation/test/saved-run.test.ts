import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  loadRun,
  loadScenario,
  moduleName,
  ReplayDivergedError,
  readSavedRun,
  replay,
  type SavedProgram,
  type SavedRun,
  SavedRunError,
  ScenarioNotFoundError,
  saveBranch,
  saveFailure,
  saveRun,
  shrink,
  writeSavedRun,
} from '../src/index.ts'
import { changing, edited } from './fixtures/changing-program.ts'
import { deposits, forgetfulDeposits } from './fixtures/deposits.ts'

const module = new URL('./fixtures/deposits.ts', import.meta.url)

/** The first seed under which the planted bug shows. */
async function failing(): Promise<SavedRun> {
  const program = { module: moduleName(module), export: 'forgetfulDeposits' }
  for (let seed = 1; seed <= 100; seed++) {
    const found = await saveFailure(forgetfulDeposits, { seed, program })
    if (found !== undefined) return found.saved
  }
  throw new Error('the planted bug was not found')
}

describe('a saved run', () => {
  test('is the same after a file, and its program is found and fails in the same way', async () => {
    const saved = await failing()
    const folder = await mkdtemp(join(tmpdir(), 'troupe-'))
    try {
      const path = join(folder, 'deep', 'run.json')
      await writeSavedRun(path, saved)
      const read = await readSavedRun(path)
      expect(read).toEqual(saved)
      const again = await replay(read, await loadScenario(read.program))
      expect(again).toMatchObject({ outcome: 'failed', hash: saved.hash, step: saved.failure.step, warnings: [] })
      expect(again.failure?.facts.property).toBe('no deposit counts twice')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('of a format with other hashes is told by its failure alone', async () => {
    const saved = await failing()
    const hash = '0123456789abcdef'
    const checkpoints = { ...saved.checkpoints, hashes: saved.checkpoints.hashes.map(() => hash) }
    const older: SavedRun = { ...saved, format: 3, hash, checkpoints }
    const { outcome, warnings } = await replay(older, forgetfulDeposits)
    expect(outcome).toBe('failed')
    expect(warnings).toEqual([
      'the run is of format 3, whose hashes were made in another way: only its failure is compared',
    ])
    const failure = { ...saved.failure, step: saved.failure.step + 1 }
    await expect(replay({ ...older, failure }, forgetfulDeposits)).rejects.toThrow(ReplayDivergedError)
    await expect(replay({ ...older, format: 4 }, forgetfulDeposits)).rejects.toThrow(ReplayDivergedError)
  })

  test('keeps limits without an end', async () => {
    const { saved } = (await saveFailure(changing, {
      seed: 1,
      options: { askCyclesAfterMs: Number.POSITIVE_INFINITY },
    }))!
    expect(loadRun(saveRun(saved)).options.askCyclesAfterMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('is none when its program goes well', async () => {
    const saved = await failing()
    expect(await saveFailure(deposits, { seed: saved.seed, plan: saved.plan })).toBeUndefined()
  })

  test('replays to a step, and goes on with other choices after one', async () => {
    const saved = await failing()
    const until = Math.floor(saved.failure.step / 2)
    let totals: readonly unknown[] = []
    const atStep = {
      step: until,
      call: (world: { view: { cells(): readonly { state: unknown }[] } }) => {
        totals = world.view.cells().map(({ state }) => state)
        return 'stop' as const
      },
    }
    const stopped = await replay(saved, forgetfulDeposits, { atStep, trace: true })
    expect(stopped).toMatchObject({ outcome: 'stopped', step: until, failure: undefined })
    expect(totals.length).toBeGreaterThan(0)
    expect(Math.max(...stopped.trace!.map(({ step }) => step))).toBeLessThanOrEqual(until)
    expect(await replay(saved, forgetfulDeposits, { until })).toMatchObject({ outcome: 'stopped', hash: stopped.hash })
    const outcomes = new Set<string>()
    const hashes = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      const branch = { afterStep: until, seed }
      const { outcome, hash } = await replay(saved, forgetfulDeposits, { branch })
      outcomes.add(outcome)
      hashes.add(hash)
    }
    expect(hashes.size).toBe(10)
    expect(outcomes).toContain('failed')
  })

  test('saves what fails after other choices as a run of its own, which replays, branches and shrinks', async () => {
    const saved = await failing()
    const afterStep = Math.floor(saved.failure.step / 2)
    let savedBranches = 0
    for (let seed = 1; seed <= 10; seed++) {
      const byChance = await replay(saved, forgetfulDeposits, { branch: { afterStep, seed } })
      const found = await saveBranch(saved, forgetfulDeposits, { afterStep, seed })
      if (byChance.outcome === 'passed') {
        expect(found).toBeUndefined()
        continue
      }
      savedBranches++
      const own = loadRun(saveRun(found!.saved))
      expect(own).toMatchObject({ hash: byChance.hash, seed: saved.seed, branches: [{ afterStep, seed }] })
      const again = await replay(own, forgetfulDeposits)
      expect(again).toMatchObject({ outcome: 'failed', hash: byChance.hash, step: byChance.step })
      const smaller = await shrink(own, forgetfulDeposits, { runsMax: 200 })
      expect(smaller.saved.failure.kind).toBe(own.failure.kind)
      expect(smaller.after.faults).toBeLessThanOrEqual(smaller.before.faults)
      expect(smaller.after.events).toBeLessThan(smaller.before.events)
      expect((await replay(smaller.saved, forgetfulDeposits)).hash).toBe(smaller.saved.hash)
      const later = { afterStep: afterStep + 10, seed: 77 }
      const twice = await saveBranch(own, forgetfulDeposits, later)
      if (twice !== undefined) expect(twice.saved.branches).toEqual([{ afterStep, seed }, later])
      const earlier = { afterStep: afterStep - 10, seed: 78 }
      const instead = await saveBranch(own, forgetfulDeposits, earlier)
      if (instead !== undefined) expect(instead.saved.branches).toEqual([earlier])
    }
    expect(savedBranches).toBeGreaterThan(2)
    expect(() => loadRun(saveRun({ ...saved, branches: [{ afterStep: -1, seed: 1 }] }))).toThrow(
      'damaged: a branch needs',
    )
  })

  test('tells that the program is another one, and the step where it first differs', async () => {
    edited.amount = 1
    const { saved } = (await saveFailure(changing, { seed: 1 }))!
    expect((await replay(saved, changing)).outcome).toBe('failed')
    edited.amount = 2
    const error = await replay(saved, changing).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ReplayDivergedError)
    expect(error.facts.by).toBe(error.facts.after + 1)
    expect(error.message).toContain(`they first differ at step ${error.facts.by}`)
    expect(error.message).toMatch(/there the replay does:\n.*\n.* sends add 2 to node-1/)
    expect(error.message).toMatch(/\nit failed too, after step \d+, at [\d.]+ ms: .*seed 1/)
    edited.amount = 0
    const mended = await replay(saved, changing).catch((thrown) => thrown)
    expect(mended.message).toMatch(
      /^it no longer fails; the run diverges from the saved one at step \d+: the program has changed, or is not deterministic\n/,
    )
    expect(mended.message).toContain('it is not deterministic: run the seed with twice: true')
    expect(mended.message).toMatch(/\nit went on to its end, after step \d+, at [\d.]+ ms, and did not fail\n/)
    expect(mended.facts.failure).toBeUndefined()
    const versions = { troupe: '0.0.1', node: 'v1.0.0' }
    const older = await replay({ ...saved, versions }, changing).catch((thrown) => thrown)
    expect(older.message).toContain('the run was saved with troupe 0.0.1')
    edited.amount = 1
    const { warnings } = await replay({ ...saved, versions }, changing)
    expect(warnings).toHaveLength(2)
    expect(warnings[1]).toContain('the run was saved with node v1.0.0')
  })
})

describe('what is no saved run', () => {
  test('is refused with what is wrong', async () => {
    const { saved } = (await saveFailure(changing, { seed: 1 }))!
    const text = saveRun(saved)
    const damaged = (change: object) => () => loadRun(JSON.stringify({ ...JSON.parse(text), ...change }))
    expect(() => loadRun('no JSON')).toThrow(SavedRunError)
    expect(() => loadRun('[1]')).toThrow('it has no format number')
    expect(damaged({ format: 5 })).toThrow('the saved run is of format 5; this version reads up to 4')
    expect(damaged({ seed: 'x' })).toThrow('its seed is no whole number')
    expect(damaged({ program: { module: 5, parameters: {} } })).toThrow('the module of its program is no name')
    expect(damaged({ program: { test: {}, parameters: {} } })).toThrow('the test of its program has no file or name')
    expect(damaged({ options: { nodes: 'three' } })).toThrow('its nodes are neither a number nor names')
    expect(damaged({ options: undefined })).toThrow('it has no options')
    expect(damaged({ plan: { faults: [] } })).toThrow('damaged: a plan of a run has strengths')
    expect(damaged({ checkpoints: { everySteps: 0, hashes: '' } })).toThrow('no interval')
    const folder = await mkdtemp(join(tmpdir(), 'troupe-'))
    try {
      await expect(readSavedRun(join(folder, 'none.json'))).rejects.toThrow(/none\.json cannot be read/)
      await writeFile(join(folder, 'bad.json'), '{}')
      await expect(readSavedRun(join(folder, 'bad.json'))).rejects.toThrow(/bad\.json: this is no saved run/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('and a program that cannot be found is told', async () => {
    const load = (program: Omit<SavedProgram, 'parameters'>) =>
      loadScenario({ ...program, parameters: {} }).catch((thrown) => thrown)
    const here = moduleName(module)
    expect(await load({ module: 'nowhere.ts' })).toBeInstanceOf(ScenarioNotFoundError)
    expect((await load({ module: here, export: 'other' })).message).toMatch(
      /named other; it exports .*forgetfulDeposits/,
    )
    expect((await load({ module: here, export: 'Ledger' })).code).toBe('ERR_TROUPE_SCENARIO_NOT_FOUND')
    expect((await load({ test: { file: 'bank.test.ts', name: 'money (all)' } })).message).toContain(
      "run TROUPE_REPLAY=FILE vitest run bank.test.ts -t 'money \\(all\\)'",
    )
    expect((await load({ scenario: 'paxos' })).message).toContain("the scenario 'paxos' of the command line")
  })
})
