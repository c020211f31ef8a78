/** `troupe simulate --save` and `troupe replay`: failing runs as files, and what is done with them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { troupe } from './troupe.ts'

const simulate = ['simulate', 'paxos', '--bug', 'counted-replies', '--json'] as const
let folder = ''
/** The failing run of the first seed that fails, as a file. */
let file = ''
let saved: any

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-'))
  const { rows } = await troupe(...simulate, '--seeds', '20', '--save', folder)
  ;[{ file }] = rows()[0].saved
  saved = JSON.parse(await readFile(file, 'utf8'))
})
afterAll(() => rm(folder, { recursive: true }))

const row = async (...words: string[]) => {
  const { code, rows, stderr } = await troupe('replay', file, ...words, '--json')
  return { code, stderr, ...(rows()[0] as Record<string, any>) } as Record<string, any>
}

test('every failing seed has its file, with the hash of the campaign, and fails again as it did', async () => {
  const deep = join(folder, 'deep', 'er')
  const { code, rows } = await troupe(...simulate, '--seeds', '20', '--save', deep)
  const [{ failures, saved: files, reasons }] = rows() as [any]
  expect(code).toBe(1)
  expect(files.map(({ seed }: any) => seed)).toEqual(failures)
  expect((await readdir(deep)).length).toBe(failures.length)
  for (const { file: path } of files) {
    const { hash, failure, seed } = JSON.parse(await readFile(path, 'utf8'))
    const again = await troupe('replay', path, '--json')
    expect(again.code).toBe(0)
    expect(again.rows()).toMatchObject([{ outcome: 'failed', hash, seed, step: failure.step, warnings: [] }])
    const alone = await troupe('simulate', 'paxos', '--bug', 'counted-replies', '--seeds', `${seed}..${seed}`)
    expect(alone.stdout).toContain(`at step ${failure.step}, hash ${hash}`)
    expect(Object.keys(reasons).some((reason) => failure.kind.endsWith(reason))).toBe(true)
  }
})

test('nodes and faults of the command line are in the file', async () => {
  const { rows } = await troupe(
    ...['simulate', 'paxos', '--bug', 'half-quorum', '--nodes', '3', '--faults', 'crash=2'],
    ...['--seeds', '10', '--save', folder, '--json'],
  )
  const [{ saved: files }] = rows() as [any]
  expect(files.length).toBeGreaterThan(0)
  const [{ file: path }] = files
  const { options, hash } = JSON.parse(await readFile(path, 'utf8'))
  expect(options).toMatchObject({ nodes: 3, faults: { crash: 2, loss: 0, duplicate: 0, reorder: 0 } })
  expect((await troupe('replay', path, '--json')).rows()).toMatchObject([{ outcome: 'failed', hash }])
})

test('text says what went wrong; to a step there are the states of the actors', async () => {
  const whole = await troupe('replay', file)
  expect(whole.code).toBe(0)
  expect(whole.stdout).toContain(`step ${saved.failure.step}: ${saved.failure.what}`)
  expect(whole.stdout).toMatch(/what goes wrong in it:\n {2}\S/)
  expect(whole.stdout).toContain(`failed after step ${saved.failure.step}`)
  expect(whole.stdout).toContain(`run it again: troupe replay ${file}\n`)
  expect(whole.stdout).not.toContain('simulate({')
  const step = saved.failure.step - 5
  const until = await row('--until', `${step}`)
  expect(until).toMatchObject({ code: 0, outcome: 'stopped', step, reason: null })
  const acceptor = until.actors.find(({ actor }: any) => actor === '/node-1/paxos.campaign.acceptor.node-1')
  expect(acceptor).toMatchObject({ node: 'node-1', state: expect.any(Object) })
  expect(acceptor.state.configuration.members[0].acceptor).toBe('/node-1/paxos.campaign.acceptor.node-1')
  expect(until.actors.map(({ actor }: any) => actor).join()).not.toContain('Watcher')
  expect((await troupe('replay', file, '--until', `${step}`)).stdout).toContain(
    'node-1 /node-1/paxos.campaign.acceptor.node-1: {',
  )
  expect((await row()).actors).toEqual([])
  const last = await row('--until', `${saved.failure.step}`)
  expect(last).toMatchObject({ code: 0, outcome: 'failed', step: saved.failure.step, stderr: '' })
  expect(last.actors.length).toBeGreaterThan(0)
  const short = await row('--prefix', '10', '--until', '1000000')
  expect(short.stderr).toBe(`warning: --until 1000000 was not reached: the run has ${short.step} steps\n`)
})

test('only what goes wrong by the end of the run is told', async () => {
  const plan: readonly { readonly atMs: number }[] = saved.plan.faults
  const timesOf = ({ plan: lines }: Record<string, any>) =>
    lines.flatMap((line: string) => /^at ([\d.]+) ms/.exec(line)?.slice(1).map(Number) ?? [])
  const until = await row('--until', '60')
  expect(timesOf(until)).toHaveLength(plan.filter(({ atMs }) => atMs <= until.virtualMs).length)
  const branch = await row('--prefix', '40')
  for (const atMs of timesOf(branch)) expect(atMs).toBeLessThanOrEqual(branch.virtualMs)
})

test('other choices after a step are other runs, each of which repeats', async () => {
  const hashes = new Set<string>([saved.hash])
  for (const seed of ['1', '2', '3']) {
    const branch = ['--prefix', '40', '--seed', seed]
    const one = await row(...branch)
    expect(one.code).toBe(0)
    expect(await row(...branch)).toEqual(one)
    hashes.add(one.hash)
  }
  expect(hashes.size).toBe(4)
})

test('what fails after other choices is saved, replayed, reported and shrunk as a run of its own', async () => {
  const branchOf = (seed: number) => ['replay', file, '--prefix', '40', '--seed', `${seed}`]
  const outcomes = new Map<string, number>()
  for (let seed = 1; seed <= 100 && outcomes.size < 2; seed++) {
    outcomes.set((await troupe(...branchOf(seed), '--json')).rows()[0].outcome, seed)
  }
  const [failing, passing] = [outcomes.get('failed') as number, outcomes.get('passed') as number]
  const [byChance] = (await troupe(...branchOf(failing), '--json')).rows()
  const path = join(folder, 'branch.json')
  const report = join(folder, 'branch.html')
  const kept = await troupe(...branchOf(failing), '--save', path, '--report', report, '--json')
  expect(kept.code).toBe(0)
  const own = { outcome: 'failed', hash: byChance.hash, branches: [{ afterStep: 40, seed: failing }], file: path }
  expect(kept.rows()).toMatchObject([own])
  expect(await readFile(report, 'utf8')).toContain(`after step 40 the choices are those of seed ${failing}`)
  expect((await troupe('replay', path, '--json')).rows()).toMatchObject([own])
  const { shrunk } = (await troupe('replay', path, '--shrink', '--tries', '40', '--json')).rows()[0]
  expect(shrunk.after.faults).toBeLessThan(shrunk.before.faults)
  const beside = await troupe(...branchOf(failing), '--save')
  const name = file.replace('.json', `.after-40-seed-${failing}.json`)
  expect(beside.stdout).toContain(`saved: troupe replay ${name}\n`)
  expect(JSON.parse(await readFile(name, 'utf8'))).toEqual(JSON.parse(await readFile(path, 'utf8')))
  const well = await troupe(...branchOf(passing), '--save')
  expect([well.code, well.stdout]).toEqual([1, ''])
  expect(well.stderr).toContain(`nothing is saved: with the choices of seed ${passing} after step 40 the run goes well`)
})

test('shrinks into a file beside, which replays, and writes reports', async () => {
  const report = join(folder, 'run.html')
  const { shrunk, code, stderr, hash } = await row('--shrink', '--tries', '60', '--report', report)
  expect(code).toBe(0)
  expect(stderr).toBe(`shrinking ${file} in at most 60 runs\n`)
  expect(shrunk.file).toBe(file.replace('.json', '.shrunk.json'))
  expect(shrunk.runs).toBeLessThanOrEqual(60)
  for (const part of ['faults', 'events', 'late']) expect(shrunk.after[part]).toBeLessThan(shrunk.before[part])
  const smaller = JSON.parse(await readFile(shrunk.file, 'utf8'))
  expect(smaller).toMatchObject({ hash, failure: { kind: saved.failure.kind, step: shrunk.after.events } })
  expect((await troupe('replay', shrunk.file, '--json')).rows()).toMatchObject([{ outcome: 'failed', hash }])
  const page = await readFile(report, 'utf8')
  expect(page).toMatch(/^<!doctype html>/i)
  expect(page).toContain(`paxos, seed ${saved.seed}`)
  expect(page).toContain('violated: paxos')
  const other = join(folder, 'first.html')
  const again = await troupe(...simulate, '--seeds', `${saved.seed}..${saved.seed}`, '--report', other)
  expect(again.rows()).toMatchObject([{ failures: [saved.seed], saved: [] }])
  expect(await readFile(other, 'utf8')).toContain('violated: paxos')
})

test('simulate --shrink names both files', async () => {
  const words = ['simulate', 'paxos', '--bug', 'half-quorum', '--seeds', '2..2', '--save', folder, '--shrink']
  const { stdout } = await troupe(...words, '--tries', '30')
  expect(stdout).toMatch(/seed 2 again: troupe replay .*paxos-half-quorum-seed-2\.json\n {2}shrunk: faults \d+ -> 0, /)
  expect(stdout).toMatch(/troupe replay .*paxos-half-quorum-seed-2\.shrunk\.json\n$/)
})

test('a run of another program fails with the step where it goes another way', async () => {
  const path = join(folder, 'changed.json')
  const parameters = { ...saved.program.parameters, bug: 'half-quorum' }
  await writeFile(path, JSON.stringify({ ...saved, program: { ...saved.program, parameters } }))
  const { code, stderr, stdout } = await troupe('replay', path)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^ReplayDivergedError \(ERR_TROUPE_REPLAY_DIVERGED\): .*they first differ at step \d+\n/)
})

test('what is no run, or of no scenario, is refused with what is wrong', async () => {
  const refused = async (change: object, ...words: string[]) => {
    const path = join(folder, 'refused.json')
    await writeFile(path, JSON.stringify({ ...saved, ...change }))
    const { code, stderr } = await troupe('replay', path, ...words)
    expect(code).toBe(2)
    return stderr
  }
  const program = (change: object) => ({ program: { ...saved.program, ...change } })
  expect(await refused(program({ scenario: 'raft' }))).toContain("there is no scenario 'raft'; there are paxos")
  expect(await refused(program({ parameters: { bug: 'none' } }))).toContain("no planted bug 'none'; it has")
  expect(await refused(program({ scenario: undefined }))).toContain('in no module of its own')
  const bank = { scenario: undefined, test: { file: 'bank.test.ts', name: 'money' } }
  expect(await refused(program(bank))).toContain(
    `run TROUPE_REPLAY=${join(folder, 'refused.json')} vitest run bank.test.ts -t 'money'`,
  )
  const { step } = saved.failure
  expect(await refused({}, '--until', `${step + 1}`)).toContain(
    `--until ${step + 1} is beyond the end of the run, which has ${step} steps`,
  )
  expect(await refused({ format: 9 })).toContain('of format 9; this version reads up to 4')
  expect(await refused({ plan: {} })).toContain('the saved run is damaged: a plan of a run has strengths')
  expect(await refused({}, '--until', 'soon')).toContain("--until must be a whole number from 0, got 'soon'")
  expect(await refused({}, '--seed', '3')).toContain('--seed needs --prefix')
  expect(await refused({}, '--save')).toContain('--save needs --prefix')
  expect(await refused({}, '--inspect', 'here:and:there')).toContain("HOST:PORT, got 'here:and:there'")
  expect((await troupe('replay', join(folder, 'none.json'))).stderr).toContain('none.json cannot be read')
})

test('--inspect waits for a debugger, and stops in it at the step', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const words = ['replay', file, '--until', '60', '--inspect', '127.0.0.1:0', '--json']
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  child.stdout.on('data', (text) => output.push(String(text)))
  const exited = once(child, 'exit')
  let address: string | undefined
  for await (const line of createInterface(child.stderr)) {
    address = /^Debugger listening on (ws:\S+)$/.exec(line)?.[1]
    if (address !== undefined) break
  }
  expect(output).toEqual([])
  const socket = new WebSocket(address as string)
  let numbers = 0
  const send = (method: string) => socket.send(JSON.stringify({ id: ++numbers, method, params: {} }))
  const scripts = new Map<string, string>()
  const paused: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(data as string)
    if (method === 'Debugger.scriptParsed') scripts.set(params.scriptId, params.url)
    if (method !== 'Debugger.paused') return
    paused.push(params.callFrames[0].location.scriptId)
    send('Debugger.resume')
  })
  await once(socket, 'open')
  for (const method of ['Runtime.enable', 'Debugger.enable', 'Runtime.runIfWaitingForDebugger']) send(method)
  const [code] = await exited
  expect(code).toBe(0)
  expect(paused.some((script) => scripts.get(script)?.endsWith('/commands/replay.ts'))).toBe(true)
  expect(JSON.parse(output.join(''))).toMatchObject({ outcome: 'stopped', step: 60 })
})
