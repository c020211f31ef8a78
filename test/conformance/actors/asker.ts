/** An actor that asks others and goes on: it notes what comes of it. Durable, where it is given an id. */
import { type ActorRef, type AskThen, defineActor, type ReplyToken, refKey } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

/** Whom it asks. */
export type AnswererProtocol = {
  echo: (value: string) => string
  fail: () => string
  never: () => string
  answerLate: () => void
  sing: () => string
  numbers: () => AsyncIterable<number>
}

type AskerProtocol = {
  ask: (message: {
    to: ActorRef<AnswererProtocol>
    what: 'echo' | 'fail' | 'never' | 'sing'
    timeoutMs?: number
  }) => void
  askAborting: (message: { to: ActorRef<AnswererProtocol>; early: boolean }) => void
  askThenNote: (message: { to: ActorRef<AnswererProtocol>; text: string }) => void
  /** Fills its mailbox, asks, is held, and tells itself more than there is room for. */
  askWhenFull: (message: { to: ActorRef<AnswererProtocol>; gate: Held }) => void
  fail: () => void
  /** Answers with what comes of its next ask. */
  outcome: () => string
  askThenPersist: (to: ActorRef<AnswererProtocol>) => void
  persistThenAsk: (message: { to: ActorRef<AnswererProtocol>; fail?: boolean }) => void
  askNumbers: (to: ActorRef<AnswererProtocol>) => void
  askFunction: (to: ActorRef<AnswererProtocol>) => string
  answered: (text: string) => void
  unanswered: (error: Error) => void
  note: (text: string) => void
  persisted: () => number
}

const then = { onReply: 'answered', onError: 'unanswered' } as const

export const Asker = defineActor<AskerProtocol>()({
  name: 'Asker',
  module: import.meta.url,
  init: (args: { readonly to: Notes }) => ({
    to: args.to,
    persisted: 0,
    outcome: undefined as ReplyToken<string> | undefined,
  }),
  events: {
    persisted(state: { persisted: number }) {
      state.persisted++
    },
  },
  on: {
    ask(_state, { to, what, timeoutMs }, ctx) {
      const how = timeoutMs === undefined ? then : { ...then, timeoutMs }
      if (what === 'echo') ctx.askThen(how, to, 'echo', 'hello')
      else ctx.askThen(how, to, what)
    },
    askAborting(_state, { to, early }, ctx) {
      const controller = new AbortController()
      if (early) controller.abort(new Error('too early'))
      ctx.askThen({ ...then, signal: controller.signal }, to, 'never')
      controller.abort(new Error('enough'))
    },
    askThenNote(state, { to, text }, ctx) {
      ctx.askThen(then, to, 'echo', 'hello')
      ctx.tell(state.to, 'note', text)
    },
    async askWhenFull(_state, { to, gate }, ctx) {
      for (let count = 0; count < 2; count++) ctx.tell(ctx.self, 'note', `early ${count}`)
      ctx.askThen(then, to, 'echo', 'hello')
      await ctx.ask(gate, 'wait')
      for (let count = 0; count < 3; count++) ctx.tell(ctx.self, 'note', `late ${count}`)
    },
    fail() {
      throw new RangeError('on purpose')
    },
    outcome(state, _message, ctx) {
      state.outcome = ctx.deferReply<string>()
      return state.outcome
    },
    askThenPersist(_state, to, ctx) {
      ctx.askThen(then, to, 'echo', 'before')
      ctx.persist('persisted')
    },
    persistThenAsk(_state, { to, fail }, ctx) {
      ctx.persist('persisted')
      ctx.askThen(then, to, 'echo', 'after')
      if (fail) throw new RangeError('on purpose')
    },
    askNumbers(_state, to, ctx) {
      // The compiler refuses it: the reply is a stream, which no message takes.
      ctx.askThen(then as unknown as AskThen<AskerProtocol, never>, to, 'numbers')
    },
    askFunction(_state, to, ctx) {
      try {
        ctx.askThen(then, to, 'echo', (() => 'hello') as never)
        return 'sent'
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    answered(state, text, ctx) {
      ctx.tell(state.to, 'note', `${text} from ${ctx.sender && refKey(ctx.sender)}`)
    },
    unanswered(state, error, ctx) {
      const { code = '', cause = '' } = error as { code?: string; cause?: unknown }
      const text = `${error.name} ${code} ${String(cause)}`.trimEnd()
      if (state.outcome === undefined) ctx.tell(state.to, 'note', text)
      else ctx.reply(state.outcome, text)
    },
    note(state, text, ctx) {
      ctx.tell(state.to, 'note', text)
    },
    persisted: (state) => state.persisted,
  },
})

/** Answers, or fails, or does neither. */
export const Answerer = defineActor<Omit<AnswererProtocol, 'sing'>>()({
  name: 'Answerer',
  module: import.meta.url,
  init: () => ({ token: undefined as ReplyToken<string> | undefined }),
  on: {
    echo: (_state, value) => value,
    fail() {
      throw new RangeError('out of range')
    },
    never(state, _message, ctx) {
      state.token = ctx.deferReply<string>()
      return state.token
    },
    answerLate(state, _message, ctx) {
      if (state.token !== undefined) ctx.reply(state.token, 'too late')
    },
    async *numbers() {
      yield 1
    },
  },
})
