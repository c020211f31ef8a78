/** A journal that cannot be read, met by the spawn of a durable actor on a thread: a typed error, and nothing is lost. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JournalCorruptError, JournalForeignError, JournalVersionError, type TroupeError } from '@troupe/core'
import { afterAll, expect, it } from 'vitest'
import { crc32c } from '../../core/src/journal/crc32c.ts'
import { Account } from './fixtures/account.ts'
import { Counter } from './fixtures/counter.ts'
import { nextEvent, startSystem } from './support.ts'

const root = mkdtempSync(join(tmpdir(), 'troupe-journal-errors-'))
afterAll(() => rmSync(root, { recursive: true }))
const segment = 'journal-00000001.log'

const damages: readonly {
  readonly what: string
  readonly damage: (bytes: Buffer) => void
  readonly errorClass: abstract new (...parameters: any[]) => TroupeError
  readonly code: string
  readonly facts: object
}[] = [
  {
    what: 'corrupt',
    damage: (bytes) => bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100),
    errorClass: JournalCorruptError,
    code: 'ERR_TROUPE_JOURNAL_CORRUPT',
    facts: { file: segment, offset: expect.any(Number) },
  },
  {
    what: 'foreign',
    damage: (bytes) => void bytes.write('a letter', 0),
    errorClass: JournalForeignError,
    code: 'ERR_TROUPE_JOURNAL_FOREIGN',
    facts: { file: segment },
  },
  {
    what: 'newer',
    damage(bytes) {
      bytes.writeUInt32LE(7, 8)
      bytes.writeUInt32LE(crc32c(bytes, 0, 28), 28)
    },
    errorClass: JournalVersionError,
    code: 'ERR_TROUPE_JOURNAL_VERSION',
    facts: { file: segment, version: 7 },
  },
]

it.each(damages)('$what', async ({ what, damage, errorClass, code, facts }) => {
  const dataDirectory = join(root, what)
  const first = await startSystem({ threads: 1, dataDirectory })
  const account = await first.spawn(Account, undefined, { node: 'node-1', durableId: 'account' })
  for (let deposit = 0; deposit < 20; deposit++) await account.ask('deposit', 1)
  await first.stop()
  const file = join(dataDirectory, 'node-1', segment)
  const whole = readFileSync(file)
  const damaged = Buffer.from(whole)
  damage(damaged)
  writeFileSync(file, damaged)

  await using second = await startSystem({ threads: 1, dataDirectory })
  const counter = await second.spawn(Counter, { start: 3 }, { node: 'node-1' })
  const escalated = nextEvent(second, 'escalated')
  const broken = await second.spawn(Account, undefined, { node: 'node-1', name: 'account', durableId: 'account' })
  const { actor, error } = await escalated
  expect(actor).toBe('/node-1/account')
  expect(error).toBeInstanceOf(errorClass)
  expect(error).toMatchObject({ code, facts })
  await expect(broken.ask('balance')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  // Who is not durable goes on, and the journal is as it was found.
  expect(await counter.ask('read')).toBe(3)
  expect(readFileSync(file)).toEqual(damaged)
  expect(readdirSync(join(dataDirectory, 'node-1')).filter((name) => !name.startsWith('.'))).toEqual([segment])
  // The journal stays shut for its node; repaired, it opens with the next start of the node.
  writeFileSync(file, whole)
  const up = nextEvent(second, 'nodeUp')
  await second.killNode('node-1')
  await up
  const repaired = await second.spawn(Account, undefined, { node: 'node-1', durableId: 'account' })
  expect(await repaired.ask('balance')).toBe(20)
})
