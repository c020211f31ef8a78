/**
 * Operations: what a client asked of a shared object, what it was told, and between which two moments. Plain data, so
 * that a history can be kept in a file, sent to another thread or shown.
 */

/** One operation of a history. */
export interface Operation<Input = unknown, Output = unknown> {
  /** Who called it. The operations of one process follow each other. */
  readonly process: number | string
  readonly input: Input
  /** What the caller was told. Without meaning when `returnedAt` is undefined. */
  readonly output?: Output
  /** When it was called: any number that grows with time, such as virtual milliseconds or the index of the event. */
  readonly calledAt: number
  /**
   * When it returned, not before `calledAt`. Undefined: nobody knows whether it took effect; it may have at any time
   * after its call, or never.
   */
  readonly returnedAt?: number | undefined
}

/** Stands in for the output of an operation that never returned. */
export const unknownOutput: unique symbol = Symbol('unknown output')

/** What a model's `step` gets as output. */
export type KnownOutput<Output> = Output | typeof unknownOutput

/** The output of `operation` as a model sees it. */
export function outputOf<Output>(operation: Operation<unknown, Output>): KnownOutput<Output> {
  return operation.returnedAt === undefined ? unknownOutput : (operation.output as Output)
}
