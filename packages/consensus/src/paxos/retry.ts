/** When to try again: exponential backoff, half of it random so that competing proposers fall out of step. */
import type { RandomStream } from '@troupe/core'
import type { RetryDelay } from './configuration.ts'

/** The wait in milliseconds before attempt number `attempt`, from 0. */
export function retryDelayMs({ minMs, maxMs }: RetryDelay, attempt: number, random: RandomStream): number {
  const delayMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30))
  return Math.ceil(delayMs / 2) + random.int(Math.ceil(delayMs) + 1)
}
