/**
 * The worker pool that every introduction to distributed computing starts with: three workers, a list of tasks each.
 * They count the terms of 5,183 abstracts on threads, a reducer merges what they counted, and a plain loop checks it.
 *
 * `node src/main.ts [--workers 3] [--threads 2] [--texts-per-task 100] [--top 10]`
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { createSystem } from '@troupe/threads'
import { services as corpus } from './corpus-file.ts'
import { ProgressDisplay, Watcher } from './display.ts'
import { corpusModule, countAll, shareTasks, startPool } from './index.ts'
import { totalsOf } from './reducer.ts'
import { countTerms } from './terms.ts'

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    'texts-per-task': { type: 'string', default: '100' },
    top: { type: 'string', default: '10' },
  },
})
const workers = wholeNumber('--workers', values.workers)
const textsPerTask = wholeNumber('--texts-per-task', values['texts-per-task'])
const limit = wholeNumber('--top', values.top)
const texts = corpus.corpus.texts()

const lists = shareTasks({ texts: texts.length, textsPerTask }, workers)
console.log(`${texts.length} abstracts, ${workers} workers, ${lists[0]?.length ?? 0} tasks for the first of them\n`)
const display = new ProgressDisplay(
  lists.map((tasks, index) => ({ name: `worker-${index + 1}`, tasks: tasks.length })).filter(({ tasks }) => tasks > 0),
)
await using system = await createSystem({
  log: 'none',
  threads: wholeNumber('--threads', values.threads),
  services: { display },
  servicesModule: corpusModule,
})
const watcher = await system.spawn(Watcher, undefined, { name: 'watcher', node: 'local' })
const totals = await countAll(await startPool(system, workers), {
  texts: texts.length,
  textsPerTask,
  limit,
  watcher: watcher.ref,
})
await display.finished()

const alone = totalsOf(countTerms(texts), limit)
const equal = JSON.stringify(alone) === JSON.stringify(totals)
console.log(
  `\n${totals.occurrences.toLocaleString('en-US')} occurrences of ${totals.terms.toLocaleString('en-US')} terms`,
)
for (const [term, count] of totals.mostFrequent)
  console.log(`  ${term.padEnd(14)}${count.toLocaleString('en-US').padStart(8)}`)
console.log(equal ? '\nequal to a count in one thread' : '\nNOT equal to a count in one thread')
process.exitCode = equal ? 0 : 1

function wholeNumber(flag: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  console.error(`${flag} needs a whole number from 1, got ${text}`)
  process.exit(2)
}
