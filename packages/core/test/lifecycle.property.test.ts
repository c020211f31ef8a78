/**
 * Random supervision trees under random orders: spawns, failures, asynchronous turns, stops, watches, timers, deferred
 * replies, kills, links, strategies, events on a disk that stalls. Whatever happens, no actor outlives its parent, every
 * ask ends, who watches hears of each death once, and once all are told to stop nothing is left of any of them.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import type { Ref } from '../src/actor-ref.ts'
import {
  type ActorDefinition,
  type ActorRef,
  defineActor,
  type ReplyToken,
  refKey,
  type SpawnOptions,
} from '../src/index.ts'
import { Phase } from '../src/phase.ts'
import { HeldDisk, ProbeSystem } from './probe-system.ts'

const Gate = defineActor({
  name: 'Gate',
  init: () => ({ held: [] as ReplyToken<void>[] }),
  on: {
    wait(state, _message, ctx) {
      const token = ctx.deferReply<void>()
      state.held.push(token)
      return token
    },
    open(state, _message, ctx) {
      for (const token of state.held.splice(0)) ctx.reply(token, undefined)
    },
  },
})

/** Watches every actor there ever was, and counts what it hears of each. */
const Witness = defineActor({
  name: 'Witness',
  init: () => ({ heard: new Map<string, number>() }),
  on: {
    watch(_state, ref: ActorRef, ctx) {
      ctx.watch(ref)
    },
  },
  terminated(state, ref) {
    state.heard.set(refKey(ref), (state.heard.get(refKey(ref)) ?? 0) + 1)
  },
})

type Protocol = {
  spawn: (options: SpawnOptions) => ActorRef<Protocol>
  fail: () => void
  hold: (message: { gate: ActorRef<{ wait: () => void }>; thenFail: boolean }) => void
  defer: () => void
  answer: () => void
  watch: (ref: ActorRef) => void
  unwatch: (ref: ActorRef) => void
  link: (ref: ActorRef) => void
  unlink: (ref: ActorRef) => void
  kill: (ref: ActorRef) => void
  stop: (ref: ActorRef) => void
  stopSelf: () => void
  remind: (delayMs: number) => void
  persist: (thenFail: boolean) => number
  count: () => number
}

const Member: ActorDefinition<Protocol, { failsToStart: boolean }> = defineActor<Protocol>()({
  name: 'Member',
  init: (args: { failsToStart: boolean }) => ({ args, tokens: [] as ReplyToken<void>[], count: 0, persisted: 0 }),
  events: {
    counted(state) {
      state.persisted++
    },
  },
  snapshot: ({ args, persisted }) => ({ args, tokens: [], count: 0, persisted }),
  snapshotEvery: 3,
  started(state) {
    if (state.args.failsToStart) throw new Error('failed to start')
  },
  terminated(state) {
    state.count++
  },
  async stopped(_state, ctx) {
    await Promise.resolve()
    ctx.log.info('stopped')
  },
  on: {
    spawn: (_state, options, ctx) => ctx.spawn(Member, { failsToStart: false }, options),
    fail() {
      throw new Error('told to fail')
    },
    async hold(_state, { gate, thenFail }, ctx) {
      await ctx.ask(gate, 'wait')
      if (thenFail) throw new Error('failed after it was held')
      ctx.log.info('held')
    },
    defer(state, _message, ctx) {
      const token = ctx.deferReply<void>()
      state.tokens.push(token)
      return token
    },
    answer(state, _message, ctx) {
      for (const token of state.tokens.splice(0)) ctx.reply(token, undefined)
    },
    watch: (_state, ref, ctx) => ctx.watch(ref),
    unwatch: (_state, ref, ctx) => ctx.unwatch(ref),
    link: (_state, ref, ctx) => ctx.link(ref),
    unlink: (_state, ref, ctx) => ctx.unlink(ref),
    kill: (_state, ref, ctx) => ctx.kill(ref),
    stop: (_state, ref, ctx) => ctx.stop(ref),
    stopSelf: (_state, _message, ctx) => ctx.stop(),
    remind: (_state, delayMs, ctx) => ctx.timers.once({ key: String(delayMs), delayMs }, 'count'),
    persist(state, thenFail, ctx) {
      ctx.persist('counted' as never)
      if (thenFail) throw new Error('failed after an event')
      return state.persisted
    },
    count: (state) => ++state.count,
  },
})

const actor = fc.nat(30)
const flag = fc.boolean()
const supervise = fc.record({
  strategy: fc.constantFrom('one-for-one' as const, 'one-for-all' as const, 'rest-for-one' as const),
  onFailure: fc.constantFrom('restart' as const, 'resume' as const, 'stop' as const, 'escalate' as const, {
    ERR_TROUPE_ASK_TIMEOUT: 'stop' as const,
    Error: 'restart' as const,
  }),
  maxRestarts: fc.nat(2),
  rollback: fc.boolean(),
  withinMs: fc.constantFrom(1, 1_000),
  backoff: fc.constantFrom(undefined, { minMs: 10, maxMs: 20 }),
})
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('spawn' as const), actor, supervise, durable: flag, root: flag }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fail' as const), actor }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hold' as const), actor, thenFail: flag }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('persist' as const), actor, thenFail: flag }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'defer' as const,
        'answer' as const,
        'stopSelf' as const,
        'count' as const,
        'kill now' as const,
      ),
      actor,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'watch' as const,
        'unwatch' as const,
        'stop' as const,
        'kill' as const,
        'link' as const,
        'unlink' as const,
      ),
      actor,
      other: actor,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remind' as const), actor, delayMs: fc.nat(50) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'hold disk' as const, 'release disk' as const) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 30) }) },
)

test('no actor outlives its parent, every ask ends, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const disk = new HeldDisk()
      const system = new ProbeSystem({ disk })
      const { node } = system
      const gate = await system.spawn(Gate, undefined)
      const witness = await system.spawn(Witness, undefined)
      // Otherwise a root whose strategy is one for all would end them.
      for (const { ref } of [gate, witness]) node.lookup(ref as Ref)!.isInternal = true
      const cellsBefore = [...node.cells].length
      const refs: ActorRef<Protocol>[] = []
      const known = new Set<ActorCell>()
      let open = 0
      const ended = (asked: Promise<unknown>) => {
        open++
        const end = () => {
          open--
        }
        void asked.then(end, end)
      }
      let durableIds = 0
      for (const step of steps) {
        const ref = 'actor' in step && refs.length > 0 ? refs[step.actor % refs.length] : undefined
        switch (step.do) {
          case 'spawn': {
            const options: SpawnOptions = {
              supervise: { ...step.supervise, backoff: step.supervise.backoff } as never,
              ...(step.durable ? { durableId: `d${durableIds++}` } : {}),
            }
            if (ref === undefined || step.root) {
              // The first start of every third root fails.
              const root = await system.spawn(Member, { failsToStart: refs.length % 3 === 2 }, options)
              refs.push(root.ref)
            } else {
              const asked = system.ask(ref, 'spawn', options).then((child) => refs.push(child))
              ended(asked)
            }
            break
          }
          case 'hold':
            if (ref !== undefined) ended(system.ask(ref, 'hold', { gate: gate.ref, thenFail: step.thenFail }))
            break
          case 'persist':
            if (ref !== undefined) ended(system.ask(ref, 'persist', step.thenFail))
            break
          case 'remind':
            if (ref !== undefined) system.tell(ref, 'remind', step.delayMs)
            break
          case 'watch':
          case 'unwatch':
          case 'stop':
          case 'kill':
          case 'link':
          case 'unlink':
            if (ref !== undefined) system.tell(ref, step.do, refs[step.other % refs.length]!)
            break
          case 'kill now':
            if (ref !== undefined) node.kill(undefined, ref as Ref)
            break
          case 'open':
            gate.tell('open')
            break
          case 'hold disk':
            disk.hold()
            break
          case 'release disk':
            disk.release()
            break
          case 'advance':
            await system.advance(step.ms)
            break
          default:
            if (ref !== undefined) ended(system.ask(ref, step.do))
        }
        for (const cell of node.cells) {
          if (cell.definition.name === 'Member' && !known.has(cell)) witness.tell('watch', cell.ref)
          known.add(cell)
        }
        for (const cell of known) {
          if (cell.phase !== Phase.stopped) expect(cell.parent?.phase, cell.path()).not.toBe(Phase.stopped)
        }
      }
      // The end: everything that was held goes on, and every root stops.
      disk.release()
      for (let round = 0; round < 3; round++) {
        gate.tell('open')
        await system.advance(6_000)
      }
      expect(open).toBe(0)
      for (const root of system.roots)
        if (root.ref !== gate.ref && root.ref !== witness.ref) node.stop(undefined, root.ref)
      for (let round = 0; round < 3; round++) {
        gate.tell('open')
        await system.advance(1_000)
      }
      const left = [...node.cells].filter((cell) => cell !== node.guardian).map((cell) => cell.definition.name)
      // The gate and the witness, and the system's own watches of them.
      expect(left.sort()).toEqual(['Gate', 'Watcher', 'Watcher', 'Witness'])
      const { heard } = node.lookup(witness.ref as Ref)!.state as { heard: Map<string, number> }
      for (const cell of known) {
        if (cell.definition.name === 'Member') expect(heard.get(refKey(cell.ref)), 'notices of a death').toBe(1)
        expect(cell.group ?? cell.siblings ?? cell.links?.size ?? 0, 'groups and links').toBe(0)
      }
      expect([...node.cells]).toHaveLength(cellsBefore)
      expect(node.asks.size).toBe(0)
      expect(node.guardian.deferred?.size ?? 0).toBe(0)
      expect(system.roots).toHaveLength(2)
      for (const cell of known) {
        if (cell.phase !== Phase.stopped) continue
        expect(cell.timers?.size ?? 0, 'timers').toBe(0)
        expect(cell.lastAsk, 'asks').toBeUndefined()
        expect(cell.mailbox.length, 'mailbox').toBe(0)
      }
      expect(system.clock.nextTime, 'tasks on the clock').toBeUndefined()
      await system.stop()
    }),
    { numRuns: 150 },
  )
})
