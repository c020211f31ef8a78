/** Section 8: asks. */
import { refKey } from '@troupe/core'
import { expect } from 'vitest'
import { Forwarder } from '../actors/forwarder.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

export const ask: readonly Case[] = [
  {
    promise: '8.1',
    name: 'an ask resolves with the reply',
    async check(bench) {
      const actor = await subject(bench)
      await actor.ask('note', 'counted')
      expect(await actor.ask('count')).toBe(1)
      const other = await subject(bench)
      expect(await other.ask('askOther', { to: actor.ref, what: 'count' })).toBe('1')
    },
  },
  {
    promise: '8.2',
    name: 'an ask of a turn that fails rejects with the class and code of the failure',
    async check(bench) {
      const actor = await subject(bench)
      await expect(actor.ask('fail', { error: 'range' })).rejects.toBeInstanceOf(RangeError)
      await expect(actor.ask('fail', { error: 'async' })).rejects.toBeInstanceOf(RangeError)
      await expect(actor.ask('fail', { error: 'own' })).rejects.toMatchObject({
        name: 'InsufficientFundsError',
        code: 'E_FUNDS',
        message: 'not enough',
      })
      const other = await subject(bench)
      expect(await other.ask('askOther', { to: actor.ref, what: 'fail' })).toBe('InsufficientFundsError E_FUNDS')
    },
  },
  {
    promise: '8.3',
    name: 'an ask of an actor that is gone, or that stops before it replies, rejects',
    async check(bench) {
      const actor = await subject(bench)
      const open = expect(actor.ask('defer')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      await actor.stop()
      await open
      await expect(actor.ask('count')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    },
  },
  {
    promise: '8.4',
    name: 'an ask that the actor does not take rejects with what it takes',
    async check(bench) {
      const actor = await subject(bench)
      await expect((actor.ask as (name: string) => Promise<unknown>).call(actor, 'sing')).rejects.toMatchObject({
        code: 'ERR_TROUPE_UNKNOWN_MESSAGE',
        message: expect.stringContaining('count'),
      })
    },
  },
  {
    promise: '8.5',
    name: 'an ask without a reply times out, and the late reply is a dead letter',
    async check(bench) {
      const actor = await subject(bench)
      await expect(actor.askWith({ timeoutMs: 5 }, 'defer')).rejects.toMatchObject({
        code: 'ERR_TROUPE_ASK_TIMEOUT',
        facts: { message: 'defer', timeoutMs: 5 },
      })
      const letter = nextEvent(bench, 'deadLetter', ({ reason }) => reason === 'late-reply')
      actor.tell('answerDeferred', 'too late')
      expect(await letter).toMatchObject({ payload: 'too late' })
    },
  },
  {
    promise: '8.5',
    name: 'an ask from an actor times out too, and the actor goes on',
    async check(bench) {
      const silent = await subject(bench)
      const asker = await subject(bench)
      expect(await asker.ask('askOther', { to: silent.ref, timeoutMs: 5, what: 'defer' })).toBe(
        'AskTimeoutError ERR_TROUPE_ASK_TIMEOUT',
      )
      expect(await asker.ask('count')).toBe(0)
    },
  },
  {
    promise: '8.6',
    name: 'an ask that a full mailbox drops rejects',
    async check(bench) {
      const actor = await subject(bench, {}, { mailbox: { capacity: 1 } })
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      actor.tell('note', 'fills the mailbox')
      await expect(actor.ask('count')).rejects.toMatchObject({ code: 'ERR_TROUPE_OVERLOAD' })
      bench.gate.tell('open')
    },
  },
  {
    promise: '8.7',
    name: 'a reply can be deferred, be an error, or be left to another actor',
    async check(bench) {
      const actor = await subject(bench)
      const deferred = actor.ask('defer')
      actor.tell('answerDeferred', 'at last')
      expect(await deferred).toBe('at last')
      const failed = actor.ask('defer')
      actor.tell('failDeferred')
      await expect(failed).rejects.toMatchObject({ name: 'InsufficientFundsError', code: 'E_FUNDS' })
      const helper = await subject(bench)
      expect(await actor.ask('forward', helper.ref)).toBe('answered')
    },
  },
  {
    promise: '8.7',
    name: 'a reply can be left to an actor of another node',
    needs: ['several nodes'],
    async check(bench) {
      const actor = await subject(bench)
      const helper = await subject(bench, {}, { node: bench.otherNode })
      expect(await actor.ask('forward', helper.ref)).toBe('answered')
    },
  },
  {
    promise: '8.8',
    name: 'the first reply counts; a second is a dead letter',
    async check(bench) {
      const actor = await subject(bench)
      const letter = nextEvent(bench, 'deadLetter', ({ reason }) => reason === 'late-reply')
      expect(await actor.ask('replyTwice')).toBe('first')
      expect(await letter).toMatchObject({ payload: 'second' })
    },
  },
  {
    promise: '8.9',
    name: 'a forwarded message keeps its sender, and the reply is left to who got it',
    async check(bench) {
      await forwarding(bench, bench.node)
    },
  },
  {
    promise: '8.9',
    name: 'a message can be forwarded to another node, and its asker live on a third',
    needs: ['several nodes'],
    async check(bench) {
      await forwarding(bench, bench.otherNode)
    },
  },
  {
    promise: '8.9',
    name: 'a forwarded ask ends when the actor that got it is gone, or does not take it',
    async check(bench) {
      const target = await subject(bench)
      const forwarder = await bench.system.spawn(Forwarder, { to: target.ref }, { node: bench.node })
      await expect(forwarder.ask('missing')).rejects.toMatchObject({ code: 'ERR_TROUPE_UNKNOWN_MESSAGE' })
      await target.stop()
      await expect(forwarder.ask('whoSent')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    },
  },
  {
    promise: '8.9',
    name: 'a turn that fails after it forwarded fails its ask',
    async check(bench) {
      const target = await subject(bench)
      const forwarder = await bench.system.spawn(Forwarder, { to: target.ref }, { node: bench.node })
      await expect(forwarder.ask('forwardThenFail')).rejects.toThrow('after the forward')
    },
  },
  {
    promise: '8.10',
    name: 'what on does not name goes to otherwise, with its name and payload',
    async check(bench) {
      const target = await subject(bench)
      const forwarder = await bench.system.spawn(Forwarder, { to: target.ref }, { node: bench.node })
      forwarder.tell('note', 'through')
      expect(await notes(bench, 1)).toEqual(['through'])
      expect(await forwarder.ask('whoSent')).toBe('nobody')
      expect(await forwarder.ask('names')).toEqual(['note', 'whoSent'])
    },
  },
]

/** An actor of the bench's node asks by a forwarder on it, which forwards to an actor of `targetNode`. */
async function forwarding(bench: Bench, targetNode: string): Promise<void> {
  const asker = await subject(bench)
  const target = await subject(bench, {}, { node: targetNode })
  const forwarder = await bench.system.spawn(Forwarder, { to: target.ref }, { node: bench.node })
  expect(await asker.ask('askWhoSent', forwarder.ref)).toBe(refKey(asker.ref))
  expect(await forwarder.ask('whoSent')).toBe('nobody')
  forwarder.tell('note', 'told')
  expect(await notes(bench, 1)).toEqual(['told'])
}
