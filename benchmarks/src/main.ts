/**
 * `pnpm bench [suite ...] [--quick]`: the benchmark suites, all of them unless some are named. Each prints what was
 * completed a second beside a peer or a limit of the same run. `pnpm bench COMMAND ...` is one of the commands below, each
 * with options of its own.
 */
import { parseArgs } from 'node:util'
import { channelSuite } from './channel.ts'
import { checkerSuite } from './checker.ts'
import { growthSuite } from './growth.ts'
import { kernelSuite, type SuiteOptions } from './kernel.ts'
import { logRows, logSuite } from './log.ts'
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
  log: logSuite,
}

/** Each takes the arguments after its name and returns an exit code; loaded when it is asked for. */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  savina: async (args) => (await import('../savina/command.ts')).savinaCommand(args),
  compare: async (args) => (await import('./compare/command.ts')).compareCommand(args),
  profile: async (args) => (await import('./profile/command.ts')).profileCommand(args),
  growth: async (args) => (await import('./growth.ts')).growthCommand(args),
}

const usage = `usage: pnpm bench [suites] [--quick]
       pnpm bench log [--quick] [--only TEXT]     the rows whose name contains it
       pnpm bench COMMAND [options]     what a command takes: pnpm bench COMMAND --help

suites: ${Object.keys(suites).join(', ')}; all of them unless some are named
commands: ${Object.keys(commands).join(', ')} (the suite of that name, with options)`

/** Runs the suites that are named and returns an exit code. */
async function suitesCommand(args: readonly string[]): Promise<number> {
  const { values, positionals, problem } = parseSuites(args)
  if (problem !== undefined) {
    console.error(`${problem}\n\n${usage}`)
    return 2
  }
  if (values.help) {
    console.log(usage)
    return 0
  }
  for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
    await suites[name]?.({ quick: values.quick, only: values.only })
  }
  return 0
}

function parseSuites(args: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
    const unknown = parsed.positionals.filter((name) => !Object.hasOwn(suites, name))
    if (unknown.length > 0) return { ...parsed, problem: `there is no suite ${unknown.join(', ')}` }
    return { ...parsed, problem: onlyProblem(parsed.values.only, parsed.positionals) }
  } catch (error) {
    return {
      values: { quick: false, help: false, only: undefined },
      positionals: [],
      problem: (error as Error).message,
    }
  }
}

function onlyProblem(only: string | undefined, suitesNamed: readonly string[]): string | undefined {
  if (only === undefined) return undefined
  if (suitesNamed.join() !== 'log') return '--only is for the suite log alone'
  if (logRows.some((name) => name.includes(only))) return undefined
  return `no row of log contains '${only}'; its rows are:\n${logRows.map((name) => `  ${name}`).join('\n')}`
}

const [first = '', ...rest] = process.argv.slice(2)
const command = Object.hasOwn(commands, first) ? commands[first] : undefined
process.exitCode = command === undefined ? await suitesCommand(process.argv.slice(2)) : await command(rest)
