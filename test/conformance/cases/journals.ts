/** Section 12, where the journal's disk is not what it should be: another has it, or it holds what is no journal of ours. */
import { hostname } from 'node:os'
import { expect } from 'vitest'
import { crc32c } from '../../../packages/core/src/journal/crc32c.ts'
import { Ledger } from '../actors/ledger.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, subject } from './support.ts'

const ledger = ({ system, node, to }: Bench) =>
  system.spawn(Ledger, { to }, { node, name: 'ledger', durableId: 'ledger' })

/** A segment's header of that format version. */
function segmentOf(version: number): Uint8Array {
  const bytes = new Uint8Array(64)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('TROUPEJ\n'))
  view.setUint32(8, version, true)
  view.setUint32(12, 1, true)
  view.setUint32(28, crc32c(bytes, 0, 28), true)
  return bytes
}

/** A first segment whose header is damaged, and one after it, which shows that the first was synced. */
const damagedHeader = segmentOf(1).with(20, 255)

const unreadable = [
  {
    what: 'corrupt',
    files: { 'journal-00000001.log': damagedHeader, 'journal-00000002.log': segmentOf(1) },
    code: 'ERR_TROUPE_JOURNAL_CORRUPT',
  },
  {
    what: 'foreign',
    files: { 'journal-00000001.log': new TextEncoder().encode('a letter to somebody else') },
    code: 'ERR_TROUPE_JOURNAL_FOREIGN',
  },
  { what: 'newer', files: { 'journal-00000001.log': segmentOf(7) }, code: 'ERR_TROUPE_JOURNAL_VERSION' },
]

export const journals: readonly Case[] = [
  {
    promise: '12.18',
    name: 'a second system on the same data is refused and told who has it, and the first goes on',
    needs: ['data directory'],
    async check(bench) {
      const error = await bench.startAnother?.().catch((error) => error)
      expect(error).toMatchObject({
        code: 'ERR_TROUPE_DATA_DIRECTORY_IN_USE',
        facts: { directory: expect.any(String), pid: process.pid, host: hostname(), since: expect.any(String) },
      })
      expect(await (await ledger(bench)).ask('add', 5)).toBe(5)
    },
  },
  ...unreadable.map(
    ({ what, files, code }): Case => ({
      promise: '12.19',
      name: `a journal that is ${what} is a typed error with the file, and who is not durable goes on`,
      needs: ['planted file'],
      async check(bench) {
        for (const [file, bytes] of Object.entries(files)) await bench.plant?.(file, bytes)
        const free = await subject(bench)
        const escalated = nextEvent(bench, 'escalated')
        const durable = await ledger(bench)
        const asked = expect(durable.ask('sum')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
        expect((await escalated).error).toMatchObject({ code, facts: { file: 'journal-00000001.log' } })
        await asked
        expect(await free.ask('count')).toBe(0)
      },
    }),
  ),
]
