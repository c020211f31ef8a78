/** Section 8, asks whose ends are messages; section 12, those of durable actors. */
import { type ActorHandle, type ActorRef, type ProtocolOf, refKey, type SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { Answerer, type AnswererProtocol, Asker } from '../actors/asker.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes } from './support.ts'

const asker = (
  { system, node, to }: Bench,
  options: SystemSpawnOptions = {},
): Promise<ActorHandle<ProtocolOf<typeof Asker>>> => system.spawn(Asker, { to }, { node, ...options })

const answerer = ({ system, node }: Bench, options: SystemSpawnOptions = {}) =>
  system.spawn(Answerer, undefined, { node, ...options })

/** As somebody sees it who does not know what it takes. */
const unchecked = ({ ref }: { ref: unknown }) => ref as ActorRef<AnswererProtocol>

async function answers(bench: Bench, node: string): Promise<void> {
  const callee = await answerer(bench, { node })
  const actor = await asker(bench)
  const to = unchecked(callee)
  actor.tell('askThenNote', { to, text: 'the turn goes on' })
  actor.tell('ask', { to, what: 'fail' })
  expect(await notes(bench, 3)).toEqual(['the turn goes on', `hello from ${refKey(callee.ref)}`, 'RangeError'])
}

export const askThen: readonly Case[] = [
  {
    promise: '8.16',
    name: 'the reply, or the error, comes as a message from who was asked, after the turn',
    check: (bench) => answers(bench, bench.node),
  },
  {
    promise: '8.16',
    name: 'from another node too',
    needs: ['several nodes'],
    check: (bench) => answers(bench, bench.otherNode),
  },
  {
    promise: '8.16',
    name: 'other messages are handled meanwhile',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      actor.tell('ask', { to: unchecked(callee), what: 'never' })
      actor.tell('note', 'meanwhile')
      expect(await notes(bench, 1)).toEqual(['meanwhile'])
      callee.tell('answerLate')
      expect(await notes(bench, 2)).toEqual(['meanwhile', `too late from ${refKey(callee.ref)}`])
    },
  },
  {
    promise: '8.16',
    name: 'what is no data is refused where it is sent',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      expect(await actor.ask('askFunction', unchecked(callee))).toBe('ERR_TROUPE_NOT_SENDABLE')
    },
  },
  {
    promise: '8.17',
    name: 'it ends by the end of the actor, by an unknown message, by its timeout, by an abort',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      const to = unchecked(callee)
      actor.tell('ask', { to, what: 'sing' })
      actor.tell('ask', { to, what: 'never', timeoutMs: 5 })
      expect(await notes(bench, 2)).toEqual([
        'UnknownMessageError ERR_TROUPE_UNKNOWN_MESSAGE',
        'AskTimeoutError ERR_TROUPE_ASK_TIMEOUT',
      ])
      actor.tell('askAborting', { to, early: false })
      actor.tell('askAborting', { to, early: true })
      expect((await notes(bench, 4)).slice(2)).toEqual([
        'AskAbortedError ERR_TROUPE_ASK_ABORTED Error: enough',
        'AskAbortedError ERR_TROUPE_ASK_ABORTED Error: too early',
      ])
      actor.tell('ask', { to, what: 'never' })
      actor.tell('note', 'asked')
      await notes(bench, 5)
      await callee.stop()
      actor.tell('ask', { to, what: 'echo' })
      expect((await notes(bench, 7)).slice(5)).toEqual([
        'ActorStoppedError ERR_TROUPE_ACTOR_STOPPED',
        'ActorStoppedError ERR_TROUPE_ACTOR_STOPPED',
      ])
    },
  },
  {
    promise: '8.17',
    name: 'it ends when the node dies that was asked',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench, { node: bench.otherNode })
      actor.tell('ask', { to: unchecked(callee), what: 'never', timeoutMs: 60_000 })
      const outcome = actor.askWith({ timeoutMs: 60_000 }, 'outcome')
      expect(await actor.ask('persisted')).toBe(0)
      await bench.crash?.()
      expect(await outcome).toBe('NodeDownError ERR_TROUPE_NODE_DOWN')
    },
  },
  {
    promise: '8.17',
    name: 'a reply that comes after the timeout is a dead letter',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      actor.tell('ask', { to: unchecked(callee), what: 'never', timeoutMs: 5 })
      await notes(bench, 1)
      const letter = nextEvent(bench, 'deadLetter', ({ reason }) => reason === 'late-reply')
      callee.tell('answerLate')
      expect(await letter).toMatchObject({ payload: 'too late' })
    },
  },
  {
    promise: '8.17',
    name: 'a reply that is a stream is an error',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      actor.tell('askNumbers', unchecked(callee))
      expect(await notes(bench, 1)).toEqual(['ConfigurationError ERR_TROUPE_CONFIGURATION'])
    },
  },
  {
    promise: '8.18',
    name: 'a full mailbox does not drop it, and it makes room for nobody',
    async check(bench) {
      const callee = await answerer(bench)
      for (const [index, overflow] of (['drop-newest', 'drop-oldest'] as const).entries()) {
        const actor = await asker(bench, { mailbox: { capacity: 2, overflow } })
        actor.tell('askWhenFull', { to: unchecked(callee), gate: bench.gate.ref })
        await bench.gate.ask('arrived', index + 1)
        // Asked after it, the callee has answered by now.
        await callee.ask('echo', 'before')
        bench.gate.tell('open')
        const said = (await notes(bench, index * 3 + 3)).slice(index * 3)
        const hello = `hello from ${refKey(callee.ref)}`
        expect(said).toEqual(overflow === 'drop-newest' ? ['early 0', 'early 1', hello] : [hello, 'late 1', 'late 2'])
      }
    },
  },
  {
    promise: '8.19',
    name: 'nothing comes of it when the actor was restarted or has ended',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench)
      actor.tell('ask', { to: unchecked(callee), what: 'never' })
      expect(await actor.ask('persisted')).toBe(0)
      await callee.ask('echo', 'asked after it')
      const restarted = nextEvent(bench, 'restarted')
      actor.tell('fail')
      await restarted
      const letter = nextEvent(bench, 'deadLetter', ({ reason }) => reason === 'late-reply')
      callee.tell('answerLate')
      await letter
      actor.tell('note', 'nothing before this')
      expect(await notes(bench, 1)).toEqual(['nothing before this'])
    },
  },
  {
    promise: '12.20',
    name: 'a durable actor asks so before and after it persists',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench, { durableId: 'asker' })
      actor.tell('askThenPersist', unchecked(callee))
      actor.tell('persistThenAsk', { to: unchecked(callee) })
      const from = refKey(callee.ref)
      expect(await notes(bench, 2)).toEqual([`before from ${from}`, `after from ${from}`])
      expect(await actor.ask('persisted')).toBe(2)
    },
  },
  {
    promise: '12.20',
    name: 'a turn that fails has asked nothing',
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench, { durableId: 'asker' })
      const failed = nextEvent(bench, 'restarted')
      actor.tell('persistThenAsk', { to: unchecked(callee), fail: true })
      await failed
      expect(await actor.ask('persisted')).toBe(0)
      await callee.ask('echo', 'whatever was asked is answered')
      actor.tell('note', 'nothing before this')
      expect(await notes(bench, 1)).toEqual(['nothing before this'])
    },
  },
  {
    promise: '12.20',
    name: 'the ask leaves when its turn is durable',
    needs: ['held disk'],
    async check(bench) {
      const callee = await answerer(bench)
      const actor = await asker(bench, { durableId: 'asker' })
      expect(await actor.ask('persisted')).toBe(0)
      bench.disk?.hold()
      actor.tell('persistThenAsk', { to: unchecked(callee) })
      await bench.idle?.()
      expect(await bench.recorder.ask('notes')).toEqual([])
      bench.disk?.release()
      expect(await notes(bench, 1)).toEqual([`after from ${refKey(callee.ref)}`])
    },
  },
]
