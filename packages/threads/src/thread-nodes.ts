/**
 * The nodes on worker threads: started together, connected pair by pair, replaced when they die.
 *
 * ```text
 *   down -> starting -> connected -> up -> (dies) -> down, epoch + 1, at most so often
 * ```
 *
 * A node that is connected can be reached by all others; it is up once all of them said so. A death is told first on
 * the main thread and then to every connected node, each of which delivers what the dead node had published before.
 */
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { ConfigurationError, mainNode, NodeDownError, type NodeInspection, type NodeMetricsData } from '@troupe/core'
import { downNode, type InspectionLimits, Ref, toError } from '@troupe/core/host'
import { Piscina } from 'piscina'
import { createChannelPair, createDoorbell, type DoorbellDescriptor } from './channel/index.ts'
import { limitsForWorker } from './heap-limit.ts'
import { EndedThread, HostThread } from './host-thread.ts'
import { describeTurn } from './log-sink.ts'
import type { NodeHost } from './node-host.ts'
import type { PeerDescriptor } from './node-links.ts'
import { ReplacementBudget } from './replacement-budget.ts'
import type { CheckedOptions } from './system-options.ts'
import type { TaskExecutor } from './tasks/posted-task.ts'
import { createTurnBoard, type TurnBoardDescriptor } from './turn-board.ts'
import { turnScopes } from './turn-scopes.ts'
import { Watchdog } from './watchdog.ts'

/** The longest time that a timer keeps. */
const timeoutMsMax = 2 ** 31 - 1
/** How long the services of all nodes may take to stop after the deadline, at most, and a node to begin with it. */
const servicesStopMsMax = 10_000
const answerMsMax = 500
/** How long a node may take to tell its metrics. */
const metricsTimeoutMs = 1_000
/** How often the watchdog looks before it takes a thread for stuck. */
const looksUntilStuck = 4

/** One node, whatever thread hosts it now. */
interface ThreadNode {
  readonly node: string
  readonly budget: ReplacementBudget
  epoch: number
  doorbell: DoorbellDescriptor
  /** Where it shows its turns. */
  board: TurnBoardDescriptor | undefined
  thread: HostThread | undefined
  connected: boolean
  up: boolean
  /** The replacement under way, and the restart of its roots. */
  replacement: Promise<void>
}

/** What the nodes are made from. */
export interface ThreadNodesParts {
  readonly options: CheckedOptions
  readonly main: NodeHost
  readonly mainDoorbell: DoorbellDescriptor
  readonly tasks: TaskExecutor
  /** How long the services of one node may take to stop. */
  readonly servicesStopMs: number
}

export class ThreadNodes {
  readonly #options: CheckedOptions
  readonly #main: NodeHost
  readonly #mainDoorbell: DoorbellDescriptor
  readonly #tasks: TaskExecutor
  readonly #servicesStopMs: number
  readonly #pool: Piscina
  readonly #nodes: readonly ThreadNode[]
  /** Holds the process open until {@link stop}, also while no thread is up. */
  readonly #alive = setInterval(() => {}, 2 ** 30)
  readonly #stopping = new AbortController()
  readonly #watchdog: Watchdog | undefined
  readonly #watchTimer: NodeJS.Timeout | undefined
  #next = 0
  /** Called when a node is up again, before anything else is placed on it. */
  onUpAgain: (node: string, epoch: number) => Promise<void> = async () => {}

  constructor({ options, main, mainDoorbell, tasks, servicesStopMs }: ThreadNodesParts) {
    this.#options = options
    this.#main = main
    this.#mainDoorbell = mainDoorbell
    this.#tasks = tasks
    this.#servicesStopMs = servicesStopMs
    const { threads, resourceLimits } = options
    this.#pool = new Piscina({
      filename: fileURLToPath(import.meta.resolve('#worker-entry')),
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      // The threads run event loops: they must not block in the pool's own wait for tasks.
      atomics: 'disabled',
      recordTiming: false,
      ...(resourceLimits === undefined ? {} : { resourceLimits: limitsForWorker(resourceLimits) }),
    })
    // What ends a thread ends its task, where it is handled; the pool repeats it here for threads without one.
    this.#pool.on('error', () => {})
    const { watchdog } = options
    if (watchdog !== undefined) {
      const dog = new Watchdog(watchdog.stuckAfterMs)
      this.#watchdog = dog
      this.#watchTimer = setInterval(
        () => this.#watch(dog, watchdog.onStuck),
        watchdog.stuckAfterMs / looksUntilStuck,
      ).unref()
    }
    this.#nodes = Array.from({ length: threads }, (_, index) => ({
      node: `node-${index + 1}`,
      budget: new ReplacementBudget(options.replacement),
      epoch: 0,
      doorbell: createDoorbell(),
      board: undefined,
      thread: undefined,
      connected: false,
      up: false,
      replacement: Promise.resolve(),
    }))
  }

  /** The names of all nodes on worker threads. */
  get names(): string[] {
    return this.#nodes.map(({ node }) => node)
  }

  /** Starts all nodes. Rejects with what kept one from starting; nothing is left open then. */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.#nodes.map((node) => this.#boot(node)))
    const failure = started.find((result) => result.status === 'rejected')
    if (failure === undefined) return
    await this.stop(0, () => undefined)
    const { message } = toError(failure.reason)
    throw failure.reason instanceof NodeDownError
      ? new NodeDownError(`createSystem: a thread died while it started: ${message}`, failure.reason.facts)
      : failure.reason
  }

  /** The next node that is up, in turn. Throws a `NodeDownError` when none is. */
  next(): string {
    for (let tries = 0; tries < this.#nodes.length; tries++) {
      const { node, up } = this.#nodes[this.#next++ % this.#nodes.length] as ThreadNode
      if (up) return node
    }
    throw new NodeDownError(`none of the nodes ${this.names.join(', ')} is up`, { nodes: this.names })
  }

  /** What lives on each node. One that does not answer in time is `unresponsive`, with the turn that it shows. */
  inspect(limits: InspectionLimits): Promise<NodeInspection[]> {
    return Promise.all(
      this.#nodes.map(async (node) => {
        const { thread, up } = node
        const down = downNode(node.node, node.epoch)
        if (!up || thread === undefined) return down
        const answered = await within(limits.timeoutMs, thread.inspect(limits))
        if (answered !== undefined) return answered
        if (!node.up) return down
        const stuck =
          node.board === undefined
            ? undefined
            : this.#watchdog?.turnOf({ ...node, board: node.board }, performance.now())
        return { ...down, status: 'unresponsive' as const, ...(stuck === undefined ? {} : { stuck }) }
      }),
    )
  }

  /** The metrics of the nodes that answer within a second. */
  async metrics(): Promise<NodeMetricsData[]> {
    const up = this.#nodes.flatMap(({ up, thread }) => (up && thread !== undefined ? [thread] : []))
    const answers = await Promise.all(up.map((thread) => within(metricsTimeoutMs, thread.metrics())))
    return answers.filter((data) => data !== undefined)
  }

  #watch(watchdog: Watchdog, onStuck: 'report' | 'kill'): void {
    const watched = this.#nodes.flatMap(({ node, epoch, doorbell, board, up }) =>
      up && board !== undefined ? [{ node, epoch, doorbell, board }] : [],
    )
    for (const { node, epoch, turn } of watchdog.look(watched, performance.now())) {
      this.#main.kernel.ports.events.emit('stuck', { node, epoch, turn })
      if (onStuck === 'kill') void this.kill(node, `it was stuck: ${describeTurn(turn.actor, turn.message)}`)
    }
  }

  /** Terminates a node's thread at once; resolves when all was told that the main thread can tell. */
  async kill(name: string, reason: string): Promise<void> {
    const node = this.#nodes.find((candidate) => candidate.node === name)
    if (node === undefined) {
      throw new ConfigurationError(`killNode: ${name} is none of ${this.names.join(', ')}`, { node: name })
    }
    await node.thread?.kill(reason)
  }

  /**
   * Ends every thread: in order as far as `deadlineMs` milliseconds allow, then without waiting for actors and abruptly,
   * but for services: they get their time to stop, so that what they hold outside is given back. `late` says what a node was not
   * done with; `undefined` when there is nothing.
   */
  async stop(deadlineMs: number, late: (node: string) => string | undefined): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#watchTimer)
    const deadline = AbortSignal.timeout(Math.ceil(Math.min(deadlineMs, timeoutMsMax)))
    const up = this.#nodes.flatMap(({ up, thread }) => (up && thread !== undefined ? [thread] : []))
    if (deadlineMs > 0) {
      await Promise.race([Promise.allSettled(up.map((thread) => thread.drain())), aborted(deadline)])
      if (!deadline.aborted) {
        await Promise.race([Promise.allSettled(up.map((thread) => thread.stop())), aborted(deadline)])
      }
    }
    if (this.#servicesStopMs > 0) {
      const late = AbortSignal.timeout(Math.min(this.#servicesStopMs + answerMsMax, servicesStopMsMax))
      await Promise.race([Promise.allSettled(up.map((thread) => thread.stop())), aborted(late)])
    }
    await Promise.all([...this.#nodes.map((node) => this.#cutOff(node, late(node.node))), this.#pool.destroy()])
    await Promise.all(this.#nodes.map(({ replacement }) => replacement))
    clearInterval(this.#alive)
  }

  /** Ends a node that has not ended; without a reason that is no death, of which others are told. */
  async #cutOff(node: ThreadNode, reason: string | undefined): Promise<void> {
    if (reason === undefined) node.connected = false
    if (node.thread?.hasEnded === false) await node.thread.kill(reason ?? 'it was stopped')
  }

  // One node's life.

  async #boot(node: ThreadNode): Promise<void> {
    const { development, spinLimit, dataDirectory, recordTurns, servicesModule, startTimeoutMs } = this.#options
    const { metrics, logLevel, askCyclesAfterMs } = this.#options
    const memoryMbMax = this.#options.resourceLimits?.maxOldGenerationSizeMb
    const thread = new HostThread(this.#pool, node.node, this.#tasks)
    node.thread = thread
    node.doorbell = createDoorbell()
    node.board = this.#watchdog === undefined ? undefined : createTurnBoard()
    void thread.ended.then((reason) => this.#ended(node, reason))
    try {
      await thread.start(
        {
          node: node.node,
          epoch: node.epoch,
          doorbell: node.doorbell,
          development,
          spinLimit,
          metrics,
          logLevel,
          askCyclesAfterMs,
          ...(memoryMbMax === undefined ? {} : { memoryMbMax }),
          ...(node.board === undefined ? {} : { board: node.board }),
          ...(dataDirectory === undefined ? {} : { dataDirectory }),
          ...(recordTurns === undefined ? {} : { recordTurns }),
          ...(servicesModule === undefined ? {} : { servicesModule }),
        },
        startTimeoutMs,
      )
      await this.#connect(node, thread)
    } catch (error) {
      await thread.kill('it failed to start')
      throw error
    }
    node.up = true
  }

  /** Connects a started node with the main thread and with every connected node. */
  async #connect(node: ThreadNode, thread: HostThread): Promise<void> {
    const opened: Promise<void>[] = []
    const main = { node: mainNode, epoch: this.#main.kernel.epoch, doorbell: this.#mainDoorbell }
    const [toMain, fromMain] = this.#pair(node, main)
    opened.push(thread.connect(toMain))
    this.#main.connect(fromMain)
    for (const other of this.#nodes) {
      if (other === node || !other.connected || other.thread === undefined) continue
      const [there, back] = this.#pair(node, other)
      opened.push(thread.connect(there))
      // That the other one dies meanwhile is its own affair.
      opened.push(other.thread.connect(back).catch(() => {}))
    }
    node.connected = true
    await Promise.all(opened)
    if (thread.hasEnded) throw new NodeDownError(`${node.node} died while it was connected`, { node: node.node })
  }

  /** Two new channels between two nodes: what `left` needs of them, and what `right` does. */
  #pair(left: PeerEnd, right: PeerEnd): [PeerDescriptor, PeerDescriptor] {
    const { channels } = this.#options
    const there = createChannelPair({ ...channels, senderDoorbell: left.doorbell, receiverDoorbell: right.doorbell })
    const back = createChannelPair({ ...channels, senderDoorbell: right.doorbell, receiverDoorbell: left.doorbell })
    // Its events are nobody's, whoever makes the system, or a thread of it anew.
    const bell = turnScopes()?.run(undefined, () => new MessageChannel()) ?? new MessageChannel()
    return [
      { node: right.node, epoch: right.epoch, sender: there.sender, receiver: back.receiver, bell: bell.port1 },
      { node: left.node, epoch: left.epoch, sender: back.sender, receiver: there.receiver, bell: bell.port2 },
    ]
  }

  #ended(node: ThreadNode, reason: Error | undefined): void {
    const { connected, up } = node
    node.connected = false
    node.up = false
    if (reason === undefined) {
      // Stopped in order, which is no death; its last words are heard all the same.
      this.#main.links.disconnect(node.node, node.epoch)
      return
    }
    if (connected) this.#tellDeath(node, reason)
    if (up) node.replacement = node.replacement.then(() => this.#replace(node, reason))
  }

  #tellDeath({ node, epoch }: ThreadNode, reason: Error): void {
    const death = { node, epoch, reason: reason.message }
    this.#main.nodeDown(death, reason instanceof EndedThread ? undefined : reason)
    for (const other of this.#nodes) {
      if (other.connected) other.thread?.nodeDown(death).catch(() => {})
    }
  }

  async #replace(node: ThreadNode, death: Error): Promise<void> {
    let reason = death
    while (!this.#stopping.signal.aborted) {
      const delayMs = node.budget.take(Date.now())
      if (delayMs === undefined) {
        this.#giveUp(node, reason)
        return
      }
      await this.#pause(delayMs)
      if (this.#stopping.signal.aborted) return
      node.epoch++
      try {
        await this.#boot(node)
      } catch (error) {
        reason = toError(error)
        continue
      }
      await this.onUpAgain(node.node, node.epoch)
      // It may have died once more while its roots were started.
      if (node.up) this.#main.kernel.ports.events.emit('nodeUp', { node: node.node, epoch: node.epoch })
      return
    }
  }

  #giveUp({ node, epoch, budget }: ThreadNode, cause: Error): void {
    const error = new NodeDownError(
      `${node} stays down: it was replaced ${budget.maxReplacements} times within ${budget.withinMs} ms; ` +
        `the last time it ended because: ${cause.message}`,
      { node, epoch },
      { cause },
    )
    this.#main.kernel.ports.events.emit('escalated', { actor: `/${node}`, ref: new Ref(node, epoch, 0, 0), error })
  }

  /** Waits; less when the system stops. */
  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stopping
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, delayMs)
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timeout)
          resolve()
        },
        { once: true },
      )
    })
  }
}

/** One end of a pair of channels. */
interface PeerEnd {
  readonly node: string
  readonly epoch: number
  readonly doorbell: DoorbellDescriptor
}

/** What `promise` gives within `ms` milliseconds; `undefined` when it is late or rejects. */
async function within<Result>(ms: number, promise: Promise<Result>): Promise<Result | undefined> {
  let timeout: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timeout = setTimeout(() => resolve(undefined), Math.min(ms, timeoutMsMax))
  })
  try {
    return await Promise.race([promise, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timeout)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
