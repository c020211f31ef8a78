/** The conformance suite on worker threads: real time, two nodes, disks in a directory of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem } from '@troupe/threads'
import { conformance } from './conformance.ts'

conformance({
  name: 'threads',
  capabilities: ['several nodes', 'node crash', 'planted file', 'data directory'],
  async run(body) {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-conformance-'))
    const servicesModule = new URL('./services.ts', import.meta.url)
    const system = await createSystem({ threads: 2, dataDirectory, servicesModule, metrics: true })
    try {
      const [node = '', otherNode = ''] = system.nodes
      await body({
        system,
        node,
        otherNode,
        plant: (file, bytes) => writeFile(join(dataDirectory, node, file), bytes),
        startAnother: () => createSystem({ threads: 1, dataDirectory }),
        async crash() {
          const up = new Promise<void>((resolve) => {
            const listener = (event: { readonly node: string }) => {
              if (event.node !== node) return
              system.events.off('nodeUp', listener)
              resolve()
            }
            system.events.on('nodeUp', listener)
          })
          await system.killNode(node)
          await up
        },
      })
    } finally {
      await system.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    }
  },
})
