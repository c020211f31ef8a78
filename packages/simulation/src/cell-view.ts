/** What an invariant or an observer may see of a run between two steps: the nodes and the living actors. */
import type { ActorDefinition, ActorRef } from '@troupe/core'
import { Phase } from '@troupe/core/host'
import type { SimulatedNode } from './simulated-node.ts'

/** One living actor. Its state is the actor's own: look at it, never change it. */
export interface CellView<State = any> {
  readonly node: string
  /** The node's epoch: raised each time the node comes back. */
  readonly epoch: number
  readonly definition: string
  /** The name it was spawned with. */
  readonly name: string | undefined
  readonly durableId: string | undefined
  /** The actor's path, `/node/parent/child`. */
  readonly path: string
  readonly ref: ActorRef
  /** With the effects of events that are not synced yet, which a crash may take back. */
  readonly state: State
  /** The current behavior; `undefined` while `on` alone answers. */
  readonly behavior: string | undefined
}

/** A system between two steps. */
export interface SystemView {
  /** Virtual milliseconds since the start of the run. */
  readonly nowMs: number
  /** The names of the nodes that are up, and of those that are down. */
  readonly up: readonly string[]
  readonly down: readonly string[]
  /**
   * The actors of a definition (of all, without one) that are up and between failure and recovery neither: those that
   * could take a turn or are in one. Node by node, each node's in the order of their slots.
   */
  cells<State = any>(definition?: ActorDefinition<any, any>): CellView<State>[]
}

/** The view of `nodes`, read when it is asked for. */
export function systemView(nodes: readonly SimulatedNode[], now: () => number): SystemView {
  const names = (isUp: boolean) => nodes.filter((node) => node.isUp === isUp).map(({ name }) => name)
  return {
    get nowMs() {
      return now()
    },
    get up() {
      return names(true)
    },
    get down() {
      return names(false)
    },
    cells: (definition) => {
      const views: CellView[] = []
      for (const { kernel } of nodes) {
        if (kernel === undefined || !kernel.alive) continue
        for (const cell of kernel.cells) {
          if (kernel.isSystemActor(cell) || (cell.phase !== Phase.ready && cell.phase !== Phase.busy)) continue
          if (definition !== undefined && cell.definition !== definition) continue
          views.push({
            node: kernel.node,
            epoch: kernel.epoch,
            definition: cell.definition.name,
            name: cell.options.name,
            durableId: cell.options.durableId,
            path: kernel.pathOf(cell),
            ref: cell.ref,
            state: cell.rollback === undefined ? cell.state : cell.rollback.state,
            behavior: cell.behavior,
          })
        }
      }
      return views
    },
  }
}
