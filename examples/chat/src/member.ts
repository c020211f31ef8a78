/**
 * Somebody at a terminal, in one room. It finds the room by its name, whichever node it is on, and again when the death of
 * its node has moved it. A member whose own node dies is gone from the room, and has to come back by itself.
 */
import {
  type ActorContext,
  type ActorRef,
  defineActor,
  group,
  type ReplyToken,
  receptionist,
  sameRef,
} from '@troupe/core'
import { type Line, membersKey, type RoomMessages, roomKey } from './room.ts'

export type MemberMessages = {
  /** Says something in the room. Fails when there is no such room. */
  say: (text: string) => void
  /** Leaves the room; the member ends. */
  leave: () => void
  /** What stands on the terminal: its last lines. */
  screen: () => readonly string[]
  /** Replies once exactly these names, in alphabetical order, are in the room. */
  whenPresent: (names: readonly string[]) => void
  /** Replies once this line is on the terminal. */
  whenLine: (line: string) => void

  said: (line: Line) => void
  present: (names: readonly string[]) => void
  /** The rooms of that name, from the receptionist. */
  rooms: (rooms: readonly ActorRef<RoomMessages>[]) => void
  enter: () => void
}

/** Lines of a terminal. */
const linesMax = 1_000
/** A room that did not answer is asked again after this long. */
const retryMs = 1_000

interface State {
  readonly name: string
  readonly room: string
  ref: ActorRef<RoomMessages> | undefined
  present: readonly string[]
  lines: string[]
  /** Who waits for a line, or for names to be present. */
  waiting: { readonly line?: string; readonly names?: readonly string[]; readonly reply: ReplyToken<void> }[]
}

export const Member = defineActor<MemberMessages>()({
  name: 'Member',
  module: import.meta.url,
  supervise: { onFailure: { ERR_TROUPE_NODE_DOWN: 'stop' } }, // not started again when its node is back
  init: (args: { name: string; room: string }): State => ({
    ...args,
    ref: undefined,
    present: [],
    lines: [],
    waiting: [],
  }),
  started(state, ctx) {
    receptionist.subscribe(ctx, roomKey(state.room), 'rooms')
  },
  on: {
    rooms(state, [room], ctx) {
      if (sameRef(room, state.ref)) return
      state.ref = room
      if (room !== undefined) ctx.tell(ctx.self, 'enter')
    },
    async enter(state, _message, ctx) {
      if (state.ref === undefined) return
      try {
        await ctx.ask(state.ref, 'enter', { name: state.name, ref: ctx.self })
        group.join(ctx, membersKey(state.room))
      } catch {
        ctx.timers.once({ key: 'enter', delayMs: retryMs }, 'enter')
      }
    },
    say(state, text, ctx) {
      if (state.ref === undefined) throw new Error(`${state.name} cannot speak: there is no room ${state.room}`)
      ctx.tell(state.ref, 'say', text)
    },
    leave(state, _message, ctx) {
      group.leave(ctx, membersKey(state.room))
      ctx.stop()
    },
    said(state, { from, text }, ctx) {
      write(state, `<${from}> ${text}`)
      answer(state, ctx)
    },
    present(state, names, ctx) {
      const before = state.present
      state.present = names
      for (const name of names) if (!before.includes(name)) write(state, `* ${name} is here`)
      for (const name of before) if (!names.includes(name)) write(state, `* ${name} is gone`)
      answer(state, ctx)
    },
    screen: (state) => [...state.lines],
    whenPresent: (state, names, ctx) => wait(state, { names }, ctx),
    whenLine: (state, line, ctx) => wait(state, { line }, ctx),
  },
})

function write(state: State, line: string): void {
  state.lines.push(line)
  if (state.lines.length > linesMax) state.lines.shift()
}

function wait(state: State, what: { line?: string; names?: readonly string[] }, ctx: ActorContext): ReplyToken<void> {
  const reply = ctx.deferReply<void>()
  state.waiting.push({ ...what, reply })
  answer(state, ctx)
  return reply
}

/** Answers those who wait for what is there now. */
function answer(state: State, ctx: ActorContext): void {
  const isThere = ({ line, names }: State['waiting'][number]) =>
    line === undefined ? String(names) === String(state.present) : state.lines.includes(line)
  for (const one of state.waiting) if (isThere(one)) ctx.reply(one.reply, undefined)
  state.waiting = state.waiting.filter((one) => !isThere(one))
}
