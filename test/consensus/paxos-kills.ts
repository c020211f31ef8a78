/**
 * Kills threads at random moments while durable Paxos runs on them, and holds every recovery against what the acceptors
 * had acknowledged:
 *
 *     node test/consensus/paxos-kills.ts --kills 100 [--threads 5] [--json]
 *
 * Beside the probed acceptors, whole instances are decided under the same kills; their learners must agree in the end.
 * The exit code is 0 only if nothing acknowledged was missing and no instance was decided twice.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  Acceptor,
  type AcceptorStatus,
  acceptorRecovered,
  type Configuration,
  compareBallots,
  Learner,
  type Member,
  type PaxosClient,
  type PaxosDefinitions,
  Proposer,
  type RoleArguments,
  startPaxos,
} from '@troupe/consensus'
import { namedRef } from '@troupe/core'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import { AcceptorProbe, probeId } from './acceptor-probe.ts'

/** How many kills, on how many threads. */
export interface KillOptions {
  readonly kills: number
  readonly threads: number
  /** What the probed acceptors are made of. Default: the shipped definition. */
  readonly acceptor?: PaxosDefinitions['acceptor']
}

/** What came of it. */
export interface KillFigures {
  readonly kills: number
  /** Recoveries that were held against what had been acknowledged before the kill. */
  readonly recoveries: number
  /** Promises and votes that the probe was told of. */
  readonly acknowledgements: number
  /** Acknowledged promises or votes that were missing after a recovery, in sentences. */
  readonly missing: readonly string[]
  readonly instances: number
  /** Instances whose clients and learners did not all hear the same, in sentences. */
  readonly disagreements: readonly string[]
}

const probeInstance = 'probe'
const instancesMax = 25
/** The longest time between two kills, in milliseconds. */
const quietMsMax = 60

/** Runs the kills. */
export async function runKills({ kills, threads, acceptor = Acceptor }: KillOptions): Promise<KillFigures> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-paxos-'))
  try {
    const replacement = { maxReplacements: kills + 1, withinMs: 3_600_000, backoff: { minMs: 0, maxMs: 0 } }
    await using system = await createSystem({ threads, dataDirectory, replacement, logLevel: 'debug', log: 'none' })
    const nodes = system.nodes.filter((node) => node !== 'main')
    const probe = await startProbe(system, nodes, acceptor)
    const instances = Math.min(kills, instancesMax)
    const clients: PaxosClient<string>[] = []
    for (let index = 0; index < instances; index++) {
      clients.push(await startPaxos<string>(system, { instance: `kills-${index}`, members: nodes }))
    }
    const replies = clients.map(() => [] as Promise<string>[])
    const missing: string[] = []
    for (let kill = 0; kill < kills; kill++) {
      await sleep(Math.random() * quietMsMax)
      const index = kill % instances
      for (let each = 0; each < 2; each++) replies[index]?.push(proposeUntilDecided(clients[index]!, nodes, kill))
      await sleep(Math.random() * 4)
      const node = nodes[Math.floor(Math.random() * nodes.length)] as string
      missing.push(...(await killAndCompare(system, probe, node)))
    }
    const disagreements: string[] = []
    for (const [index, client] of clients.entries()) {
      const heard = new Set([...(await Promise.all(replies[index]!)), ...(await learnedBy(client))])
      if (heard.size !== 1) disagreements.push(`instance ${index} was decided as ${[...heard].join(' and ')}`)
    }
    const { count } = await system.ask(probe, 'acknowledged')
    return { kills, recoveries: kills, acknowledgements: count, missing, instances, disagreements }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

const probeRef = namedRef(AcceptorProbe, { node: 'main', name: probeId })

/** One acceptor on each node, and on the main thread the probe that is proposer and learner to all of them. */
async function startProbe(
  system: ThreadSystem,
  nodes: readonly string[],
  definition: PaxosDefinitions['acceptor'],
): Promise<typeof probeRef> {
  const acceptors = nodes.map((node) => ({ id: node, acceptor: namedRef(Acceptor, { node, name: 'probed-acceptor' }) }))
  const address = { node: 'main', name: probeId }
  const member: Member = {
    id: probeId,
    node: 'main',
    priority: 0,
    acceptor: namedRef(Acceptor, { node: 'main', name: 'none' }),
    proposer: namedRef(Proposer, address),
    learner: namedRef(Learner, address),
  }
  const configuration: Configuration = {
    instance: probeInstance,
    members: [member],
    quorums: { election: 1, acceptance: 1 },
    retry: { minMs: 50, maxMs: 2_000 },
  }
  for (const { id } of acceptors) {
    const args: RoleArguments = { configuration, id }
    await system.spawn(definition, args, { node: id, name: 'probed-acceptor', durableId: 'probed-acceptor' })
  }
  await system.spawn(AcceptorProbe, { instance: probeInstance, acceptors }, { node: 'local', name: probeId })
  return probeRef
}

/** Kills the node's thread; says what its acceptor had acknowledged before and does not recover with. */
async function killAndCompare(system: ThreadSystem, probe: typeof probeRef, node: string): Promise<string[]> {
  const recovered = new Promise<AcceptorStatus>((resolve) => {
    system.events.on('log', function listener({ actor, message, fields }) {
      if (message !== acceptorRecovered || actor !== `/${node}/probed-acceptor`) return
      system.events.off('log', listener)
      resolve(fields as AcceptorStatus)
    })
  })
  const up = new Promise<void>((resolve) => {
    system.events.on('nodeUp', function listener(event) {
      if (event.node !== node) return
      system.events.off('nodeUp', listener)
      resolve()
    })
  })
  await system.killNode(node)
  // What the dead thread had published was delivered before its death was told; nothing of its successor is here yet.
  const acknowledged = (await system.ask(probe, 'acknowledged')).byAcceptor.get(node) ?? {}
  const status = await recovered
  await up
  return missingFrom(status, acknowledged).map((what) => `${node} forgot ${what}`)
}

function missingFrom(recovered: AcceptorStatus, acknowledged: AcceptorStatus): string[] {
  const missing: string[] = []
  if (compareBallots(recovered.promised, acknowledged.promised) < 0) {
    missing.push(`its promise of ballot ${acknowledged.promised?.n}, and has ${recovered.promised?.n ?? 'none'}`)
  }
  const order = compareBallots(recovered.accepted?.ballot, acknowledged.accepted?.ballot)
  if (order < 0 || (order === 0 && recovered.accepted?.value !== acknowledged.accepted?.value)) {
    missing.push(
      `its vote in ballot ${acknowledged.accepted?.ballot.n}, and has ${recovered.accepted?.ballot.n ?? 'none'}`,
    )
  }
  return missing
}

/** Proposes to one member after another until one says what was decided. */
async function proposeUntilDecided(
  client: PaxosClient<string>,
  nodes: readonly string[],
  kill: number,
): Promise<string> {
  for (;;) {
    const via = nodes[Math.floor(Math.random() * nodes.length)] as string
    try {
      return await client.propose(`value of kill ${kill} via ${via}`, { via, timeoutMs: 500 })
    } catch {
      await sleep(10)
    }
  }
}

/** What the learners of an instance know, once they all do. */
function learnedBy(client: PaxosClient<string>): Promise<string[]> {
  return Promise.all(
    client.configuration.members.map(async ({ id }) => {
      for (;;) {
        const learned = await client.learned(id).catch(() => undefined)
        if (learned?.decided) return learned.value as string
        await sleep(20)
      }
    }),
  )
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      threads: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  const figures = await runKills({ kills: Number(values.kills), threads: Number(values.threads) })
  const { kills, acknowledgements, instances, missing, disagreements } = figures
  if (values.json) console.log(JSON.stringify(figures))
  else {
    console.log(
      `${kills} threads killed, ${acknowledgements} promises and votes acknowledged, ${missing.length} missing`,
    )
    console.log(`${instances} instances decided under the kills, ${disagreements.length} with different decisions`)
    for (const line of [...missing, ...disagreements]) console.log(line)
  }
  process.exitCode = missing.length + disagreements.length === 0 ? 0 : 1
}
