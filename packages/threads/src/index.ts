/** Troupe on threads: actors on every core of one machine. Actors themselves import `@troupe/core` alone. */

export type { AskTrace } from './diagnostics.ts'
export { DataDirectoryInUseError } from './directory-lock.ts'
export type { LogOutput } from './log-sink.ts'
export { NodeDisk } from './node-disk.ts'
export type { ChannelSizes, ReplacementOptions, ThreadSystemOptions, WatchdogOptions } from './system-options.ts'
export type { TaskPoolOptions } from './tasks/task-options.ts'
export type { TaskPoolInspection } from './tasks/task-pool.ts'
export { createSystem, ThreadSystem } from './thread-system.ts'
export { readTurnLog } from './turn-log.ts'
