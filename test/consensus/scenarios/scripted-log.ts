/**
 * What the scripted scenarios of a replicated log share. A script is run with the shipped replica, and with replicas in
 * which the mistake that it is about is planted: those must fail it.
 *
 * On a *stage* one replica is real and the other members are puppets: they keep what they hear, and say what the script
 * has them say. In a *cluster* all replicas are real, and the observers hold every step against the invariants.
 */
import {
  type KeyValueCommand,
  keyValueMachine,
  type LogBallot,
  LogMachineObserver,
  LogObserver,
  type LogOptions,
  LogWordObserver,
  type ReplicaProtocol,
  type ReplicaStatus,
  type Replicated,
  type ReplicatedClient,
  replicatedLog,
} from '@troupe/consensus'
import type { ReplicaState } from '@troupe/consensus/parts'
import { type ActorRef, defineActor } from '@troupe/core'
import { type CampaignReplica, CampaignStore, logBugs } from '@troupe/scenarios'
import { type SimulatedWorld, type SimulationRun, type SimulationScenarioOptions, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

export type StoreClient = ReplicatedClient<KeyValueCommand, unknown, { readonly key: string }, unknown>
type Store = Replicated<KeyValueCommand, unknown, { readonly key: string }, unknown>

export const electionTimeoutMs = 200

/** A replica with a mistake, by the name of a planted bug or itself, and the words in which a script fails with it. */
type Mistake = readonly [mistake: string | CampaignReplica, error: string | RegExp]

/** A test of that name: `script` holds with the shipped replica, and fails as it should with those that have a mistake. */
export function scripted(
  name: string,
  script: (replica: CampaignReplica) => Promise<unknown>,
  ...mistakes: readonly Mistake[]
): void {
  test(name, async () => {
    await script(CampaignStore)
    for (const [mistake, error] of mistakes) {
      const replica = typeof mistake === 'string' ? logBugs.get(mistake)?.replica : mistake
      if (replica === undefined) throw new Error(`there is no planted bug ${String(mistake)}`)
      const named = typeof mistake === 'string' ? mistake : mistake.name
      await expect(script(replica), `with ${named}`).rejects.toThrow(error)
    }
  })
}

interface PuppetState {
  readonly heard: { readonly name: string; readonly payload: any }[]
}

/** A member, or a client, that keeps what it hears, knows whoever introduces itself, and says nothing else by itself. */
const Puppet = defineActor<Record<never, never>>()({
  name: 'Puppet',
  module: import.meta.url,
  init: (): PuppetState => ({ heard: [] }),
  on: {},
  otherwise(state, { name, payload }, ctx) {
    state.heard.push({ name, payload: payload as any })
    if (name !== 'introduce') return
    const { replyTo, config, identity } = payload as any
    const { tell } = ctx as { tell: (to: unknown, name: string, payload: unknown) => void }
    tell.call(ctx, replyTo, 'introduced', { config, from: ctx.self.node, identity })
  },
})

/** One real replica among puppets. */
export class Stage {
  readonly world: SimulatedWorld
  readonly #definition: CampaignReplica
  readonly #replica: ActorRef<ReplicaProtocol>

  constructor(world: SimulatedWorld, definition: CampaignReplica, replica: ActorRef<ReplicaProtocol>) {
    this.world = world
    this.#definition = definition
    this.#replica = replica
  }

  /** Runs `script` with the real replica on the first of so many nodes. */
  static async run(nodes: number, definition: CampaignReplica, script: (stage: Stage) => Promise<void>): Promise<void> {
    await simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 1 }, virtualMsMax: 600_000 }, async (world) => {
      const options = { electionTimeoutMs, batchMax: 4, keepEntries: 8 }
      const log = replicatedLog(world, definition, { log: 'stage', members: world.nodes, options })
      const [first, ...others] = log.configuration.members
      await log.startReplica(first?.id as string)
      for (const { node } of others) await world.spawn(Puppet, undefined, { node, name: `log.stage.${node}` })
      const stage = new Stage(world, definition, first?.replica as ActorRef<ReplicaProtocol>)
      while ((await stage.status()).standing !== 'voter') await world.sleep(10)
      await script(stage)
    })
  }

  /** The node of the real replica. */
  get node(): string {
    return this.world.nodes[0] as string
  }

  /** The real replica's state. */
  get state(): ReplicaState {
    return this.world.view.cells(this.#definition)[0]?.state as ReplicaState
  }

  /** The entries that it has, as short text: the nonce of those that open a session, else their kind. */
  get entries(): string[] {
    return this.state.entries.entries.map((entry) => (entry.kind === 'open' ? entry.nonce : entry.kind))
  }

  /** A puppet that stands for a client. */
  async client(): Promise<ActorRef<any>> {
    return (await this.world.spawn(Puppet, undefined, { node: this.world.nodes[1] as string, name: 'client' })).ref
  }

  /** Tells the real replica. */
  tell<Name extends keyof ReplicaProtocol>(name: Name, payload: Parameters<ReplicaProtocol[Name]>[0]): void {
    this.world.tell(this.#replica as ActorRef<any>, name, payload)
  }

  /** What the puppets of a node have heard of that name. */
  heard(node: number | 'client', name: string): any[] {
    const path = node === 'client' ? '/client' : `/log.stage.node-${node}`
    const cell = this.world.view.cells(Puppet).find((candidate) => candidate.path.endsWith(path))
    return (
      (cell?.state as PuppetState | undefined)?.heard
        .filter((each) => each.name === name)
        .map(({ payload }) => payload) ?? []
    )
  }

  /** The next message of that name after those heard before. */
  async next(node: number | 'client', name: string, before = 0): Promise<any> {
    for (let waited = 0; waited < 2_000; waited++) {
      const heard = this.heard(node, name)
      if (heard.length > before) return heard[heard.length - 1]
      await this.world.sleep(1)
    }
    throw new Error(`node-${node} hears no ${name}`)
  }

  async crash(): Promise<void> {
    this.world.crash(this.node)
    await this.world.restart(this.node)
  }

  /** Promises `ballot`, and follows it with these entries. */
  async follow(ballot: LogBallot, at: number, nonces: readonly string[], decided = 0): Promise<void> {
    const leader = Number(ballot.node.slice('node-'.length))
    const before = this.heard(leader, 'promise').length
    this.tell('prepare', { ballot, decided: 0, length: 0 })
    await this.next(leader, 'promise', before)
    const accepted = this.heard(leader, 'accepted').length
    this.tell('acceptSync', { ballot, at, entries: opens(nonces), decided })
    await this.next(leader, 'accepted', accepted)
  }

  /** Stands for election, asked to by the leader of `ballot`; its own ballot. */
  async stand(ballot: LogBallot): Promise<LogBallot> {
    const before = this.heard(2, 'prepare').length
    this.tell('takeOver', { ballot, probe: 0 })
    return (await this.next(2, 'prepare', before)).ballot
  }

  status(): Promise<ReplicaStatus> {
    return this.world.ask(this.#replica, 'status')
  }

  /** Time for messages and disks. */
  settle(): Promise<void> {
    return this.world.sleep(30)
  }
}

/** A ballot of the first configuration. */
export function ballotOf(n: number, node: number): LogBallot {
  return { config: 1, n, priority: 0, node: `node-${node}` }
}

/** Entries that can be told apart. */
export function opens(nonces: readonly string[]) {
  return nonces.map((nonce) => ({ kind: 'open', nonce }) as const)
}

/** All replicas are real, and every step is held against the invariants. */
export interface Cluster {
  readonly world: SimulatedWorld
  readonly store: Store
  /** On a node that cannot fail, and that sees all others. */
  readonly client: StoreClient
  /** The node of the leader, the newest where two take themselves for it. */
  leader(): Promise<string>
  append(client?: StoreClient): Promise<unknown>
}

/** Runs `script` on so many nodes, which are all members unless `members` says otherwise. */
export async function cluster(
  nodes: number,
  replica: CampaignReplica,
  script: (cluster: Cluster) => Promise<void>,
  {
    members = nodes,
    options = {},
    ...simulation
  }: { seed?: number; members?: number; options?: Partial<LogOptions> } & SimulationScenarioOptions = {},
): Promise<SimulationRun> {
  const given = { seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000, ...simulation }
  return await simulate(given, async (world) => {
    const names = world.nodes.slice(0, members)
    const store = replicatedLog(world, replica, {
      log: 'cluster',
      members: names,
      options: { electionTimeoutMs, ...options },
    })
    observe(world, store, replica)
    await Promise.all(names.map((name) => store.startReplica(name)))
    const client = await store.client({ node: 'local' })
    await script({
      world,
      store,
      client,
      async leader() {
        for (;;) {
          const cells = world.view.cells(replica).filter(({ state }) => state.lead?.elected)
          const [newest] = cells.toSorted((a, b) => (b.state.lead?.ballot.n ?? 0) - (a.state.lead?.ballot.n ?? 0))
          if (newest !== undefined) return newest.node
          await world.sleep(10)
        }
      },
      append: (by = client) => by.execute({ op: 'append', key: 'log', value: 'x' }, { timeoutMs: 20_000 }),
    })
  })
}

function observe(world: SimulatedWorld, store: Store, replica: CampaignReplica): void {
  const [log, words, machines] = [
    new LogObserver(),
    new LogWordObserver(store.configuration),
    new LogMachineObserver(keyValueMachine),
  ]
  let violation: unknown
  world.observe((event) => {
    if (event.type !== 'sent') return
    try {
      words.sent(event.message, event.payload)
    } catch (error) {
      violation ??= error
    }
  })
  world.always('replicated log', () => {
    if (violation !== undefined) throw violation
    const states = world.view.cells(replica).map(({ state }) => state as ReplicaState)
    for (const observer of [log, words, machines]) observer.check(states)
  })
}
