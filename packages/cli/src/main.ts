#!/usr/bin/env node
/** The `troupe` command. */
import { runTroupe } from './troupe.ts'

/** As a program ends that a signal for a closed pipe ends. */
const closedPipe = 141

// Whoever read the output has enough of it, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(closedPipe)
})

process.exitCode = await runTroupe(process.argv.slice(2), process)
