/**
 * What several threads need to give one value one number: a log that all can append to. A table that numbers values numbers
 * them in the order of the log, whoever appended them, so a number means the same on every thread.
 */

/** The log, as one thread sees it. */
export interface NumberLog {
  /**
   * Opens the next table: threads open theirs in the same order. `take` is called with every entry of that table, in the
   * order of the log; those of this thread too.
   */
  open(take: (entry: string) => void): LoggedTable
}

/** What a table asks of its log. */
export interface LoggedTable {
  /** Takes in what others have appended. */
  catchUp(): void
  /** Takes in what others have appended, and then, unless `isKnown` by then, appends `entry`. */
  append(entry: string, isKnown: () => boolean): void
}
