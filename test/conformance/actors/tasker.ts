/** Tasks, and an actor that runs them: what the cases about `ctx.task` use. */
import { defineActor, defineTask, type TaskError } from '@troupe/core'

const module = import.meta.url

export const describeText = defineTask({
  name: 'describeText',
  module,
  run(args: { text: string; tags: Set<string> }) {
    args.tags.add('seen')
    return { length: args.text.length, tags: args.tags }
  },
})

export const failing = defineTask({
  name: 'failing',
  module,
  run(text: string): number {
    throw new RangeError(text)
  },
})

/** Adds 1 to each byte; moves the bytes back. */
export const increment = defineTask({
  name: 'increment',
  module,
  run(args: { bytes: Uint8Array }, { transfer }) {
    for (const index of args.bytes.keys()) args.bytes[index] = ((args.bytes[index] as number) + 1) & 0xff
    transfer(args.bytes.buffer as ArrayBuffer)
    return args.bytes
  },
})

/** Ends only when it is told to. */
export const endless = defineTask({
  name: 'endless',
  module,
  run: (_args: undefined, { signal }) =>
    new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
})

export const raise = defineTask({
  name: 'raise',
  module,
  run(memory: SharedArrayBuffer) {
    Atomics.add(new Int32Array(memory), 0, 1)
  },
})

const describeFailure = (error: unknown) => {
  const { name, code, facts, cause } = error as TaskError
  return `${name} ${code} ${facts.reason ?? ''}${cause instanceof Error ? ` ${cause.name}: ${cause.message}` : ''}`
}

export const Tasker = defineActor({
  name: 'Tasker',
  module,
  init: () => ({ sum: 0 }),
  events: {
    added(state, amount: number) {
      state.sum += amount
    },
  },
  on: {
    async describe(_state, text: string, ctx) {
      const tags = new Set(['own'])
      const { length, tags: back } = await ctx.task(describeText, { text, tags })
      return { length, own: [...tags], back: [...back] }
    },
    fail: (_state, text: string, ctx) => ctx.task(failing, text).then(String, describeFailure),
    failAlone: (_state, text: string, ctx) => ctx.task(failing, text),
    async move(_state, length: number, ctx) {
      const buffer = new ArrayBuffer(length)
      const bytes = new Uint8Array(buffer, 1, length - 2).fill(6)
      const result = await ctx.task(increment, { bytes }, { transfer: [buffer] })
      return { detached: buffer.detached, result: [...result] }
    },
    async moveWhatCannot(_state, _message: undefined, ctx) {
      const buffer = new ArrayBuffer(4)
      const args = { bytes: new Uint8Array(buffer), why: () => 1 }
      const failure = await ctx.task(increment, args as never, { transfer: [buffer] }).catch((error) => error.code)
      return { failure, detached: buffer.detached }
    },
    async share(_state, memory: SharedArrayBuffer, ctx) {
      await ctx.task(raise, memory)
      return Atomics.load(new Int32Array(memory), 0)
    },
    timeOut: (_state, timeoutMs: number, ctx) =>
      ctx.task(endless, undefined, { timeoutMs }).then(String, describeFailure),
    abort(_state, before: boolean, ctx) {
      const controller = new AbortController()
      if (before) controller.abort(new Error('enough'))
      const ended = ctx.task(endless, undefined, { signal: controller.signal }).then(String, describeFailure)
      controller.abort(new Error('enough'))
      return ended
    },
    /** Notes in shared memory that its task has ended, and ends itself while it runs. */
    endWhileItRuns(_state, { memory, how }: { memory: SharedArrayBuffer; how: 'fail' | 'stop' }, ctx) {
      ctx.task(endless, undefined).catch((error) => {
        if (error.code === 'ERR_TROUPE_ACTOR_STOPPED') Atomics.add(new Int32Array(memory), 0, 1)
      })
      if (how === 'fail') throw new Error('on purpose')
      ctx.stop()
    },
    async addLength(state, text: string, ctx) {
      const { length } = await ctx.task(describeText, { text, tags: new Set<string>() })
      ctx.persist('added', length)
      return state.sum
    },
    async persistFirst(_state, _message: undefined, ctx) {
      ctx.persist('added', 1)
      await ctx.task(raise, new SharedArrayBuffer(4))
    },
    /** Two turns: the second one's task waits for what the first one persisted. */
    add(_state, amount: number, ctx) {
      ctx.persist('added', amount)
    },
    raise: (_state, memory: SharedArrayBuffer, ctx) => ctx.task(raise, memory),
    sum: (state) => state.sum,
  },
})
