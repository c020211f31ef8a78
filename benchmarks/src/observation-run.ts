/** One variant of the observation suite in a process of its own: prints what it completed a second in each round. */
import { createLocalSystem } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import { realTime } from '@troupe/threads/real-time'
import { Pinger, Ponger } from './actors.ts'

const [variant, rounds, messages] = process.argv.slice(2)
const options = { messages: 'shared', realTime: realTime() } as const

async function start() {
  const threads = { threads: 1, development: false, log: 'none' } as const
  if (variant === 'threads') return createSystem({ ...threads, watchdog: false })
  if (variant === 'threads, watchdog') return createSystem(threads)
  if (variant === 'threads, watchdog and metrics') return createSystem({ ...threads, metrics: true })
  return createLocalSystem(variant === 'metrics' ? { ...options, metrics: true } : options)
}

await using system = await start()
const [node = ''] = system.nodes
const pinger = await system.spawn(Pinger, undefined, { node })
const ponger = await system.spawn(Ponger, undefined, { node })
const perSecond: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  const began = performance.now()
  const played = { with: ponger.ref, rounds: Number(messages) / 2 }
  const handled = await pinger.askWith({ timeoutMs: 600_000 }, 'play', played)
  perSecond.push(handled / ((performance.now() - began) / 1_000))
}
// The first round warms up.
console.log(JSON.stringify(perSecond.slice(1)))
