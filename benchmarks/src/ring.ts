/** The actors of the simulation benchmark: places of a ring, each the home of some tokens that go around it. */
import { type ActorRef, defineActor } from '@troupe/core'

/** How the ring is made. */
export interface RingOptions {
  readonly places: number
  /** Tokens that each place is the home of. */
  readonly tokensOfEach: number
  /** Virtual milliseconds after which a home misses a token that has not come by. */
  readonly missedAfterMs: number
}

/** A token on its way. */
export interface Token {
  readonly home: number
  readonly number: number
  /** Of two with the same lap one is a duplicate, and ends at home. */
  readonly lap: number
  readonly label: string
}

/** One place of the ring. It hands on what it gets, and sends what it misses again. */
export const Place = defineActor({
  name: 'Place',
  module: import.meta.url,
  init: ({ index, tokensOfEach, missedAfterMs }: RingOptions & { readonly index: number }) => ({
    index,
    missedAfterMs,
    next: undefined as ActorRef<{ token: (token: Token) => void }> | undefined,
    handled: 0,
    /** The laps of the tokens at home here, now and at the last look. */
    laps: new Array<number>(tokensOfEach).fill(0),
    lapsSeen: new Array<number>(tokensOfEach).fill(0),
  }),
  on: {
    begin(state, next: ActorRef<{ token: (token: Token) => void }>, ctx) {
      state.next = next
      for (const [number, lap] of state.laps.entries()) ctx.tell(next, 'token', tokenOf(state.index, number, lap))
      ctx.timers.fixedDelay({ key: 'look', delayMs: state.missedAfterMs }, 'look')
    },
    token(state, token: Token, ctx) {
      state.handled++
      if (state.next === undefined) return
      const { home, number, lap, label } = token
      if (home !== state.index) ctx.tell(state.next, 'token', { home, number, lap, label })
      else if (lap === state.laps[number]) {
        state.laps[number] = lap + 1
        ctx.tell(state.next, 'token', { home, number, lap: lap + 1, label })
      }
    },
    look(state, _nothing: undefined, ctx) {
      for (const [number, lap] of state.laps.entries()) {
        if (lap === state.lapsSeen[number] && state.next !== undefined) {
          ctx.tell(state.next, 'token', tokenOf(state.index, number, ++(state.laps[number] as number)))
        }
      }
      state.lapsSeen = [...state.laps]
    },
    handled: (state) => state.handled,
  },
})

/** A token as its home sends it out. */
export function tokenOf(home: number, number: number, lap: number): Token {
  return { home, number, lap, label: `token ${number} of ${home}` }
}
