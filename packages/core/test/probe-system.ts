/** A local system that lets a test look at its kernel, and disks whose syncs a test controls. */
import { LocalSystem, MemoryDisk } from '../src/index.ts'
import type { NodeKernel } from '../src/node-kernel.ts'
import type { DiskCallback } from '../src/ports/disk.ts'
import type { SystemGuardian } from '../src/system-guardian.ts'
import type { VirtualClock } from '../src/virtual-clock.ts'

export class ProbeSystem extends LocalSystem {
  get node(): NodeKernel {
    return this.kernel
  }

  get roots(): SystemGuardian['roots'] {
    return this.guardian.roots
  }

  get clock(): VirtualClock {
    return this.kernel.ports.clock as VirtualClock
  }
}

const soon = (run: () => void) => void Promise.resolve().then(run)

/** A disk in memory whose operations complete in the next microtask. */
export function memoryDisk(): MemoryDisk {
  return new MemoryDisk({ schedule: soon })
}

/** A disk in memory whose syncs wait while it is held, and fail once it is broken. */
export class HeldDisk extends MemoryDisk {
  #held: (() => void)[] | undefined
  #broken = false

  constructor() {
    super({ schedule: soon })
  }

  /** From now on syncs wait. */
  hold(): void {
    this.#held ??= []
  }

  /** Lets the waiting syncs, and all later ones, happen. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const sync of held) sync()
  }

  /** From now on syncs fail. */
  break(): void {
    this.#broken = true
  }

  override sync(file: string, done: DiskCallback<void>): void {
    const sync = () => {
      if (this.#broken) soon(() => done(new Error('the disk is broken')))
      else super.sync(file, done)
    }
    if (this.#held === undefined) sync()
    else this.#held.push(sync)
  }
}
