/**
 * One simulated run of single-decree Paxos: clients propose different values to different members while everything
 * goes wrong; then the faults end, and all of them must hear the same decision. The observer holds every step against
 * the invariants. Campaigns and planted bugs go through this one scenario, under one fault plan.
 */
import {
  type PaxosClient,
  type PaxosDefinitions,
  type PaxosInvariant,
  PaxosObserver,
  PaxosViolationError,
  startPaxos,
} from '@troupe/consensus'
import {
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

/**
 * The largest strength of each fault; each seed draws its own below them. Much more than a cluster would live through,
 * since an instance is decided within a fraction of a second.
 */
const paxosFaults: Required<FaultKnobs> = {
  crash: 4,
  pause: 0.5,
  partition: 2,
  loss: 0.2,
  duplicate: 0.2,
  reorder: 0.3,
  diskLatencyMs: 40,
  diskStall: 0.05,
  tornWrite: 1,
  syncFailure: 0.03,
  writeFailure: 0.03,
  clockSkewMs: 500,
  partialPartition: 0.5,
  ringPartition: 0.5,
  hold: 1,
  slowLink: 1,
  clog: 1,
  channelFull: 1,
  workerExit: 0.5,
  stall: 2,
  crashRecovering: 0.3,
  diskFull: 0.2,
  diskSlow: 0.5,
  // An acceptor that has lost what it stored may break any protocol's promise.
  bitRot: 0,
  misdirectedRead: 0,
  clockDrift: 0.05,
  clockJump: 0.5,
}

/** How one run is set up, beside its seed. */
export interface PaxosScenario {
  /** Nodes, each a member. Default 5. */
  readonly nodes?: number
  /** Default: the random one. */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /** Definitions with a planted bug. Default: the shipped ones. */
  readonly definitions?: Partial<PaxosDefinitions>
  /** The invariants that the observer asserts. Default: all. */
  readonly invariants?: readonly PaxosInvariant[]
  /** The largest strength of each fault. Default: the scenario's own plan, every kind and strong. */
  readonly faults?: FaultKnobs
}

/** What became of one run. */
export interface PaxosRun {
  readonly seed: number
  /** The decision, as every client and learner heard it. */
  readonly decision: string | undefined
  /** True when a value was chosen while faults still went on. */
  readonly chosenUnderFaults: boolean
  /** True when ballots of two proposers were drawn before a value was chosen. */
  readonly competing: boolean
  readonly ballots: number
  /** Facts that the observer held against the invariants. */
  readonly checks: number
  readonly events: number
  /** Virtual milliseconds that passed, until the failure if there was one. */
  readonly virtualMs: number
  /** How often each kind of fault was injected; `undefined` when the run failed. */
  readonly injected: InjectedFaults | undefined
  readonly failure: ScenarioFailure | undefined
}

/** Virtual milliseconds of faults, and the longest that may pass until all have heard the decision after them. */
const faultsMs = 2_500
const progressMs = 20_000
/** How long a client waits for its proposer before it asks again, in virtual milliseconds. */
const clientTimeoutMs = 400

/** The options of every run. */
export const paxosOptions = {
  nodes: 5,
  faults: paxosFaults,
  delivery: 'hostile',
  latency: { minMs: 1, meanMs: 10 },
  virtualMsMax: 120_000,
} as const satisfies SimulationScenarioOptions

/** What a run is told, and what it tells of itself as it goes. */
interface PaxosProgram extends Pick<PaxosScenario, 'definitions' | 'invariants'> {
  /** The most clients. Default: as many as are drawn. */
  readonly clientsMax?: number
  readonly onObserver?: (observer: PaxosObserver) => void
  readonly onHeal?: () => void
}

/** Everything that happens in the cluster; resolves with the decision. */
export async function paxosProgram(world: SimulatedWorld, program: PaxosProgram): Promise<string> {
  const { definitions = {}, invariants, clientsMax, onObserver, onHeal } = program
  const client = await startPaxos<string>(world, { instance: 'campaign', members: world.nodes, definitions })
  const observer = observe(world, client, invariants)
  onObserver?.(observer)
  const replies = startClients(world, client, clientsMax)
  await world.sleep(faultsMs)
  onHeal?.()
  await world.heal()
  return await agreed(world, client, replies)
}

/** Runs the scenario under one seed. */
export async function runPaxos(seed: number, scenario: PaxosScenario = {}): Promise<PaxosRun> {
  const { definitions, invariants, ...options } = scenario
  let observer: PaxosObserver | undefined
  let decision: string | undefined
  let chosenUnderFaults = false
  const program = async (world: SimulatedWorld) => {
    decision = await paxosProgram(world, {
      ...(definitions === undefined ? {} : { definitions }),
      ...(invariants === undefined ? {} : { invariants }),
      onObserver: (made) => {
        observer = made
      },
      onHeal: () => {
        chosenUnderFaults = observer?.statistics.chosen ?? false
      },
    })
  }
  const facts = () => {
    const { competing = false, ballots = 0, checks = 0 } = observer?.statistics ?? {}
    return { seed, decision, chosenUnderFaults, competing, ballots, checks }
  }
  try {
    const { events, injected, virtualMs } = await simulate({ ...paxosOptions, ...options, seed }, program)
    return { ...facts(), events, virtualMs, injected, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs } = error.facts
    const violation = error.cause instanceof PaxosViolationError ? error.cause : undefined
    const what = violation === undefined ? reason : String(violation.facts.invariant)
    const failure = { what, message: error.message, step, hash }
    return { ...facts(), events: step, virtualMs, injected: undefined, failure }
  }
}

/** Feeds the observer, whose first violation becomes the invariant's failure after the step that broke it. */
function observe(
  world: SimulatedWorld,
  client: PaxosClient<string>,
  invariants: readonly PaxosInvariant[] | undefined,
): PaxosObserver {
  const observer = new PaxosObserver(client.configuration, invariants === undefined ? {} : { invariants })
  let violation: unknown
  const hold = (look: () => void) => {
    try {
      look()
    } catch (error) {
      violation ??= error
    }
  }
  world.observe((event) => {
    if (event.type === 'sent') hold(() => observer.sent(event.message, event.payload))
  })
  world.events.on('log', (entry) => hold(() => observer.logged(entry)))
  world.always('paxos', () => {
    if (violation !== undefined) throw violation
  })
  return observer
}

/** Two clients or more, each with a value and a member of its own to begin with; they ask until they hear a decision. */
function startClients(
  world: SimulatedWorld,
  client: PaxosClient<string>,
  clientsMax = Number.POSITIVE_INFINITY,
): Promise<string>[] {
  const { random } = world
  const ids = client.configuration.members.map(({ id }) => id)
  const count = Math.min(clientsMax, 2 + random.int(Math.max(1, ids.length - 1)))
  return Array.from({ length: count }, async (_, index) => {
    // Some begin at once, so that their ballots meet; some come when others are done.
    await world.sleep(random.chance(0.6) ? random.int(40) : random.int(faultsMs))
    for (let attempt = 0; ; attempt++) {
      const via = attempt === 0 ? ids[index % ids.length] : random.pick(ids)
      try {
        return await client.propose(`value ${index}`, { via: via as string, timeoutMs: clientTimeoutMs })
      } catch {
        await world.sleep(10 + random.int(50))
      }
    }
  })
}

/** The decision, once every client and every learner has heard it; fails the run when they do not agree, or not soon. */
async function agreed(world: SimulatedWorld, client: PaxosClient<string>, replies: Promise<string>[]): Promise<string> {
  const late = world.sleep(progressMs).then(() => world.check(false, `no decision ${progressMs} ms after the faults`))
  const all = Promise.all([...replies, ...client.configuration.members.map(({ id }) => learned(world, client, id))])
  const values = new Set((await Promise.race([all, late])) as string[])
  world.check(values.size === 1, `different decisions were heard: ${[...values].join(', ')}`)
  return [...values][0] as string
}

/** What the member's learner knows, once it knows; a learner whose node is just coming back is asked again. */
async function learned(world: SimulatedWorld, client: PaxosClient<string>, id: string): Promise<string> {
  for (;;) {
    const known = await client.learned(id).catch(() => undefined)
    if (known?.decided) return known.value as string
    await world.sleep(100)
  }
}
