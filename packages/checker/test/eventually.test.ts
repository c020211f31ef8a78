/** `eventually` against every run of small graphs, deadlocks, and limits. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check, formatCounterexample, model } from '../src/index.ts'

/** A graph as a model: node `n` leads to each of `edges[n]`. */
const graph = (edges: readonly (readonly number[])[]) =>
  model<number>({
    init: () => [0],
    actions: {
      *go(node) {
        yield* edges[node] as number[]
      },
    },
  })

test('eventually is violated exactly where a run avoids it for ever or to its end', () => {
  const node = fc.nat(6)
  const edges = fc.array(fc.uniqueArray(node, { maxLength: 3 }), { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(edges, fc.uniqueArray(node, { maxLength: 4 }), (edges, good) => {
      // An independent judge: from 0, follow nodes that are not good; a repeated node or a dead end is a violation.
      const avoids = (at: number, path: readonly number[]): boolean => {
        if (good.includes(at)) return false
        if (path.includes(at) || edges[at]?.length === 0) return true
        return (edges[at] as number[]).some((next) => avoids(next, [...path, at]))
      }
      const violated = avoids(0, [])
      const result = check({ model: graph(edges), eventually: { good: (at) => good.includes(at) } })
      expect(result.eventually.good).toBe(violated ? 'fails' : 'holds')
      if (!violated) return
      const { initial, steps, loopsTo } = result.counterexample!
      const run = [initial, ...steps.map(({ state }) => state)]
      expect(run.some((at) => good.includes(at))).toBe(false)
      for (let index = 1; index < run.length; index++) expect(edges[run[index - 1] as number]).toContain(run[index])
      if (loopsTo === undefined) expect(edges[run.at(-1) as number]).toEqual([])
      else expect(run[loopsTo]).toBe(run.at(-1))
    }),
    { numRuns: 500 },
  )
})

test('a diamond whose one branch never gets there is told, though the branches meet', () => {
  // 0 -> 1 -> 3, 0 -> 2 -> 3; only 1 is good. A search that forgets how it came to 3 misses the run over 2.
  const { counterexample } = check({ model: graph([[1, 2], [3], [3], []]), eventually: { good: (at) => at === 1 } })
  expect(counterexample?.steps.map(({ state }) => state)).toEqual([2, 3])
})

test('a lasso is shown with the place where it goes round', () => {
  const { counterexample } = check({ model: graph([[1], [2], [1]]), eventually: { good: () => false } })
  expect(counterexample).toMatchObject({ kind: 'eventually', property: 'good', loopsTo: 1 })
  expect(formatCounterexample(counterexample!)).toBe(
    [
      'never reached: good',
      '   0. state = 0',
      '   1. go',
      '      state = 1',
      '   2. go',
      '      state = 2',
      '   3. go',
      '      state = 1',
      '   and so on for ever, from after step 1',
    ].join('\n'),
  )
})

test('a run that leaves the boundary, or a search cut off, leaves eventually unknown', () => {
  const counting = model<number>({
    init: () => [0],
    actions: {
      *count(at) {
        yield at + 1
      },
    },
  })
  const eventually = { never: () => false, ten: (at: number) => at === 10 }
  const unknown = { never: 'unknown', ten: 'holds' }
  expect(check({ model: counting, boundary: (at) => at <= 20, eventually }).eventually).toEqual(unknown)
  expect(check({ model: counting, statesMax: 20, eventually }).eventually).toEqual(unknown)
  expect(check({ model: counting, depthMax: 20, eventually })).toMatchObject({ cut: 'depthMax', eventually: unknown })
})

test('a search ends after so many seconds', () => {
  const counting = model<number>({
    init: () => [0],
    actions: {
      *count(at) {
        yield at + 1
      },
    },
  })
  expect(check({ model: counting, secondsMax: 1e-9 })).toMatchObject({ complete: false, cut: 'secondsMax' })
})

test('a state without a step is a deadlock where it may not be the last', () => {
  const edges = [[1, 2], [], []]
  expect(check({ model: graph(edges) }).counterexample).toBeUndefined()
  const result = check({ model: graph(edges), mayEnd: (at) => at === 1 })
  expect(result).toMatchObject({ cut: 'violation', counterexample: { kind: 'deadlock', steps: [{ state: 2 }] } })
  expect(check({ model: graph([[0]]), mayEnd: false }).counterexample).toBeUndefined()
})

test('an action that throws is a counterexample', () => {
  const broken = model<number>({
    init: () => [0],
    actions: {
      *go(at) {
        if (at === 1) throw new Error('stuck')
        yield 1
      },
    },
  })
  const { counterexample } = check({ model: broken })
  expect(counterexample).toMatchObject({ kind: 'failed', error: new Error('stuck') })
  expect(counterexample?.steps.map(({ state }) => state)).toEqual([1, 1])
})

test('states of a model keep their keys, and are plain data', () => {
  const bad = (next: unknown) => () =>
    check({
      model: model<any>({
        init: () => [{ a: 1 }],
        actions: {
          *go() {
            yield next
          },
        },
      }),
    })
  expect(bad({ a: 1, b: 2 })).toThrow('model, go: a state has a, b, the first had a; give every state the same keys')
  expect(bad({ b: 2 })).toThrow('give every state the same keys')
  expect(bad({ a: new Date(0) })).toThrow('model, go: a is an instance of class Date')
  expect(() => check({ model: model({ init: () => [], actions: {} }) })).toThrow('init yields no state')
})

test('symmetry that is none is refused', () => {
  const ordered = model({ init: () => [{ list: ['a', 'b'] }], actions: {} })
  expect(() => check({ model: ordered, symmetry: [['a', 'b']] })).toThrow(
    'the beginning changes when a and b are swapped',
  )
  expect(() => check({ model: ordered, symmetry: [['a', 'a']] })).toThrow('a is named twice')
})

test('symmetric states are those that a renaming makes equal: against every renaming of random systems', () => {
  const ids = ['x', 'y', 'z']
  const orders = ids.flatMap((a) =>
    ids.filter((b) => b !== a).map((b) => [a, b, ids.find((c) => c !== a && c !== b) as string]),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)), { maxLength: 4 }), (rules) => {
      // Each id holds a number and may point at another; a rule lets an id with one number point and take another number.
      type State = { holds: Record<string, number>; at: ReadonlyMap<string, string> }
      const system = model<State>({
        init: () => [{ holds: { x: 0, y: 0, z: 0 }, at: new Map() }],
        actions: {
          *rule({ holds, at }) {
            for (const [from, needed, to] of rules) {
              for (const one of ids) {
                for (const other of ids) {
                  if (one === other || holds[one] !== from || holds[other] !== needed) continue
                  yield { holds: { ...holds, [one]: to }, at: new Map([...at, [one, other]]) }
                }
              }
            }
          },
        },
      })
      const classes = new Set<string>()
      const key = ({ holds, at }: State, order: readonly string[]) => {
        const name = (id: string) => order[ids.indexOf(id)] as string
        return JSON.stringify([
          ids.map((id) => [name(id), holds[id]]).sort(),
          [...at].map(([one, other]) => [name(one), name(other)]).sort(),
        ])
      }
      check({
        model: system,
        always: {
          collect: (state) => Boolean(classes.add(orders.map((order) => key(state, order)).sort()[0] as string)),
        },
      })
      expect(check({ model: system, symmetry: [ids] }).distinct).toBe(classes.size)
    }),
    { numRuns: 100 },
  )
})
