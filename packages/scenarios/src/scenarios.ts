/** The scenarios by name. */
import { ConfigurationError } from '@troupe/core'
import { adviceFor } from '@troupe/core/host'
import { multiPaxos } from './consensus/multi-paxos.ts'
import { paxos, struckPaxos } from './consensus/paxos.ts'
import { benOr, chandraToueg } from './consensus/rounds.ts'
import { delivery } from './delivery/delivery.ts'
import { cache } from './order/cache.ts'
import { library } from './order/library.ts'
import { lock } from './order/lock.ts'
import { sharedCounter } from './order/shared-counter.ts'
import type { Scenario } from './scenario.ts'

const all: readonly Scenario[] = [
  paxos,
  struckPaxos,
  multiPaxos,
  benOr,
  chandraToueg,
  delivery,
  sharedCounter,
  library,
  lock,
  cache,
]

/** By name, in the order to list them in. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(all.map((scenario) => [scenario.name, scenario]))

/** The scenario of that name. Throws a `ConfigurationError` that names the nearest, or lists the names. */
export function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.get(name)
  if (scenario !== undefined) return scenario
  const { nearest, advice } = adviceFor(name, [...scenarios.keys()])
  throw new ConfigurationError(`there is no scenario '${name}'; ${advice}`, { name, nearest })
}
