/**
 * One row of the growth suite in a process of its own, so that no row pays for what another left behind:
 * `growth-run.ts actors|mailbox|threads COUNT MESSAGES`, `growth-run.ts size BYTES MESSAGES` or `growth-run.ts idle ACTORS
 * THREADS MILLISECONDS`. Prints a line of JSON.
 */
import { createLocalSystem } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import { realTime } from '@troupe/threads/real-time'
import { Crowd, Flooder, Shipper, Sink, Ticker } from './growth-actors.ts'

const [what, ...given] = process.argv.slice(2)
const [first = 0, second = 0, third = 0] = given.map(Number)
const wait = { timeoutMs: 600_000 }
const local = () => createLocalSystem({ messages: 'shared', realTime: realTime() })

/** CPU time and wall time of `run`, in nanoseconds. */
async function timed(run: () => Promise<unknown>): Promise<{ cpuNs: number; wallNs: number }> {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  await run()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuNs: (user + system) * 1_000, wallNs: (performance.now() - wall) * 1e6 }
}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** `count` actors under one parent, told `messages` messages in turn. */
async function actors(count: number, messages: number) {
  await using system = local()
  await warmUp()
  const crowd = await system.spawn(Crowd, undefined)
  const before = heapBytes()
  const spawned = await timed(() => crowd.askWith(wait, 'gather', count))
  const bytes = (heapBytes() - before) / count
  const rounds = Math.max(1, Math.round(messages / count))
  const told = await timed(() => crowd.askWith(wait, 'tellAll', rounds))
  const handled = await crowd.askWith(wait, 'handled')
  if (handled !== rounds * count) throw new Error(`handled ${handled} of ${rounds * count}`)
  return { spawnNs: spawned.cpuNs / count, bytes, messageNs: told.cpuNs / handled, wallNs: told.wallNs / handled }
}

/** A crowd of another system, which leaves nothing behind but compiled code. */
async function warmUp() {
  await using system = local()
  const crowd = await system.spawn(Crowd, undefined)
  await crowd.askWith(wait, 'gather', 1_000)
  await crowd.askWith(wait, 'tellAll', 200)
}

/** A mailbox that is filled with `depth` messages and emptied, as often as `messages` need it. */
async function mailbox(depth: number, messages: number) {
  await using system = local()
  const sink = await system.spawn(Sink, undefined, { mailbox: { capacity: Number.POSITIVE_INFINITY } })
  const flooder = await system.spawn(Flooder, undefined)
  const rounds = Math.max(1, Math.round(messages / depth))
  const flood = (times: number) => flooder.askWith(wait, 'flood', { to: sink.ref, depth, rounds: times })
  await flood(Math.max(1, Math.round(rounds / 10)))
  const { cpuNs, wallNs } = await timed(() => flood(rounds))
  return { messageNs: cpuNs / (rounds * depth), wallNs: wallNs / (rounds * depth) }
}

/** Messages that wait at a time where several threads send, and the bytes that one batch of large messages may have. */
const depthOfThreads = 10_000
/** Rounds before those that are measured, at most: each thread compiles for itself. */
const warmUpRounds = 30
const batchMax = 1_000
const batchBytesMax = 8 << 20
const bytesMax = 512 << 20

/** An actor on each thread sends to one on its own thread, then to one on the next; all of them at the same time. */
async function threads(count: number, messages: number) {
  await using system = await createSystem({ threads: count, development: false, log: 'none' })
  const on = (index: number) => system.nodes[index % count] as string
  const mailbox = { capacity: Number.POSITIVE_INFINITY }
  const places = Array.from({ length: count }, (_, index) => index)
  const sinks = await Promise.all(places.map((index) => system.spawn(Sink, undefined, { node: on(index), mailbox })))
  const flooders = await Promise.all(places.map((index) => system.spawn(Flooder, undefined, { node: on(index) })))
  const rounds = Math.max(1, Math.round(messages / count / depthOfThreads))
  const flood = (next: number, times: number) =>
    Promise.all(
      flooders.map((flooder, index) => {
        const to = sinks[(index + next) % count]?.ref as (typeof sinks)[number]['ref']
        return flooder.askWith(wait, 'flood', { to, depth: depthOfThreads, rounds: times })
      }),
    )
  const figures: Record<string, number> = {}
  for (const [name, next] of [['own', 0] as const, ['next', 1] as const]) {
    await flood(next, Math.min(warmUpRounds, rounds))
    const { cpuNs, wallNs } = await timed(() => flood(next, rounds))
    const total = count * rounds * depthOfThreads
    figures[`${name}PerSecond`] = (1e9 * total) / wallNs
    figures[`${name}CpuNs`] = cpuNs / total
  }
  return figures
}

/** Messages of so many bytes from the main thread to another. */
async function size(bytes: number, messages: number) {
  await using system = await createSystem({ threads: 1, development: false, log: 'none' })
  const mailbox = { capacity: Number.POSITIVE_INFINITY }
  const sink = await system.spawn(Sink, undefined, { node: 'node-1', mailbox })
  const shipper = await system.spawn(Shipper, undefined, { node: 'local' })
  const batch = Math.max(1, Math.min(batchMax, Math.floor(batchBytesMax / Math.max(1, bytes))))
  const wanted = Math.min(messages, Math.floor(bytesMax / Math.max(1, bytes)))
  const rounds = Math.max(1, Math.round(wanted / batch))
  const ship = (times: number) => shipper.askWith(wait, 'ship', { to: sink.ref, size: bytes, batch, rounds: times })
  await ship(Math.max(1, Math.round(rounds / 10)))
  const { cpuNs, wallNs } = await timed(() => ship(rounds))
  const sent = rounds * batch
  return { messageNs: cpuNs / sent, wallNs: wallNs / sent, bytesPerSecond: (1e9 * sent * bytes) / wallNs }
}

/** What `count` actors on `threads` threads that have nothing to do use of a core, and that the process lives on. */
async function idle(count: number, threads: number, milliseconds: number) {
  await using system = await createSystem({ threads, log: 'none' })
  const idlers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      system.spawn(Sink, undefined, { node: system.nodes[index % threads] ?? '' }),
    ),
  )
  const quiet = await timed(() => new Promise((resolve) => setTimeout(resolve, milliseconds)))
  // Still there: each answers, and a timer fires.
  let answered = 0
  for (const idler of idlers) answered += (await idler.askWith(wait, 'total')) === 0 ? 1 : 0
  const ticker = await system.spawn(Ticker, undefined)
  await ticker.askWith(wait, 'afterMs', 5)
  if (answered !== count) throw new Error(`${answered} of ${count} idle actors answered`)
  return { coreShare: quiet.cpuNs / quiet.wallNs, answered }
}

const measures: Readonly<Record<string, (...given: number[]) => Promise<object>>> = {
  actors: () => actors(first, second),
  mailbox: () => mailbox(first, second),
  threads: () => threads(first, second),
  size: () => size(first, second),
  idle: () => idle(first, second, third),
}
console.log(JSON.stringify(await measures[what ?? '']?.()))
