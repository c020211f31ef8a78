/** The workloads across threads: an actor on the main thread and one on a worker. */
import type { ActorHandle, ActorRef, ProtocolOf } from '@troupe/core'
import { createSystem, type ThreadSystemOptions } from '@troupe/threads'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { cpuAtLowLoad } from '../low-load.ts'
import { oneByOne } from '../round-trips.ts'
import { pipelineDepth } from '../workloads.ts'
import { Receiver, type ReceiverProtocol, Sender } from './across-threads-actors.ts'

interface Pair {
  readonly sender: ActorHandle<ProtocolOf<typeof Sender>>
  readonly receiver: ActorHandle<ReceiverProtocol>
  readonly to: ActorRef<ReceiverProtocol>
}

const wait = { timeoutMs: 600_000 }
/** Room for all that one run sends ahead. */
const channels = { capacityBytes: 1 << 22, outboundCapacity: 2_000_000 }

/** Pauses that a thread looks for work before it parks, at most, by the default where each thread has a core. */
const looks = 5_000
/**
 * `busy` and `rested`: both threads look for work before they park, as by the default. `parked`: the thread that answers
 * never looks; the one that asks does. `both-parked`: none does.
 */
const spinning: Readonly<Record<string, ThreadSystemOptions>> = {
  parked: { spinLimit: 0, mainSpinLimit: looks },
  'both-parked': { spinLimit: 0 },
}

export const acrossThreadsWorkloads: PeerWorkloads = {
  'xthread-tell': onThreads(
    { channels },
    ({ sender, to }) =>
      async (count) =>
        verified('total', await sender.askWith(wait, 'tell', { to, count }), count),
  ),
  'xthread-nested': onThreads(
    { channels },
    ({ sender, to }) =>
      async (count) =>
        verified('total', await sender.askWith(wait, 'nested', { to, count }), count),
  ),
  'xthread-ask': (variant) => onThreads(spinning[variant] ?? {}, askOneByOne)(variant),
  'xthread-pipelined-ask': onThreads(
    {},
    ({ sender, to }) =>
      async (count) =>
        verified('replies', await sender.askWith(wait, 'pipelined', { to, count, depth: pipelineDepth }), count),
  ),
  'xthread-bytes': onThreads({ channels }, ({ sender, to }, variant) => async (count) => {
    const { sum, isShared } = await sender.askWith(wait, 'bytes', { to, count, variant })
    if (isShared !== (variant === 'shared')) throw new Error(`a ${variant} message was ${isShared ? '' : 'not '}shared`)
    return verified('messages', sum, count)
  }),
  cpu: onThreads({}, ({ receiver }) => async (milliseconds) => {
    const { sent, value } = await cpuAtLowLoad(milliseconds, () => receiver.tell('add', 1))
    return { ...verified('messages', await receiver.ask('total'), sent, milliseconds), value }
  }),
}

function askOneByOne({ sender, receiver, to }: Pair, variant: string): Session['run'] {
  if (variant === 'rested') return (count) => oneByOne(count, variant, () => receiver.ask('echo', 1))
  return async (count) => {
    // Shared with the sender, which lives on this thread.
    const latencies = new Float64Array(new SharedArrayBuffer(count * 8))
    await sender.askWith(wait, 'ask', { to, latencies })
    return { completed: latencies.filter((nanoseconds) => nanoseconds > 0).length, latencies }
  }
}

/** Opens a workload on a system with one worker thread, in production's mode. */
function onThreads(options: ThreadSystemOptions, prepare: (pair: Pair, variant: string) => Session['run']): Open {
  return async (variant) => {
    const system = await createSystem({ threads: 1, development: false, ...options })
    const receiver = await system.spawn(Receiver, undefined, { node: 'node-1' })
    const sender = await system.spawn(Sender, undefined, { node: 'local' })
    return { run: prepare({ sender, receiver, to: receiver.ref }, variant), close: () => system.stop() }
  }
}
