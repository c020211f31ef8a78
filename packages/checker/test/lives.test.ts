/** Children, stops and supervised restarts in checked actors. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { CheckerError, type CheckOptions, check, formatCounterexample, type StateView } from '../src/index.ts'

type WorkerProtocol = { work: (item: number) => void; quit: () => void }
type BossProtocol = { begin: () => void; done: (item: number) => void; bye: (name: string) => void; end: () => void }

const Worker = defineActor<WorkerProtocol>()({
  name: 'Worker',
  init: (args: { boss: ActorRef<BossProtocol>; id: number }) => ({ ...args, worked: 0, ready: false }),
  started(state) {
    state.ready = true
  },
  stopped(state, ctx) {
    ctx.tell(state.boss, 'bye', `worker ${state.id}`)
  },
  on: {
    work(state, item, ctx) {
      state.worked = 1
      ctx.tell(state.boss, 'done', item)
    },
    quit: (_state, _message, ctx) => ctx.stop(),
  },
})

interface BossState {
  workers: ActorRef<WorkerProtocol>[]
  done: number
  byes: string[]
}

/** Spawns `count` workers, gives each an item, and stops the first by `how` when all are done. */
const boss = (count: number, how: 'stop' | 'quit' | 'self' | 'nothing', named = false) =>
  defineActor<BossProtocol>()({
    name: 'Boss',
    init: (): BossState => ({ workers: [], done: 0, byes: [] }),
    started: (_state, ctx) => ctx.tell(ctx.self, 'begin'),
    on: {
      begin(state, _message, ctx) {
        if (state.workers.length > 0) return
        for (let id = 0; id < count; id++) {
          const worker = ctx.spawn(Worker, { boss: ctx.self, id }, named ? { name: `w${id}` } : {})
          state.workers.push(worker)
          ctx.tell(worker, 'work', 1)
        }
      },
      done(state, _item, ctx) {
        if (state.done < count) state.done++
        if (state.done < count) return
        const [first] = state.workers as [ActorRef<WorkerProtocol>]
        if (how === 'stop') ctx.stop(first)
        if (how === 'quit') ctx.tell(first, 'quit')
        if (how === 'self') ctx.stop()
      },
      bye: (state, name) => void state.byes.push(name),
      end: (_state, _message, ctx) => ctx.stop(),
    },
  })

const lives = (definition: any, options: Partial<CheckOptions<any>> = {}) =>
  check({ actors: [{ name: 'boss', definition }] as any, network: 'unordered', spawnsMax: 4, ...options })

test('a child is there from its spawn on, by a name of its own, and works after its started', () => {
  const result = lives(boss(2, 'nothing'), {
    always: {
      'nobody works before started': (view) =>
        view.actors.slice(1).every((name) => view.state(name).worked === 0 || view.state(name).ready),
    },
    sometimes: {
      none: (view) => view.actors.length === 1 && view.state('boss/Worker-1') === undefined,
      both: (view) => view.actors.join() === 'boss,boss/Worker-1,boss/Worker-2' && view.state('boss').done === 2,
    },
  })
  expect(result).toMatchObject({ complete: true, counterexample: undefined })
  expect(result.sometimes).toEqual({ none: 'holds', both: 'holds' })
  // The message to itself; then of each worker alone: not started, started, worked, and heard of.
  expect(result.distinct).toBe(1 + 4 * 4)
  expect(
    lives(boss(1, 'nothing', true), { sometimes: { named: (view) => view.isAlive('boss/w0') } }).sometimes,
  ).toEqual({
    named: 'holds',
  })
})

test('a counterexample names the child whose last turn it is', () => {
  const Brief = defineActor<{ over: () => void }>()({
    name: 'Brief',
    init: () => ({}),
    started: (_state, ctx) => ctx.timers.once({ key: 'over', delayMs: 1 }, 'over'),
    on: { over: (_state, _message, ctx) => ctx.stop() },
  })
  const Keeper = defineActor<{ never: () => void }>()({
    name: 'Keeper',
    init: () => ({}),
    started: (_state, ctx) => void [ctx.spawn(Brief, undefined), ctx.spawn(Brief, undefined)],
    on: { never() {} },
  })
  const { counterexample } = lives(Keeper, { always: { 'nobody ends': (view) => view.isAlive('boss/Brief-1') } })
  const text = formatCounterexample(counterexample!)
  expect(text).toContain('boss/Brief-1: timer over: over\n      boss/Brief-1 is gone')
  expect(text).not.toContain('undefined')
})

test('a counterexample shows references to children by where they stand in the tree', () => {
  const Keeper = defineActor<{ never: () => void }>()({
    name: 'Keeper',
    init: (): { kept: ActorRef<any>[] } => ({ kept: [] }),
    started(state, ctx) {
      state.kept.push(ctx.spawn(Server, undefined), ctx.spawn(Server, undefined, { name: 'named' }))
    },
    on: { never() {} },
  })
  const { counterexample } = lives(Keeper, {
    always: { 'nobody is kept': (view) => view.state('boss').kept.length === 0 },
  })
  expect(formatCounterexample(counterexample!)).toContain('boss = {"kept":["local/boss/Server-1","local/boss/named"]}')
})

test.each(['stop', 'quit'] as const)('a child that is told to %s has its last turn, and is gone', (how) => {
  for (const network of ['unordered', 'ordered', 'duplicating'] as const) {
    const result = lives(boss(1, how), {
      network,
      lossy: false,
      always: {
        'its last words come after its end': (view) =>
          view.state('boss').byes.length === 0 || !view.isAlive('boss/Worker-1'),
        'nothing is under way to who is gone': (view) =>
          view.messages().every(({ to }) => to === 'boss' || view.isAlive(to)),
      },
      sometimes: { bye: (view) => view.state('boss').byes[0] === 'worker 0' },
      boundary: (view) => view.state('boss').byes.length < 3 && view.state('boss').done < 3,
    })
    expect(result).toMatchObject({ complete: true, counterexample: undefined, sometimes: { bye: 'holds' } })
  }
})

test('an actor that stops takes its children with it, the last first, and is gone', () => {
  const words: string[][] = []
  const Listener = defineActor<{ bye: (name: string) => void; done: () => void }>()({
    name: 'Listener',
    init: () => ({ heard: [] as string[] }),
    on: { bye: (state, name) => void state.heard.push(name), done() {} },
  })
  const Parent = defineActor<{ end: () => void }>()({
    name: 'Parent',
    init: (args: { listener: ActorRef<any> }) => args,
    started(state, ctx) {
      for (const id of [1, 2]) ctx.spawn(Worker, { boss: state.listener, id })
      ctx.timers.once({ key: 'end', delayMs: 1 }, 'end')
    },
    stopped: (state, ctx) => ctx.tell(state.listener, 'bye', 'parent'),
    on: { end: (_state, _message, ctx) => ctx.stop() },
  })
  const result = check({
    actors: [
      { name: 'listener', definition: Listener },
      { name: 'parent', definition: Parent, args: (ref) => ({ listener: ref('listener') }) },
    ],
    network: 'unordered',
    spawnsMax: 2,
    stopAtViolation: false,
    always: {
      'all or none are there': (view) => [1, 4].includes(view.actors.filter((name) => view.isAlive(name)).length),
      collect: (view) => {
        if (!view.isAlive('parent')) words.push(view.messages().map(({ payload }) => payload as string))
        return true
      },
    },
  })
  expect(result.complete).toBe(true)
  expect(result.always.collect).toBe('holds')
  expect(words[0]?.toSorted()).toEqual(['parent', 'worker 1', 'worker 2'])
  expect(result.always['all or none are there']).toBe('holds')
})

test('a name is free when its holder is gone, and its next holder is another actor', () => {
  const Renewing = defineActor<{ again: () => void }>()({
    name: 'Renewing',
    init: () => ({
      first: undefined as ActorRef<any> | undefined,
      second: undefined as ActorRef<any> | undefined,
      taken: 0,
    }),
    started(state, ctx) {
      state.first = ctx.spawn(Quiet, undefined, { name: 'one' })
      ctx.stop(state.first)
      ctx.timers.fixedRate({ key: 'again', periodMs: 1 }, 'again')
    },
    on: {
      again(state, _message, ctx) {
        if (state.second !== undefined) return
        try {
          state.second = ctx.spawn(Quiet, undefined, { name: 'one' })
        } catch (error) {
          state.taken = (error as Error).name === 'NameTakenError' ? 1 : 2
        }
        if (state.second !== undefined && state.first !== undefined) ctx.tell(state.first, 'hello')
      },
    },
  })
  const Quiet = defineActor<{ hello: () => void }>()({
    name: 'Quiet',
    init: () => ({ greeted: false }),
    on: {
      hello(state) {
        state.greeted = true
      },
    },
  })
  const result = check({
    actors: [{ name: 'boss', definition: Renewing }],
    network: 'ordered',
    spawnsMax: 2,
    always: {
      'the old address is not the new actor': (view) =>
        !view.isAlive('boss/one#2') || !view.state('boss/one#2').greeted,
      'one holds it': (view) => !(view.isAlive('boss/one') && view.isAlive('boss/one#2')),
    },
    sometimes: { taken: (view) => view.state('boss').taken === 1, again: (view) => view.isAlive('boss/one#2') },
  })
  expect(result).toMatchObject({ complete: true, counterexample: undefined })
  expect(result.sometimes).toEqual({ taken: 'holds', again: 'holds' })
})

test('who asks an actor that stops, or is gone, hears so', () => {
  const Mortal = defineActor<{ get: () => number; end: () => void }>()({
    name: 'Mortal',
    init: () => ({}),
    started: (_state, ctx) => ctx.timers.once({ key: 'end', delayMs: 1 }, 'end'),
    on: { get: (_state, _message, ctx) => ctx.deferReply<number>(), end: (_state, _message, ctx) => ctx.stop() },
  })
  const Asker = defineActor<{ ask: () => void; got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Asker',
    init: (args: { mortal: ActorRef<{ get: () => number }> }) => ({ ...args, error: '' }),
    started: (_state, ctx) => ctx.timers.once({ key: 'ask', delayMs: 1 }, 'ask'),
    on: {
      ask: (state, _message, ctx) => ctx.askThen({ onReply: 'got', onError: 'failed' }, state.mortal, 'get'),
      got() {},
      failed(state, error) {
        state.error = error.name
      },
    },
  })
  const stopped = (view: StateView) => view.state('asker').error === 'ActorStoppedError'
  const result = check({
    actors: [
      { name: 'mortal', definition: Mortal },
      { name: 'asker', definition: Asker, args: (ref) => ({ mortal: ref('mortal') }) },
    ],
    network: 'unordered',
    sometimes: { stopped, 'times out': (view) => view.state('asker').error === 'AskTimeoutError' },
    eventually: { 'the ask is over': (view) => view.state('asker').error !== '' },
  })
  expect(result).toMatchObject({ complete: true, eventually: { 'the ask is over': 'holds' } })
  expect(result.sometimes).toEqual({ stopped: 'holds', 'times out': 'holds' })
})

type FragileProtocol = { add: () => void; count: () => number }

const fragile = (supervise?: object) =>
  defineActor<FragileProtocol>()({
    name: 'Fragile',
    init: () => ({ count: 0, generation: 0 }),
    started: (_state, ctx) => ctx.timers.fixedRate({ key: 'add', periodMs: 1 }, 'add'),
    ...(supervise === undefined ? {} : { supervise }),
    on: {
      add(state) {
        state.count++
        if (state.count === 2) throw new RangeError('no twos')
      },
      count: (state) => state.count,
    },
  })

test('a throw is a counterexample, unless supervision says what becomes of the actor', () => {
  const run = (supervise?: object, options: Partial<CheckOptions<any>> = {}) =>
    check({ actors: [{ name: 'one', definition: fragile(supervise) }] as any, network: 'ordered', ...options })
  const alive = (view: StateView) => view.isAlive('one')
  expect(run().counterexample).toMatchObject({ kind: 'failed', error: new RangeError('no twos') })
  const always = { 'never two': (view: StateView) => !alive(view) || view.state('one').count !== 2 }
  // Counts 0 and 1 in each of its generations; past the budget it is stopped, unless time has passed.
  expect(run({ maxRestarts: 2 }, { always, sometimes: { gone: (view) => !alive(view) } })).toMatchObject({
    complete: true,
    counterexample: undefined,
    distinct: 2 * 3 + 2 + 1,
    sometimes: { gone: 'holds' },
  })
  expect(run({ onFailure: 'stop' }, { always })).toMatchObject({ distinct: 3, counterexample: undefined })
  expect(run({ onFailure: { RangeError: 'resume' } }, { statesMax: 9, always }).counterexample?.property).toBe(
    'never two',
  )
  expect(run({ onFailure: 'resume', rollback: true }, { always })).toMatchObject({
    distinct: 2,
    counterexample: undefined,
  })
  expect(run({ onFailure: { RangeError: 'stop', default: 'restart' } }, { always }).distinct).toBe(3)
  expect(run({ maxRestarts: 1 }, { failedTurns: 'discard' })).toMatchObject({ distinct: 2, complete: true })
  expect(() => run({ strategy: 'one-for-all' })).toThrow(CheckerError)
  const { counterexample } = run({ maxRestarts: 2 }, { always: { 'never gone': alive } })
  expect(formatCounterexample(counterexample!)).toContain('failed, RangeError: no twos; one: escalate')
})

test('a restart ends asks, timers and children, and keeps messages and the address', () => {
  const Parent = defineActor<{
    fail: () => void
    hello: () => void
    got: (n: number) => void
    failed: (e: Error) => void
  }>()({
    name: 'Parent',
    supervise: { maxRestarts: 1 },
    init: (args: { fragile: ActorRef<FragileProtocol> }) => ({ ...args, hello: 0, ended: 0 }),
    started(state, ctx) {
      ctx.spawn(Child, undefined)
      ctx.askThen({ onReply: 'got', onError: 'failed' }, state.fragile, 'count')
      ctx.tell(ctx.self, 'hello')
      ctx.timers.once({ key: 'fail', delayMs: 1 }, 'fail')
    },
    on: {
      fail() {
        throw new Error('by its timer')
      },
      hello(state) {
        state.hello = Math.min(2, state.hello + 1)
      },
      got(state) {
        state.ended++
      },
      failed(state) {
        state.ended++
      },
    },
  })
  const Child = defineActor<{ never: () => void }>()({ name: 'Child', init: () => ({}), on: { never() {} } })
  const result = check({
    actors: [
      { name: 'fragile', definition: Server },
      { name: 'parent', definition: Parent, args: (ref) => ({ fragile: ref('fragile') }) },
    ],
    network: 'unordered',
    spawnsMax: 4,
    boundary: (view) => view.actors.every((name) => !name.endsWith('Child-3')) && view.messages().length < 5,
    always: {
      'an ask of an earlier generation never ends': (view) =>
        !view.isAlive('parent') || view.state('parent').ended <= 1,
      'one child at a time': (view) => view.actors.length <= 3,
      'no more asks than one': (view) => view.asks('parent').length <= 1,
    },
    sometimes: {
      'a message from before the restart': (view) => view.isAlive('parent') && view.state('parent').hello === 2,
      'the second child': (view) => view.isAlive('parent/Child-2'),
    },
  })
  expect(result).toMatchObject({ complete: true, counterexample: undefined })
  expect(Object.values(result.sometimes)).toEqual(['holds', 'holds'])
})

const Server = defineActor<{ count: () => number }>()({ name: 'Server', init: () => ({}), on: { count: () => 1 } })

test('who asked a turn that failed hears its error', () => {
  const Failing = defineActor<{ get: () => number }>()({
    name: 'Failing',
    supervise: { maxRestarts: 1 },
    init: () => ({}),
    on: {
      get() {
        throw new RangeError('none left')
      },
    },
  })
  const Asker = defineActor<{ got: (value: number) => void; failed: (error: Error) => void }>()({
    name: 'Asker',
    init: (args: { failing: ActorRef<{ get: () => number }> }) => ({ ...args, error: '' }),
    started: (state, ctx) => ctx.askThen({ onReply: 'got', onError: 'failed' }, state.failing, 'get'),
    on: {
      got() {},
      failed(state, error) {
        state.error = `${error.name}: ${error.message}`
      },
    },
  })
  const result = check({
    actors: [
      { name: 'failing', definition: Failing },
      { name: 'asker', definition: Asker, args: (ref) => ({ failing: ref('failing') }) },
    ],
    network: 'ordered',
    sometimes: { told: (view) => view.state('asker').error === 'RangeError: none left' },
  })
  expect(result).toMatchObject({ complete: true, sometimes: { told: 'holds' } })
})

test('children go with their node, and are not there when it comes back', () => {
  const result = lives(boss(1, 'nothing'), {
    crashes: 1,
    spawnsMax: 2,
    always: {
      'no child of a node that is down': (view) => view.isUp('boss') || view.actors.length === 1,
      'its address is its own': (view) => !(view.isAlive('boss/Worker-1') && view.isAlive('boss/Worker-2')),
    },
    sometimes: { 'a second one': (view) => view.isAlive('boss/Worker-2') && view.state('boss').done === 1 },
  })
  expect(result).toMatchObject({ complete: true, counterexample: undefined, sometimes: { 'a second one': 'holds' } })
})

test('too many children, and what does not go with them, is refused by name', () => {
  expect(() => lives(boss(5, 'nothing'))).toThrow('spawns Worker, but no more than 4 children may be: raise spawnsMax')
  expect(() => lives(boss(1, 'nothing'), { symmetry: [['boss', 'x']] })).toThrow('spawnsMax goes neither with symmetry')
  expect(() => lives(boss(1, 'nothing'), { reduction: 'persistent-sets' })).toThrow('check without reduction')
  expect(() => lives(boss(1, 'self'), { selfAtOnce: true, spawnsMax: 1 })).toThrow(
    'check without reduction, selfAtOnce',
  )
  expect(() => lives(boss(1, 'nothing'), { spawnsMax: -1 })).toThrow('spawnsMax must be a whole number from 0')
})
