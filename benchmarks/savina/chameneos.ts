/**
 * Chameneos: creatures of three colours meet in pairs at one place and change their colours. Every meeting goes through
 * the one place and is a few small messages, so all stay on one thread.
 *
 * Size: `creatures`, `meetings`. Verified: the meetings that the creatures counted are exactly two for each meeting, and
 * a colour that both have stays, one that differs becomes the third (each creature checks what it is told).
 * Messages are made anew for each meeting.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

/** 0, 1 or 2: blue, red, yellow. */
type Colour = number
type Place = {
  open: (creatures: readonly ActorRef<Creature>[]) => number
  meet: (guest: { creature: ActorRef<Creature>; colour: Colour }) => void
  left: (met: number) => void
}
type Creature = {
  enter: (place: ActorRef<Place>) => void
  meet: (partner: { creature: ActorRef<Creature>; colour: Colour }) => void
  change: (to: { colour: Colour; from: Colour }) => void
  leave: () => void
}

/** The colour of both after a meeting. */
function complement(one: Colour, other: Colour): Colour {
  return one === other ? one : 3 - one - other
}

export const MeetingPlace = defineActor<Place>()({
  name: 'MeetingPlace',
  module: import.meta.url,
  init: (meetings: number) => ({
    meetingsLeft: meetings,
    waiting: undefined as { creature: ActorRef<Creature>; colour: Colour } | undefined,
    present: 0,
    met: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Lets the creatures in and replies, after the last has left, with the meetings that they counted. */
    open(state, creatures, ctx) {
      state.present = creatures.length
      state.done = ctx.deferReply<number>()
      for (const creature of creatures) ctx.tell(creature, 'enter', ctx.self)
      return state.done
    },
    meet(state, guest, ctx) {
      const { waiting } = state
      if (state.meetingsLeft === 0) ctx.tell(guest.creature, 'leave')
      else if (waiting === undefined) state.waiting = guest
      else {
        state.waiting = undefined
        state.meetingsLeft--
        ctx.tell(waiting.creature, 'meet', guest)
      }
    },
    left(state, met, ctx) {
      state.met += met
      if (--state.present === 0 && state.done !== undefined) ctx.reply(state.done, state.met)
    },
  },
})

export const Chameneo = defineActor<Creature>()({
  name: 'Chameneo',
  module: import.meta.url,
  init: (colour: Colour) => ({ colour, met: 0, place: undefined as ActorRef<Place> | undefined }),
  on: {
    enter(state, place, ctx) {
      state.place = place
      ctx.tell(place, 'meet', { creature: ctx.self, colour: state.colour })
    },
    meet(state, { creature, colour }, ctx) {
      const from = state.colour
      state.colour = complement(from, colour)
      state.met++
      ctx.tell(creature, 'change', { colour: state.colour, from })
      if (state.place !== undefined) ctx.tell(state.place, 'meet', { creature: ctx.self, colour: state.colour })
    },
    change(state, { colour, from }, ctx) {
      if (colour !== complement(state.colour, from)) throw new Error(`${state.colour} and ${from} became ${colour}`)
      state.colour = colour
      state.met++
      if (state.place !== undefined) ctx.tell(state.place, 'meet', { creature: ctx.self, colour })
    },
    leave(state, _nothing, ctx) {
      if (state.place !== undefined) ctx.tell(state.place, 'left', state.met)
    },
  },
})

export const chameneos = defineProgram({
  name: 'chameneos',
  summary: 'creatures meet in pairs at one place',
  unit: 'meetings',
  size: { creatures: 100, meetings: 2_000_000 },
  quick: { creatures: 20, meetings: 2_000 },
  oneThread: true,
  problem: ({ creatures }) => (creatures < 2 ? 'it takes two creatures to meet' : undefined),
  expected: ({ meetings }) => 2 * meetings,
  async run(stage, { creatures, meetings }) {
    const place = await stage.spawn(MeetingPlace, meetings)
    const guests = range(creatures).map((index) => stage.spawn(Chameneo, index % 3, stage.nodeAt(index)))
    return await stage.ask(place, 'open', await Promise.all(guests))
  },
  verify: (met, expected) => expectEqual('meetings counted by the creatures', met, expected),
  units: ({ meetings }) => meetings,
})
