/** `troupe check PROGRAM`: every state that a program can reach, and whether its properties hold there. */
import {
  type CheckOptions,
  check,
  formatCounterexample,
  type NetworkKind,
  type SearchResult,
  type Verdict,
} from '@troupe/checker'
import { checkParallel } from '@troupe/checker/parallel'
import { type Program, type ProgramOptions, programOptions, programs } from '@troupe/checker/programs'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { secondsNumber, wholeNumber } from '../flags.ts'
import { printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'

/** The networks as they are called on the command line. */
const networks: Readonly<Record<string, NetworkKind>> = {
  unordered: 'non-duplicating',
  duplicating: 'duplicating',
  ordered: 'ordered',
}

/** Flags that the checker takes as they are. */
const searchFlags = [
  'lastDelivered',
  'lossy',
  'crashes',
  'symmetry',
  'reduction',
  'statesMax',
  'depthMax',
  'secondsMax',
  'stopAtViolation',
] as const satisfies (keyof ProgramOptions)[]

interface CheckFlags extends Pick<ProgramOptions, (typeof searchFlags)[number]> {
  readonly network?: string
  readonly threads: number
  readonly json?: true
  /** A parameter of the program. */
  readonly [parameter: string]: unknown
}

/** Adds the command. */
export function addCheckCommand(troupe: Command, context: CommandContext): void {
  const command = troupe
    .command('check')
    .summary('explore every state of a program')
    .description('Explores every state that a program can reach, and checks its properties in each.')
    .argument('[program]', 'its name; without one, the programs and their parameters are listed')
  for (const [parameter, programNames] of parametersOfAll()) {
    command.option(`--${parameter} <number>`, `of ${programNames.join(', ')}`, wholeNumber(`--${parameter}`, 0))
  }
  command
    .addOption(
      new Option(
        '--network <kind>',
        'in which order messages arrive, and whether more than once; of programs of actors',
      ).choices(Object.keys(networks)),
    )
    .option('--last-delivered', 'the message delivered last is part of the state of a duplicating network')
    .option('--lossy', 'also explore the loss of each message')
    .option('--crashes <number>', 'also explore so many crashes of nodes on one run', wholeNumber('--crashes', 0))
    .option('--symmetry', "count states that differ only in which of the program's symmetric ids is which as one")
    .addOption(
      new Option(
        '--reduction <kind>',
        'leave out orders of steps that make no difference to any verdict; of programs of actors',
      ).choices(['none', 'persistent-sets']),
    )
    .option('--threads <number>', 'search on so many threads', wholeNumber('--threads', 1, 64), 1)
    .option('--states-max <number>', 'give up at so many states (default: 1000000)', wholeNumber('--states-max', 1))
    .option('--depth-max <number>', 'go no deeper; an initial state has depth 1', wholeNumber('--depth-max', 1))
    .option('--seconds-max <number>', 'give up after so many seconds', secondsNumber('--seconds-max'))
    .option('--stop-at-violation', 'stop at the first violation; otherwise every state is seen all the same')
    .option('--json', 'print one object a line')
    .action(
      context.action((name: string | undefined, flags: CheckFlags) =>
        name === undefined ? listPrograms(context, flags) : checkNamed(context, name, flags),
      ),
    )
}

/** All parameters, each with the programs that have it. */
function parametersOfAll(): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const { name, parameters } of programs.values()) {
    for (const parameter of Object.keys(parameters)) all.set(parameter, [...(all.get(parameter) ?? []), name])
  }
  return all
}

function listPrograms(terminal: Terminal, { json }: CheckFlags): boolean {
  for (const { name, what, parameters, network } of programs.values()) {
    if (json) {
      printJson(terminal, { program: name, what, network: network && networkName(network), parameters })
      continue
    }
    printLine(terminal, `${name}: ${what}; ${network === undefined ? 'a model' : `actors, ${networkName(network)}`}`)
    for (const [parameter, { what: meaning, default: usual, min, max }] of Object.entries(parameters)) {
      printLine(terminal, `  --${parameter} N   ${meaning}, ${min} to ${max}, default ${usual}`)
    }
  }
  return true
}

async function checkNamed(terminal: Terminal, name: string, flags: CheckFlags): Promise<boolean> {
  const { threads } = flags
  const options = optionsOf(flags)
  // Throws for what the program does not take, before anything is printed or started.
  const checked = programOptions(name, options)
  const started = performance.now()
  const result: SearchResult<any> =
    threads === 1
      ? check(checked as CheckOptions<any>)
      : await checkParallel(
          {
            module: import.meta.resolve('@troupe/checker/programs'),
            name: 'programOptions',
            arguments: [name, options],
          },
          { threads },
        )
  const elapsed = secondsSince(started)
  const parameters = parametersOf(programs.get(name) as Program, flags)
  const print = flags.json ? printResult : explainResult
  print(terminal, { program: name, parameters, result, seconds: elapsed })
  return (
    result.complete &&
    result.counterexample === undefined &&
    propertiesOf(result).every(({ verdict }) => verdict === 'holds')
  )
}

/** What the checker is told. Every state is seen unless `--stop-at-violation`, so that the figures are the program's own. */
function optionsOf(flags: CheckFlags): ProgramOptions {
  return {
    stopAtViolation: false,
    ...given(flags, searchFlags),
    ...(flags.network === undefined ? {} : { network: networks[flags.network] as NetworkKind }),
    parameters: given(flags, [...parametersOfAll().keys()]) as Record<string, number>,
  }
}

/** What decided the result: the program's numbers, defaults included, and the flags that were given. */
function parametersOf({ parameters, network }: Program, flags: CheckFlags): Record<string, unknown> {
  const defaults = Object.entries(parameters).map(([parameter, { default: usual }]) => [parameter, usual])
  return {
    ...Object.fromEntries(defaults),
    ...given(flags, Object.keys(parameters)),
    ...(network === undefined ? {} : { network: flags.network ?? networkName(network) }),
    ...given(flags, searchFlags),
    ...(flags.threads === 1 ? {} : { threads: flags.threads }),
  }
}

/** Those of `flags` that were given. */
function given(flags: CheckFlags, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]))
}

function networkName(network: NetworkKind): string {
  return Object.keys(networks).find((name) => networks[name] === network) as string
}

/** Every property with its kind and its verdict. */
function propertiesOf({
  always,
  sometimes,
  eventually,
}: SearchResult<any>): { kind: string; property: string; verdict: Verdict }[] {
  return Object.entries({ always, sometimes, eventually }).flatMap(([kind, verdicts]) =>
    Object.entries(verdicts).map(([property, verdict]) => ({ kind, property, verdict })),
  )
}

/** What was checked, and what came of it. */
interface CheckedProgram {
  readonly program: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly result: SearchResult<any>
  readonly seconds: number
}

function printResult(terminal: Terminal, { program, parameters, result, seconds }: CheckedProgram): void {
  const { distinct, generated, depth, complete, cut, counterexamples } = result
  const properties = Object.fromEntries(propertiesOf(result).map(({ property, verdict }) => [property, verdict]))
  const violations = counterexamples.map(({ kind, property, steps }) => ({ kind, property, steps: steps.length }))
  const counts = { distinct, generated, depth }
  printJson(terminal, { program, parameters, ...counts, properties, seconds, complete, cut, violations })
}

function explainResult(terminal: Terminal, { program, parameters, result, seconds }: CheckedProgram): void {
  const { distinct, generated, depth, cut, counterexamples } = result
  const shown = Object.entries(parameters).map(([name, value]) => (value === true ? name : `${name} ${value}`))
  printLine(terminal, [program, ...shown].join(', '))
  printLine(terminal, `${distinct} distinct states, ${generated} generated, depth ${depth}, in ${seconds} s`)
  printLine(terminal, cut === undefined ? 'every state was seen' : `not every state was seen: cut by ${cut}`)
  for (const { kind, property, verdict } of propertiesOf(result)) {
    printLine(terminal, `${verdict.padEnd(8)}${kind}: ${property}`)
  }
  for (const counterexample of counterexamples) printLine(terminal, `\n${formatCounterexample(counterexample)}`)
}
