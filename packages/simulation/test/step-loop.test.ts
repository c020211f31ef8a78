/** The loop of a run: what happens between its rounds, and how it ends. */
import { expect, test } from 'vitest'
import { loopOf } from '../src/step-loop.ts'

test('between two rounds all promises run, and the event loop gets its turn now and then', async () => {
  let made = 0
  let settled = 0
  let turns = 0
  let over = false
  const turn = () => {
    turns++
    if (!over) setImmediate(turn)
  }
  setImmediate(turn)
  const behind: number[] = []
  await loopOf(() => {
    behind.push(made - settled)
    const chain = async () => {
      for (let link = 0; link < 10; link++) await undefined
      settled++
    }
    made++
    void chain()
    return made < 100
  })
  over = true
  expect(behind).toHaveLength(100)
  expect(new Set(behind)).toEqual(new Set([0]))
  expect(turns).toBeGreaterThanOrEqual(3)
})

test('it ends with the round that says so, or throws', async () => {
  let rounds = 0
  await loopOf(() => ++rounds < 3)
  await new Promise((resolve) => setImmediate(resolve))
  expect(rounds).toBe(3)
  const thrower = () => {
    rounds++
    throw new Error('a mistake')
  }
  await expect(loopOf(thrower)).rejects.toThrow('a mistake')
  await new Promise((resolve) => setImmediate(resolve))
  expect(rounds).toBe(4)
})
