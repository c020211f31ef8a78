/** Verdicts that Porcupine's tests give for histories of real systems. */
import { readFileSync } from 'node:fs'
import { checkHistoryText } from '@troupe/checker'
import { expect, test } from 'vitest'

const folder = new URL('../../../../test/data/histories/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
const expected: Record<string, boolean> = JSON.parse(read('expected.json'))
const formatOf = (file: string) => (file.startsWith('kv/') ? 'kv' : 'register')

test('all 56 histories have the verdicts of Porcupine', () => {
  const files = Object.keys(expected)
  expect(files).toHaveLength(56)
  const verdicts = files.map((file) => [file, checkHistoryText(formatOf(file), read(file)).verdict])
  expect(Object.fromEntries(verdicts)).toEqual(expected)
})

test('the verdict is unknown only when the steps run out', () => {
  const text = read('jepsen/etcd_002.log')
  const { steps } = checkHistoryText('register', text)
  expect(checkHistoryText('register', text, { stepsMax: 1000 }).verdict).toBe('unknown')
  expect(checkHistoryText('register', text, { stepsMax: steps }).verdict).toBe(true)
})

test('a history that is refuted shows where', () => {
  const { explanation } = checkHistoryText('register', read('jepsen/etcd_000.log'))
  expect(explanation).toBe(`not linearizable: register
the longest order explains 42 of 85 operations, it ends:
  process 1: compare 2 and set 1, unanswered  [55, never]  then 1
  process 3: write 3                          [59, 61]  then 3
  process 0: read 3                           [64, 65]  then 3
  process 2: write 2                          [62, 66]  then 2
  process 3: compare 3 and set 4, refused     [67, 68]  then 2
  process 9: write 3, unanswered              [63, never]  then 3
  process 0: write 1                          [70, 71]  then 1
  process 2: compare 0 and set 0, refused     [72, 73]  then 1
  process 3: compare 2 and set 2, refused     [74, 75]  then 1
  process 0: compare 4 and set 3, refused     [77, 78]  then 1
  process 14: write 4, unanswered             [76, never]  then 4
  process 2: write 0                          [79, 82]  then 0
here none of these can come next, in state 0 or 4 or 1 or 3:
  process 11: read 2                          [80, 81]`)
})
