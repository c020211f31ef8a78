/** What is left of streams when they end, between two kernels joined in memory, and in odd orders of frames. */
import { expect, test } from 'vitest'
import { compiled } from '../src/actor-definition.ts'
import type { Ref } from '../src/actor-ref.ts'
import { IncomingStream } from '../src/incoming-stream.ts'
import { createLocalSystem, defineActor, namedRef } from '../src/index.ts'
import type { NodeKernel } from '../src/node-kernel.ts'
import { VirtualClock } from '../src/virtual-clock.ts'
import { Cluster } from './kernel-harness.ts'
import { ProbeSystem } from './probe-system.ts'

const Source = defineActor({
  name: 'Source',
  init: () => ({ cleaned: 0 }),
  on: {
    async *count(state, to: number) {
      try {
        for (let number = 0; number < to; number++) yield number
      } finally {
        state.cleaned++
      }
    },
    cleaned: ({ cleaned }) => cleaned,
    async *cleansBadly() {
      try {
        yield 1
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what a careless generator does
        throw new Error('in finally')
      }
    },
    async *yieldsOnReturn() {
      try {
        yield 1
      } finally {
        yield 2
      }
    },
    /** An iterable that is no generator: no `return`, results that are no promises. */
    plain: (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]() {
        let next = 0
        return { next: () => ({ done: next === 2, value: next++ }) as any }
      },
    }),
    fail() {
      throw new Error('on purpose')
    },
  },
})

const Reader = defineActor({
  name: 'Reader',
  init: () => ({ sum: 0 }),
  on: {
    async read(state, to: number, ctx) {
      const source = namedRef(Source, { node: 'a', name: 'source' })
      for await (const number of await ctx.ask(source, 'count', to)) state.sum += number
      return state.sum
    },
    async first(_state, to: number, ctx) {
      const source = namedRef(Source, { node: 'a', name: 'source' })
      return (await (await ctx.ask(source, 'count', to))[Symbol.asyncIterator]().next()).value
    },
  },
})

async function pair() {
  const cluster = new Cluster()
  const [a, b] = [cluster.node('a'), cluster.node('b')]
  const source = a.spawn(a.guardian, compiled(Source), undefined, { name: 'source' })
  const reader = b.spawn(b.guardian, compiled(Reader), undefined, { name: 'reader' })
  await cluster.settle()
  return { cluster, a, b, source, reader }
}

const nothing = { incoming: 0, outgoing: 0 }
const left = (...kernels: NodeKernel[]) => kernels.map(({ streams, asks }) => ({ ...streams.size, asks: asks.size }))
const none = [
  { ...nothing, asks: 0 },
  { ...nothing, asks: 0 },
]

async function opened(kernel: NodeKernel, cluster: Cluster, to: Ref, name: string, payload?: unknown) {
  const asked = kernel.ask(undefined, to, name, payload)
  await cluster.settle()
  return (await asked) as AsyncIterableIterator<unknown>
}

/** Lets virtual time pass up to `timeMs`. */
function runUntil(clock: VirtualClock, timeMs: number): void {
  while (clock.runNext(timeMs)) {}
  clock.moveTo(timeMs)
}

/** The promise's outcome, once the cluster has settled. */
async function settled<Value>(cluster: Cluster, promise: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const outcome = Promise.allSettled([promise])
  await cluster.settle()
  return (await outcome)[0]
}

test('nothing is left of a stream that was read to its end', async () => {
  const { cluster, a, b, reader } = await pair()
  expect(await settled(cluster, b.ask(undefined, reader, 'read', 100))).toMatchObject({ value: 4_950 })
  expect(left(a, b)).toEqual(none)
})

test('nothing is left when the turn that asked is over', async () => {
  const { cluster, a, b, reader, source } = await pair()
  expect(await settled(cluster, b.ask(undefined, reader, 'first', 100))).toMatchObject({ value: 0 })
  expect(left(a, b)).toEqual(none)
  expect(await settled(cluster, a.ask(undefined, source, 'cleaned', undefined))).toMatchObject({ value: 1 })
})

test('nothing is left when the producer stops or restarts, and the consumer is told', async () => {
  for (const end of [
    (a: NodeKernel, source: Ref) => a.stop(undefined, source),
    (a: NodeKernel, source: Ref) => void a.ask(undefined, source, 'fail', undefined).catch(() => {}),
  ]) {
    const { cluster, a, b, source } = await pair()
    const stream = await opened(b, cluster, source, 'count', 100)
    expect(await settled(cluster, stream.next())).toMatchObject({ value: { value: 0 } })
    end(a, source)
    await cluster.settle()
    expect(left(a, b)).toEqual(none)
    for (let item = 1; item < 17; item++) await settled(cluster, stream.next())
    expect(await settled(cluster, stream.next())).toMatchObject({ reason: { code: 'ERR_TROUPE_ACTOR_STOPPED' } })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  }
})

test('nothing is left when the node of the consumer dies, and the generator cleans up', async () => {
  const { cluster, a, b, source } = await pair()
  const stream = await opened(b, cluster, source, 'count', 100)
  await settled(cluster, stream.next())
  b.halt()
  a.nodeDown('b', 0, 'test')
  await cluster.settle()
  expect(left(a)).toEqual([{ ...nothing, asks: 0 }])
  expect(await settled(cluster, a.ask(undefined, source, 'cleaned', undefined))).toMatchObject({ value: 1 })
})

test('nothing is left when the node of the producer dies, and the consumer is told', async () => {
  const { cluster, a, b, source } = await pair()
  const stream = await opened(b, cluster, source, 'count', 0)
  const other = await opened(b, cluster, source, 'count', 100)
  a.halt()
  b.nodeDown('a', 0, 'test')
  for (const broken of [stream, other]) {
    expect(await settled(cluster, broken.next())).toMatchObject({ reason: { code: 'ERR_TROUPE_NODE_DOWN' } })
  }
  expect(left(b)).toEqual([{ ...nothing, asks: 0 }])
})

test('an answer that comes when nobody waits any more opens nothing', async () => {
  const { cluster, a, b, source } = await pair()
  const asked = expect(b.ask(undefined, source, 'count', 5, 10)).rejects.toMatchObject({
    code: 'ERR_TROUPE_ASK_TIMEOUT',
  })
  runUntil(cluster.clock, 20)
  await asked
  await cluster.settle()
  expect(left(a, b)).toEqual(none)
})

test('a consumer that stops waiting cancels', async () => {
  const { cluster, a, b, source } = await pair()
  const stream = await opened(b, cluster, source, 'count', 5)
  const waiting = expect(stream.next()).rejects.toMatchObject({ code: 'ERR_TROUPE_ASK_TIMEOUT' })
  runUntil(cluster.clock, 5_000)
  await waiting
  await cluster.settle()
  expect(left(a, b)).toEqual(none)
})

test('a finally that throws fails its turn, one that yields is left there, and neither leaves anything', async () => {
  const { cluster, a, b, source } = await pair()
  const failures: string[] = []
  a.ports.events.on('failure', ({ error }) => failures.push(error.message))
  for (const name of ['yieldsOnReturn', 'cleansBadly']) {
    const stream = await opened(b, cluster, source, name)
    await settled(cluster, stream.next())
    await stream.return?.()
    await cluster.settle()
    expect(left(a, b)).toEqual(none)
  }
  expect(failures).toEqual(['in finally'])
})

test('an iterable that is no generator is streamed too', async () => {
  const { cluster, b, source } = await pair()
  const stream = await opened(b, cluster, source, 'plain')
  const outcomes = []
  for (let item = 0; item < 3; item++) outcomes.push(await settled(cluster, stream.next()))
  expect(outcomes).toMatchObject([{ value: { value: 0 } }, { value: { value: 1 } }, { value: { done: true } }])
})

test('a tell of a generator runs nothing of it and says so', async () => {
  const system = createLocalSystem()
  const logs: string[] = []
  system.events.on('log', ({ message }) => logs.push(message))
  const source = await system.spawn(Source, undefined)
  source.tell('count', 5)
  expect(await source.ask('cleaned')).toBe(0)
  expect(logs).toEqual(['count answers with a stream and was not asked: its body does not run'])
  await system.stop()
})

test.each([0, 1.5, 65_537])('a window of %d is refused', async (window) => {
  const system = createLocalSystem()
  const source = await system.spawn(Source, undefined)
  expect(() => source.askWith({ window }, 'count', 5)).toThrow('window')
  await system.stop()
})

test('a system that stops ends the streams that it has outside', async () => {
  const system = new ProbeSystem()
  const source = await system.spawn(Source, undefined)
  const stream = (await source.ask('count', 100))[Symbol.asyncIterator]()
  await stream.next()
  await system.stop()
  await expect(
    (async () => {
      for (;;) if ((await stream.next()).done) return
    })(),
  ).rejects.toThrow()
  expect(system.node.streams.size).toEqual(nothing)
})

/** An incoming stream on its own; what it grants and whether it cancelled. */
function incoming(window: number) {
  const clock = new VirtualClock()
  const granted: number[] = []
  const ended: string[] = []
  const ask = { askId: 1, from: undefined, name: 'count', timeoutMs: 100, during: undefined }
  const stream = new IncomingStream(ask, { node: 'a' } as Ref, undefined, {
    clock,
    grant: (_stream, total) => granted.push(total),
    rejectFor: (_from, reject) => reject(),
    cancel: () => ended.push('cancel'),
    closed: () => ended.push('closed'),
  })
  stream.window = window
  return { stream, clock, granted, ended }
}

test('items that come twice or out of order are given once and in order, and what was not granted is ignored', async () => {
  const { stream, granted, ended } = incoming(4)
  const first = stream.next()
  expect(granted).toEqual([5])
  stream.item(2, 'c')
  stream.item(1, 'b')
  stream.item(1, 'b again')
  stream.item(99, 'never granted')
  stream.end(4)
  stream.item(0, 'a')
  stream.item(0, 'a again')
  expect(await first).toEqual({ done: false, value: 'a' })
  expect([await stream.next(), await stream.next()]).toEqual([
    { done: false, value: 'b' },
    { done: false, value: 'c' },
  ])
  const last = stream.next()
  stream.item(3, 'd')
  expect(await last).toEqual({ done: false, value: 'd' })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect(ended).toEqual(['closed'])
})

test('credit is granted as items are taken, in halves of the window', async () => {
  const { stream, granted } = incoming(4)
  void stream.next()
  for (let index = 0; index < 5; index++) stream.item(index, index)
  for (let index = 1; index < 5; index++) await stream.next()
  expect(granted).toEqual([5, 7, 9])
})

test('an item that never comes ends the wait, and the stream', async () => {
  const { stream, clock, ended } = incoming(4)
  const first = stream.next()
  stream.item(1, 'b')
  runUntil(clock, 100)
  await expect(first).rejects.toMatchObject({ code: 'ERR_TROUPE_ASK_TIMEOUT', facts: { timeoutMs: 100 } })
  expect(ended).toEqual(['closed', 'cancel'])
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('several waits at a time are served in order', async () => {
  const { stream } = incoming(1)
  const waits = [stream.next(), stream.next(), stream.next()]
  stream.item(0, 'a')
  stream.item(1, 'b')
  stream.end(2)
  expect(await Promise.all(waits)).toEqual([
    { done: false, value: 'a' },
    { done: false, value: 'b' },
    { done: true, value: undefined },
  ])
})
