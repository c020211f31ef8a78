/**
 * The command line: commander reads it, one file in `commands/` for each command does it. Exit codes: 0 when all that
 * was asked holds, 1 when a check fails or cannot be decided, 2 when what was typed or given makes no sense.
 */
import { TroupeError } from '@troupe/core'
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './command-context.ts'
import { addBugsCommand } from './commands/bugs.ts'
import { addCheckCommand } from './commands/check.ts'
import { addHistoryCommand } from './commands/history.ts'
import { addReplayCommand } from './commands/replay.ts'
import { addSimulateCommand } from './commands/simulate.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const exampleText = `
Examples:
  troupe check two-phase-commit --rms 3
  troupe check paxos-register --servers 3 --clients 2 --network unordered --json
  troupe history check --model register test/data/histories/jepsen/*.log
  troupe simulate paxos --seeds 1..1000
  troupe simulate paxos --bug half-quorum --seeds 10 --save --shrink
  troupe replay .troupe/paxos-half-quorum-seed-1.json --until 20
  troupe bugs --seeds 1..200

Exit codes: 0 all holds; 1 a check fails, or could not be decided; 2 what was typed or given makes no sense.`

/** Runs the command that `args` (without node and script) names, and returns the exit code. Only defects throw. */
export async function runTroupe(args: readonly string[], { stdout, stderr }: Terminal): Promise<number> {
  let passed = true
  const context: CommandContext = {
    stdout,
    stderr,
    action:
      (run) =>
      async (...given) => {
        passed = await run(...given)
      },
  }
  try {
    await commandLine(context).parseAsync(args, { from: 'user' })
    return passed ? 0 : 1
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0 // --help
    const known = error instanceof CommanderError ? usageErrorOf(error) : error
    if (!(known instanceof TroupeError)) throw known
    stderr.write(`${known.name} (${known.code}): ${known.message}\n`)
    return 2
  }
}

function commandLine(context: CommandContext): Command {
  const troupe = new Command('troupe')
    .description('Checks programs and histories, simulates scenarios, searches planted bugs.')
    .addHelpText('after', exampleText)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => undefined, // Errors are printed in one place, above.
    })
  addCheckCommand(troupe, context)
  addHistoryCommand(troupe, context)
  addSimulateCommand(troupe, context)
  addReplayCommand(troupe, context)
  addBugsCommand(troupe, context)
  return troupe
}

/** Commander's complaint as an error of ours. */
function usageErrorOf({ code, message }: CommanderError): UsageError {
  const what = code === 'commander.help' ? 'a command is missing; see the list above' : message.replace(/^error: /, '')
  return new UsageError(what, { reason: code })
}
