/**
 * The planted bugs, and how many seeds each schedule needs to find them; the median and the 95th percentile:
 *
 *     pnpm planted-bugs [--strategy random|pct|pos|delay] [--bug NAME] [--seeds N|A..B] [--json]
 *
 * Without `--strategy` and `--bug`, all of them; 200 seeds by default. With `--json` one object a line. Exits with 1 when
 * a bug was not found by a schedule.
 */
import { parseArgs } from 'node:util'
import { seedsOf } from '@troupe/scenarios'
import { bugNames, figuresOf, heading, printRow, strategies } from './strategy-comparison.ts'

const { values } = parseArgs({
  options: {
    strategy: { type: 'string', multiple: true, default: [...strategies] },
    bug: { type: 'string', multiple: true, default: [...bugNames] },
    seeds: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
})
const chosen = <Name extends string>(option: string, names: readonly string[], known: readonly Name[]): Name[] => {
  for (const name of names) {
    if (!known.includes(name as Name))
      throw new RangeError(`--${option} must be one of ${known.join(', ')}, got ${name}`)
  }
  return names as Name[]
}
const seeds = seedsOf(values.seeds)
const compared = chosen('strategy', values.strategy, strategies)

process.exitCode = 0
if (!values.json) console.log(heading)
for (const bug of chosen('bug', values.bug, bugNames)) {
  for (const strategy of compared) {
    const figures = await figuresOf(bug, strategy, seeds)
    console.log(values.json ? JSON.stringify(figures) : printRow(figures))
    if (figures.found === 0) process.exitCode = 1
  }
}
