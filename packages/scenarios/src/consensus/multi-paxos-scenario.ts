/**
 * One simulated run of a replicated key-value store: clients work on a few keys while everything goes wrong, leaders are
 * asked to hand over and members are replaced; then the faults end, and a command must be answered. The observer holds
 * every step against the invariants, and what the clients saw must be linearizable.
 */
import { checkLinearizable, HistoryRecorder, type ObjectModel, unknownOutput } from '@troupe/checker'
import {
  type KeyValueCommand,
  keyValueMachine,
  LogObserver,
  type LogOptions,
  LogViolationError,
  type Replicated,
  type ReplicatedClient,
  replicate,
  startReplicated,
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
} from '@troupe/simulation'
import type { ScenarioFailure } from '../scenario.ts'

/** Stored often, so that runs of seconds recover from snapshots. */
export const CampaignStore = replicate(
  { name: 'CampaignStore', module: import.meta.url, snapshotEvery: 25 },
  keyValueMachine,
)
type Store = Replicated<KeyValueCommand, unknown, { readonly key: string }, unknown>
type StoreClient = ReplicatedClient<KeyValueCommand, unknown, { readonly key: string }, unknown>

/** Small, so that trimming, snapshots in parts and full windows happen within seconds. */
const campaignOptions: Partial<LogOptions> = {
  electionTimeoutMs: 200,
  batchMax: 8,
  inFlightMax: 32,
  keepEntries: 8,
  chunkBytes: 128,
}

/** How one run is set up, beside its seed. */
export interface MultiPaxosScenario {
  /** Nodes; all but one are members at first, and that one waits to become one. Default 6. */
  readonly nodes?: number
  /** Default: the random one. */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /** The largest strength of each fault. Default: all, but those that take away what a replica has stored. */
  readonly faults?: FaultKnobs
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
  readonly virtualMs: number
  readonly injected: InjectedFaults | undefined
  readonly failure: ScenarioFailure | undefined
}

const progressMs = 10_000
const keys = ['a', 'b', 'c']

/** The options of every run: five members, and one node that waits to become one. */
export const multiPaxosOptions = {
  nodes: 6,
  faults: allFaults,
  delivery: 'hostile',
  latency: { minMs: 0.2, meanMs: 4 },
  virtualMsMax: 120_000,
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
  /** What is known so far, again and again. */
  readonly tell?: (facts: Partial<Pick<MultiPaxosRun, 'operations' | 'linearizable' | 'recoveredMs'>>) => void
}

/** Everything that happens in the cluster. All nodes but the last are members at first. */
export async function multiPaxosProgram(world: SimulatedWorld, program: MultiPaxosProgram): Promise<void> {
  const { clients = 3, operations: tries = Number.POSITIVE_INFINITY, faultsMs = 6_000 } = program
  const { observer = new LogObserver(), tell = () => {} } = program
  const history = new HistoryRecorder<KeyValueCommand, unknown>()
  let operations = 0
  world.always('replicated log', () => observer.check(world.view.cells(CampaignStore).map(({ state }) => state)))
  const members = world.nodes.slice(0, Math.max(1, world.nodes.length - 1))
  const store = await startReplicated(world, CampaignStore, { log: 'campaign', members, options: campaignOptions })
  let ended = false
  const working = Array.from({ length: clients }, async (_, index) => {
    let client = await clientOn(world, store, index)
    for (let tried = 0; tried < tries && !ended; tried++) {
      if (await operate(world, client, history, index)) tell({ operations: ++operations })
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
  const { verdict, counterexample } = checkLinearizable(storeModel, history.operations(), { stepsMax: 500_000 })
  tell({ linearizable: verdict })
  world.check(verdict !== false, `what the clients saw is not linearizable: ${JSON.stringify(counterexample)}`)
}

/** Runs the scenario under one seed. */
export async function runMultiPaxos(seed: number, scenario: MultiPaxosScenario = {}): Promise<MultiPaxosRun> {
  const observer = new LogObserver()
  let known: Pick<MultiPaxosRun, 'operations' | 'linearizable' | 'recoveredMs'> = {
    operations: 0,
    linearizable: undefined,
    recoveredMs: undefined,
  }
  const program = (world: SimulatedWorld) =>
    multiPaxosProgram(world, {
      observer,
      tell: (facts) => {
        known = { ...known, ...facts }
      },
    })
  const facts = () => ({ seed, ...observer.statistics, ...known })
  try {
    const { events, virtualMs, injected } = await simulate({ ...multiPaxosOptions, ...scenario, seed }, program)
    return { ...facts(), events, virtualMs, injected, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs } = error.facts
    const what = error.cause instanceof LogViolationError ? String(error.cause.facts.invariant) : reason
    const failure = { what, message: error.message, step, hash }
    return { ...facts(), events: step, virtualMs, injected: undefined, failure }
  }
}

/** A client on a node that may fail, or on one that cannot; started again until its node is up. */
async function clientOn(world: SimulatedWorld, store: Store, index: number): Promise<StoreClient> {
  const node = index === 0 ? 'local' : world.random.pick(world.nodes)
  for (;;) {
    try {
      return await store.client({ node })
    } catch {
      await world.sleep(100)
    }
  }
}

/** One operation, recorded. Returns true when it was answered. */
async function operate(
  world: SimulatedWorld,
  client: StoreClient,
  history: HistoryRecorder<KeyValueCommand, unknown>,
  process: number,
): Promise<boolean> {
  const { random } = world
  const key = random.pick(keys)
  const value = `${process}.${Math.round(world.now() * 1_000)}`
  const command: KeyValueCommand = random.chance(0.4)
    ? { op: 'get', key }
    : random.pick<KeyValueCommand>([
        { op: 'put', key, value },
        { op: 'append', key, value: `,${value}` },
        { op: 'delete', key },
        { op: 'compareAndSet', key, expected: undefined, value },
      ])
  const id = history.invoke(process, command)
  try {
    const result =
      command.op === 'get' ? await client.read({ key }, { timeoutMs: 2_000 }) : await execute(client, command)
    history.return(id, result)
    return true
  } catch {
    // A read that was not answered changed nothing; anything else may have been carried out, or will be.
    if (command.op === 'get') history.fail(id)
    else history.abandon(id)
    await world.sleep(50)
    return false
  }
}

function execute(client: StoreClient, command: KeyValueCommand): Promise<unknown> {
  return client.execute(command, { timeoutMs: 2_000 })
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
  const started = new Set(first)
  let members = first
  while (!ended()) {
    await world.sleep(500 + random.int(1_500))
    if (ended()) return
    if (random.chance(0.5)) {
      client.transferLeadership(random.pick(members))
      continue
    }
    const spares = world.nodes.filter((node) => !members.includes(node))
    if (spares.length === 0) continue
    const spare = random.pick(spares)
    const next = [...members.filter((_, index) => index !== 0), spare]
    try {
      if (!started.has(spare)) await store.startReplica({ node: spare })
      started.add(spare)
      await client.changeMembers(next, { timeoutMs: 2_000 })
      members = next
    } catch {
      // It may still happen, or not: the next change says what is wanted then.
    }
  }
}

/** One key of the store. */
const storeModel: ObjectModel<string | undefined, KeyValueCommand, unknown> = {
  name: 'replicated key-value store',
  init: () => undefined,
  step(state, command, output) {
    const [result, next] = stepOf(state, command)
    return output === unknownOutput || output === result ? [next] : []
  },
  partition: ({ key }) => key,
  readOnly: ({ op }) => op === 'get',
  key: (state) => JSON.stringify(state) ?? 'none',
  describe: (command, output) => `${JSON.stringify(command)} = ${String(output)}`,
}

function stepOf(state: string | undefined, command: KeyValueCommand): [result: unknown, next: string | undefined] {
  switch (command.op) {
    case 'get':
      return [state, state]
    case 'put':
      return [state, command.value as string]
    case 'delete':
      return [state, undefined]
    case 'append': {
      const next = (state ?? '') + command.value
      return [next.length, next]
    }
    case 'compareAndSet':
      return state === command.expected ? [true, command.value as string] : [false, state]
  }
}
