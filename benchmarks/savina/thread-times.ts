/**
 * The processor time of each thread of this process, as Linux counts it. On a machine that others use as well, the time of
 * the busiest thread says how long a run would take at least if nobody else were there.
 */
import { readdirSync, readFileSync } from 'node:fs'

const tasks = '/proc/self/task'

/** Milliseconds of processor time by thread; empty where the system does not tell. */
export function threadTimes(): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const thread of threadIds()) {
    try {
      const [nanoseconds] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')
      times.set(thread, Number(nanoseconds) / 1_000_000)
    } catch {
      // The thread has ended meanwhile, or the kernel does not count.
    }
  }
  return times
}

function threadIds(): string[] {
  try {
    return readdirSync(tasks)
  } catch {
    return []
  }
}

/** What the busiest thread has used since `before`, in milliseconds; 0 where the system does not tell. */
export function busiestSince(before: ReadonlyMap<string, number>): number {
  let busiest = 0
  for (const [thread, time] of threadTimes()) busiest = Math.max(busiest, time - (before.get(thread) ?? 0))
  return busiest
}
