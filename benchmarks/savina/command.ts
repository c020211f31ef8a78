/**
 * `pnpm bench savina [names] [--threads N] [--json] [--save] [--quick] [--runs N] [--set PARAMETER=N] [--spread]`: the
 * programs of the Savina actor suite on 1 and N threads, each with its result verified.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Measurement, measureProgram } from './measure.ts'
import type { SavinaProgram, Size } from './program.ts'
import { programs } from './programs.ts'
import { type Gain, saveGains } from './results.ts'

/** Threads that a system may have. */
const threadsMax = 1_024

const usage = `usage: pnpm bench savina [names] [options]

  --threads N     measure on 1 and N threads (default: what the machine runs in parallel); a list as 1,2,4 measures those
  --runs N        measured runs of each program on each number of threads (default 5; 1 with --quick)
  --quick         small sizes, no warm-up: proves that all of it works and says nothing about speed
  --json          one object a line: peer, workload, threads, unit, median, min, max, runs; size, the program's
                  parameters; spread, quick; milliseconds, cpuMilliseconds, busiestMilliseconds
  --save          the gain of the parallel ones into docs/savina.md
  --set NAME=N    another value for a parameter of the named programs; may be repeated
  --spread        place on all threads also what is best kept on one
  --help          this text

programs, and their parameters:
${programs.map((program) => `  ${program.name.padEnd(33)}${sizeText(program.size)}`).join('\n')}`

/** What the user asked for cannot be done, in words for the user. */
class UsageError extends Error {}

interface Command {
  readonly selected: readonly SavinaProgram[]
  readonly threads: readonly number[]
  readonly runs: number
  readonly quick: boolean
  readonly json: boolean
  readonly save: boolean
  readonly spread: boolean
  readonly sizes: Size
}

/** Runs the command and returns its exit code: 1 when a program went wrong, 2 when the command line is. */
export async function savinaCommand(args: readonly string[]): Promise<number> {
  let command: Command | undefined
  try {
    command = parseCommand(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    return 2
  }
  if (command === undefined) {
    console.log(usage)
    return 0
  }
  let failed = 0
  const gains: Gain[] = []
  for (const [index, program] of command.selected.entries()) {
    const place = `[${index + 1}/${command.selected.length}] ${program.name}`
    try {
      const measured = await measureProgram(program, {
        threads: command.threads,
        runs: command.runs,
        warmUps: command.quick ? 0 : 1,
        spread: command.spread,
        quick: command.quick,
        size: { ...(command.quick ? program.quick : program.size), ...command.sizes },
        onRun: ({ threads, number, of }) => progress(`${place}: ${threadsText(threads)}, run ${number} of ${of}`),
      })
      progress('')
      for (const line of measured) console.log(command.json ? JSON.stringify(line) : rowText(line, measured))
      if (!program.oneThread) gains.push({ before: measured[0], after: measured.at(-1) } as Gain)
    } catch (error) {
      progress('')
      failed++
      console.error(`${place}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`)
    }
  }
  if (command.quick && !command.json && failed === 0)
    console.log('\nAll of it works. The figures of a quick run say nothing.')
  if (command.save) console.error(saveGains(gains, `pnpm bench savina ${args.join(' ')}`))
  if (failed > 0) console.error(`${failed} of ${command.selected.length} programs went wrong`)
  return failed > 0 ? 1 : 0
}

/** The command; `undefined` for `--help`. Throws a {@link UsageError}. */
function parseCommand(args: readonly string[]): Command | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const unknown = positionals.filter((name) => !programs.some((program) => program.name === name))
  if (unknown.length > 0) {
    const names = programs.map(({ name }) => name).join(', ')
    throw new UsageError(`there is no program ${unknown.join(', ')}; there are: ${names}`)
  }
  const selected = programs.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const threads = threadsOf(values.threads)
  const sizes = sizesOf(values.set, selected)
  for (const program of selected) {
    const problem = program.problem({ ...(values.quick ? program.quick : program.size), ...sizes })
    if (problem !== undefined)
      throw new UsageError(`${program.name}: ${problem}, got --set ${values.set.join(' --set ')}`)
  }
  if (values.save && (values.quick || threads.length < 2)) {
    throw new UsageError('--save writes what more threads gain: it takes two numbers of threads, and no --quick')
  }
  return {
    selected,
    threads,
    runs: values.runs === undefined ? (values.quick ? 1 : 5) : wholeNumber('--runs', values.runs, 1_000),
    quick: values.quick,
    json: values.json,
    save: values.save,
    spread: values.spread,
    sizes,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        threads: { type: 'string' },
        runs: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
        spread: { type: 'boolean', default: false },
        set: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`)
  }
}

function threadsOf(text: string | undefined): number[] {
  const counts = (text ?? String(availableParallelism())).split(',')
  const threads = counts.map((count) => wholeNumber('--threads', count, threadsMax))
  return [...new Set(threads.length === 1 ? [1, ...threads] : threads)]
}

/** The parameters of `--set`, of which each selected program has to have every one. */
function sizesOf(assignments: readonly string[], selected: readonly SavinaProgram[]): Size {
  const sizes: Record<string, number> = {}
  for (const assignment of assignments) {
    const [name = '', value = ''] = assignment.split('=')
    for (const program of selected) {
      if (Object.hasOwn(program.size, name)) continue
      throw new UsageError(`${program.name} has no parameter ${name}; it has: ${sizeText(program.size)}`)
    }
    sizes[name] = wholeNumber(`--set ${name}`, value, Number.MAX_SAFE_INTEGER)
  }
  return sizes
}

function wholeNumber(what: string, text: string, max: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 1 || value > max) {
    throw new UsageError(`${what} takes a whole number from 1 to ${max}, got '${text}'`)
  }
  return value
}

/** One line that is overwritten by the next in a terminal; elsewhere each in a line of its own. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

function rowText(line: Measurement, all: readonly Measurement[]): string {
  const [first = line] = all
  const rate = Math.round(line.median).toLocaleString('en-US').padStart(14)
  const spread = `${Math.round(line.min).toLocaleString('en-US')} to ${Math.round(line.max).toLocaleString('en-US')}`
  const times = `${line.milliseconds.toFixed(0)} ms, ${line.cpuMilliseconds.toFixed(0)} of processor time, ${line.busiestMilliseconds.toFixed(0)} of the busiest thread`
  const ratio = line.quick
    ? '   quick'
    : line === first
      ? ''
      : `   ${(line.median / first.median).toFixed(2)} x ${threadsText(first.threads)}`
  const head = `${line.workload.padEnd(33)}${threadsText(line.threads).padEnd(11)}`
  return `${head}${rate} ${line.unit}  (${spread}; ${times})${ratio}`
}

function threadsText(count: number): string {
  return count === 1 ? '1 thread' : `${count} threads`
}

function sizeText(size: Size): string {
  return Object.entries(size)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
