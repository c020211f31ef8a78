/** `docs/semantics.md` and the suite speak of the same promises. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cases } from './cases/index.ts'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/semantics.md', root), 'utf8')
const promises = [...text.matchAll(/^- \*\*(\d+\.\d+)\*\*/gm)].map(([, number]) => number)

test('every promise has a case, and every case a promise', () => {
  expect([...new Set(cases.map(({ promise }) => promise))].sort()).toEqual([...promises].sort())
})

test('no two cases of a promise have the same name, and no two promises the same number', () => {
  const names = cases.map(({ promise, name }) => `${promise} ${name}`)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(promises).size).toBe(promises.length)
})

test('the tests that the page names exist', () => {
  const named = [...text.matchAll(/`((?:packages|test)\/[^`]+)`/g)].map(([, path]) => path ?? '')
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
})
