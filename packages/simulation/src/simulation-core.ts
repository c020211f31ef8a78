/** What the parts of one run share: time, randomness, the trace, and how to let promises run. */
import type { RandomSource, RandomStream } from '@troupe/core'
import type { DefinitionRegistry, VirtualClock } from '@troupe/core/host'
import type { Agenda } from './agenda.ts'
import type { KernelObserver } from './simulated-kernel.ts'

export interface SimulationCore extends KernelObserver {
  readonly clock: VirtualClock
  readonly agenda: Agenda
  readonly random: RandomSource
  /** How long turns take, and with the random schedule whose they are. */
  readonly schedulerRandom: RandomStream
  readonly definitions: DefinitionRegistry
}
