/** The checker over Chandra and Toueg's processes as they ship: every schedule, crash and suspicion of small instances, and planted mistakes. */
import { type CheckOptions, type CheckResult, check } from '@troupe/checker'
import type { ChandraTouegProtocol } from '@troupe/consensus'
import { chandraTouegParts } from '@troupe/consensus/parts'
import { defineActor } from '@troupe/core'
import { type ChandraTouegInstance, chandraTouegOptions, tellingContext } from '@troupe/scenarios'
import { expect, test } from 'vitest'

const module = import.meta.url
const size = { processes: 3, crashes: 0, rounds: 2, values: 2 }

const run = (instance: ChandraTouegInstance): CheckResult => check(chandraTouegOptions(instance))

test.each<[string, ChandraTouegInstance, { distinct: number; generated: number; depth: number }]>([
  ['two rounds, no crash', size, { distinct: 27_905, generated: 182_424, depth: 15 }],
  ['one round, a crash', { ...size, rounds: 1, crashes: 1 }, { distinct: 8_853, generated: 56_076, depth: 13 }],
  [
    'one round, a crash, own words like any others',
    { ...size, rounds: 1, crashes: 1, selfAtOnce: false },
    { distinct: 28_730, generated: 198_586, depth: 16 },
  ],
])('processes agree in every schedule with %s', (_what, instance, counts) => {
  const result = run(instance)
  expect(result).toMatchObject({ complete: true, ...counts })
  expect(new Set(Object.values({ ...result.always, ...result.sometimes }))).toEqual(new Set(['holds']))
})

test.each([
  { rounds: 1, distinct: 260 },
  { rounds: 2, distinct: 12_529 },
])('with a coordinator that nobody suspects all decide on every fair run: %o', ({ rounds, distinct }) => {
  const result = run({ ...size, rounds, trusted: true })
  expect(result).toMatchObject({ complete: true, distinct, eventually: { 'all decide at last': 'holds' } })
  expect(new Set(Object.values({ ...result.always, ...result.sometimes }))).toEqual(new Set(['holds']))
})

test('with a last coordinator that two may suspect there is a fair run on which nobody decides', () => {
  const {
    always: _always,
    sometimes: _sometimes,
    ...trusted
  } = chandraTouegOptions({ ...size, rounds: 1, trusted: true })
  const { actors } = chandraTouegOptions({ ...size, rounds: 1 })
  const { counterexample } = check({ ...trusted, actors })
  expect(counterexample).toMatchObject({ kind: 'eventually', property: 'all decide at last' })
  const states = Object.values(counterexample?.steps.at(-1)?.states ?? {}) as { decision?: unknown }[]
  expect(states.map(({ decision }) => decision)).toEqual([undefined, undefined, undefined, undefined])
})

test.each([
  { crashes: 0, suspicions: 2 },
  { crashes: 1, suspicions: 0 },
])('what is taken out of the network changes nothing that processes do, with %o', (bounds) => {
  const reached = (isLeftover?: CheckOptions<any>['isLeftover']) => {
    const states = new Set<string>()
    const instance = { ...size, ...bounds, rounds: 1 }
    const { distinct, complete } = check({
      ...chandraTouegOptions(instance),
      ...(isLeftover && { isLeftover }),
      always: {
        note: (view) => {
          const parts = ['p0', 'p1', 'p2'].map((id) => {
            const { round, estimate, ts, proposals, decision, decidedIn } = view.state(`${id}/process`)
            return [round, estimate, ts, [...proposals], decision, decidedIn]
          })
          states.add(JSON.stringify(parts))
          return true
        },
      },
    })
    expect(complete).toBe(true)
    return { distinct, states }
  }
  const few = reached()
  const all = reached(({ payload }) => (payload as { round?: number }).round === 2)
  expect(few.distinct).toBeLessThan(all.distinct)
  expect(few.states).toEqual(all.states)
})

/** A coordinator decides when one process has adopted its proposal. */
const DecidesByOne = defineActor<ChandraTouegProtocol>()({
  ...chandraTouegParts,
  name: 'DecidesByOne',
  module,
  on: {
    ...chandraTouegParts.on,
    ack(state, message, ctx) {
      state.coordinating.get(message.round)?.acks.add('nobody')
      chandraTouegParts.on.ack(state, message, ctx)
    },
  },
})

/** A coordinator proposes the oldest of the estimates that it hears of. */
const ProposesOldest = defineActor<ChandraTouegProtocol>()({
  ...chandraTouegParts,
  name: 'ProposesOldest',
  module,
  on: {
    ...chandraTouegParts.on,
    estimate: (state, message, ctx) => chandraTouegParts.on.estimate(state, { ...message, ts: -message.ts }, ctx),
  },
})

/** Who adopts a proposal says so before that is synced. */
const AcknowledgesBeforeSync = defineActor<ChandraTouegProtocol>()({
  ...chandraTouegParts,
  name: 'AcknowledgesBeforeSync',
  module,
  on: {
    ...chandraTouegParts.on,
    proposal: (state, message, ctx) =>
      chandraTouegParts.on.proposal(
        state,
        message,
        tellingContext(ctx, ({ message: name, payload, early }) => ({ payload, early: early || name === 'ack' })),
      ),
  },
})

test.each<[string, Partial<ChandraTouegInstance>, steps: number]>([
  ['a decision by one ack', { definition: DecidesByOne }, 5],
  ['the oldest estimate', { definition: ProposesOldest }, 8],
  ['an ack before its sync', { definition: AcknowledgesBeforeSync, crashes: 1, suspicions: 0 }, 10],
])('the shortest way to two decisions is found with %s', (_what, bug, steps) => {
  const options = chandraTouegOptions({ ...size, ...bug })
  const { agreement } = options.always as Record<string, () => boolean>
  const { counterexample } = check({ ...options, always: { agreement: agreement as () => boolean } })
  expect({ property: counterexample?.property, steps: counterexample?.steps.length }).toEqual({
    property: 'agreement',
    steps,
  })
})
