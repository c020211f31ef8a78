/** A lock before a room for one: with the mistake a second release, which a caretaker sends, frees the lock of another owner. */
import { type ActorRef, defineActor } from '@troupe/core'
import { simulatedScenario } from '../simulated-scenario.ts'
import { type HopProtocol, hops, quietMs } from './hop.ts'

const module = import.meta.url

const Lock = defineActor({
  name: 'Lock',
  module,
  init: (args: { isTwin: boolean }) => ({ ...args, owner: undefined as string | undefined }),
  on: {
    acquire(state, who: string) {
      if (state.owner !== undefined) return false
      state.owner = who
      return true
    },
    release(state, who: string) {
      if (!state.isTwin || state.owner === who) state.owner = undefined
    },
  },
})

const Room = defineActor({
  name: 'Room',
  module,
  init: () => ({ inside: 0, most: 0 }),
  on: {
    enter(state) {
      state.inside++
      state.most = Math.max(state.most, state.inside)
      return true
    },
    leave(state) {
      state.inside--
      return true
    },
    look: (state) => state.inside,
    most: (state) => state.most,
  },
})

interface VisitorArgs {
  readonly lock: ActorRef<any>
  readonly room: ActorRef<any>
  /** Who releases the lock once more, in case that the first release was lost. */
  readonly caretaker: ActorRef<HopProtocol>
}
const Visitor = defineActor({
  name: 'Visitor',
  module,
  init: (args: VisitorArgs) => args,
  on: {
    async visit({ lock, room, caretaker }, _message: undefined, ctx): Promise<void> {
      const who = ctx.node
      if (!(await ctx.ask(lock, 'acquire', who))) {
        ctx.timers.once({ key: 'visit', delayMs: 1 }, 'visit', undefined)
        return
      }
      await ctx.ask(room, 'enter', undefined)
      for (let look = 0; look < 5; look++) await ctx.ask(room, 'look', undefined)
      await ctx.ask(room, 'leave', undefined)
      ctx.tell(lock, 'release', who)
      ctx.tell(caretaker, 'pass', { over: [], to: lock, message: 'release', payload: who })
    },
  },
})

export const lock = simulatedScenario({
  name: 'lock',
  what: 'visitors take a lock before they enter a room for one',
  nodes: { default: 5, min: 5, max: 5 },
  bugs: new Map([['double-release', 'a second release frees the lock of another owner']]),
  parameters: { clients: { what: 'visitors', default: 3, min: 1, max: 3 } },
  program:
    (bug, { clients }) =>
    async (world) => {
      const isTwin = bug === undefined
      const lock = await world.spawn(Lock, { isTwin }, { node: 'node-1' })
      const room = await world.spawn(Room, undefined, { node: 'node-1' })
      const [caretaker] = await hops(world, ['node-5'])
      const args = { lock: lock.ref, room: room.ref, caretaker: caretaker as ActorRef<HopProtocol> }
      for (const node of ['node-2', 'node-3', 'node-4'].slice(0, clients))
        (await world.spawn(Visitor, args, { node })).tell('visit', undefined)
      await world.sleep(quietMs)
      const most = await room.ask('most')
      world.check(most === 1, `${most} were in the room at a time`)
    },
})
