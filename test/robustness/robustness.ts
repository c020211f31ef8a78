/**
 * What a system has to endure, each at full length:
 *
 *     node test/robustness/robustness.ts [names] [--short] [--json]
 *
 * Without names, all of them; `--help` lists them. The exit code is 0 only if nothing was found.
 */
import { parseArgs } from 'node:util'
import { type ScenarioFigures, scenarios } from './scenarios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  for (const [name, { what, count }] of Object.entries(scenarios)) console.log(`${name.padEnd(16)}${what}, ${count}`)
} else {
  const all: Record<string, ScenarioFigures> = {}
  for (const name of positionals.length === 0 ? Object.keys(scenarios) : positionals) {
    const scenario = scenarios[name]
    if (scenario === undefined) {
      throw new RangeError(`there is no scenario ${name}; there are ${Object.keys(scenarios).join(', ')}`)
    }
    const figures = await scenario.run(values.short ? scenario.countShort : scenario.count)
    all[name] = figures
    if (!values.json) print(name, figures)
    if (figures.findings.length > 0) process.exitCode = 1
  }
  if (values.json) console.log(JSON.stringify(all))
}

function print(name: string, { did, seconds, measured, findings }: ScenarioFigures): void {
  console.log(`${name}: ${did}, in ${seconds} s, ${findings.length} findings`)
  for (const line of [...measured, ...findings]) console.log(`  ${line}`)
}
