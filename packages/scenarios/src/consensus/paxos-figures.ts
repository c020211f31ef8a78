/** The figures of a campaign: what its runs came to, together. */
import { allFaults, type FaultKind } from '@troupe/simulation'
import type { PaxosRun } from './paxos-scenario.ts'

/** What a campaign is judged by. Shares are of the seeds, from 0 to 1. */
export interface PaxosFigures {
  readonly seeds: number
  /** Runs in which every client and every learner heard one decision. */
  readonly decided: number
  /** Runs in which a value was chosen while faults still went on. */
  readonly chosenUnderFaults: number
  /** Runs in which ballots of two proposers were drawn before a value was chosen. */
  readonly competing: number
  readonly ballots: number
  /** Facts that were held against the invariants. */
  readonly checks: number
  readonly events: number
  /** In what share of the runs that did not fail each kind of fault was injected. */
  readonly fired: Readonly<Record<FaultKind, number>>
  readonly failures: readonly { readonly seed: number; readonly what: string }[]
}

/** The figures of these runs. */
export function figuresOf(runs: readonly PaxosRun[]): PaxosFigures {
  const share = (holds: (run: PaxosRun) => boolean) => runs.filter(holds).length / Math.max(1, runs.length)
  const sum = (count: (run: PaxosRun) => number) => runs.reduce((total, run) => total + count(run), 0)
  const fired = {} as Record<FaultKind, number>
  for (const kind of Object.keys(allFaults) as FaultKind[])
    fired[kind] = share(({ injected }) => (injected?.[kind] ?? 0) > 0)
  return {
    seeds: runs.length,
    decided: share(({ decision }) => decision !== undefined),
    chosenUnderFaults: share((run) => run.chosenUnderFaults),
    competing: share((run) => run.competing),
    ballots: sum(({ ballots }) => ballots),
    checks: sum(({ checks }) => checks),
    events: sum(({ events }) => events),
    fired,
    failures: runs.flatMap(({ seed, failure }) => (failure === undefined ? [] : [{ seed, what: failure.what }])),
  }
}

/** What a campaign of the shipped roles falls short of, in sentences; empty when it passes. */
export function shortcomings(figures: PaxosFigures): string[] {
  const { decided, competing, fired, failures } = figures
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`
  return [
    ...failures.map(({ seed, what }) => `seed ${seed} failed: ${what}`),
    ...(decided >= 0.9 ? [] : [`only ${percent(decided)} of the seeds decided, not 90 %`]),
    ...(competing >= 0.5 ? [] : [`only ${percent(competing)} of the seeds had competing ballots, not half`]),
    ...Object.entries(fired)
      .filter(([, part]) => part < 0.1)
      .map(([kind, part]) => `${kind} fired in ${percent(part)} of the seeds, not in a tenth`),
  ]
}

/** The figures as lines of text. */
export function printFigures(figures: PaxosFigures): string {
  const percent = (part: number) => `${(100 * part).toFixed(1).padStart(5)} %`
  return [
    `seeds                          ${figures.seeds}`,
    `decided, heard by all         ${percent(figures.decided)}`,
    `chosen while faults went on   ${percent(figures.chosenUnderFaults)}`,
    `competing ballots             ${percent(figures.competing)}`,
    `ballots                        ${figures.ballots}`,
    `invariant checks               ${figures.checks}`,
    `events                         ${figures.events}`,
    'fault injected in',
    ...Object.entries(figures.fired).map(([kind, part]) => `  ${kind.padEnd(27)} ${percent(part)}`),
    `failures                       ${figures.failures.length}`,
    ...figures.failures.slice(0, 20).map(({ seed, what }) => `  seed ${seed}: ${what}`),
  ].join('\n')
}
