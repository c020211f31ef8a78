/** `troupe mutate PROTOCOL`: which of the mistakes that could have been made in a protocol its properties notice. */
import { availableParallelism } from 'node:os'
import { adviceFor } from '@troupe/core/host'
import { type Scenario, scenarios, seedsOf } from '@troupe/scenarios'
import { ScenarioThreads } from '@troupe/scenarios/parallel'
import {
  type MutantResult,
  type MutationOperator,
  type MutationProgress,
  type MutationReport,
  mutate,
  mutationOperators,
} from '@troupe/simulation/mutation'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { namesOf, shareNumber, wholeNumber } from '../flags.ts'
import { Progress } from '../progress.ts'
import { counted, printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

interface MutateFlags {
  readonly seeds?: readonly number[]
  readonly nodes?: number
  readonly operators?: readonly MutationOperator[]
  readonly mutant?: readonly string[]
  readonly record?: string
  readonly rate?: number
  readonly threads: number
  readonly json?: true
}

/** The kill rate below which the command fails; that of mutants which were chosen by name says nothing. */
const rateDefault = 0.9

/** Adds the command. */
export function addMutateCommand(troupe: Command, context: CommandContext): void {
  troupe
    .command('mutate')
    .summary('which mistakes in a protocol its properties notice')
    .description(
      'Derives mutants from the definitions of a protocol, by watching it run, and runs each under the seeds and the plan of its clean twin until something tells the two apart.',
    )
    .argument('[protocol]', 'its name; without one, the protocols are listed')
    .option('--seeds <seeds>', 'N for 1 to N, or A..B (default: 200)', seedsOf)
    .option('--nodes <number>', "nodes of the cluster (default: the scenario's)", wholeNumber('--nodes', 1))
    .option(
      '--operators <kinds>',
      `some of ${mutationOperators.join(',')} (default: all)`,
      namesOf<MutationOperator>('--operators', mutationOperators),
    )
    .option('--mutant <name>', 'only the mutant of this name; can be given more than once', collected)
    .option('--record <file>', 'keep what is known in a file, and go on where the run that wrote it was stopped')
    .option('--rate <share>', 'fail below this kill rate (default: 0.9, with --mutant none)', shareNumber('--rate'))
    .option(
      '--threads <number>',
      'judge mutants on so many threads (default: one for each core)',
      wholeNumber('--threads', 1, 1_024),
      availableParallelism(),
    )
    .option('--json', 'print one object a line')
    .action(
      context.action((name: string | undefined, flags: MutateFlags) =>
        name === undefined ? listProtocols(context, flags) : mutateNamed(context, name, flags),
      ),
    )
}

function collected(name: string, names: readonly string[] = []): readonly string[] {
  return [...names, name]
}

function listProtocols(terminal: Terminal, { json }: MutateFlags): boolean {
  for (const { name, what } of protocols()) {
    if (json) printJson(terminal, { protocol: name, what })
    else printLine(terminal, `${name}: ${what}`)
  }
  return true
}

function protocols(): Scenario[] {
  return [...scenarios.values()].filter(({ mutation }) => mutation !== undefined)
}

/** Throws a {@link UsageError} that lists those which can be mutated. */
function mutationNamed(name: string): NonNullable<Scenario['mutation']> {
  const scenario = scenarios.get(name)
  if (scenario?.mutation !== undefined) return scenario.mutation
  const known = protocols().map((protocol) => protocol.name)
  if (scenario !== undefined) {
    const problem = `scenario ${name} is no subject of a mutation run; there are ${known.join(', ')}`
    throw new UsageError(problem, { name })
  }
  const { nearest, advice } = adviceFor(name, known)
  throw new UsageError(`there is no protocol '${name}'; ${advice}`, { name, nearest })
}

async function mutateNamed(terminal: Terminal, name: string, flags: MutateFlags): Promise<boolean> {
  const { seeds = seedsOf('200'), nodes, operators, mutant, record, threads, json } = flags
  const { rate = mutant === undefined ? rateDefault : 0 } = flags
  const mutation = mutationNamed(name)
  const options = nodes === undefined ? {} : { nodes }
  const { subject, definitions, survivors } = mutation(options)
  const progress = new MutationRunProgress(terminal, name, seeds.length)
  const started = performance.now()
  await using pool = threads === 1 ? undefined : await ScenarioThreads.start(threads)
  const report = await mutate(subject, {
    seeds,
    definitions,
    explanations: survivors,
    ...(operators === undefined ? {} : { operators }),
    ...(mutant === undefined ? {} : { mutants: mutant }),
    ...(record === undefined ? {} : { record }),
    ...(pool && {
      judge: async (given, mutants) => {
        const result = await pool.judgeMutant({ scenario: name, options, mutant: given })
        progress.judged(mutants)
        return result
      },
    }),
    onRun: (run) => progress.run(run),
    onMutant: (result) => {
      if (pool === undefined) progress.judgedHere()
      progress.end()
      if (json) printMutantRow(terminal, name, result)
      else printMutant(terminal, result)
    },
  })
  progress.end()
  const seconds = secondsSince(started)
  if (json) printReportRow(terminal, name, report, seconds)
  else printReport(terminal, name, report, seconds)
  const unexplained = report.results.some(({ verdict, ...result }) => {
    return verdict === 'survived' && (result as { readonly explanation?: string }).explanation === undefined
  })
  // Where nothing counts there is no rate.
  const isEnough = report.killed + report.survived === 0 || report.rate >= rate
  return isClean(report) && isEnough && !unexplained
}

function isClean({ cleanFailures, cleanViolation }: MutationReport): boolean {
  return cleanFailures.length === 0 && cleanViolation === undefined
}

/** The seeds of the clean twin, then the mutants. */
class MutationRunProgress {
  readonly #terminal: Terminal
  readonly #name: string
  readonly #clean: Progress
  #mutants: Progress | undefined

  constructor(terminal: Terminal, name: string, seeds: number) {
    this.#terminal = terminal
    this.#name = name
    this.#clean = new Progress(terminal, `${name}, the clean twin`, seeds)
  }

  /** A run is over. */
  run({ mutant, mutants, seed }: MutationProgress): void {
    if (mutant === undefined) this.#clean.step()
    else this.#mutantsOf(mutants).during(`, ${mutant}, seed ${seed}`)
  }

  /** The mutant that ran is judged. */
  judgedHere(): void {
    this.#mutants?.step()
  }

  /** A mutant is judged on another thread, of so many. */
  judged(mutants: number): void {
    this.#mutantsOf(mutants).step()
  }

  #mutantsOf(mutants: number): Progress {
    this.#mutants ??= new Progress(this.#terminal, this.#name, mutants, 'mutant')
    return this.#mutants
  }

  end(): void {
    this.#clean.end()
  }
}

function printMutantRow(terminal: Terminal, protocol: string, result: MutantResult): void {
  const { name, mutation, tried, verdict } = result
  printJson(terminal, {
    protocol,
    mutant: name,
    operator: mutation.operator,
    verdict,
    seeds: tried,
    by: verdict === 'killed' ? result.by : undefined,
    what: reasonOf(result),
    seed: verdict === 'killed' ? result.seed : undefined,
  })
}

function printMutant(terminal: Terminal, result: MutantResult): void {
  printLine(terminal, `${result.verdict.padEnd(10)} ${result.name}`)
  printLine(terminal, `${' '.repeat(11)}${foundBy(result)}${reasonOf(result) ?? 'not explained'}`)
}

function foundBy(result: MutantResult): string {
  if (result.verdict !== 'killed') return ''
  if (result.by === 'simulation') return `seed ${result.seed}, after ${result.tried}: `
  return result.by === 'claim' ? `never in ${counted(result.tried, 'seed')}: ` : 'in the checker: '
}

/** What killed it, why it is no mistake, or why it survives. */
function reasonOf(result: MutantResult): string | undefined {
  if (result.verdict === 'killed') return result.what
  return result.verdict === 'equivalent' ? result.because : result.explanation
}

function printReportRow(terminal: Terminal, protocol: string, report: MutationReport, seconds: number): void {
  const { seeds, results, killed, survived, equivalent, rate, cleanFailures, cleanViolation } = report
  const mutants = results.length
  const failures = cleanFailures.map(({ seed }) => seed)
  const figures = { seeds, mutants, killed, survived, equivalent, rate, seconds }
  printJson(terminal, { protocol, ...figures, cleanFailures: failures, cleanViolation })
}

function printReport(terminal: Terminal, protocol: string, report: MutationReport, seconds: number): void {
  const { seeds, results, killed, survived, equivalent, rate, cleanFailures, cleanViolation } = report
  for (const { seed, what, message } of cleanFailures.slice(0, 1)) {
    printLine(
      terminal,
      `the clean twin failed under ${cleanFailures.length} of ${counted(seeds, 'seed')}; seed ${seed}: ${what}`,
    )
    printLine(terminal, message)
  }
  if (cleanViolation !== undefined) printLine(terminal, `the clean twin violates ${cleanViolation} in the checker`)
  if (!isClean(report)) return
  const counts = `${killed} killed, ${survived} survived, ${equivalent} no mistakes`
  printLine(terminal, `\n${protocol}: ${counted(results.length, 'mutant')} under ${counted(seeds, 'seed')}, ${counts}`)
  printLine(terminal, `kill rate ${(100 * rate).toFixed(1)} %, in ${seconds} s`)
}
