/** The workloads: how large each is, what it counts, and the constants that every peer shares. */
import type { WorkloadName } from './contract.ts'

/** How a workload is measured. */
export interface Workload {
  readonly name: WorkloadName
  /** One line for the tables. */
  readonly what: string
  /** The ways to do it that are reported one by one. Default: one, `''`. */
  readonly variants?: readonly string[]
  /** What the figures are in: completed units a second, unless `measures` says otherwise. */
  readonly unit: string
  /** `rate`: units a second, more is better. `latency`, `bytes` and `cpu`: less is better. */
  readonly measures: 'rate' | 'latency' | 'bytes' | 'cpu'
  /** The size of one run, and of one that only proves that all works. */
  readonly size: number
  readonly quickSize: number
  /** What a size must be a multiple of. A peer that is slow gets a smaller one. Not given: the size is never changed. */
  readonly multipleOf?: number
  /** Units of a run of `size`. Default: `size`. */
  units?(size: number): number
  /** What one unit counts for in `unit`. Default 1. */
  readonly unitWeight?: number
}

/** Actors in the ring. */
export const ringActors = 100
/** Actors of `fork-join-throughput`. */
export const forkJoinActors = 60
/** Actors that `fork-join-create` spawns before it looks at its mailbox again, so that few are alive at once. */
export const forkBurst = 100
/** Messages that ours tells before it looks at its mailbox again, so that mailboxes stay short. */
export const tellBurst = 1_000
/** Actors of `big`, and the messages of one ping and its pong. */
export const bigActors = 120
/** Creatures that meet. */
export const chameneosCreatures = 100
/** Messages in one batch of `post-message-batched`. */
export const batchSize = 256
/** Asks under way at once. */
export const pipelineDepth = 64
/** Bytes of one large message. */
export const largeBytes = 64 * 1024
/** Large messages between two acknowledgements, and how many acknowledgements the sender runs ahead. */
export const bytesPerAcknowledgement = 32
/** Milliseconds of rest before each round trip of `xthread-ask`, `rested`. */
export const restMs = 2
/** Messages a second at low load, and the part of a second that `size` 1 lasts. */
export const cpuMessagesPerSecond = 1_000

const million = 1_000_000
const bytesUnits = { unit: 'GB/s', unitWeight: largeBytes / 1e9 }

export const workloads: readonly Workload[] = [
  rate('ping-pong', 'messages', 2 * million, 2, 'two actors, one message in flight'),
  rate('counting', 'messages', million, 1, 'one producer, one counter, then the total'),
  rate('thread-ring', 'messages', million, ringActors, `a token around ${ringActors} actors`),
  rate('fork-join-create', 'actors', 200_000, 1, 'spawn an actor, one message, acknowledge, stop'),
  rate(
    'fork-join-throughput',
    'messages',
    forkJoinActors * 20_000,
    forkJoinActors,
    `one teller, ${forkJoinActors} actors`,
  ),
  rate(
    'big',
    'messages',
    bigActors * 2 * 4_000,
    bigActors * 2,
    `${bigActors} actors, each pings others chosen at random`,
  ),
  rate('chameneos', 'meetings', 200_000, 1, `${chameneosCreatures} creatures and a mall`),
  {
    name: 'fibonacci',
    what: 'an actor for each call of fibonacci(23)',
    unit: 'actors/s',
    measures: 'rate',
    size: 23,
    quickSize: 12,
    units: (size) => 2 * fibonacci(size) - 1,
  },
  {
    ...rate('ask', 'asks', 200_000, 1, 'ask and await the reply, in one thread'),
    variants: ['outside', 'inside'],
  },
  {
    name: 'memory',
    what: 'bytes of an idle actor',
    variants: ['', 'hibernated'],
    unit: 'bytes',
    measures: 'bytes',
    size: 200_000,
    quickSize: 2_000,
  },
  rate('xthread-tell', 'messages', million, batchSize, 'small messages to another thread'),
  rate('xthread-nested', 'messages', million / 2, batchSize, 'nested messages to another thread'),
  {
    name: 'xthread-ask',
    what: 'one round trip to another thread and back',
    variants: ['busy', 'parked', 'both-parked', 'rested'],
    unit: 'µs',
    measures: 'latency',
    size: 20_000,
    quickSize: 50,
    multipleOf: 1,
  },
  rate('xthread-pipelined-ask', 'asks', million, pipelineDepth, `${pipelineDepth} asks of another thread under way`),
  {
    ...rate('xthread-bytes', 'bytes', 10_240, bytesPerAcknowledgement, '64 KiB messages to another thread'),
    ...bytesUnits,
    variants: ['copied', 'transferred', 'shared'],
  },
  {
    name: 'cpu',
    what: `CPU for ${cpuMessagesPerSecond.toLocaleString('en-US')} messages a second to another thread`,
    unit: 'ms/s',
    measures: 'cpu',
    size: 3_000,
    quickSize: 100,
  },
]

/** The workload of that name; throws when there is none. */
export function workloadNamed(name: string): Workload {
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined) throw new Error(`there is no workload ${name}`)
  return workload
}

/** The number of Fibonacci: 1, 1, 2, 3, 5. */
export function fibonacci(n: number): number {
  let [low, high] = [0, 1]
  for (let index = 1; index < n; index++) [low, high] = [high, low + high]
  return high
}

/** Random actors for `big`: the same sequence in every peer, from the actor's own number. */
export function nextRandom(state: number): number {
  return (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
}

/** The other of `count` actors that a random state chooses for actor `self`. */
export function pickOther(state: number, self: number, count: number): number {
  const index = (state >>> 8) % (count - 1)
  return index < self ? index : index + 1
}

/** The colour that two creatures of these colours turn into, of 0, 1 and 2. */
export function complement(left: number, right: number): number {
  return left === right ? left : 3 - left - right
}

/** The nested message, as a value; `slot` tells one from another. */
export function nestedMessage(slot: number) {
  return {
    type: 'accept' as const,
    ballot: { n: 7, node: 'node-3' },
    slot,
    value: { op: 'put' as const, key: 'account/42', val: slot },
  }
}
export type NestedMessage = ReturnType<typeof nestedMessage>

function rate(name: WorkloadName, counts: string, size: number, multipleOf: number, what: string): Workload {
  const quickSize = Math.max(multipleOf, Math.floor(size / 500 / multipleOf) * multipleOf)
  return { name, what, unit: `${counts}/s`, measures: 'rate', size, quickSize, multipleOf }
}
