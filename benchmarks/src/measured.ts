/** What a benchmark reports: work that was completed, by benny's rounds, as units a second. */

/** One line of a report. */
export interface Measured {
  readonly suite: string
  readonly name: string
  /** What is counted. */
  readonly unit: string
  /** Units completed a second: the median of the rounds. */
  readonly perSecond: number
  /** Relative margin of error of the mean, in per cent. */
  readonly marginPercent: number
}

/** The median of `values`, which are not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const high = sorted[middle] as number
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] as number) + high) / 2
}

/** Prints measured lines as a table, each beside its ratio to the last line of its suite, the peer or limit. */
export function printMeasured(lines: readonly Measured[]): void {
  const peer = lines.at(-1)
  for (const line of lines) {
    const ratio =
      peer === undefined || line === peer ? '' : `   ${(line.perSecond / peer.perSecond).toFixed(2)} x ${peer.name}`
    const rate = Math.round(line.perSecond).toLocaleString('en-US').padStart(14)
    console.log(`  ${line.name.padEnd(34)}${rate} ${line.unit}/s  ±${line.marginPercent.toFixed(1)} %${ratio}`)
  }
}
