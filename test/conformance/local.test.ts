/**
 * The conformance suite on the local host: with virtual time and a disk that can be held, with messages copied as
 * between threads, and in real time.
 */
import { createLocalSystem, type MessageMode } from '@troupe/core'
import { realTime, turnScopes } from '@troupe/threads/real-time'
import { HeldDisk, memoryDisk } from '../../packages/core/test/probe-system.ts'
import { conformance } from './conformance.ts'
import { movingTime } from './moving-time.ts'
import { placement, services } from './services.ts'

const virtual = (name: string, messages: MessageMode) =>
  conformance({
    name,
    capabilities: ['held disk', 'planted file'],
    async run(body) {
      const disk = new HeldDisk()
      const scopes = turnScopes()
      if (scopes === undefined) throw new Error('these tests run on Node')
      const system = createLocalSystem({ disk, services, placement, messages, scopes, metrics: true })
      const plant = (file: string, bytes: Uint8Array) =>
        new Promise<void>((resolve) => disk.write(file, 0, bytes, () => resolve()))
      const idle = () => system.idle()
      await movingTime(system, body({ system, node: 'local', otherNode: 'local', disk, plant, idle }))
      await system.stop()
    },
  })

virtual('local', 'frozen')
virtual('local (copying)', 'copied')

conformance({
  name: 'local (real time)',
  capabilities: [],
  async run(body) {
    const system = createLocalSystem({ disk: memoryDisk(), services, placement, realTime: realTime(), metrics: true })
    await body({ system, node: 'local', otherNode: 'local' })
    await system.stop()
  },
})
