/** Systems for the tests of searches on several threads: every thread gets them from here. */
import { type ActorRef, defineActor } from '@troupe/core'
import { model } from '../src/index.ts'

/** Goes from 0 to 1, and from there round by 2, or on to 3. */
export function goingRound() {
  return {
    model: model<{ at: number }>({
      init: () => [{ at: 0 }],
      actions: {
        *start({ at }) {
          if (at === 0) yield { at: 1 }
        },
        *round({ at }) {
          if (at === 1) yield { at: 2 }
          if (at === 2) yield { at: 1 }
        },
        *end({ at }) {
          if (at === 1) yield { at: 3 }
        },
      },
    }),
    eventually: { arrives: ({ at }: { at: number }) => at === 3, leaves: ({ at }: { at: number }) => at > 0 },
  }
}

const Counter = defineActor<{ tick: () => void }>()({
  name: 'Counter',
  init: (): { count: number } => ({ count: 0 }),
  started(_state, ctx) {
    ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick')
  },
  on: {
    tick(state, _message, ctx) {
      ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick')
      state.count = state.count === 6 ? ctx.now() : state.count + 1
    },
  },
})

/** Actors that read the clock, but only after a few levels. */
export function readsClockLate() {
  return {
    actors: ['ann', 'bob', 'eve', 'joe'].map((name) => ({ name, definition: Counter })),
    network: 'non-duplicating',
  }
}

const Greeter = defineActor<{ greet: () => void }>()({
  name: 'Greeter',
  init: (args: { other: ActorRef<any> | undefined }) => args,
  on: { greet() {} },
})

export function reduced() {
  return {
    actors: [{ name: 'ann', definition: Greeter, args: { other: undefined } }],
    network: 'ordered',
    reduction: 'persistent-sets',
  }
}
