/**
 * One simulated run of a replicated key-value store: clients work on a few keys while everything goes wrong, leaders are
 * asked to hand over and members are replaced; then the faults end, and a command must be answered. The observer holds
 * every step against the invariants, and what the clients saw must be linearizable.
 */
import { checkLinearizable, HistoryRecorder } from '@troupe/checker'
import {
  type KeyValueCommand,
  keyValueMachine,
  LogObserver,
  type LogOptions,
  LogViolationError,
  LogWatch,
  MembersNotReadyError,
  replicate,
  replicatedLog,
} from '@troupe/consensus'
import {
  allFaults,
  type FaultKnobs,
  type InjectedFaults,
  type ScheduleOptions,
  type ScheduleStrategy,
  type SimulatedWorld,
  SimulationFailure,
  type SimulationScenarioOptions,
  simulate,
  type TraceEvent,
} from '@troupe/simulation'
import { type CampaignReplica, snapshotEvery } from '../planted-bugs/log-bugs.ts'
import type { ScenarioFailure } from '../scenario.ts'
import { logMoments, strikeLog } from './log-strikes.ts'
import { clientOn, keys, operate, type Store, storeModel } from './store-clients.ts'
import { claimWays, type Way } from './ways-taken.ts'

/** The replica of campaigns. */
export const CampaignStore: CampaignReplica = replicate(
  { name: 'CampaignStore', module: import.meta.url, snapshotEvery },
  keyValueMachine,
)

/** Small, so that trimming, snapshots in parts and full windows happen within seconds. */
const campaignOptions = {
  electionTimeoutMs: 200,
  batchMax: 8,
  inFlightMax: 32,
  keepEntries: 8,
  chunkBytes: 128,
  clockDriftMax: 0.02,
} as const satisfies Partial<LogOptions>

/** How one run is set up, beside its seed. */
export interface MultiPaxosScenario {
  /** Nodes; three, or all but one, are members at first, and the others wait to become some. Default 6. */
  readonly nodes?: number
  /** Default: the random one. */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /** The largest strength of each fault. Default: all, but those that take away what a replica has stored. */
  readonly faults?: FaultKnobs
  /** Virtual milliseconds of faults, for which the clients go on; from 1. Default 6,000. */
  readonly faultsMs?: number
  /** Asserts only what clients would notice. Default `false`. */
  readonly harmOnly?: boolean
}

/** What became of one run. */
export interface MultiPaxosRun {
  readonly seed: number
  readonly leaders: number
  readonly configurations: number
  readonly decided: number
  readonly installed: number
  /** Operations that clients had answered. */
  readonly operations: number
  /** What the clients saw; `unknown` when its search was given up, `undefined` when the run did not come to it. */
  readonly linearizable: boolean | 'unknown' | undefined
  /** Virtual milliseconds from the end of the faults to the first answer. */
  readonly recoveredMs: number | undefined
  readonly events: number
  /** Turns, and frames that arrived from another node; 0 when the run failed. */
  readonly turns: number
  readonly deliveries: number
  readonly virtualMs: number
  readonly injected: InjectedFaults | undefined
  readonly failure: ScenarioFailure | undefined
}

const progressMs = 10_000
/** What a run may take beside its faults. */
const virtualMsBeyondFaults = 120_000

/** The options of every run: three members or five, and nodes that wait to become some. */
export const multiPaxosOptions = {
  nodes: 6,
  faults: allFaults,
  delivery: 'hostile',
  latency: { minMs: 0.2, meanMs: 4 },
  virtualMsMax: virtualMsBeyondFaults,
} as const satisfies SimulationScenarioOptions

/** What a run is told, and what it tells of itself as it goes. */
interface MultiPaxosProgram {
  /** Default 3. */
  readonly clients?: number
  /** Operations that each tries at most, until the faults end. Default: no bound. */
  readonly operations?: number
  /** Virtual milliseconds of faults. Default 6,000. */
  readonly faultsMs?: number
  readonly observer?: LogObserver
  /** The replica, or one with a planted mistake. Default: the shipped one. */
  readonly replica?: CampaignReplica
  /** Asserts only what clients would notice. Default `false`. */
  readonly harmOnly?: boolean
  /** What is known so far, again and again. */
  readonly tell?: (facts: Partial<Pick<MultiPaxosRun, 'operations' | 'linearizable' | 'recoveredMs'>>) => void
}

/** Everything that happens in the cluster. */
export async function multiPaxosProgram(world: SimulatedWorld, program: MultiPaxosProgram): Promise<void> {
  const { clients = 3, operations: tries = Number.POSITIVE_INFINITY, faultsMs = 6_000 } = program
  const { replica = CampaignStore, harmOnly = false, observer = new LogObserver(), tell = () => {} } = program
  const history = new HistoryRecorder<KeyValueCommand, unknown>()
  let operations = 0
  const most = Math.max(1, world.nodes.length - 1)
  const members = world.nodes.slice(0, most > 3 && world.random.chance(0.5) ? 3 : most)
  const quorums = members.length === 5 && world.random.chance(0.25) ? { election: 4, acceptance: 2 } : undefined
  const store = replicatedLog(world, replica, {
    log: 'campaign',
    members,
    // Half of the runs read under leases; their clocks drift by half of what is borne.
    options: { ...campaignOptions, leaseMs: world.random.chance(0.5) ? 150 : 0 },
    ...(quorums === undefined ? {} : { quorums }),
  })
  const { coverage, onDiskLost } = observe(world, store, replica, observer, harmOnly)
  // Of three and of five one may be missing for good.
  const mayLoseDisk = members.length > 2 && world.random.chance(0.5)
  const strikes = { definition: replica.name, untilMs: faultsMs, mayLoseDisk, onDiskLost }
  const struck = world.random.chance(0.5) ? strikeLog(world, strikes) : new Set<string>()
  await Promise.all(members.map((member) => started(world, store, member)))
  let ended = false
  const working = Array.from({ length: clients }, async (_, index) => {
    let client = await clientOn(world, store, index)
    const readShare = world.random.pick([0.2, 0.4, 0.8])
    for (let tried = 0; tried < tries && !ended; tried++) {
      if (await operate(world, client, history, index, readShare)) tell({ operations: ++operations })
      // Its node may have died, and the client with it.
      else client = await clientOn(world, store, index)
      if (world.random.chance(0.3)) await world.sleep(world.random.int(100))
    }
  })
  const changing = change(world, store, members, () => ended)
  await world.sleep(faultsMs)
  await world.heal()
  ended = true
  const healedAt = world.now()
  let recovered = false
  const late = world.sleep(progressMs).then(() => world.check(recovered, `no answer ${progressMs} ms after the faults`))
  const client = await store.client({ node: 'local' })
  const answered = client.execute({ op: 'put', key: 'end', value: 1 }, { timeoutMs: progressMs })
  await Promise.race([late, answered])
  recovered = true
  tell({ recoveredMs: world.now() - healedAt })
  await Promise.all([...working, changing])
  for (const key of keys) {
    const id = history.invoke('last', { op: 'get', key })
    history.return(id, await client.read({ key }, { timeoutMs: progressMs }))
  }
  world.sometimes('a status names the leader', (await client.status()).leader !== undefined)
  const { verdict, counterexample } = checkLinearizable(storeModel, history.operations(), { stepsMax: 500_000 })
  tell({ linearizable: verdict })
  world.check(verdict !== false, `what the clients saw is not linearizable: ${JSON.stringify(counterexample)}`)
  coverage()
  for (const [name, { membersMin }] of logMoments)
    if (most >= membersMin) world.sometimes(`struck while ${name}`, struck.has(name))
  if (most >= 3) world.sometimes('three members', members.length === 3)
  if (most === 5) {
    world.sometimes('five members', members.length === 5)
    world.sometimes('unequal quorums', quorums !== undefined)
  }
}

/** On two nodes the member is alone, and what happens between members is not claimed. */
const twoMembers = { nodesMin: 3 } as const
/** Two members are a quorum of both kinds only together: none misses what is decided, nor can one lose its disk. */
const threeMembers = { nodesMin: 4 } as const
/** Three may be members, and two that were never started are a quorum of their successors. */
const twoSpares = { nodesMin: 5 } as const

const refusal = 'members that are not there are refused'

/** The ways in which a log makes progress. */
const ways = (definition: string): Readonly<Record<string, Way>> => ({
  'entries that were lost are sent again': { definition, turn: 'missing', leadsTo: 'flush', ...twoMembers },
  'who is told that it is behind catches up': { definition, turn: 'behind', leadsTo: 'catchUp', ...twoMembers },
  'who promised and got no log is prepared again': {
    definition,
    turn: 'prepareRequest',
    leadsTo: 'prepare',
    ...twoMembers,
  },
  'a refused ballot is given up': { definition, turn: 'nack', leadsTo: 'stepped down', ...twoMembers },
  'a successor is asked to take over': { definition, turn: 'flush', leadsTo: 'takeOver', ...twoMembers },
  'a successor stands for election': { definition, turn: 'takeOver', leadsTo: 'election', ...twoMembers },
  'the end of a leader is noticed': { definition, turn: 'terminated', leadsTo: 'leader gone', ...twoMembers },
  'what was accepted behind an end is void': { definition, turn: 'learned', leadsTo: 'void', ...threeMembers },
  'a client sends commands at once': { definition: 'LogClient', turn: 'flush', leadsTo: 'commands' },
  'a client sends commands again': { definition: 'LogClient', turn: 'retry', leadsTo: 'commands' },
  'a client follows a redirection': { definition: 'LogClient', turn: 'redirect', leadsTo: 'commands', ...twoMembers },
})

/** Starts the replica of a member, again and again while its node is down. */
async function started(world: SimulatedWorld, store: Store, member: string): Promise<void> {
  for (;;) {
    try {
      return await store.startReplica({ node: member })
    } catch {
      await world.sleep(20)
    }
  }
}

/** What watches a run. */
interface Observation {
  /** Claims what the run came to. */
  readonly coverage: () => void
  /** The disk of a node was lost. */
  readonly onDiskLost: (node: string) => void
}

/** Holds every step against the invariants. */
function observe(
  world: SimulatedWorld,
  { configuration }: Store,
  replica: CampaignReplica,
  observer: LogObserver,
  harmOnly: boolean,
): Observation {
  const { clockDriftMax } = campaignOptions
  const watch = new LogWatch({ configuration, machine: keyValueMachine, clockDriftMax, observer })
  let torn = false
  let told = false
  let refused = false
  /** Who has taken the turn of a `decide` in this step. */
  let deciding: string | undefined
  const decided = new Map<string, number>()
  let violation: unknown
  claimWays(world, ways(replica.name))
  world.sometimes('who replaces members is answered', false)
  if (world.nodes.length >= twoSpares.nodesMin) world.sometimes(refusal, false)
  world.events.on('journalOpened', ({ tornBytes }) => {
    torn ||= tornBytes > 0
  })
  if (!harmOnly) {
    const property = world.always(
      'replicated log',
      ({ changed }) => {
        if (violation !== undefined) throw violation
        const cells = changed(replica)
        for (const { path, state } of cells) {
          if (!told) {
            told = deciding === path && state.decided > (decided.get(path) ?? 0)
            decided.set(path, state.decided)
          }
          refused ||= state.refusedBy !== undefined
        }
        deciding = undefined
        watch.check(cells)
      },
      { of: replica },
    )
    /** What a replica said, by a message or in its log, is held against its state after the step. */
    const sent = (event: TraceEvent) => {
      if (event.type !== 'sent') return
      property.look()
      try {
        watch.sent(event.message, event.payload, event.atMs)
      } catch (error) {
        violation ??= error
      }
    }
    world.observe(sent, { only: ['sent'], messages: LogWatch.messages })
    const decides = (event: TraceEvent) => {
      if (event.type === 'turn') deciding = event.actor
    }
    world.observe(decides, { only: ['turn'], messages: ['decide'] })
    world.events.on('log', (entry) => {
      property.look()
      try {
        watch.logged(entry)
      } catch (error) {
        violation ??= error
      }
    })
  }
  const onDiskLost = (node: string) => {
    watch.wiped(node)
  }
  const coverage = () => {
    const { leaders, configurations, installed } = observer.statistics
    world.sometimes('another leader is elected', leaders > 1)
    world.sometimes('a snapshot is installed', installed > 0)
    world.sometimes('members are replaced', configurations > 1)
    world.sometimes('a torn tail is cut', torn)
    if (world.nodes.length >= twoMembers.nodesMin) world.sometimes('a follower is told what is decided', told)
    if (world.nodes.length >= threeMembers.nodesMin) world.sometimes('who lost its disk is refused', refused)
  }
  return { coverage, onDiskLost }
}

/** Runs the scenario under one seed. */
export async function runMultiPaxos(seed: number, scenario: MultiPaxosScenario = {}): Promise<MultiPaxosRun> {
  const { faultsMs = 6_000, harmOnly = false, ...own } = scenario
  const observer = new LogObserver()
  let known: Pick<MultiPaxosRun, 'operations' | 'linearizable' | 'recoveredMs'> = {
    operations: 0,
    linearizable: undefined,
    recoveredMs: undefined,
  }
  const program = (world: SimulatedWorld) =>
    multiPaxosProgram(world, {
      observer,
      faultsMs,
      harmOnly,
      tell: (facts) => {
        known = { ...known, ...facts }
      },
    })
  const facts = () => ({ seed, ...observer.statistics, ...known })
  try {
    const virtualMsMax = faultsMs + virtualMsBeyondFaults
    const run = await simulate({ ...multiPaxosOptions, virtualMsMax, ...own, seed }, program)
    const { events, turns, deliveries, virtualMs, injected } = run
    return { ...facts(), events, turns, deliveries, virtualMs, injected, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs } = error.facts
    const what = error.cause instanceof LogViolationError ? String(error.cause.facts.invariant) : reason
    const failure = { what, message: error.message, step, hash }
    return { ...facts(), events: step, turns: 0, deliveries: 0, virtualMs, injected: undefined, failure }
  }
}

/** Hands leadership over and replaces members, at random times, while the faults go on. */
async function change(
  world: SimulatedWorld,
  store: Store,
  first: readonly string[],
  ended: () => boolean,
): Promise<void> {
  const { random } = world
  const client = await clientOn(world, store, 0)
  const running = new Set(first)
  let members = first
  while (!ended()) {
    await world.sleep(500 + random.int(1_500))
    if (ended()) return
    if (random.chance(0.5)) {
      world.tell(client.ref, 'transferLeadership', random.pick(members))
      continue
    }
    const spares = world.nodes.filter((node) => !members.includes(node))
    if (spares.length === 0) continue
    const absent = spares.filter((node) => !running.has(node)).slice(0, 2)
    if (members.length === 3 && absent.length === 2 && random.chance(0.3)) {
      const asked = client.changeMembers([...members.slice(2), ...absent], { timeoutMs: 2_000 })
      const isRefused = await asked.then(
        () => false,
        (error: unknown) => error instanceof MembersNotReadyError,
      )
      world.sometimes(refusal, isRefused)
      // The client goes on to ask for what was not answered: they may become members yet.
      for (const node of isRefused ? [] : absent) {
        await started(world, store, node)
        running.add(node)
      }
      continue
    }
    const spare = random.pick(spares)
    const next = [...members.filter((_, index) => index !== 0), spare]
    try {
      if (!running.has(spare)) await store.startReplica({ node: spare })
      running.add(spare)
      await client.changeMembers(next, { timeoutMs: 2_000 })
      world.sometimes('who replaces members is answered', true)
      members = next
    } catch {
      // It may still happen, or not: the next change says what is wanted then.
    }
  }
}
