/** The options of a thread system, their defaults and their checks. */
import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { ConfigurationError, type LogLevel, type PlacementPolicies, type ServiceImplementations } from '@troupe/core'
import {
  askCyclesAfterMsDefault,
  type KnownOptions,
  logSeverity,
  refuseUnknownOptions,
  shownValue,
} from '@troupe/core/host'
import type { LogOutput } from './log-sink.ts'
import { type CheckedTaskOptions, checkTaskOptions, knownOfTasks, type TaskPoolOptions } from './tasks/task-options.ts'

/** Less heap than this, in MiB, and V8 ends the whole process while it prepares the thread. */
const oldGenerationMbMin = 8
/** Pauses before parking, where each thread has a core and where it has none of its own. */
const spinLimits = { ownCore: 5_000, sharedCore: 200 }

/** What `createSystem` takes. */
export interface ThreadSystemOptions {
  /** Worker threads, each a node; a whole number from 1 to 1,024. Default: what the machine runs in parallel. */
  readonly threads?: number
  /**
   * Services for the actors of the main thread only, ready objects or providers: functions cannot be sent to the other
   * threads.
   */
  readonly services?: ServiceImplementations
  /**
   * The URL of a module that gives services on every thread: it exports an object of implementations or providers as
   * `services`, or as its default. Each thread starts its own. On the main thread `services` goes before it.
   */
  readonly servicesModule?: URL | string
  /**
   * Placement policies by name, for the `node` option of a spawn on the main thread. For `ctx.spawnOn` on the other
   * threads the services module exports them as `placement`.
   */
  readonly placement?: PlacementPolicies
  /** Where durable actors keep their journals, one directory below it for each node. Default: there are none. */
  readonly dataDirectory?: string
  /**
   * A directory into which every turn of every node is recorded, to be run again with `replayTurn` of
   * `@troupe/core/host`: one file for each node and epoch, read with {@link readTurnLog}. Dear; for tests. Default: none.
   */
  readonly recordTurns?: string
  /**
   * Freezes messages, so that an actor that changes one after it was sent, or got one, fails. Costs a walk over each
   * message. Default: true unless `NODE_ENV` is `production`.
   */
  readonly development?: boolean
  /**
   * Memory limits of each worker thread, as Node's `Worker` takes them. `maxOldGenerationSizeMb`, at least 8, is what a
   * thread may keep: it looks at its heap ten times a second, between turns, and dies when it keeps more, alone. V8 itself
   * gets four times that, since beyond its limit it may end the whole process: so it does still when a single turn builds
   * a `Map`, a `Set` or an array that large.
   */
  readonly resourceLimits?: ResourceLimits
  /** The size of each of the channels, of which there are (threads + 1) * threads. */
  readonly channels?: ChannelSizes
  /**
   * The most pauses that a thread spends looking for work before it parks; 0 to park at once. How many it spends depends on
   * whether that paid off. Default 5,000, some hundreds of microseconds; 200 when there are more threads than the machine runs
   * in parallel.
   */
  readonly spinLimit?: number
  /**
   * The same for the main thread alone: 0 where it serves what must not wait for it, more where it drives the others. Default:
   * as `spinLimit`.
   */
  readonly mainSpinLimit?: number
  /** How long a thread may take to start, in milliseconds. Default 30,000. */
  readonly startTimeoutMs?: number
  /** How threads that died are replaced. */
  readonly replacement?: ReplacementOptions
  /** The pool of threads for tasks. */
  readonly tasks?: TaskPoolOptions
  /** Counts and measures, for `system.metrics()`. Default false. */
  readonly metrics?: boolean
  /**
   * How long an ask of an asynchronous turn waits, in milliseconds, before a cycle of asks is looked for; over
   * several nodes it must be seen twice. `Infinity`: nobody looks. Default 100.
   */
  readonly askCyclesAfterMs?: number
  /** The least severe log entries that are told at all; what is below costs a comparison. Default `info`. */
  readonly logLevel?: LogLevel
  /** Where the log goes beside the event stream. Default `pretty`; `none` while `NODE_ENV` is `test`. */
  readonly log?: LogOutput
  /** Notices worker threads that do not move any more; `false`: nobody does. */
  readonly watchdog?: WatchdogOptions | false
}

/** The bounds of one channel. */
export interface ChannelSizes {
  /** Bytes of the ring, a power of two from 1,024 to 2^29. Default 1 MiB. */
  readonly capacityBytes?: number
  /** Messages that may wait on the sending thread while the ring is full. Default 65,536. */
  readonly outboundCapacity?: number
  /**
   * Bytes that may wait for the receiving thread in that queue and beside the ring, where large messages and transferred
   * buffers go. Default 256 MiB.
   */
  readonly outboundBytesMax?: number
}

/** The budget of replacements of one node. Beyond it the node stays down, and `escalated` says so. */
export interface ReplacementOptions {
  /** Replacements within `withinMs`; a whole number from 0. Default 30. */
  readonly maxReplacements?: number
  /** The window of the budget in milliseconds. Default 60,000. */
  readonly withinMs?: number
  /** The wait before a replacement: none before the first of a window, then doubling from `minMs` to `maxMs`. Default 10 to 2,000. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number }
}

/** When a thread counts as stuck, and what becomes of it. */
export interface WatchdogOptions {
  /** Milliseconds without a sign of life; from 10. Default 1,000. */
  readonly stuckAfterMs?: number
  /** `report`: the event `stuck`. `kill`: then the thread is terminated, which is a node that died. Default `report`. */
  readonly onStuck?: 'report' | 'kill'
}

/** The options that `createSystem` knows. */
export const knownOfSystem: KnownOptions<ThreadSystemOptions> = {
  threads: true,
  services: true,
  servicesModule: true,
  placement: true,
  dataDirectory: true,
  recordTurns: true,
  development: true,
  resourceLimits: true,
  channels: true,
  spinLimit: true,
  mainSpinLimit: true,
  startTimeoutMs: true,
  replacement: true,
  tasks: true,
  metrics: true,
  askCyclesAfterMs: true,
  logLevel: true,
  log: true,
  watchdog: true,
}
export const knownOfChannels: KnownOptions<ChannelSizes> = {
  capacityBytes: true,
  outboundCapacity: true,
  outboundBytesMax: true,
}
export const knownOfReplacement: KnownOptions<ReplacementOptions> = {
  maxReplacements: true,
  withinMs: true,
  backoff: true,
}
export const knownOfLimits: KnownOptions<ResourceLimits> = {
  maxYoungGenerationSizeMb: true,
  maxOldGenerationSizeMb: true,
  codeRangeSizeMb: true,
  stackSizeMb: true,
}
export const knownOfWatchdog: KnownOptions<WatchdogOptions> = { stuckAfterMs: true, onStuck: true }

function refuseUnknown(options: ThreadSystemOptions): void {
  refuseUnknownOptions('createSystem', options, knownOfSystem)
  const { channels = {}, replacement = {}, watchdog = {}, tasks = {}, resourceLimits = {} } = options
  refuseUnknownOptions('createSystem: channels', channels, knownOfChannels)
  refuseUnknownOptions('createSystem: replacement', replacement, knownOfReplacement)
  refuseUnknownOptions('createSystem: watchdog', watchdog || {}, knownOfWatchdog)
  refuseUnknownOptions('createSystem: tasks', tasks, knownOfTasks)
  refuseUnknownOptions('createSystem: resourceLimits', resourceLimits, knownOfLimits)
}

/** {@link ThreadSystemOptions} with every default filled in. */
export interface CheckedOptions {
  readonly threads: number
  readonly services: ServiceImplementations
  readonly placement: PlacementPolicies
  readonly servicesModule: string | undefined
  readonly dataDirectory: string | undefined
  readonly recordTurns: string | undefined
  readonly development: boolean
  readonly resourceLimits: ResourceLimits | undefined
  readonly channels: ChannelSizes
  readonly spinLimit: number
  readonly mainSpinLimit: number
  readonly startTimeoutMs: number
  readonly replacement: Required<ReplacementOptions>
  readonly tasks: CheckedTaskOptions
  readonly metrics: boolean
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
  readonly log: LogOutput
  readonly watchdog: Required<WatchdogOptions> | undefined
}

/** Fills in the defaults; throws a `ConfigurationError` that names the option that is malformed. */
export function checkOptions(options: ThreadSystemOptions): CheckedOptions {
  refuseUnknown(options)
  const {
    threads = availableParallelism(),
    services = {},
    placement = {},
    servicesModule,
    dataDirectory,
    recordTurns,
    development = process.env.NODE_ENV !== 'production',
    resourceLimits,
    channels = {},
    spinLimit = threads < availableParallelism() ? spinLimits.ownCore : spinLimits.sharedCore,
    mainSpinLimit = spinLimit,
    startTimeoutMs = 30_000,
    replacement: { maxReplacements = 30, withinMs = 60_000, backoff = { minMs: 10, maxMs: 2_000 } } = {},
    metrics = false,
    logLevel = 'info',
    askCyclesAfterMs = askCyclesAfterMsDefault,
    log = process.env.NODE_ENV === 'test' ? 'none' : 'pretty',
    watchdog: wantedWatchdog = {},
  } = options
  const check = (holds: boolean, option: string, needed: string, value: unknown) => {
    if (!holds)
      throw new ConfigurationError(`createSystem: ${option} must be ${needed}, got ${shownValue(value)}`, { option })
  }
  const { capacityBytes = 1 << 20, outboundCapacity = 1, outboundBytesMax = 1 } = channels
  const powerOfTwo = Number.isInteger(Math.log2(capacityBytes)) && capacityBytes >= 2 ** 10 && capacityBytes <= 2 ** 29
  check(isWhole(threads, 1) && threads <= 1_024, 'threads', 'a whole number from 1 to 1,024', threads)
  check(powerOfTwo, 'channels.capacityBytes', 'a power of two from 2^10 to 2^29', capacityBytes)
  check(isWhole(outboundCapacity, 1), 'channels.outboundCapacity', 'a whole number from 1', outboundCapacity)
  check(isWhole(outboundBytesMax, 1), 'channels.outboundBytesMax', 'a whole number from 1', outboundBytesMax)
  check(isWhole(spinLimit, 0), 'spinLimit', 'a whole number from 0', spinLimit)
  check(isWhole(mainSpinLimit, 0), 'mainSpinLimit', 'a whole number from 0', mainSpinLimit)
  check(isNumber(startTimeoutMs) && startTimeoutMs > 0, 'startTimeoutMs', 'above 0', startTimeoutMs)
  check(isWhole(maxReplacements, 0), 'replacement.maxReplacements', 'a whole number from 0', maxReplacements)
  check(isNumber(withinMs) && withinMs > 0, 'replacement.withinMs', 'above 0', withinMs)
  const { minMs, maxMs } = backoff
  const isBackoff = isNumber(minMs) && isNumber(maxMs) && minMs >= 0 && maxMs >= minMs
  check(isBackoff, 'replacement.backoff', '{ minMs, maxMs }, numbers with 0 <= minMs <= maxMs', backoff)
  for (const [option, value] of Object.entries({ metrics, development })) {
    check(typeof value === 'boolean', option, 'true or false', value)
  }
  check(isNumber(askCyclesAfterMs) && askCyclesAfterMs > 0, 'askCyclesAfterMs', 'above 0', askCyclesAfterMs)
  check(Object.hasOwn(logSeverity, logLevel), 'logLevel', Object.keys(logSeverity).join(', '), logLevel)
  const isOutput = typeof log === 'function' || ['pretty', 'json', 'none'].includes(log)
  check(isOutput, 'log', "'pretty', 'json', 'none' or a function", log)
  const watchdog = wantedWatchdog && { stuckAfterMs: 1_000, onStuck: 'report' as const, ...wantedWatchdog }
  if (watchdog) {
    const { stuckAfterMs, onStuck } = watchdog
    check(
      isNumber(stuckAfterMs) && stuckAfterMs >= 10 && stuckAfterMs <= 2 ** 31,
      'watchdog.stuckAfterMs',
      'from 10 to 2^31',
      stuckAfterMs,
    )
    check(onStuck === 'report' || onStuck === 'kill', 'watchdog.onStuck', "'report' or 'kill'", onStuck)
  }
  const { maxOldGenerationSizeMb = oldGenerationMbMin } = resourceLimits ?? {}
  check(
    maxOldGenerationSizeMb >= oldGenerationMbMin,
    'resourceLimits.maxOldGenerationSizeMb',
    `at least ${oldGenerationMbMin}`,
    maxOldGenerationSizeMb,
  )
  for (const [option, path] of Object.entries({ dataDirectory, recordTurns })) {
    check(path === undefined || (typeof path === 'string' && path !== ''), option, 'a path that is not empty', path)
  }
  check(
    servicesModule === undefined || URL.canParse(String(servicesModule)),
    'servicesModule',
    "a URL, such as new URL('./services.ts', import.meta.url)",
    servicesModule,
  )
  const tasks = checkTaskOptions(options.tasks ?? {}, check)
  return {
    threads,
    services,
    placement,
    servicesModule: servicesModule === undefined ? undefined : String(servicesModule),
    dataDirectory,
    recordTurns,
    development,
    resourceLimits,
    channels,
    spinLimit,
    mainSpinLimit,
    startTimeoutMs,
    replacement: { maxReplacements, withinMs, backoff },
    tasks,
    metrics,
    logLevel,
    askCyclesAfterMs,
    log,
    watchdog: watchdog === false ? undefined : watchdog,
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least
}
