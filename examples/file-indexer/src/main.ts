/**
 * Indexes a folder's text files on all threads and looks up words in them.
 *
 * `node src/main.ts [--folder path] [--threads 2] [--capacity 2] [word ...]`; without a folder, the pages of this repository.
 */
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createSystem } from '@troupe/threads'
import { folderFiles } from './folder-files.ts'
import { inFlightMax, Walker } from './walker.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    capacity: { type: 'string', default: '2' },
  },
})
const words = positionals.length > 0 ? positionals : ['mailbox', 'backpressure']
const capacity = wholeNumber('--capacity', values.capacity)
const threads = wholeNumber('--threads', values.threads)
const here = values.folder === undefined
const folder = here ? resolve(import.meta.dirname, '../../..') : resolve(values.folder ?? '')
const files = folderFiles({ folder, patterns: here ? ['docs/*.md', 'packages/*/README.md'] : ['**/*'] })
const filesShown = 5

try {
  await using system = await createSystem({ threads, log: 'none', services: { files } })
  const walk = { nodes: system.nodes, capacity }
  const walker = await system.spawn(Walker, walk, { node: 'local' })
  const started = performance.now()
  const summary = await walker.askWith({ timeoutMs: 3_600_000 }, 'walk')
  const ms = performance.now() - started

  const { skipped, mostInFlight } = summary
  console.log(
    `${summary.files} files, ${summary.words} different words, ${summary.occurrences} in all, in ${ms.toFixed(0)} ms on ${threads} threads`,
  )
  console.log(`at most ${mostInFlight} files in flight; the mailboxes admit ${inFlightMax(walk)}`)
  if (skipped.length > 0) {
    const [{ path, reason }] = skipped as [(typeof skipped)[number]]
    console.log(`${skipped.length} files skipped, ${relative(folder, path)} first: ${reason}`)
  }
  for (const word of words) {
    const hits = await walker.ask('search', word)
    console.log(`\n${word}: ${hits.length} files`)
    for (const { path, count } of hits.slice(0, filesShown)) {
      console.log(`  ${String(count).padStart(5)}  ${relative(folder, path)}`)
    }
    if (hits.length > filesShown) console.log(`         and ${hits.length - filesShown} more`)
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  console.error(`${flag} needs a whole number from 1, got ${text}`)
  process.exit(2)
}
