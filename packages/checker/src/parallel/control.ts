/** The words by which the threads of a search agree, in memory that they share. */

/** Where each word is. */
export const Control = {
  /** The first state of the level that no thread has taken. */
  cursor: 0,
  /** Set to 1 when the table of states is full: all pause, and it grows. */
  isFull: 1,
  /** Set to 1 to end the search where it is. */
  isStopped: 2,
  /** See `SharedLog`. */
  logLock: 3,
  logEnd: 4,
  /** See `Levels`. */
  levelStart: 5,
  levelEnd: 6,
  depth: 7,
  resting: 8,
  ended: 9,
  isPaused: 10,
  isWanted: 11,
} as const

/** Memory for them. */
export function controlMemory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12 * Int32Array.BYTES_PER_ELEMENT))
}
