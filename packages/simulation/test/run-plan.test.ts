/** The plan of a run: the run again from it alone, with every kind of fault; and what a part of it does. */
import { defineActor, namedRef } from '@troupe/core'
import { describe, expect, test } from 'vitest'
import {
  allFaults,
  describeFaults,
  describePlan,
  type FaultKind,
  type PlannedFault,
  type RunPlan,
  type RunRecord,
  type ScheduleStrategy,
  type SimulateOptions,
  SimulationFailure,
  type SimulationProgram,
  simulate,
  type TraceEvent,
} from '../src/index.ts'
import { faultsOf, strikeKinds, timedKinds, traitKinds } from '../src/run-plan.ts'
import { Collector, Counter, Relay, Sender } from './actors.ts'

const Pointed = defineActor({
  name: 'Pointed',
  init: () => ({ passed: 0 }),
  on: {
    async pass(state, _message: void, ctx) {
      await ctx.faultPoint('passing')
      state.passed++
      return state.passed
    },
  },
})

/** Tells, asks over two nodes, durable writes, fault points and a plan of its own. */
const program: SimulationProgram = async (world) => {
  const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
  await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
  const collector = namedRef(Collector, { node: 'node-2', name: 'collector' })
  await world.spawn(Collector, undefined, { node: 'node-2', name: 'collector' })
  await world.spawn(Sender, { count: 30 }, { node: 'node-3', name: 'sender' })
  await world.spawn(Relay, { to: counter }, { node: 'node-3', name: 'relay' })
  await world.spawn(Pointed, undefined, { node: 'node-4', name: 'pointed' })
  const planned = world.at(world.now() + 100).crash('node-2', { for: 50 })
  planned.after(300).slow(['node-1'], ['node-2'], 10, { for: '200ms' })
  world.tell(namedRef(Sender, { node: 'node-3', name: 'sender' }), 'begin', collector)
  const quick = { timeoutMs: 100 }
  for (let round = 0; round < 12; round++) {
    await world.sleep(world.random.int(100))
    await world.askWith(quick, namedRef(Relay, { node: 'node-3', name: 'relay' }), 'relay', 1).catch(() => {})
    await world.askWith(quick, counter, 'addDurably', 1).catch(() => {})
    await world.askWith(quick, namedRef(Pointed, { node: 'node-4', name: 'pointed' }), 'pass').catch(() => {})
  }
  // Not healed: with a disk that rots, a node may never come back.
  await world.sleep(300)
}

/** Every kind, much stronger than anything lives through. */
const everyFault = {
  ...allFaults,
  ...Object.fromEntries(timedKinds.map((kind) => [kind, 1])),
  bitRot: 0.1,
  misdirectedRead: 0.05,
  syncFailure: 0.05,
  writeFailure: 0.05,
  crashRecovering: 0.5,
  points: { passing: { crash: 0.05, throw: 0.1, pause: 0.1, delay: 0.3 } },
}

const everything = (seed: number, schedule: ScheduleStrategy = 'random'): SimulateOptions => ({
  seed,
  nodes: 4,
  faults: everyFault,
  delivery: 'hostile',
  schedule,
  virtualMsMax: 20_000,
})

interface Outcome {
  readonly hash: string
  readonly step: number
  readonly what: string
  readonly record: RunRecord
}

/** One run, that went well or not. */
async function outcomeOf(options: SimulateOptions): Promise<Outcome> {
  try {
    const { hash, events, record } = await simulate({ ...options, record: true }, program)
    return { hash, step: events, what: 'passed', record: record! }
  } catch (failure) {
    if (!(failure instanceof SimulationFailure)) throw failure
    const { hash, step, what } = failure.facts
    return { hash, step, what, record: failure.record! }
  }
}

async function plainHash(options: SimulateOptions): Promise<string> {
  return await simulate(options, program).then(
    ({ hash }) => hash,
    ({ facts }) => facts.hash,
  )
}

/** As it comes out of a file. */
const copyOf = (plan: RunPlan) => JSON.parse(JSON.stringify(plan)) as RunPlan

describe('the plan of a run', () => {
  test('repeats it to the last step with every kind of fault, over 60 seeds', async () => {
    const struck = new Map<string, number>()
    for (let seed = 1; seed <= 60; seed++) {
      const first = await outcomeOf(everything(seed))
      expect(await plainHash(everything(seed)), `seed ${seed}, recorded or not`).toBe(first.hash)
      const { plan } = first.record
      for (const { kind } of [...plan.strikes, ...plan.traits]) struck.set(kind, (struck.get(kind) ?? 0) + 1)
      for (const kind of timedKinds) struck.set(kind, (struck.get(kind) ?? 0) + first.record.injected[kind])
      // Without the knobs that it was drawn from; the odds of points say what happens at them.
      const { points } = everyFault
      const again = await outcomeOf({ ...everything(seed), faults: { points }, plan: copyOf(plan) })
      expect(again, `seed ${seed}`).toEqual(first)
    }
    for (const kind of [...timedKinds, ...strikeKinds, ...traitKinds]) {
      expect(struck.get(kind) ?? 0, `${kind} was struck`).toBeGreaterThan(0)
    }
    const all = new Set<string>([...timedKinds, ...strikeKinds, ...traitKinds])
    expect((Object.keys(allFaults) as FaultKind[]).filter((kind) => !all.has(kind))).toEqual([])
  })

  test.each(['pct', 'pos', 'delay'] as const)(
    'repeats it under the schedule %s, and counts its deviations',
    async (schedule) => {
      let deviations = 0
      for (let seed = 1; seed <= 10; seed++) {
        const first = await outcomeOf(everything(seed, schedule))
        expect(await plainHash(everything(seed, schedule))).toBe(first.hash)
        deviations += first.record.deviations.length
        expect(await outcomeOf({ ...everything(seed, schedule), plan: copyOf(first.record.plan) })).toEqual(first)
        const named = { ...first.record.plan, deviations: first.record.deviations }
        expect((await outcomeOf({ ...everything(seed, schedule), plan: named })).hash).toBe(first.hash)
      }
      expect(deviations).toBeGreaterThan(0)
    },
  )

  test('names every late delivery, so that all of them by name are the run itself', async () => {
    const first = await outcomeOf(everything(2))
    const late = first.record.links.flatMap(({ from, to, frames }) =>
      Array.from({ length: frames }, (_, index) => ({ from, to, nth: index + 1 })),
    )
    expect(late.length).toBeGreaterThan(100)
    expect((await outcomeOf({ ...everything(2), plan: { ...first.record.plan, late } })).hash).toBe(first.hash)
    const links = first.record.links.map(({ from, to }) => ({ from, to }))
    expect((await outcomeOf({ ...everything(2), plan: { ...first.record.plan, late: links } })).hash).toBe(first.hash)
    expect((await outcomeOf({ ...everything(2), plan: { ...first.record.plan, late: [] } })).hash).not.toBe(first.hash)
  })

  test('without its faults has none of them', async () => {
    const { record } = await outcomeOf(everything(3))
    expect(faultsOf(record.plan)).toBeGreaterThan(20)
    const nothing = { ...record.plan, faults: [], strikes: [], traits: [], scripted: [] }
    const quiet = await outcomeOf({ ...everything(3), plan: nothing })
    expect(quiet.what).toBe('passed')
    expect(Object.values(quiet.record.injected).every((count) => count === 0)).toBe(true)
    expect(quiet.record.plan).toMatchObject({ faults: [], strikes: [], traits: [], scripted: [] })
  })

  test('without one fault is the same run until that fault would have struck', async () => {
    const trace = async (plan: RunPlan) => {
      const events: TraceEvent[] = []
      const watched: SimulationProgram = (world) => {
        world.observe((event) => events.push(event))
        return program(world)
      }
      await simulate({ ...everything(5), plan }, watched).catch((error) => {
        if (!(error instanceof SimulationFailure)) throw error
      })
      return events.map(({ type, node, atMs }) => `${atMs} ${node} ${type}`)
    }
    const { record } = await outcomeOf(everything(5))
    const all = await trace(record.plan)
    let compared = 0
    for (const fault of record.plan.faults.filter(({ atMs }) => atMs < 1_000)) {
      const others = await trace({ ...record.plan, faults: record.plan.faults.filter((other) => other !== fault) })
      const before = all.filter((line) => Number(line.split(' ', 1)[0]) < fault.atMs)
      expect(others.slice(0, before.length), describePlan({ ...record.plan, faults: [fault] })[0]).toEqual(before)
      compared++
    }
    expect(compared).toBeGreaterThan(3)
  })

  test('a message that is lost is lost by its number, and what came before it is untouched', async () => {
    const { record } = await outcomeOf(everything(3))
    const run = async (strikes: RunPlan['strikes']) => {
      const plan = { ...record.plan, faults: [], traits: [], scripted: [], strikes }
      return (await simulate({ ...everything(3), plan, trace: true }, program)).trace!
    }
    const items = (events: readonly TraceEvent[], type: TraceEvent['type']) =>
      events.filter((event) => event.type === type && 'message' in event && event.message === 'item')
    const all = await run([])
    const oneLess = await run([{ kind: 'loss', site: 'item from node-3 to node-2', nth: 7 }])
    expect(items(oneLess, 'dropped')).toMatchObject([{ from: 'node-3', to: 'node-2', reason: 'loss' }])
    expect(items(oneLess, 'delivered').length).toBe(items(all, 'delivered').length - 1)
    const at = oneLess.findIndex(({ type }) => type === 'dropped')
    expect(oneLess.slice(0, at)).toEqual(all.slice(0, at))
  })

  test('takes steps of the plans that the program wrote away, by their numbers', async () => {
    const options = { seed: 1, nodes: 4, trace: true } as const
    const run = await simulate({ ...options, record: true }, program)
    const { plan } = run.record!
    expect(plan.scripted).toEqual([1, 2])
    const types = async (scripted: readonly number[]) => {
      const { trace = [] } = await simulate({ ...options, plan: { ...plan, scripted } }, program)
      return trace.map(({ type }) => type).filter((type) => type === 'crashed' || type === 'faultBegan')
    }
    expect(await types([1, 2])).toEqual(['crashed', 'faultBegan'])
    expect(await types([2])).toEqual(['faultBegan'])
    expect(await types([])).toEqual([])
  })

  test('says in words what goes wrong', () => {
    const faults: PlannedFault[] = [
      { kind: 'partition', atMs: 20, nodes: ['a'], to: ['b', 'c'], oneWay: true, forMs: 5 },
      { kind: 'crash', atMs: 1.5, nodes: ['a'], forMs: 30 },
      { kind: 'slowLink', atMs: 30, nodes: ['a'], to: ['b'], forMs: 30, value: 4 },
    ]
    const lines = describePlan({
      strengths: noStrengths,
      faults,
      strikes: [
        { kind: 'loss', site: 'accept from a to b', nth: 2 },
        { kind: 'syncFailure', site: 'journal of a', nth: 1 },
      ],
      traits: [{ kind: 'clockSkewMs', node: 'a', value: 12.3456 }],
      scripted: [1, 3],
      late: [{ from: 'a', to: 'b', nth: 4 }],
      deviations: [],
    })
    expect(lines).toEqual([
      'at 1.500 ms a crashes, down for 30.000 ms',
      'at 20.000 ms a -> b, c is cut for 5.000 ms',
      'at 30.000 ms a -> b is slow for 30.000 ms (4)',
      'number 2 of accept from a to b is lost',
      'syncFailure at number 1 of journal of a',
      'clockSkewMs of a: 12.3',
      "steps of the program's own plans: 1, 3",
      'deliveries that are late, by the time drawn for them: number 4 from a to b',
    ])
  })

  test('of a run says what went wrong by its end, counts what is late where all is, and nothing where nothing is', async () => {
    const late = { kind: 'crash', atMs: 900, nodes: ['a'], forMs: 30 } as const
    const plan: RunPlan = { strengths: noStrengths, faults: [late, { ...late, atMs: 20 }], strikes: [], traits: [] }
    const links = [
      { from: 'a', to: 'b', frames: 128 },
      { from: 'b', to: 'a', frames: 2 },
    ]
    const record = { plan, links, deviations: [4, 9] } as unknown as RunRecord
    expect(describeFaults(record, 500)).toEqual([
      'at 20.000 ms a crashes, down for 30.000 ms',
      '130 deliveries are late, by the time drawn for each',
      '2 choices are out of the plain order',
    ])
    expect(describeFaults({ ...record, plan: { ...plan, late: [], deviations: [] } }, 10)).toEqual([])
  })

  test('is refused when it is malformed', async () => {
    const run = (plan: unknown) => simulate({ seed: 1, plan: plan as RunPlan }, async () => {})
    const valid = { strengths: noStrengths, faults: [], strikes: [], traits: [] }
    await expect(run({})).rejects.toThrow('a plan of a run has strengths')
    await expect(run({ ...valid, faults: undefined })).rejects.toThrow('has a list of faults')
    const crash = { kind: 'crash', atMs: -1, nodes: ['node-1'], forMs: 1 }
    await expect(run({ ...valid, faults: [crash] })).rejects.toThrow('faults[0] of the plan')
    await expect(run({ ...valid, faults: [{ ...crash, kind: 'storm' }] })).rejects.toThrow('faults[0] of the plan')
    await expect(run({ ...valid, strikes: [{ kind: 'loss', site: 'm', nth: 0 }] })).rejects.toThrow('strikes[0]')
    await expect(run({ ...valid, late: [{ from: 'a' }] })).rejects.toThrow('late[0]')
    await expect(run({ ...valid, deviations: [0.5] })).rejects.toThrow('deviations[0]')
    await expect(run(valid)).resolves.toMatchObject({ events: expect.any(Number) })
  })
})

const noStrengths = Object.fromEntries(Object.keys(allFaults).map((kind) => [kind, 0])) as Record<FaultKind, number>

describe('a branch', () => {
  test('agrees up to its step and goes on differently, with faults by chance again', async () => {
    const first = await outcomeOf(everything(5))
    const branch = { afterStep: Math.floor(first.step / 2), seed: 99 }
    const branched = { ...everything(5), plan: first.record.plan, branches: [branch] }
    const other = await outcomeOf(branched)
    expect(other.hash).not.toBe(first.hash)
    expect(await outcomeOf(branched)).toEqual(other)
    const struck = ({ strikes }: RunPlan) => strikes.map(({ kind, site, nth }) => `${kind} ${site} ${nth}`)
    expect(struck(other.record.plan)).not.toEqual(struck(first.record.plan))
    const hashAt = async (options: SimulateOptions) => {
      let time = -1
      const call = (world: { now(): number }) => {
        time = world.now()
        return 'stop' as const
      }
      const { hash } = await simulate({ ...options, atStep: { step: branch.afterStep, call } }, program)
      return { hash, time }
    }
    expect(await hashAt(branched)).toEqual(await hashAt(everything(5)))
  })

  test.each(['random', 'pct', 'pos', 'delay'] as const)(
    '%s: its own plan repeats it to the last step, and that of a branch from there too',
    async (schedule) => {
      for (let seed = 1; seed <= 12; seed++) {
        const options = everything(seed, schedule)
        let run = await outcomeOf(options)
        const branches: { readonly afterStep: number; readonly seed: number }[] = []
        for (const share of [0.3, 0.6]) {
          const branch = { afterStep: Math.floor(run.step * share), seed: 100 + seed }
          const planned = branches.map((earlier) => ({ ...earlier, isPlanned: true }))
          run = await outcomeOf({ ...options, plan: copyOf(run.record.plan), branches: [...planned, branch] })
          branches.push(branch)
          const again = await outcomeOf({
            ...options,
            plan: copyOf(run.record.plan),
            branches: branches.map((one) => ({ ...one, isPlanned: true })),
          })
          expect(again.hash, `seed ${seed}, branches ${JSON.stringify(branches)}`).toBe(run.hash)
          expect(again.record.plan).toEqual(run.record.plan)
        }
      }
    },
  )

  test('is refused when it is malformed', async () => {
    const run = (afterStep: number, seed: number) =>
      simulate({ seed: 1, branches: [{ afterStep, seed }] }, async () => {})
    await expect(run(-1, 1)).rejects.toThrow('a branch needs a step from 0')
    await expect(run(1, 0.5)).rejects.toThrow('a branch needs a step from 0')
  })
})
