/** `troupe history check`: whether recorded histories are linearizable. */
import { readFile } from 'node:fs/promises'
import { checkHistoryText, HistoryError, type HistoryFormat, historyFormats } from '@troupe/checker'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { wholeNumber } from '../flags.ts'
import { printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

interface HistoryFlags {
  readonly model: HistoryFormat
  readonly stepsMax?: number
  readonly minimize?: true
  readonly json?: true
}

/** Adds the command. */
export function addHistoryCommand(troupe: Command, context: CommandContext): void {
  const history = troupe.command('history').description('Recorded histories of what clients saw.')
  history
    .command('check')
    .description('Decides whether histories are linearizable.')
    .argument('<files...>', 'logs: of a register on etcd as Jepsen writes them, or of a key-value store')
    .addOption(new Option('--model <model>', 'what was called').choices([...historyFormats]).makeOptionMandatory())
    .option(
      '--steps-max <number>',
      'how often the model may be asked for each key; beyond it the verdict is unknown (default: 4000000)',
      wholeNumber('--steps-max', 1),
    )
    .option('--minimize', 'explain by the smallest part of the history that is found to refute it')
    .option('--json', 'print one object a line')
    .action(context.action((files: string[], flags: HistoryFlags) => checkFiles(context, files, flags)))
}

async function checkFiles(terminal: Terminal, files: readonly string[], flags: HistoryFlags): Promise<boolean> {
  const { model, stepsMax, minimize = false } = flags
  let passed = true
  for (const file of files) {
    const text = await textOf(file)
    const started = performance.now()
    const { verdict, operations, steps, explanation } = checkedText(file, () =>
      checkHistoryText(model, text, {
        minimize: minimize && !flags.json,
        ...(stepsMax === undefined ? {} : { stepsMax }),
      }),
    )
    const elapsed = secondsSince(started)
    passed &&= verdict === true
    if (flags.json) {
      printJson(terminal, { file, verdict, seconds: elapsed, operations, steps })
      continue
    }
    const sentence =
      verdict === 'unknown' ? 'unknown: the steps ran out' : verdict ? 'linearizable' : 'not linearizable'
    printLine(terminal, `${file}: ${sentence} (${operations} operations, ${steps} steps, ${elapsed} s)`)
    if (explanation !== undefined) printLine(terminal, explanation.replace(/^/gm, '  '))
  }
  return passed
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException
    throw new UsageError(`history ${file} cannot be read: ${message}`, { file }, { cause: error })
  }
}

/** `read`, with the file named where its text is no history. */
function checkedText<Result>(file: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error
    throw new HistoryError(`${file}: ${error.message}`, { ...error.facts, file }, { cause: error })
  }
}
