/** Actors of the cases about supervision, kill and links: a member does what it is told and notes its life. */
import { type ActorDefinition, type ActorRef, defineActor, type SpawnOptions } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

export interface MemberArgs {
  readonly to: Notes
  readonly name: string
  /** Which of its turns fails, beside those that are told to. */
  readonly fails?: 'stopped' | 'terminated' | 'init again'
}

export type MemberProtocol = {
  /** Spawns a child of its own kind. */
  spawn: (message: { name: string; options?: SpawnOptions; fails?: MemberArgs['fails'] }) => ActorRef<MemberProtocol>
  note: (text: string) => void
  add: (item: string) => number
  /** Changes its state in every way, then fails. */
  addThenFail: (message: { item: string; later: boolean }) => void
  items: () => string[]
  fail: (kind: 'range' | 'type') => void
  hold: (gate: Held) => void
  remind: () => void
  watch: (ref: ActorRef) => void
  link: (ref: ActorRef) => void
  unlink: (ref: ActorRef) => void
  kill: (ref: ActorRef) => void
  killSelf: () => string
  /** Answers once an actor, perhaps of another node, has answered: what was sent to it before has arrived. */
  reach: (ref: ActorRef<MemberProtocol>) => void
}

/** How often `init` ran of those whose second has to fail; a module's state, since `init` is pure. */
const begun = { count: 0 }

export const Member: ActorDefinition<MemberProtocol, MemberArgs> = defineActor<MemberProtocol>()({
  name: 'Member',
  module: import.meta.url,
  init(args: MemberArgs) {
    // The actor is spawned, fails, is restarted in vain, and then for good: three calls.
    if (args.fails === 'init again' && begun.count++ % 3 === 1) throw new TypeError('init failed')
    return { args, items: [] as string[], index: new Map<string, { position: number }>() }
  },
  started({ args }, ctx) {
    ctx.tell(args.to, 'note', `${args.name} started`)
  },
  stopped({ args }, ctx) {
    ctx.tell(args.to, 'note', `${args.name} stopped`)
    if (args.fails === 'stopped') throw new TypeError('stopped failed')
  },
  terminated({ args }, _ref, reason, ctx) {
    ctx.tell(args.to, 'note', `${args.name} heard ${reason}`)
    if (args.fails === 'terminated') throw new TypeError('terminated failed')
  },
  on: {
    spawn: ({ args }, { name, options, fails }, ctx) =>
      ctx.spawn(Member, { to: args.to, name, ...(fails === undefined ? {} : { fails }) }, { name, ...options }),
    note: ({ args }, text, ctx) => ctx.tell(args.to, 'note', `${args.name} ${text}`),
    add(state, item) {
      state.index.set(item, { position: state.items.length })
      return state.items.push(item)
    },
    async addThenFail(state, { item, later }) {
      state.index.set(item, { position: state.items.push(item) })
      for (const entry of state.index.values()) entry.position = -1
      if (later) await undefined
      state.items.length = 0
      throw new RangeError('after the change')
    },
    items: ({ items, index }) => items.map((item) => `${item} ${index.get(item)?.position}`),
    fail(_state, kind) {
      throw kind === 'range' ? new RangeError('range') : new TypeError('type')
    },
    async hold({ args }, gate, ctx) {
      await ctx.ask(gate, 'wait')
      ctx.tell(args.to, 'note', `${args.name} was held`)
    },
    remind: (_state, _message, ctx) => ctx.timers.once({ key: 'due', delayMs: 1 }, 'fail', 'type'),
    watch: (_state, ref, ctx) => ctx.watch(ref),
    link: (_state, ref, ctx) => ctx.link(ref),
    unlink: (_state, ref, ctx) => ctx.unlink(ref),
    kill: (_state, ref, ctx) => ctx.kill(ref),
    async reach(_state, ref, ctx) {
      await ctx.ask(ref, 'items')
    },
    killSelf(_state, _message, ctx) {
      ctx.kill()
      return 'the turn was over first'
    },
  },
})

/** Its definition says how it is supervised and what its mailbox holds. */
export const Careful = defineActor({
  name: 'Careful',
  module: import.meta.url,
  init: () => ({ turns: 0 }),
  supervise: { onFailure: { RangeError: 'resume', default: 'stop' } },
  mailbox: { capacity: 1 },
  on: {
    fail(_state, kind: 'range' | 'type') {
      throw kind === 'range' ? new RangeError('range') : new TypeError('type')
    },
    hold: (_state, gate: Held, ctx) => ctx.ask(gate, 'wait'),
    turns: (state) => ++state.turns,
  },
})
