/** The nodes as the event stream tells of them, and waiting for what it tells. */
import type { SystemEvents } from '@troupe/core'
import type { ThreadSystem } from '@troupe/threads'

/** Something did not come within its bound: the campaign cannot go on. */
export class BoundExceeded extends Error {}

/** Resolves with the promise, or rejects with a {@link BoundExceeded} that says what did not come. */
export async function within<Value>(ms: number, what: string, promise: PromiseLike<Value>): Promise<Value> {
  let timeout: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timeout = setTimeout(() => reject(new BoundExceeded(`${what}: not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timeout)
  }
}

/** What was heard of one node. */
interface Heard {
  upEpoch: number
  downEpoch: number
}

export class NodeWatch {
  readonly #heard: Map<string, Heard>
  readonly #waiting = new Set<{ readonly holds: () => boolean; readonly resolve: () => void }>()
  /** Why nodes died, in order. */
  readonly deaths: SystemEvents['nodeDown'][0][] = []

  constructor(system: ThreadSystem) {
    this.#heard = new Map(system.nodes.map((node) => [node, { upEpoch: 0, downEpoch: -1 }]))
    system.events.on('nodeUp', ({ node, epoch }) => {
      this.#of(node).upEpoch = epoch
      this.#look()
    })
    system.events.on('nodeDown', (death) => {
      this.#of(death.node).downEpoch = death.epoch
      this.deaths.push(death)
      this.#look()
    })
  }

  /** The epoch of the life of a node that was heard of last. */
  epoch(node: string): number {
    const { upEpoch, downEpoch } = this.#of(node)
    return Math.max(upEpoch, downEpoch)
  }

  /** True when the last that was heard of a node is that it is up. */
  isUp(node: string): boolean {
    const { upEpoch, downEpoch } = this.#of(node)
    return upEpoch > downEpoch
  }

  /** Resolves when a life of the node from `epoch` on was told dead. */
  down(node: string, epoch: number): Promise<void> {
    return this.#until(() => this.#of(node).downEpoch >= epoch)
  }

  /** Resolves when all nodes are up. */
  whole(): Promise<void> {
    return this.#until(() => [...this.#heard.keys()].every((node) => this.isUp(node)))
  }

  #of(node: string): Heard {
    const heard = this.#heard.get(node)
    if (heard === undefined) throw new Error(`there is no node ${node}`)
    return heard
  }

  #until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.add({ holds, resolve }))
  }

  #look(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.holds()) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }
}
