/** An actor with behaviors and a stash: a door that lets people through while it is open. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

export const Door = defineActor({
  name: 'Door',
  module: import.meta.url,
  init: (args: { to: Notes; startsAs?: 'open' }) => args,
  started(state, ctx) {
    if (state.startsAs !== undefined) ctx.become(state.startsAs)
  },
  behaviors: {
    closed: {
      /** Waits until the door is open. */
      pass(_state, _who: string, ctx): string {
        ctx.stash()
        return 'nobody hears this'
      },
      passOrFail(_state, who: string, ctx) {
        ctx.stash()
        throw new RangeError(`${who} failed`)
      },
      knock: () => 'closed',
      open(_state, _message: undefined, ctx) {
        ctx.become('open')
        ctx.unstashAll()
      },
    },
    open: {
      pass(state, who: string, ctx): string {
        ctx.tell(state.to, 'note', who)
        return `${who} passed`
      },
      knock: () => 'open',
    },
    locked: {
      knock: () => 'locked',
    },
  },
  on: {
    knock: () => 'on',
    anywhere: (_state, _message: undefined, ctx) => ctx.behavior ?? 'none',
    become(_state, name: 'open' | 'closed' | 'locked', ctx) {
      ctx.become(name)
    },
    becomeFor(_state, { name, afterMs, text }: { name: 'open' | 'closed'; afterMs: number; text: string }, ctx) {
      ctx.become(name, { afterMs }, 'timedOut', text)
    },
    /** One timeout after another in one turn, each cancelled by what follows. */
    becomeAndChange(_state, afterMs: number, ctx) {
      ctx.become('open', { afterMs }, 'timedOut', 'replaced by its own kind')
      ctx.become('open', { afterMs }, 'timedOut', 'replaced by another')
      ctx.become('closed', { afterMs }, 'timedOut', 'replaced by unbecome')
      ctx.unbecome()
      ctx.become('closed', { afterMs }, 'timedOut', 'replaced without a timeout')
      ctx.become('closed')
    },
    unbecome: (_state, _message: undefined, ctx) => ctx.unbecome(),
    timedOut(state, text: string, ctx) {
      ctx.tell(state.to, 'note', `${text} in ${ctx.behavior}`)
    },
    fail() {
      throw new Error('on purpose')
    },
    /** Is held, then opens the door, behind which others have come to wait in the mailbox. */
    async holdThenOpen(_state, gate: Held, ctx) {
      await ctx.ask(gate, 'wait')
      ctx.become('open')
      ctx.unstashAll()
    },
    async hold(_state, gate: Held, ctx) {
      await ctx.ask(gate, 'wait')
    },
  },
})
