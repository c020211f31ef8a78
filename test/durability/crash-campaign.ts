/**
 * `kill -9` of a process during durable work, again and again over the same journals:
 *
 *     node test/durability/crash-campaign.ts --kills 500 [--disk files|unsynced-loss|lying] [--json]
 *
 * With `files`, ledgers on two worker threads; the page cache survives the kill. With `unsynced-loss`, a disk that throws
 * away what was not synced. The exit code is 0 only if every acknowledged number was there after every kill, none twice.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { LedgerContents } from './ledger.ts'

const disks = ['files', 'unsynced-loss', 'lying'] as const
type CrashDisk = (typeof disks)[number]

export interface CrashOptions {
  readonly kills: number
  /** `lying`: a disk that says that it has synced and has not, which the campaign must find. */
  readonly disk: CrashDisk
}

export interface CrashFigures {
  readonly kills: number
  readonly acknowledged: number
  /** Acknowledged numbers that were not there after a kill, and numbers that were applied twice, in sentences. */
  readonly wrong: readonly string[]
}

/** What the ledgers acknowledged, over all lives of the process. */
type Acknowledged = Map<string, Set<number>>

/** The most numbers that are acknowledged before a kill. */
const acknowledgementsMax = 800

/** Runs the kills, and one life more to look at what the last one left. */
export async function runCrashes({ kills, disk }: CrashOptions): Promise<CrashFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'troupe-crashes-'))
  const acknowledged: Acknowledged = new Map()
  const wrong: string[] = []
  let count = 0
  try {
    for (let life = 0; life <= kills; life++) {
      const last = life === kills
      count += await liveAndKill({
        directory,
        disk,
        until: last ? 0 : 1 + Math.floor(Math.random() * acknowledgementsMax),
        acknowledged,
        report: (sentence) => wrong.push(`life ${life + 1}: ${sentence}`),
      })
    }
    return { kills, acknowledged: count, wrong }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** One life: what it recovers is held against what was acknowledged before; killed after `until` acknowledgements. */
function liveAndKill({
  directory,
  disk,
  until,
  acknowledged,
  report,
}: {
  readonly directory: string
  readonly disk: CrashDisk
  readonly until: number
  readonly acknowledged: Acknowledged
  readonly report: (sentence: string) => void
}): Promise<number> {
  const program = join(import.meta.dirname, 'crash-process.ts')
  const child = spawn(process.execPath, [program, directory, disk], { stdio: ['ignore', 'pipe', 'inherit'] })
  let count = 0
  let recovered = 0
  createInterface(child.stdout).on('line', (line) => {
    const [what, ledger = '', text = ''] = line.split(' ')
    const before = acknowledged.get(ledger) ?? new Set()
    acknowledged.set(ledger, before)
    if (what === 'recovered') {
      recovered++
      compare(ledger, JSON.parse(text) as LedgerContents, before, report)
    } else {
      count++
      before.add(Number(text))
    }
    if (recovered === 4 && count >= until) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(count)
      else reject(new Error(`the process ended by itself, with code ${code} and signal ${signal}`))
    })
  })
}

function compare(
  ledger: string,
  { ranges, twice }: LedgerContents,
  acknowledged: ReadonlySet<number>,
  report: (sentence: string) => void,
): void {
  const has = new Set(
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
  )
  const missing = [...acknowledged].filter((number) => !has.has(number))
  if (missing.length > 0)
    report(`ledger ${ledger} lost ${missing.length} acknowledged numbers, the first ${missing[0]}`)
  if (twice > 0) report(`ledger ${ledger} applied ${twice} numbers twice`)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '500' },
      disk: { type: 'string', default: 'files' },
      json: { type: 'boolean', default: false },
    },
  })
  const disk = disks.find((name) => name === values.disk)
  if (disk === undefined) throw new RangeError(`--disk is one of ${disks.join(', ')}, got ${values.disk}`)
  const started = performance.now()
  const figures = await runCrashes({ kills: Number(values.kills), disk })
  const seconds = Math.round((performance.now() - started) / 1_000)
  if (values.json) console.log(JSON.stringify(figures))
  else {
    const { kills, acknowledged, wrong } = figures
    console.log(`${kills} kills in ${seconds} s, ${acknowledged} numbers acknowledged, ${wrong.length} findings`)
    for (const sentence of wrong.slice(0, 20)) console.log(sentence)
  }
  process.exitCode = figures.wrong.length === 0 ? 0 : 1
}
