/**
 * The services of one node: started one after the other in the order of their needs before the node takes actors, and
 * stopped in reverse once no actor of it runs any more.
 *
 * ```text
 *   start ──> starting ──> ready ──> stop: signal, then stopped in reverse
 *                 └──────> failed: what had started is stopped in reverse     abandon: forgotten, as a crash does
 * ```
 *
 * A node all of whose services are there at once is ready when `start` returns, and nothing waits.
 */
import {
  ConfigurationError,
  type ErrorFacts,
  ServiceError,
  ServiceMissingError,
  SystemStoppedError,
  toError,
} from './errors.ts'
import type { EventStream } from './event-stream.ts'
import type { Clock } from './ports/clock.ts'
import type { RandomSource } from './ports/random.ts'
import {
  isProvided,
  type ProvidedService,
  type Service,
  type ServiceContext,
  type ServiceImplementations,
} from './service.ts'

/** What a node gives its services. */
export interface NodeServicesPorts {
  readonly node: string
  readonly epoch: number
  /** Goes on until the services have stopped, also when the node's actors have ended. */
  readonly clock: Clock
  readonly random: RandomSource
  readonly events: EventStream
}

/** A service that a provider started here. */
interface Started {
  readonly provided: ProvidedService
  readonly instance: unknown
}

/** What happens with a service when. */
type Phase = 'start' | 'stop'
type Reason = 'failed' | 'timeout' | 'node-ended'

export class NodeServices {
  readonly #ports: NodeServicesPorts
  readonly #instances = new Map<string, unknown>()
  readonly #started: Started[] = []
  /** Of the signal that the providers see; made for the first of them, since it costs as much as the rest of a start. */
  #abort: AbortController | undefined
  /** Why it is aborted. */
  #aborted: Error | undefined
  /** True when nobody waits for a start any more: the node ends, or crashed. */
  #isOver = false
  /** Who is to hear of that. */
  readonly #whenOver = new Set<() => void>()
  #ready: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #abandoned = false

  constructor(ports: NodeServicesPorts) {
    this.#ports = ports
  }

  /** The start while it is under way, and for good when it has failed: it rejects then. `undefined` once all are there. */
  get ready(): Promise<void> | undefined {
    return this.#ready
  }

  has(service: string): boolean {
    return this.#instances.has(service)
  }

  /** The node's instance of a service, for `actor`, a path. Throws a `ServiceMissingError` when there is none. */
  get(service: string, actor: () => string): unknown {
    if (!this.#instances.has(service)) throw this.missing(service, actor(), { actor: actor() })
    return this.#instances.get(service)
  }

  /**
   * Starts the services given. Returns `undefined` when all of them are there at once, else the promise that they are,
   * which rejects, after those that had started are stopped again, with a `ServiceError`, a `ServiceMissingError` for
   * one that is needed, or a `ConfigurationError` when they need each other. Call it once.
   */
  start(given: ServiceImplementations): Promise<void> | undefined {
    try {
      const rest = this.#inOrder(given)[Symbol.iterator]()
      const pending = this.#startSome(rest)
      this.#ready = pending === undefined ? undefined : this.#startRest(pending, rest)
    } catch (error) {
      this.#ready = this.#fail(toError(error))
    }
    // Who spawns hears of it; a node that nobody uses may fail unheard.
    this.#ready?.catch(() => {})
    return this.#ready
  }

  /** Stops the services in reverse, each in bounded time; what goes wrong is told on the event stream. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  /** The node crashed: its instances are gone, and none of them is stopped. */
  abandon(): void {
    this.#abandoned = true
    this.#instances.clear()
    this.#started.length = 0
    this.#over()
  }

  /** The error that a service is not there, for who uses it. */
  missing(service: string, user: string, facts: ErrorFacts): ServiceMissingError {
    const { node } = this.#ports
    return new ServiceMissingError(
      `${user} uses service ${JSON.stringify(service)}, which node ${node} was not given: pass services: { ${service}: ... }, or on worker threads a servicesModule that exports it`,
      { ...facts, service, node },
    )
  }

  /** Starts one after the other as long as each is there at once; the first that is not is returned. */
  #startSome(rest: Iterator<readonly [string, unknown]>): Promise<void> | undefined {
    for (let { value, done } = rest.next(); !done; { value, done } = rest.next()) {
      const [name, given] = value
      if (!isProvided(given)) {
        this.#instances.set(name, given)
        continue
      }
      const controller = new AbortController()
      const context = this.#context(given, AbortSignal.any([this.#signal(), controller.signal]))
      const instance = this.#calledTo('start', name, () => given.start(context))
      if (isThenable(instance)) return this.#awaitStart(given, instance, controller)
      this.#keep({ provided: given, instance })
    }
    return undefined
  }

  async #startRest(first: Promise<void>, rest: Iterator<readonly [string, unknown]>): Promise<void> {
    try {
      for (let pending: Promise<void> | undefined = first; pending !== undefined; pending = this.#startSome(rest)) {
        await pending
      }
      this.#ready = undefined
    } catch (error) {
      await this.#fail(toError(error))
    }
  }

  /** Waits for a service; an instance that comes too late is stopped. */
  async #awaitStart(
    provided: ProvidedService,
    starting: PromiseLike<unknown>,
    controller: AbortController,
  ): Promise<void> {
    const { service, startTimeoutMs } = provided
    let inTime = true
    const kept = Promise.resolve(starting).then(
      (instance) => {
        if (inTime && !this.#abandoned) this.#keep({ provided, instance })
        else if (!this.#abandoned) void this.#stopOne({ provided, instance })
      },
      (cause) => {
        throw this.#error('start', service.name, 'failed', cause)
      },
    )
    const giveUp = (reason: Reason) => {
      inTime = false
      const error = this.#error('start', service.name, reason, undefined, startTimeoutMs)
      controller.abort(error)
      return error
    }
    await this.#within(startTimeoutMs, kept, giveUp, this.#whenOver)
    // It may have come in the moment of the node's end: then it is the last.
    if (this.#isOver) throw this.#error('start', service.name, 'node-ended')
  }

  #context({ service, needs }: ProvidedService, signal: AbortSignal): ServiceContext {
    const { node, epoch, clock, random } = this.#ports
    return {
      node,
      epoch,
      clock,
      random: random.stream(`service ${service.name}`),
      signal,
      use: <Implementation>({ name }: Service<Implementation>): Implementation => {
        if (needs.includes(name)) return this.#instances.get(name) as Implementation
        throw new ConfigurationError(
          `service ${service.name} uses service ${name}, which its provider does not name in needs`,
          { service: service.name, needs: [...needs] },
        )
      },
    }
  }

  #signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#aborted !== undefined) this.#abort.abort(this.#aborted)
    }
    return this.#abort.signal
  }

  #abortWith(error: Error): void {
    this.#aborted = error
    this.#abort?.abort(error)
  }

  #over(): void {
    this.#isOver = true
    for (const ended of [...this.#whenOver]) ended()
  }

  #keep(started: Started): void {
    this.#instances.set(started.provided.service.name, started.instance)
    this.#started.push(started)
  }

  async #fail(error: Error): Promise<never> {
    if (this.#abandoned) throw error
    if (error instanceof ServiceError) this.#tell(String(error.facts.service), error)
    this.#abortWith(error)
    await this.#stopAll()
    throw error
  }

  async #end(): Promise<void> {
    if (this.#abandoned) return
    const { node } = this.#ports
    this.#abortWith(new SystemStoppedError(`node ${node} ends`, { node }))
    this.#over()
    // A start that is under way fails by that, and stops what had started.
    if (this.#ready !== undefined) await this.#ready.catch(() => {})
    await this.#stopAll()
  }

  async #stopAll(): Promise<void> {
    for (let last = this.#started.pop(); last !== undefined; last = this.#started.pop()) await this.#stopOne(last)
    this.#instances.clear()
  }

  async #stopOne({ provided, instance }: Started): Promise<void> {
    const { service, stop, stopTimeoutMs } = provided
    if (stop === undefined) return
    try {
      const stopping = this.#calledTo('stop', service.name, () => stop(instance))
      if (!isThenable(stopping)) return
      const stopped = Promise.resolve(stopping).catch((cause) => {
        throw this.#error('stop', service.name, 'failed', cause)
      })
      await this.#within(stopTimeoutMs, stopped, (reason) =>
        this.#error('stop', service.name, reason, undefined, stopTimeoutMs),
      )
    } catch (error) {
      this.#tell(service.name, error as ServiceError)
    }
  }

  /** What `wanted` gives within `ms` milliseconds and before those in `whenOver` are called, if it is given. */
  #within(
    ms: number,
    wanted: Promise<unknown>,
    giveUp: (reason: Reason) => Error,
    whenOver?: Set<() => void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const abandon = (reason: Reason) => {
        release()
        reject(giveUp(reason))
      }
      const ended = () => abandon('node-ended')
      const timeout = this.#ports.clock.schedule(ms, () => abandon('timeout'))
      const release = () => {
        timeout.cancel()
        whenOver?.delete(ended)
      }
      whenOver?.add(ended)
      wanted.then(
        () => {
          release()
          resolve()
        },
        (error) => {
          release()
          reject(error)
        },
      )
      if (whenOver !== undefined && this.#isOver) ended()
    })
  }

  /** Calls a provider's function; what it throws becomes a `ServiceError`. */
  #calledTo(phase: Phase, service: string, call: () => unknown): unknown {
    try {
      return call()
    } catch (cause) {
      throw this.#error(phase, service, 'failed', cause)
    }
  }

  #tell(service: string, error: Error): void {
    const { node, events } = this.#ports
    events.emit('serviceFailed', { node, service, error })
  }

  #error(phase: Phase, service: string, reason: Reason, cause?: unknown, timeoutMs?: number): ServiceError {
    const { node } = this.#ports
    const why = {
      failed: `: ${toError(cause).message}`,
      timeout: ` within ${timeoutMs} ms`,
      'node-ended': ': the node ended meanwhile',
    }
    return new ServiceError(
      `service ${service} did not ${phase} on node ${node}${why[reason]}`,
      { service, node, phase, reason },
      reason === 'failed' ? { cause } : undefined,
    )
  }

  /** What was given, each behind what it needs, otherwise as it was given. */
  #inOrder(given: ServiceImplementations): (readonly [string, unknown])[] {
    const { node } = this.#ports
    const order: (readonly [string, unknown])[] = []
    const placed = new Set<string>()
    const place = (name: string, path: readonly string[]) => {
      if (placed.has(name)) return
      const needing = path.at(-1)
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value === undefined) {
        if (needing === undefined) return
        throw this.missing(name, `service ${needing}`, { needing })
      }
      if (path.includes(name)) {
        const cycle = [...path.slice(path.indexOf(name)), name]
        throw new ConfigurationError(`services of node ${node} need each other: ${cycle.join(' -> ')}`, { cycle })
      }
      if (isProvided(value)) {
        if (value.service.name !== name) {
          throw new ConfigurationError(
            `services: the provider of service ${value.service.name} was given under the name ${name}`,
            { service: value.service.name, name },
          )
        }
        for (const need of value.needs) place(need, [...path, name])
      }
      placed.add(name)
      order.push([name, value])
    }
    for (const name of Object.keys(given)) place(name, [])
    return order
  }
}

/** Milliseconds that the providers among `given` may take to stop, all together. */
export function stopMsMax(given: ServiceImplementations): number {
  const provided = Object.values(given).filter(isProvided)
  return provided.reduce((sum, { stop, stopTimeoutMs }) => sum + (stop === undefined ? 0 : stopTimeoutMs), 0)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
