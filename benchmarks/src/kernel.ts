/**
 * The kernel's hot paths in one thread, by benny: tell, ping-pong, ask, spawn and stop; and the limit beside them, a
 * bare loop over a queue with the same handler map, which is what a turn costs when nothing of an actor is left.
 */
import { createLocalSystem } from '@troupe/core'
import { realTime } from '@troupe/threads/real-time'
import benny from 'benny'
import { Counting, Pinger, Ponger, Producer } from './actors.ts'
import { type Measured, printMeasured } from './measured.ts'

/** How much is measured: `quick` proves that the suite works and says nothing about speed. */
export interface SuiteOptions {
  readonly quick: boolean
  /** Only the rows whose name contains this; `log` has such a choice. Default: all. */
  readonly only?: string | undefined
}

interface Case {
  readonly name: string
  readonly unit: string
  /** Units of one run. */
  readonly units: number
  run(): Promise<unknown> | unknown
}

/** Runs the suite, prints it and returns its lines. */
export async function kernelSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  await using system = createLocalSystem({ messages: 'shared', realTime: realTime() })
  const mailbox = { capacity: Number.POSITIVE_INFINITY }
  const counting = await system.spawn(Counting, undefined, { mailbox })
  const producer = await system.spawn(Producer, undefined, { mailbox })
  const pinger = await system.spawn(Pinger, undefined)
  const ponger = await system.spawn(Ponger, undefined)
  const scale = quick ? 0.02 : 1
  const messages = 200_000 * scale
  const asks = 20_000 * scale
  const spawns = 20_000 * scale
  const wait = { timeoutMs: 60_000 }
  const expect = async (units: number, done: Promise<number>) => {
    if ((await done) !== units) throw new Error(`completed ${await done} of ${units}`)
  }
  return await runSuite('one thread', quick, [
    {
      name: 'ping-pong',
      unit: 'messages',
      units: messages * 2,
      run: () => expect(messages * 2, pinger.askWith(wait, 'play', { with: ponger.ref, rounds: messages })),
    },
    {
      name: 'tell (one producer, one consumer)',
      unit: 'messages',
      units: messages,
      run: () => expect(messages, producer.askWith(wait, 'produce', { to: counting.ref, count: messages })),
    },
    {
      name: 'ask (one after the other)',
      unit: 'asks',
      units: asks,
      run: () => expect(asks, producer.askWith(wait, 'askMany', { to: counting.ref, count: asks })),
    },
    {
      name: 'spawn and stop',
      unit: 'actors',
      units: spawns,
      run: () => expect(spawns, producer.askWith(wait, 'spawnMany', spawns)),
    },
    { name: 'bare loop', unit: 'messages', units: messages * 2, run: () => bareLoop(messages * 2) },
  ])
}

/** Runs cases by benny and returns what they completed a second. */
export async function runSuite(suite: string, quick: boolean, cases: readonly Case[]): Promise<Measured[]> {
  const lines: Measured[] = []
  // Benny calls every case while it prepares, all at once; here they always run one after the other.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (run: Case['run']) => async () => {
    last = last.then(run)
    await last
  }
  const benchmarkOptions = quick ? { minSamples: 2, maxTime: 0.05, initCount: 1 } : { minSamples: 15, maxTime: 2 }
  await benny.suite(
    suite,
    ...cases.map(({ name, run }) => benny.add(name, inTurn(run), benchmarkOptions)),
    benny.complete((summary) => {
      for (const result of summary.results) {
        const { unit, units } = cases.find(({ name }) => name === result.name) as Case
        const perSecond = units / result.details.median
        lines.push({ suite, name: result.name, unit, perSecond, marginPercent: result.margin })
      }
    }),
  )
  console.log(`\n${suite}`)
  printMeasured(lines)
  return lines
}

/** Two handler maps and one queue: a message goes back and forth `count` times. */
function bareLoop(count: number): number {
  const handlers = new Map<string, (message: { left: number }) => void>([
    ['ping', ({ left }) => queue.push({ name: 'pong', left: left - 1 })],
    ['pong', ({ left }) => left > 0 && queue.push({ name: 'ping', left: left - 1 })],
  ])
  const queue: { name: string; left: number }[] = [{ name: 'ping', left: count }]
  let handled = 0
  for (let message = queue.pop(); message !== undefined; message = queue.pop()) {
    handled++
    handlers.get(message.name)?.(message)
  }
  return handled
}
