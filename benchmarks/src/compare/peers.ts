/**
 * The peers: how each is found, built and started. A peer that is not installed is left out, with a line that says why.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { workloads } from '../../peers/workloads.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../../peers/', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/peers/', import.meta.url))

/** A peer that can be measured. */
export interface Peer {
  readonly name: string
  /** What was measured, such as `xstate 5.33.3`. */
  readonly version: string
  /** Variants by workload; a workload without variants has `''`. */
  readonly does: Readonly<Record<string, readonly string[]>>
  /** The program and arguments that run a job of a workload; the jobs follow. */
  command(workload: string, variant: string): readonly string[]
}

/** A peer that cannot, and why. */
export interface AbsentPeer {
  readonly name: string
  readonly reason: string
}

/** The peers on Node, each with the package whose version counts. */
const onNode: Readonly<Record<string, string | undefined>> = {
  troupe: '@troupe/core',
  loop: undefined,
  xstate: 'xstate',
  nact: 'nact',
  effect: 'effect',
  comedy: 'comedy',
  'post-message': undefined,
  'post-message-batched': undefined,
  comlink: 'comlink',
  piscina: 'piscina',
}

/** The names of those, ours first. */
export const nodePeerNames: readonly string[] = Object.keys(onNode)

const preparations: Readonly<Record<string, () => Promise<Peer>>> = {
  ...Object.fromEntries(Object.entries(onNode).map(([name, library]) => [name, () => nodePeer(name, library)])),
  erlang: erlangPeer,
  caf: cafPeer,
}

/** All names, ours first. */
export const peerNames: readonly string[] = Object.keys(preparations)

/** Finds and builds peers, all at once. */
export async function preparePeers(names: readonly string[]): Promise<{ peers: Peer[]; absent: AbsentPeer[] }> {
  const peers: Peer[] = []
  const absent: AbsentPeer[] = []
  const prepared = names.map(async (name) => {
    try {
      return await preparations[name]!()
    } catch (error) {
      return { name, reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
    }
  })
  for (const peer of await Promise.all(prepared)) {
    if ('reason' in peer) absent.push(peer)
    else peers.push(peer)
  }
  return { peers, absent }
}

async function nodePeer(name: string, library: string | undefined): Promise<Peer> {
  const child = `${folder}child.ts`
  const { stdout } = await run(process.execPath, [child, name])
  const version = library === undefined ? `Node ${process.versions.node}` : `${library} ${packageVersion(library)}`
  return { name, version, does: JSON.parse(stdout), command: () => [process.execPath, '--expose-gc', child, name] }
}

/** Erlang: one scheduler in one thread, two across threads; whether they spin while they wait is the variant's to say. */
async function erlangPeer(): Promise<Peer> {
  const release = 'io:format("~s",[erlang:system_info(otp_release)]),halt().'
  const { stdout } = await run('erl', ['-noshell', '-noinput', '-eval', release]).catch(
    notInstalled('erl', 'erlang-base'),
  )
  const source = `${folder}erlang/troupe_peer.erl`
  const built = await build(source, stdout, 'troupe_peer.beam', (output) => run('erlc', ['-o', output, source]))
  return {
    name: 'erlang',
    version: `Erlang/OTP ${stdout}`,
    does: everything({
      'xthread-ask': ['busy', 'both-parked', 'rested'],
      'xthread-bytes': ['shared'],
      ask: ['inside'],
    }),
    command(workload, variant) {
      const spin = workload === 'cpu' ? [] : ['+sbwt', variant === 'both-parked' ? 'none' : 'very_long']
      const schedulers = workload.startsWith('xthread') || workload === 'cpu' ? ['+S', '2:2', ...spin] : ['+S', '1:1']
      return [
        'erl',
        '-noshell',
        '-noinput',
        ...schedulers,
        '+P',
        '1000000',
        '-pa',
        built,
        '-run',
        'troupe_peer',
        'main',
      ]
    },
  }
}

async function cafPeer(): Promise<Peer> {
  const source = `${folder}caf/peer.cpp`
  const header = '/usr/include/caf/config.hpp'
  if (!existsSync(header)) throw new Error('not installed (Debian: libcaf-dev)')
  const number = /#define CAF_VERSION (\d+)/.exec(readFileSync(header, 'utf8'))?.[1] ?? '0'
  const version = [1e4, 1e2, 1].map((unit) => Math.floor(Number(number) / unit) % 100).join('.')
  if (!version.startsWith('0.17.')) throw new Error(`version ${version} is installed, the program is written for 0.17`)
  await run('g++', ['--version']).catch(notInstalled('g++', 'g++'))
  const built = await build(source, version, 'peer', (output) =>
    run('g++', ['-O2', '-std=c++17', '-o', `${output}/peer`, source, '-lcaf_core', '-lpthread']),
  )
  const does = everything({
    memory: [''],
    ask: ['inside'],
    'xthread-ask': ['busy', 'rested'],
    'xthread-bytes': [],
    cpu: [],
  })
  return { name: 'caf', version: `CAF ${version}`, does, command: () => [`${built}/peer`] }
}

/** Every workload and variant but for `exceptions`, which say what is done of theirs. */
function everything(exceptions: Readonly<Record<string, readonly string[]>>): Peer['does'] {
  return Object.fromEntries(workloads.map(({ name, variants = [''] }) => [name, exceptions[name] ?? variants]))
}

/** The directory with what `make` builds from `source`; built once for each content and tool version. */
async function build(source: string, tool: string, product: string, make: (output: string) => Promise<unknown>) {
  const hash = createHash('sha256').update(readFileSync(source)).update(tool).digest('hex').slice(0, 16)
  const output = `${cache}${hash}`
  if (existsSync(`${output}/${product}`)) return output
  // Built aside and moved, so that what is there is whole.
  const unfinished = `${output}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  await make(unfinished)
  if (!existsSync(output)) renameSync(unfinished, output)
  return output
}

function notInstalled(program: string, debian: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw error.code === 'ENOENT' ? new Error(`${program} is not installed (Debian: ${debian})`) : error
  }
}

/** The version of an installed package, found beside its entry, since few packages export their manifest. */
function packageVersion(library: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(library) ?? []
  const manifest = paths.map((path) => `${path}/${library}/package.json`).find((path) => existsSync(path))
  if (manifest === undefined) throw new Error(`${library} is not installed`)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}
