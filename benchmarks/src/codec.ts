/**
 * What the steps of a channel cost on one thread: writing and reading a message, through codec and ring, beside
 * `structuredClone` of the same value, and the copying of 64 KiB beside `memcpy` (a copy within unshared memory).
 */
import { createChannelPair, createDoorbell, openReceiver, openSender } from '@troupe/threads/channel'
import type { SuiteOptions } from './kernel.ts'
import { median } from './measured.ts'
import { nestedMessage } from './peer-message.ts'

const messagesPerDrain = 500

/** Measures all rows and prints them. */
export function codecCosts({ quick }: SuiteOptions): void {
  const doorbells = { senderDoorbell: createDoorbell(), receiverDoorbell: createDoorbell() }
  const pair = createChannelPair(doorbells)
  const [sender, receiver] = [openSender(pair.sender), openReceiver(pair.receiver)]
  const rounds = quick ? 1 : 60
  const cases: Readonly<Record<string, (index: number) => unknown>> = {
    '{ type, n }': (n) => ({ type: 'inc', n }),
    'nested, 3 objects': nestedMessage,
  }
  console.log('\nchannel: steps on one thread, medians')
  for (const [name, make] of Object.entries(cases)) {
    const steps = { writing: [] as number[], reading: [] as number[], structuredClone: [] as number[] }
    for (let round = 0; round < rounds * 4; round++) {
      const values = Array.from({ length: messagesPerDrain }, (_, index) => make(index))
      const begun = performance.now()
      for (const value of values) sender.send(value)
      sender.flush()
      const written = performance.now()
      receiver.drain(() => {}, messagesPerDrain)
      const read = performance.now()
      for (const value of values) structuredClone(value)
      const cloned = performance.now()
      // The first quarter warms up.
      if (round < rounds && !quick) continue
      const perMessage = 1e6 / messagesPerDrain
      steps.writing.push((written - begun) * perMessage)
      steps.reading.push((read - written) * perMessage)
      steps.structuredClone.push((cloned - read) * perMessage)
    }
    const each = Object.entries(steps).map(([step, times]) => `${step} ${median(times).toFixed(0)} ns`)
    console.log(`  ${name.padEnd(26)}${each.join('   ')}`)
  }
  const bytes = new Uint8Array(65_536).fill(7)
  const copy = new Uint8Array(65_536)
  const steps = { writing: [] as number[], reading: [] as number[], memcpy: [] as number[] }
  for (let round = 0; round < rounds * 10; round++) {
    const begun = performance.now()
    sender.send(bytes)
    sender.flush()
    const written = performance.now()
    receiver.drain(() => {}, 1)
    const read = performance.now()
    copy.set(bytes)
    steps.writing.push((written - begun) * 1e3)
    steps.reading.push((read - written) * 1e3)
    steps.memcpy.push((performance.now() - read) * 1e3)
  }
  const each = Object.entries(steps).map(([step, times]) => `${step} ${median(times).toFixed(1)} µs`)
  console.log(`  ${'64 KiB of bytes'.padEnd(26)}${each.join('   ')}`)
  sender.close()
  receiver.close()
}
