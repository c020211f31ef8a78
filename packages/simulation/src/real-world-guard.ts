/**
 * The guard: while runs are active, what would let the real world into simulated code is virtual there (the time, the
 * randomness) or throws a `DeterminismError` with the actor's name (timers, files, sockets). It asks whose code is running
 * by the asynchronous context, so that everything else in the process, a test runner's timers too, goes on as ever.
 *
 * Built-in modules are patched in place and `syncBuiltinESMExports` carries that to `import { readFile } from 'node:fs'`.
 * What was destructured before the first run (`const { now } = Date`) escapes; running a seed twice finds it.
 */
import childProcess from 'node:child_process'
import cluster from 'node:cluster'
import nodeCrypto from 'node:crypto'
import dgram from 'node:dgram'
import dns from 'node:dns'
import dnsPromises from 'node:dns/promises'
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import tls from 'node:tls'
import workerThreads from 'node:worker_threads'
import zlib from 'node:zlib'
import {
  actorsOnly,
  define,
  forbid,
  forbidAll,
  forbidNew,
  patch,
  refuse,
  repeatAll,
  restoreAll,
} from './guard-patches.ts'
import { continuations, currentScope, watchPromises } from './scopes.ts'
import { virtualDates } from './virtual-dates.ts'
import { virtualRandomness } from './virtual-randomness.ts'

const useTimers = 'use ctx.timers in an actor, world.sleep in the program'
const useService = 'bring it in as a service: ctx.use, with a twin in the simulation'
const useTask = 'let a task do it: ctx.task'
const useMessages = 'send messages to actors, and let tasks run elsewhere: ctx.tell, ctx.task'
const useMicrotask = 'await something, or use queueMicrotask'
const useState = 'when something is collected is not for an actor to know: keep it in the state'

let runs = 0
let unwatchPromises = () => {}

/**
 * Runs `run` with the guard up, once more where it is up already. What simulates again and again puts it up once for all, since
 * that may take longer than a short run.
 */
export async function underGuard<Result>(run: () => Promise<Result>): Promise<Result> {
  raiseGuard()
  try {
    return await run()
  } finally {
    lowerGuard()
  }
}

function raiseGuard(): void {
  if (runs++ > 0) return
  unwatchPromises = watchPromises()
  if (!repeatAll()) patchAll()
  syncBuiltinESMExports()
}

function patchAll(): void {
  // Their streams are set up at the first use, with functions that are about to be patched.
  void process.stdout
  void process.stderr
  virtualDates()
  virtualClocks()
  virtualRandomness()
  forbidTimers()
  forbidModules()
  forbidCryptography()
  forbidSharing()
  // Allowed: it runs before the next step. As a promise it is the actor's, and so is what it throws.
  patch(globalThis, 'queueMicrotask', (original) => (callback) => {
    if (currentScope() === undefined) original(callback)
    else void Promise.resolve().then(callback)
  })
}

/** After the last the process is as it was. */
function lowerGuard(): void {
  if (--runs > 0) return
  unwatchPromises()
  restoreAll()
  syncBuiltinESMExports()
}

function virtualClocks(): void {
  patch(performance, 'now', (original) => () => currentScope()?.now() ?? original.call(performance))
  const { timeOrigin } = performance
  define(performance, 'timeOrigin', {
    get: () => (currentScope() === undefined ? timeOrigin : 0),
    enumerable: true,
    configurable: true,
  })
  patch(process, 'uptime', (original) => () => {
    const scope = currentScope()
    return scope === undefined ? original.call(process) : scope.now() / 1_000
  })
  patch(process, 'hrtime', (original) => {
    const hrtime = (since?: [number, number]): [number, number] => {
      const scope = currentScope()
      if (scope === undefined) return original.call(process, since)
      const elapsedMs = scope.now() - (since === undefined ? 0 : since[0] * 1_000 + since[1] / 1e6)
      const seconds = Math.floor(elapsedMs / 1_000)
      return [seconds, Math.round((elapsedMs - seconds * 1_000) * 1e6)]
    }
    const { bigint } = original as typeof process.hrtime
    hrtime.bigint = () => {
      const scope = currentScope()
      return scope === undefined ? bigint.call(original) : BigInt(Math.floor(scope.now() * 1e6))
    }
    return hrtime
  })
}

function forbidTimers(): void {
  for (const key of ['setTimeout', 'setInterval', 'setImmediate']) {
    forbid(globalThis, key, { name: key, instead: useTimers })
    forbid(timers, key, { name: `timers.${key}`, instead: useTimers })
  }
  forbidAll(timersPromises, { name: 'timers/promises', instead: useTimers })
  for (const key of ['wait', 'yield']) {
    forbid(timersPromises.scheduler, key, { name: `timers/promises.scheduler.${key}`, instead: useTimers })
  }
  forbid(AbortSignal, 'timeout', { name: 'AbortSignal.timeout', instead: useTimers })
  patch(process, 'nextTick', (original) => (...parameters) => {
    // The platform itself puts things off in this way, such as what is written to the console.
    if (currentScope() !== undefined && !isCalledByPlatform()) {
      refuse({ name: 'process.nextTick', instead: useMicrotask, applies: actorsOnly }, 'called')
    }
    continuations.areDue = true
    return original.apply(process, parameters)
  })
}

/** True when the caller of the function that calls this is not code of the user. */
function isCalledByPlatform(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 3
  const caller = (new Error().stack ?? '').split('\n').at(-1) ?? ''
  Error.stackTraceLimit = stackTraceLimit
  return /\(?node:/.test(caller)
}

function forbidModules(): void {
  const modules = { fs, net, tls, dgram, dns, http, http2, https, os, cluster, child_process: childProcess }
  const others = { 'fs/promises': fsPromises, 'dns/promises': dnsPromises }
  for (const [name, module] of Object.entries({ ...modules, ...others })) {
    forbidAll(module, { name, instead: useService, applies: actorsOnly })
  }
  const refused = { instead: useService, applies: actorsOnly }
  forbid(globalThis, 'fetch', { name: 'fetch', ...refused })
  for (const name of ['WebSocket', 'EventSource']) forbidNew(globalThis, name, { name, ...refused })
  // What ends on another thread ends at a time of its own.
  const isSync = (key: string) => key.endsWith('Sync') || key === 'crc32'
  forbidAll(zlib, { name: 'zlib', instead: useTask, applies: actorsOnly }, isSync)
  for (const key of ['memoryUsage', 'cpuUsage', 'threadCpuUsage', 'resourceUsage', 'availableMemory']) {
    forbid(process, key, { name: `process.${key}`, ...refused })
  }
  forbid(process.memoryUsage, 'rss', { name: 'process.memoryUsage.rss', ...refused })
  for (const key of ['mark', 'measure', 'eventLoopUtilization', 'timerify', 'toJSON']) {
    forbid(performance, key, { name: `performance.${key}`, ...refused })
  }
}

/** What draws a key by itself, or ends on another thread; what is computed at once from what it is given stays. */
function forbidCryptography(): void {
  const names = Object.keys(nodeCrypto).filter((key) =>
    /^(generate|createDiffieHellman|createECDH|getDiffieHellman|diffieHellman|scrypt$|pbkdf2$|hkdf$|checkPrime$)/.test(
      key,
    ),
  )
  for (const key of names) {
    forbid(nodeCrypto, key, { name: `crypto.${key}`, instead: useTask, applies: actorsOnly })
  }
  for (const key of Object.getOwnPropertyNames(Object.getPrototypeOf(crypto.subtle))) {
    if (key === 'constructor') continue
    forbid(crypto.subtle, key, { name: `crypto.subtle.${key}`, instead: useTask, applies: actorsOnly })
  }
}

/** Other threads, and what the collector of garbage decides. */
function forbidSharing(): void {
  const refused = { instead: useMessages, applies: actorsOnly }
  for (const name of ['MessageChannel', 'BroadcastChannel']) {
    forbidNew(globalThis, name, { name, ...refused })
    forbidNew(workerThreads, name, { name: `worker_threads.${name}`, ...refused })
  }
  forbidNew(workerThreads, 'Worker', { name: 'worker_threads.Worker', ...refused })
  forbidAll(workerThreads, { name: 'worker_threads', ...refused })
  for (const key of ['wait', 'waitAsync']) forbid(Atomics, key, { name: `Atomics.${key}`, ...refused })
  for (const name of ['WeakRef', 'FinalizationRegistry']) {
    forbidNew(globalThis, name, { name, instead: useState, applies: actorsOnly })
  }
}
