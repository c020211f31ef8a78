/**
 * The memory limit of a node's thread, kept so that going beyond it ends the thread and not the process.
 *
 * V8 ends a worker in order only where an allocation goes a little beyond its limit; one that goes far beyond, as the
 * growth of a large `Map` does, ends the whole process. So V8 gets a limit four times as high as the one that was asked
 * for, and the thread itself looks at its heap, between turns: when it is above the limit and a collection does not help,
 * the node dies. V8's own limit is left for what one turn takes without end.
 */

import { getHeapStatistics } from 'node:v8'
import type { ResourceLimits } from 'node:worker_threads'
import { garbageCollector } from './garbage-collector.ts'

/** V8's limit over that of the node. A table that doubles has three times its size while it is copied. */
const headroomFactor = 4
/** With more than this, one collection of the young generation can go further beyond V8's limit than it allows. */
const youngGenerationMbMax = 24
/** How often a thread looks at its heap, in milliseconds. */
const lookEveryMs = 100
/** The part of the limit that a heap has to grow by, after a collection that left it below, before the next one. */
const regrowth = 0.25
const mebibyte = 2 ** 20

/** What V8 is told of the limits of a thread. */
export function limitsForWorker(limits: ResourceLimits): ResourceLimits {
  const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb = youngGenerationMbMax } = limits
  if (maxOldGenerationSizeMb === undefined) return limits
  return { ...limits, maxYoungGenerationSizeMb, maxOldGenerationSizeMb: headroomFactor * maxOldGenerationSizeMb }
}

/** Looks at the heap of this thread. */
export class HeapGuard {
  readonly #limitBytes: number
  readonly #exceeded: () => void
  readonly #timer: NodeJS.Timeout
  #collectAbove: number

  /** `exceeded` is called when the thread keeps more than `limitMb` MiB: at once, when it does already. */
  constructor(limitMb: number, exceeded: () => void) {
    this.#limitBytes = limitMb * mebibyte
    this.#collectAbove = this.#limitBytes
    this.#exceeded = exceeded
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref()
    this.#look()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (usedBytes() <= this.#collectAbove) return
    garbageCollector()()
    const kept = usedBytes()
    this.#collectAbove = Math.max(this.#limitBytes, kept + regrowth * this.#limitBytes)
    if (kept <= this.#limitBytes) return
    this.close()
    this.#exceeded()
  }
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size
}
