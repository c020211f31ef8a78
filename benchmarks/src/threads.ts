/**
 * Crossing threads: tell and ask between an actor on the main thread and one on a worker, with raw `postMessage`
 * beside them in the same run. Rates by benny; latencies of single round trips by HDR histogram, ours and theirs in
 * turn, since the machine's speed changes by the second.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type ActorHandle, type ActorRef, defineActor, type ProtocolOf } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import { build, type Histogram } from 'hdr-histogram-js'
import { Counting } from './actors.ts'
import { CrossingDriver, measureCrossings } from './crossings.ts'
import { runSuite, type SuiteOptions } from './kernel.ts'
import type { Measured } from './measured.ts'
import type { PeerMessage } from './peer-message.ts'

type CountingRef = ActorRef<ProtocolOf<typeof Counting>>

/** Lives on the main thread, since it has no module: what it sends to the worker crosses. */
const Driver = defineActor({
  name: 'Driver',
  init: () => ({}),
  on: {
    async tellMany(_state, { to, count }: { to: CountingRef; count: number }, ctx) {
      for (let index = 0; index < count; index++) ctx.tell(to, 'add', 1)
      return await ctx.askWith({ timeoutMs: 60_000 }, to, 'total')
    },
    async askMany(_state, { to, count }: { to: CountingRef; count: number }, ctx) {
      let sum = 0
      for (let index = 0; index < count; index++) sum += await ctx.ask(to, 'echo', 1)
      return sum
    },
  },
})

/** Runs the suite, prints it and returns its lines. */
export async function threadsSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  await using system = await createSystem({ threads: 1, development: false })
  const mailbox = { capacity: Number.POSITIVE_INFINITY }
  const counting = await system.spawn(Counting, undefined, { node: 'node-1', mailbox })
  const driver = await system.spawn(Driver, undefined, { node: 'local' })
  const crossing = await system.spawn(CrossingDriver, undefined, { node: 'local' })
  const peer = new Worker(new URL('./post-message-worker.ts', import.meta.url))
  try {
    const measured = await measure(quick, counting, driver, peer)
    await measureCrossings({ quick }, counting, crossing)
    return measured
  } finally {
    await peer.terminate()
  }
}

async function measure(
  quick: boolean,
  counting: ActorHandle<ProtocolOf<typeof Counting>>,
  driver: ActorHandle<ProtocolOf<typeof Driver>>,
  peer: Worker,
): Promise<Measured[]> {
  // Below the outbound queue's bound, so that no message is refused.
  const messages = quick ? 2_000 : 50_000
  const asks = quick ? 200 : 2_000
  const post = (message: PeerMessage) => peer.postMessage(message)
  const answer = async () => (await once(peer, 'message'))[0] as number
  const expect = async (units: number, done: Promise<number>) => {
    const completed = await done
    if (completed !== units) throw new Error(`completed ${completed} of ${units}`)
  }
  const to = counting.ref
  const wait = { timeoutMs: 60_000 }
  const tells = await runSuite('two threads: tell', quick, [
    {
      name: 'tell to another thread',
      unit: 'messages',
      units: messages,
      run: () => expect(messages, driver.askWith(wait, 'tellMany', { to, count: messages })),
    },
    {
      name: 'postMessage',
      unit: 'messages',
      units: messages,
      run: () => {
        for (let index = 0; index < messages; index++) post({ type: 'add', by: 1 })
        post({ type: 'total' })
        return expect(messages, answer())
      },
    },
  ])
  const roundTrip = async () => {
    post({ type: 'echo', value: 1 })
    return answer()
  }
  const asked = await runSuite('two threads: ask, one after the other', quick, [
    {
      name: 'ask of another thread',
      unit: 'round trips',
      units: asks,
      run: () => expect(asks, driver.askWith(wait, 'askMany', { to, count: asks })),
    },
    {
      name: 'postMessage and back',
      unit: 'round trips',
      units: asks,
      run: async () => {
        let sum = 0
        for (let index = 0; index < asks; index++) sum += await roundTrip()
        return expect(asks, Promise.resolve(sum))
      },
    },
  ])
  await latencies(quick ? 200 : 5_000, {
    'ask of another thread': () => counting.ask('echo', 1),
    'postMessage and back': roundTrip,
  })
  return [...tells, ...asked]
}

/** Latencies of single round trips, each case in turn. */
async function latencies(rounds: number, cases: Readonly<Record<string, () => Promise<number>>>): Promise<void> {
  const histograms = new Map<string, Histogram>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const histogram = histograms.get(name) ?? build({ numberOfSignificantValueDigits: 3 })
      histograms.set(name, histogram)
      const started = process.hrtime.bigint()
      await run()
      histogram.recordValue(Number(process.hrtime.bigint() - started))
    }
  }
  console.log('\ntwo threads: latency of one round trip, nothing else under way')
  for (const [name, histogram] of histograms) {
    const at = (percentile: number) => `${(histogram.getValueAtPercentile(percentile) / 1_000).toFixed(1)} µs`
    console.log(`  ${name.padEnd(34)}p50 ${at(50)}   p99 ${at(99)}   p99.9 ${at(99.9)}`)
  }
}
