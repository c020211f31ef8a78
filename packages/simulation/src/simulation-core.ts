/** What the parts of one run share: time, randomness, the trace, and the list of promises to be let run. */
import type { RandomStream } from '@troupe/core'
import type { DefinitionRegistry, SeededRandomSource, VirtualClock } from '@troupe/core/host'
import type { Scopes } from './scopes.ts'
import type { Trace } from './trace.ts'

export interface SimulationCore {
  readonly clock: VirtualClock
  readonly random: SeededRandomSource
  /** The stream of the scheduler, which every step draws from. */
  readonly schedulerRandom: RandomStream
  readonly trace: Trace
  readonly scopes: Scopes
  readonly definitions: DefinitionRegistry
  /** A promise was settled or awaited: microtasks must run before the next step. */
  drain(): void
}
