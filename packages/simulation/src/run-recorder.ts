/** Writes a run down as it goes: its plan, its hash at regular steps, and how much was delivered. */
import type { InjectedFaults } from './fault-knobs.ts'
import type { PlannedFault, PlannedStrike, PlannedTrait, RunPlan } from './run-plan.ts'
import { CheckpointTaker, type RunRecord } from './run-record.ts'
import type { Trace, TraceEvent } from './trace.ts'

export class RunRecorder {
  readonly faults: PlannedFault[] = []
  readonly strikes: PlannedStrike[] = []
  readonly traits: PlannedTrait[] = []
  readonly scripted: number[] = []
  readonly deviations: number[] = []
  readonly checkpoints = new CheckpointTaker()
  #deliveries = 0
  readonly #links = new Map<string, { readonly from: string; readonly to: string; frames: number }>()

  constructor(trace: Trace) {
    const sentOrDelivered = (event: TraceEvent) => {
      if (event.type === 'delivered') this.#deliveries++
      if (event.type !== 'sent' || event.from === event.to) return
      const key = `${event.from} ${event.to}`
      const link = this.#links.get(key) ?? { from: event.from, to: event.to, frames: 0 }
      link.frames++
      this.#links.set(key, link)
    }
    trace.observe(sentOrDelivered, { only: ['sent', 'delivered'] })
  }

  /** What the run has been so far. `plan` is the one that it follows, if it follows one. */
  record(run: {
    readonly strengths: RunPlan['strengths']
    readonly injected: InjectedFaults
    readonly plan: RunPlan | undefined
  }): RunRecord {
    const { faults, strikes, traits, scripted, deviations, checkpoints } = this
    const { strengths, injected, plan } = run
    const late = plan?.late
    return {
      plan: {
        strengths,
        faults: [...faults],
        strikes: [...strikes],
        traits: [...traits],
        scripted: [...scripted],
        ...(late === undefined ? {} : { late }),
        ...(plan?.deviations === undefined ? {} : { deviations: [...deviations] }),
      },
      checkpoints: checkpoints.checkpoints,
      injected: { ...injected },
      deliveries: this.#deliveries,
      links: [...this.#links.values()].map((link) => ({ ...link })),
      deviations: [...deviations],
    }
  }
}
