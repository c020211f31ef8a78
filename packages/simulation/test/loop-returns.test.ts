/** What has run when a return to the platform is over: promises to the last, and with a breath the event loop too. */
import { expect, test } from 'vitest'
import { LoopReturns } from '../src/loop-returns.ts'

/** A promise that is settled so many microtasks from now. */
async function chain(length: number, end: () => void): Promise<void> {
  for (let count = 0; count < length; count++) await undefined
  end()
}

test('promises run to the last microtask, in each return', async () => {
  const returns = new LoopReturns()
  for (let round = 0; round < 100; round++) {
    let ended = 0
    void chain(1, () => void chain(50, () => ended++))
    void chain(100, () => ended++)
    await returns.next()
    expect(ended).toBe(2)
  }
})

test('the event loop goes on with a breath, and after so many returns without one', async () => {
  const returns = new LoopReturns()
  const wait = () => {
    const waiting = { isOver: false }
    setImmediate(() => {
      waiting.isOver = true
    })
    return waiting
  }
  await returns.next()
  const short = wait()
  await returns.next()
  expect(short.isOver).toBe(false)
  await returns.breath()
  expect(short.isOver).toBe(true)
  const long = wait()
  let count = 0
  for (; !long.isOver && count < 1_000; count++) await returns.next()
  expect(long.isOver).toBe(true)
  expect(count).toBeGreaterThan(1)
})

test('who waits elsewhere is not resumed by the returns of others', async () => {
  const log: string[] = []
  const run = async (name: string) => {
    const returns = new LoopReturns()
    for (let round = 0; round < 40; round++) {
      await (round % 7 === 0 ? returns.breath() : returns.next())
      log.push(`${name} ${round}`)
    }
  }
  await Promise.all([run('a'), run('b')])
  for (const name of ['a', 'b'])
    expect(log.filter((line) => line.startsWith(name))).toEqual(
      Array.from({ length: 40 }, (_, round) => `${name} ${round}`),
    )
})
