import { namedRef } from '@troupe/core'
import { describe, expect, test } from 'vitest'
import {
  describePlan,
  type FaultPlan,
  type SimulateOptions,
  type SimulationProgram,
  simulate,
  type TraceEvent,
} from '../src/index.ts'
import { Collector, Counter, Relay, Sender } from './actors.ts'

const program: SimulationProgram = async (world) => {
  const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
  await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
  const collector = namedRef(Collector, { node: 'node-2', name: 'collector' })
  await world.spawn(Collector, undefined, { node: 'node-2', name: 'collector' })
  await world.spawn(Sender, { count: 30 }, { node: 'node-3', name: 'sender' })
  await world.spawn(Relay, { to: counter }, { node: 'node-3', name: 'relay' })
  world.tell(namedRef(Sender, { node: 'node-3', name: 'sender' }), 'begin', collector)
  for (let round = 0; round < 10; round++) {
    await world.sleep(world.random.int(200))
    await world
      .askWith({ timeoutMs: 200 }, namedRef(Relay, { node: 'node-3', name: 'relay' }), 'relay', 1)
      .catch(() => {})
    await world.askWith({ timeoutMs: 200 }, counter, 'addDurably', 1).catch(() => {})
  }
  await world.heal()
  await world.ask(counter, 'read')
}

const everything = (seed: number): SimulateOptions => ({ seed, nodes: 3, faults: 'all', delivery: 'hostile' })

async function recorded(options: SimulateOptions) {
  const run = await simulate({ ...options, record: true }, program)
  return { ...run, record: run.record! }
}

describe('the plan of a run', () => {
  test('repeats it to the last step, with every kind of fault, over 100 seeds', async () => {
    const struck = { faults: 0, messages: 0 }
    for (let seed = 1; seed <= 100; seed++) {
      const plain = await simulate(everything(seed), program)
      const first = await recorded(everything(seed))
      expect(first, `seed ${seed}`).toMatchObject(plain)
      const { plan } = first.record
      struck.faults += plan.faults.length
      struck.messages += plan.messages.length
      // As it comes out of a file, and without the knobs that it was drawn from.
      const copy = JSON.parse(JSON.stringify(plan)) as FaultPlan
      const again = await recorded({ seed, nodes: 3, delivery: 'hostile', plan: copy })
      expect(again, `seed ${seed}`).toEqual(first)
    }
    expect(struck.faults).toBeGreaterThan(100)
    expect(struck.messages).toBeGreaterThan(100)
  })

  test('without its faults has none of them, and with one of them that one alone', async () => {
    const { record } = await recorded(everything(3))
    const { plan } = record
    const quiet = await recorded({ ...everything(3), plan: { ...plan, faults: [], messages: [] } })
    for (const kind of ['crash', 'pause', 'partition', 'loss', 'duplicate', 'reorder'] as const) {
      expect(quiet.injected[kind], kind).toBe(0)
    }
    const loss = { kind: 'loss', from: 'node-3', to: 'node-2', message: 'item', nth: 7, delayMs: 0 } as const
    const trace = async (messages: FaultPlan['messages']) =>
      (await simulate({ ...everything(3), plan: { ...plan, faults: [], messages }, trace: true }, program)).trace!
    const items = (events: readonly TraceEvent[], type: TraceEvent['type']) =>
      events.filter((event) => event.type === type && 'message' in event && event.message === 'item')
    const [all, oneLess] = [await trace([]), await trace([loss])]
    expect(items(oneLess, 'dropped')).toMatchObject([{ from: 'node-3', to: 'node-2', reason: 'loss' }])
    expect(items(oneLess, 'delivered').length).toBe(items(all, 'delivered').length - 1)
    // What came before the loss is untouched by it.
    const at = oneLess.findIndex(({ type }) => type === 'dropped')
    expect(oneLess.slice(0, at)).toEqual(all.slice(0, at))
  })

  test('says in words what goes wrong', () => {
    const strengths = { ...everythingOff, diskStall: 0.0123 }
    const lines = describePlan({
      strengths,
      faults: [
        { kind: 'partition', atMs: 20, from: ['a'], to: ['b', 'c'], oneWay: true, forMs: 5 },
        { kind: 'crash', atMs: 1.5, node: 'a', downMs: 30 },
      ],
      messages: [{ kind: 'loss', from: 'a', to: 'b', message: 'accept', nth: 2, delayMs: 0 }],
    })
    expect(lines).toEqual([
      'at 1.500 ms a crashes, for 30.000 ms',
      'at 20.000 ms a -> b, c is cut for 5.000 ms',
      'accept number 2 from a to b is lost',
      'diskStall: 0.0123',
    ])
  })

  test('is refused when it is malformed', async () => {
    const run = (plan: unknown) => simulate({ seed: 1, plan: plan as FaultPlan }, async () => {})
    await expect(run({})).rejects.toThrow('a fault plan has strengths')
    const faults = [{ kind: 'crash', atMs: -1, node: 'node-1', downMs: 1 }]
    await expect(run({ strengths: everythingOff, faults, messages: [] })).rejects.toThrow('fault 0 of the plan')
    const messages = [{ kind: 'loss', from: 'a', to: 'b', message: 'm', nth: 0, delayMs: 0 }]
    await expect(run({ strengths: everythingOff, faults: [], messages })).rejects.toThrow('message fault 0')
  })
})

const everythingOff = {
  crash: 0,
  pause: 0,
  partition: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  diskLatencyMs: 0,
  diskStall: 0,
  tornWrite: 0,
  syncFailure: 0,
  writeFailure: 0,
  clockSkewMs: 0,
}

describe('a branch', () => {
  test('agrees up to its step and goes on differently, and is repeated by its own plan', async () => {
    const first = await recorded(everything(5))
    const branch = { afterStep: Math.floor(first.events / 2), seed: 99 }
    const other = await recorded({ ...everything(5), plan: first.record.plan, branch })
    expect(other.hash).not.toBe(first.hash)
    const hashAt = async (options: SimulateOptions) => {
      let time = -1
      const step = branch.afterStep
      const call = (world: { now(): number }) => {
        time = world.now()
        return 'stop' as const
      }
      const { hash } = await simulate({ ...options, atStep: { step, call } }, program)
      return { hash, time }
    }
    expect(await hashAt({ ...everything(5), plan: first.record.plan, branch })).toEqual(await hashAt(everything(5)))
    const options = { ...everything(5), plan: other.record.plan, branch: { ...branch, faults: 'plan' } } as const
    expect(await recorded(options)).toEqual(other)
  })
})
