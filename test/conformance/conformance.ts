/** Registers the cases as tests of one host. */
import { describe, test } from 'vitest'
import { Gate, Recorder } from './actors/recorder.ts'
import { cases } from './cases/index.ts'
import type { Host } from './host.ts'

/** Runs every case on `host`; those that need what it lacks are skipped with the reason in their name. */
export function conformance(host: Host): void {
  describe(`conformance of the ${host.name} host`, () => {
    for (const { promise, name, needs = [], check } of cases) {
      const lacking = needs.filter((capability) => !host.capabilities.includes(capability))
      if (lacking.length > 0) {
        test.skip(`${promise} ${name} (lacks: ${lacking.join(', ')})`)
        continue
      }
      test(`${promise} ${name}`, () =>
        host.run(async (bench) => {
          const { system, node } = bench
          const recorder = await system.spawn(Recorder, undefined, {
            node,
            mailbox: { capacity: Number.POSITIVE_INFINITY },
          })
          const gate = await system.spawn(Gate, undefined, { node })
          await check({ ...bench, recorder, gate, to: recorder.ref })
        }))
    }
  })
}
