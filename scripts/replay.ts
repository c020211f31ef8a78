/**
 * Runs a saved run again:
 *
 *     pnpm replay FILE [--until STEP] [--inspect] [--prefix STEP --seed SEED] [--shrink]
 *
 * `--until` ends after a step and shows the last events and the actors' states. `--inspect` waits for a debugger and stops in
 * it after that step, or one step before the failure. `--prefix` goes on after a step with the choices of another seed.
 * `--shrink` makes the run smaller and writes it beside the file. Exits with 0 when the run was as saved, with 1 when not.
 */
import inspector from 'node:inspector'
import { inspect, parseArgs } from 'node:util'
import {
  describePlan,
  formatShrinking,
  formatTraceEvent,
  loadScenario,
  readSavedRun,
  replay,
  type SimulatedWorld,
  shrink,
  writeSavedRun,
} from '../packages/simulation/src/index.ts'

const usage = 'usage: pnpm replay FILE [--until STEP] [--inspect] [--prefix STEP --seed SEED] [--shrink]'
/** Events shown before the step. */
const eventsShown = 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    until: { type: 'string' },
    inspect: { type: 'boolean', default: false },
    prefix: { type: 'string' },
    seed: { type: 'string', default: '1' },
    shrink: { type: 'boolean', default: false },
  },
})

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const [path] = positionals
  if (path === undefined) throw new Error(usage)
  const saved = await readSavedRun(path)
  const scenario = await loadScenario(saved.program)
  if (values.shrink) {
    const smaller = await shrink(saved, scenario)
    const smallerPath = path.replace(/(\.json)?$/, '.shrunk.json')
    await writeSavedRun(smallerPath, smaller.saved)
    console.log(`${formatShrinking(smaller)}\n${smallerPath}`)
    return
  }
  const until = stepOf('until')
  const prefix = stepOf('prefix')
  const step = until ?? (values.inspect ? saved.failure.step - 1 : undefined)
  if (values.inspect) inspector.open(undefined, undefined, true)
  const call = (world: SimulatedWorld) => {
    showStates(world)
    // biome-ignore lint/suspicious/noDebugger: what --inspect is for.
    if (values.inspect) debugger
    return until === undefined ? ('go on' as const) : ('stop' as const)
  }
  const again = await replay(saved, scenario, {
    trace: true,
    ...(step === undefined ? {} : { atStep: { step, call } }),
    ...(prefix === undefined ? {} : { branch: { afterStep: prefix, seed: wholeOf('seed', values.seed) } }),
  })
  for (const warning of again.warnings) console.warn(`warning: ${warning}`)
  if (again.failure === undefined) {
    for (const event of again.trace?.slice(-eventsShown) ?? []) console.log(formatTraceEvent(event))
    console.log(`${again.outcome} after step ${again.step}, at ${again.virtualMs.toFixed(3)} ms`)
  } else {
    console.log(again.failure.message)
    console.log(['what went wrong:', ...describePlan(again.record.plan).map((line) => `  ${line}`)].join('\n'))
  }
}

/** The actors' states, as the program sees them. */
function showStates(world: SimulatedWorld): void {
  for (const { node, path, state } of world.view.cells())
    console.log(`${node} ${path}: ${inspect(state, { depth: 4 })}`)
}

function stepOf(name: 'until' | 'prefix'): number | undefined {
  const text = values[name]
  return text === undefined ? undefined : wholeOf(name, text)
}

function wholeOf(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, got ${text}\n${usage}`)
  return Number(text)
}
