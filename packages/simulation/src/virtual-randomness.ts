/** Randomness in simulated code: drawn from a stream of the actor's own, so that it is a function of the seed. */
import nodeCrypto from 'node:crypto'
import type { RandomStream } from '@troupe/core'
import { patch } from './guard-patches.ts'
import { currentScope } from './scopes.ts'

/** Puts drawn numbers in the place of random ones, until everything is put back. Callbacks are called in a microtask. */
export function virtualRandomness(): void {
  drawn(Math, 'random', (random) => random.float())
  drawn(nodeCrypto, 'randomUUID', uuid)
  drawn(crypto, 'randomUUID', uuid)
  // That of `node:crypto` calls it.
  drawn(crypto, 'getRandomValues', (random, [view]) => fill(random, view))
  drawn(nodeCrypto, 'randomFillSync', (random, [view, offset, size]) => fill(random, view, offset, size))
  drawn(nodeCrypto, 'randomFill', (random, parameters) => {
    const [view, offset, size] = parameters.slice(0, -1)
    answer(parameters.at(-1), fill(random, view, offset, size))
  })
  drawn(nodeCrypto, 'randomInt', (random, parameters) => {
    const callback: unknown = typeof parameters.at(-1) === 'function' ? parameters.pop() : undefined
    const [low, high] = parameters.length > 1 ? parameters : [0, parameters[0]]
    const drawnInt = low + Math.floor(random.float() * (high - low))
    return callback === undefined ? drawnInt : answer(callback, drawnInt)
  })
  drawn(nodeCrypto, 'randomBytes', (random, [size, callback]) => {
    const bytes = fill(random, Buffer.alloc(size))
    return callback === undefined ? bytes : answer(callback, bytes)
  })
}

function drawn(owner: object, name: string, draw: (random: RandomStream, parameters: any[]) => unknown): void {
  patch(owner, name, (original) => (...parameters) => {
    const scope = currentScope()
    return scope === undefined ? original.apply(owner, parameters) : draw(scope.random(), parameters)
  })
}

function answer(callback: unknown, value: unknown): void {
  queueMicrotask(() => (callback as (error: null, value: unknown) => void)(null, value))
}

function fill<View extends ArrayBufferView>(random: RandomStream, view: View, offset = 0, size?: number): View {
  const length = size ?? view.byteLength - offset
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length)
  for (let index = 0; index < bytes.length; index++) bytes[index] = random.int(256)
  return view
}

function uuid(random: RandomStream): string {
  const digits = Array.from({ length: 32 }, () => random.int(16))
  digits[12] = 4
  digits[16] = 8 + ((digits[16] as number) & 3)
  const hex = digits.map((digit) => digit.toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
