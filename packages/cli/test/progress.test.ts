/** Progress: a line for a person is written over, and taken away in the end. */
import { expect, test } from 'vitest'
import { Progress } from '../src/progress.ts'

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
  const progress = new Progress({ stdout: stream, stderr: stream }, 'paxos', 50, 'mutants')
  for (let step = 0; step < 10; step++) {
    progress.during(', seed 1')
    progress.step()
  }
  progress.end()
  expect(written).toEqual(['paxos: 5 of 50 mutants\n', 'paxos: 10 of 50 mutants\n'])
})
