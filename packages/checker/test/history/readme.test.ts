/** The examples of the package's page about histories. */
import {
  checkLinearizable,
  checkTransactions,
  formatOrderCounterexample,
  HistoryRecorder,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '@troupe/checker'
import { expect, test } from 'vitest'

test('a read that goes back refutes a register', () => {
  const recorder = new HistoryRecorder<RegisterInput<number>, RegisterOutput<number>>()
  const write = recorder.invoke('ann', { name: 'write', value: 1 })
  const fresh = recorder.invoke('bob', { name: 'read' })
  recorder.return(fresh, 1)
  const stale = recorder.invoke('bob', { name: 'read' })
  recorder.return(stale, 0)
  recorder.return(write, undefined)

  const model = registerModel(0)
  const { verdict, counterexample } = checkLinearizable(model, recorder.operations())
  expect(verdict).toBe(false)
  expect(counterexample && formatOrderCounterexample(model, counterexample)).toBe(`not linearizable: register
the longest order explains 2 of 3 operations:
  process ann: write 1  [0, 5]  then 1
  process bob: read 1   [1, 2]  then 1
here none of these can come next, in state 1:
  process bob: read 0   [3, 4]`)
})

test('a write skew is snapshot isolation, and not serializable', () => {
  const { levels, anomalies } = checkTransactions([
    {
      process: 0,
      status: 'committed',
      calledAt: 0,
      returnedAt: 2,
      operations: [
        ['r', 'x', []],
        ['append', 'y', 1],
      ],
    },
    {
      process: 1,
      status: 'committed',
      calledAt: 1,
      returnedAt: 3,
      operations: [
        ['r', 'y', []],
        ['append', 'x', 1],
      ],
    },
  ])
  expect(levels['snapshot-isolation']).toBe(true)
  expect(levels.serializable).toBe(false)
  expect(anomalies[0]?.name).toBe('G2-item')
})
