/** nact 7: one system, actors of functions under its root, `dispatch` and `query`. */
import { dispatch, query, type Ref, spawn, start, stop } from 'nact'
import { Completion, type PeerWorkloads, type Session, verified } from '../contract.ts'
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

interface Own<Message> {
  readonly self: Ref<Message>
}

let names = 0

/** An actor under `parent`, whose state `handle` may change. Names are given, since nact's own may be drawn twice. */
function actor<State extends object, Message>(
  parent: Ref<any>,
  state: State,
  handle: (state: State, message: Message, own: Own<Message>) => void,
): Ref<Message> {
  return spawn(
    parent,
    (current: State, message: Message, own: Own<Message>) => {
      handle(current, message, own)
      return current
    },
    `actor-${names++}`,
    { initialState: state },
  ) as Ref<Message>
}

/** A workload in a system of its own: `prepare` returns how to run it. */
function inSystem(prepare: (system: Ref<any>) => Session['run']) {
  return () => {
    const system = start()
    return { run: prepare(system), close: () => stop(system) }
  }
}

export const workloads: PeerWorkloads = {
  'ping-pong': inSystem((system) => {
    type Ball = { type: 'ping' | 'pong'; left: number; from: Ref<Ball> }
    const [pings, pongs] = [{ count: 0 }, { count: 0 }]
    let done = new Completion<void>()
    const ponger = actor(system, pings, (state, { left, from }: Ball, { self }) => {
      state.count++
      dispatch(from, { type: 'pong', left: left - 1, from: self })
    })
    const pinger = actor(system, pongs, (state, { left, from }: Ball, { self }) => {
      state.count++
      if (left > 0) dispatch(from, { type: 'ping', left: left - 1, from: self })
      else done.resolve()
    })
    return async (messages) => {
      pings.count = pongs.count = 0
      done = new Completion()
      dispatch(ponger, { type: 'ping', left: messages - 1, from: pinger })
      await done.promise
      return verified('pings and pongs', pings.count + pongs.count, messages)
    }
  }),
  counting: inSystem((system) => {
    type Count = { type: 'add'; by: number } | { type: 'total'; to: Ref<number> }
    const counter = actor(system, { count: 0 }, (state, message: Count) => {
      if (message.type === 'add') state.count += message.by
      else {
        dispatch(message.to, state.count)
        state.count = 0
      }
    })
    const producer = actor(system, {}, (_, { count, to }: { count: number; to: Ref<number> }) => {
      for (let index = 0; index < count; index++) dispatch(counter, { type: 'add', by: 1 })
      dispatch(counter, { type: 'total', to })
    })
    return async (count) =>
      verified('total', await query(producer, (to: Ref<number>) => ({ count, to }), 600_000), count)
  }),
  'thread-ring': inSystem((system) => {
    let done = new Completion<void>()
    const states = Array.from({ length: ringActors }, () => ({
      hops: 0,
      next: undefined as Ref<{ left: number }> | undefined,
    }))
    const members = states.map((state) =>
      actor(system, state, (current, { left }: { left: number }) => {
        current.hops++
        if (left > 0) dispatch(current.next!, { left: left - 1 })
        else done.resolve()
      }),
    )
    for (const [index, state] of states.entries()) state.next = members[(index + 1) % ringActors]!
    return async (hops) => {
      done = new Completion()
      for (const state of states) state.hops = 0
      dispatch(members[0]!, { left: hops - 1 })
      await done.promise
      return verified(
        'hops',
        states.reduce((sum, state) => sum + state.hops, 0),
        hops,
      )
    }
  }),
  'fork-join-create': inSystem((system) => {
    type Fork = { type: 'fork'; next: number; count: number } | { type: 'done'; value: number }
    let done = new Completion<number>()
    const forker = actor(system, { left: 0, sum: 0 }, (state, message: Fork, { self }) => {
      if (message.type === 'done') {
        state.sum += message.value
        if (--state.left === 0) done.resolve(state.sum)
        return
      }
      const { next, count } = message
      if (next === 0) Object.assign(state, { left: count, sum: 0 })
      const end = Math.min(next + forkBurst, count)
      for (let index = next; index < end; index++) {
        const child = actor(system, {}, (_, { value, from }: { value: number; from: Ref<Fork> }, own) => {
          dispatch(from, { type: 'done', value })
          stop(own.self)
        })
        dispatch(child, { value: index, from: self })
      }
      if (end < count) dispatch(self, { type: 'fork', next: end, count })
    })
    return async (count) => {
      done = new Completion()
      dispatch(forker, { type: 'fork', next: 0, count })
      return verified('sum of acknowledgements', await done.promise, (count * (count - 1)) / 2, count)
    }
  }),
  'fork-join-throughput': inSystem((system) => {
    type Counting = { type: 'expect'; count: number } | { type: 'one'; value: number }
    type Spread = { type: 'spread'; each: number } | { type: 'counted'; count: number }
    let done = new Completion<number>()
    const spreader = actor(system, { left: 0, sum: 0 }, (state, message: Spread) => {
      if (message.type === 'counted') {
        state.sum += message.count
        if (--state.left === 0) done.resolve(state.sum)
        return
      }
      Object.assign(state, { left: forkJoinActors, sum: 0 })
      for (const worker of workers) dispatch(worker, { type: 'expect', count: message.each })
      for (let value = 0; value < message.each; value++)
        for (const worker of workers) dispatch(worker, { type: 'one', value })
    })
    const workers = Array.from({ length: forkJoinActors }, () =>
      actor(system, { count: 0, expected: 0 }, (state, message: Counting) => {
        if (message.type === 'expect') Object.assign(state, { count: 0, expected: message.count })
        else if (++state.count === state.expected) dispatch(spreader, { type: 'counted', count: state.count })
      }),
    )
    return async (count) => {
      done = new Completion()
      dispatch(spreader, { type: 'spread', each: count / forkJoinActors })
      return verified('messages', await done.promise, count)
    }
  }),
  big: inSystem((system) => {
    type Big = { type: 'start'; pings: number } | { type: 'ping'; from: number } | { type: 'pong'; from: number }
    let done = new Completion<number>()
    const sink = actor(
      system,
      { left: 0, pongs: 0 },
      (state, message: { type: 'play' } | { type: 'done'; pongs: number }) => {
        if (message.type === 'play') Object.assign(state, { left: bigActors, pongs: 0 })
        else {
          state.pongs += message.pongs
          if (--state.left === 0) done.resolve(state.pongs)
        }
      },
    )
    const members: Ref<Big>[] = Array.from({ length: bigActors }, (_, index) =>
      actor(system, { random: index + 1, pings: 0, pongs: 0 }, (state, message: Big) => {
        if (message.type === 'ping') {
          dispatch(members[message.from]!, { type: 'pong', from: index })
          return
        }
        if (message.type === 'start') Object.assign(state, { pings: message.pings, pongs: 0 })
        else if (++state.pongs === state.pings) {
          dispatch(sink, { type: 'done', pongs: state.pongs })
          return
        }
        state.random = nextRandom(state.random)
        dispatch(members[pickOther(state.random, index, bigActors)]!, { type: 'ping', from: index })
      }),
    )
    return async (messages) => {
      done = new Completion()
      dispatch(sink, { type: 'play' })
      for (const member of members) dispatch(member, { type: 'start', pings: messages / 2 / bigActors })
      return verified('pongs', await done.promise, messages / 2, messages)
    }
  }),
  chameneos: inSystem((system) => {
    type Visit = { type: 'meet'; colour: number; from: Ref<Creature> }
    type Creature = { type: 'enter' } | { type: 'mate'; colour: number } | { type: 'close' }
    let done = new Completion<number>()
    const mall = actor(
      system,
      { waiting: undefined as Visit | undefined, meetings: 0, left: 0, sum: 0 },
      (state, message: Visit | { type: 'open'; meetings: number } | { type: 'met'; meetings: number }) => {
        if (message.type === 'open') {
          Object.assign(state, { waiting: undefined, meetings: message.meetings, left: chameneosCreatures, sum: 0 })
          for (const creature of creatures) dispatch(creature, { type: 'enter' })
        } else if (message.type === 'met') {
          state.sum += message.meetings
          if (--state.left === 0) done.resolve(state.sum)
        } else if (state.meetings === 0) dispatch(message.from, { type: 'close' })
        else if (state.waiting === undefined) state.waiting = message
        else {
          const first = state.waiting
          state.waiting = undefined
          state.meetings--
          dispatch(first.from, { type: 'mate', colour: message.colour })
          dispatch(message.from, { type: 'mate', colour: first.colour })
        }
      },
    )
    const creatures: Ref<Creature>[] = Array.from({ length: chameneosCreatures }, (_, index) =>
      actor(system, { colour: index % 3, meetings: 0 }, (state, message: Creature, { self }) => {
        if (message.type === 'close') {
          dispatch(mall, { type: 'met', meetings: state.meetings })
          return
        }
        if (message.type === 'enter') state.meetings = 0
        else {
          state.meetings++
          state.colour = complement(state.colour, message.colour)
        }
        dispatch(mall, { type: 'meet', colour: state.colour, from: self })
      }),
    )
    return async (meetings) => {
      done = new Completion()
      dispatch(mall, { type: 'open', meetings })
      return verified('meetings of all creatures', await done.promise, 2 * meetings, meetings)
    }
  }),
  fibonacci: inSystem((system) => {
    type Adding = { type: 'result'; value: number }
    type Compute = { type: 'compute'; n: number; to: Ref<Adding> } | Adding
    const call = (): Ref<Compute> =>
      actor(system, { to: undefined as Ref<Adding> | undefined, first: -1 }, (state, message: Compute, { self }) => {
        if (message.type === 'compute') {
          if (message.n > 2) {
            state.to = message.to
            dispatch(call(), { type: 'compute', n: message.n - 1, to: self })
            dispatch(call(), { type: 'compute', n: message.n - 2, to: self })
            return
          }
          dispatch(message.to, { type: 'result', value: 1 })
        } else if (state.first < 0) {
          state.first = message.value
          return
        } else dispatch(state.to!, { type: 'result', value: state.first + message.value })
        stop(self)
      })
    let done = new Completion<number>()
    const host = actor(system, {}, (_, { value }: Adding) => done.resolve(value))
    return async (n) => {
      done = new Completion()
      dispatch(call(), { type: 'compute', n, to: host })
      return verified('result', await done.promise, fibonacci(n), 2 * fibonacci(n) - 1)
    }
  }),
  ask: {
    variants: ['outside'],
    open: inSystem((system) => {
      type Echo = { value: number; to: Ref<number> }
      const server = actor(system, {}, (_, { value, to }: Echo) => dispatch(to, value))
      const askMany = async (count: number) => {
        let replies = 0
        for (let index = 0; index < count; index++) {
          replies += (await query(server, (to: Ref<number>) => ({ value: 1, to }), 600_000)) as number
        }
        return replies
      }
      return async (count) => verified('replies', await askMany(count), count)
    }),
  },
  memory: {
    variants: [''],
    open: inSystem((system) => async (count) => {
      const states = Array.from({ length: count }, () => ({ count: 0 }))
      const idle: Ref<{ type: 'add'; by: number; to: Ref<number> }>[] = []
      const value =
        (await heapGrowth(() => {
          for (const state of states) {
            const counting = (current: { count: number }, { by, to }: { by: number; to: Ref<number> }) => {
              current.count += by
              dispatch(to, current.count)
            }
            idle.push(actor(system, state, counting))
          }
        })) / count
      let alive = 0
      for (const one of idle)
        alive += (await query(one, (to: Ref<number>) => ({ type: 'add', by: 1, to }), 600_000)) as number
      return { ...verified('actors alive', alive, count), value }
    }),
  },
}
