/** Threads that do not move: noticed, named, and if so wanted replaced. */
import { describe, expect, it } from 'vitest'
import { createDoorbell, Doorbell } from '../src/channel/index.ts'
import { createTurnBoard, readTurnBoard, TurnBoard } from '../src/turn-board.ts'
import { Watchdog } from '../src/watchdog.ts'
import { Loop } from './fixtures/loop.ts'
import { shownCell } from './fixtures/shown-cell.ts'
import { nextEvent, startSystem } from './support.ts'

const root = shownCell(undefined, { slot: 0, incarnation: 0 }, { name: 'node-1' })
const cell = (slot: number, incarnation: number, name: string) => shownCell(root, { slot, incarnation }, { name })
const message = (name: string) => ({ name }) as Parameters<TurnBoard['turnBegins']>[1]

describe('a turn board', () => {
  it('shows the actor and the message of the turn under way, and none between turns', () => {
    const memory = createTurnBoard()
    const board = new TurnBoard(memory)
    board.turnBegins(cell(3, 7, 'a'), message('one'))
    expect(readTurnBoard(memory)).toMatchObject({ actor: '/node-1/a', message: 'one' })
    board.turnEnds()
    expect(readTurnBoard(memory)).toMatchObject({ actor: undefined, message: undefined })
    // The same place in the table of paths, by another actor.
    board.turnBegins(cell(3 + 1_024, 8, 'b'), message('two'))
    expect(readTurnBoard(memory)).toMatchObject({ actor: '/node-1/b', message: 'two' })
    board.turnBegins(cell(3, 7, 'a'), message('two'))
    expect(readTurnBoard(memory)).toMatchObject({ actor: '/node-1/a', message: 'two' })
  })

  it('keeps the end of a path that is too long, and has a word for names beyond its bound', () => {
    const memory = createTurnBoard()
    const board = new TurnBoard(memory)
    for (let n = 0; n < 600; n++) board.turnBegins(cell(0, 1, `${'x'.repeat(500)}-end`), message(`m${n}`))
    const { actor, message: name } = readTurnBoard(memory)
    expect(actor).toHaveLength(120)
    expect(actor?.endsWith('-end')).toBe(true)
    expect(name).toBe('(another)')
  })
})

describe('the watchdog', () => {
  it('rings a node that does not move, and takes it for stuck when that does not move it', () => {
    const [board, doorbell] = [createTurnBoard(), createDoorbell()]
    const node = { node: 'node-1', epoch: 0, board, doorbell }
    const dog = new Watchdog(1_000)
    const turns = new TurnBoard(board)
    const bell = new Doorbell(doorbell)
    expect(
      bell.park(
        () => false,
        () => undefined,
      ),
    ).toBe(true)
    expect(dog.look([node], 0)).toEqual([])
    expect(bell.parked).toBe(true)
    expect(dog.look([node], 500)).toEqual([])
    expect(bell.parked).toBe(false)
    turns.turnBegins(cell(1, 1, 'a'), message('loop'))
    expect(dog.look([node], 10_000)).toEqual([])
    expect(dog.look([node], 10_500)).toEqual([])
    expect(dog.look([node], 11_499)).toEqual([])
    expect(dog.look([node], 11_500)).toMatchObject([
      { node: 'node-1', turn: { actor: '/node-1/a', message: 'loop', forMs: 1_500 } },
    ])
    // Told once.
    expect(dog.look([node], 20_000)).toEqual([])
  })
})

describe('a system with a watchdog', () => {
  it('names the actor whose turn does not end, and replaces its thread; the other nodes go on', async () => {
    await using system = await startSystem({ watchdog: { stuckAfterMs: 200, onStuck: 'kill' } })
    const other = await system.spawn(Loop, undefined, { node: 'node-2' })
    const looping = await system.spawn(Loop, undefined, { node: 'node-1', name: 'looping' })
    const stuck = nextEvent(system, 'stuck')
    const down = nextEvent(system, 'nodeDown')
    const up = nextEvent(system, 'nodeUp')
    looping.tell('spin')
    expect(await stuck).toMatchObject({ node: 'node-1', epoch: 0, turn: { actor: '/node-1/looping', message: 'spin' } })
    expect(await other.ask('ping')).toBe('pong')
    expect((await down).reason).toBe('it was stuck: /node-1/looping is in a turn with spin')
    expect(await up).toMatchObject({ node: 'node-1', epoch: 1 })
    expect((await system.inspect()).nodes).toMatchObject([
      { node: 'main' },
      { node: 'node-1', epoch: 1, status: 'up', actors: 1 },
      { node: 'node-2', epoch: 0, status: 'up', actors: 1 },
    ])
  })

  it('shows a blocked node as unresponsive, with its turn; reports it by default', async () => {
    await using system = await startSystem({ threads: 1, watchdog: { stuckAfterMs: 100 } })
    const looping = await system.spawn(Loop, undefined, { name: 'looping' })
    const stuck = nextEvent(system, 'stuck')
    looping.tell('spin')
    await stuck
    const [, node] = (await system.inspect({ timeoutMs: 50 })).nodes
    expect(node).toMatchObject({ node: 'node-1', status: 'unresponsive', actors: 0 })
    expect(node?.stuck).toMatchObject({ actor: '/node-1/looping', message: 'spin' })
    await system.killNode('node-1')
  })

  it('notices a thread that is kept by what goes on after an await', async () => {
    await using system = await startSystem({ threads: 1, watchdog: { stuckAfterMs: 100 } })
    const looping = await system.spawn(Loop, undefined)
    const stuck = nextEvent(system, 'stuck')
    looping.tell('spinLater')
    expect(await stuck).toMatchObject({ node: 'node-1', turn: { actor: undefined } })
    await system.killNode('node-1')
  })
})
