/**
 * Channel benchmark: one direction of small messages between two threads, and the round trip between two threads that
 * park at once or spin first, each beside raw `postMessage` in the same run.
 *
 * Ours and theirs alternate pair by pair, because the speed of a virtual machine changes by the second; what counts is
 * the median of the ratios of neighbours, and the calibration (a fixed loop) says how steady the machine was. Run it
 * with `pnpm bench channel`.
 */
import { once } from 'node:events'
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from 'node:worker_threads'
import {
  type ChannelReceiver,
  type ChannelSender,
  createChannelPair,
  createDoorbell,
  Doorbell,
  type DoorbellDescriptor,
  openReceiver,
  openSender,
  type ReceiverDescriptor,
  type SenderDescriptor,
} from '@troupe/threads/channel'
import { codecCosts } from './codec.ts'
import type { SuiteOptions } from './kernel.ts'
import { median } from './measured.ts'

/** How much is measured. */
interface ChannelBenchmarkOptions {
  /** Pairs of measurements; 7 by default. */
  rounds?: number
  /** Messages of one throughput measurement; 400,000 by default. */
  messages?: number
  /** Round trips of one latency measurement; 5,000 by default. */
  roundTrips?: number
}

/** One row: ours and theirs as medians over the rounds, and the median of the ratios of the pairs. */
interface ChannelBenchmarkRow {
  name: string
  unit: 'messages/s' | 'µs'
  channel: number
  postMessage: number
  /** How many times better the channel is. */
  ratio: number
}

interface PeerData {
  kind: 'channel-benchmark'
  port: MessagePort
  control: MessagePort
  doorbell: DoorbellDescriptor
  sender: SenderDescriptor
  receiver: ReceiverDescriptor
}

/** Messages per turn of the sender; the host flushes at the end of a turn. */
const BATCH = 64
/** Pauses before a thread sleeps, where it looks first: some ten microseconds, about what a wake-up costs. */
const pausesFirst = 200

/** Measures all rows and prints them, between two runs of the calibration loop. */
export async function channelSuite({ quick }: SuiteOptions): Promise<void> {
  const before = calibrateMs()
  const rows = await benchmarkChannel(quick ? { rounds: 1, messages: 2_000, roundTrips: 100 } : {})
  console.log('\nchannel: one direction between two threads')
  for (const { name, unit, channel, postMessage, ratio } of rows) {
    const [ours, theirs] = [formatted(channel, unit).padStart(10), formatted(postMessage, unit).padStart(10)]
    console.log(`  ${name.padEnd(34)}${ours}   postMessage ${theirs}   ${ratio.toFixed(2)} x postMessage`)
  }
  codecCosts({ quick })
  console.log(`  calibration loop: ${before.toFixed(0)} ms before, ${calibrateMs().toFixed(0)} ms after`)
}

/** Measures all rows; starts and ends one worker thread. */
async function benchmarkChannel(options: ChannelBenchmarkOptions = {}): Promise<ChannelBenchmarkRow[]> {
  const { rounds = 7, messages = 400_000, roundTrips = 5_000 } = options
  const [here, there] = [createDoorbell(), createDoorbell()]
  const out = createChannelPair({ senderDoorbell: here, receiverDoorbell: there })
  const back = createChannelPair({ senderDoorbell: there, receiverDoorbell: here })
  const raw = new MessageChannel()
  const control = new MessageChannel()
  const data: PeerData = {
    kind: 'channel-benchmark',
    port: raw.port2,
    control: control.port2,
    doorbell: there,
    sender: back.sender,
    receiver: out.receiver,
  }
  const peer = new Worker(new URL(import.meta.url), {
    workerData: data,
    transferList: [raw.port2, control.port2, back.sender.port, out.receiver.port],
  })
  const sender = openSender(out.sender)
  const receiver = openReceiver(back.receiver)
  const doorbell = new Doorbell(here)
  const throughput: [number, number][] = []
  const parked: [number, number][] = []
  const spinning: [number, number][] = []
  await once(peer, 'online')
  // The first round warms both sides up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const ours = await channelThroughput(sender, receiver, doorbell, messages)
    const theirs = await portThroughput(raw.port1, messages)
    const parkedMicros = await channelRoundTrip(sender, receiver, doorbell, { roundTrips, spinLimit: 0 })
    const portMicros = await portRoundTrip(raw.port1, roundTrips)
    const spinLimit = pausesFirst
    const spinningMicros = await channelRoundTrip(sender, receiver, doorbell, { roundTrips, spinLimit })
    if (round === 0) continue
    throughput.push([ours, theirs])
    parked.push([parkedMicros, portMicros])
    spinning.push([spinningMicros, portMicros])
  }
  control.port1.postMessage('stop')
  await once(peer, 'exit')
  raw.port1.close()
  control.port1.close()
  return [
    row('one way, {type, n}', 'messages/s', throughput, ([ours, theirs]) => ours / theirs),
    row('round trip, both park', 'µs', parked, ([ours, theirs]) => theirs / ours),
    row('round trip, spin first', 'µs', spinning, ([ours, theirs]) => theirs / ours),
  ]
}

async function channelThroughput(
  sender: ChannelSender,
  receiver: ChannelReceiver,
  doorbell: Doorbell,
  messages: number,
): Promise<number> {
  const start = performance.now()
  for (let n = 1; n <= messages; ) {
    const end = Math.min(n + BATCH, messages + 1)
    while (n < end && sender.pending === 0) sender.send({ type: n === messages ? 'last' : 'inc', n: n++ })
    sender.flush()
    if (sender.pending > 0) await rung(doorbell, () => sender.flushable, pausesFirst)
  }
  await receiveOne(receiver, doorbell, 0)
  return (messages / (performance.now() - start)) * 1000
}

async function portThroughput(port: MessagePort, messages: number): Promise<number> {
  const start = performance.now()
  for (let n = 1; n <= messages; n++) port.postMessage({ type: n === messages ? 'last' : 'inc', n })
  await once(port, 'message')
  return (messages / (performance.now() - start)) * 1000
}

/** With a spin limit of 0 each thread is parked when its message comes. */
async function channelRoundTrip(
  sender: ChannelSender,
  receiver: ChannelReceiver,
  doorbell: Doorbell,
  { roundTrips, spinLimit }: { roundTrips: number; spinLimit: number },
): Promise<number> {
  const start = performance.now()
  for (let n = 0; n < roundTrips; n++) {
    sender.send({ type: 'echo', n, spinLimit })
    sender.flush()
    await receiveOne(receiver, doorbell, spinLimit)
  }
  return ((performance.now() - start) / roundTrips) * 1000
}

async function portRoundTrip(port: MessagePort, roundTrips: number): Promise<number> {
  const start = performance.now()
  for (let n = 0; n < roundTrips; n++) {
    port.postMessage({ type: 'echo', n })
    await new Promise((resolve) => port.once('message', resolve))
  }
  return ((performance.now() - start) / roundTrips) * 1000
}

/** Looks for work for up to `spinLimit` pauses, and sleeps until somebody rings if there is none. */
async function rung(doorbell: Doorbell, hasWork: () => boolean, spinLimit: number): Promise<void> {
  if (doorbell.spin(hasWork, spinLimit) >= 0) return
  await new Promise<void>((resolve) => {
    if (!doorbell.park(hasWork, () => resolve())) resolve()
  })
}

async function receiveOne(receiver: ChannelReceiver, doorbell: Doorbell, spinLimit: number): Promise<void> {
  while (receiver.drain(() => undefined, 1) === 0) await rung(doorbell, () => receiver.hasMessages(), spinLimit)
}

/** The other thread: counts what comes, answers the last message of a flood and every echo, on the way it came. */
async function runPeer(data: PeerData): Promise<void> {
  const sender = openSender(data.sender)
  const receiver = openReceiver(data.receiver)
  const doorbell = new Doorbell(data.doorbell)
  let running = true
  let spinLimit = 0
  const answers = (message: unknown) => (message as { type: string }).type !== 'inc'
  data.control.once('message', () => {
    running = false
    data.port.close()
    doorbell.ring()
  })
  data.port.on('message', (first: unknown) => {
    for (let message = first; ; ) {
      if (answers(message)) data.port.postMessage(message)
      const next = receiveMessageOnPort(data.port)
      if (next === undefined) break
      message = next.message
    }
  })
  while (running) {
    const count = receiver.drain((message) => {
      if (!answers(message)) return
      spinLimit = (message as { spinLimit?: number }).spinLimit ?? 0
      sender.send(message)
    }, 1024)
    sender.flush()
    if (count === 0) await rung(doorbell, () => receiver.hasMessages() || !running, spinLimit)
  }
}

function row(
  name: string,
  unit: ChannelBenchmarkRow['unit'],
  pairs: [number, number][],
  ratio: (pair: [number, number]) => number,
): ChannelBenchmarkRow {
  const [channel, postMessage] = [median(pairs.map(([ours]) => ours)), median(pairs.map(([, theirs]) => theirs))]
  return { name, unit, channel, postMessage, ratio: median(pairs.map(ratio)) }
}

/** Milliseconds of a fixed loop: two runs with different calibrations cannot be compared. */
function calibrateMs(): number {
  const start = performance.now()
  let sum = 0
  for (let i = 0; i < 50_000_000; i++) sum = (sum + Math.imul(i, 0x9e37_79b1)) | 0
  return sum === 1 ? 0 : performance.now() - start
}

function formatted(value: number, unit: string): string {
  return unit === 'µs' ? `${value.toFixed(1)} µs` : `${(value / 1e6).toFixed(2)} M/s`
}

if (!isMainThread && (workerData as Partial<PeerData> | null)?.kind === 'channel-benchmark') {
  await runPeer(workerData as PeerData)
}
