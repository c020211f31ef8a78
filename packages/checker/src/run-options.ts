/** How turns are run, and the tables that they share. */
import type { AskTable } from './ask-table.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'

/** What turns share. */
export interface TurnTables {
  readonly messages: MessageTable
  readonly asks: AskTable
  readonly network: NetworkTable
}

/** How turns are run. */
export interface RunOptions {
  readonly crashes: boolean
  readonly stalls: boolean
  readonly drafts: boolean
  /** Orders of steps are left out. */
  readonly reduces: boolean
  /** Nobody may spawn, stop or begin anew. */
  readonly lives: boolean
  /** What supervision says of a turn that fails is done. */
  readonly supervises: boolean
  /** The search waits for turns that do not end at once: an {@link UnfinishedTurn} says so. */
  readonly awaits: boolean
}
