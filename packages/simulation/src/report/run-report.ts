/**
 * A run as a report shows it, wherever it comes from: a simulation, the checker's counterexample, or a history of
 * operations. Plain data; what is in it may be hostile, the page shows it as text only.
 */

/** What an event is, which decides how it is drawn. */
export type ReportEventKind =
  | 'turn'
  | 'sent'
  | 'delivered'
  | 'dropped'
  | 'duplicated'
  | 'reordered'
  | 'node'
  | 'network'
  | 'disk'
  | 'failure'
  | 'violation'

/** An actor, on its node. */
export interface ReportActor {
  /** Unique in the report. */
  readonly path: string
  readonly node: string
}

/** An actor's state after an event. */
export interface ReportState {
  /** The actor's path. */
  readonly actor: string
  /** Any value; it is shown field by field. */
  readonly state: unknown
  readonly behavior?: string | undefined
  /** The actor is no more; `state` does not matter. */
  readonly ended?: boolean
}

/** One thing that happened. */
export interface ReportEvent {
  /** Virtual milliseconds; `undefined` where there is no time. */
  readonly atMs?: number | undefined
  /** The step during which it happened. */
  readonly step: number
  readonly kind: ReportEventKind
  /** Where it is drawn; an empty name: the whole network. */
  readonly node: string
  /** The actor whose lane it is drawn in; without one, its node's own. */
  readonly actor?: string | undefined
  /** What happened, in one line. */
  readonly text: string
  readonly message?: string | undefined
  readonly payload?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The index of the event whose message this one receives or loses: an arrow goes from there to here. */
  readonly cause?: number | undefined
  /** True for the second arrival of one message. */
  readonly again?: boolean
  /** What it changed. */
  readonly states?: readonly ReportState[]
  /** Why it is marked: the violated invariant, the failure. */
  readonly mark?: string | undefined
}

/** Something that lasts: a node that is down or paused, a cut of the network. */
export interface ReportBand {
  readonly kind: 'down' | 'paused' | 'partition'
  /** The nodes that it concerns. */
  readonly nodes: readonly string[]
  readonly text: string
  /** The index of the event with which it begins, and of that with which it ends; `undefined`: it lasts to the end. */
  readonly from: number
  readonly to: number | undefined
}

/** One operation of a client on a shared object. */
export interface ReportOperation {
  readonly process: string
  readonly calledAt: number
  /** `undefined`: it never returned. */
  readonly returnedAt: number | undefined
  readonly text: string
  /** It is one of those that no order explains. */
  readonly marked: boolean
}

/** What clients saw. */
export interface ReportHistory {
  /** Why the history is shown, such as which property fails. */
  readonly text: string
  /** The processes, in the order of their lanes. */
  readonly clients: readonly string[]
  readonly operations: readonly ReportOperation[]
}

/** A whole run. */
export interface RunReport {
  readonly title: string
  /** Names and values for the head of the page, such as seed and hash. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** What is violated; `undefined`: nothing. */
  readonly verdict?: string | undefined
  readonly nodes: readonly string[]
  readonly actors: readonly ReportActor[]
  /** The states before the first event. */
  readonly initial?: readonly ReportState[]
  /** In the order in which they happened. */
  readonly events: readonly ReportEvent[]
  readonly bands?: readonly ReportBand[]
  readonly history?: ReportHistory | undefined
}
