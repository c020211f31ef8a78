/**
 * The conformance suite on the simulated host: two nodes beside the program's own, no faults but those asked for. Each
 * seed is another order of events between nodes; what a case relies on must hold in all of them.
 */
import { simulate } from '@troupe/simulation'
import { conformance } from './conformance.ts'
import { placement, services } from './services.ts'

for (const seed of [1, 105, 134]) {
  conformance({
    name: `simulation (seed ${seed})`,
    capabilities: ['several nodes', 'node crash'],
    async run(body) {
      await simulate({ seed, nodes: 2, services, placement, metrics: true }, (world) =>
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
}
