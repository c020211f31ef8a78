/**
 * The same random programs on threads, in a simulation and on the local host: what each actor saw must be the same.
 *
 *     node test/differential/differential.ts --programs 3000 [--seed 1] [--json]
 *
 * Exit code 0 only if all programs were the same on all hosts. A difference is shrunk to a small program and printed.
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { runLocally, runSimulated, ThreadRuns } from './hosts.ts'
import { differences, observationOf } from './observation.ts'
import { programs } from './program.ts'
import type { Program } from './script.ts'

/** How many programs, from which seed, on which threads. */
export interface DifferentialOptions {
  readonly programs: number
  readonly seed: number
  readonly threads: ThreadRuns
  /** Looks for a smaller program once one differs. Default `true`. */
  readonly shrinks?: boolean
}

export interface DifferentialFigures {
  readonly programs: number
  /** What the actors noted, in all programs together, on one host. */
  readonly notes: number
  /** Of those: asks that were replied to, asks that failed, deaths that were told of. */
  readonly replies: number
  readonly failures: number
  readonly deaths: number
  /** The smallest program found that differs, and how; `undefined` when none does. */
  readonly difference: { readonly program: Program; readonly what: readonly string[] } | undefined
}

/** Runs programs until one differs. */
export async function compareHosts({
  programs: runs,
  seed,
  threads,
  shrinks = true,
}: DifferentialOptions): Promise<DifferentialFigures> {
  const figures = { programs: 0, notes: 0, replies: 0, failures: 0, deaths: 0 }
  let difference: DifferentialFigures['difference']
  const property = fc.asyncProperty(programs, fc.nat(), async (program, simulationSeed) => {
    const simulated = await runSimulated(program, simulationSeed)
    const local = await runLocally(program)
    const threaded = await threads.run(program, simulated.length)
    figures.programs++
    figures.notes += simulated.length
    for (const { what, lane } of simulated) {
      if (what.startsWith('got reply')) figures.replies++
      else if (what.startsWith('got ')) figures.failures++
      else if (lane === 'terminated') figures.deaths++
    }
    const expected = observationOf(simulated)
    const what = [
      ...differences(expected, observationOf(local)).map((text) => `simulation | local: ${text}`),
      ...differences(expected, observationOf(threaded)).map((text) => `simulation | threads: ${text}`),
    ]
    if (what.length === 0) return
    difference = { program, what }
    throw new Error(what.join('\n'))
  })
  await fc.check(property, { numRuns: runs, seed, endOnFailure: !shrinks })
  return { ...figures, difference }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      programs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  await using threads = await ThreadRuns.open()
  const figures = await compareHosts({ programs: Number(values.programs), seed: Number(values.seed), threads })
  const { difference, ...counts } = figures
  if (values.json) console.log(JSON.stringify(figures))
  else {
    const { programs: count, notes, replies, failures, deaths } = counts
    console.log(
      `${count} programs, ${notes} notes: ${replies} replies, ${failures} failed asks, ${deaths} deaths told; ` +
        (difference === undefined ? 'the same on threads, in simulation and locally' : 'a difference:'),
    )
    if (difference !== undefined) console.log([...difference.what, JSON.stringify(difference.program)].join('\n'))
  }
  process.exitCode = difference === undefined ? 0 : 1
}
