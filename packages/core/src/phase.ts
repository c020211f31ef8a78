/** The phases of a cell's life. */
/** What a cell is doing. Only a `ready` cell takes turns from its mailbox. */
export const Phase = {
  ready: 0,
  /** Held back: its spawner's events are not durable yet, or it is being recovered from the journal. */
  starting: 1,
  /** Held by an asynchronous turn, or about to stop while interleaved turns end. */
  busy: 2,
  /** Its turn failed; it waits to be restarted. */
  suspended: 3,
  /** It waits for its children to stop, or for its own last turn. */
  stopping: 4,
  stopped: 5,
} as const
export type Phase = (typeof Phase)[keyof typeof Phase]
