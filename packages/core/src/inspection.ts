/**
 * Inspection: the living tree of a node as plain data, bounded, so that it can be taken from a system of any size and
 * sent anywhere.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ActorRef } from './actor-ref.ts'
import { interleavedOf } from './interleaving.ts'
import type { NodeKernel } from './node-kernel.ts'
import { Phase } from './phase.ts'

/** How much to look at. */
export interface InspectOptions {
  /** Generations below a node's guardian; a whole number from 1. Default 16. */
  readonly depth?: number
  /** Actors of each node at most; a whole number from 1. Default 10,000. */
  readonly maxActors?: number
  /** How long to wait for a node's answer, in milliseconds, where it can be late. Default 1,000. */
  readonly timeoutMs?: number
}

/** What lives in a system now. */
export interface SystemInspection {
  readonly nodes: readonly NodeInspection[]
}

/** What lives on a node now. */
export interface NodeInspection {
  readonly node: string
  /** Raised each time the node was replaced; from 0. */
  readonly epoch: number
  /** `unresponsive`: it did not answer in time, and what is told of it is not known but for `stuck`. */
  readonly status: 'up' | 'down' | 'unresponsive'
  /** Living actors, without the runtime's own: the node's guardian, say, and those that watch for the outside. */
  readonly actors: number
  /** Turns run since the node started. */
  readonly turns: number
  /** The actors under the node's guardian, in the order in which they were started. */
  readonly roots: readonly ActorInspection[]
  /** Actors that were left out, since there were more than asked for. */
  readonly omitted: number
  /** How much the node keeps of what is under way. */
  readonly tables: NodeTables
  /** The turn that keeps the node's thread, as far as its host can know. */
  readonly stuck?: StuckTurn
}

/** Entries of a node's tables: what is open on it now. What has ended, however it did, is in none of them. */
export interface NodeTables {
  /** Living actors, with the runtime's own. */
  readonly cells: number
  /** Asks of this node that wait for a reply. */
  readonly asks: number
  /** Replies that actors of this node took into their own hands and have not sent. */
  readonly deferredReplies: number
  /** Streams that this node reads, and those that it answers with. */
  readonly incomingStreams: number
  readonly outgoingStreams: number
  /** Tasks that this node waits for. */
  readonly tasks: number
  /** Running timers of the actors, with the timeouts of their behaviors. */
  readonly timers: number
  /** What actors of this node watch, on any node, and who watches them. */
  readonly watches: number
  readonly watchers: number
  /** Ends of links; a link between two actors of one node has two. */
  readonly links: number
}

/** A turn that does not end. */
export interface StuckTurn {
  /** The actor's path and the name of its message; `undefined` when no turn is under way. */
  readonly actor: string | undefined
  readonly message: string | undefined
  /** How long it has been seen not to move, in milliseconds. */
  readonly forMs: number
}

/** One living actor. */
export interface ActorInspection {
  readonly path: string
  readonly definition: string
  readonly ref: ActorRef
  readonly phase: keyof typeof Phase
  /** The named behavior it is in; `undefined` when it is in none. */
  readonly behavior: string | undefined
  /** Raised by each restart; from 0. */
  readonly generation: number
  /** Messages that wait in its mailbox, and those it put aside. */
  readonly mailbox: number
  readonly stash: number
  readonly watchers: number
  readonly watching: number
  /** The keys of its running timers, the first 100. */
  readonly timers: readonly string[]
  /** Asks of this actor that wait for a reply. */
  readonly openAsks: number
  readonly durableId: string | undefined
  /** The message of its asynchronous turn under way, and for how long. */
  readonly turn: { readonly message: string; readonly sender: ActorRef | undefined; readonly forMs: number } | undefined
  /** Its asynchronous turns of re-entrant messages, which hold nobody. */
  readonly interleaved: number
  readonly children: readonly ActorInspection[]
}

const timersMax = 100

/** The limits of an inspection, with every default filled in. */
export type InspectionLimits = Required<InspectOptions>

/** The living tree of `kernel`'s node. */
export function inspectNode(kernel: NodeKernel, { depth, maxActors }: InspectionLimits): NodeInspection {
  let actors = 0
  for (const cell of kernel.cells) if (!isRuntimes(kernel, cell)) actors++
  const { node, epoch, turns } = kernel
  if (!kernel.alive) return downNode(node, epoch)
  const now = kernel.now()
  let shown = 0
  const inspectChildren = (cell: ActorCell, level: number): ActorInspection[] => {
    const children: ActorInspection[] = []
    if (level > depth) return children
    for (const child of cell.children ?? []) {
      if (isRuntimes(kernel, child)) continue
      if (shown >= maxActors) break
      shown++
      children.push(inspectActor(child, now, inspectChildren(child, level + 1)))
    }
    return children
  }
  kernel.asks.gather()
  const roots = inspectChildren(kernel.guardian, 1)
  return { node, epoch, status: 'up', actors, turns, roots, omitted: actors - shown, tables: tablesOf(kernel) }
}

function tablesOf({ cells, asks, duties, streams, tasks }: NodeKernel): NodeTables {
  const counts = { cells: 0, timers: 0, watches: 0, watchers: 0, links: 0 }
  for (const { timers, watching, watchers, links } of cells) {
    counts.cells++
    counts.timers += timers?.size ?? 0
    counts.watches += watching?.size ?? 0
    counts.watchers += watchers?.length ?? 0
    counts.links += links?.size ?? 0
  }
  const { incoming, outgoing } = streams.size
  return {
    ...counts,
    asks: asks.size,
    deferredReplies: duties.deferredCount,
    incomingStreams: incoming,
    outgoingStreams: outgoing,
    tasks: tasks.size,
  }
}

const noTables: NodeTables = Object.freeze({
  cells: 0,
  asks: 0,
  deferredReplies: 0,
  incomingStreams: 0,
  outgoingStreams: 0,
  tasks: 0,
  timers: 0,
  watches: 0,
  watchers: 0,
  links: 0,
})

function isRuntimes(kernel: NodeKernel, cell: ActorCell): boolean {
  return kernel.isSystemActor(cell) || cell.isInternal
}

/** What there is to say of a node that is not up. */
export function downNode(node: string, epoch: number): NodeInspection {
  return { node, epoch, status: 'down', actors: 0, turns: 0, roots: [], omitted: 0, tables: noTables }
}

function inspectActor(cell: ActorCell, now: number, children: readonly ActorInspection[]): ActorInspection {
  const { current } = cell
  return {
    path: cell.path(),
    definition: cell.definition.name,
    ref: cell.ref,
    phase: phaseNames[cell.phase] as keyof typeof Phase,
    behavior: cell.behavior,
    generation: cell.generation,
    mailbox: cell.mailbox.length,
    stash: cell.stash?.length ?? 0,
    watchers: cell.watchers?.length ?? 0,
    watching: cell.watching?.size ?? 0,
    timers: [...(cell.timers?.keys() ?? [])].slice(0, timersMax),
    openAsks: openAsksOf(cell),
    durableId: cell.options.durableId,
    turn:
      current === undefined
        ? undefined
        : { message: current.name, sender: current.sender, forMs: Math.max(0, now - cell.currentSince) },
    interleaved: interleavedOf(cell),
    children,
  }
}

function openAsksOf(cell: ActorCell): number {
  let count = 0
  for (let ask = cell.lastAsk; ask !== undefined; ask = ask.earlier) count++
  return count
}

const phaseNames = Object.keys(Phase)
