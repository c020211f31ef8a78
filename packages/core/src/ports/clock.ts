/** The clock port: the one source of time for everything on a node. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes backwards on one node. */
  now(): number
  /**
   * Milliseconds since some moment of this node's own, with fractions: grows as time passes, whoever sets the clock meanwhile.
   * Two readings say how much time lies between them; nothing else can be compared with one.
   */
  monotonicNow(): number
  /** Runs `run` once, `delayMs` milliseconds from now or later, never before this call has returned. */
  schedule(delayMs: number, run: () => void): ScheduledTask
}

/** What {@link Clock.schedule} returns. */
export interface ScheduledTask {
  /** Keeps the task from running; does nothing when it already ran. */
  cancel(): void
}
