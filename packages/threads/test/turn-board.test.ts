/** How a turn board shows the path of an actor. */
import type { ActorCell, TurnObserver } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { createTurnBoard, readTurnBoard, TurnBoard } from '../src/turn-board.ts'
import { shownCell } from './fixtures/shown-cell.ts'

const at = (incarnation: number) => ({ slot: 5, incarnation })
const root = shownCell(undefined, at(0), { name: 'node' })
const child = shownCell(root, at(1), { name: 'child' })
let deep: ActorCell = child
for (let depth = 0; depth < 20; depth++) deep = shownCell(deep, at(1e10 + depth), {})

test.each([
  ['the root', root],
  ['a named actor', child],
  ['one without a name', shownCell(child, at(1_204), {})],
  ['one of a large number', shownCell(child, at(4_294_967_296_123), {})],
  ['a name that is not ASCII', shownCell(child, at(7), { name: 'Zoë' })],
  ['a definition whose name is not', shownCell(child, at(8), { definition: 'Größe' })],
  ['a path that is too long', deep],
  ['one whose part alone is', shownCell(child, at(9), { name: 'x'.repeat(300) })],
])('%s is shown by the end of its path', (_what, actor) => {
  const descriptor = createTurnBoard()
  const board = new TurnBoard(descriptor)
  board.turnBegins(actor, { name: 'work' } as Parameters<TurnObserver['turnBegins']>[1])
  expect(readTurnBoard(descriptor)).toMatchObject({ actor: actor.path().slice(-120), message: 'work' })
  board.turnEnds()
  expect(readTurnBoard(descriptor).actor).toBeUndefined()
})
