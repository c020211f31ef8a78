/** The cell: the runtime's record of one living actor. A turn needs its first part only; the kernel keeps the rest. */
import type { CompiledDefinition, Handler, TerminationReason } from './actor-definition.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import type { PendingAsk } from './ask-table.ts'
import type { DurableOutput } from './durable-output.ts'
import type { Envelope } from './envelope.ts'
import type { IncomingStream } from './incoming-stream.ts'
import type { InterleavedTurn } from './interleaving.ts'
import { Mailbox } from './mailbox.ts'
import type { DefinitionCounters } from './metrics/node-metrics.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import type { ScheduledTask } from './ports/clock.ts'
import type { Deferral } from './reply-duties.ts'
import type { Rollback } from './rollback.ts'
import type { SiblingGroup } from './sibling-group.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { StrayRejection } from './stray-rejections.ts'
import { given, type Supervision, supervisionOf } from './supervision.ts'
import type { RunningTimer } from './timers.ts'
import type { TurnContext } from './turn-context.ts'
import type { TurnScope } from './turn-scopes.ts'

/** What a cell is doing. Only a `ready` cell takes turns from its mailbox. */
export const Phase = {
  /** Held back: its spawner's events are not durable yet, or it is being recovered from the journal. */
  starting: 0,
  ready: 1,
  /** Held by an asynchronous turn, or about to stop while interleaved turns end. */
  busy: 2,
  /** Its turn failed; it waits to be restarted. */
  suspended: 3,
  /** It waits for its children to stop, or for its own last turn. */
  stopping: 4,
  stopped: 5,
} as const
export type Phase = (typeof Phase)[keyof typeof Phase]

/** Who is to be told of a death. */
export interface Watcher {
  readonly ref: Ref
  readonly key: string
}

export class ActorCell {
  readonly definition: CompiledDefinition
  readonly ref: Ref
  state: any
  /** The name of the current behavior; `undefined`: `on` alone. */
  behavior: string | undefined = undefined
  /** The behaviors before it, the latest last. */
  behaviorsBefore: readonly (string | undefined)[] = []
  /** The handlers of the current behavior, those of `on` under them. */
  handlers: ReadonlyMap<string, Handler>
  /** Raised by each restart and by a kill: what an earlier generation left running has no effect. */
  generation = 0
  context: TurnContext | undefined = undefined

  readonly parent: ActorCell | undefined
  readonly args: unknown
  readonly options: SpawnOptions
  readonly supervision: Supervision
  readonly mailbox: Mailbox
  phase: Phase = Phase.starting
  /** True while the cell is in the run queue or being run. */
  scheduled = false
  /** The turn to run before the mailbox's next: `started`, after a start or a restart. */
  first: Envelope | undefined = undefined
  /** True once a graceful stop waits in the mailbox. */
  stopRequested = false
  /** Set when the cell is to stop once its turn is over. */
  stopReason: TerminationReason | undefined = undefined
  children: Set<ActorCell> | undefined = undefined
  /** Living children that were given a name. */
  names: Map<string, ActorCell> | undefined = undefined
  watchers: Watcher[] | undefined = undefined
  /** What this actor watches, by watch key. */
  watching: Map<string, Ref> | undefined = undefined
  timers: Map<string, RunningTimer> | undefined = undefined
  /** The repeating timer whose message is being handled. */
  handling: RunningTimer | undefined = undefined
  /** Messages put aside, in order. */
  stash: Envelope[] | undefined = undefined
  /** The message of the turn under way, once it was put aside. */
  stashing: Envelope | undefined = undefined
  /** Asks whose reply this actor deferred and has not sent. */
  deferred: Map<string, Deferral> | undefined = undefined
  /** Asks of other nodes that nobody waits for any more and whose messages may be in the mailbox. */
  givenUp: Set<string> | undefined = undefined
  restartTimes: number[] | undefined = undefined
  /** Open streams: those that this actor asked for, and those that it answers with. */
  incoming: Set<IncomingStream> | undefined = undefined
  outgoing: Set<OutgoingStream> | undefined = undefined
  /** True while a restart waits for the children to stop. */
  restarting = false
  restartTask: ScheduledTask | undefined = undefined
  /** Children that are still to be stopped, one after the other, the last first. */
  childrenToStop: ActorCell[] | undefined = undefined
  /** True while the last of them is being told. */
  stoppingChild = false
  /** The siblings with which this actor is being restarted or ended. */
  group: SiblingGroup | undefined = undefined
  /** Such a group among this actor's children. */
  siblings: SiblingGroup | undefined = undefined
  /** Where an actor that a group takes down is: its children stop, then its last turn, then it waits. */
  descent: 'children' | 'last turn' | 'down' | undefined = undefined
  /** Actors that fail, are killed or are lost together with this one, by link. */
  links: Map<string, Ref> | undefined = undefined
  /** Undoes what a failed turn did to the state, where supervision says so. */
  rollback: Rollback | undefined = undefined
  /** True for the runtime's own actors under the guardian, which no strategy treats. */
  isInternal = false
  durable: DurableOutput | undefined = undefined
  /** The message of the asynchronous turn under way. */
  current: Envelope | undefined = undefined
  /** The asynchronous turns under way that hold nobody, by their messages. */
  interleaved: Map<Envelope, InterleavedTurn> | undefined = undefined
  /** Its number among the turns of the node. */
  currentTurn = 0
  /** When it began: by the node's clock, and where turns are measured by that of the metrics. */
  currentSince = 0
  turnBeganNs = 0
  /** What is counted of its definition; set where turns are measured. */
  counters: DefinitionCounters | undefined = undefined
  /** True once the actor asked for its random stream. */
  draws = false
  /** The latest ask of this actor that waits for a reply; the others are linked to it. */
  lastAsk: PendingAsk | undefined = undefined
  /** Tasks of this actor that are under way. */
  openTasks = 0
  /** What owns the promises of the latest generation that made one. */
  scope: TurnScope | undefined = undefined
  /** Promises of this generation that rejected and that nobody awaits. */
  rejections: StrayRejection[] | undefined = undefined

  constructor(
    definition: CompiledDefinition,
    ref: Ref,
    parent: ActorCell | undefined,
    args: unknown,
    options: SpawnOptions,
    state: unknown,
  ) {
    this.definition = definition
    this.handlers = definition.handlers
    this.ref = ref
    this.parent = parent
    this.args = args
    this.options = options
    this.supervision = supervisionOf(options.supervise, definition.supervise)
    this.mailbox = new Mailbox({ ...given(definition.mailbox), ...given(options.mailbox) }, definition.reentrant)
    this.state = state
  }

  /** `/node/parent/child`, for people and logs. */
  path(): string {
    const own = this.options.name ?? `${this.definition.name}-${this.ref.incarnation}`
    return this.parent === undefined ? `/${this.ref.node}` : `${this.parent.path()}/${own}`
  }

  /** Who still waits for an answer of the turn of `envelope`: nobody, when its message was sent on. */
  asker(envelope: Envelope | undefined): ReplyToken | undefined {
    if (envelope === undefined) return undefined
    // What a durable actor sends on is held; a turn that is cut short lets none of it out.
    return this.durable === undefined && this.context?.hasForwarded(envelope) ? undefined : envelope.replyTo
  }
}

/** A reply token as a map key. */
export function tokenKey(token: ReplyToken): string {
  return `${token.node}.${token.epoch}#${token.askId}`
}
