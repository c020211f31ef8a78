/**
 * A run that is run again, and must be the same to the last event: what the guard cannot trap shows itself here, with the
 * first event that was another one.
 */
import { isDeepStrictEqual } from 'node:util'
import { type SimulateOptions, type SimulationProgram, type SimulationRun, simulate } from './simulate.ts'
import { type FailureFacts, SimulationFailure } from './simulation-errors.ts'
import type { TraceEvent } from './trace.ts'
import { formatEvent } from './trace-format.ts'

/** Events before the first that differs, which the error tells. */
const eventsBefore = 10

/**
 * Two runs of one seed were not the same. `facts.first` and `facts.second` are the first events that differ, as lines of
 * text, `undefined` where a run had ended; `facts.event` is their number, from 1.
 */
export class SimulationDivergedError extends SimulationFailure {
  constructor(what: string, facts: FailureFacts & Readonly<Record<string, unknown>>) {
    super(what, facts, undefined, 'ERR_TROUPE_SIMULATION_DIVERGED')
  }
}

/** One of the two runs. */
interface Outcome {
  readonly run?: SimulationRun
  readonly failure?: SimulationFailure
  readonly hash: string
  readonly step: number
  readonly virtualMs: number
  readonly trace: readonly TraceEvent[]
}

/**
 * Runs `program` twice under the same options; resolves and rejects as {@link simulate} does when both are one run. When
 * not, rejects with a {@link SimulationDivergedError} that names the first event in which they differ. `program` begins
 * anew each time, so it keeps what it knows inside. Takes the memory of two whole traces.
 */
export async function simulateTwice(options: SimulateOptions, program: SimulationProgram): Promise<SimulationRun> {
  const first = await outcomeOf(options, program)
  const second = await outcomeOf(options, program)
  const parts = ['hash', 'step', 'virtualMs'] as const
  if (parts.some((part) => first[part] !== second[part])) throw divergence(options.seed, first, second)
  if (first.failure !== undefined) throw first.failure
  const { trace, ...run } = first.run as SimulationRun
  return options.trace ? { ...run, ...(trace === undefined ? {} : { trace }) } : run
}

async function outcomeOf(options: SimulateOptions, program: SimulationProgram): Promise<Outcome> {
  try {
    const run = await simulate({ ...options, trace: options.trace || true }, program)
    const { hash, events, virtualMs, trace = [] } = run
    return { run, hash, step: events, virtualMs, trace }
  } catch (failure) {
    if (!(failure instanceof SimulationFailure)) throw failure
    const { hash, step, virtualMs } = failure.facts
    return { failure, hash, step, virtualMs, trace: failure.trace ?? [] }
  }
}

function divergence(seed: number, first: Outcome, second: Outcome): SimulationDivergedError {
  const index = firstDifference(first.trace, second.trace)
  const ones = first.trace[index]
  const others = second.trace[index]
  const line = (event: TraceEvent | undefined) => (event === undefined ? undefined : formatEvent(event))
  const told = (event: TraceEvent | undefined) => line(event) ?? 'nothing any more'
  const what =
    ones === undefined && others === undefined
      ? `two runs differ with the same events: one ended at step ${first.step} and ${first.virtualMs} ms, the other at step ` +
        `${second.step} and ${second.virtualMs} ms; what the schedule chose from, or how long the program slept, was another`
      : `two runs differ: event ${index + 1} is "${told(ones)}" in the first and "${told(others)}" in the second; ` +
        `something that the seed does not decide was read before, by what that event comes from`
  const at = others ?? ones
  return new SimulationDivergedError(what, {
    seed,
    reason: 'determinism',
    what,
    virtualMs: at?.atMs ?? second.virtualMs,
    step: at?.step ?? second.step,
    hash: second.hash,
    claims: second.run?.claims ?? second.failure?.facts.claims ?? {},
    lastEvents: second.trace.slice(Math.max(0, index - eventsBefore), index).map(formatEvent),
    event: index + 1,
    first: line(ones),
    second: line(others),
    hashes: [first.hash, second.hash],
  })
}

/** The place of the first events that are not the same; past the end when one trace begins with the other. */
function firstDifference(first: readonly TraceEvent[], second: readonly TraceEvent[]): number {
  const length = Math.min(first.length, second.length)
  for (let index = 0; index < length; index++) {
    if (!isDeepStrictEqual(comparable(first[index]), comparable(second[index]))) return index
  }
  return length
}

/** Of an error what it says, and not where in the program's files it was made. */
function comparable(event: TraceEvent | undefined): unknown {
  return event?.type === 'failure' ? { ...event, error: `${event.error.name}: ${event.error.message}` } : event
}
