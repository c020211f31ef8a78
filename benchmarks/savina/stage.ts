/**
 * Where a program runs: a system of threads, the nodes that its actors are placed on, and what was spawned, so that
 * nothing of one run is left when the next begins.
 */
import type {
  ActorDefinition,
  ActorRef,
  ArgsOf,
  MessageName,
  PayloadArguments,
  ProtocolOf,
  ReplyOf,
} from '@troupe/core'
import { createSystem, type ThreadSystem } from '@troupe/threads'

/** Beyond this a run has failed, in milliseconds. */
const runMsMax = 300_000
/** What may wait for room in a channel: a program may send all it has before the other thread takes the first. */
const channels = { outboundCapacity: 4_000_000, outboundBytesMax: 2 ** 31 }

export class Stage {
  readonly threads: number
  /** The nodes for this program's actors: at least one. Programs place by `nodes[index % nodes.length]`. */
  nodes: readonly string[]
  readonly #system: ThreadSystem
  readonly #roots: ActorRef[] = []
  #fail: (error: Error) => void = () => {}
  /** Rejects when an actor of a program fails, or a message was dropped. */
  #failed: Promise<never>

  private constructor(system: ThreadSystem, threads: number) {
    this.#system = system
    this.threads = threads
    this.nodes = system.nodes
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject
    })
    this.#failed.catch(() => {})
    system.events.on('failure', ({ actor, message, error }) => {
      this.#fail(new Error(`${actor} failed in ${message}: ${error.message}`, { cause: error }))
    })
    system.events.on('deadLetter', ({ name, reason }) => {
      if (reason === 'overload') this.#fail(new Error(`a message ${name} was dropped: its mailbox or channel is full`))
    })
  }

  /** Opens a stage of so many threads. `development` freezes every message. */
  static async open({ threads, development = false }: { threads: number; development?: boolean }): Promise<Stage> {
    return new Stage(await createSystem({ threads, development, log: 'none', channels }), threads)
  }

  /** Uses one node, or all of them, from now on. */
  use(nodes: 'one' | 'all'): void {
    this.nodes = nodes === 'one' ? this.#system.nodes.slice(0, 1) : this.#system.nodes
  }

  /** The node for the actor of an index: all nodes in turn. */
  nodeAt(index: number): string {
    return this.nodes[index % this.nodes.length] as string
  }

  /** Starts an actor of the program; on the first node unless another is given. */
  async spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    node: string = this.nodeAt(0),
  ): Promise<ActorRef<ProtocolOf<Definition>>> {
    const { ref } = await this.#system.spawn(definition, args, { node })
    this.#roots.push(ref)
    return ref
  }

  /** Asks an actor, for as long as a run may take; rejects at once when any actor fails or a message is dropped. */
  ask<Protocol, Name extends MessageName<Protocol>>(
    to: ActorRef<Protocol>,
    name: Name,
    ...payload: PayloadArguments<Protocol, Name>
  ): Promise<ReplyOf<Protocol, Name>> {
    return Promise.race([this.#system.askWith({ timeoutMs: runMsMax }, to, name, ...payload), this.#failed])
  }

  /** Ends all that was spawned, the last first. */
  async clear(): Promise<void> {
    for (const ref of this.#roots.splice(0).reverse()) await this.#system.stopActor(ref)
  }

  async close(): Promise<void> {
    await this.#system.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
