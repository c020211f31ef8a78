/** Supervision beyond the everyday: strategies and the order of things, kinds, budgets, kill, links. */
import { describe, expect, test } from 'vitest'
import type { Ref } from '../src/actor-ref.ts'
import { type ActorRef, defineActor, namedRef, type ReplyToken, type SpawnOptions } from '../src/index.ts'
import { directiveFor } from '../src/supervision.ts'
import { Cluster } from './kernel-harness.ts'
import { ProbeSystem } from './probe-system.ts'

/** What happened, in order; the tests are of one process. */
let notes: string[] = []

interface MemberArgs {
  readonly name: string
  /** `started` and `stopped` take this many milliseconds' worth of microtasks. */
  readonly slow?: boolean
}

type MemberProtocol = {
  fail: (kind?: string) => void
  hold: (gate: ActorRef<{ wait: () => void }>) => void
  note: (text: string) => void
  link: (ref: ActorRef) => void
  unlink: (ref: ActorRef) => void
  kill: (ref: ActorRef | undefined) => string
  killThenThrow: (ref: ActorRef) => void
  killLater: () => Promise<string>
  watch: (ref: ActorRef) => void
  stop: () => void
  generation: () => number
}

const Member = defineActor<MemberProtocol>()({
  name: 'Member',
  init: (args: MemberArgs) => ({ args, turns: 0 }),
  async started({ args }) {
    notes.push(`${args.name} starts`)
    if (!args.slow) return
    for (let round = 0; round < 5; round++) await undefined
    notes.push(`${args.name} started`)
  },
  async stopped({ args }) {
    if (args.slow) for (let round = 0; round < 5; round++) await undefined
    notes.push(`${args.name} stopped`)
  },
  terminated({ args }, _ref, reason) {
    notes.push(`${args.name} heard ${reason}`)
  },
  on: {
    fail(_state, kind) {
      throw kind === 'range' ? new RangeError('range') : new Error('told to fail')
    },
    async hold({ args }, gate, ctx) {
      await ctx.ask(gate, 'wait')
      notes.push(`${args.name} held`)
    },
    note({ args }, text) {
      notes.push(`${args.name} ${text}`)
    },
    link: (_state, ref, ctx) => ctx.link(ref),
    unlink: (_state, ref, ctx) => ctx.unlink(ref),
    kill(_state, ref, ctx) {
      ctx.kill(ref)
      return 'the turn goes on'
    },
    killThenThrow(_state, ref, ctx) {
      ctx.kill(ref)
      throw new Error('after the kill')
    },
    async killLater(_state, _message, ctx) {
      await undefined
      ctx.kill()
      return 'never said'
    },
    watch: (_state, ref, ctx) => ctx.watch(ref),
    stop: (_state, _message, ctx) => ctx.stop(),
    generation: (state) => ++state.turns,
  },
})

const Gate = defineActor({
  name: 'Gate',
  init: () => ({ waiting: [] as ReplyToken<void>[] }),
  on: {
    wait(state, _message, ctx) {
      const token = ctx.deferReply<void>()
      state.waiting.push(token)
      return token
    },
    open(state, _message, ctx) {
      for (const token of state.waiting.splice(0)) ctx.reply(token, undefined)
    },
  },
})

type Child = { readonly name: string; readonly slow?: boolean; readonly options?: SpawnOptions }

const Parent = defineActor({
  name: 'Parent',
  init: (args: { children: readonly Child[] }) => ({ args, refs: [] as ActorRef<MemberProtocol>[] }),
  started(state, ctx) {
    state.refs = state.args.children.map(({ name, slow = false, options }) =>
      ctx.spawn(Member, { name, slow }, { ...options, name }),
    )
  },
  on: { children: (state) => state.refs },
})

async function family(system: ProbeSystem, children: readonly Child[]) {
  notes = []
  const parent = await system.spawn(Parent, { children })
  const refs = await parent.ask('children')
  await system.idle()
  notes = []
  return { parent, refs: refs as [ActorRef<MemberProtocol>, ...ActorRef<MemberProtocol>[]] }
}

const all: SpawnOptions = { supervise: { strategy: 'one-for-all' } }
const rest: SpawnOptions = { supervise: { strategy: 'rest-for-one' } }

describe('strategies', () => {
  test('one-for-all: siblings stop one after the other in reverse order and start in order', async () => {
    await using system = new ProbeSystem()
    const { refs } = await family(system, [
      { name: 'a', slow: true },
      { name: 'b', slow: true, options: all },
      { name: 'c', slow: true },
    ])
    const restarted: string[] = []
    system.events.on('restarted', ({ actor, generation }) => restarted.push(`${actor.split('/').at(-1)} ${generation}`))
    system.tell(refs[1]!, 'fail')
    system.tell(refs[0], 'note', 'waited')
    await system.idle()
    // The failed one is not asked to stop: its state is not to be trusted. What waits is handled when all are back.
    expect(notes.filter((note) => !note.endsWith('waited'))).toEqual([
      'c stopped',
      'a stopped',
      'a starts',
      'a started',
      'b starts',
      'b started',
      'c starts',
      'c started',
    ])
    expect(restarted).toEqual(['a 1', 'b 1', 'c 1'])
    expect(notes.filter((note) => note === 'a waited')).toHaveLength(1)
  })

  test('rest-for-one: those spawned before the one that failed go on', async () => {
    await using system = new ProbeSystem()
    const { refs } = await family(system, [{ name: 'a' }, { name: 'b', options: rest }, { name: 'c' }])
    await system.ask(refs[0], 'generation')
    system.tell(refs[1]!, 'fail')
    await system.idle()
    expect(notes).toEqual(['c stopped', 'b starts', 'c starts'])
    expect(await system.ask(refs[0], 'generation')).toBe(2)
  })

  test('roots of a node are siblings; what watches them from outside is not', async () => {
    await using system = new ProbeSystem()
    notes = []
    const before = await system.spawn(Member, { name: 'before' })
    const failing = await system.spawn(Member, { name: 'failing' }, rest)
    const after = await system.spawn(Member, { name: 'after' })
    const gone = system.terminated(after.ref)
    await system.idle()
    notes = []
    failing.tell('fail')
    await system.idle()
    expect(notes).toEqual(['after stopped', 'failing starts', 'after starts'])
    await before.stop()
    await after.stop()
    expect(await gone).toBe('stopped')
  })

  test('only the budget of the one that failed is charged', async () => {
    await using system = new ProbeSystem()
    const { refs } = await family(system, [
      { name: 'a', options: { supervise: { strategy: 'one-for-all', maxRestarts: 3 } } },
      { name: 'b', options: { supervise: { maxRestarts: 1 } } },
    ])
    for (let count = 0; count < 3; count++) {
      system.tell(refs[0], 'fail')
      await system.idle()
    }
    system.tell(refs[1]!, 'fail')
    await system.idle()
    expect(await system.ask(refs[1]!, 'generation')).toBe(1)
    expect(notes.filter((note) => note === 'b starts')).toHaveLength(4)
  })

  test('the group waits for the backoff of the one that failed, and for a turn that a sibling is in', async () => {
    await using system = new ProbeSystem()
    const gate = await system.spawn(Gate, undefined)
    const backoff = { minMs: 100, maxMs: 100 }
    const { refs } = await family(system, [
      { name: 'a', options: { supervise: { strategy: 'one-for-all', backoff } } },
      { name: 'b' },
    ])
    system.tell(refs[1]!, 'hold', gate.ref)
    system.tell(refs[0], 'fail')
    await system.idle()
    expect(notes).toEqual([])
    gate.tell('open')
    await system.advance(99)
    expect(notes).toEqual(['b held', 'b stopped'])
    await system.advance(30)
    expect(notes.slice(2)).toEqual(['a starts', 'b starts'])
  })

  test('a directive that ends the one that failed ends its siblings, the last first', async () => {
    await using system = new ProbeSystem()
    const { refs } = await family(system, [
      { name: 'a', slow: true },
      { name: 'b', slow: true },
      { name: 'c', options: { supervise: { strategy: 'one-for-all', onFailure: 'stop' } } },
    ])
    system.tell(refs[2]!, 'fail')
    await system.idle()
    expect(notes).toEqual(['c stopped', 'b stopped', 'a stopped'])
    await expect(system.ask(refs[0], 'generation')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  })

  test('a stop of the parent while its children come back ends them all', async () => {
    await using system = new ProbeSystem()
    const { parent, refs } = await family(system, [
      { name: 'a', slow: true, options: { supervise: { strategy: 'one-for-all', backoff: { minMs: 50, maxMs: 50 } } } },
      { name: 'b', slow: true },
    ])
    system.tell(refs[0], 'fail')
    await system.advance(10)
    await parent.stop()
    // `b` had its last turn already; `a`, which failed, has it now.
    expect(notes).toEqual(['b stopped', 'a stopped'])
    expect([...system.node.cells]).toEqual([system.node.guardian])
    await system.advance(100)
    expect(notes).toHaveLength(2)
  })

  test('a sibling that is killed, or fails for good, while the group is down is left out', async () => {
    await using system = new ProbeSystem()
    const backoff = { minMs: 50, maxMs: 50 }
    const { refs } = await family(system, [
      { name: 'a', options: { supervise: { strategy: 'one-for-all', backoff } } },
      { name: 'b' },
      { name: 'c' },
    ])
    system.tell(refs[0], 'fail')
    await system.advance(10)
    await system.kill(refs[1]!)
    await system.advance(100)
    expect(notes).toEqual(['c stopped', 'b stopped', 'a starts', 'c starts'])
  })

  test('a group of twenty thousand', async () => {
    await using system = new ProbeSystem()
    const children = Array.from({ length: 20_000 }, (_, index) => ({ name: `m${index}`, options: all }))
    const { parent, refs } = await family(system, children)
    system.tell(refs[7]!, 'fail')
    await system.idle()
    expect(notes).toHaveLength(2 * children.length - 1)
    expect(notes.slice(-2)).toEqual(['m19998 starts', 'm19999 starts'])
    notes = []
    await parent.stop()
    expect(notes[0]).toBe('m19999 stopped')
    expect(notes.at(-1)).toBe('m0 stopped')
  })
})

test('children stop one after the other, the last spawned first; those before it go on meanwhile', async () => {
  await using system = new ProbeSystem()
  const gate = await system.spawn(Gate, undefined)
  const { parent, refs } = await family(system, [
    { name: 'a', slow: true },
    { name: 'b', slow: true },
  ])
  system.tell(refs[1]!, 'hold', gate.ref)
  await system.idle()
  const stopped = parent.stop()
  await system.idle()
  system.tell(refs[0], 'note', 'goes on')
  await system.idle()
  gate.tell('open')
  await stopped
  expect(notes).toEqual(['a goes on', 'b held', 'b stopped', 'a stopped'])
})

describe('kinds of failure', () => {
  class Special extends RangeError {
    readonly code = 'E_SPECIAL'
    override name = 'SpecialName'
  }
  const error = new Special('special')

  test('the most specific wins: code, name, class, superclass, default', () => {
    const record = { E_SPECIAL: 'stop', SpecialName: 'resume', RangeError: 'escalate', default: 'restart' } as const
    expect(directiveFor(record, error)).toBe('stop')
    const { E_SPECIAL, ...byName } = record
    expect(directiveFor(byName, error)).toBe('resume')
    const { SpecialName, ...bySuperclass } = byName
    expect(directiveFor(bySuperclass, error)).toBe('escalate')
    expect(directiveFor({ Special: 'stop', RangeError: 'escalate' }, error)).toBe('stop')
    expect(directiveFor({ Error: 'stop', default: 'escalate' }, error)).toBe('stop')
    expect(directiveFor({ TypeError: 'stop', default: 'escalate' }, error)).toBe('escalate')
    expect(directiveFor({ TypeError: 'stop' }, error)).toBe('restart')
    expect(directiveFor({}, Object.assign(new Error('x'), { code: 'toString' }))).toBe('restart')
  })

  test('an actor does with each failure what its supervision says', async () => {
    await using system = new ProbeSystem()
    const directives: string[] = []
    system.events.on('failure', ({ directive }) => directives.push(directive))
    const onFailure = { RangeError: 'resume', default: 'stop' } as const
    const member = await system.spawn(Member, { name: 'm' }, { supervise: { onFailure } })
    await member.ask('generation')
    await expect(member.ask('fail', 'range')).rejects.toThrow('range')
    expect(await member.ask('generation')).toBe(2)
    await expect(member.ask('fail')).rejects.toThrow('told to fail')
    await system.idle()
    expect(directives).toEqual(['resume', 'stop'])
  })

  test('a definition has defaults, which a spawn overrides part by part', async () => {
    await using system = new ProbeSystem()
    const Fragile = defineActor({
      name: 'Fragile',
      init: () => ({ turns: 0 }),
      supervise: { onFailure: 'resume', maxRestarts: 0 },
      mailbox: { capacity: 2, overflow: 'drop-oldest' },
      on: {
        fail() {
          throw new Error('told to fail')
        },
        count: (state) => ++state.turns,
      },
    })
    const asDefined = await system.spawn(Fragile, undefined)
    await asDefined.ask('count')
    await expect(asDefined.ask('fail')).rejects.toThrow()
    expect(await asDefined.ask('count')).toBe(2)
    const { mailbox, supervision } = system.node.lookup(
      (await system.spawn(Fragile, undefined, { mailbox: { capacity: 3 }, supervise: { onFailure: 'restart' } }))
        .ref as Ref,
    )!
    expect(mailbox).toMatchObject({ capacity: 3, overflow: 'drop-oldest' })
    expect(supervision).toMatchObject({ onFailure: 'restart', maxRestarts: 0 })
    expect(() => defineActor({ name: 'Bad', init: () => 0, on: {}, supervise: { maxRestarts: -1 } })).toThrow(
      /actor Bad: supervise\.maxRestarts/,
    )
  })
})

test('the backoff doubles within the window, and begins anew after it', async () => {
  await using system = new ProbeSystem()
  const supervise = { maxRestarts: 10, withinMs: 10_000, backoff: { minMs: 100, maxMs: 1_000 } }
  const member = await system.spawn(Member, { name: 'm' }, { supervise })
  const delays: number[] = []
  for (const pauseMs of [0, 0, 0, 0, 0, 20_000]) {
    await system.advance(pauseMs)
    member.tell('fail')
    await system.idle()
    const due = system.clock.nextTime!
    delays.push(due - system.clock.now())
    await system.advance(Math.ceil(due - system.clock.now()))
  }
  const expected = [100, 200, 400, 800, 1_000, 100]
  delays.forEach((delayMs, index) => {
    expect(delayMs).toBeGreaterThanOrEqual(expected[index]!)
    expect(delayMs).toBeLessThanOrEqual(expected[index]! * 1.2)
  })
})

test('a failure of `stopped` is on the event stream, and the actor stops', async () => {
  await using system = new ProbeSystem()
  const Doomed = defineActor({
    name: 'Doomed',
    init: () => 0,
    on: {},
    stopped() {
      throw new TypeError('cannot say goodbye')
    },
  })
  const failures: unknown[] = []
  system.events.on('failure', ({ message, directive, error }) => failures.push([message, directive, error.message]))
  const doomed = await system.spawn(Doomed, undefined)
  await doomed.stop()
  expect(failures).toEqual([['stopped', 'stop', 'cannot say goodbye']])
})

describe('kill', () => {
  test('at once: what runs has no effect, what waits is dead letters, `stopped` does not run, children go too', async () => {
    await using system = new ProbeSystem()
    const gate = await system.spawn(Gate, undefined)
    const { parent, refs } = await family(system, [{ name: 'a' }, { name: 'b' }])
    const letters: string[] = []
    system.events.on('deadLetter', ({ name, reason }) => letters.push(`${name} ${reason}`))
    const watcher = await system.spawn(Member, { name: 'w' })
    await watcher.ask('watch', refs[0])
    await watcher.ask('watch', parent.ref)
    const held = expect(system.ask(refs[0], 'hold', gate.ref)).rejects.toMatchObject({
      code: 'ERR_TROUPE_ACTOR_STOPPED',
    })
    await system.idle()
    system.tell(refs[0], 'note', 'never')
    await parent.kill()
    await held
    gate.tell('open')
    await system.idle()
    expect(notes).toEqual(['w starts', 'w heard killed', 'w heard killed'])
    expect(letters).toContain('note stopped')
  })

  test('an actor that kills itself ends after the part of its turn that nothing can interrupt', async () => {
    await using system = new ProbeSystem()
    notes = []
    const watcher = await system.spawn(Member, { name: 'w' })
    const members = await Promise.all([1, 2].map((n) => system.spawn(Member, { name: `m${n}` })))
    await system.idle()
    for (const { ref } of members) await watcher.ask('watch', ref)
    expect(await members[0]!.ask('kill', undefined)).toBe('the turn goes on')
    await expect(members[1]!.ask('killLater')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    await system.idle()
    expect(notes.slice(3)).toEqual(['w heard killed', 'w heard killed'])
  })

  test('a child that kills its parent goes with it, even if its turn fails', async () => {
    await using system = new ProbeSystem()
    const { parent, refs } = await family(system, [{ name: 'a' }, { name: 'b' }])
    const gone = Promise.all([parent.ref, ...refs].map((ref) => system.terminated(ref)))
    await expect(system.ask(refs[1]!, 'killThenThrow', parent.ref)).rejects.toThrow('after the kill')
    expect(await gone).toEqual(['killed', 'killed', 'killed'])
    expect(notes).toEqual([])
  })

  test('the guardian cannot be killed', async () => {
    await using system = new ProbeSystem()
    await system.node.kill(undefined, system.node.guardian.ref)
    expect(await (await system.spawn(Member, { name: 'm' })).ask('generation')).toBe(1)
  })
})

describe('links', () => {
  async function pair(system: ProbeSystem, supervise: SpawnOptions['supervise'] = { onFailure: 'stop' }) {
    notes = []
    const [one, two, watcher] = await Promise.all(
      ['one', 'two', 'w'].map((name) => system.spawn(Member, { name }, { supervise: supervise! })),
    )
    await system.idle()
    await watcher!.ask('watch', one!.ref)
    await watcher!.ask('watch', two!.ref)
    notes = []
    return { one: one!, two: two! }
  }

  test.each(['one', 'two'] as const)('a failure spreads in both directions (%s fails)', async (failing) => {
    await using system = new ProbeSystem()
    const { one, two } = await pair(system)
    const errors: string[] = []
    system.events.on('failure', ({ error }) => errors.push((error as { code?: string }).code ?? error.message))
    await one.ask('link', two.ref)
    const other = failing === 'one' ? 'two' : 'one'
    ;(failing === 'one' ? one : two).tell('fail')
    await system.idle()
    expect(notes.toSorted()).toEqual(
      [`${failing} stopped`, `${other} stopped`, 'w heard failed', 'w heard failed'].toSorted(),
    )
    expect(errors).toEqual(['told to fail', 'ERR_TROUPE_LINKED_ACTOR'])
  })

  test('a kill spreads as a failure, a stop does not, and a restart keeps the link', async () => {
    await using system = new ProbeSystem()
    const { one, two } = await pair(system, { onFailure: 'restart' })
    await one.ask('link', two.ref)
    await two.ask('link', one.ref)
    await expect(one.ask('fail')).rejects.toThrow()
    await expect(two.ask('fail')).rejects.toThrow()
    expect(await two.ask('generation')).toBe(1)
    const three = await system.spawn(Member, { name: 'three' })
    await three.ask('link', two.ref)
    await three.stop()
    expect(await two.ask('generation')).toBe(2)
    await one.kill()
    await system.idle()
    expect(notes).toContain('two stopped')
    expect(notes.filter((note) => note.startsWith('w heard')).toSorted()).toEqual(['w heard failed', 'w heard killed'])
  })

  test('what waits for an actor whose link ends it is dead letters; the turn that it is in goes on', async () => {
    await using system = new ProbeSystem()
    const gate = await system.spawn(Gate, undefined)
    const { one, two } = await pair(system)
    await one.ask('link', two.ref)
    one.tell('hold', gate.ref)
    one.tell('note', 'never')
    await system.idle()
    await two.kill()
    gate.tell('open')
    await system.idle()
    expect(notes).toEqual(['w heard killed', 'one held', 'one stopped', 'w heard failed'])
  })

  test('an actor that kills one that it is linked to ends after its turn', async () => {
    await using system = new ProbeSystem()
    const { one, two } = await pair(system)
    await one.ask('link', two.ref)
    expect(await one.ask('kill', two.ref)).toBe('the turn goes on')
    await system.idle()
    expect(notes).toEqual(['one stopped', 'w heard killed', 'w heard failed'])
  })

  test('unlink takes it back from either side; a link to what is gone ends the linker; one to itself is none', async () => {
    await using system = new ProbeSystem()
    const { one, two } = await pair(system)
    await one.ask('link', two.ref)
    await two.ask('unlink', one.ref)
    await one.ask('link', one.ref)
    await two.kill()
    expect(await one.ask('generation')).toBe(1)
    expect(system.node.lookup(one.ref as Ref)?.links?.size ?? 0).toBe(0)
    one.tell('link', two.ref)
    await system.idle()
    expect(notes).toEqual(['w heard killed', 'one stopped', 'w heard failed'])
  })

  test('between nodes: by failure, by node death once, by name, and taken back', async () => {
    notes = []
    const cluster = new Cluster()
    const left = cluster.node('left')
    const right = cluster.node('right')
    const spawn = (kernel: typeof left, name: string) =>
      kernel.spawnOn(
        undefined,
        kernel.node,
        Member as never,
        { name },
        {
          name,
          supervise: { onFailure: 'stop' },
        },
      )
    const settled = async <Value>(promise: Promise<Value>) => {
      await cluster.settle()
      return promise
    }
    const [a, b, c] = await settled(Promise.all(['a', 'b', 'c'].map((name) => spawn(left, name))))
    const [x, y, z] = await settled(Promise.all(['x', 'y', 'z'].map((name) => spawn(right, name))))
    left.tell(undefined, a!, 'link', x)
    left.tell(undefined, b!, 'link', namedRef(Member, { node: 'right', name: 'y' }))
    right.tell(undefined, z!, 'link', c)
    await cluster.settle()
    notes = []
    right.tell(undefined, x!, 'fail', undefined)
    await cluster.settle()
    expect(notes).toEqual(['x stopped', 'a stopped'])
    left.tell(undefined, c!, 'unlink', z)
    await cluster.settle()
    right.halt()
    left.nodeDown('right', 0, 'it was halted')
    left.nodeDown('right', 0, 'told twice')
    await cluster.settle()
    expect(notes).toEqual(['x stopped', 'a stopped', 'b stopped'])
    expect(left.lookup(c!)).toBeDefined()
    left.tell(undefined, c!, 'link', y)
    await cluster.settle()
    expect(notes.slice(3)).toEqual(['c stopped'])
  })

  test('who links to an actor of an earlier epoch ends when the node dies before it answered', async () => {
    notes = []
    const cluster = new Cluster()
    const left = cluster.node('left')
    const right = cluster.node('right')
    const spawned = Promise.all(
      [left, right].map((kernel) => kernel.spawnOn(undefined, kernel.node, Member as never, { name: kernel.node }, {})),
    )
    await cluster.settle()
    const [a, x] = await spawned
    right.halt()
    left.nodeDown('right', 0, 'it was halted')
    cluster.node('right', 1)
    cluster.deaf.add('right')
    left.tell(undefined, a!, 'link', x)
    await cluster.settle()
    cluster.kernels.get('right')!.halt()
    left.nodeDown('right', 1, 'it was halted')
    await cluster.settle()
    expect(notes).toContain('left stopped')
    expect(left.lookup(a!)).toBeUndefined()
  })
})
