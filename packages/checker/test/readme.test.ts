/** The tables of the package's page have what the types have, and nothing else. */
import { readFile } from 'node:fs/promises'
import type { KnownOptions } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { knownOfCheck, knownOfSearch } from '../src/check.ts'
import { knownOfActor } from '../src/checked-system.ts'
import type { Counterexample, SearchResult } from '../src/index.ts'

const page = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const [, section = ''] = /## Options and results\n([\s\S]*?)\n## /.exec(page) ?? []
const resultFields: KnownOptions<SearchResult<unknown>> = {
  ...{ distinct: true, generated: true, depth: true, complete: true, cut: true },
  ...{ always: true, sometimes: true, eventually: true, counterexample: true, counterexamples: true },
}
const counterexampleFields: KnownOptions<Counterexample> = {
  ...{ kind: true, property: true, error: true, loopsTo: true, initial: true, initialMessages: true, steps: true },
}

/** The names in the first column of each table. */
const tables = section
  .split(/\n\n/)
  .filter((part) => part.startsWith('| '))
  .map((table) =>
    table
      .split('\n')
      .slice(2)
      .flatMap((row) => namesIn(row.split(' | ')[0]!)),
  )

function namesIn(text: string): string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name as string)
}

test('each option and each field of the result is in its table', () => {
  const [ofActors, ofBoth, ofActor, ofResult] = tables
  expect(tables).toHaveLength(4)
  expect(ofActors!.toSorted()).toEqual(
    Object.keys(knownOfCheck)
      .filter((name) => !(name in knownOfSearch))
      .toSorted(),
  )
  expect(ofBoth!.toSorted()).toEqual(Object.keys(knownOfSearch).toSorted())
  expect(ofActor!.toSorted()).toEqual(Object.keys(knownOfActor).toSorted())
  expect(ofResult!.toSorted()).toEqual(Object.keys(resultFields).toSorted())
})

test('each field of a counterexample is named below them', () => {
  const below = namesIn(section.slice(section.indexOf('A counterexample has')))
  for (const field of Object.keys(counterexampleFields)) expect(below).toContain(field)
})
