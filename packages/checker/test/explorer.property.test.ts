/**
 * Random systems of two actors, searched by the checker and by the plainest search there is: states as JSON in a Map,
 * no actor, no `runTurn`, nothing remembered. Both must count the same.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check } from '../src/index.ts'

/** What an actor does with a message in a state: one of several outcomes. */
interface Rule {
  next: number
  sends: { to: number; message: number }[]
  arm: number | undefined
  cancel: number | undefined
}
/** By actor, message and state. */
type Program = Rule[][][][]

const names = ['left', 'right']
const statesCount = 3
const messagesCount = 2

const rule: fc.Arbitrary<Rule> = fc.record({
  next: fc.nat(statesCount - 1),
  sends: fc.array(fc.record({ to: fc.nat(1), message: fc.nat(messagesCount - 1) }), { maxLength: 2 }),
  arm: fc.option(fc.nat(messagesCount - 1), { nil: undefined, freq: 2 }),
  cancel: fc.option(fc.nat(messagesCount - 1), { nil: undefined, freq: 2 }),
})
const exactly = <Item>(item: fc.Arbitrary<Item>, length: number) =>
  fc.array(item, { minLength: length, maxLength: length })
const program: fc.Arbitrary<Program> = exactly(
  exactly(exactly(fc.array(rule, { minLength: 1, maxLength: 2 }), statesCount), messagesCount),
  names.length,
)

const Programmed = defineActor<{ handle: (message: number) => void }>()({
  name: 'Programmed',
  init: (args: { rules: Rule[][][]; peers: ActorRef<any>[] }) => ({ ...args, at: 0 }),
  started(_state, ctx) {
    ctx.timers.once({ key: '0', delayMs: 1 }, 'handle', 0)
  },
  on: {
    handle(state, message, ctx) {
      const { next, sends, arm, cancel } = ctx.random.pick(state.rules[message]?.[state.at] as Rule[])
      state.at = next
      for (const { to, message } of sends) ctx.tell(state.peers[to]!, 'handle', message)
      if (arm !== undefined) ctx.timers.once({ key: String(arm), delayMs: 1 }, 'handle', arm)
      if (cancel !== undefined) ctx.timers.cancel(String(cancel))
    },
  },
})

function checked(rules: Program, options: Options) {
  const peers = (ref: (name: string) => ActorRef<any>) => names.map((name) => ref(name))
  const { distinct, generated, depth } = check({
    actors: names.map((name, index) => ({
      name,
      definition: Programmed,
      args: (ref: (name: string) => ActorRef<any>) => ({ rules: rules[index] as Rule[][][], peers: peers(ref) }),
    })),
    ...options,
  })
  return { distinct, generated, depth }
}

interface Plain {
  at: number[]
  /** Sorted. */
  timers: number[][]
  /** `from to message`, sorted. */
  network: string[]
}

interface Options {
  network: 'duplicating' | 'unordered'
  lossy: boolean
  depthMax: number
}

function plainSearch(rules: Program, { network, lossy, depthMax }: Options) {
  const initial: Plain = { at: [0, 0], timers: [[0], [0]], network: [] }
  const depths = new Map([[JSON.stringify(initial), 1]])
  let frontier = [initial]
  let generated = 1
  let depth = 0
  while (frontier.length > 0) {
    depth++
    if (depth >= depthMax) break
    const found: Plain[] = []
    for (const next of frontier.flatMap((state) => successors(state))) {
      generated++
      const key = JSON.stringify(next)
      if (depths.has(key)) continue
      depths.set(key, depth + 1)
      found.push(next)
    }
    frontier = found
  }
  return { distinct: depths.size, generated, depth }

  function successors(state: Plain): Plain[] {
    const delivered = [...new Set(state.network)].flatMap((sent) => {
      const [, to, message] = sent.split(' ').map(Number) as [number, number, number]
      const without = { ...state, network: state.network.toSpliced(state.network.indexOf(sent), 1) }
      const left = network === 'duplicating' ? state : without
      return [...turnsOf(left, left, to, message), ...(lossy ? [without] : [])]
    })
    const fired = state.timers.flatMap((keys, actor) =>
      keys.flatMap((key) => {
        const others = keys.filter((other) => other !== key)
        return turnsOf(state, { ...state, timers: state.timers.with(actor, others) }, actor, key)
      }),
    )
    return [...delivered, ...fired]
  }

  /** The different effects of a turn from `state` that send or lead elsewhere than to `unchanged`. */
  function turnsOf(unchanged: Plain, state: Plain, actor: number, message: number): Plain[] {
    const outcomes = rules[actor]?.[message]?.[state.at[actor] as number] as Rule[]
    const effects = new Set<string>()
    return outcomes.flatMap(({ next, sends, arm, cancel }) => {
      const sent = sends.map(({ to, message }) => `${actor} ${to} ${message}`)
      const all = [...state.network, ...sent].toSorted()
      const keys = new Set(state.timers[actor])
      if (arm !== undefined) keys.add(arm)
      if (cancel !== undefined) keys.delete(cancel)
      const after: Plain = {
        at: state.at.with(actor, next),
        timers: state.timers.with(actor, [...keys].toSorted()),
        network: network === 'duplicating' ? [...new Set(all)] : all,
      }
      const effect = JSON.stringify([after.at, after.timers, sent.toSorted()])
      const seen = effects.has(effect)
      effects.add(effect)
      if (seen) return []
      return sends.length > 0 || JSON.stringify(after) !== JSON.stringify(unchanged) ? [after] : []
    })
  }
}

test('outcomes that send the same messages in another order are one transition where order does not matter', () => {
  const idle: Rule = { next: 0, sends: [], arm: undefined, cancel: undefined }
  const quiet = [[idle], [idle], [idle]]
  const one = { to: 0, message: 0 }
  const other = { to: 1, message: 1 }
  const sending = { ...idle, next: 1, sends: [one, other] }
  const rules: Program = [
    [quiet, quiet],
    [
      [[{ ...idle, arm: 1 }], [idle], [idle]],
      [[sending, { ...sending, sends: [other, one] }], [idle], [idle]],
    ],
  ]
  const options: Options = { network: 'unordered', lossy: false, depthMax: 5 }
  expect(checked(rules, options)).toEqual(plainSearch(rules, options))
})

test.each([
  { network: 'duplicating', lossy: false, depthMax: 100 },
  { network: 'duplicating', lossy: true, depthMax: 8 },
  { network: 'unordered', lossy: false, depthMax: 5 },
  { network: 'unordered', lossy: true, depthMax: 5 },
] as const)('a plain search counts the same: $network, lossy $lossy', (options) => {
  fc.assert(
    fc.property(program, (rules) => {
      expect(checked(rules, options)).toEqual(plainSearch(rules, options))
    }),
    { numRuns: 25 },
  )
})
