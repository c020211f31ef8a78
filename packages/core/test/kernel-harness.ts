/** Two kernels joined by a transport in memory, for what needs more than one node and no host. */
import { DefinitionRegistry } from '../src/definition-registry.ts'
import { EventStream } from '../src/event-stream.ts'
import { prepareMessage } from '../src/message-value.ts'
import { NodeKernel } from '../src/node-kernel.ts'
import { NodeServices } from '../src/node-services.ts'
import { SeededRandomSource } from '../src/seeded-random.ts'
import { VirtualClock } from '../src/virtual-clock.ts'
import type { Frame } from '../src/wire.ts'

/** Nodes that share one process, one clock and one registry of definitions. */
export class Cluster {
  readonly clock = new VirtualClock()
  readonly events = new EventStream()
  readonly kernels = new Map<string, NodeKernel>()
  /** Nodes to which what is sent now is accepted and never arrives, as with a node that is about to die. */
  readonly deaf = new Set<string>()
  readonly #definitions = new DefinitionRegistry()

  /** Starts a node; a node of the same name takes the place of the one before. */
  node(name: string, epoch = 0): NodeKernel {
    const { clock, events } = this
    const random = new SeededRandomSource(1)
    const kernel: NodeKernel = new NodeKernel({
      node: name,
      epoch,
      clock,
      random,
      transport: { send: (to, frame) => this.#send(kernel, to, frame) },
      services: new NodeServices({ node: name, epoch, clock, random, events }),
      definitions: this.#definitions,
      events,
      messages: 'frozen',
      // A test moves the clock from one event of its own to the next.
      askCyclesAfterMs: Number.POSITIVE_INFINITY,
      wake: () => {},
      failed: () => kernel.halt(),
    })
    this.kernels.set(name, kernel)
    return kernel
  }

  /** Runs every node until none has anything to do, promises included. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet++) {
      for (const kernel of this.kernels.values()) {
        if (kernel.runnable === 0) continue
        quiet = 0
        kernel.run(1)
      }
      await undefined
    }
  }

  #send(from: NodeKernel, to: string, frame: Frame): 'node-down' | undefined {
    const kernel = this.kernels.get(to)
    if (kernel === undefined || !kernel.alive) return 'node-down'
    if (this.deaf.has(to)) return undefined
    // Frames are copied, as a channel copies them; what cannot be is refused with an error.
    const copied = prepareMessage(frame, 'copied', () => 'a frame') as Frame
    kernel.receive({ node: from.node, epoch: from.epoch }, copied)
    return undefined
  }
}
