/** The index against a plain count of the same files, on threads and in simulations; and the bound on files in flight. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ActorHandle, ProtocolOf } from '@troupe/core'
import { simulate, simulateMany } from '@troupe/simulation'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { filesTwin } from '../src/files-twin.ts'
import { folderFiles } from '../src/folder-files.ts'
import { inFlightMax, Walker } from '../src/walker.ts'

const root = new URL('../../..', import.meta.url).pathname
const main = new URL('../src/main.ts', import.meta.url).pathname
const timeoutMs = 60_000

/** What a plain loop counts: occurrences by word, then by path. */
function countOf(texts: Iterable<readonly [path: string, text: string | undefined]>) {
  const counts = new Map<string, Map<string, number>>()
  let occurrences = 0
  for (const [path, text = ''] of texts) {
    for (const word of text
      .normalize('NFC')
      .toLowerCase()
      .split(/[^\p{L}\p{M}\p{N}]+/u)) {
      if (word === '') continue
      const files = counts.get(word) ?? new Map<string, number>()
      counts.set(word, files.set(path, (files.get(path) ?? 0) + 1))
      occurrences++
    }
  }
  return { counts, occurrences }
}

async function searched(walker: ActorHandle<ProtocolOf<typeof Walker>>, words: Iterable<string>) {
  const found = new Map<string, Map<string, number>>()
  for (const word of words) {
    const hits = await walker.ask('search', word)
    found.set(word, new Map(hits.map(({ path, count }) => [path, count])))
  }
  return found
}

/** Sixty files of a few words each; the last cannot be read. */
const texts = new Map<string, string | undefined>(
  Array.from({ length: 60 }, (_, number) => [
    `file-${number}`,
    number === 59
      ? undefined
      : `Every file has every word, ${number % 7} and ${number}: naïve Καλημέρα `.repeat(1 + (number % 3)),
  ]),
)

test('on threads: every word of the pages of this repository, as often as a loop counts it', async () => {
  const place = { folder: root, patterns: ['docs/*.md', 'packages/*/README.md'] }
  await using system = await createSystem({ threads: 2, log: 'none', services: { files: folderFiles(place) } })
  const options = { nodes: system.nodes, capacity: 1 }
  const walker = await system.spawn(Walker, options, { node: 'local' })
  const summary = await walker.askWith({ timeoutMs }, 'walk')

  const hits = await walker.ask('search', 'the')
  const paths = hits.map(({ path }) => path)
  expect(paths).toContain(join(root, 'docs/semantics.md'))
  expect(paths).toContain(join(root, 'packages/core/README.md'))
  const plain = countOf(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)))
  expect(summary).toMatchObject({
    files: paths.length,
    words: plain.counts.size,
    occurrences: plain.occurrences,
    skipped: [],
  })
  expect(await searched(walker, plain.counts.keys())).toEqual(plain.counts)
  expect(summary.mostInFlight).toBeLessThanOrEqual(inFlightMax(options))
})

test('on threads: however many files there are, no more are in flight than the mailboxes admit', async () => {
  const many = new Map(Array.from({ length: 500 }, (_, number) => [`file-${number}`, `word ${number}`]))
  const files = { list: async () => [...many.keys()], read: async (path: string) => many.get(path) }
  await using system = await createSystem({ threads: 2, log: 'none', services: { files } })
  const options = { nodes: system.nodes, capacity: 2 }
  const walker = await system.spawn(Walker, options, { node: 'local' })
  const summary = await walker.askWith({ timeoutMs }, 'walk')
  const { counts, occurrences } = countOf(many)
  expect(summary).toMatchObject({ files: 500, words: counts.size, occurrences, skipped: [] })
  // Reading costs nothing here, so that the walker is always ahead, and the mailboxes alone hold it back.
  expect(summary.mostInFlight).toBeGreaterThan(options.nodes.length * options.capacity)
  expect(summary.mostInFlight).toBeLessThanOrEqual(inFlightMax(options))
})

test('in a simulation: the same result under every seed, within the bound, and what cannot be read is named', async () => {
  const { counts, occurrences } = countOf(texts)
  const campaign = await simulateMany(
    { seeds: '1..30', nodes: 3, services: { files: filesTwin(texts) }, taskMs: 40 },
    async (world) => {
      const options = { nodes: world.nodes, capacity: 2 }
      const walker = await world.spawn(Walker, options, { node: 'local' })
      const { mostInFlight, ...summary } = await walker.askWith({ timeoutMs }, 'walk')
      expect(summary).toEqual({
        files: 59,
        words: counts.size,
        occurrences,
        skipped: [{ path: 'file-59', reason: 'cannot be read' }],
      })
      expect(await searched(walker, counts.keys())).toEqual(counts)
      expect(mostInFlight).toBeGreaterThan(options.nodes.length)
      expect(mostInFlight).toBeLessThanOrEqual(inFlightMax(options))
    },
  )
  expect(campaign.failures).toEqual([])
})

test('the files of an indexer whose machine dies go to the others; when none is left, the asker hears it', async () => {
  const { counts, occurrences } = countOf(texts)
  await simulate({ seed: 3, nodes: 3, services: { files: filesTwin(texts) }, taskMs: 40 }, async (world) => {
    const options = { nodes: world.nodes, capacity: 2 }
    const walker = await world.spawn(Walker, options, { node: 'local' })
    const walk = walker.askWith({ timeoutMs }, 'walk')
    await world.sleep(150)
    world.crash('node-2')
    const summary = await walk
    expect(summary).toMatchObject({ files: 59, words: counts.size, occurrences })
    expect(summary.skipped).toHaveLength(1)
    expect(await searched(walker, counts.keys())).toEqual(counts)
    expect(summary.mostInFlight).toBeLessThanOrEqual(inFlightMax(options))

    const other = await world.spawn(Walker, { nodes: ['node-1', 'node-3'], capacity: 2 }, { node: 'local' })
    const failure = other.askWith({ timeoutMs }, 'walk').catch((error: Error) => error.message)
    await world.sleep(150)
    for (const node of ['node-1', 'node-3']) world.crash(node)
    expect(await failure).toMatch(/^no indexer is left; \d+ files are not indexed$/)
  })
})

test('the command indexes a folder, skips what is no text and answers queries', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'file-indexer-'))
  try {
    await writeFile(join(folder, 'one.txt'), 'apple pear Apple')
    await writeFile(join(folder, 'two.txt'), 'pear')
    await writeFile(join(folder, 'picture'), Buffer.from([137, 80, 78, 71, 0, 1]))
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--folder', folder, 'Pear', 'apple', 'plum'])
    expect(stdout).toMatch(/^2 files, 2 different words, 4 in all, in \d+ ms/)
    expect(stdout).toContain('1 files skipped, picture first: not a text\n')
    expect(stdout).toContain(
      'Pear: 2 files\n      1  one.txt\n      1  two.txt\n\napple: 1 files\n      2  one.txt\n\nplum: 0 files\n',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the command names a folder that is not there', async () => {
  const failed = promisify(execFile)(process.execPath, [main, '--folder', '/not/there'])
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('/not/there is not a folder') })
})
