/** A thread at one end of a channel, or of two, for the tests across threads. What it does is told by its `role`. */
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import {
  type ChannelReceiver,
  type ChannelSender,
  Doorbell,
  type DoorbellDescriptor,
  openReceiver,
  openSender,
  type ReceiverDescriptor,
  type SenderDescriptor,
} from '../../src/channel/index.ts'

/** What a test tells the thread. */
export interface PeerTask {
  role: 'exchange' | 'flood' | 'consume' | 'endless' | 'idle'
  doorbell: DoorbellDescriptor
  sender?: SenderDescriptor
  receiver?: ReceiverDescriptor
  /** Messages to send, to receive, or both. */
  count: number
  spinLimit: number
}

/** What the thread tells the test when it is done. */
export interface PeerReport {
  received: number
  parks: number
}

const task = workerData as PeerTask
const doorbell = new Doorbell(task.doorbell)
const sender = task.sender && openSender(task.sender)
const receiver = task.receiver && openReceiver(task.receiver)
let received = 0
let parks = 0

/** Every 97th message takes the side path, every 1009th is too large for the ring. */
function message(n: number): unknown {
  if (n % 1009 === 1008) return { n, text: 'z'.repeat(2000) }
  return n % 97 === 96 ? { n, zero: -0 } : { n }
}

function receive(value: unknown): void {
  assert.equal((value as { n: number }).n, received)
  received++
}

async function park(hasWork: () => boolean): Promise<void> {
  if (doorbell.spin(hasWork, task.spinLimit) >= 0) return
  await new Promise<void>((rung) => {
    if (doorbell.park(hasWork, () => rung())) parks++
    else rung()
  })
}

/** Both directions, each message sent only when the other thread is not too far behind, so that both must wait. */
async function exchange(out: ChannelSender, into: ChannelReceiver): Promise<void> {
  let sent = 0
  while (sent < task.count || received < task.count || out.pending > 0) {
    const window = 1 + ((sent >> 3) % 16)
    let sentNow = 0
    while (sent < task.count && sent < received + window && out.send(message(sent))) {
      sent++
      sentNow++
    }
    out.flush()
    const drained = into.drain(receive, 64)
    if (sentNow === 0 && drained === 0) await park(() => into.hasMessages() || out.flushable)
  }
}

/** As fast as the channel takes it; waits for room when it takes no more. */
async function flood(out: ChannelSender): Promise<void> {
  for (let sent = 0; sent < task.count; ) {
    if (out.send(message(sent))) sent++
    else await park(() => out.flushable)
  }
  for (out.flush(); out.pending > 0; out.flush()) await park(() => out.flushable)
  out.close()
}

async function consume(into: ChannelReceiver): Promise<void> {
  while (!into.closed) {
    if (into.drain(receive, 1000) === 0) await park(() => into.hasMessages() || into.closed)
  }
}

/** Sends until it is terminated. */
function endless(out: ChannelSender): void {
  for (let n = 0; ; n++) {
    while (!out.send(message(n)));
    if (n % 13 === 0) out.flush()
  }
}

async function run(): Promise<void> {
  if (task.role === 'exchange') await exchange(sender!, receiver!)
  else if (task.role === 'flood') await flood(sender!)
  else if (task.role === 'consume') await consume(receiver!)
  else if (task.role === 'endless') endless(sender!)
  else {
    sender!.send({ n: 0, zero: -0 })
    sender!.flush()
    doorbell.park(
      () => false,
      () => undefined,
    )
  }
}

// Parking does not keep a thread alive; this does, until the work is done.
const alive = setInterval(() => undefined, 2 ** 30)
run().then(
  () => {
    clearInterval(alive)
    parentPort!.postMessage({ received, parks } satisfies PeerReport)
  },
  (error: unknown) => {
    setImmediate(() => {
      throw error
    })
  },
)
