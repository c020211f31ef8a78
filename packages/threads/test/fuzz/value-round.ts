/**
 * Sends random values through one channel, and compares what arrives with what `structuredClone` makes of them; so it does with
 * what stays on a node in development and in a simulation.
 */
import { prepareMessage, SeededRandom } from '@troupe/core/host'
import { openLoopback } from '../channel/loopback.ts'
import { differenceOf, ValueMaker } from './value-fuzz.ts'

/** Values sent before the channel is drained. */
const valuesPerDrain = 8

/**
 * Sends the values from number `first` on, `count` of them, of a seed. Throws for one that did not arrive as its clone.
 */
export function sendValues(seed: number, first: number, count: number): void {
  // Small enough that a few values fill it, and that some are too large for it.
  const { sender, receiver, drainAll } = openLoopback({ capacityBytes: 1 << 13 })
  try {
    for (let from = first; from < first + count; from += valuesPerDrain) {
      const values = Array.from({ length: Math.min(valuesPerDrain, first + count - from) }, (_, index) =>
        new ValueMaker(new SeededRandom(Math.imul(seed, 0x9e37_79b1) + from + index)).value(),
      )
      const expected = values.map((value) => structuredClone(value))
      for (const value of values) sender.send(value)
      const received: unknown[] = []
      do {
        sender.flush()
        received.push(...drainAll())
      } while (sender.pending > 0)
      received.push(...drainAll())
      for (const [index, value] of expected.entries()) {
        const difference = index < received.length ? differenceOf(value, received[index]) : 'all of it'
        if (difference !== undefined) {
          throw new Error(
            `value ${from + index} of seed ${seed} did not arrive as its clone; what differs is ${difference}`,
          )
        }
        for (const mode of ['copied', 'frozen'] as const) {
          const prepared = prepareMessage(values[index], mode, () => `value ${from + index} of seed ${seed}`)
          const other = differenceOf(value, prepared)
          if (other !== undefined) {
            throw new Error(`value ${from + index} of seed ${seed} is not its clone once it is ${mode}: ${other}`)
          }
        }
      }
    }
  } finally {
    sender.close()
    receiver.close()
  }
}
