/**
 * The guard: while runs are active, what would let the real world into simulated code is virtual there (the time, the
 * randomness) or throws a `DeterminismError` with the actor's name (timers, files, sockets). It asks whose code is running
 * by the asynchronous context, so that everything else in the process, a test runner's timers too, goes on as ever.
 *
 * Built-in modules are patched in place and `syncBuiltinESMExports` carries that to `import { readFile } from 'node:fs'`.
 * What was destructured before the first run (`const { now } = Date`) escapes; running a seed twice finds it.
 */
import childProcess from 'node:child_process'
import nodeCrypto from 'node:crypto'
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import tls from 'node:tls'
import type { RandomStream } from '@troupe/core'
import { currentScope, type Scope, watchPromises } from './scopes.ts'
import { DeterminismError } from './simulation-errors.ts'

type Callable = (this: unknown, ...parameters: any[]) => any

const useTimers = 'use ctx.timers in an actor, world.sleep in the program'
const useService = 'bring it in as a service: ctx.use, with a twin in the simulation'

const undo: (() => void)[] = []
let runs = 0

/** Puts the guard up for one more run. */
export function raiseGuard(): void {
  if (runs++ > 0) return
  undo.push(watchPromises())
  // Their streams are set up at the first use, with functions that are about to be patched.
  void process.stdout
  void process.stderr
  virtualTime()
  virtualRandomness()
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
    forbid(globalThis, name, name, useTimers)
    forbid(timers, name, `timers.${name}`, useTimers)
  }
  forbidAll(timersPromises, 'timers/promises', useTimers)
  forbid(AbortSignal, 'timeout', 'AbortSignal.timeout', useTimers)
  forbid(globalThis, 'fetch', 'fetch', useService, actorsOnly)
  const modules = { fs, 'fs/promises': fsPromises, net, tls, dgram, dns, http, https, child_process: childProcess }
  for (const [name, module] of Object.entries(modules)) forbidAll(module, name, useService, actorsOnly)
  syncBuiltinESMExports()
}

/** Takes the guard down for one run; after the last the process is as it was. */
export function lowerGuard(): void {
  if (--runs > 0) return
  for (const restore of undo.splice(0).reverse()) restore()
  syncBuiltinESMExports()
}

// What is virtual.

function virtualTime(): void {
  const RealDate = Date
  patch(RealDate, 'now', (original) => () => currentScope()?.now() ?? original.call(RealDate))
  function VirtualDate(this: unknown, ...parameters: unknown[]): unknown {
    const scope = currentScope()
    const values = parameters.length === 0 && scope !== undefined ? [scope.now()] : parameters
    if (new.target === undefined) return new RealDate(scope?.now() ?? RealDate.now()).toString()
    return Reflect.construct(RealDate, values, new.target === (VirtualDate as Callable) ? RealDate : new.target)
  }
  Object.defineProperties(VirtualDate, Object.getOwnPropertyDescriptors(RealDate))
  put(globalThis, 'Date', VirtualDate)
  put(RealDate.prototype, 'constructor', VirtualDate)
  patch(performance, 'now', (original) => () => currentScope()?.now() ?? original.call(performance))
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

function virtualRandomness(): void {
  const drawn = (owner: object, name: string, draw: (random: RandomStream, parameters: any[]) => unknown) => {
    patch(owner, name, (original) => (...parameters) => {
      const scope = currentScope()
      return scope === undefined ? original.apply(owner, parameters) : draw(scope.random(), parameters)
    })
  }
  drawn(Math, 'random', (random) => random.float())
  const fill = (random: RandomStream, view: ArrayBufferView): ArrayBufferView => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    for (let index = 0; index < bytes.length; index++) bytes[index] = random.int(256)
    return view
  }
  drawn(nodeCrypto, 'randomUUID', uuid)
  drawn(crypto, 'randomUUID', uuid)
  drawn(crypto, 'getRandomValues', (random, [view]) => fill(random, view))
  drawn(nodeCrypto, 'randomFillSync', (random, [view]) => fill(random, view))
  drawn(nodeCrypto, 'randomInt', (random, parameters) => {
    const [low, high] = parameters.length > 1 && typeof parameters[1] === 'number' ? parameters : [0, parameters[0]]
    return low + Math.floor(random.float() * (high - low))
  })
  drawn(nodeCrypto, 'randomBytes', (random, [size]) => fill(random, Buffer.alloc(size)))
}

function uuid(random: RandomStream): string {
  const digits = Array.from({ length: 32 }, () => random.int(16))
  digits[12] = 4
  digits[16] = 8 + ((digits[16] as number) & 3)
  const hex = digits.map((digit) => digit.toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

// What is forbidden.

const everywhere = () => true
/** The program may read what it is to run with; an actor may not. */
const actorsOnly = (scope: Scope) => scope.isActor

function forbid(
  owner: object,
  key: string,
  name: string,
  instead: string,
  applies: (scope: Scope) => boolean = everywhere,
) {
  patch(owner, key, (original) => {
    function guarded(this: unknown, ...parameters: unknown[]): unknown {
      const scope = currentScope()
      if (scope === undefined || !applies(scope)) return original.apply(this, parameters)
      const error = new DeterminismError(`${scope.who} called ${name} in a simulation: ${instead}`, {
        who: scope.who,
        name,
      })
      scope.leak(error)
      throw error
    }
    // Such as the promise-returning forms that `util.promisify` finds.
    return Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
  })
}

function forbidAll(module: object, moduleName: string, instead: string, applies?: (scope: Scope) => boolean): void {
  for (const [key, value] of Object.entries(module)) {
    // Classes stay: what they do goes through the functions, or nobody can have made one.
    if (typeof value === 'function' && /^[a-z]/.test(key)) forbid(module, key, `${moduleName}.${key}`, instead, applies)
  }
}

function patch(owner: object, key: string, replacementOf: (original: Callable) => Callable): void {
  put(owner, key, replacementOf(Reflect.get(owner, key)))
}

function put(owner: object, key: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(owner, key)
  const enumerable = before?.enumerable ?? true
  Object.defineProperty(owner, key, { value, enumerable, configurable: true, writable: true })
  undo.push(() => {
    if (before === undefined) Reflect.deleteProperty(owner, key)
    else Object.defineProperty(owner, key, before)
  })
}
