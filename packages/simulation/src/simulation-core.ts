/** What the parts of one run share: time, randomness, the trace, and how to let promises run. */
import type { RandomSource, RandomStream } from '@troupe/core'
import type { DefinitionRegistry, VirtualClock } from '@troupe/core/host'
import type { KernelObserver } from './simulated-kernel.ts'

export interface SimulationCore extends KernelObserver {
  readonly clock: VirtualClock
  readonly random: RandomSource
  /** The stream of the scheduler, which every step draws from. */
  readonly schedulerRandom: RandomStream
  readonly definitions: DefinitionRegistry
}
