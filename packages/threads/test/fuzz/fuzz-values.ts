/**
 * Random values of every kind that structured clone supports go through channels and arrive as `structuredClone` would
 * have copied them, the same objects in the same places.
 *
 *     node packages/threads/test/fuzz/fuzz-values.ts --values 1000000 [--seed 1]
 *
 * Value `n` of a seed is a function of both. Exit code 0 only if all arrived.
 */
import { parseArgs } from 'node:util'
import { sendValues } from './value-round.ts'

/** Values through one channel: shapes and texts are learned, evicted and learned again meanwhile. */
const valuesPerChannel = 10_000
const progressMs = 5_000

const { values } = parseArgs({
  options: { values: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const [count, seed] = [Number(values.values), Number(values.seed)]
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed))) {
  throw new Error('--values and --seed are whole numbers, --values above 0')
}
const begun = performance.now()
let told = begun
for (let first = 0; first < count; first += valuesPerChannel) {
  sendValues(seed, first, Math.min(valuesPerChannel, count - first))
  if (performance.now() - told > progressMs) {
    told = performance.now()
    console.error(`${first + valuesPerChannel} of ${count} values`)
  }
  // The ends of closed ports are freed by the event loop.
  await new Promise((resolve) => setImmediate(resolve))
}
const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
console.log(
  `${count.toLocaleString('en')} values of seed ${seed} arrived as structuredClone copies them, in ${seconds} s`,
)
