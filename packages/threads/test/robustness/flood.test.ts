/** Floods and full channels, in small; `pnpm flood` runs larger ones. */
import { describe, expect, it } from 'vitest'
import { type CorrespondenceFigures, runCorrespondence, runFlood } from './flood.ts'

/** Everything that was sent has arrived or is a dead letter, and every ask has ended. */
function expectAllAccountedFor(figures: CorrespondenceFigures): void {
  const { letters, questions, received, receipts, answers, overloads, dropped, inOrder } = figures
  expect(inOrder).toBe(true)
  expect(answers + overloads).toBe(questions)
  expect(letters - received + (received - receipts) + overloads).toBe(dropped)
  expect(received).toBeGreaterThan(0)
}

describe('a flood', () => {
  it('from eight senders on four threads is delivered in order or dropped for overload, to the last message', async () => {
    const { sent, delivered, dropped, inOrder, ticks } = await runFlood({ threads: 4, senders: 8, messages: 2_500 })
    expect({ sent, inOrder }).toEqual({ sent: 20_000, inOrder: true })
    expect(delivered + dropped).toBe(sent)
    expect(delivered).toBeGreaterThan(0)
    expect(dropped).toBeGreaterThan(0)
    expect(ticks).toBeGreaterThanOrEqual(10)
  })
})

describe('actors on full channels to each other', () => {
  it('do not deadlock: all that two of them write arrives or is dropped, and all asks end', async () => {
    const figures = await runCorrespondence({ threads: 2, letters: 300 })
    expect(figures.letters).toBe(600)
    expectAllAccountedFor(figures)
  })

  it('nor do three in a ring', async () => {
    expectAllAccountedFor(await runCorrespondence({ threads: 3, letters: 200 }))
  })

  it('nor while one of their threads stands still in a turn', async () => {
    expectAllAccountedFor(await runCorrespondence({ threads: 3, letters: 200, holds: true }))
  })
})
