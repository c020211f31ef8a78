/**
 * What crosses between two threads, beside raw `postMessage` one by one and in arrays of 256: small and nested messages,
 * asks with 64 outstanding, and 64 KiB of bytes, copied and transferred. Ours and theirs alternate round by round in one
 * run, because the speed of a machine changes by the second; each line says the median of the rounds, and ours also how
 * many times theirs it is, as the median of the ratios of neighbours.
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type ActorHandle, type ActorRef, defineActor, type ProtocolOf } from '@troupe/core'
import type { Counting } from './actors.ts'
import type { SuiteOptions } from './kernel.ts'
import { median } from './measured.ts'
import { nestedMessage, type PeerMessage } from './peer-message.ts'

type CountingRef = ActorRef<ProtocolOf<typeof Counting>>
interface Job {
  readonly to: CountingRef
  readonly count: number
}

const batchSize = 256
const outstanding = 64
const bytesEach = 64 * 1024
const wait = { timeoutMs: 60_000 }

/** Lives on the main thread, since it has no module. Each message ends with how many messages the other side counted. */
export const CrossingDriver = defineActor({
  name: 'CrossingDriver',
  init: () => ({}),
  on: {
    async tells(_state, { to, count }: Job, ctx) {
      for (let index = 0; index < count; index++) ctx.tell(to, 'add', 1)
      return await ctx.askWith(wait, to, 'total')
    },
    async nested(_state, { to, count }: Job, ctx) {
      for (let index = 0; index < count; index++) ctx.tell(to, 'accept', nestedMessage(index))
      return await ctx.askWith(wait, to, 'total')
    },
    async pipelined(_state, { to, count }: Job, ctx) {
      let left = count
      let sum = 0
      const ask = async () => {
        while (left-- > 0) {
          const reply = await ctx.ask(to, 'echo', 1)
          sum += reply
        }
      }
      await Promise.all(Array.from({ length: outstanding }, ask))
      return sum
    },
    async copied(_state, { to, count }: Job, ctx) {
      const bytes = new Uint8Array(bytesEach)
      for (let index = 0; index < count; index++) ctx.tell(to, 'bytes', bytes)
      return await ctx.askWith(wait, to, 'total')
    },
    async transferred(_state, { to, count }: Job, ctx) {
      for (let index = 0; index < count; index++) {
        const bytes = new Uint8Array(bytesEach)
        ctx.tellWith({ transfer: [bytes.buffer] }, to, 'bytes', bytes)
      }
      return await ctx.askWith(wait, to, 'total')
    },
  },
})

interface Row {
  readonly workload: string
  readonly unit: string
  /** Messages of a round. */
  readonly count: number
  readonly ours: (count: number) => Promise<number>
  readonly theirs: Readonly<Record<string, (count: number) => Promise<number>>>
}

/** Measures all rows and prints them. */
export async function measureCrossings(
  { quick }: SuiteOptions,
  counting: ActorHandle<ProtocolOf<typeof Counting>>,
  driver: ActorHandle<ProtocolOf<typeof CrossingDriver>>,
): Promise<void> {
  const peer = new Worker(new URL('./post-message-worker.ts', import.meta.url))
  const post = (message: PeerMessage | readonly PeerMessage[], transfer: ArrayBuffer[] = []) =>
    peer.postMessage(message, transfer)
  const total = async () => {
    post({ type: 'total' })
    return (await once(peer, 'message'))[0] as number
  }
  const job = (count: number): Job => ({ to: counting.ref, count })
  const each = (make: (index: number) => PeerMessage) => (count: number) => {
    for (let index = 0; index < count; index++) post(make(index))
    return total()
  }
  const batched = (make: (index: number) => PeerMessage) => (count: number) => {
    for (let index = 0; index < count; index += batchSize) {
      post(Array.from({ length: Math.min(batchSize, count - index) }, (_, offset) => make(index + offset)))
    }
    return total()
  }
  const small = (): PeerMessage => ({ type: 'add', by: 1 })
  const rows: Row[] = [
    {
      workload: 'xthread-tell',
      unit: 'messages',
      count: 60_000,
      ours: (count) => driver.askWith(wait, 'tells', job(count)),
      theirs: { 'post-message': each(small), 'post-message-batched': batched(small) },
    },
    {
      workload: 'xthread-nested',
      unit: 'messages',
      count: 60_000,
      ours: (count) => driver.askWith(wait, 'nested', job(count)),
      theirs: { 'post-message': each(nestedMessage), 'post-message-batched': batched(nestedMessage) },
    },
    {
      workload: 'xthread-pipelined-ask',
      unit: 'round trips',
      count: 20_000,
      ours: (count) => driver.askWith(wait, 'pipelined', job(count)),
      theirs: { 'post-message': (count) => pipelined(peer, count) },
    },
    {
      workload: 'xthread-bytes copied',
      unit: 'x 64 KiB',
      count: 2_000,
      ours: (count) => driver.askWith(wait, 'copied', job(count)),
      theirs: {
        'post-message': (count) => {
          const bytes = new Uint8Array(bytesEach)
          for (let index = 0; index < count; index++) post({ type: 'bytes', bytes })
          return total()
        },
      },
    },
    {
      workload: 'xthread-bytes transferred',
      unit: 'x 64 KiB',
      count: 2_000,
      ours: (count) => driver.askWith(wait, 'transferred', job(count)),
      theirs: {
        'post-message': (count) => {
          for (let index = 0; index < count; index++) {
            const bytes = new Uint8Array(bytesEach)
            post({ type: 'bytes', bytes }, [bytes.buffer])
          }
          return total()
        },
      },
    },
  ]
  console.log('\ntwo threads: what crosses, round by round beside postMessage')
  try {
    for (const row of rows) await measureRow(row, quick)
    await measureLowLoad(quick, {
      troupe: () => counting.tell('add', 1),
      'post-message': () => post({ type: 'add', by: 1 }),
    })
  } finally {
    await peer.terminate()
  }
}

async function measureRow({ workload, unit, count: full, ours, theirs }: Row, quick: boolean): Promise<void> {
  const rounds = quick ? 1 : 15
  const count = quick ? Math.ceil(full / 50) : full
  const timed = async (run: (count: number) => Promise<number>) => {
    const started = performance.now()
    const completed = await run(count)
    if (completed !== count) throw new Error(`${workload}: completed ${completed} of ${count}`)
    return count / ((performance.now() - started) / 1_000)
  }
  const rates = new Map<string, number[]>()
  const note = (name: string, rate: number) => rates.set(name, [...(rates.get(name) ?? []), rate])
  // The first rounds warm both sides up and do not count.
  for (let round = quick ? 0 : -3; round < rounds; round++) {
    const measured = [['troupe', await timed(ours)]] as [string, number][]
    for (const [name, run] of Object.entries(theirs)) measured.push([name, await timed(run)])
    if (round >= 0) for (const [name, rate] of measured) note(name, rate)
  }
  const own = rates.get('troupe') as number[]
  for (const [name, all] of rates) {
    const [rate, least, most] = [median(all), Math.min(...all), Math.max(...all)].map((value) =>
      Math.round(value).toLocaleString('en-US'),
    ) as [string, string, string]
    const ratio =
      name === 'troupe'
        ? ''
        : `   ours ${median(own.map((value, round) => value / (all[round] as number))).toFixed(2)} x`
    console.log(
      `  ${workload.padEnd(26)}${name.padEnd(22)}${rate.padStart(12)} ${unit}/s  (${least} to ${most})${ratio}`,
    )
  }
}

/** The processor time of the whole process while one message goes every millisecond. */
async function measureLowLoad(quick: boolean, cases: Readonly<Record<string, () => void>>): Promise<void> {
  const rounds = quick ? 1 : 5
  const used = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, send] of Object.entries(cases)) {
      const [started, before] = [performance.now(), process.cpuUsage()]
      for (let sent = 0; sent < (quick ? 50 : 1_000); sent++) {
        send()
        await setTimeout(1)
      }
      const { user, system } = process.cpuUsage(before)
      used.get(name)?.push((user + system) / 10 / (performance.now() - started))
    }
  }
  for (const [name, percents] of used) {
    const [least, most] = [Math.min(...percents).toFixed(1), Math.max(...percents).toFixed(1)]
    console.log(
      `  ${'a message each ms'.padEnd(26)}${name.padEnd(22)}${median(percents).toFixed(1).padStart(12)} % of a core  (${least} to ${most})`,
    )
  }
}

async function pipelined(peer: Worker, count: number): Promise<number> {
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve) => {
    const answer = () => {
      answered++
      if (sent < count) peer.postMessage({ type: 'echo', value: sent++ } satisfies PeerMessage)
      else if (answered === count) {
        peer.off('message', answer)
        resolve()
      }
    }
    peer.on('message', answer)
    while (sent < Math.min(outstanding, count)) peer.postMessage({ type: 'echo', value: sent++ } satisfies PeerMessage)
  })
  return answered
}
