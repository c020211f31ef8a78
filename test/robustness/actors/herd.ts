/** An actor with very many children, and one who watches those of another. */
import { type ActorRef, defineActor, type ReplyToken, refKey } from '@troupe/core'

interface Ended {
  /** Actors whose end was seen. */
  readonly stopped: number
  /** Of these, those whose end was told more than once. */
  readonly twice: number
}

type HerdProtocol = {
  /** Spawns so many children, stops each, and answers when the ends of all were told. */
  cycle: (count: number) => Ended
  /** The same on another node. */
  cycleOn: (m: { readonly node: string; readonly count: number }) => Ended
  /** Spawns so many children. */
  fill: (count: number) => void
  children: () => readonly ActorRef<any>[]
  /** Watches the children of another. */
  watchAll: (other: ActorRef<HerdProtocol>) => Promise<void>
  /** Answers when the ends of so many were told. */
  allStopped: (count: number) => Ended
}

interface State {
  readonly children: ActorRef<any>[]
  readonly told: Set<string>
  twice: number
  waiting: { readonly count: number; readonly token: ReplyToken<Ended> } | undefined
}

const Sheep = defineActor({
  name: 'Sheep',
  module: import.meta.url,
  init: () => ({ turns: 0 }),
  on: {
    turn(state) {
      state.turns++
    },
  },
})

/** One that may be spawned on another thread. */
export const Stray = defineActor({ name: 'Stray', module: import.meta.url, init: () => ({}), on: {} })

export const Herd = defineActor<HerdProtocol>()({
  name: 'Herd',
  module: import.meta.url,
  init: (): State => ({ children: [], told: new Set(), twice: 0, waiting: undefined }),
  on: {
    cycle(state, count, ctx) {
      for (let each = 0; each < count; each++) {
        const child = ctx.spawn(Sheep, undefined)
        ctx.watch(child)
        ctx.tell(child, 'turn')
        ctx.stop(child)
      }
      const token = ctx.deferReply<Ended>()
      state.waiting = { count, token }
      return token
    },
    async cycleOn(state, { node, count }, ctx) {
      const token = ctx.deferReply<Ended>()
      state.waiting = { count, token }
      const spawned = await Promise.all(Array.from({ length: count }, () => ctx.spawnOn(node, Stray, undefined)))
      for (const ref of spawned) {
        ctx.watch(ref)
        ctx.stop(ref)
      }
      return token
    },
    fill(state, count, ctx) {
      for (let each = 0; each < count; each++) state.children.push(ctx.spawn(Sheep, undefined))
    },
    children: ({ children }) => [...children],
    async watchAll(_state, other, ctx) {
      for (const ref of await ctx.askWith({ timeoutMs: 60_000 }, other, 'children')) ctx.watch(ref)
    },
    allStopped(state, count, ctx) {
      const token = ctx.deferReply<Ended>()
      state.waiting = { count, token }
      answer(state, ctx)
      return token
    },
  },
  terminated(state, ref, _reason, ctx) {
    const key = refKey(ref)
    if (state.told.has(key)) state.twice++
    state.told.add(key)
    answer(state, ctx)
  },
})

function answer(state: State, ctx: { reply(token: ReplyToken<Ended>, value: Ended): void }): void {
  const { told, twice, waiting } = state
  if (waiting === undefined || told.size < waiting.count) return
  ctx.reply(waiting.token, { stopped: told.size, twice })
  state.waiting = undefined
  told.clear()
  state.twice = 0
}
