/** The conformance suite on the simulated host: two nodes beside the program's own, no faults but those asked for. */
import { simulate } from '@troupe/simulation'
import { conformance } from './conformance.ts'
import { services } from './services.ts'

conformance({
  name: 'simulation',
  capabilities: ['several nodes', 'node crash'],
  async run(body) {
    await simulate({ seed: 1, nodes: 2, services }, (world) =>
      body({
        system: world,
        node: 'node-1',
        otherNode: 'node-2',
        async crash() {
          world.crash('node-1')
          await world.restart('node-1')
        },
      }),
    )
  },
})
