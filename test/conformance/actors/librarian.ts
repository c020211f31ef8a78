/** An actor some of whose messages are re-entrant. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

export const Librarian = defineActor({
  name: 'Librarian',
  module: import.meta.url,
  init: (to: Notes) => ({ to, handled: [] as string[] }),
  reentrant: ['lend', 'look', 'drop', 'shelve', 'awaitLate', 'leave'],
  stopped({ to }, ctx) {
    ctx.tell(to, 'note', 'stopped')
  },
  on: {
    /** Holds the mailbox. */
    async close(state, { gate, text }: { gate: Held; text: string }, ctx) {
      await ctx.ask(gate, 'wait')
      state.handled.push(text)
      return text
    },
    async lend(state, { gate, text }: { gate: Held; text: string }, ctx) {
      const { sender } = ctx
      await ctx.ask(gate, 'wait')
      state.handled.push(text)
      ctx.tell(state.to, 'note', `${text}, still for ${ctx.sender === sender ? 'the same' : 'another'}`)
      return text
    },
    look: (state) => [...state.handled],
    /** Waits until nobody waits for it any more, and says so. */
    async drop(state, gate: Held, ctx) {
      const { signal } = ctx
      await ctx.ask(gate, 'wait')
      ctx.tell(state.to, 'note', `dropped: ${signal.aborted}`)
    },
    /** Awaits a promise long after it rejected. */
    async awaitLate(_state, gate: Held, ctx) {
      const rejected = Promise.reject(new RangeError('awaited in the end'))
      await ctx.ask(gate, 'wait')
      return rejected.catch((error: Error) => error.message)
    },
    /** Leaves a promise that nobody awaits. */
    async leave(_state, gate: Held, ctx) {
      void Promise.reject(new RangeError('left behind'))
      await ctx.ask(gate, 'wait')
    },
    mark(state, text: string) {
      state.handled.push(text)
    },
    fail() {
      throw new RangeError('out of books')
    },
    shelve(_state, _message, ctx) {
      try {
        ctx.stash()
        return 'stashed'
      } catch (error) {
        return (error as { code: string }).code
      }
    },
  },
})
