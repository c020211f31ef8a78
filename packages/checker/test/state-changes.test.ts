/** What a step made of a state, as text. */
import { expect, test } from 'vitest'
import { stateChanges } from '../src/state-changes.ts'

test('a change is told where it is, and equal parts are not', () => {
  const before = {
    term: 1,
    votes: new Set(['a']),
    log: ['x', 'y'],
    leader: undefined,
    peers: new Map([[1, { next: 2, up: true }]]),
  }
  const after = {
    term: 2,
    votes: new Set(['b']),
    log: ['x'],
    leader: { id: 'a' },
    peers: new Map([[1, { next: 3, up: true }]]),
  }
  expect(stateChanges(before, structuredClone(before))).toEqual([])
  expect(stateChanges(before, after)).toEqual([
    '.term: 1 -> 2',
    '.votes.has("b") = true',
    '.votes.has("a") is gone',
    '.log[1] is gone',
    '.leader: undefined -> {"id":"a"}',
    '.peers.get(1).next: 2 -> 3',
  ])
})

test('a state that is no container, or another kind of one, is told as a whole', () => {
  expect(stateChanges(1, 2)).toEqual([': 1 -> 2'])
  expect(stateChanges({ at: [1] }, { at: new Map([[0, 1]]) })).toEqual(['.at: [1] -> [[0,1]]'])
  expect(stateChanges({ at: [] }, { at: new Set() })).toEqual(['.at: [] -> []'])
  expect(stateChanges({ 'a b': 1n }, { 'a b': null })).toEqual(['["a b"]: "1n" -> null'])
})

test('long values and many changes are cut, and say so', () => {
  const [change = ''] = stateChanges({ text: 'short' }, { text: 'x'.repeat(1_000) })
  expect(change).toMatch(/^\.text: "short" -> "x{119}\.\.\. \(1002 characters\)$/)
  const many = stateChanges(
    Array.from({ length: 100 }, () => 0),
    Array.from({ length: 100 }, () => 1),
  )
  expect(many).toHaveLength(25)
  expect(many.at(-1)).toBe(': and 76 changes more')
})
