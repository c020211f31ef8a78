/** What more threads gain, as a table on the page of the suite. */
import { machineLine } from '../src/compare/report.ts'
import { replaceSection } from '../src/page-section.ts'
import type { Measurement } from './measure.ts'

const page = 'docs/savina.md'

/** A program on the first number of threads of a run, and on the last. */
export interface Gain {
  readonly before: Measurement
  readonly after: Measurement
}

/** Writes the table, the largest gain first; returns a line that says so. */
export function saveGains(gains: readonly Gain[], command: string): string {
  const ofClock = ({ before, after }: Gain) => after.median / before.median
  const rows = [...gains]
    .sort((left, right) => ofClock(right) - ofClock(left))
    .map((gain) => rowOf(gain, ofClock(gain)))
  const { before, after } = gains[0] ?? {}
  const [from, to] = [before?.threads ?? 1, after?.threads ?? 1]
  const table = [
    `| program | ms, ${from} thread${from === 1 ? '' : 's'} | ms, ${to} threads | by the clock | busiest thread | all threads |`,
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ]
  const fact = `Measured ${new Date().toISOString().slice(0, 10)} by \`${command}\` on ${machineLine()}; medians of ${before?.runs ?? 0} runs.`
  replaceSection(page, 'pnpm bench savina --save', `${fact}\n\n${table.join('\n')}`)
  return `wrote ${rows.length} rows to ${page}`
}

function rowOf({ before, after }: Gain, ofClock: number): string {
  const ofBusiest = before.busiestMilliseconds / after.busiestMilliseconds
  const ofAll = before.cpuMilliseconds / after.cpuMilliseconds
  const cells = [
    `\`${before.workload}\``,
    before.milliseconds.toFixed(0),
    after.milliseconds.toFixed(0),
    ...[ofClock, ofBusiest, ofAll].map((ratio) => (Number.isFinite(ratio) ? ratio.toFixed(2) : '')),
  ]
  return `| ${cells.join(' | ')} |`
}
