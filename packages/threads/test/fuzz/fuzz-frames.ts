/**
 * Fuzzes the reader of channels at three depths: the ring's bytes, the codec's bytes, the values above them.
 *
 *     node packages/threads/test/fuzz/fuzz-frames.ts --frames 1000000 [--seed 1] [--depth ring|message|frame]
 *
 * Round `n` of seed `s` is a function of both, and says so when it fails. Exit code 0 only if no round failed.
 */
import { parseArgs } from 'node:util'
import { SeededRandom } from '@troupe/core/host'
import { fuzzFrame } from './frame-fuzz.ts'
import type { FuzzOutcome, FuzzRound } from './fuzz-round.ts'
import { fuzzMessage } from './message-fuzz.ts'
import { fuzzRing } from './ring-fuzz.ts'

const depths: ReadonlyMap<string, (random: SeededRandom) => FuzzRound> = new Map([
  ['ring', fuzzRing],
  ['message', fuzzMessage],
  ['frame', fuzzFrame],
])
/** Failures printed before the command gives up. */
const failuresMax = 10
const progressMs = 5_000

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    depth: { type: 'string' },
  },
})
const frames = wholeOf('frames', values.frames)
const seed = wholeOf('seed', values.seed)
const chosen = [...depths].filter(([name]) => values.depth === undefined || values.depth === name)
if (chosen.length === 0) throw new Error(`--depth is one of ${[...depths.keys()].join(', ')}, not ${values.depth}`)

const counts = new Map<string, Record<FuzzOutcome, number>>()
let failures = 0
let slowestMs = 0
const begun = performance.now()
let told = begun
for (let round = 0; round < frames && failures < failuresMax; round++) {
  const [depth, fuzz] = chosen[round % chosen.length]!
  const roundBegun = performance.now()
  try {
    const { attack, outcome } = fuzz(new SeededRandom(Math.imul(seed, 0x9e37_79b1) + round))
    const key = `${depth}: ${attack}`
    const count = counts.get(key) ?? { refused: 0, unharmed: 0 }
    count[outcome]++
    counts.set(key, count)
  } catch (error) {
    failures++
    console.error(`round ${round} of seed ${seed}, ${depth}:`, error)
  }
  const now = performance.now()
  slowestMs = Math.max(slowestMs, now - roundBegun)
  if (now - told > progressMs) {
    told = now
    console.error(`${(round + 1).toLocaleString('en')} of ${frames.toLocaleString('en')} rounds, ${failures} failed`)
  }
  // The ends of closed ports are freed by the event loop.
  if (round % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
}

const sum = (outcome: FuzzOutcome) => [...counts.values()].reduce((total, count) => total + count[outcome], 0)
for (const [attack, { refused, unharmed }] of [...counts].sort(([left], [right]) => (left < right ? -1 : 1))) {
  console.log(
    `${attack.padEnd(60)} refused ${String(refused).padStart(8)}   nothing to refuse ${String(unharmed).padStart(8)}`,
  )
}
console.log(
  `${frames.toLocaleString('en')} rounds of seed ${seed} in ${((performance.now() - begun) / 1_000).toFixed(1)} s: ` +
    `${sum('refused').toLocaleString('en')} refused with a FrameError, ${sum('unharmed').toLocaleString('en')} with nothing to refuse, ` +
    `${failures} failed; the slowest round took ${slowestMs.toFixed(1)} ms`,
)
process.exitCode = failures === 0 ? 0 : 1

function wholeOf(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1, not ${text}`)
  return value
}
