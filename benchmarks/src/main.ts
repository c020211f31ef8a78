/**
 * `pnpm bench [suite ...] [--quick]`: the benchmark suites, all of them unless some are named. Each prints what was
 * completed a second beside a peer or a limit of the same run.
 */
import { parseArgs } from 'node:util'
import { channelSuite } from './channel.ts'
import { checkerSuite } from './checker.ts'
import { growthSuite } from './growth.ts'
import { kernelSuite, type SuiteOptions } from './kernel.ts'
import { observationSuite } from './observation.ts'
import { simulationSuite } from './simulation.ts'
import { threadsSuite } from './threads.ts'

const suites: Readonly<Record<string, (options: SuiteOptions) => Promise<unknown>>> = {
  kernel: kernelSuite,
  channel: channelSuite,
  threads: threadsSuite,
  observation: observationSuite,
  checker: checkerSuite,
  growth: growthSuite,
  simulation: simulationSuite,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !Object.hasOwn(suites, name))
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  await suites[name]?.({ quick: values.quick })
}
