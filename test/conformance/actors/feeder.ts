/** Sends notes and waits until each is taken; and an actor whose messages differ in priority. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

export const Feeder = defineActor({
  name: 'Feeder',
  module: import.meta.url,
  init: (to: Notes) => ({ to, taken: 0 }),
  on: {
    /** Notes at the recorder what became of each. */
    async feed({ to }, { sink, texts, timeoutMs }: { sink: Notes; texts: string[]; timeoutMs?: number }, ctx) {
      for (const text of texts) {
        try {
          await ctx.sendWith(timeoutMs === undefined ? {} : { timeoutMs }, sink, 'note', text)
          ctx.tell(to, 'note', `${text} taken`)
        } catch (error) {
          ctx.tell(to, 'note', `${text} ${(error as { code: string }).code}`)
        }
      }
    },
    /** Moves its bytes on, and says what is left of them here. */
    async move(
      _state,
      { to, how }: { to: ActorRef<{ sum: (bytes: Uint8Array) => number }>; how: 'tell' | 'ask' | 'send' },
      ctx,
    ) {
      const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1)
      const transfer = [bytes.buffer]
      let sum = 0
      if (how === 'ask') sum = await ctx.askWith({ transfer }, to, 'sum', bytes)
      else if (how === 'send') await ctx.sendWith({ transfer }, to, 'sum', bytes)
      else ctx.tellWith({ transfer }, to, 'sum', bytes)
      return { sum, left: bytes.buffer.byteLength }
    },
    /** Refused, and nothing lost by it. */
    moveWrongly(_state, to: ActorRef<{ sum: (bytes: Uint8Array) => number }>, ctx) {
      const bytes = new Uint8Array([1, 2, 3])
      try {
        ctx.tellWith({ transfer: [bytes.buffer] }, to, 'sum', { bytes, oops: () => 1 } as never)
        return 'sent'
      } catch (error) {
        return `${(error as { code: string }).code}, ${bytes.byteLength} left`
      }
    },
    sum: ({ to }, bytes: Uint8Array, ctx) => {
      const sum = bytes.reduce((all, byte) => all + byte, 0)
      ctx.tell(to, 'note', `sum ${sum} of ${bytes.length}`)
      return sum
    },
    /** One send, and tells behind it, in one turn: the rest of `texts`. */
    async sendThenTell({ to }, { sink, texts }: { sink: Notes; texts: string[] }, ctx) {
      const [first = '', ...rest] = texts
      const sent = ctx.send(sink, 'note', first)
      for (const text of rest) ctx.tell(sink, 'note', text)
      await sent
      ctx.tell(to, 'note', `${first} taken`)
    },
  },
})

export const Triage = defineActor({
  name: 'Triage',
  module: import.meta.url,
  init: (to: Notes) => ({ to }),
  mailbox: { priority: { alarm: 10, chore: -1 } },
  stopped({ to }, ctx) {
    ctx.tell(to, 'note', 'stopped')
  },
  on: {
    async hold(_state, gate: Held, ctx) {
      await ctx.ask(gate, 'wait')
    },
    alarm: ({ to }, text: string, ctx) => ctx.tell(to, 'note', text),
    plain: ({ to }, text: string, ctx) => ctx.tell(to, 'note', text),
    chore: ({ to }, text: string, ctx) => ctx.tell(to, 'note', text),
  },
})
