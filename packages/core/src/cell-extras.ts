/**
 * What a cell has only once its actor did something out of the ordinary: it spawned by name, watched, set a timer, asked,
 * awaited, was supervised. Most actors of a large system never do, so that they have none of this, and a turn or a stop
 * asks one question for all of it.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import type { Deferrals } from './deferrals.ts'
import type { DurableOutput } from './durable-output.ts'
import type { Envelope } from './envelope.ts'
import type { IncomingStream } from './incoming-stream.ts'
import type { InterleavedTurn } from './interleaving.ts'
import type { DefinitionCounters } from './metrics/node-metrics.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import type { PendingAsk } from './pending-ask.ts'
import type { ScheduledTask } from './ports/clock.ts'
import type { Rollback } from './rollback.ts'
import type { SiblingGroup } from './sibling-group.ts'
import type { StrayRejection } from './stray-rejections.ts'
import type { RunningTimer } from './timers.ts'
import type { TurnScope } from './turn-scopes.ts'

/** The behaviors before the first one. */
export const noBehaviors: readonly (string | undefined)[] = Object.freeze([])

/** Who is to be told of a death. */
export interface Watcher {
  readonly ref: Ref
  readonly key: string
}

export class CellExtras {
  // What the turns of an actor that has extras look at comes first, so that it is close together.
  /** The name of the current behavior; `undefined`: `on` alone. */
  behavior: string | undefined = undefined
  durable: DurableOutput | undefined = undefined
  /** Undoes what a failed turn did to the state, where supervision says so. */
  rollback: Rollback | undefined = undefined
  /** The asynchronous turns under way that hold nobody, by their messages. */
  interleaved: Map<Envelope, InterleavedTurn> | undefined = undefined
  /** The message of the turn under way, once it was put aside. */
  stashing: Envelope | undefined = undefined
  timers: Map<string, RunningTimer> | undefined = undefined
  /** The repeating timer whose message is being handled. */
  handling: RunningTimer | undefined = undefined
  /** The behaviors before it, the latest last. */
  behaviorsBefore: readonly (string | undefined)[] = noBehaviors
  /** Living children that were given a name. */
  names: Map<string, ActorCell> | undefined = undefined
  watchers: Watcher[] | undefined = undefined
  /** What this actor watches, by watch key. */
  watching: Map<string, Ref> | undefined = undefined
  /** Actors that fail, are killed or are lost together with this one, by link. */
  links: Map<string, Ref> | undefined = undefined
  /** Messages put aside, in order. */
  stash: Envelope[] | undefined = undefined
  /** Replies that this actor deferred and has not sent. */
  deferred: Deferrals | undefined = undefined
  /** Asks of other nodes that nobody waits for any more and whose messages may be in the mailbox. */
  givenUp: Set<string> | undefined = undefined
  /** The latest ask of this actor that waits for a reply; the others are linked to it. */
  lastAsk: PendingAsk | undefined = undefined
  /** How many of them become messages when they end. */
  asksThen: number = 0
  /** Tasks of this actor that are under way. */
  openTasks: number = 0
  /** Open streams that this actor asked for. */
  incoming: Set<IncomingStream> | undefined = undefined
  /** Open streams that it answers with. */
  outgoing: Set<OutgoingStream> | undefined = undefined
  /** The number of the asynchronous turn under way among the turns of the node. */
  currentTurn: number = 0
  /** When it began, by the node's clock. */
  currentSince: number = 0
  /** When the turn under way began, by the clock of the metrics; 0 where nobody measures. */
  turnBeganNs: number = 0
  /** What is counted of its definition; set where turns are measured. */
  counters: DefinitionCounters | undefined = undefined
  restartTimes: number[] | undefined = undefined
  /** True while a restart waits for the children to stop. */
  restarting: boolean = false
  restartTask: ScheduledTask | undefined = undefined
  /** Children that are still to be stopped, one after the other, the last first. */
  childrenToStop: ActorCell[] | undefined = undefined
  /** True while the last of them is being told. */
  stoppingChild: boolean = false
  /** The siblings with which this actor is being restarted or ended. */
  group: SiblingGroup | undefined = undefined
  /** Such a group among this actor's children. */
  siblings: SiblingGroup | undefined = undefined
  /** Where an actor that a group takes down is: its children stop, then its last turn, then it waits. */
  descent: 'children' | 'last turn' | 'down' | undefined = undefined
  /** True for the runtime's own actors under the guardian, which no strategy treats. */
  isInternal: boolean = false
  /** True once the actor asked for its random stream. */
  draws: boolean = false
  /** What owns the promises of the latest generation that made one. */
  scope: TurnScope | undefined = undefined
  /** Promises of this generation that rejected and that nobody awaits. */
  rejections: StrayRejection[] | undefined = undefined
}
