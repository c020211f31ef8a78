/** What a turn board shows of the turn under way. */
import { defineActor } from '@troupe/core'
import { type ActorCell, EnvelopeKind } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { createTurnBoard, readTurnBoard, TurnBoard } from '../src/turn-board.ts'

const definition = defineActor({ name: 'Worker', init: () => ({}), on: { work() {} } })

/** So much of a cell as the board looks at, with the path that a cell has. */
function cell(parent: ActorCell | undefined, incarnation: number, name?: string, definitionName = definition.name) {
  const own = parent === undefined ? 'node' : (name ?? `${definitionName}-${incarnation}`)
  const path = `${parent?.path() ?? ''}/${own}`
  const ref = { node: 'node', epoch: 0, slot: incarnation, incarnation, name: undefined }
  return {
    ref,
    parent,
    options: { name },
    definition: { name: definitionName },
    path: () => path,
  } as unknown as ActorCell
}

const root = cell(undefined, 0)
const child = cell(root, 1, 'child')
const deep = Array.from({ length: 20 }, (_, index) => index).reduce(
  (parent, index) => cell(parent, 1e10 + index),
  child,
)

test.each([
  ['the root', root],
  ['a named actor', child],
  ['one without a name', cell(child, 1_204)],
  ['one of a large number', cell(child, 4_294_967_296_123)],
  ['a name that is not ASCII', cell(child, 7, 'Zoë')],
  ['a definition whose name is not', cell(child, 8, undefined, 'Größe')],
  ['a path that is too long', deep],
  ['one whose part alone is', cell(child, 9, 'x'.repeat(300))],
])('%s is shown by the end of its path', (_what, actor) => {
  const descriptor = createTurnBoard()
  const board = new TurnBoard(descriptor)
  board.turnBegins(actor, { kind: EnvelopeKind.message, name: 'work' } as never)
  const shown = readTurnBoard(descriptor)
  expect(shown.message).toBe('work')
  expect(shown.actor).toBe(actor.path().slice(-120))
  board.turnEnds()
  expect(readTurnBoard(descriptor).actor).toBeUndefined()
})
