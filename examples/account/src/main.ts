/** The account on threads: its thread is killed, and it comes back from its journal on another. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedRef } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import { Account } from './account.ts'

const dataDirectory = await mkdtemp(join(tmpdir(), 'account-'))
{
  await using system = await createSystem({ threads: 2, dataDirectory })
  await system.spawn(Account, { owner: 'Ada' }, { node: 'node-1', name: 'ada', durableId: 'ada' })
  const account = namedRef(Account, { node: 'node-1', name: 'ada' })
  console.log(`deposited 100, balance ${await system.ask(account, 'deposit', 100)}`)

  const back = new Promise((resolve) => system.events.once('nodeUp', resolve))
  await system.killNode('node-1')
  await back
  console.log(`after its thread was killed, balance ${await system.ask(account, 'balance')}`)
}
await rm(dataDirectory, { recursive: true })
