/** The clock port: the one source of time for everything on a node. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes backwards on one node. */
  now(): number
  /**
   * Set where reading the time costs as much as a small turn: by how many milliseconds the timeout of an ask may come late,
   * at most a fiftieth of it, so that the time is not read for each. Default 0.
   */
  readonly slackMs?: number
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
