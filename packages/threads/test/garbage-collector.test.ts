import { expect, it } from 'vitest'
import { collectYoung } from '../src/garbage-collector.ts'

const bufferBytes = 64 * 1024
const buffers = 400

/** Makes buffers that nobody has when it returns; the sum of what was read from them. */
function makeAndDrop(): number {
  let sum = 0
  for (let made = 0; made < buffers; made++) sum += new Uint8Array(bufferBytes).fill(1)[made] ?? 0
  return sum
}

// On another V8 nothing is switched, since it may not have the switch.
it.runIf(process.versions.v8.startsWith('13.6.'))('frees dropped buffers before it returns', () => {
  collectYoung()
  const before = process.memoryUsage().arrayBuffers
  expect(makeAndDrop()).toBe(buffers)
  expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan((buffers / 2) * bufferBytes)
  collectYoung()
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * bufferBytes)
})
