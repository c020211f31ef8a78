/** The checker over Ben-Or's processes as they ship: every schedule, crash and coin of small instances, and planted mistakes. */
import { type CheckResult, check } from '@troupe/checker'
import type { BenOrProtocol } from '@troupe/consensus'
import { type BenOrEvents, benOrParts } from '@troupe/consensus/parts'
import { type ActorContext, defineActor } from '@troupe/core'
import { type BenOrInstance, benOrOptions, tellingContext } from '@troupe/scenarios'
import { expect, test } from 'vitest'

const module = import.meta.url
const size = { processes: 3, crashes: 1, rounds: 2, ones: 1 }

const oneValue = 'proposals of a round are for one value'

const run = (instance: BenOrInstance): CheckResult => check(benOrOptions(instance))

test.each<[string, BenOrInstance, { distinct: number; generated: number; depth: number }]>([
  ['no crash, two rounds', { ...size, crashes: 0 }, { distinct: 80_130, generated: 563_698, depth: 20 }],
  ['a crash, one round', { ...size, rounds: 1 }, { distinct: 15_223, generated: 104_722, depth: 14 }],
  ['a crash, one wish', { ...size, ones: 3, rounds: 1 }, { distinct: 5_362, generated: 45_000, depth: 9 }],
])('processes agree in every schedule with %s', (_what, instance, counts) => {
  const result = run(instance)
  expect(result).toMatchObject({ complete: true, ...counts })
  expect(new Set(Object.values(result.always))).toEqual(new Set(['holds']))
  expect(result.sometimes).toMatchObject({ 'the last round is reached': 'holds' })
})

test('what is taken out of the network changes nothing that processes say or decide', () => {
  const reached = (options: object) => {
    const states = new Set<string>()
    const instance = { ...size, rounds: 1 }
    const { distinct } = check({
      ...benOrOptions(instance),
      ...options,
      always: {
        note: (view) => {
          const parts = ['p0', 'p1', 'p2'].map((id) => {
            const { round, said, decision, decidedIn, gaveUp } = view.state(`${id}/process`)
            return [round, [...said], decision, decidedIn, gaveUp]
          })
          states.add(JSON.stringify(parts))
          return true
        },
      },
    })
    return { distinct, states }
  }
  const few = reached({})
  const all = reached({ isLeftover: () => false })
  expect(few.distinct).toBeLessThan(all.distinct)
  expect(few.states).toEqual(all.states)
})

type Context = ActorContext<BenOrProtocol, BenOrEvents>

/** Without a majority of reports its own estimate is proposed all the same. */
const ProposesWithoutMajority = defineActor<BenOrProtocol>()({
  ...benOrParts,
  name: 'ProposesWithoutMajority',
  module,
  on: {
    ...benOrParts.on,
    report: (state, message, ctx) => benOrParts.on.report(state, message, proposing(state.said, ctx)),
  },
})

function proposing(said: ReadonlyMap<number, { readonly report: 0 | 1 }>, ctx: Context): Context {
  return new Proxy(ctx, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (key !== 'persist') return typeof value === 'function' ? value.bind(target) : value
      return (name: 'proposed', event: Parameters<BenOrEvents['proposed']>[1]) => {
        const isNone = name === 'proposed' && event.value === 'none'
        target.persist(name, isNone ? { ...event, value: said.get(event.round)?.report ?? 'none' } : event)
      }
    },
  })
}

/** What a turn tells does not wait for what it persists. */
function earlyContext<Context extends ActorContext>(ctx: Context): Context {
  return tellingContext(ctx, ({ payload }) => ({ payload, early: true }))
}

/** What it says leaves before it is synced, so that after a crash it may say something else in the same round. */
const SpeaksBeforeSync = defineActor<BenOrProtocol>()({
  ...benOrParts,
  name: 'SpeaksBeforeSync',
  module,
  on: {
    ...benOrParts.on,
    propose: (state, message, ctx) => benOrParts.on.propose(state, message, earlyContext(ctx)),
    report: (state, message, ctx) => benOrParts.on.report(state, message, earlyContext(ctx)),
    proposal: (state, message, ctx) => benOrParts.on.proposal(state, message, earlyContext(ctx)),
  },
})

test.each<[string, Partial<BenOrInstance>, property: string, steps: number]>([
  ['a proposal without a majority', { definition: ProposesWithoutMajority, crashes: 0 }, oneValue, 4],
  ['a proposal without a majority: agreement', { definition: ProposesWithoutMajority, crashes: 0 }, 'agreement', 12],
  ['a word before its sync', { definition: SpeaksBeforeSync }, oneValue, 5],
])('the shortest schedule is found with %s', (_what, bug, property, steps) => {
  const options = benOrOptions({ ...size, ...bug })
  const { counterexample } = check({ ...options, always: { [property]: options.always?.[property] as () => boolean } })
  expect({ property: counterexample?.property, steps: counterexample?.steps.length }).toEqual({ property, steps })
})
