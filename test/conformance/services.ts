/** The services that every host of the suite is given; worker threads import this module. */
import type { PlacementPolicies } from '@troupe/core'

export const services = { greeter: { greet: (name: string) => `hello ${name}` } }

/** Placement policies, likewise: one that works and two that do not. */
export const placement: PlacementPolicies = {
  last: (candidates) => candidates.at(-1) as string,
  nowhere: () => 'no-such-node',
  throwing: () => {
    throw new Error('cannot decide')
  },
}
