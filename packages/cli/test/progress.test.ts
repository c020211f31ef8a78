/** Progress: a line for a person is written over, and taken away in the end. */
import { expect, test } from 'vitest'
import { Progress } from '../src/progress.ts'
import { SearchProgressLine } from '../src/search-progress.ts'

test('on a terminal there is one line, and nothing of it is left', () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text), isTTY: true }
  const progress = new Progress({ stdout: stream, stderr: stream }, 'paxos', 3)
  progress.step(', 1 failed')
  progress.end()
  expect(written).toEqual(['\r\x1b[2Kpaxos: 1 of 3 seeds, 1 failed', '\r\x1b[2K'])
})

test('a file gets a line each tenth, and nothing of what goes on within a step', () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) }
  const progress = new Progress({ stdout: stream, stderr: stream }, 'paxos', 50, 'mutant')
  for (let step = 0; step < 10; step++) {
    progress.during(', seed 1')
    progress.step()
  }
  progress.end()
  expect(written).toEqual(['paxos: 5 of 50 mutants\n', 'paxos: 10 of 50 mutants\n'])
})

/** What is written of a search that is asked how far it is at these seconds. */
function writtenAt(seconds: readonly number[], isTTY: boolean): string[] {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text), isTTY }
  let now = 1_000_000
  const line = new SearchProgressLine({ stdout: stream, stderr: stream }, 'abd', () => now)
  for (const second of seconds) {
    now = 1_000_000 + second * 1_000
    line.show({ distinct: second * 100, depth: 7 })
  }
  line.end()
  return written
}

test('a file gets a line of a search each ten seconds, and none of a short one', () => {
  expect(writtenAt([0, 5, 9.9], false)).toEqual([])
  expect(writtenAt([9, 11, 12, 20, 21, 33], false)).toEqual([
    'abd: 1100 distinct states, depth 7, 11 s\n',
    'abd: 2100 distinct states, depth 7, 21 s\n',
    'abd: 3300 distinct states, depth 7, 33 s\n',
  ])
})

test('a person sees a search go on', () => {
  expect(writtenAt([1, 1.05, 2], true)).toEqual([
    '\r\x1b[2Kabd: 100 distinct states, depth 7, 1 s',
    '\r\x1b[2Kabd: 200 distinct states, depth 7, 2 s',
    '\r\x1b[2K',
  ])
})
