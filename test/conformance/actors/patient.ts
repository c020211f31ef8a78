/** Takes its time until nobody waits for it any more, and says so; and asks others, and gives up. */
import { type ActorDefinition, type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>

const aborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    const done = () => resolve((signal.reason as { code: string }).code)
    if (signal.aborted) done()
    else signal.addEventListener('abort', done)
  })

interface PatientProtocol {
  /** Ends when its signal is aborted. */
  linger: () => void
  /** Defers the reply and keeps the signal. */
  lingerDeferred: () => void
  isAborted: () => boolean
  note: (text: string) => void
  /** Asks another to linger, until the timeout or, with `abort`, until that one has begun. */
  askLinger: (message: { to: ActorRef<PatientProtocol>; timeoutMs?: number }) => string
  askAborting: (message: { to: ActorRef<PatientProtocol>; early: boolean }) => string
}

interface PatientState {
  readonly to: Notes
  signal: AbortSignal | undefined
}

export const Patient: ActorDefinition<PatientProtocol, { to: Notes }> = defineActor<PatientProtocol>()({
  name: 'Patient',
  module: import.meta.url,
  init: ({ to }: { to: Notes }): PatientState => ({ to, signal: undefined }),
  on: {
    async linger({ to }, _message, ctx) {
      const over = aborted(ctx.signal)
      ctx.tell(to, 'note', 'lingers')
      ctx.tell(to, 'note', `over ${await over}`)
    },
    lingerDeferred(state, _message, ctx) {
      state.signal = ctx.signal
      return ctx.deferReply()
    },
    isAborted: ({ signal }) => signal?.aborted === true,
    note: ({ to }, text, ctx) => ctx.tell(to, 'note', text),
    async askLinger(_state, { to, timeoutMs }, ctx) {
      try {
        await ctx.askWith(timeoutMs === undefined ? {} : { timeoutMs }, to, 'linger')
        return 'answered'
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    async askAborting(_state, { to, early }, ctx) {
      const controller = new AbortController()
      if (early) controller.abort('changed my mind')
      const asked = ctx.askWith({ signal: controller.signal }, to, 'lingerDeferred')
      if (!early) {
        // Answered behind the ask, so that this one was handled.
        await ctx.ask(to, 'isAborted')
        controller.abort('changed my mind')
      }
      try {
        await asked
        return 'answered'
      } catch (error) {
        const { code, cause } = error as { code: string; cause: unknown }
        return `${code} ${cause} ${await ctx.ask(to, 'isAborted')}`
      }
    },
  },
})
