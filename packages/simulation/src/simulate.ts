/** `simulate`: one run of a program in a simulated cluster, decided by one seed. */
import type { LogLevel, PlacementPolicies, ServiceImplementations } from '@troupe/core'
import { requireOption } from '@troupe/core/host'
import type { Delivery, FaultKnobs, InjectedFaults } from './fault-knobs.ts'
import type { FaultPointKnobs } from './fault-points.ts'
import type { NetworkLatency } from './latency.ts'
import type { Claims } from './properties.ts'
import { underGuard } from './real-world-guard.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunRecord } from './run-record.ts'
import type { ScheduleOptions, ScheduleStrategy } from './schedule-options.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { Simulation } from './simulation.ts'
import { type Branch, type StepCall, settingsOf } from './simulation-settings.ts'
import type { StateChange } from './state-recorder.ts'
import type { TraceEvent } from './trace.ts'

/** What goes wrong by chance: knobs, and the odds at fault points. */
export interface FaultOptions extends FaultKnobs {
  /** What may happen where actors call `ctx.faultPoint`, by its name; the odds are as they stand, `swarm` or not. */
  readonly points?: FaultPointKnobs
}

/** How a run is set up. */
export interface SimulateOptions {
  /** Decides everything; a whole number. */
  readonly seed: number
  /** How many nodes (`node-1` to `node-N`), 1,000 at most, or their names. Beside them there is `main`, which never fails. Default 1. */
  readonly nodes?: number | readonly string[]
  /** What goes wrong by chance, and how much of it; `'all'`: {@link allFaults}. Default: nothing. */
  readonly faults?: FaultOptions | 'all'
  /**
   * Whether each seed turns each kind of fault on or off and draws its strength up to the knob. `false`: every kind at
   * exactly its knob. Default `true`.
   */
  readonly swarm?: boolean
  /**
   * `promised`: messages from one node to another arrive at most once and in order. `hostile`: they are also lost,
   * duplicated and reordered, as the knobs say or else as {@link allFaults} does. Default `promised`.
   */
  readonly delivery?: Delivery
  /** How long frames take. Default: 0.2 ms and an exponentially distributed time with a mean of 1 ms. */
  readonly latency?: NetworkLatency
  /**
   * In what order deliveries and turns come, as far as no promise and no bound in time says: `random`, or priority change
   * points (`pct`), partial-order sampling (`pos`) or delay-bounded (`delay`), with parameters. Default `random`.
   */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /**
   * Twins of the outside world: ready objects, which all nodes share, or providers, which make one for each start of a
   * node; or a function that gives them, called once for the run. Providers take time and chance from their context.
   */
  readonly services?: ServiceImplementations | ((world: SimulatedWorld) => ServiceImplementations)
  /** Placement policies by name, for the `node` option of a spawn; called in the run, so pure. */
  readonly placement?: PlacementPolicies
  /** Virtual milliseconds that each task of `ctx.task` takes; from 0. Default 0: a step of its own at the same time. */
  readonly taskMs?: number
  /** Steps after which the run fails with a `SimulationLimitError`. Default 5,000,000. */
  readonly eventsMax?: number
  /** Virtual milliseconds after which it does. Default 600,000: ten minutes. */
  readonly virtualMsMax?: number
  /** Counts and measures, by virtual time, for `world.metrics()`. Default `false`. */
  readonly metrics?: boolean
  /**
   * How long an ask of an asynchronous turn waits, in virtual milliseconds, before a cycle of asks is looked for; over
   * several nodes it must be seen twice. `Infinity`: nobody looks. Default 100.
   */
  readonly askCyclesAfterMs?: number
  /** The least severe log entries that are told. Default `debug`: all. */
  readonly logLevel?: LogLevel
  /**
   * Keeps all events of the trace in the result, or in the `SimulationFailure`; with `states: true` also each actor's
   * state after each step that changed it, which costs time and changes nothing else. Default `false`.
   */
  readonly trace?: boolean | { readonly states?: boolean }
  /**
   * What goes wrong, instead of what the knobs draw: `record.plan` of a run with `record: true`, or a part of it. The
   * odds of fault points still say what happens where the plan has something happen.
   */
  readonly plan?: RunPlan
  /** Writes down what goes wrong, in `record` of the result or of the `SimulationFailure`. Default `false`. */
  readonly record?: boolean
  /** Goes on after a step with the choices of another seed, and with faults by chance; once or more, in order. */
  readonly branches?: readonly Branch[]
  /** Called after a step; may end the run there. */
  readonly atStep?: StepCall
}

/** What a run was. */
export interface SimulationRun {
  readonly seed: number
  /** Equal for two runs exactly when, up to collisions, they took the same steps: 16 hexadecimal digits. */
  readonly hash: string
  /** Steps taken. */
  readonly events: number
  /** Turns of all actors. */
  readonly turns: number
  /** Frames that arrived from another node: messages, replies, and what the runtime itself says. */
  readonly deliveries: number
  /** Virtual milliseconds that passed. */
  readonly virtualMs: number
  /** How often each kind of fault was injected; for `diskLatencyMs` and `clockSkewMs`, on how many nodes. */
  readonly injected: InjectedFaults
  /** How often each fault point was reached, by name. */
  readonly faultPoints: Readonly<Record<string, number>>
  /** Predicates of properties that were evaluated. */
  readonly propertyChecks: number
  /** The `sometimes` claims, and whether the run reached each. */
  readonly claims: Claims
  readonly trace?: readonly TraceEvent[]
  /** With `trace: { states: true }`. */
  readonly states?: readonly StateChange[]
  /** With `record: true`. */
  readonly record?: RunRecord
}

/** What runs in the simulated cluster: starts actors, drives clients, checks. */
export type SimulationProgram = (world: SimulatedWorld) => Promise<unknown>

/**
 * Runs `program` in a cluster of its own; the same seed, options and program give the same run, to the last step.
 * Rejects with a `SimulationFailure` that names the seed when a property, a check or the program fails, when it waits
 * for what cannot come, when it exceeds its limits, or when simulated code reaches for the real world; with a
 * `ConfigurationError` when an option is malformed.
 *
 *     const run = await simulate({ seed: 7, nodes: 3, faults: { crash: 0.5 } }, async (world) => {
 *       const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
 *       counter.tell('add', 2)
 *       world.check((await counter.ask('read')) === 2, 'the counter counts')
 *     })
 */
export async function simulate(options: SimulateOptions, program: SimulationProgram): Promise<SimulationRun> {
  const settings = settingsOf(options)
  requireOption(typeof program === 'function', 'the program of simulate', 'a function of the world', program)
  // The services of the nodes start with the simulation, and are to find no real world either.
  return await underGuard(async () => {
    const simulation = new Simulation(settings)
    await simulation.run(program)
    return resultOf(simulation, settings.seed)
  })
}

function resultOf(simulation: Simulation, seed: number): SimulationRun {
  return {
    seed,
    hash: simulation.trace.digest,
    events: simulation.trace.step,
    turns: simulation.turns,
    deliveries: simulation.trace.deliveries,
    virtualMs: simulation.clock.now(),
    injected: simulation.injected,
    faultPoints: Object.fromEntries(simulation.faultPoints.reached),
    propertyChecks: simulation.properties.checks,
    claims: simulation.properties.claims,
    ...simulation.recording,
  }
}
