/** The conformance suite on the local host, with virtual time and a disk that can be held. */
import { createLocalSystem } from '@troupe/core'
import { HeldDisk } from '../../packages/core/test/probe-system.ts'
import { conformance } from './conformance.ts'
import { movingTime } from './moving-time.ts'
import { services } from './services.ts'

conformance({
  name: 'local',
  capabilities: ['held disk'],
  async run(body) {
    const disk = new HeldDisk()
    const system = createLocalSystem({ disk, services })
    await movingTime(system, body({ system, node: 'local', otherNode: 'local', disk, idle: () => system.idle() }))
    await system.stop()
  },
})
