/** Parts three and four: the same Paxos in a simulated cluster under many seeds; and a bug that these seeds find. */
import { figuresOf, findBug, type PaxosRun, runPaxos } from '@troupe/scenarios'
import { say, sayHeading } from './say.ts'

const seeds = 250
const bugSeeds = 200

/** Runs the same actors under many seeds with all faults, and prints what was injected and what was checked. */
export async function simulateSeeds(): Promise<void> {
  sayHeading(`3. Simulation: the same actors on five simulated machines, ${seeds} seeds, everything going wrong`)
  const started = performance.now()
  const runs: PaxosRun[] = []
  for (let seed = 1; seed <= seeds; seed++) runs.push(await runPaxos(seed))
  const seconds = (performance.now() - started) / 1_000
  const { decided, competing, checks, events, fired, failures } = figuresOf(runs)
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  say(`${events.toLocaleString('en-US')} events in ${seconds.toFixed(1)} s`)
  say('injected, and in how many of the seeds:')
  const kinds = Object.entries(fired).map(([kind, share]) => `${kind} ${percent(share)}`.padEnd(21))
  for (let from = 0; from < kinds.length; from += 4)
    say(
      `  ${kinds
        .slice(from, from + 4)
        .join('')
        .trimEnd()}`,
    )
  say(`decided in ${percent(decided)} of the seeds, with competing proposers in ${percent(competing)}`)
  say(`checked after every step: promises never fall, one value per ballot, at most one value chosen, learned only`)
  say(
    `if chosen, chosen only if proposed: ${checks.toLocaleString('en-US')} facts held against them, ${failures.length} broken`,
  )
  for (const { seed, what } of failures) say(`seed ${seed} FAILED: ${what}`)
  if (failures.length > 0) throw new Error('an invariant was broken')
}

/** Plants a bug under the same faults, and prints the seed that finds it. */
export async function findPlantedBug(): Promise<void> {
  sayHeading('4. A planted bug: an acceptor that forgets its promise when its machine restarts, under the same faults')
  const { tried, first, replayed } = await findBug('forgotten-promise', {
    seeds: Array.from({ length: bugSeeds }, (_, index) => index + 1),
  })
  if (first === undefined) throw new Error(`the planted bug was not found in ${bugSeeds} seeds`)
  const violation = first.message.split('\n').find((line) => line.includes(first.what)) ?? first.what
  say(`found by seed ${first.seed}, after ${tried} seed${tried === 1 ? '' : 's'}: ${violation.trim()}`)
  if (!replayed) throw new Error(`seed ${first.seed} did not fail in the same way when it was run again`)
  say(`seed ${first.seed} run again: the same failure at the same step ${first.step}, with the same hash ${first.hash}`)
  say(`replay it: npx -y pnpm@12 campaign --bug forgotten-promise --seeds ${first.seed}..${first.seed}`)
}
