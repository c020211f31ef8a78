/** Actors to be routed to, and routers and pools of them. */
import {
  type ActorRef,
  actorKey,
  defineActor,
  definePool,
  defineRouter,
  type ProtocolOf,
  type ReplyToken,
  receptionist,
  refKey,
} from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type HandProtocol = {
  note: (text: string) => void
  who: (key?: string) => string
  whoSent: () => string
  hold: (gate: ActorRef<{ wait: () => void }>) => void
  fail: () => void
  end: () => void
  unregister: () => void
  /** Stores an amount under a key; answers with the sum of all that this actor stored. */
  store: (message: { key: string; amount: number }) => number
}

export const Hands = actorKey<HandProtocol>('hands')

/** Notes what it is told. */
export const Hand = defineActor<HandProtocol>()({
  name: 'Hand',
  module: import.meta.url,
  init: (args: { to: Notes; life?: boolean; registers?: boolean }) => ({ ...args, sum: 0 }),
  events: {
    stored(state, amount: number) {
      state.sum += amount
    },
  },
  started(state, ctx) {
    if (state.life) ctx.tell(state.to, 'note', 'started')
    if (state.registers) receptionist.register(ctx, Hands)
  },
  stopped(state, ctx) {
    if (state.life) ctx.tell(state.to, 'note', 'stopped')
  },
  on: {
    note: (state, text, ctx) => ctx.tell(state.to, 'note', text),
    who: (_state, _key, ctx) => refKey(ctx.self),
    whoSent: (_state, _message, ctx) => (ctx.sender === undefined ? 'outside' : refKey(ctx.sender)),
    hold: (_state, gate, ctx) => ctx.ask(gate, 'wait'),
    fail() {
      throw new RangeError('a slip of the hand')
    },
    end: (_state, _message, ctx) => ctx.stop(),
    unregister: (_state, _message, ctx) => receptionist.unregister(ctx, Hands),
    store(state, { amount }, ctx) {
      ctx.persist('stored', amount)
      return state.sum
    },
  },
})
export type HandPort = ActorRef<ProtocolOf<typeof Hand>>

const router = { module: import.meta.url }

export const HandRouter = defineRouter<HandProtocol>({ ...router, name: 'HandRouter' })
export const ImpatientRouter = defineRouter<HandProtocol>({ ...router, name: 'ImpatientRouter', waitMs: 20 })
export const RandomRouter = defineRouter<HandProtocol>({ ...router, name: 'RandomRouter', strategy: 'random' })
export const BroadcastRouter = defineRouter<HandProtocol>({ ...router, name: 'BroadcastRouter', strategy: 'broadcast' })
export const KeyRouter = defineRouter<HandProtocol>({
  ...router,
  name: 'KeyRouter',
  strategy: { byKey: (message) => (message.name === 'who' ? (message.payload ?? '') : message.name) },
})
export const SmallestRouter = defineRouter<HandProtocol>({
  ...router,
  name: 'SmallestRouter',
  strategy: 'smallest-mailbox',
  checkMs: 5,
})
/** `note` goes to the last routee, `who` to the first, `whoSent` to nobody; a `fail` is too much for it. */
export const OddRouter = defineRouter<HandProtocol>({
  ...router,
  name: 'OddRouter',
  strategy: {
    choose({ name }, routees) {
      if (name === 'fail') throw new TypeError('odd')
      return name === 'note' ? routees.length - 1 : name === 'who' ? 0 : routees.length
    },
  },
})

export const HandPool = definePool({ ...router, name: 'HandPool', routee: Hand, size: 3 })
export const KeyPool = definePool({
  ...router,
  name: 'KeyPool',
  routee: Hand,
  size: 3,
  strategy: { byKey: (message) => (message.name === 'who' ? (message.payload ?? '') : message.name) },
})
export const ElasticPool = definePool({
  ...router,
  name: 'ElasticPool',
  routee: Hand,
  size: { min: 1, max: 2, growAbove: 4, shrinkBelow: 2, calmChecks: 3 },
  checkMs: 5,
})
export const FarPool = definePool({ ...router, name: 'FarPool', routee: Hand, size: 4, on: 'spread' })
export const TwoNodePool = definePool({
  ...router,
  name: 'TwoNodePool',
  routee: Hand,
  size: 2,
  on: ['node-1', 'node-2'],
})
export const StorePool = definePool({
  ...router,
  name: 'StorePool',
  routee: Hand,
  size: 3,
  options: { durableId: 'store' },
  strategy: { byKey: (message) => (message.name === 'store' ? message.payload.key : message.name) },
})

/** Asks another as an actor does, so that it is the sender. */
export const Caller = defineActor({
  name: 'Caller',
  module: import.meta.url,
  init: () => ({}),
  on: {
    askWhoSent: (_state, to: HandPort, ctx) => ctx.ask(to, 'whoSent'),
    async notes(_state, { to, texts }: { to: HandPort; texts: readonly string[] }, ctx) {
      for (const text of texts) ctx.tell(to, 'note', text)
    },
  },
})

/** Lets time pass, on every host: answers after so many milliseconds. */
export const Pause = defineActor({
  name: 'Pause',
  module: import.meta.url,
  init: () => ({ token: undefined as ReplyToken<void> | undefined }),
  on: {
    after(state, ms: number, ctx) {
      state.token = ctx.deferReply<void>()
      ctx.timers.once({ key: 'over', delayMs: ms }, 'over')
      return state.token
    },
    over(state, _message: undefined, ctx) {
      if (state.token !== undefined) ctx.reply(state.token, undefined)
    },
  },
})
