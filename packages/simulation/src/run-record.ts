/**
 * The record of a run: its plan, its counts, and the running hash at regular steps, by which a later run that goes another
 * way is told where it first did. At most {@link checkpointsMax} hashes are kept: when there are more, every second goes.
 */
import type { InjectedFaults } from './fault-knobs.ts'
import { describePlan, type PlannedDelivery, type RunPlan } from './run-plan.ts'

const checkpointsMax = 4_096

/** The running hash after every `everySteps` steps: 16 hexadecimal digits each, the first before any step. */
export interface Checkpoints {
  readonly everySteps: number
  readonly hashes: readonly string[]
}

/** What a run with `record: true` was. */
export interface RunRecord {
  /** What went wrong; give it to `simulate({ plan })` to have it again. */
  readonly plan: RunPlan
  readonly checkpoints: Checkpoints
  readonly injected: InjectedFaults
  /** Frames that arrived on another node than the one that sent them. */
  readonly deliveries: number
  /** How many frames were sent over each link that had any. */
  readonly links: readonly { readonly from: string; readonly to: string; readonly frames: number }[]
  /** The choices, numbered from 1, in which the schedule had its way against the plain order. */
  readonly deviations: readonly number[]
}

/** Frames sent that took the time drawn for them, and not the mean of their link. */
export function lateDeliveries({ plan, links }: Pick<RunRecord, 'plan' | 'links'>): number {
  const { late = links.map(({ from, to }): PlannedDelivery => ({ from, to })) } = plan
  const framesOf = ({ from, to }: PlannedDelivery) =>
    links.find((link) => link.from === from && link.to === to)?.frames ?? 0
  return late.reduce((sum, delivery) => sum + (delivery.nth === undefined ? framesOf(delivery) : 1), 0)
}

/**
 * What went wrong in the run by `untilMs` (virtual milliseconds since the start), as {@link describePlan} has it, with how
 * many deliveries were late and how many choices out of the plain order where the plan takes all of them. Empty: nothing.
 */
export function describeFaults(record: RunRecord, untilMs?: number): string[] {
  const { plan, deviations } = record
  const late = plan.late === undefined ? lateDeliveries(record) : 0
  const choices = plan.deviations === undefined ? deviations.length : 0
  return [
    ...describePlan(plan, untilMs),
    ...(late === 0 ? [] : [`${counted(late, 'delivery is', 'deliveries are')} late, by the time drawn for each`]),
    ...(choices === 0 ? [] : [`${counted(choices, 'choice is', 'choices are')} out of the plain order`]),
  ]
}

function counted(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`
}

/** Takes the running hash at regular steps. */
export class CheckpointTaker {
  #everySteps = 1
  #hashes: string[] = []

  /** Whether the hash after `step` is one of those to take. */
  isDue(step: number): boolean {
    return step % this.#everySteps === 0
  }

  /** The run is about to go on after `step`, which is due. */
  note(step: number, digest: string): void {
    if (!this.isDue(step)) return
    this.#hashes.push(digest)
    if (this.#hashes.length <= checkpointsMax) return
    this.#hashes = this.#hashes.filter((_, index) => index % 2 === 0)
    this.#everySteps *= 2
  }

  get checkpoints(): Checkpoints {
    return { everySteps: this.#everySteps, hashes: this.#hashes }
  }
}

/** Steps between which two runs first differ: they agreed after `after`, and no more after `by`; `undefined`: nowhere. */
export function firstDivergence(one: Checkpoints, other: Checkpoints): { after: number; by: number } | undefined {
  const everySteps = Math.max(one.everySteps, other.everySteps)
  // Both intervals are powers of two, so the coarser one has its steps in common with the finer.
  const at = (checkpoints: Checkpoints, index: number) =>
    checkpoints.hashes[(index * everySteps) / checkpoints.everySteps]
  for (let index = 0; ; index++) {
    const [left, right] = [at(one, index), at(other, index)]
    if (left === undefined && right === undefined) return undefined
    if (left !== right) return { after: Math.max(0, index - 1) * everySteps, by: index * everySteps }
  }
}
