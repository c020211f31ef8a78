/**
 * What each actor's state became, for reports: after every step the actors that took a turn, or are in one, are looked
 * at, and a state that changed is kept as a copy. Nothing of it goes into the hash, so that a run is the same with it.
 */
import { type ActorCell, decodeValue, encodeValue, Phase, prepareMessage } from '@troupe/core/host'
import type { SimulatedNode } from './simulated-node.ts'
import type { Trace, TraceEvent } from './trace.ts'

/** An actor has a new state, or none any more. */
export interface StateChange {
  /** How many events of the trace came before it. */
  readonly afterEvents: number
  readonly step: number
  readonly node: string
  /** The actor's path. */
  readonly actor: string
  readonly behavior: string | undefined
  /** A copy of the state, with the effects of events that are not synced; for what is no data, a text that says so. */
  readonly state: unknown
  /** True when the actor stopped or its node crashed; `state` is `undefined` then. */
  readonly ended: boolean
}

/** What is known of an actor since it was looked at last. */
interface Known {
  readonly cell: ActorCell
  readonly node: string
  bytes: Uint8Array
  behavior: string | undefined
  /** It is in an asynchronous turn, which may change the state in any step. */
  inTurn: boolean
}

export class StateRecorder {
  readonly changes: StateChange[] = []
  readonly #trace: Trace
  readonly #known = new Map<string, Known>()
  readonly #tookTurn = new Set<string>()

  constructor(trace: Trace) {
    this.#trace = trace
    const tookTurn = (event: TraceEvent) => {
      if (event.type === 'turn') this.#tookTurn.add(event.actor)
    }
    trace.observe(tookTurn, { only: ['turn'] })
  }

  /** Looks at the actors of `nodes` after a step. */
  look(nodes: readonly SimulatedNode[]): void {
    const living = new Set<string>()
    for (const { kernel } of nodes) {
      if (kernel === undefined || !kernel.alive) continue
      for (const cell of kernel.cells) {
        if (kernel.isSystemActor(cell) || cell.isInternal || cell.phase === Phase.stopped) continue
        const actor = kernel.pathOf(cell)
        living.add(actor)
        // A state is the actor's between two turns, or in one; not while it waits to be started or restarted.
        if (cell.phase !== Phase.ready && cell.phase !== Phase.busy) continue
        const known = this.#known.get(actor)
        if (known?.cell === cell && !known.inTurn && !this.#tookTurn.has(actor)) continue
        this.#lookAt(cell, actor, kernel.node, known)
      }
    }
    for (const [actor, { node }] of this.#known) {
      if (living.has(actor)) continue
      this.#known.delete(actor)
      this.#change({ node, actor, behavior: undefined, state: undefined, ended: true })
    }
    this.#tookTurn.clear()
  }

  #lookAt(cell: ActorCell, actor: string, node: string, known: Known | undefined): void {
    const { behavior } = cell
    const bytes = bytesOf(cell.rollback === undefined ? cell.state : cell.rollback.state)
    const inTurn = cell.phase === Phase.busy || (cell.interleaved?.size ?? 0) > 0
    const isSame = known?.cell === cell && known.behavior === behavior && areEqual(known.bytes, bytes)
    this.#known.set(actor, { cell, node, bytes, behavior, inTurn })
    if (!isSame) this.#change({ node, actor, behavior, state: decodeValue(bytes), ended: false })
  }

  #change(change: Omit<StateChange, 'afterEvents' | 'step'>): void {
    const { events, step } = this.#trace
    this.changes.push({ afterEvents: events?.length ?? 0, step, ...change })
  }
}

function bytesOf(state: unknown): Uint8Array {
  try {
    return encodeValue(prepareMessage(state, 'copied', () => 'the state'))
  } catch (error) {
    return encodeValue(`(no data: ${error instanceof Error ? error.message : String(error)})`)
  }
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
