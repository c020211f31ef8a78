/** Strategies and the size rule against what they promise, over any set of routees and any load. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ref } from '../src/actor-ref.ts'
import {
  type ActorContext,
  type ActorRef,
  createLocalSystem,
  defineActor,
  definePool,
  defineRouter,
  refKey,
} from '../src/index.ts'
import { poolBounds, resize } from '../src/routing/pool-size.ts'
import { chooseRoutee, newRoutee, type Routee } from '../src/routing/strategy.ts'
import { SeededRandom } from '../src/seeded-random.ts'

const message = (payload: unknown) => ({ name: 'any', payload })
const byKey = { byKey: ({ payload }: { payload: unknown }) => String(payload) }
const names = (routees: readonly Routee[]) => routees.map(({ name }) => name)

/** A context of the node `here`, whose actors have these backlogs. */
const contextOf = (backlogs: ReadonlyMap<string, number> = new Map(), seed = 1) =>
  ({
    node: 'here',
    random: new SeededRandom(seed),
    backlog: (ref: Ref) => backlogs.get(refKey(ref)),
  }) as unknown as ActorContext

const routeesOf = (slots: readonly number[]) =>
  slots.map((slot) => newRoutee(`here.0/${slot}.${slot}`, new Ref('here', 0, slot, slot)))

const slotSets = fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 30 })

describe('by key', () => {
  const placed = (routees: readonly Routee[], key: string) =>
    routees[chooseRoutee(byKey, { routees, names: names(routees), routed: 0 }, message(key), contextOf())]?.name

  test('when a routee comes, keys move to it alone; when one goes, its keys alone move', () => {
    fc.assert(
      fc.property(slotSets, fc.nat(), fc.array(fc.string(), { minLength: 1, maxLength: 50 }), (slots, pick, keys) => {
        const all = routeesOf(slots)
        const one = all[pick % all.length] as Routee
        const others = all.filter((routee) => routee !== one)
        if (others.length === 0) return
        for (const key of keys) {
          const withAll = placed(all, key)
          const without = placed(others, key)
          if (withAll === one.name) expect(without).not.toBe(one.name)
          else expect(without).toBe(withAll)
          expect(placed(all.toReversed(), key)).toBe(withAll)
        }
      }),
    )
  })

  test.each([
    ['the places of a pool', Array.from({ length: 8 }, (_, index) => String(index + 1))],
    ['addresses on one node', Array.from({ length: 8 }, (_, index) => `node-1.0/${index + 4}.${index + 4}`)],
    ['addresses on eight nodes', Array.from({ length: 8 }, (_, index) => `node-${index}.0/5.12`)],
  ])('keys spread evenly over %s: chi-square below the 99.9 % quantile', (_kind, labels) => {
    const routees = labels.map((label, slot) => newRoutee(label, new Ref('here', 0, slot, slot)))
    for (const prefix of ['user:', '', 'order-']) {
      const counts = new Map(labels.map((label) => [label, 0]))
      for (let key = 0; key < 8_000; key++) {
        const place = placed(routees, `${prefix}${key}`) as string
        counts.set(place, (counts.get(place) ?? 0) + 1)
      }
      const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
      // 7 degrees of freedom.
      expect(chiSquare, prefix).toBeLessThan(24.3)
    }
  })
})

test('round robin gives every routee as many, but for one', () => {
  fc.assert(
    fc.property(slotSets, fc.nat(200), (slots, count) => {
      const routees = routeesOf(slots)
      const counts = routees.map(() => 0)
      for (let routed = 0; routed < count; routed++) {
        const choice = { routees, names: names(routees), routed }
        counts[chooseRoutee('round-robin', choice, message(0), contextOf())]!++
      }
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }),
  )
})

test('random is even: chi-square below the 99.9 % quantile, for each of ten seeds', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const routees = routeesOf([0, 1, 2, 3, 4, 5, 6, 7])
    const ctx = contextOf(new Map(), seed)
    const counts = routees.map(() => 0)
    for (let routed = 0; routed < 8_000; routed++) {
      counts[chooseRoutee('random', { routees, names: names(routees), routed }, message(0), ctx)]!++
    }
    expect(counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)).toBeLessThan(24.3)
  }
})

test('the smallest mailbox is the smallest, near and far, and in turn among equals', () => {
  const loads = fc.array(
    fc.record({ isFar: fc.boolean(), waiting: fc.nat(3), sentBefore: fc.nat(2), sentAfter: fc.nat(2) }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(loads, fc.nat(100), (given, routed) => {
      const backlogs = new Map<string, number>()
      const expected: number[] = []
      const routees = given.map(({ isFar, waiting, sentBefore, sentAfter }, slot) => {
        const ref = new Ref(isFar ? 'there' : 'here', 0, slot, slot)
        if (!isFar) backlogs.set(refKey(ref), waiting)
        expected.push(isFar ? waiting + sentBefore + sentAfter : waiting)
        return { ...newRoutee(refKey(ref), ref), reported: isFar ? waiting : 0, sentBefore, sentAfter }
      })
      const choice = { routees, names: names(routees), routed }
      const chosen = chooseRoutee('smallest-mailbox', choice, message(0), contextOf(backlogs))
      const least = Math.min(...expected)
      expect(expected[chosen]).toBe(least)
      // Of several, the first from where the turn is.
      for (let index = routed % given.length; index !== chosen; index = (index + 1) % given.length) {
        expect(expected[index]).toBeGreaterThan(least)
      }
    }),
  )
})

test('one that is gone from this node is not taken for idle', () => {
  const routees = routeesOf([1, 2])
  const [gone, busy] = routees as [Routee, Routee]
  const ctx = contextOf(new Map([[refKey(busy.ref), 1_000]]))
  for (let routed = 0; routed < 4; routed++) {
    const index = chooseRoutee('smallest-mailbox', { routees, names: names(routees), routed }, message(0), ctx)
    expect(routees[index]).not.toBe(gone)
  }
})

describe('the size of a pool', () => {
  const bounds = fc
    .record({
      min: fc.integer({ min: 1, max: 20 }),
      more: fc.nat(40),
      growAbove: fc.double({ min: 0.1, max: 20, noNaN: true }),
      part: fc.double({ min: 0, max: 0.5, noNaN: true }),
      calmChecks: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ min, more, growAbove, part, calmChecks }) =>
      poolBounds('Any', { min, max: min + more, growAbove, shrinkBelow: growAbove * part, calmChecks }),
    )

  test('stays within its bounds whatever the load', () => {
    fc.assert(
      fc.property(bounds, fc.array(fc.nat(500), { maxLength: 60 }), (limits, loads) => {
        let routees = limits.min
        let calm = 0
        for (const backlog of loads) {
          const decision = resize(limits, { routees, backlog, calm })
          routees += decision.by
          calm = decision.calm
          expect(routees).toBeGreaterThanOrEqual(limits.min)
          expect(routees).toBeLessThanOrEqual(limits.max)
          expect(decision.by).toBeGreaterThanOrEqual(-1)
        }
      }),
    )
  })

  test('comes to rest under a load that does not change, and does not go up and down', () => {
    fc.assert(
      fc.property(bounds, fc.nat(60), fc.nat(500), (limits, above, backlog) => {
        let routees = Math.min(limits.min + above, limits.max)
        let calm = 0
        const moves: number[] = []
        for (let check = 0; check < 1_000; check++) {
          const decision = resize(limits, { routees, backlog, calm })
          routees += decision.by
          calm = decision.calm
          if (decision.by !== 0) moves.push(Math.sign(decision.by))
        }
        // 20 to 60 routees, one at a time and five checks each, are done long before.
        const rest = resize(limits, { routees, backlog, calm })
        expect(rest.by).toBe(0)
        expect(new Set(moves).size).toBeLessThanOrEqual(1)
        if (routees < limits.max) expect(backlog / routees).toBeLessThanOrEqual(limits.growAbove)
      }),
    )
  })
})

test('the messages of one sender to one routee keep their order, through any strategy, while routees come and go', async () => {
  type Noting = { note: (message: { sender: number; number: number }) => void; heard: () => [number, number][] }
  const Listener = defineActor<Noting>()({
    name: 'Listener',
    init: () => ({ heard: [] as [number, number][] }),
    on: {
      note(state, { sender, number }) {
        state.heard.push([sender, number])
      },
      heard: (state) => [...state.heard],
    },
  })
  const strategies = [
    'round-robin',
    'random',
    'smallest-mailbox',
    { byKey: ({ payload }: any) => String(payload) },
  ] as const
  const Talker = defineActor({
    name: 'Talker',
    init: (args: { sender: number }) => ({ ...args, said: 0 }),
    on: {
      say(state, { to, count }: { to: ActorRef<Noting>; count: number }, ctx) {
        for (let left = count; left > 0; left--) {
          ctx.tell(to, 'note', { sender: state.sender, number: state.said++ })
        }
      },
    },
  })
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('say' as const), sender: fc.nat(2), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const), routee: fc.nat(3) }),
    ),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...strategies), steps, fc.nat(), async (strategy, script, seed) => {
      const Router = defineRouter<Noting>({ name: 'Router', strategy, waitMs: 1_000 })
      await using system = createLocalSystem({ seed })
      const router = await system.spawn(Router, { routees: [] })
      const routees = await Promise.all([0, 1, 2, 3].map(() => system.spawn(Listener, undefined)))
      const talkers = await Promise.all([0, 1, 2].map((sender) => system.spawn(Talker, { sender })))
      let said = 0
      for (const step of script) {
        if (step.kind === 'say') {
          said += step.count
          talkers[step.sender]?.tell('say', { to: router.ref, count: step.count })
        } else router.tell(`@${step.kind}`, routees[step.routee]!.ref)
      }
      router.tell('@add', routees[0]!.ref)
      await system.idle()
      let heard = 0
      for (const routee of routees) {
        const last = [-1, -1, -1]
        for (const [sender, number] of await routee.ask('heard')) {
          heard++
          expect(number).toBeGreaterThan(last[sender] as number)
          last[sender] = number
        }
      }
      // Nothing is lost: what came while there was no routee was kept.
      expect(heard).toBe(said)
    }),
    { numRuns: 60 },
  )
})

test('a pool of any fixed size has that many routees, whoever of them ends', async () => {
  const Mortal = defineActor({
    name: 'Mortal',
    init: () => ({}),
    on: {
      stop: (_state, _message: undefined, ctx) => ctx.stop(),
      kill: (_state, _message: undefined, ctx) => ctx.kill(),
      fail() {
        throw new Error('on purpose')
      },
      here: () => true,
    },
  })
  const Mortals = definePool({
    name: 'Mortals',
    routee: Mortal,
    size: 1,
    options: { supervise: { onFailure: 'stop' } },
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.constantFrom('stop' as const, 'kill' as const, 'fail' as const), { maxLength: 20 }),
      async (size, ends) => {
        await using system = createLocalSystem()
        const pool = await system.spawn(Mortals, { size })
        for (const end of ends) {
          pool.tell(end)
          // Longer than the wait of a place whose routees end again and again.
          await system.advance(11_000)
        }
        expect(await pool.ask('@routees')).toHaveLength(size)
        const { starting, replaced } = await pool.ask('@statistics')
        expect({ starting, replaced }).toEqual({ starting: 0, replaced: ends.length })
        for (let count = 0; count < size; count++) expect(await pool.ask('here')).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})
