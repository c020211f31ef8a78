/** Section 8, asks that are given up. */
import { type ActorHandle, namedRef, type ProtocolOf, type SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { Patient } from '../actors/patient.ts'
import type { Bench, Case } from '../host.ts'
import { notes } from './support.ts'

type PatientHandle = ActorHandle<ProtocolOf<typeof Patient>>

const patient = ({ system, node, to }: Bench, options: SystemSpawnOptions = {}): Promise<PatientHandle> =>
  system.spawn(Patient, { to }, { node, ...options })

const lingers = ['lingers', 'over ERR_TROUPE_ASK_ABORTED']

export const abort: readonly Case[] = [
  {
    promise: '8.11',
    name: 'an ask that its asker aborts rejects with the reason, and the turn under way learns it',
    async check(bench) {
      const actor = await patient(bench)
      const controller = new AbortController()
      const asked = expect(actor.askWith({ signal: controller.signal }, 'linger')).rejects.toMatchObject({
        code: 'ERR_TROUPE_ASK_ABORTED',
        cause: 'enough',
      })
      await notes(bench, 1)
      controller.abort('enough')
      await asked
      expect(await notes(bench, 2)).toEqual(lingers)
    },
  },
  {
    promise: '8.11',
    name: 'an actor aborts an ask of another, whose deferred reply learns it, or before it was sent',
    async check(bench) {
      const asker = await patient(bench)
      const callee = await patient(bench)
      expect(await asker.ask('askAborting', { to: callee.ref, early: false })).toBe(
        'ERR_TROUPE_ASK_ABORTED changed my mind true',
      )
      const other = await patient(bench)
      expect(await asker.ask('askAborting', { to: other.ref, early: true })).toBe(
        'ERR_TROUPE_ASK_ABORTED changed my mind false',
      )
    },
  },
  {
    promise: '8.11',
    name: 'an abort reaches an actor of another node',
    needs: ['several nodes'],
    async check(bench) {
      const asker = await patient(bench)
      const callee = await patient(bench, { node: bench.otherNode })
      expect(await asker.ask('askAborting', { to: callee.ref, early: false })).toBe(
        'ERR_TROUPE_ASK_ABORTED changed my mind true',
      )
    },
  },
  {
    promise: '8.12',
    name: 'the signal of a turn is aborted when its ask times out',
    async check(bench) {
      const asker = await patient(bench)
      const callee = await patient(bench)
      expect(await asker.ask('askLinger', { to: callee.ref, timeoutMs: 5 })).toBe('ERR_TROUPE_ASK_TIMEOUT')
      expect(await notes(bench, 2)).toEqual(lingers)
    },
  },
  {
    promise: '8.12',
    name: 'the signal of a turn is aborted when its ask from another node times out',
    needs: ['several nodes'],
    async check(bench) {
      const asker = await patient(bench)
      const callee = await patient(bench, { node: bench.otherNode })
      asker.tell('askLinger', { to: callee.ref, timeoutMs: 250 })
      expect(await notes(bench, 2)).toEqual(lingers)
    },
  },
  {
    promise: '8.12',
    name: 'the signal of a turn is aborted when the node of its asker dies',
    needs: ['node crash'],
    async check(bench) {
      const asker = await patient(bench)
      const callee = await patient(bench, { node: bench.otherNode })
      asker.tell('askLinger', { to: callee.ref, timeoutMs: 1_000_000 })
      await notes(bench, 1)
      // The recorder lives on the node that dies; another of its name comes back, empty.
      const deaf = callee.ask('isAborted')
      await bench.crash?.()
      expect(await deaf).toBe(false)
    },
  },
  {
    promise: '8.13',
    name: 'a message that waits when its ask is given up is not handled',
    async check(bench) {
      await dropped(bench, bench.node)
    },
  },
  {
    promise: '8.13',
    name: 'a message that waits on another node is not handled either',
    needs: ['several nodes'],
    async check(bench) {
      await dropped(bench, bench.otherNode)
    },
  },
]

/** Fills the mailbox of an actor that is busy with asks, gives some up, and looks at what is handled. */
async function dropped(bench: Bench, node: string): Promise<void> {
  const actor = await patient(bench, { node, name: 'busy' })
  const busy = new AbortController()
  const first = actor.askWith({ signal: busy.signal }, 'linger').catch(() => {})
  await notes(bench, 1)
  const controller = new AbortController()
  const asks = ['one', 'two', 'three'].map((text, index) =>
    bench.system
      .askWith(
        index === 1 ? { signal: controller.signal } : {},
        namedRef(Patient, { node, name: 'busy' }),
        'note',
        text,
      )
      .catch(() => {}),
  )
  controller.abort()
  busy.abort()
  await Promise.all([first, ...asks])
  expect(await notes(bench, 4)).toEqual([...lingers, 'one', 'three'])
}
