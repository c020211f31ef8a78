/** An actor that leaves promises behind, in every way; each rejects with the text that it is given. */
import { type ActorRef, defineActor } from '@troupe/core'
import { failing } from './tasker.ts'

type Held = ActorRef<{ wait: () => void }>
type Failing = ActorRef<{ fail: (kind: 'range' | 'type') => void }>

export interface StrayArgs {
  /** Where a promise is left that rejects, beside the messages. */
  readonly leavesIn?: 'init' | 'started' | 'stopped'
}

async function rejecting(text: string): Promise<never> {
  await undefined
  throw new RangeError(text)
}

async function rejectingAfter(wait: Promise<unknown>, text: string): Promise<never> {
  await wait.catch(() => {})
  throw new RangeError(text)
}

export const Stray = defineActor({
  name: 'Stray',
  module: import.meta.url,
  init({ leavesIn }: StrayArgs) {
    if (leavesIn === 'init') void rejecting('left in init')
    return { leavesIn, count: 0 }
  },
  started({ leavesIn }) {
    if (leavesIn === 'started') void rejecting('left in started')
  },
  stopped({ leavesIn }) {
    if (leavesIn === 'stopped') void rejecting('left in stopped')
  },
  events: {
    counted(state, by: number) {
      state.count += by
    },
  },
  on: {
    count: (state) => state.count,
    add: (state, by: number) => {
      state.count += by
    },
    leave(state, texts: readonly string[]) {
      state.count++
      for (const text of texts) void rejecting(text)
      return 'left'
    },
    /** Rejected before anything could wait for it. */
    leaveRejected(_state, text: string) {
      void Promise.reject(new RangeError(text))
    },
    async forgetAwait(state, text: string) {
      await undefined
      void rejecting(text)
      state.count++
      return 'forgotten'
    },
    /** Goes on after its turn, until the gate opens. */
    goOn(_state, { gate, text }: { readonly gate: Held; readonly text: string }, ctx) {
      void rejectingAfter(ctx.ask(gate, 'wait'), text)
      return 'goes on'
    },
    /** Leaves a promise, waits for the gate, and awaits the promise after all. */
    async awaitLate(_state, { gate, text }: { readonly gate: Held; readonly text: string }, ctx): Promise<string> {
      const late = rejecting(text)
      await ctx.ask(gate, 'wait')
      return late.catch((error) => `caught ${error.message}`)
    },
    /** Leaves a promise while its turn goes on until the gate opens. */
    async leaveAndWait(state, { gate, text }: { readonly gate: Held; readonly text: string }, ctx) {
      void rejecting(text)
      await ctx.ask(gate, 'wait')
      return ++state.count
    },
    forgetAsk(_state, ref: Failing, ctx) {
      void ctx.ask(ref, 'fail', 'range')
    },
    forgetTask(_state, text: string, ctx) {
      void ctx.task(failing, text)
    },
    remind(_state, text: string, ctx) {
      ctx.timers.once({ key: 'leave', delayMs: 1 }, 'leave', [text])
    },
    persist(_state, by: number, ctx) {
      ctx.persist('counted', by)
      void rejecting('left beside an event')
    },
    async *items(_state, text: string) {
      yield 1
      void rejecting(text)
      yield 2
    },
    fail() {
      throw new TypeError('failed')
    },
  },
})
