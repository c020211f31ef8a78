/** Section 9: bounded mailboxes. */
import { AskAbortedError, OverloadError } from '@troupe/core'
import { expect } from 'vitest'
import { Feeder, Triage } from '../actors/feeder.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes, type SubjectHandle, subject } from './support.ts'

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

/** A subject that is held at the gate, with one message of its mailbox of two. */
async function crowded(
  bench: Bench,
  overflow: 'drop-newest' | 'drop-oldest' | 'fail' | 'backpressure',
): Promise<SubjectHandle> {
  const actor = await subject(bench, {}, { mailbox: { capacity: 2, overflow, waitingCapacity: 2 } })
  actor.tell('hold', bench.gate.ref)
  await bench.gate.ask('arrived', 1)
  actor.tell('note', 'one')
  return actor
}

const feeder = ({ system, to, otherNode, node }: Bench, apart: boolean) =>
  system.spawn(Feeder, to, { node: apart ? otherNode : node })

const backpressure = (apart: boolean): Case[] => {
  const where = apart ? ', from another node' : ''
  const needs = apart ? (['several nodes'] as const) : []
  return [
    {
      promise: '9.4',
      name: `a send is taken at once where there is room, and waits where there is none${where}`,
      needs,
      async check(bench) {
        const actor = await crowded(bench, 'backpressure')
        const sender = await feeder(bench, apart)
        const fed = sender.ask('feed', { sink: actor.ref, texts: ['two', 'three', 'four'] })
        expect(await notes(bench, 1)).toEqual(['two taken'])
        bench.gate.tell('open')
        await fed
        const all = await notes(bench, 7)
        expect(all.filter((text) => text.endsWith('taken'))).toEqual(['two taken', 'three taken', 'four taken'])
        expect(all.filter((text) => !text.endsWith('taken'))).toEqual(['one', 'two', 'three', 'four'])
      },
    },
    {
      promise: '9.4',
      name: `a send that waits too long is an OverloadError, and its message does not come in${where}`,
      needs,
      async check(bench) {
        const actor = await crowded(bench, 'drop-newest')
        const sender = await feeder(bench, apart)
        await sender.ask('feed', { sink: actor.ref, texts: ['two', 'late'], timeoutMs: 50 })
        // What the sender tells after it gave up comes to the receiver's node after the message was taken back.
        await notes(bench, 2)
        bench.gate.tell('open')
        const all = await notes(bench, 4)
        expect(all.filter((text) => text.includes(' '))).toEqual(['two taken', 'late ERR_TROUPE_OVERLOAD'])
        expect(await actor.ask('count')).toBe(3)
        expect(all.filter((text) => !text.includes(' '))).toEqual(['one', 'two'])
      },
    },
    {
      promise: '9.5',
      name: `no tell of its sender overtakes a send that waits${where}`,
      needs,
      async check(bench) {
        const actor = await crowded(bench, 'backpressure')
        actor.tell('note', 'two')
        await bench.system.ask(bench.gate.ref, 'arrived', 1)
        const sender = await feeder(bench, apart)
        const letter = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'four')
        const sent = sender.ask('sendThenTell', { sink: actor.ref, texts: ['three', 'four'] })
        expect(await letter).toMatchObject({ reason: 'overload' })
        bench.gate.tell('open')
        await sent
        expect((await notes(bench, 4)).filter((text) => !text.endsWith('taken'))).toEqual(['one', 'two', 'three'])
      },
    },
    {
      promise: '9.6',
      name: `with fail, a send and an ask to a full mailbox end at once${where}`,
      needs,
      async check(bench) {
        const actor = await crowded(bench, 'fail')
        const sender = await feeder(bench, apart)
        await sender.ask('feed', { sink: actor.ref, texts: ['two', 'three'] })
        expect(await notes(bench, 2)).toEqual(['two taken', 'three ERR_TROUPE_OVERLOAD'])
        await expect(actor.ask('count')).rejects.toThrow(OverloadError)
        bench.gate.tell('open')
      },
    },
    {
      promise: '9.8',
      name: `a send to one that ends, or is not there, is an ActorStoppedError${where}`,
      needs,
      async check(bench) {
        const actor = await crowded(bench, 'backpressure')
        actor.tell('note', 'two')
        const sender = await feeder(bench, apart)
        const letter = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'three')
        const fed = sender.ask('feed', { sink: actor.ref, texts: ['three', 'four'] })
        // The send is under way once the sender answers nothing else.
        await Promise.all([actor.kill(), fed, letter])
        expect(await notes(bench, 2)).toEqual(['three ERR_TROUPE_ACTOR_STOPPED', 'four ERR_TROUPE_ACTOR_STOPPED'])
        bench.gate.tell('open')
      },
    },
  ]
}

const moves = (apart: boolean): Case => ({
  promise: '2.5',
  name: `buffers that are transferred are moved${apart ? ' to another node' : ''}, and nothing by a message that is refused`,
  needs: apart ? ['several nodes'] : [],
  async check(bench) {
    const mover = await feeder(bench, apart)
    const to = (await feeder(bench, false)).ref
    for (const how of ['tell', 'ask', 'send'] as const) {
      expect(await mover.ask('move', { to, how })).toEqual({ sum: how === 'ask' ? 6 : 0, left: 0 })
    }
    expect(await notes(bench, 3)).toEqual(['sum 6 of 3', 'sum 6 of 3', 'sum 6 of 3'])
    expect(await mover.ask('moveWrongly', to)).toBe('ERR_TROUPE_NOT_SENDABLE, 3 left')
    const bytes = new Uint8Array([4, 5])
    bench.system.tellWith({ transfer: [bytes.buffer] }, to, 'sum', bytes)
    expect(bytes.byteLength).toBe(0)
    expect((await notes(bench, 4)).at(-1)).toBe('sum 9 of 2')
  },
})

export const mailbox: readonly Case[] = [
  moves(false),
  moves(true),
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
  ...backpressure(false),
  ...backpressure(true),
  {
    promise: '9.6',
    name: 'with backpressure an ask waits for room, and a tell is a dead letter',
    async check(bench) {
      const actor = await crowded(bench, 'backpressure')
      actor.tell('note', 'two')
      const letter = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'three')
      const asked = actor.ask('echo', 'asked')
      actor.tell('note', 'three')
      expect(await letter).toMatchObject({ reason: 'overload' })
      bench.gate.tell('open')
      expect(await asked).toBe('asked')
    },
  },
  {
    promise: '9.6',
    name: 'with drop-oldest a send comes in at once',
    async check(bench) {
      const actor = await crowded(bench, 'drop-oldest')
      const letter = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'one')
      for (const text of ['two', 'three']) await actor.send('note', text)
      expect(await letter).toMatchObject({ reason: 'overload' })
      bench.gate.tell('open')
      expect(await notes(bench, 2)).toEqual(['two', 'three'])
    },
  },
  {
    promise: '9.7',
    name: 'who waits for room is bounded too: one more is an OverloadError at once',
    async check(bench) {
      const actor = await crowded(bench, 'backpressure')
      actor.tell('note', 'two')
      const waiting = ['three', 'four'].map((text) => actor.send('note', text))
      await expect(actor.send('note', 'five')).rejects.toThrow(OverloadError)
      bench.gate.tell('open')
      await Promise.all(waiting)
      expect(await notes(bench, 4)).toEqual(['one', 'two', 'three', 'four'])
    },
  },
  {
    promise: '9.8',
    name: 'a send whose signal is aborted is an AskAbortedError, and its message does not come in',
    async check(bench) {
      const actor = await crowded(bench, 'backpressure')
      actor.tell('note', 'two')
      const controller = new AbortController()
      const sent = actor.sendWith({ signal: controller.signal }, 'note', 'three')
      controller.abort(new Error('no longer'))
      await expect(sent).rejects.toThrow(AskAbortedError)
      bench.gate.tell('open')
      await actor.send('note', 'four')
      expect(await notes(bench, 3)).toEqual(['one', 'two', 'four'])
    },
  },
  {
    promise: '9.9',
    name: 'a higher priority goes first, equal ones in order of arrival, and a stop keeps its place',
    async check(bench) {
      const { system, to, node, gate } = bench
      const triage = await system.spawn(Triage, to, { node })
      triage.tell('hold', gate.ref)
      await gate.ask('arrived', 1)
      triage.tell('chore', 'chore 1')
      triage.tell('plain', 'plain 1')
      triage.tell('alarm', 'alarm 1')
      triage.tell('plain', 'plain 2')
      triage.tell('alarm', 'alarm 2')
      const stopped = triage.stop()
      const letter = nextEvent(bench, 'deadLetter', ({ payload }) => payload === 'too late')
      triage.tell('alarm', 'too late')
      gate.tell('open')
      await stopped
      expect(await notes(bench, 6)).toEqual(['alarm 1', 'alarm 2', 'plain 1', 'plain 2', 'chore 1', 'stopped'])
      expect(await letter).toMatchObject({ reason: 'stopped' })
    },
  },
]
