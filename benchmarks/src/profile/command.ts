/**
 * `pnpm bench profile NAME [VARIANT]`: one of our workloads, or a program of the Savina suite, under V8's sampling
 * profiler, worker threads included, and where the time went.
 */
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Workload, workloads } from '../../peers/workloads.ts'
import { programs } from '../../savina/programs.ts'
import { nodePeerNames, preparePeers } from '../compare/peers.ts'
import { labelOf } from '../compare/rows.ts'
import { type CpuProfile, profileTable, type Span, threadNameOf } from './cpu-profile.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Milliseconds of one measured round, at most. */
const roundMs = 100
const names: readonly string[] = workloads.map(({ name }) => name)
/** Programs of the Savina suite; those that are workloads, too, are profiled as such. */
const programNames = programs.map(({ name }) => name).filter((name) => !names.includes(name))

const usage = `usage: pnpm bench profile NAME [VARIANT] [--peer troupe] [--ms 2000] [--top 20]

  --peer  whose workload: one that runs on Node; programs are troupe's alone
  --ms    milliseconds that are measured, after the code is warm
  --top   functions to print of each thread

names: ${names.join(', ')}
programs of the Savina suite: ${programNames.join(', ')}
peers: ${nodePeerNames.join(', ')}`

/** The command; returns the exit code. */
export async function profileCommand(words: readonly string[]): Promise<number> {
  const given = parse(words)
  if (typeof given === 'string') {
    console.error(`${given}\n\n${usage}`)
    return 2
  }
  const { values, name, workload, variant } = given
  if (values.help || name === undefined) {
    console.log(usage)
    return 0
  }
  const problem = workload === undefined ? undefined : await peerProblem(values.peer, name, variant)
  if (problem !== undefined) {
    console.error(problem)
    return 2
  }
  const folder = `${root}benchmarks/results/profiles/${name}-${Date.now()}`
  mkdirSync(folder, { recursive: true })
  const ms = Number(values.ms)
  console.error(`profiling ${values.peer}, ${name} ${variant}`.trimEnd())
  const within = await run([
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    '--cpu-prof-interval=500',
    '--expose-gc',
    ...(workload === undefined ? programWords(name, ms) : workloadWords(values.peer, workload, variant, ms)),
  ])
  if (within.length === 0) return 1
  for (const file of globSync('*.cpuprofile', { cwd: folder }).sort()) {
    const profile = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as CpuProfile
    console.log(`\n${threadNameOf(file)}: ${relative(root, `${folder}/${file}`)}`)
    console.log(profileTable(profile, { root, within, top: Number(values.top) }))
  }
  console.log('\nA profile opens in the performance panel of Chromium and in editors.')
  return 0
}

/** What runs a workload for about so many milliseconds. */
function workloadWords(peer: string, workload: Workload, variant: string, ms: number): string[] {
  const isRepeated = workload.measures === 'rate' || workload.measures === 'latency'
  const rounds = isRepeated ? Math.ceil(ms / roundMs) : 1
  const job = [workload.name, variant, workload.size, roundMs, rounds].join(',')
  return [fileURLToPath(new URL('../../peers/child.ts', import.meta.url)), peer, job]
}

/** What runs a program of the Savina suite, a whole run at a time. */
function programWords(name: string, ms: number): string[] {
  return [fileURLToPath(new URL('../../savina/child.ts', import.meta.url)), name, String(Math.ceil(ms))]
}

/** The arguments, or what is wrong with them. */
function parse(words: readonly string[]) {
  let parsed: ReturnType<typeof parseWords>
  try {
    parsed = parseWords(words)
  } catch (error) {
    return (error as Error).message
  }
  const { values, positionals } = parsed
  const [name, given, ...more] = positionals
  if (values.help) return { values, name: undefined, workload: undefined, variant: '' }
  if (name === undefined) return 'which workload?'
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined && !programNames.includes(name)) return `there is no workload ${name}, and no such program`
  const variants = workload?.variants
  const variant = given ?? variants?.[0] ?? ''
  if (given !== undefined && variants?.includes(given) !== true) {
    return variants === undefined
      ? `${name} has no variants, got ${given}`
      : `${name} has no variant ${given}; it has: ${variants.join(', ')}`
  }
  if (workload === undefined && values.peer !== 'troupe') return `${name} is troupe's alone, got --peer ${values.peer}`
  if (!nodePeerNames.includes(values.peer)) {
    return `no peer ${values.peer} runs on Node; there are: ${nodePeerNames.join(', ')}`
  }
  if (more.length > 0) return `one workload at a time, got ${positionals.join(' ')}`
  for (const option of ['ms', 'top'] as const) {
    if (!(Number(values[option]) >= 1)) return `--${option} is a number from 1, got ${values[option]}`
  }
  return { values, name, workload, variant }
}

/** Why a peer cannot be profiled in a workload; `undefined`: it can. */
async function peerProblem(name: string, workload: string, variant: string): Promise<string | undefined> {
  const { peers, absent } = await preparePeers([name])
  const [peer] = peers
  if (peer === undefined) return `${name} is not there: ${absent[0]?.reason}`
  if (peer.does[workload]?.includes(variant)) return undefined
  const done = Object.entries(peer.does).flatMap(([does, variants]) => variants.map((each) => labelOf(does, each)))
  return `${name} does not do ${labelOf(workload, variant)}; it does: ${done.join(', ')}`
}

function parseWords(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      peer: { type: 'string', default: 'troupe' },
      ms: { type: 'string', default: '2000' },
      top: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
}

/** Runs a child; the spans of its measured rounds, none when it failed. */
async function run(words: readonly string[]): Promise<Span[]> {
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const spans: Span[] = []
  for await (const text of createInterface({ input: child.stdout })) {
    const { startedUs, nanoseconds } = JSON.parse(text) as { startedUs: number; nanoseconds: number }
    spans.push({ fromUs: startedUs, toUs: startedUs + nanoseconds / 1_000 })
  }
  return (await closed) === 0 ? spans : []
}
