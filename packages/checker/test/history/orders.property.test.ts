/** Linearizability and sequential consistency: random histories against brute force, and histories of real objects. */
import {
  checkLinearizable,
  checkSequentiallyConsistent,
  keyValueModel,
  lockModel,
  type ObjectModel,
  type Operation,
  queueModel,
  registerModel,
  setModel,
  unknownOutput,
} from '@troupe/checker'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearizableByBruteForce, sequentialByBruteForce } from './brute-force.ts'

/** A lossy cell: a write may or may not be kept, so the model has a choice. */
const lossyCell: ObjectModel<number, number | 'read', number | undefined> = {
  name: 'lossy cell',
  init: () => 0,
  step(state, input, output) {
    if (input !== 'read') return [state, input]
    return output === unknownOutput || output === state ? [state] : []
  },
}

const small = fc.integer({ min: 0, max: 2 })
const keys = fc.constantFrom('a', 'b')
/** For each model: inputs, and outputs of which some fit. */
const objects: Record<string, { model: ObjectModel<any, any, any>; asked: fc.Arbitrary<{ input: any; output: any }> }> =
  {
    register: {
      model: registerModel<number | null>(null),
      asked: fc.oneof(
        fc.record({ input: fc.constant({ name: 'read' }), output: fc.option(small) }),
        fc.record({ input: fc.record({ name: fc.constant('write'), value: small }), output: fc.constant(undefined) }),
        fc.record({
          input: fc.record({ name: fc.constant('compareAndSet'), expected: fc.option(small), value: small }),
          output: fc.boolean(),
        }),
      ),
    },
    'key-value store': {
      model: keyValueModel,
      asked: fc.oneof(
        fc.record({
          input: fc.record({ name: fc.constant('get'), key: keys }),
          output: fc.constantFrom('', 'x', 'y', 'xy', 'yx', 'xx'),
        }),
        fc.record({
          input: fc.record({ name: fc.constantFrom('put', 'append'), key: keys, value: fc.constantFrom('x', 'y') }),
          output: fc.constant(undefined),
        }),
      ),
    },
    queue: {
      model: queueModel<number>(),
      asked: fc.oneof(
        fc.record({ input: fc.record({ name: fc.constant('enqueue'), item: small }), output: fc.constant(undefined) }),
        fc.record({ input: fc.constant({ name: 'dequeue' }), output: fc.option(small) }),
      ),
    },
    set: {
      model: setModel<number>(),
      asked: fc.oneof(
        fc.record({
          input: fc.record({ name: fc.constantFrom('add', 'remove'), item: small }),
          output: fc.constant(undefined),
        }),
        fc.record({ input: fc.record({ name: fc.constant('has'), item: small }), output: fc.boolean() }),
        fc.record({ input: fc.constant({ name: 'read' }), output: fc.uniqueArray(small) }),
      ),
    },
    lock: {
      model: lockModel,
      asked: fc.record({
        input: fc.record({
          name: fc.constantFrom('acquire', 'tryAcquire', 'release'),
          owner: fc.constantFrom('ann', 'bob'),
        }),
        output: fc.boolean(),
      }),
    },
    'lossy cell': {
      model: lossyCell,
      asked: fc.oneof(
        fc.record({ input: small, output: fc.constant(undefined) }),
        fc.record({ input: fc.constant('read' as const), output: small }),
      ),
    },
  }

/** Up to six operations of three processes, one after the other in each; times may be equal, some never return. */
function histories(asked: fc.Arbitrary<{ input: any; output: any }>): fc.Arbitrary<Operation<any, any>[]> {
  const step = fc.record({
    asked,
    process: fc.integer({ min: 0, max: 2 }),
    waits: fc.integer({ min: 0, max: 3 }),
    takes: fc.integer({ min: 0, max: 6 }),
    returns: fc.boolean().chain((sure) => (sure ? fc.constant(true) : fc.boolean())),
  })
  return fc.array(step, { maxLength: 6 }).map((steps) => {
    const free = [0, 0, 0]
    return steps.map(({ asked: { input, output }, process, waits, takes, returns }) => {
      const calledAt = (free[process] as number) + waits
      free[process] = calledAt + takes + 1
      return returns ? { process, input, output, calledAt, returnedAt: calledAt + takes } : { process, input, calledAt }
    })
  })
}

describe.each(Object.keys(objects))('%s', (name) => {
  const { model, asked } = objects[name] as (typeof objects)[string]

  test('both verdicts agree with trying every order', () => {
    const seen = { true: 0, false: 0 }
    fc.assert(
      fc.property(histories(asked), (history) => {
        const linearizable = checkLinearizable(model, history)
        expect(linearizable.verdict).toBe(linearizableByBruteForce(model, history))
        expect(linearizable.counterexample === undefined).toBe(linearizable.verdict)
        const sequential = checkSequentiallyConsistent(model, history).verdict
        expect(sequential).toBe(sequentialByBruteForce(model, history))
        if (linearizable.verdict === true) expect(sequential).toBe(true)
        seen[`${linearizable.verdict as boolean}`]++
      }),
      { numRuns: 600 },
    )
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(30)
  })

  test('what an atomic object answered is linearizable, however many clients overlap', () => {
    // Every enqueue that never returned may sit anywhere in the queue: those histories are short.
    fc.assert(
      fc.property(atomicHistories(model, asked, name === 'queue' ? 20 : 60), (history) => {
        expect(checkLinearizable(model, history).verdict).toBe(true)
        // Without real time there are too many orders to try for a history as long.
        expect(checkSequentiallyConsistent(model, history.slice(0, 12)).verdict).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

/** What clients see of an object that answers at a random moment between call and return; some answers get lost. */
function atomicHistories(
  model: ObjectModel<any, any, any>,
  asked: fc.Arbitrary<{ input: any; output: any }>,
  length: number,
): fc.Arbitrary<Operation<any, any>[]> {
  const step = fc.record({
    asked: fc.array(asked, { minLength: 12, maxLength: 12 }),
    process: fc.integer({ min: 0, max: 4 }),
    before: fc.double({ min: 0, max: 3, noNaN: true }),
    after: fc.double({ min: 0, max: 3, noNaN: true }),
    lost: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
  })
  return fc.array(step, { minLength: length, maxLength: length }).map((steps) => {
    // The moments of effect come one after the other; each client's operations keep clear of each other.
    const states = new Map<string, unknown>()
    const free = new Map<number, number>()
    const history: Operation<any, any>[] = []
    steps.forEach(({ asked: candidates, process, before, after, lost }, index) => {
      const moment = index + 1
      // Of the candidates the first that the object can answer so.
      for (const { input, output } of candidates) {
        const partition = model.partition?.(input) ?? ''
        const state = states.has(partition) ? states.get(partition) : model.init()
        const next = model.step(state, input, output)
        if (next.length === 0) continue
        states.set(partition, next[(index * 7) % next.length])
        const calledAt = Math.max(moment - before, free.get(process) ?? 0)
        const returnedAt = moment + after
        free.set(process, lost ? moment : returnedAt)
        if (calledAt > moment) states.set(partition, state)
        else history.push(lost ? { process, input, calledAt } : { process, input, output, calledAt, returnedAt })
        return
      }
    })
    return history
  })
}

test('a read that no write explains is found in a long history of an atomic register', () => {
  const model = registerModel<number | null>(null)
  const { asked } = objects.register as (typeof objects)[string]
  fc.assert(
    fc.property(atomicHistories(model, asked, 80), fc.nat(), (history, at) => {
      const reads = history.filter(({ input, returnedAt }) => input.name === 'read' && returnedAt !== undefined)
      fc.pre(reads.length > 0)
      const changed = reads[at % reads.length]
      const mutated = history.map((operation) => (operation === changed ? { ...operation, output: 77 } : operation))
      const { verdict, counterexample } = checkLinearizable(model, mutated)
      expect(verdict).toBe(false)
      expect(counterexample?.blocked).toContainEqual({ ...changed, output: 77 })
    }),
    { numRuns: 40 },
  )
})
