/** Systems for the tests of searches on several threads: every thread gets them from here. */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { type CheckOptions, model, type StateView } from '../src/index.ts'

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
    network: 'unordered',
  }
}

const Counting = defineActor<{ tick: () => void; told: () => void }>()({
  name: 'Counting',
  init: (args: { other: ActorRef<any> | undefined }) => ({ ...args, count: 0, told: 0 }),
  started: (_state, ctx) => ctx.timers.fixedRate({ key: 'tick', periodMs: 1 }, 'tick'),
  on: {
    tick(state, _message, ctx) {
      state.count = (state.count + 1) % 4
      if (state.count === 0 && state.other !== undefined) ctx.tell(state.other, 'told')
    },
    told(state) {
      state.told = 1
    },
  },
})

/** Actors that go round by themselves, two of which tell another: orders of their turns make little difference. */
export function goingRoundApart(reduction: 'none' | 'persistent-sets') {
  const told = (of: string) => (view: StateView) => view.state(of).told === 1
  return {
    actors: ['ann', 'bob', 'eve', 'joe', 'kim'].map((name, index) => ({
      name,
      definition: Counting,
      args: (ref: (name: string) => ActorRef<any>) => ({ other: index < 2 ? ref('eve') : undefined }),
    })),
    network: 'duplicating',
    reduction,
    always: { 'joe is not told': (view: StateView) => !told('joe')(view) },
    sometimes: { 'eve is told': told('eve') },
    eventually: { 'eve is told in the end': told('eve') },
    stopAtViolation: false,
  } satisfies CheckOptions<any>
}

const Saving = defineActor<{ save: () => void; saved: () => void }>()({
  name: 'Saving',
  init: (args: { other: ActorRef<any> }) => ({ ...args, count: 0, told: 0 }),
  events: { one: (state: { count: number }) => void state.count++ },
  started(_state, ctx) {
    ctx.timers.once({ key: 'save', delayMs: 1 }, 'save')
  },
  on: {
    save(state, _message, ctx) {
      ctx.persist('one')
      ctx.tell(state.other, 'saved')
      if (state.count < 2) ctx.timers.once({ key: 'save', delayMs: 1 }, 'save')
    },
    saved(state) {
      state.told = Math.min(2, state.told + 1)
    },
  },
})

/** Durable actors on nodes that crash, with disks that stall. */
export function saving() {
  return {
    actors: ['a', 'b'].map((node) => ({
      name: 'saving',
      node,
      definition: Saving,
      durableId: node,
      args: (ref: (name: string) => ActorRef<any>) => ({ other: ref(node === 'a' ? 'b/saving' : 'a/saving') }),
    })),
    network: 'unordered',
    crashes: 1,
    crashSteps: 'fewest',
    sometimes: {
      'both were told twice': (view: StateView) => view.actors.every((name) => view.state(name).told === 2),
    },
  } satisfies CheckOptions<any>
}

type KeeperProtocol = { keep: (item: number) => number; answer: () => void }

const Keeper = defineActor<KeeperProtocol>()({
  name: 'Keeper',
  init: (): { waiting: ReplyToken<number>[] } => ({ waiting: [] }),
  started: (_state, ctx) => ctx.timers.fixedRate({ key: 'answer', periodMs: 1 }, 'answer'),
  on: {
    keep(state, _item, ctx) {
      const token = ctx.deferReply<number>()
      state.waiting = [...state.waiting, token].slice(-2)
      return token
    },
    answer(state, _message, ctx) {
      for (const token of state.waiting) ctx.reply(token, 1)
      state.waiting = []
    },
  },
})

const Asking = defineActor<{ kept: (value: number) => void; failed: (error: Error) => void }>()({
  name: 'Asking',
  init: (args: { keeper: ActorRef<KeeperProtocol> }) => ({ ...args, kept: 0, error: undefined as Error | undefined }),
  started: (state, ctx) => ctx.askThen({ onReply: 'kept', onError: 'failed' }, state.keeper, 'keep', 1),
  on: {
    kept(state) {
      state.kept++
    },
    failed(state, error, ctx) {
      if (state.error !== undefined) return
      state.error = error
      ctx.askThen({ onReply: 'kept', onError: 'failed' }, state.keeper, 'keep', 2)
    },
  },
})

const Fragile = defineActor<{ add: () => void }>()({
  name: 'Fragile',
  supervise: { maxRestarts: 1 },
  init: () => ({ count: 0 }),
  started: (_state, ctx) => ctx.timers.fixedRate({ key: 'add', periodMs: 1 }, 'add'),
  on: {
    add(state) {
      state.count++
      if (state.count === 2) throw new RangeError('no twos')
    },
  },
})

/** Actors that fail at two, begin anew, and end when they fail again too soon: each has six states. */
export function failing() {
  const names = ['ann', 'bob', 'eve']
  return {
    actors: names.map((name) => ({ name, definition: Fragile })),
    network: 'ordered',
    sometimes: { 'all are gone': (view: StateView) => names.every((name) => !view.isAlive(name)) },
  } satisfies CheckOptions<any>
}

/** Actors that ask, with tokens and errors in their states. */
export function asking() {
  const names = ['ann', 'bob', 'eve']
  return {
    actors: [
      { name: 'keeper', definition: Keeper },
      ...names.map((name) => ({
        name,
        definition: Asking,
        args: (ref: (name: string) => ActorRef<any>) => ({ keeper: ref('keeper') }),
      })),
    ],
    network: 'unordered',
    always: { 'no ask is answered twice': (view: StateView) => names.every((name) => view.state(name).kept <= 1) },
    sometimes: { 'all are answered': (view: StateView) => names.every((name) => view.state(name).kept === 1) },
  } satisfies CheckOptions<any>
}
