/** An actor whose messages, events, behaviors and the rest are called what every object has already. */
import { actorKey, defineActor, defineService, group, type ReplyToken, receptionist } from '@troupe/core'

/** Names that a careless look-up finds in every object. */
export const oddNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const
export type OddName = (typeof oddNames)[number]

/** A record under those names: `__proto__` is a key of its own in it. */
export function named<Value>(make: (name: OddName) => Value): Record<OddName, Value> {
  return Object.fromEntries(oddNames.map((name) => [name, make(name)])) as Record<OddName, Value>
}

type OddProtocol = { [Name in OddName]: (payload: unknown) => unknown } & {
  /** Through a behavior of that name; its handler answers. */
  become: (name: OddName) => void
  where: () => string
  /** Answers once the timer of that name has come. */
  timer: (name: OddName) => string
  heard: (name: string) => void
  persist: (name: OddName) => void
  events: () => readonly string[]
  stream: (name: OddName) => AsyncIterable<unknown>
  join: (name: OddName) => void
  members: (name: OddName) => number
  use: (name: string) => string
}

interface State {
  readonly notes: string[]
  waiting: ReplyToken<string> | undefined
  /** State under such names, too. */
  readonly counts: Record<string, number>
}

const oddHandlers = named((name) => (state: State, payload: unknown) => {
  state.counts[name] = (state.counts[name] ?? 0) + 1
  return named((key) => [name, key, payload])
})

export const OddlyNamed = defineActor<OddProtocol>()({
  name: 'constructor',
  module: import.meta.url,
  init: (): State => ({ notes: [], waiting: undefined, counts: named(() => 0) }),
  snapshot: ({ notes, counts }: State) => ({ notes, counts: { ...counts } }),
  events: named((name) => (state: State, event: unknown) => {
    state.notes.push(`${name}: ${JSON.stringify(event)}`)
  }),
  // To the compiler each set of handlers has a `constructor` that is none of the protocol's.
  behaviors: named((name) => ({ where: () => name })) as Record<OddName, any>,
  on: {
    ...oddHandlers,
    become(_state, name, ctx) {
      ctx.become(name)
    },
    where: () => 'nowhere',
    timer(state, name, ctx) {
      state.waiting = ctx.deferReply<string>()
      ctx.timers.once({ key: name, delayMs: 1 }, 'heard', name)
      return state.waiting
    },
    heard(state, name, ctx) {
      if (state.waiting !== undefined) ctx.reply(state.waiting, name)
    },
    persist(_state, name, ctx) {
      ctx.persist(
        name,
        named((key) => key),
      )
    },
    events: (state) => [...state.notes],
    async *stream(_state, name) {
      yield { [name]: name }
      yield named((key) => key)
    },
    join(_state, name, ctx) {
      group.join(ctx, actorKey<OddProtocol>(name))
    },
    async members(_state, name, ctx) {
      return (await receptionist.find(ctx, actorKey<OddProtocol>(name))).length
    },
    use: (_state, name, ctx) => ctx.use(defineService<{ greet(name: string): string }>(name)).greet(name),
  },
})
