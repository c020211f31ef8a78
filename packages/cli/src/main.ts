#!/usr/bin/env node
/** The `troupe` command. */
import { runTroupe } from './troupe.ts'

process.exitCode = await runTroupe(process.argv.slice(2), process)
