/**
 * A room. Its members are a group, and the receptionist tells it when one has come, gone, or died with its node. All that
 * is said goes through the room, so that everybody reads it in one order, between the same comings and goings.
 */
import { type ActorKey, type ActorRef, actorKey, defineActor, group, receptionist, refKey } from '@troupe/core'

export type RoomMessages = {
  /** Tells the room a member's name. The member is in the room as soon as it is in the room's group too. */
  enter: (member: { name: string; ref: ActorRef<Listener> }) => void
  /** Says something to everybody; only members are heard. */
  say: (text: string) => void
  /** The list of the group, from the receptionist. */
  group: (members: readonly ActorRef<Listener>[]) => void
  callRoll: () => void
}

/** What everybody in the room gets. */
export type Listener = {
  said: (line: Line) => void
  /** Who is in the room, in alphabetical order: after each change, and now and then in case one was lost. */
  present: (names: readonly string[]) => void
}

export interface Line {
  readonly from: string
  readonly text: string
}

/** The key under which a room is found. */
export const roomKey = (name: string): ActorKey<RoomMessages> => actorKey(`room ${name}`)
/** The key of the group of those who are in it. */
export const membersKey = (name: string): ActorKey<Listener> => actorKey(`members of ${name}`)

interface State {
  readonly name: string
  /** By reference, of everybody who entered and lives. */
  readonly names: Map<string, string>
  group: readonly ActorRef<Listener>[]
}

export const Room = defineActor<RoomMessages>()({
  name: 'Room',
  module: import.meta.url,
  init: ({ name }: { name: string }): State => ({ name, names: new Map(), group: [] }),
  started(state, ctx) {
    receptionist.register(ctx, roomKey(state.name))
    receptionist.subscribe(ctx, membersKey(state.name), 'group')
    ctx.timers.fixedDelay({ key: 'roll', delayMs: 2_000 }, 'callRoll')
  },
  terminated(state, ref) {
    state.names.delete(refKey(ref))
  },
  on: {
    enter(state, { name, ref }, ctx) {
      state.names.set(refKey(ref), name)
      ctx.watch(ref)
      ctx.tell(ctx.self, 'callRoll')
    },
    group(state, members, ctx) {
      state.group = members
      ctx.tell(ctx.self, 'callRoll')
    },
    say(state, text, ctx) {
      const from = ctx.sender && state.names.get(refKey(ctx.sender))
      if (from === undefined) ctx.log.warn('somebody spoke who has not entered', { text })
      else group.broadcast(ctx, membersKey(state.name), 'said', { from, text })
    },
    callRoll(state, _message, ctx) {
      const names = state.group.flatMap((ref) => state.names.get(refKey(ref)) ?? [])
      group.broadcast(ctx, membersKey(state.name), 'present', names.sort())
    },
  },
})
