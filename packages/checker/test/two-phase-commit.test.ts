/**
 * Two-phase commit: the counts are TLC's for `TwoPhase.tla` and Stateright's for its `2pc` example, with the
 * transitions counted as actors count them.
 */
import { namedRef } from '@troupe/core'
import {
  ActorCell,
  cloneValue,
  compiled,
  type Effects,
  Envelope,
  EnvelopeKind,
  type Ref,
  runTurn,
} from '@troupe/core/host'
import { expect, test } from 'vitest'
import { check, formatCounterexample } from '../src/index.ts'
import { Coordinator, Manager, type ManagerState, twoPhaseCommit } from '../src/programs/two-phase-commit.ts'

const checkTwoPhaseCommit = (rms: number, { commitAfter = rms, statesMax = 1_000_000 } = {}) =>
  check({ ...twoPhaseCommit(rms, { commitAfter }), statesMax })

const correct = {
  complete: true,
  cut: undefined,
  always: { consistent: 'holds' },
  sometimes: { 'all commit': 'holds', 'all abort': 'holds' },
  eventually: {},
  counterexample: undefined,
  counterexamples: [],
}

test('3 managers have 288 states, 762 of them generated, on paths of at most 11', () => {
  expect(checkTwoPhaseCommit(3)).toEqual({ ...correct, distinct: 288, generated: 762, depth: 11 })
})

test('5 managers have 8,832 states', () => {
  expect(checkTwoPhaseCommit(5)).toMatchObject({ ...correct, distinct: 8_832 })
})

test('7 managers have 296,448 states', () => {
  expect(checkTwoPhaseCommit(7)).toMatchObject({ ...correct, distinct: 296_448 })
})

test('a coordinator that does not wait for the last manager is found with the shortest counterexample', () => {
  const result = checkTwoPhaseCommit(3, { commitAfter: 2 })
  expect(result).toMatchObject({ complete: false, cut: 'violation', always: { consistent: 'fails' } })
  const steps = result.counterexample?.steps ?? []
  // Two managers prepare and are heard of, the coordinator commits, one hears of it; the third aborts by itself.
  expect(steps.map((step) => `${step.event} ${step.message?.name}`).toSorted()).toEqual([
    'deliver committed',
    'deliver prepared',
    'deliver prepared',
    'timer commit',
    'timer prepare',
    'timer prepare',
    'timer refuse',
  ])
  expect(result.depth).toBe(8)
  expect(result.counterexample?.property).toBe('consistent')
  expect(formatCounterexample(result.counterexample!)).toMatch(
    /^invariant violated: consistent\n {3}0\. coordinator = /,
  )
})

test('a search that was cut off before the end says neither holds nor fails', () => {
  expect(checkTwoPhaseCommit(3, { statesMax: 100 })).toMatchObject({
    distinct: 100,
    complete: false,
    cut: 'statesMax',
    always: { consistent: 'unknown' },
    counterexample: undefined,
  })
})

test('the counterexample replays through runTurn to the same violation', () => {
  const { initial, steps } = checkTwoPhaseCommit(3, { commitAfter: 2 }).counterexample!
  const sent: string[] = []
  const effects = {
    tell: (from, to, name) => void sent.push(`${from.ref.name} -> ${to.name}: ${name}`),
    startTimer: () => {},
    cancelTimer: () => {},
  } as Partial<Effects> as Effects
  const cells = new Map(
    Object.entries(initial).map(([name, state]) => {
      const definition = compiled(name === 'coordinator' ? Coordinator : Manager)
      const ref = namedRef(definition, { node: 'local', name }) as Ref
      return [name, new ActorCell(definition, ref, undefined, undefined, {}, cloneValue(state))]
    }),
  )
  const state = (name: string) => cells.get(name)?.state as ManagerState
  for (const { actor, event, message, states } of steps) {
    if (message === undefined) throw new Error(`a ${event} has no message`)
    if (event === 'deliver') expect(sent).toContain(`${message.from} -> ${actor}: ${message.name}`)
    const cell = cells.get(actor)!
    const sender = cells.get(message.from)?.ref
    const envelope = new Envelope(EnvelopeKind.message, message.name, message.payload, sender, undefined)
    expect(runTurn(cell.definition, cell, envelope, effects)).toBeUndefined()
    for (const name of cells.keys()) expect(state(name)).toEqual(states[name])
  }
  const phases = ['rm0', 'rm1', 'rm2'].map((name) => state(name).phase)
  expect(phases).toContain('committed')
  expect(phases).toContain('aborted')
})
