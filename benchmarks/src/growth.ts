/**
 * `pnpm bench growth [parts] [--quick] [--save]`: how cost grows with the work. 1 to 1,000,000 actors, mailboxes of 1 to
 * 1,000,000 messages, 1 to 16 threads, messages of 0 to 1,000,000 bytes, and what 1,000 idle actors on four idle threads use.
 * Each row is a process of its own. `--save` keeps the rows in `benchmarks/results/growth.jsonl`, those of other parts too,
 * and plots them all, so that parts can be measured one by one.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineLine } from './compare/report.ts'
import { saveGrowth } from './growth-results.ts'
import type { SuiteOptions } from './kernel.ts'

/** The parts of the suite. */
export const growthParts = ['actors', 'mailboxes', 'threads', 'sizes', 'idle'] as const
export type GrowthPart = (typeof growthParts)[number]

/** One line of the report: nanoseconds for each unit, units a second, bytes, or the share of a core. */
export interface GrowthLine {
  readonly suite: 'growth'
  readonly part: GrowthPart
  /** How many actors, messages, threads or bytes. */
  readonly at: number
  readonly figures: Readonly<Record<string, number>>
}

interface GrowthOptions extends SuiteOptions {
  /** Default: all. */
  readonly parts?: readonly GrowthPart[]
}

const decades = (most: number) => Array.from({ length: Math.round(Math.log10(most)) + 1 }, (_, power) => 10 ** power)

/** Runs the suite, prints its tables and returns its lines. */
export async function growthSuite({ quick, parts = growthParts }: GrowthOptions): Promise<GrowthLine[]> {
  const sizes = decades(quick ? 1_000 : 1_000_000)
  const messages = quick ? 2_000 : 2_000_000
  const lines: GrowthLine[] = []
  const row = (part: GrowthPart, ...given: [what: string, at: number, ...number[]]) => {
    const figures = measure(...given)
    lines.push({ suite: 'growth', part, at: given[1], figures })
    return figures
  }
  const count = (value: number) => value.toLocaleString('en-US').padStart(10)

  const measures: Readonly<Record<GrowthPart, () => void>> = {
    actors() {
      console.log('\ngrowth: actors under one parent, told in turn')
      for (const at of sizes) {
        const { spawnNs = 0, bytes = 0, messageNs = 0 } = row('actors', 'actors', at, messages)
        const spawn = at < 1_000 ? '' : `${fixed(spawnNs)} ns a spawn   ${fixed(bytes)} bytes an actor   `
        console.log(`  ${count(at)} actors   ${fixed(messageNs)} ns a message   ${spawn}`)
      }
    },
    mailboxes() {
      console.log('\ngrowth: a mailbox that is filled and emptied')
      for (const at of sizes) {
        const { messageNs = 0 } = row('mailboxes', 'mailbox', at, messages)
        console.log(`  ${count(at)} messages   ${fixed(messageNs)} ns a message`)
      }
    },
    threads() {
      console.log('\ngrowth: an actor on each thread sends to one on its own thread, and to one on the next')
      for (const at of quick ? [1, 2] : [1, 2, 4, 8, 16]) {
        const { ownPerSecond = 0, nextPerSecond = 0 } = row('threads', 'threads', at, quick ? 20_000 : 12_800_000)
        console.log(`  ${count(at)} threads   ${millions(ownPerSecond)} M/s own   ${millions(nextPerSecond)} M/s next`)
      }
    },
    sizes() {
      console.log('\ngrowth: bytes from one thread to another')
      for (const at of [0, ...(quick ? [1_000] : sizes)]) {
        const { wallNs = 0, bytesPerSecond = 0 } = row('sizes', 'size', at, quick ? 2_000 : 400_000)
        console.log(`  ${count(at)} bytes   ${fixed(wallNs)} ns a message   ${millions(bytesPerSecond)} MB/s`)
      }
    },
    idle() {
      const [actors, threads, milliseconds] = quick ? [20, 2, 200] : [1_000, 4, 10_000]
      const { coreShare = 0 } = row('idle', 'idle', actors, threads, milliseconds)
      const share = `${(100 * coreShare).toFixed(2)} % of a core over ${milliseconds / 1_000} s`
      console.log(`\ngrowth: ${actors} idle actors on ${threads} threads use ${share}`)
    },
  }
  for (const part of parts) measures[part]()
  return lines
}

const usage = `usage: pnpm bench growth [parts] [--quick] [--save]

  --quick    proves that all works; its figures say nothing
  --save     writes benchmarks/results/growth.jsonl and the plots of all parts that were ever saved

parts: ${growthParts.join(', ')}; all of them unless some are named`

/** The command; returns the exit code. */
export async function growthCommand(words: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parseWords>
  try {
    parsed = parseWords(words)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  const { values, positionals } = parsed
  const strange = positionals.filter((part) => !(growthParts as readonly string[]).includes(part))
  if (values.help || strange.length > 0) {
    if (strange.length > 0) console.error(`there is no part ${strange.join(', ')}\n\n${usage}`)
    else console.log(usage)
    return strange.length > 0 ? 2 : 0
  }
  const parts = positionals.length === 0 ? growthParts : (positionals as GrowthPart[])
  const lines = await growthSuite({ quick: values.quick, parts })
  if (values.save && values.quick) console.error('quick figures say nothing and are not saved')
  else if (values.save) for (const path of await saveGrowth(lines, machineLine())) console.error(`wrote ${path}`)
  return 0
}

function parseWords(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
}

const fixed = (value: number) => value.toFixed(0).padStart(7)
const millions = (value: number) => (value / 1e6).toFixed(2).padStart(8)

function measure(...given: (string | number)[]): Record<string, number> {
  const run = fileURLToPath(new URL('./growth-run.ts', import.meta.url))
  const out = execFileSync(process.execPath, ['--expose-gc', run, ...given.map(String)], { encoding: 'utf8' })
  return JSON.parse(out)
}
