/**
 * How cost grows with the work: 1 to 1,000,000 actors, mailboxes of 1 to 1,000,000 messages, and what 1,000 idle actors on
 * four idle threads use. CPU time, so that what else the machine does counts little; each row in a process of its own.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SuiteOptions } from './kernel.ts'

/** One line of the report: nanoseconds of CPU for each unit, or the share of a core. */
export interface GrowthLine {
  readonly suite: 'growth'
  readonly name: string
  readonly [figure: string]: number | string
}

const decades = (most: number) => Array.from({ length: Math.round(Math.log10(most)) + 1 }, (_, power) => 10 ** power)

/** Runs the suite, prints its tables and returns its lines. */
export async function growthSuite({ quick }: SuiteOptions): Promise<GrowthLine[]> {
  const sizes = decades(quick ? 1_000 : 1_000_000)
  const messages = quick ? 2_000 : 2_000_000
  const lines: GrowthLine[] = []
  const row = (name: string, ...given: (string | number)[]) => {
    const figures = measure(...given)
    lines.push({ suite: 'growth', name, ...figures })
    return figures
  }

  console.log('\ngrowth: actors under one parent, told in turn')
  for (const count of sizes) {
    const { spawnNs = 0, bytes = 0, messageNs = 0 } = row(`${count} actors`, 'actors', count, messages)
    const spawn = count < 1_000 ? '' : `${fixed(spawnNs)} ns a spawn   ${fixed(bytes)} bytes an actor   `
    console.log(`  ${count.toLocaleString('en-US').padStart(10)} actors   ${fixed(messageNs)} ns a message   ${spawn}`)
  }

  console.log('\ngrowth: a mailbox that is filled and emptied')
  for (const depth of sizes) {
    const { messageNs = 0 } = row(`mailbox of ${depth}`, 'mailbox', depth, messages)
    console.log(`  ${depth.toLocaleString('en-US').padStart(10)} messages   ${fixed(messageNs)} ns a message`)
  }

  const [actors, threads, milliseconds] = quick ? [20, 2, 200] : [1_000, 4, 10_000]
  const { coreShare = 0 } = row('idle', 'idle', actors, threads, milliseconds)
  console.log(
    `\ngrowth: ${actors} idle actors on ${threads} threads use ${(100 * coreShare).toFixed(2)} % of a core over ${milliseconds / 1_000} s`,
  )
  return lines
}

const fixed = (value: number) => value.toFixed(0).padStart(7)

function measure(...given: (string | number)[]): Record<string, number> {
  const run = fileURLToPath(new URL('./growth-run.ts', import.meta.url))
  const out = execFileSync(process.execPath, ['--expose-gc', run, ...given.map(String)], { encoding: 'utf8' })
  return JSON.parse(out)
}
