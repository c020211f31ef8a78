/** What a trickle of messages costs. */
import { setImmediate } from 'node:timers/promises'
import { cpuMessagesPerSecond } from './workloads.ts'

/** Messages that warm up both sides, and how many of them are sent at once: by the trickle alone it would take minutes. */
const warmUpMessages = 100_000
const warmUpBurst = 1

/** Milliseconds of the trickle itself before it is measured: how a thread rests and is woken is compiled in these. */
const warmUpMs = 3_000

/**
 * Warms up, then sends evenly for `milliseconds`; all messages sent, and the process's milliseconds of CPU a second meanwhile.
 */
export async function cpuAtLowLoad(milliseconds: number, send: () => void): Promise<{ sent: number; value: number }> {
  let sent = 0
  while (sent < warmUpMessages) {
    for (let left = warmUpBurst; left > 0; left--, sent++) send()
    await setImmediate()
  }
  sent += await trickle(warmUpMs, send)
  const started = performance.now()
  const before = process.cpuUsage()
  sent += await trickle(milliseconds, send)
  const { user, system } = process.cpuUsage(before)
  return { sent, value: (user + system) / (performance.now() - started) }
}

/** Sends evenly for `milliseconds`; how many messages that were. */
function trickle(milliseconds: number, send: () => void): Promise<number> {
  const started = performance.now()
  let sent = 0
  return new Promise((resolve) => {
    // A timer that was late makes up for it, so that every peer sends the same number.
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - started, milliseconds)
      for (const due = Math.floor((elapsed * cpuMessagesPerSecond) / 1_000); sent < due; sent++) send()
      if (elapsed < milliseconds) return
      clearInterval(timer)
      resolve(sent)
    }, 1)
  })
}
