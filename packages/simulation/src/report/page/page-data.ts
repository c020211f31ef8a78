/// <reference lib="dom" />
/** What the page is given: a run with its names as numbers, and of states only what changed. Written as JSON. */

/** A change of one actor's state: lines that are new or different, and paths that are gone. */
export interface PageChange {
  /** The actor's index. */
  readonly actor: number
  readonly set: readonly (readonly [path: string, text: string])[]
  readonly unset: readonly string[]
  readonly ended: boolean
}

export interface PageEvent {
  readonly atMs: number | null
  readonly step: number
  readonly kind: string
  /** The node's index; -1: the whole network. */
  readonly node: number
  /** The actor's index; -1: its node's own lane. */
  readonly actor: number
  readonly text: string
  readonly message?: string | undefined
  readonly payload?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The index of the event that an arrow comes from. */
  readonly cause?: number | undefined
  readonly again?: boolean | undefined
  readonly changes?: readonly PageChange[] | undefined
  readonly mark?: string | undefined
}

export interface PageBand {
  readonly kind: 'down' | 'paused' | 'partition'
  readonly nodes: readonly number[]
  readonly text: string
  readonly from: number
  /** The last event of the run where the band has no end. */
  readonly to: number
}

interface PageOperation {
  /** The client's index. */
  readonly client: number
  readonly calledAt: number
  readonly returnedAt: number | null
  readonly text: string
  readonly marked: boolean
}

export interface PageData {
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly verdict: string | null
  /** What was left out. */
  readonly notes: readonly string[]
  readonly nodes: readonly string[]
  readonly actors: readonly { readonly path: string; readonly node: number }[]
  readonly initial: readonly PageChange[]
  readonly events: readonly PageEvent[]
  readonly bands: readonly PageBand[]
  readonly history: {
    readonly text: string
    readonly clients: readonly string[]
    readonly operations: readonly PageOperation[]
  } | null
}
