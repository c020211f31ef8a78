/**
 * The services module of a system whose syncs are counted: on each thread it puts a counter around the platform's
 * `fdatasync`, below everything that Troupe does.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { defineService } from '@troupe/core'

/** Calls of `fdatasync` on this thread so far. */
export const SyncCount = defineService<() => number>('syncCount')

let calls = 0
const { fdatasync } = fs
fs.fdatasync = Object.assign((handle: number, done: fs.NoParamCallback) => {
  calls++
  fdatasync(handle, done)
}, fdatasync)
syncBuiltinESMExports()

export const services = { syncCount: () => calls }
