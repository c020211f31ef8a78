/**
 * What being observed costs: ping-pong within a node, nothing else, with metrics and with the watchdog's turn board.
 * Each variant runs in processes of its own, since what is compiled for one would slow the other down, and the variants
 * take turns, since the machine's speed changes by the second.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SuiteOptions } from './kernel.ts'
import { type Measured, median, printMeasured } from './measured.ts'

const groups = [
  ['metrics', 'none'],
  ['threads, watchdog and metrics', 'threads, watchdog', 'threads'],
] as const

/** Runs the suite, prints it and returns its lines. */
export async function observationSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  const [processes, rounds, messages] = quick ? [1, 2, 2_000] : [7, 8, 1_000_000]
  const lines: Measured[] = []
  for (const variants of groups) {
    const completed = new Map<string, number[]>(variants.map((variant) => [variant, []]))
    for (let turn = 0; turn < processes; turn++) {
      for (const [variant, rates] of completed) rates.push(...measure(variant, rounds, messages))
    }
    const group = [...completed].map(([name, rates]): Measured => {
      const middle = median(rates)
      const spread = median(rates.map((rate) => Math.abs(rate - middle)))
      const marginPercent = (100 * spread) / middle
      return { suite: 'observation', name, unit: 'messages', perSecond: middle, marginPercent }
    })
    console.log('\nobservation: ping-pong on one node; ±: the median deviation')
    printMeasured(group)
    lines.push(...group)
  }
  return lines
}

function measure(variant: string, rounds: number, messages: number): number[] {
  const run = fileURLToPath(new URL('./observation-run.ts', import.meta.url))
  const out = execFileSync(process.execPath, [run, variant, String(rounds), String(messages)], { encoding: 'utf8' })
  return JSON.parse(out)
}
