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
import { refKey } from '@troupe/core'
import {
  type Claims,
  type FaultKnobs,
  type InjectedFaults,
  type ScheduleOptions,
  type ScheduleStrategy,
  type SimulatedWorld,
  SimulationFailure,
  type SimulationScenarioOptions,
  simulate,
  simulateTwice,
  type TraceEvent,
} from '@troupe/simulation'
import { DistortedMessages, type MutationRun } from '@troupe/simulation/mutation'
import type { ScenarioFailure } from '../scenario.ts'
import { type PaxosPlan, type PaxosPlanName, paxosPlans } from './paxos-plans.ts'
import { PaxosProgress, paxosClaims } from './paxos-progress.ts'
import { strikeProposals } from './paxos-strikes.ts'

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
  /** What goes wrong, and how its clients hurry. Default `chance`. */
  readonly plan?: PaxosPlanName
  /** The largest strength of each fault. Default: the plan's. */
  readonly faults?: FaultKnobs
  /** The most clients; a seed draws 2 to as many as there are nodes. Default: as many as it draws. */
  readonly clients?: number
  /** Runs the seed twice; it fails when the two runs differ. Default `false`. */
  readonly twice?: boolean
}

/** What became of one run. */
export interface PaxosRun extends MutationRun {
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
  /** The ways in which the protocol makes progress, and whether this run took each. */
  readonly claims: Claims
}

/** Virtual milliseconds of faults, and the longest that may pass until all have heard the decision after them. */
const faultsMs = 2_500
const progressMs = 20_000

/** The options of every run under that plan. */
export function paxosOptions(plan: PaxosPlanName): SimulationScenarioOptions {
  const { nodes, faults, latencyMeanMs } = paxosPlans[plan]
  return { nodes, faults, delivery: 'hostile', latency: { minMs: 1, meanMs: latencyMeanMs }, virtualMsMax: 120_000 }
}

/** What a run is told, and what it tells of itself as it goes. */
interface PaxosProgram extends Pick<PaxosScenario, 'definitions' | 'invariants' | 'plan' | 'clients'> {
  readonly onObserver?: (observer: PaxosObserver) => void
  readonly onHeal?: () => void
}

/** Everything that happens in the cluster; resolves with the decision. */
export async function paxosProgram(world: SimulatedWorld, program: PaxosProgram): Promise<string> {
  const { definitions = {}, invariants, plan = 'chance', clients: clientsMax, onObserver, onHeal } = program
  const { clients, strikes } = paxosPlans[plan]
  const client = await startPaxos<string>(world, { instance: 'campaign', members: world.nodes, definitions })
  const observer = observe(world, client, invariants)
  onObserver?.(observer)
  if (strikes) strikeProposals(world, faultsMs)
  const replies = startClients(world, client, clients, clientsMax)
  await world.sleep(faultsMs)
  onHeal?.()
  await world.heal()
  return await agreed(world, client, replies)
}

/** Runs the scenario under one seed. */
export async function runPaxos(seed: number, scenario: PaxosScenario = {}): Promise<PaxosRun> {
  const { definitions, invariants, plan = 'chance', clients, twice = false, ...options } = scenario
  let observer: PaxosObserver | undefined
  let decision: string | undefined
  let chosenUnderFaults = false
  const network = new DistortedMessages()
  const program = async (world: SimulatedWorld) => {
    network.watch(world)
    decision = await paxosProgram(world, {
      plan,
      ...(clients === undefined ? {} : { clients }),
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
    return { seed, decision, chosenUnderFaults, competing, ballots, checks, ...network.names }
  }
  try {
    const run = await (twice ? simulateTwice : simulate)({ ...paxosOptions(plan), ...options, seed }, program)
    const { events, injected, virtualMs, claims } = run
    return { ...facts(), events, virtualMs, injected, claims, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs, claims } = error.facts
    const violation = error.cause instanceof PaxosViolationError ? error.cause : undefined
    const what = violation === undefined ? reason : String(violation.facts.invariant)
    const failure = { what, message: error.message, step, hash }
    return { ...facts(), events: step, virtualMs, injected: undefined, claims, failure }
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
  const progress = new PaxosProgress((claim) => world.sometimes(claim, true))
  for (const claim of paxosClaims(world.nodes.length)) world.sometimes(claim, false)
  const paths = new Map<string, string>()
  const watch = (event: TraceEvent) => {
    if (event.type === 'turn') {
      paths.set(refKey(event.ref), event.actor)
      progress.turn(event.actor, event.message)
    } else if (event.type === 'sent') {
      const { message, payload, sender, target } = event
      const from = sender && paths.get(refKey(sender))
      progress.sent(message, payload, target, from)
      hold(() => observer.sent(message, payload, from))
    }
  }
  world.observe(watch, { only: ['turn', 'sent'] })
  world.events.on('log', (entry) => {
    progress.logged(entry)
    hold(() => observer.logged(entry))
  })
  world.always('paxos', () => {
    if (violation !== undefined) throw violation
  })
  return observer
}

/** Two clients or more, each with a value and a member of its own to begin with; they ask until they hear a decision. */
function startClients(
  world: SimulatedWorld,
  client: PaxosClient<string>,
  { atOnce, timeoutMs }: PaxosPlan['clients'],
  clientsMax = Number.POSITIVE_INFINITY,
): Promise<string>[] {
  const { random } = world
  const ids = client.configuration.members.map(({ id }) => id)
  const count = Math.min(clientsMax, 2 + random.int(Math.max(1, ids.length - 1)))
  return Array.from({ length: count }, async (_, index) => {
    // Some begin at once, so that their ballots meet; some come when others are done.
    await world.sleep(random.chance(atOnce) ? random.int(40) : random.int(faultsMs))
    for (let attempt = 0; ; attempt++) {
      const via = attempt === 0 ? ids[index % ids.length] : random.pick(ids)
      try {
        return await client.propose(`value ${index}`, { via: via as string, timeoutMs })
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
