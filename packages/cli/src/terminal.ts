/** Where a command writes: results on standard output, everything else on standard error. */

/** A stream as commands need it: `process.stdout`, or what collects text in a test. */
export interface TextStream {
  write(text: string): unknown
  /** Whether a person looks at it, so that a line may be written over. */
  readonly isTTY?: boolean
}

/** The two streams of a process. */
export interface Terminal {
  readonly stdout: TextStream
  readonly stderr: TextStream
}

/** Writes `text` and ends the line. */
export function printLine({ stdout }: Terminal, text: string): void {
  stdout.write(`${text}\n`)
}

/** Writes `row` as one line of JSON; what is undefined in it is null, so that all rows have the same keys. */
export function printJson({ stdout }: Terminal, row: Readonly<Record<string, unknown>>): void {
  stdout.write(`${JSON.stringify(row, (_key, value) => (value === undefined ? null : value))}\n`)
}

/** A count with what is counted: `1 seed`, `2 seeds`. */
export function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** Seconds since `started`, a `performance.now()`, to the millisecond. */
export function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1_000
}
