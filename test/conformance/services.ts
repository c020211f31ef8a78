/** The services that every host of the suite is given; worker threads import this module. */
import type { PlacementPolicies } from '@troupe/core'
import { named } from './actors/oddly-named.ts'

const greeter = { greet: (name: string) => `hello ${name}` }

export const services = { greeter, ...named(() => greeter) }

/** Placement policies, likewise: one that works and two that do not. */
export const placement: PlacementPolicies = {
  last: (candidates) => candidates.at(-1) as string,
  nowhere: () => 'no-such-node',
  throwing: () => {
    throw new Error('cannot decide')
  },
}
