/** The calls of a client that wait for their results, by number and in order. */
import type { ReplyToken } from '@troupe/core'

/** One call: a command or a query. */
export interface Waiting {
  readonly what: unknown
  readonly token: ReplyToken<unknown>
  /** How many it counts as. */
  readonly weight: number
}

/** Calls that travel together: as many numbers from `first` on. */
interface Run {
  readonly first: number
  readonly what: unknown[]
  weight: number
}

/** What waits, from number `from` up to `to`, exclusive, as runs of numbers without a gap that are no heavier than `weightMax`. */
export function runs(waiting: ReadonlyMap<number, Waiting>, from: number, to: number, weightMax: number): Run[] {
  const found: Run[] = []
  let run: Run | undefined
  for (let number = from; number < to; number++) {
    const call = waiting.get(number)
    if (call === undefined) {
      run = undefined
      continue
    }
    if (run === undefined || run.weight + call.weight > weightMax) {
      run = { first: number, what: [], weight: 0 }
      found.push(run)
    }
    run.what.push(call.what)
    run.weight += call.weight
  }
  return found
}

/** The number that has waited longest. */
export function oldestOf(waiting: ReadonlyMap<number, Waiting>): number | undefined {
  return waiting.size === 0 ? undefined : waiting.keys().next().value
}
