/** `pnpm demo`: what Troupe is, in half a minute. Every figure is measured in this run. */
import { agreeWhileThreadDies } from './killed-thread.ts'
import { say, sayHeading } from './say.ts'
import { findPlantedBug, simulateSeeds } from './simulated-seeds.ts'
import { countWords } from './word-count.ts'

const started = performance.now()
console.log('Troupe: you write an actor once; it runs on every core, and unchanged in a simulated cluster.')
await countWords()
await agreeWhileThreadDies()
await simulateSeeds()
await findPlantedBug()
sayHeading(`Done in ${((performance.now() - started) / 1_000).toFixed(0)} s. Next:`)
say('README.md                     one screen of code')
say('examples/workers/src/         the actors of part 1')
say('packages/consensus/src/paxos  the actors of parts 2 to 4')
