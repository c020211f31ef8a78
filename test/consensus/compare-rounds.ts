/** `pnpm rounds`: see `rounds-command.ts`. */
import { roundsCommand } from './rounds-command.ts'

process.exitCode = await roundsCommand(process.argv.slice(2), process)
