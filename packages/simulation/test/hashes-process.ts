/** Prints the hashes of some runs, for a process of its own: `node hashes-process.ts`. */
import { simulate } from '../src/index.ts'
import { asyncProgram } from './async-program.ts'

const hashes: string[] = []
for (const schedule of ['random', 'pct', 'pos', 'delay'] as const) {
  for (let seed = 1; seed <= 5; seed++) {
    const run = await simulate({ seed, nodes: 3, faults: 'all', delivery: 'hostile', schedule }, asyncProgram)
    hashes.push(run.hash)
  }
}
process.stdout.write(JSON.stringify(hashes))
