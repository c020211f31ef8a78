/**
 * One simulated run of a round-based algorithm: every member proposes while everything goes wrong; then the faults end,
 * and all must come to the same decision. The observer holds every step against the invariants.
 */
import {
  BenOr,
  type Bit,
  ChandraToueg,
  RoundObserver,
  type RoundOptions,
  RoundViolationError,
  startBenOr,
  startChandraToueg,
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
import type { ScenarioFailure } from '../scenario.ts'
import { strikeRounds } from './round-strikes.ts'
import { claimWays, type Way } from './ways-taken.ts'

/** The algorithms by name. */
export type RoundAlgorithm = 'ben-or' | 'chandra-toueg'

/** How one run is set up, beside its seed. */
export interface RoundsScenario {
  /** Default 5. */
  readonly nodes?: number
  /** Default: the random one. */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /** The largest strength of each fault. Default: all, but those that take away what a process has stored. */
  readonly faults?: FaultKnobs
  /** Whether processes are also struck at the worst moments of a round. Default `false`. */
  readonly strikes?: boolean
}

/** What became of one run. */
export interface RoundsRun {
  readonly seed: number
  readonly decision: unknown
  /** The first round in which the decision was seen to come about. */
  readonly decidedIn: number | undefined
  /** The highest round that anyone was in. */
  readonly rounds: number
  /** Messages of the algorithm from one node to another, until all had decided; those of failure detectors apart. */
  readonly messages: number
  readonly detectorMessages: number
  /** Virtual milliseconds until all had decided. */
  readonly decidedMs: number | undefined
  /** True when somebody had decided before the faults ended. */
  readonly underFaults: boolean
  readonly checks: number
  readonly events: number
  readonly virtualMs: number
  readonly injected: InjectedFaults | undefined
  readonly failure: ScenarioFailure | undefined
}

const instance = 'campaign'
const progressMs = 30_000
const ownMessages = new Set(['report', 'proposal', 'decide', 'estimate', 'ack', 'nack', 'round'])

/** The options of every run. */
export const roundsOptions = {
  nodes: 5,
  faults: allFaults,
  delivery: 'hostile',
  latency: { minMs: 1, meanMs: 10 },
  virtualMsMax: 120_000,
} as const satisfies SimulationScenarioOptions

/** What a run tells of itself as it goes. */
interface RoundsProgram {
  /** Virtual milliseconds of faults. Default 3,000. */
  readonly faultsMs?: number
  readonly strikes?: boolean
  readonly observer?: RoundObserver
  readonly tell?: (facts: Pick<RoundsRun, 'messages' | 'detectorMessages' | 'decidedMs' | 'underFaults'>) => void
}

/** The ways in which the algorithms make progress. */
const ways: Readonly<Record<RoundAlgorithm, Readonly<Record<string, Way>>>> = {
  'ben-or': {
    'what may have been lost is said again': benOrWay('resend', 'report'),
    'a process that is back says what it said': benOrWay('started', 'report'),
    'a decision is passed on': benOrWay('decide', 'decided'),
    'proposals are counted': benOrWay('proposal', 'decided'),
  },
  'chandra-toueg': {
    'a detector is heard': detectorWay('beat', 'alive'),
    'an estimate is said again': { ...chandraTouegWay('resend', 'estimate'), nodesMin: 2 },
    'a process that is back says its estimate': chandraTouegWay('started', 'estimate'),
    'who is behind is told of the round': { ...chandraTouegWay('resend', 'round'), nodesMin: 2 },
    'who is behind comes along': { ...chandraTouegWay('round', 'round'), nodesMin: 2 },
    'a coordinator goes on after a nack': { ...chandraTouegWay('nack', 'round'), nodesMin: 2 },
    'a suspected coordinator is passed by': { ...chandraTouegWay('suspicion', 'round'), nodesMin: 2 },
    'acknowledgements are counted': chandraTouegWay('ack', 'decided'),
    'a decision is passed on': { ...chandraTouegWay('decide', 'decided'), nodesMin: 2 },
    'a detector suspects': detectorWay('beat', 'suspicion'),
    'a detector takes a suspicion back': detectorWay('alive', 'suspicion'),
  },
}

/** A process of Ben-Or's that is alone decides in the turn in which it is asked. */
function benOrWay(turn: string, leadsTo: string): Way {
  return { definition: 'BenOr', turn, leadsTo, nodesMin: 2 }
}

/** One of Chandra and Toueg's sends what it has to say to itself too, where it is the coordinator. */
function chandraTouegWay(turn: string, leadsTo: string): Way {
  return { definition: 'ChandraToueg', turn, leadsTo }
}

function detectorWay(turn: string, leadsTo: string): Way {
  return { definition: 'FailureDetector', turn, leadsTo, nodesMin: 2 }
}

/** What is proposed on so many nodes. */
function valuesOf(algorithm: RoundAlgorithm, nodes: number): readonly unknown[] {
  return algorithm === 'ben-or' ? [0, 1] : Array.from({ length: nodes }, (_, index) => `value ${index}`)
}

/** Everything that happens in the cluster. */
export async function roundsProgram(
  algorithm: RoundAlgorithm,
  world: SimulatedWorld,
  program: RoundsProgram,
): Promise<void> {
  const values = valuesOf(algorithm, world.nodes.length)
  const { faultsMs = 3_000, observer = new RoundObserver(instance, values), tell = () => {} } = program
  let messages = 0
  let detectorMessages = 0
  let decidedMs: number | undefined
  let violation: unknown
  const definition = algorithm === 'ben-or' ? BenOr : ChandraToueg
  world.always(algorithm, ({ changed }) => {
    if (violation !== undefined) throw violation
    observer.check(changed<typeof BenOr | typeof ChandraToueg>(definition).map(({ state }) => state))
  })
  claimWays(world, ways[algorithm])
  if (program.strikes && world.random.chance(0.6)) strikeRounds(world, definition.name, faultsMs)
  const watch = (event: TraceEvent) => {
    if (event.type !== 'sent') return
    try {
      // The id of a member is the name of its node.
      observer.sent(event.message ?? '', event.payload, event.sender?.node)
    } catch (error) {
      violation ??= error
    }
    if (event.from === event.to || decidedMs !== undefined) return
    if (event.message === 'alive') detectorMessages++
    else if (ownMessages.has(event.message ?? '')) messages++
  }
  world.observe(watch, { only: ['sent'] })
  const propose = await started(algorithm, world, { instance, members: world.nodes, resendMs: 60 })
  const replies = world.nodes.map((node, index) => asked(world, () => propose(node, values[index % values.length])))
  const all = Promise.all(replies).then((decisions) => {
    decidedMs = world.now()
    world.check(new Set(decisions).size === 1, `different decisions were heard: ${decisions.join(', ')}`)
  })
  await Promise.race([all, world.sleep(faultsMs)])
  const underFaults = observer.statistics.decision !== undefined
  await world.heal()
  const late = world.sleep(progressMs).then(() => world.check(decidedMs !== undefined, 'no decision after the faults'))
  await Promise.race([all, late])
  tell({ messages, detectorMessages, decidedMs, underFaults })
}

/** Runs the scenario under one seed. */
export async function runRounds(
  algorithm: RoundAlgorithm,
  seed: number,
  scenario: RoundsScenario = {},
): Promise<RoundsRun> {
  const { strikes = false, ...own } = scenario
  const options = { ...roundsOptions, ...own }
  const observer = new RoundObserver(instance, valuesOf(algorithm, options.nodes))
  let known: Parameters<NonNullable<RoundsProgram['tell']>>[0] = {
    messages: 0,
    detectorMessages: 0,
    decidedMs: undefined,
    underFaults: false,
  }
  const program = (world: SimulatedWorld) =>
    roundsProgram(algorithm, world, {
      observer,
      strikes,
      tell: (facts) => {
        known = facts
      },
    })
  const facts = () => ({ seed, ...observer.statistics, ...known })
  try {
    const { events, virtualMs, injected } = await simulate({ ...options, seed }, program)
    return { ...facts(), events, virtualMs, injected, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs } = error.facts
    const what = error.cause instanceof RoundViolationError ? String(error.cause.facts.invariant) : reason
    const failure = { what, message: error.message, step, hash }
    return { ...facts(), events: step, virtualMs, injected: undefined, failure }
  }
}

/** Starts the algorithm; what it returns proposes at a member and resolves to the decision. */
async function started(
  algorithm: RoundAlgorithm,
  world: SimulatedWorld,
  options: RoundOptions,
): Promise<(member: string, value: unknown) => Promise<unknown>> {
  const timeout = { timeoutMs: 500 }
  if (algorithm === 'ben-or') {
    const { members } = await startBenOr(world, options)
    return (member, value) => {
      const { process } = members.find(({ id }) => id === member) as (typeof members)[number]
      return world.askWith(timeout, process, 'propose', { instance, value: value as Bit })
    }
  }
  const { members } = await startChandraToueg(world, options)
  return (member, value) => {
    const { process } = members.find(({ id }) => id === member) as (typeof members)[number]
    return world.askWith(timeout, process, 'propose', { instance, value })
  }
}

/** Asks until there is an answer. */
async function asked(world: SimulatedWorld, ask: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      return await ask()
    } catch {
      await world.sleep(20 + world.random.int(50))
    }
  }
}
