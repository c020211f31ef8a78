/** What a trickle of messages costs. */
import { cpuMessagesPerSecond } from './workloads.ts'

/** Sends evenly for `milliseconds`; the messages sent, and the process's milliseconds of CPU a second meanwhile. */
export async function cpuAtLowLoad(milliseconds: number, send: () => void): Promise<{ sent: number; value: number }> {
  const started = performance.now()
  const before = process.cpuUsage()
  let sent = 0
  await new Promise<void>((resolve) => {
    // A timer that was late makes up for it, so that every peer sends the same number.
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - started, milliseconds)
      for (const due = Math.floor((elapsed * cpuMessagesPerSecond) / 1_000); sent < due; sent++) send()
      if (elapsed < milliseconds) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  const { user, system } = process.cpuUsage(before)
  return { sent, value: (user + system) / (performance.now() - started) }
}
