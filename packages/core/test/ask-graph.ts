/** Actors that ask each other in asynchronous turns, for the tests of cycles. */
import { type ActorRef, type AskCycleError, defineActor, type ReplyToken, sameRef } from '../src/index.ts'

/** One of the asks that a turn makes. */
export interface PlannedAsk {
  readonly to: ActorRef<any>
  /** Answered by a timer. */
  readonly afterMs?: number
  /** The other asks back. */
  readonly back?: boolean
  /** Sent on, from each of these to the next. */
  readonly over?: readonly Asker[]
  /** The other keeps the token. */
  readonly defer?: boolean
  /** The other puts it aside. */
  readonly stash?: boolean
  readonly timeoutMs?: number
}

export interface Plan {
  /** Begins with this, once everybody is held. */
  readonly gate?: PlannedAsk
  readonly kind: 'all' | 'race' | 'settled'
  readonly asks: readonly PlannedAsk[]
}

export type Asker = ActorRef<AskerProtocol>
export interface AskerProtocol {
  /** Asks the first to ask the second, and so on: `end`, or what the last that asked in vain caught. */
  chain: (refs: readonly Asker[]) => string
  askUncaught: (to: Asker) => string
  askWithOwnSignal: (to: Asker) => string
  several: (plan: Plan) => unknown
  passOn: (refs: readonly Asker[]) => string
  keep: () => string
  putAside: () => string
  unstash: () => void
  note: () => void
  /** Starts a child on a node, which asks its parent as it starts, and asks it what came of that. */
  spawnAndAsk: (node: string) => string
}

interface AskerState {
  kept: ReplyToken<string> | undefined
  stashing: boolean
  notes: number
}

/** What an asker says of an error that it caught. */
function caught(error: unknown): string {
  const { code, facts } = error as AskCycleError
  const cycle = facts.cycle as readonly { actor: string; message: string }[] | undefined
  const path = cycle?.map(({ actor, message }) => `${actor} -[${message}]-> `).join('')
  return `caught ${code} ${path === undefined ? 'undefined' : path + cycle?.[0]?.actor}`
}

export const Child = defineActor<{ outcome: () => string }>()({
  name: 'Child',
  module: import.meta.url,
  init: ({ parent }: { parent: Asker }) => ({ parent, outcome: 'not started' }),
  async started(state, ctx) {
    state.outcome = await ctx.ask(state.parent, 'chain', []).catch(caught)
  },
  on: { outcome: ({ outcome }) => outcome },
})

export const AskerActor = defineActor<AskerProtocol>()({
  name: 'Asker',
  module: import.meta.url,
  init: (): AskerState => ({ kept: undefined, stashing: true, notes: 0 }),
  events: {
    noted(state, _nothing: null) {
      state.notes++
    },
  },
  on: {
    async chain(_state, [next, ...rest], ctx): Promise<string> {
      if (next === undefined) return 'end'
      try {
        return await ctx.ask(next, 'chain', rest)
      } catch (error) {
        return caught(error)
      }
    },
    askUncaught: async (_state, to, ctx) => ctx.ask(to, 'chain', []),
    async askWithOwnSignal(_state, to, ctx) {
      try {
        return await ctx.askWith({ signal: ctx.signal }, to, 'chain', [])
      } catch (error) {
        return caught(error)
      }
    },
    async several(_state, { gate, kind, asks }, ctx) {
      if (gate !== undefined) await ctx.ask(gate.to, 'answer', gate.afterMs)
      const open = asks.map(({ to, afterMs, back, over, defer, stash, timeoutMs }) => {
        const options = timeoutMs === undefined ? {} : { timeoutMs }
        if (afterMs !== undefined) return ctx.askWith(options, to, 'answer', afterMs)
        if (over !== undefined) return ctx.askWith(options, to, 'passOn', over)
        if (defer) return ctx.askWith(options, to, 'keep')
        if (stash) return ctx.askWith(options, to, 'putAside')
        return ctx.askWith(options, to, 'chain', back ? [ctx.self] : [])
      })
      try {
        if (kind === 'race') return await Promise.race(open)
        if (kind === 'settled') {
          const ends = await Promise.allSettled(open)
          return ends.map((end) => (end.status === 'fulfilled' ? end.value : caught(end.reason)))
        }
        const answers = await Promise.all(open)
        return answers.length === 1 ? answers[0] : answers
      } catch (error) {
        return caught(error)
      }
    },
    passOn(_state, refs, ctx) {
      const next = refs[refs.findIndex((ref) => sameRef(ref, ctx.self)) + 1]
      if (next === undefined) return 'end'
      ctx.forward(next)
      return 'passed on'
    },
    keep(state, _message, ctx) {
      state.kept = ctx.deferReply<string>()
      return state.kept
    },
    putAside(state, _message, ctx) {
      if (!state.stashing) return 'unstashed'
      ctx.stash()
      return 'aside'
    },
    unstash(state, _message, ctx) {
      state.stashing = false
      ctx.unstashAll()
    },
    note(_state, _message, ctx) {
      ctx.persist('noted', null)
    },
    async spawnAndAsk(_state, node, ctx) {
      const child = await ctx.spawnOn(node, Child, { parent: ctx.self })
      return ctx.ask(child, 'outcome').catch(caught)
    },
  },
})

/** Answers after a while, without being held. */
export const Later = defineActor<{ answer: (afterMs: number) => string; due: (token: ReplyToken<string>) => void }>()({
  name: 'Later',
  module: import.meta.url,
  init: () => ({ asks: 0 }),
  on: {
    answer(state, afterMs, ctx) {
      const token = ctx.deferReply<string>()
      ctx.timers.once({ key: `${state.asks++}`, delayMs: afterMs }, 'due', token)
      return token
    },
    due: (_state, token, ctx) => ctx.reply(token, 'later'),
  },
})
