/**
 * One simulated run of a round-based algorithm: every member proposes while everything goes wrong; then the faults end,
 * and all must come to the same decision. The observer holds every step against the invariants.
 */
import { type Bit, RoundObserver, RoundViolationError, startBenOr, startChandraToueg } from '@troupe/consensus'
import {
  allFaults,
  type FaultKnobs,
  type InjectedFaults,
  type ScheduleOptions,
  type ScheduleStrategy,
  type SimulatedWorld,
  SimulationFailure,
  simulate,
} from '@troupe/simulation'
import type { ScenarioFailure } from '../scenario.ts'

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
  /** Virtual milliseconds of faults. Default 3,000. */
  readonly faultsMs?: number
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

const progressMs = 30_000
const own = new Set(['report', 'proposal', 'decide', 'estimate', 'ack', 'nack', 'round'])

/** Runs the scenario under one seed. */
export async function runRounds(
  algorithm: RoundAlgorithm,
  seed: number,
  scenario: RoundsScenario = {},
): Promise<RoundsRun> {
  const { nodes = 5, schedule = 'random', faults = allFaults, faultsMs = 3_000 } = scenario
  const values: readonly unknown[] =
    algorithm === 'ben-or' ? [0, 1] : Array.from({ length: nodes }, (_, i) => `value ${i}`)
  const observer = new RoundObserver('campaign', values)
  let messages = 0
  let detectorMessages = 0
  let decidedMs: number | undefined
  let underFaults = false
  const program = async (world: SimulatedWorld) => {
    let violation: unknown
    world.always(algorithm, () => {
      if (violation !== undefined) throw violation
    })
    world.observe((event) => {
      if (event.type !== 'sent') return
      try {
        observer.sent(event.message ?? '', event.payload)
      } catch (error) {
        violation ??= error
      }
      if (event.from === event.to || decidedMs !== undefined) return
      if (event.message === 'alive') detectorMessages++
      else if (own.has(event.message ?? '')) messages++
    })
    const options = { instance: 'campaign', members: world.nodes, resendMs: 60 }
    const propose = await started(algorithm, world, options)
    const replies = world.nodes.map((node, index) => asked(world, () => propose(node, values[index % values.length])))
    const all = Promise.all(replies).then((decisions) => {
      decidedMs = world.now()
      world.check(new Set(decisions).size === 1, `different decisions were heard: ${decisions.join(', ')}`)
    })
    await Promise.race([all, world.sleep(faultsMs)])
    underFaults = observer.statistics.decision !== undefined
    await world.heal()
    const late = world
      .sleep(progressMs)
      .then(() => world.check(decidedMs !== undefined, `no decision after the faults`))
    await Promise.race([all, late])
  }
  const facts = () => ({ seed, ...observer.statistics, messages, detectorMessages, decidedMs, underFaults })
  try {
    const run = await simulate(
      { seed, nodes, faults, delivery: 'hostile', schedule, latency: { minMs: 1, meanMs: 10 }, virtualMsMax: 120_000 },
      program,
    )
    return { ...facts(), events: run.events, virtualMs: run.virtualMs, injected: run.injected, failure: undefined }
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    const { step, hash, reason, virtualMs } = error.facts
    const what = error.cause instanceof RoundViolationError ? String(error.cause.facts.invariant) : reason
    return {
      ...facts(),
      events: step,
      virtualMs,
      injected: undefined,
      failure: { what, message: error.message, step, hash },
    }
  }
}

/** Starts the algorithm; what it returns proposes at a member and resolves to the decision. */
async function started(
  algorithm: RoundAlgorithm,
  world: SimulatedWorld,
  options: { readonly instance: string; readonly members: readonly string[]; readonly resendMs: number },
): Promise<(member: string, value: unknown) => Promise<unknown>> {
  const { instance } = options
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
