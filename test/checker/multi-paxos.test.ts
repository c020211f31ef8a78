/**
 * The checker over the replicas of `@troupe/consensus` as they ship: every schedule of small instances, with their counts, and
 * the shortest schedules in which planted mistakes break them.
 */
import { type CheckResult, check, type StateView } from '@troupe/checker'
import type { ReplicaProtocol } from '@troupe/consensus'
import { replicaParts } from '@troupe/consensus/parts'
import { type ActorContext, defineActor } from '@troupe/core'
import { journalMachine, type MultiPaxosInstance, multiPaxosOptions, tellingContext } from '@troupe/scenarios'
import { expect, test } from 'vitest'

const parts = replicaParts(journalMachine)
const module = import.meta.url

const run = (instance: MultiPaxosInstance): CheckResult => check(multiPaxosOptions(instance))
const size = { replicas: 3, commands: 1, crashes: 1, leaderChanges: 1 }
const durable = 'a decided entry is on the disks of a quorum'
const allHold = (verdicts: object) => new Set(Object.values(verdicts))

test.each<[string, MultiPaxosInstance, { distinct: number; generated: number; depth: number }]>([
  ['a crash', { ...size, leaderChanges: 0 }, { distinct: 3_760, generated: 12_891, depth: 20 }],
  ['a leader change', { ...size, commands: 2, crashes: 0 }, { distinct: 25_858, generated: 72_466, depth: 27 }],
  [
    'a crash, the commands apart',
    { ...size, commands: 2, commandsTogether: 1, leaderChanges: 0 },
    { distinct: 37_220, generated: 149_285, depth: 28 },
  ],
  ['both, of two replicas', { ...size, replicas: 2, commands: 2 }, { distinct: 8_379, generated: 23_497, depth: 24 }],
  ['both, without commands', { ...size, commands: 0 }, { distinct: 20_070, generated: 69_473, depth: 25 }],
])('replicas agree in every schedule with %s', (_what, instance, counts) => {
  const result = run(instance)
  expect(result).toMatchObject({ complete: true, ...counts })
  expect(allHold({ ...result.always, ...result.sometimes })).toEqual(new Set(['holds']))
})

test('what is taken out of the network changes no state that replicas get into', () => {
  const reached = (options: object) => {
    const states = new Set<string>()
    const names = new Map<object, number>()
    const nameOf = (state: object) => {
      const known = names.get(state)
      if (known !== undefined) return known
      names.set(state, names.size)
      return names.size - 1
    }
    const texts = new Map<string, true>()
    const note = (view: StateView) => {
      const key = ['r0', 'r1', 'r2'].map((id) => nameOf(view.state(`${id}/replica`))).join()
      if (!texts.has(key)) {
        texts.set(key, true)
        states.add(JSON.stringify(['r0', 'r1', 'r2'].map((id) => plain(view.state(`${id}/replica`)))))
      }
      return true
    }
    const { distinct } = check({
      ...multiPaxosOptions({ ...size, leaderChanges: 0 }),
      ...options,
      always: { note },
    })
    return { distinct, states }
  }
  const few = reached({})
  const all = reached({ isLeftover: () => false })
  expect(few.distinct).toBeLessThan(all.distinct)
  expect(few.states).toEqual(all.states)
})

function plain(state: unknown): unknown {
  return JSON.parse(
    JSON.stringify(state, (_key, part) => (part instanceof Map || part instanceof Set ? [...part] : part)),
  )
}

/** What a turn tells does not wait for what it persists. */
function earlyContext<Context extends ActorContext>(ctx: Context): Context {
  return tellingContext(ctx, ({ payload }) => ({ payload, early: true }))
}

const VotesBeforeSync = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'VotesBeforeSync',
  module,
  on: {
    ...parts.on,
    acceptSync: (state, message, ctx) => parts.on.acceptSync(state, message, earlyContext(ctx)),
    acceptBatch: (state, message, ctx) => parts.on.acceptBatch(state, message, earlyContext(ctx)),
  },
})

const IgnoresHighestVote = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'IgnoresHighestVote',
  module,
  on: {
    ...parts.on,
    promise(state, { acceptedBallot: _ballot, suffix: _suffix, ...promise }, ctx) {
      parts.on.promise(state, promise, ctx)
    },
  },
})

const AcceptsBelowPromise = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'AcceptsBelowPromise',
  module,
  on: {
    ...parts.on,
    acceptSync(state, message, ctx) {
      state.promised = message.ballot
      parts.on.acceptSync(state, message, ctx)
    },
  },
})

test.each<[string, Partial<MultiPaxosInstance>, property: string, steps: number]>([
  ['votes before their sync', { definition: VotesBeforeSync }, durable, 5],
  ['a candidate that ignores the highest vote', { definition: IgnoresHighestVote, crashes: 0 }, 'agreement', 14],
  ['votes below a promise', { definition: AcceptsBelowPromise, crashes: 0 }, 'agreement', 14],
  ['quorums of half the replicas', { replicas: 2, quorum: 1, crashes: 0 }, 'agreement', 6],
])('the shortest schedule is found with %s', (_what, bug, property, steps) => {
  const options = multiPaxosOptions({ ...size, ...bug })
  const { counterexample } = check({ ...options, always: { [property]: options.always?.[property] as () => boolean } })
  expect({ property: counterexample?.property, steps: counterexample?.steps.length }).toEqual({ property, steps })
})
