/** `troupe check PROGRAM`: every state that a program can reach, and whether its properties hold there. */
import {
  type CheckOptions,
  check,
  formatCounterexample,
  type NetworkKind,
  networkKinds,
  type SearchResult,
  type Verdict,
} from '@troupe/checker'
import { checkParallel } from '@troupe/checker/parallel'
import type { Program, ProgramCost, ProgramOptions } from '@troupe/checker/programs'
import { checkedProgramOptions, checkedPrograms } from '@troupe/scenarios'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { parameterTexts, secondsNumber, wholeNumber } from '../flags.ts'
import { SearchProgressLine } from '../search-progress.ts'
import { printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'

/** Flags that the checker takes as they are. */
const searchFlags = [
  'lastDelivered',
  'lossy',
  'crashes',
  'crashSteps',
  'spawnsMax',
  'symmetry',
  'reduction',
  'fair',
  'statesMax',
  'depthMax',
  'secondsMax',
  'stopAtViolation',
] as const satisfies (keyof ProgramOptions)[]

interface CheckFlags extends Pick<ProgramOptions, (typeof searchFlags)[number]> {
  readonly network?: NetworkKind
  readonly threads: number
  readonly states?: true
  readonly json?: true
  /** A parameter of the program. */
  readonly [parameter: string]: unknown
}

/** Adds the command. */
export function addCheckCommand(troupe: Command, context: CommandContext): void {
  const command = troupe
    .command('check')
    .summary('explore every state of a program')
    .description(
      'Explores every state that a program can reach, and checks its properties in each. How many there are depends on the ' +
        'parameters; without a program, what larger ones cost is listed too.',
    )
    .argument('[program]', 'its name; without one, the programs and their parameters are listed')
  for (const [parameter, what] of parametersOfAll()) {
    const flag = flagOf(parameter)
    command.option(`${flag} <number>`, what, wholeNumber(flag, 0))
  }
  command
    .addOption(
      new Option(
        '--network <kind>',
        'in which order messages arrive, and whether more than once; of programs of actors',
      ).choices(networkKinds),
    )
    .option('--last-delivered', 'the message delivered last is part of the state of a duplicating network')
    .option('--lossy', 'also explore the loss of each message')
    .option('--crashes <number>', 'also explore so many crashes of nodes on one run', wholeNumber('--crashes', 0))
    .addOption(
      new Option(
        '--crash-steps <kind>',
        'how crashes are explored: all their steps, or the fewest that get actors into the same states',
      ).choices(['all', 'fewest']),
    )
    .option(
      '--spawns-max <number>',
      "children that there may be in all runs together (default: the program's)",
      wholeNumber('--spawns-max', 0),
    )
    .addOption(
      new Option('--fair <kind>', 'which runs count for what is to become true: all, or weakly fair ones').choices([
        'none',
        'weak',
      ]),
    )
    .option('--symmetry', "count states that differ only in which of the program's symmetric ids is which as one")
    .addOption(
      new Option(
        '--reduction <kind>',
        'leave out orders of steps that make no difference to any verdict; of programs of actors',
      ).choices(['none', 'persistent-sets']),
    )
    .option('--threads <number>', 'search on so many threads', wholeNumber('--threads', 1, 64), 1)
    .option(
      '--states-max <number>',
      'give up at so many states (default: 1000000); the list says which programs have more',
      wholeNumber('--states-max', 1),
    )
    .option('--depth-max <number>', 'go no deeper; an initial state has depth 1', wholeNumber('--depth-max', 1))
    .option('--seconds-max <number>', 'give up after so many seconds', secondsNumber('--seconds-max'))
    .option('--stop-at-violation', 'stop at the first violation; otherwise every state is seen all the same')
    .option('--states', 'show the states on the way to a violation whole, and not only what each step changed')
    .option('--json', 'print one object a line')
    .action(
      context.action((name: string | undefined, flags: CheckFlags) =>
        name === undefined ? listPrograms(context, flags) : checkNamed(context, name, flags),
      ),
    )
}

/** All parameters, each with what it is and the programs that have it. */
function parametersOfAll(): ReadonlyMap<string, string> {
  return parameterTexts(checkedPrograms.values())
}

/** A parameter as it is called on the command line. */
function flagOf(parameter: string): string {
  return `--${parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function listPrograms(terminal: Terminal, { json }: CheckFlags): boolean {
  for (const { name, what, parameters, network, costs = [] } of checkedPrograms.values()) {
    if (json) {
      printJson(terminal, { program: name, what, network, parameters, costs })
      continue
    }
    printLine(terminal, `${name}: ${what}; ${network === undefined ? 'a model' : `actors, ${network}`}`)
    for (const [parameter, { what: meaning, default: usual, min, max }] of Object.entries(parameters)) {
      printLine(terminal, `  ${flagOf(parameter)} N   ${meaning}, ${min} to ${max}, default ${usual}`)
    }
    for (const cost of costs) printLine(terminal, `  ${costText(cost)}`)
  }
  return true
}

function costText({ given, distinct, seconds, gigabytes }: ProgramCost): string {
  const flags = Object.entries(given).map(([name, value]) => `${flagOf(name)} ${value}`)
  const size = flags.length === 0 ? 'the defaults' : flags.join(' ')
  const more = distinct > 1_000_000 ? '; raise --states-max' : ''
  return `${size}: ${distinct} distinct states, in about ${seconds} s and ${gigabytes} GB${more}`
}

async function checkNamed(terminal: Terminal, name: string, flags: CheckFlags): Promise<boolean> {
  const { threads } = flags
  const options = optionsOf(flags)
  // Throws for what the program does not take, before anything is printed or started.
  const checked = checkedProgramOptions(name, options)
  const started = performance.now()
  const line = new SearchProgressLine(terminal, name)
  const progress = line.show
  const searched =
    threads === 1
      ? async () => check({ ...checked, progress } as CheckOptions<any>)
      : () =>
          checkParallel(
            {
              module: import.meta.resolve('@troupe/scenarios'),
              name: 'checkedProgramOptions',
              arguments: [name, options],
            },
            { threads, progress },
          )
  const result: SearchResult<any> = await searched().finally(() => line.end())
  const elapsed = secondsSince(started)
  const parameters = parametersOf(checkedPrograms.get(name) as Program, flags)
  const print = flags.json ? printResult : explainResult
  print(terminal, { program: name, parameters, result, seconds: elapsed, states: flags.states ?? false })
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
    ...given(flags, ['network', ...searchFlags]),
    parameters: given(flags, [...parametersOfAll().keys()]) as Record<string, number>,
  }
}

/** What decided the result: the program's numbers, defaults included, and the flags that were given. */
function parametersOf({ parameters, network }: Program, flags: CheckFlags): Record<string, unknown> {
  const defaults = Object.entries(parameters).map(([parameter, { default: usual }]) => [parameter, usual])
  return {
    ...Object.fromEntries(defaults),
    ...given(flags, Object.keys(parameters)),
    ...(network === undefined ? {} : { network: flags.network ?? network }),
    ...given(flags, searchFlags),
    ...(flags.threads === 1 ? {} : { threads: flags.threads }),
  }
}

/** Those of `flags` that were given. */
function given(flags: CheckFlags, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]))
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
  /** Whether states are shown whole. */
  readonly states: boolean
}

function printResult(terminal: Terminal, { program, parameters, result, seconds }: CheckedProgram): void {
  const { distinct, generated, depth, complete, cut, counterexamples } = result
  const properties = Object.fromEntries(propertiesOf(result).map(({ property, verdict }) => [property, verdict]))
  const violations = counterexamples.map(({ kind, property, steps }) => ({ kind, property, steps: steps.length }))
  const counts = { distinct, generated, depth }
  printJson(terminal, { program, parameters, ...counts, properties, seconds, complete, cut, violations })
}

/** Why a search ended early, and what to do about it. */
const endings: Readonly<Record<NonNullable<SearchResult<any>['cut']>, string>> = {
  statesMax: 'there are more than --states-max; raise it as far as memory allows, or give smaller parameters',
  depthMax: 'there are some below --depth-max; raise it, or leave it out',
  secondsMax: '--seconds-max are over; raise it, or give smaller parameters or more --threads',
  violation: 'the search was to end at a violation; leave out --stop-at-violation for the others',
}

function explainResult(terminal: Terminal, { program, parameters, result, seconds, states }: CheckedProgram): void {
  const { distinct, generated, depth, cut, counterexamples } = result
  const shown = Object.entries(parameters).map(([name, value]) => (value === true ? name : `${name} ${value}`))
  printLine(terminal, [program, ...shown].join(', '))
  printLine(terminal, `${distinct} distinct states, ${generated} generated, depth ${depth}, in ${seconds} s`)
  printLine(terminal, cut === undefined ? 'every state was seen' : `not every state was seen: ${endings[cut]}`)
  for (const { kind, property, verdict } of propertiesOf(result)) {
    printLine(terminal, `${verdict.padEnd(8)}${kind}: ${property}`)
  }
  for (const counterexample of counterexamples)
    printLine(terminal, `\n${formatCounterexample(counterexample, { states })}`)
}
