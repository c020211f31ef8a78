/** Steps of a system of actors, and the turns that they are. */
import type { Envelope } from '@troupe/core/host'
import type { Answer } from './suspended-turn.ts'

/** One step of the system: a turn of one actor, the loss of a message, a sync, or the end or return of a node. */
export interface Step {
  readonly kind:
    | 'deliver'
    | 'unstashed'
    | 'timer'
    | 'timeout'
    | 'drop'
    | 'started'
    | 'stopped'
    | 'sync'
    | 'crash'
    | 'restart'
    | 'reboot'
  readonly actor: number
  /** The actor's local state after the step. */
  readonly local: number
  /** What the step does to the network. */
  readonly delta: number
  /** The message that is handled or lost; -1 for a timer. */
  readonly message: number
  /** The messages that the step sends, in order. */
  readonly sent: readonly number[]
  /** The asks that are over with the step: whatever is left of them is made so before it. */
  readonly ended: readonly number[]
  /** The key of the timer that fires. */
  readonly timer: string | undefined
  /** The random outcomes that the turn drew. */
  readonly choices: readonly number[]
  /** What the handler threw: the step then changed nothing. */
  readonly error: unknown
  /** What the step changes about who lives. */
  readonly life?: LifeStep
  /** The disk syncs no more from this step on, until a crash. */
  readonly stalls?: true
}

/** What a step changes about who lives. */
export interface LifeStep {
  /** The children that are there after it, with their local states. */
  readonly spawned: readonly (readonly [actor: number, local: number])[]
  /** `stop`: the actor ends, after its children. `restart`: its children end, and its next generation begins. */
  readonly end: 'stop' | 'restart' | undefined
  /** What the turn threw, and what supervision has made of it; `undefined`: it went well. */
  readonly failure: string | undefined
}

/** What all turns of one local transition have in common. */
export type Turn = Pick<Step, 'kind' | 'actor' | 'local' | 'message' | 'timer' | 'ended'> & {
  readonly envelope: Envelope
  /** Goes on with the turn that awaits this, in its local state. */
  readonly answer?: Answer
}

/** A step that ends no ask. */
export const noAsks: readonly number[] = []

/** The message that the turn takes from the network; -1: none. */
export function takenBy({ kind, message }: Pick<Step, 'kind' | 'message'>): number {
  return kind === 'deliver' ? message : -1
}
