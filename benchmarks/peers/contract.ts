/**
 * What every peer keeps to. A peer opens a workload, which starts what it needs; its session then runs that workload
 * again and again, each time to its last message. Only completed and verified work counts.
 */

/** The workloads, by the names that reports carry. */
export type WorkloadName =
  | 'ping-pong'
  | 'counting'
  | 'thread-ring'
  | 'fork-join-create'
  | 'fork-join-throughput'
  | 'big'
  | 'chameneos'
  | 'fibonacci'
  | 'ask'
  | 'memory'
  | 'xthread-tell'
  | 'xthread-nested'
  | 'xthread-ask'
  | 'xthread-pipelined-ask'
  | 'xthread-bytes'
  | 'cpu'

/** What one run came to. */
export interface Outcome {
  /** Units that were completed and verified. */
  readonly completed: number
  /** What was measured, where that is not completed units over time: bytes an actor, milliseconds of CPU a second. */
  readonly value?: number
  /** Nanoseconds of each round trip, where latencies are measured. */
  readonly latencies?: Float64Array
}

/** A workload that is ready to run. */
export interface Session {
  /** Completes work of `size` (see `workloads.ts`); throws when it does not verify. */
  run(size: number): Promise<Outcome> | Outcome
  /** Ends what the session started. */
  close?(): Promise<unknown> | unknown
}

/** Starts a workload. `variant` is one of those that `workloads.ts` lists for it, or `''` where it lists none. */
export type Open = (variant: string) => Promise<Session> | Session

/** A workload as a peer does it. */
export interface PeerWorkload {
  /** The variants it does. Default: all. */
  readonly variants?: readonly string[]
  readonly open: Open
}

/** The workloads of one peer; each peer's folder exports its own as `workloads`. */
export type PeerWorkloads = { readonly [Name in WorkloadName]?: Open | PeerWorkload }

/** Throws unless `actual` is `expected`; returns the outcome of `completed` units. */
export function verified(what: string, actual: number, expected: number, completed = expected): Outcome {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`)
  return { completed }
}

/** A promise and who settles it, for peers whose actors call back. */
export class Completion<Value> {
  #resolve: (value: Value) => void = () => {}
  readonly promise = new Promise<Value>((resolve) => {
    this.#resolve = resolve
  })

  resolve(value: Value): void {
    this.#resolve(value)
  }
}
