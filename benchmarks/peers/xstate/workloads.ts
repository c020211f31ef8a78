/**
 * XState 5: actors of transition logic (`fromTransition`), its fastest kind, sending to each other by `send`; those that
 * are created and stopped by the thousand are children, which share their parent's system. An event to an actor that is idle is handled inside the sender's `send`; to one that is busy it waits in its
 * mailbox. The logic changes its context in place, so that an event makes no new one.
 */
import { type ActorRefFrom, createActor, fromTransition, type NonReducibleUnknown } from 'xstate'
import { Completion, type PeerWorkloads, verified } from '../contract.ts'
import { heapGrowth } from '../heap.ts'
import {
  bigActors,
  chameneosCreatures,
  complement,
  fibonacci,
  forkBurst,
  forkJoinActors,
  nextRandom,
  pickOther,
  ringActors,
} from '../workloads.ts'

/** What can be sent to. */
interface To<Event> {
  send(event: Event): void
}

/** Starts an actor that handles its events by `handle`, which may change `state`. */
function start<State extends object, Event extends { type: string }>(
  state: State,
  handle: (state: State, event: Event, self: To<Event>) => void,
) {
  const logic = fromTransition<State, Event, any, NonReducibleUnknown>((current, event, { self }) => {
    handle(current, event, self as To<Event>)
    return current
  }, state)
  return createActor(logic).start()
}

export const workloads: PeerWorkloads = {
  'ping-pong': () => {
    type Ping = { type: 'pong'; left: number }
    type Pong = { type: 'ping'; left: number }
    const ponger = start({ pings: 0, other: undefined as To<Ping> | undefined }, (state, { left }: Pong) => {
      state.pings++
      state.other!.send({ type: 'pong', left: left - 1 })
    })
    let done = new Completion<void>()
    const pinger = start({ pongs: 0 }, (state, { left }: Ping) => {
      state.pongs++
      if (left > 0) ponger.send({ type: 'ping', left: left - 1 })
      else done.resolve()
    })
    const [pings, pongs] = [ponger.getSnapshot().context, pinger.getSnapshot().context]
    pings.other = pinger
    return {
      async run(messages) {
        pings.pings = pongs.pongs = 0
        done = new Completion()
        ponger.send({ type: 'ping', left: messages - 1 })
        await done.promise
        return verified('pings and pongs', pings.pings + pongs.pongs, messages)
      },
    }
  },
  counting: () => {
    type Count = { type: 'add'; by: number } | { type: 'total'; to: To<{ type: 'is'; total: number }> }
    const counter = start({ count: 0 }, (state, event: Count) => {
      if (event.type === 'add') state.count += event.by
      else {
        event.to.send({ type: 'is', total: state.count })
        state.count = 0
      }
    })
    let done = new Completion<number>()
    type Produce = { type: 'produce'; count: number } | { type: 'is'; total: number }
    const producer = start({}, (_, event: Produce, self) => {
      if (event.type === 'is') done.resolve(event.total)
      else {
        for (let index = 0; index < event.count; index++) counter.send({ type: 'add', by: 1 })
        counter.send({ type: 'total', to: self })
      }
    })
    return {
      async run(count) {
        done = new Completion()
        producer.send({ type: 'produce', count })
        return verified('total', await done.promise, count)
      },
    }
  },
  'thread-ring': () => {
    type Token = { type: 'token'; left: number }
    let done = new Completion<void>()
    const members = Array.from({ length: ringActors }, () =>
      start({ hops: 0, next: undefined as To<Token> | undefined }, (state, { left }: Token) => {
        state.hops++
        if (left > 0) state.next!.send({ type: 'token', left: left - 1 })
        else done.resolve()
      }),
    )
    const states = members.map((member) => member.getSnapshot().context)
    for (const [index, state] of states.entries()) state.next = members[(index + 1) % ringActors]!
    return {
      async run(hops) {
        done = new Completion()
        for (const state of states) state.hops = 0
        members[0]!.send({ type: 'token', left: hops - 1 })
        await done.promise
        return verified(
          'hops',
          states.reduce((sum, state) => sum + state.hops, 0),
          hops,
        )
      },
    }
  },
  'fork-join-create': () => {
    type Work = { type: 'work'; value: number; from: To<Fork> }
    type Child = ActorRefFrom<typeof childLogic>
    type Fork = { type: 'fork'; next: number; count: number } | { type: 'done'; value: number; child: Child }
    const childLogic = fromTransition<object, Work, any, NonReducibleUnknown>(
      (state, { type, value, from }, { self }) => {
        // Its stop is an event too.
        if (type === 'work') from.send({ type: 'done', value, child: self })
        return state
      },
      {},
    )
    let done = new Completion<number>()
    const forker = createActor(
      fromTransition<{ left: number; sum: number }, Fork, any, NonReducibleUnknown>(
        (state, event, { self, stopChild }) => {
          if (event.type === 'done') {
            stopChild(event.child)
            state.sum += event.value
            if (--state.left === 0) done.resolve(state.sum)
            return state
          }
          const { next, count } = event
          if (next === 0) Object.assign(state, { left: count, sum: 0 })
          const end = Math.min(next + forkBurst, count)
          for (let value = next; value < end; value++) {
            createActor(childLogic, { parent: self }).start().send({ type: 'work', value, from: self })
          }
          if (end < count) self.send({ type: 'fork', next: end, count })
          return state
        },
        { left: 0, sum: 0 },
      ),
    ).start()
    return {
      async run(count) {
        done = new Completion()
        forker.send({ type: 'fork', next: 0, count })
        return verified('sum of acknowledgements', await done.promise, (count * (count - 1)) / 2, count)
      },
    }
  },
  'fork-join-throughput': () => {
    type Counting = { type: 'expect'; count: number } | { type: 'one'; value: number }
    let done = new Completion<number>()
    const spreader = start(
      { left: 0, sum: 0 },
      (state, event: { type: 'spread'; each: number } | { type: 'counted'; count: number }) => {
        if (event.type === 'counted') {
          state.sum += event.count
          if (--state.left === 0) done.resolve(state.sum)
          return
        }
        state.left = forkJoinActors
        state.sum = 0
        for (const worker of workers) worker.send({ type: 'expect', count: event.each })
        for (let index = 0; index < event.each; index++)
          for (const worker of workers) worker.send({ type: 'one', value: index })
      },
    )
    const workers = Array.from({ length: forkJoinActors }, () =>
      start({ count: 0, expected: 0 }, (state, event: Counting) => {
        if (event.type === 'expect') {
          state.count = 0
          state.expected = event.count
        } else if (++state.count === state.expected) spreader.send({ type: 'counted', count: state.count })
      }),
    )
    return {
      async run(count) {
        done = new Completion()
        spreader.send({ type: 'spread', each: count / forkJoinActors })
        return verified('messages', await done.promise, count)
      },
    }
  },
  big: () => {
    type Big = { type: 'start'; pings: number } | { type: 'ping'; from: number } | { type: 'pong'; from: number }
    let done = new Completion<number>()
    const sink = start({ left: 0, pongs: 0 }, (state, event: { type: 'play' } | { type: 'done'; pongs: number }) => {
      if (event.type === 'play') Object.assign(state, { left: bigActors, pongs: 0 })
      else {
        state.pongs += event.pongs
        if (--state.left === 0) done.resolve(state.pongs)
      }
    })
    const members: To<Big>[] = Array.from({ length: bigActors }, (_, self) =>
      start({ random: self + 1, pings: 0, pongs: 0 }, (state, event: Big) => {
        if (event.type === 'ping') {
          members[event.from]!.send({ type: 'pong', from: self })
          return
        }
        if (event.type === 'start') Object.assign(state, { pings: event.pings, pongs: 0 })
        else if (++state.pongs === state.pings) {
          sink.send({ type: 'done', pongs: state.pongs })
          return
        }
        state.random = nextRandom(state.random)
        members[pickOther(state.random, self, bigActors)]!.send({ type: 'ping', from: self })
      }),
    )
    return {
      async run(messages) {
        done = new Completion()
        sink.send({ type: 'play' })
        for (const member of members) member.send({ type: 'start', pings: messages / 2 / bigActors })
        return verified('pongs', await done.promise, messages / 2, messages)
      },
    }
  },
  chameneos: () => {
    type Visit = { type: 'meet'; colour: number; from: To<Creature> }
    type Creature = { type: 'enter' } | { type: 'mate'; colour: number } | { type: 'close' }
    let done = new Completion<number>()
    const mall = start(
      { waiting: undefined as Visit | undefined, meetings: 0, left: 0, sum: 0 },
      (state, event: Visit | { type: 'open'; meetings: number } | { type: 'met'; meetings: number }) => {
        if (event.type === 'open') {
          Object.assign(state, { waiting: undefined, meetings: event.meetings, left: chameneosCreatures, sum: 0 })
          for (const creature of creatures) creature.send({ type: 'enter' })
        } else if (event.type === 'met') {
          state.sum += event.meetings
          if (--state.left === 0) done.resolve(state.sum)
        } else if (state.meetings === 0) event.from.send({ type: 'close' })
        else if (state.waiting === undefined) state.waiting = event
        else {
          const first = state.waiting
          state.waiting = undefined
          state.meetings--
          first.from.send({ type: 'mate', colour: event.colour })
          event.from.send({ type: 'mate', colour: first.colour })
        }
      },
    )
    const creatures: To<Creature>[] = Array.from({ length: chameneosCreatures }, (_, index) =>
      start({ colour: index % 3, meetings: 0 }, (state, event: Creature, self) => {
        if (event.type === 'close') {
          mall.send({ type: 'met', meetings: state.meetings })
          return
        }
        if (event.type === 'enter') state.meetings = 0
        else {
          state.meetings++
          state.colour = complement(state.colour, event.colour)
        }
        mall.send({ type: 'meet', colour: state.colour, from: self })
      }),
    )
    return {
      async run(meetings) {
        done = new Completion()
        mall.send({ type: 'open', meetings })
        return verified('meetings of all creatures', await done.promise, 2 * meetings, meetings)
      },
    }
  },
  fibonacci: () => {
    type Call = ActorRefFrom<typeof logic>
    type Result = { type: 'result'; value: number; child: Call }
    type Compute = { type: 'compute'; n: number; to: To<Result> } | Result
    interface State {
      to: To<Result> | undefined
      first: number
    }
    const logic = fromTransition<State, Compute, any, NonReducibleUnknown>(
      (state, event, { self, stopChild }) => {
        if (event.type === 'compute') {
          if (event.n <= 2) event.to.send({ type: 'result', value: 1, child: self })
          else {
            state.to = event.to
            createActor(logic, { parent: self })
              .start()
              .send({ type: 'compute', n: event.n - 1, to: self })
            createActor(logic, { parent: self })
              .start()
              .send({ type: 'compute', n: event.n - 2, to: self })
          }
        } else if (event.type === 'result') {
          stopChild(event.child)
          if (state.first < 0) state.first = event.value
          else state.to!.send({ type: 'result', value: state.first + event.value, child: self })
        }
        return state
      },
      () => ({ to: undefined, first: -1 }),
    )
    let done = new Completion<number>()
    const host = createActor(
      fromTransition<object, { type: 'start'; n: number } | Result, any, NonReducibleUnknown>(
        (state, event, { self, stopChild }) => {
          if (event.type === 'start') {
            createActor(logic, { parent: self }).start().send({ type: 'compute', n: event.n, to: self })
          } else {
            stopChild(event.child)
            done.resolve(event.value)
          }
          return state
        },
        {},
      ),
    ).start()
    return {
      async run(n) {
        done = new Completion()
        host.send({ type: 'start', n })
        return verified('result', await done.promise, fibonacci(n), 2 * fibonacci(n) - 1)
      },
    }
  },
  /** Without promises: request and reply are events between two actors. */
  ask: {
    variants: ['inside'],
    open: () => {
      type Reply = { type: 'reply'; value: number }
      const server = start({}, (_, event: { type: 'echo'; value: number; from: To<Reply> }) => {
        event.from.send({ type: 'reply', value: event.value })
      })
      let done = new Completion<number>()
      type Ask = { type: 'start'; count: number } | Reply
      const asker = start({ left: 0, replies: 0 }, (state, event: Ask, self) => {
        if (event.type === 'start') Object.assign(state, { left: event.count, replies: 0 })
        else {
          state.replies += event.value
          if (--state.left === 0) {
            done.resolve(state.replies)
            return
          }
        }
        server.send({ type: 'echo', value: 1, from: self })
      })
      return {
        async run(count) {
          done = new Completion()
          asker.send({ type: 'start', count })
          return verified('replies', await done.promise, count)
        },
      }
    },
  },
  memory: {
    variants: [''],
    open: () => ({
      async run(count) {
        const logic = fromTransition<{ count: number }, { type: 'add'; by: number }, any, NonReducibleUnknown>(
          (state, event) => {
            state.count += event.by
            return state
          },
          () => ({ count: 0 }),
        )
        const idle: ActorRefFrom<typeof logic>[] = []
        const parent = createActor(logic).start()
        const value =
          (await heapGrowth(() => {
            for (let index = 0; index < count; index++) idle.push(createActor(logic, { parent }).start())
          })) / count
        for (const actor of idle) actor.send({ type: 'add', by: 1 })
        const alive = idle.reduce((sum, actor) => sum + actor.getSnapshot().context.count, 0)
        return { ...verified('actors alive', alive, count), value }
      },
    }),
  },
}
