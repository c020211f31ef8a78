/** Section 9: bounded mailboxes. */
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

const overflow = (policy: 'drop-newest' | 'drop-oldest', dropped: string, kept: string[]): Case => ({
  promise: policy === 'drop-newest' ? '9.1' : '9.2',
  name: `a full mailbox drops the ${policy === 'drop-newest' ? 'newest' : 'oldest'} message, and the sender goes on`,
  async check(bench) {
    const actor = await subject(bench, {}, { mailbox: { capacity: 2, overflow: policy } })
    actor.tell('hold', bench.gate.ref)
    await bench.gate.ask('arrived', 1)
    const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'note')
    for (const text of ['one', 'two', 'three']) actor.tell('note', text)
    expect(await letter).toMatchObject({ payload: dropped, reason: 'overload' })
    bench.gate.tell('open')
    expect(await notes(bench, 2)).toEqual(kept)
  },
})

export const mailbox: readonly Case[] = [
  overflow('drop-newest', 'three', ['one', 'two']),
  overflow('drop-oldest', 'one', ['two', 'three']),
  {
    promise: '9.3',
    name: 'a stop and a death notice are never dropped',
    async check(bench) {
      const watched = await subject(bench)
      const actor = await subject(
        bench,
        { life: true, name: 'a' },
        { mailbox: { capacity: 1, overflow: 'drop-oldest' } },
      )
      await actor.ask('watch', watched.ref)
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      await watched.stop()
      const gone = actor.stop()
      const letters = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'behind the stop 2')
      for (let count = 1; count <= 3; count++) actor.tell('note', `behind the stop ${count}`)
      await letters
      bench.gate.tell('open')
      await gone
      expect(await bench.recorder.ask('notes')).toEqual([
        'a started',
        expect.stringMatching(/^terminated .* stopped$/),
        'a stopped',
      ])
    },
  },
]
