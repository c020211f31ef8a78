/**
 * What a property or an observer may see of a run between two steps: nodes, living actors, messages under way and what
 * the journals hold. Everything is read when it is asked for.
 */
import type { ActorDefinition, ActorRef, StateOf } from '@troupe/core'
import { type ActorCell, type Envelope, EnvelopeKind, Phase } from '@troupe/core/host'
import type { ChangedCells } from './changed-cells.ts'
import type { FrameFacts } from './frame-facts.ts'
import type { JournalRecordView } from './journal-records.ts'
import type { SimulatedKernel } from './simulated-kernel.ts'
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

/** A message that was sent and not handled yet. */
export interface MessageView {
  /** On its way to another node, or accepted there and waiting for its turn, or put aside by the actor. */
  readonly where: 'network' | 'mailbox' | 'stash'
  /** The node that it came from; `undefined` once it is in a mailbox and its sender is not known. */
  readonly from: string | undefined
  readonly to: string
  /** The actor that it is for; `undefined` in a reply. */
  readonly target: ActorRef | undefined
  /** The message's name; for a frame that is no message, the frame's. */
  readonly message: string
  readonly payload: unknown
  /** The actor that sent it; `undefined` when it came from the program, and in a reply. */
  readonly sender: ActorRef | undefined
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
   * could take a turn or are in one, without the runtime's own. Node by node, each node's in the order of their slots.
   */
  cells<Definition extends ActorDefinition<any, any>>(definition?: Definition): CellView<StateOf<Definition>>[]
  /**
   * Those of {@link SystemView.cells} whose states the step may have changed: they took a turn, began, or are in an
   * asynchronous turn. In a property, which is looked at after every step, these are all that can be other than before;
   * those that ended are not among them.
   */
  changed<Definition extends ActorDefinition<any, any>>(definition?: Definition): CellView<StateOf<Definition>>[]
  /** The messages under way: those in the network, in the order in which they left, then those that wait node by node. */
  messages(): MessageView[]
  /** The records of one durable actor, or of all, on every node, those that are down included. */
  records(durableId?: string): JournalRecordView[]
}

/** What of the network a view shows. */
interface FramesUnderWay {
  framesUnderWay(): Iterable<FrameFacts>
}

/** What a view is of. */
interface Viewed {
  readonly nodes: readonly SimulatedNode[]
  readonly changedCells: ChangedCells
  readonly network: FramesUnderWay
  now(): number
}

/**
 * The view, read when it is asked for. A class and no object with getters: each of those has functions of its own as its getters, so
 * that no two would be objects of one kind, and what is read of them is looked up by name.
 */
export class ReadView implements SystemView {
  readonly #viewed: Viewed

  constructor(viewed: Viewed) {
    this.#viewed = viewed
  }

  get nowMs(): number {
    return this.#viewed.now()
  }

  get up(): string[] {
    return this.#names(true)
  }

  get down(): string[] {
    return this.#names(false)
  }

  // Functions: properties take them out of the view.

  readonly cells = (definition?: ActorDefinition<any, any>): CellView[] => {
    const views: CellView[] = []
    for (const { kernel } of this.#viewed.nodes) {
      if (kernel === undefined || !kernel.alive) continue
      for (const cell of kernel.cells) if (isViewed(cell, kernel, definition)) views.push(viewOf(cell, kernel))
    }
    return views
  }

  readonly changed = (definition?: ActorDefinition<any, any>): CellView[] => {
    const { changedCells } = this.#viewed
    // Nearly always one or none: an empty list to which one is added makes room for sixteen.
    let views: CellView[] | undefined
    const { count } = changedCells
    for (let index = 0; index < count; index++) {
      const kernel = changedCells.kernelAt(index)
      const cell = changedCells.cellAt(index)
      if (!kernel.alive || !isViewed(cell, kernel, definition)) continue
      if (views === undefined) views = [viewOf(cell, kernel)]
      else views.push(viewOf(cell, kernel))
    }
    return views ?? []
  }

  readonly messages = (): MessageView[] => {
    const { network, nodes } = this.#viewed
    return [
      ...Array.from(network.framesUnderWay(), ({ from, to, target, message, payload, sender }) => {
        return { where: 'network', from, to, target, message, payload, sender } as const
      }),
      ...nodes.flatMap(({ kernel }) => (kernel?.alive ? waitingOn(kernel) : [])),
    ]
  }

  readonly records = (durableId?: string): JournalRecordView[] =>
    this.#viewed.nodes.flatMap(({ records }) => records.views(durableId))

  #names(isUp: boolean): string[] {
    return this.#viewed.nodes.filter((node) => node.isUp === isUp).map(({ name }) => name)
  }
}

/** True for an actor of that definition (of any, without one) that could take a turn or is in one. */
function isViewed(cell: ActorCell, kernel: SimulatedKernel, definition: unknown): boolean {
  if (definition !== undefined && (cell.definition as unknown) !== definition) return false
  if (kernel.isSystemActor(cell) || cell.isInternal) return false
  return cell.phase === Phase.ready || cell.phase === Phase.busy
}

/** That which was made last, while it says the same: most actors change their states in place. */
function viewOf(cell: ActorCell, kernel: SimulatedKernel): CellView {
  const name = kernel.nameOf(cell)
  const state = cell.rollback === undefined ? cell.state : cell.rollback.state
  const { behavior } = cell
  const { shown } = name
  if (shown !== undefined && shown.state === state && shown.behavior === behavior) return shown
  const view = {
    node: kernel.node,
    epoch: kernel.epoch,
    definition: cell.definition.name,
    name: cell.options.name,
    durableId: cell.options.durableId,
    path: name.text,
    ref: cell.ref,
    state,
    behavior,
  }
  name.shown = view
  return view
}

function waitingOn(kernel: SimulatedKernel): MessageView[] {
  const views: MessageView[] = []
  const add = (cell: ActorCell, where: MessageView['where'], envelopes: Iterable<Envelope>) => {
    for (const { kind, name, payload, sender } of envelopes) {
      if (kind !== EnvelopeKind.message) continue
      views.push({ where, from: sender?.node, to: kernel.node, target: cell.ref, message: name, payload, sender })
    }
  }
  for (const cell of kernel.cells) {
    if (kernel.isSystemActor(cell)) continue
    add(cell, 'mailbox', cell.mailbox)
    add(cell, 'stash', cell.stash ?? [])
  }
  return views
}
